//! `usdt core` with cores of the kernel and of gdb, whole and cut off, and with a process that lives.

mod common;

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use common::{path, stderr, stdout, usdt};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde_json::Value;
use testkit::build::{CargoProject, copy, gcc, own_copy, workspace};
use testkit::subject::Subject;

/// A recorder that is written by hand, from what the format says: `shop:sold(id: u64, name: str)`, as often as its first argument
/// says, in a ring of 64. Then it aborts in the midst of another firing; with a second argument it says that it is there, and stays,
/// or fires on.
const SHOP: &str = r#"
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
enum { SLOTS = 64, SIZE = 64, ALL = 8192 + SLOTS * SIZE };
static char *base;
static void word(size_t at, uint64_t value) { __atomic_store_n((uint64_t *)(base + at), value, __ATOMIC_RELEASE); }
static void fire(uint64_t n) {
    size_t at = 8192 + n % SLOTS * SIZE;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    word(88, n + 1);
    word(at, 2 * n + 1);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    word(at + 8, now.tv_sec * 1000000000ull + now.tv_nsec);
    *(uint32_t *)(base + at + 16) = gettid();
    *(uint32_t *)(base + at + 20) = 1;
    *(uint16_t *)(base + at + 24) = 2;
    *(uint16_t *)(base + at + 26) = 16;
    word(at + 32, n);
    memcpy(base + at + 40, "\3\0\0\0tea", 8);
    word(at, 2 * n + 2);
}
int main(int argc, char **argv) {
    uint64_t rounds = strtoul(argv[1], 0, 10), n = 0;
    struct timespec real, mono;
    base = mmap(0, ALL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    clock_gettime(CLOCK_REALTIME, &real);
    clock_gettime(CLOCK_MONOTONIC, &mono);
    memcpy(base + 4096, " \0\0\0\2\0\0\0shop\0sold\0\7id\0\x10name", 32);
    *(uint32_t *)(base + 16) = 1;
    *(uint32_t *)(base + 20) = getpid();
    word(24, (uintptr_t)base); word(32, ALL); word(40, 4096); word(48, 4096); word(56, 32);
    word(64, 8192); word(72, SIZE); word(80, SLOTS);
    word(104, (real.tv_sec - mono.tv_sec) * 1000000000ll + real.tv_nsec - mono.tv_nsec);
    memcpy(base, "usdt-probes-rec", 16);
    while (n < rounds) fire(n++);
    if (argc < 3) {
        word(96, 2);
        word(88, n + 1);
        word(8192 + n % SLOTS * SIZE, 2 * n + 1);
        abort();
    }
    printf("fired; process %d\n", getpid());
    fflush(stdout);
    while (*argv[2] == 'f') {
        fire(n++);
        // The ring is to be read faster than it comes round.
        for (int i = 0; i < 50; i++) clock_gettime(CLOCK_MONOTONIC, &mono);
    }
    pause();
}
"#;

fn shop(dir: &Path, test: &str) -> Result<PathBuf> {
    let program = dir.join("shop");
    copy(&own_copy(&gcc(SHOP, &[])?, test)?, &program)?;
    Ok(program)
}

/// The core that a kernel, or gdb, writes of a program that is killed in a directory of its own. The program is gone by then.
fn core_of(command: &mut Command, program: &Path, dir: &Path) -> Result<PathBuf> {
    if testkit::core::kernel_writes_them()? {
        let limit = Rlimit { current: None, maximum: None };
        // SAFETY: setrlimit is one system call.
        #[allow(unsafe_code)]
        let command = unsafe { command.pre_exec(move || Ok(setrlimit(Resource::Core, limit)?)) };
        let status = command.current_dir(dir).output()?.status;
        ensure!(status.core_dumped(), "no core: {status}");
    } else {
        let generate = format!("generate-core-file {}", dir.join("core").display());
        let mut gdb = Command::new("gdb");
        gdb.args(["--batch", "--quiet", "-ex", "run", "-ex", &generate, "--args"]).arg(command.get_program());
        ensure!(gdb.args(command.get_args()).current_dir(dir).output()?.status.success(), "gdb failed");
    }
    std::fs::remove_file(program)?;
    testkit::core::left_in(dir)
}

fn core(arguments: &[&str]) -> Result<Output> {
    Ok(usdt(&[&["core"], arguments].concat()).env("TZ", "UTC").output()?)
}

/// The ids of the firings, and the summary.
fn ids(output: &Output) -> Result<(Vec<u64>, Value)> {
    let mut objects: Vec<Value> =
        stdout(output).lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let summary = objects.pop().with_context(|| format!("{output:?}"))?;
    ensure!(summary["type"] == "summary", "{output:?}");
    let ids = objects.iter().map(|object| object["args"]["id"].as_u64().context("an id"));
    Ok((ids.collect::<Result<_>>()?, summary))
}

#[test]
fn a_core_of_the_kernel_has_the_last_firings() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let program = shop(dir.path(), "core_kernel")?;
    let file = core_of(Command::new(&program).arg("1000"), &program, dir.path())?;
    let output = core(&[path(&file), "-n", "3"])?;
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    ensure!(output.status.success() && lines.len() == 3, "{output:?}");
    for (line, id) in lines.iter().zip(997..) {
        ensure!(
            line.ends_with(&format!("] shop:sold id={id} name=\"tea\"")) && line.contains(" shop["),
            "{line}"
        );
    }
    let said = stderr(&output);
    ensure!(
        said.starts_with(
            "3 of 1001 firings; 60 more would match (--all shows them); the recorder still had 63\n"
        ),
        "{said}"
    );
    let (_, rest) = said.split_once("] was killed by SIGABRT\n").with_context(|| said.clone())?;
    let dropped = "2 firings dropped: another thread was still writing to the same place\n";
    ensure!(rest == format!("1 firing being written at that moment\n{dropped}"), "{said}");

    let (all, summary) = ids(&core(&[path(&file), "--all", "--json"])?)?;
    ensure!(
        all == (937..1000).collect::<Vec<_>>() && summary["signal"] == 6 && summary["cut"] == false,
        "{summary}"
    );
    let (some, summary) = ids(&core(&[path(&file), "--json", "-w", "id < 940", "shop:*"])?)?;
    ensure!(some == [937, 938, 939] && summary["matching"] == 3, "{some:?} {summary}");
    let (none, _) = ids(&core(&[path(&file), "--json", "shop:bought"])?)?;
    ensure!(none.is_empty(), "{none:?}");
    let wrong = core(&[path(&file), "-w", "it == 1"])?;
    ensure!(wrong.status.code() == Some(1) && stderr(&wrong).starts_with("usdt: --where: "), "{wrong:?}");
    Ok(())
}

#[test]
fn a_core_that_is_cut_anywhere_is_read_as_far_as_it_goes() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let program = shop(dir.path(), "core_cut")?;
    let whole = std::fs::read(core_of(Command::new(&program).arg("63"), &program, dir.path())?)?;
    let cut = dir.path().join("cut");
    let mut shown = Vec::new();
    for len in (0..whole.len()).step_by(4096) {
        std::fs::write(&cut, &whole[..len])?;
        let output = core(&[path(&cut), "--all", "--json"])?;
        match output.status.code() {
            Some(0) => {
                let (ids, summary) = ids(&output)?;
                ensure!(ids == (0..ids.len() as u64).collect::<Vec<_>>(), "{len}: {ids:?}");
                // gdb writes sections behind everything, which nobody needs.
                let is_all_there = ids.len() == 63 && summary["signal"] == 6;
                let is_cut = stderr(&output).contains("the core is cut off");
                ensure!((is_cut || is_all_there) && summary["cut"] == is_cut, "{len}: {output:?}");
                shown.push(ids.len());
            }
            Some(1) => ensure!(shown.is_empty() && stderr(&output).lines().count() == 1, "{len}: {output:?}"),
            _ => anyhow::bail!("{len}: {output:?}"),
        }
    }
    ensure!(shown.is_sorted() && shown.first() == Some(&0) && shown.last() == Some(&63), "{shown:?}");
    Ok(())
}

#[test]
fn a_process_that_lives_is_read_and_goes_on() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let program = shop(dir.path(), "core_living")?;
    let mut subject = Subject::spawn(Command::new(&program).args(["500", "stay"]))?;
    subject.wait_for("fired; process ")?;
    let pid = subject.pid().to_string();
    std::fs::remove_file(&program)?;
    let (all, _) = ids(&core(&[&pid, "--all", "--json"])?)?;
    ensure!(all == (436..500).collect::<Vec<_>>(), "{all:?}");

    let file = testkit::core::of_living(subject.pid(), dir.path())?;
    let output = core(&[path(&file), "--all"])?;
    ensure!(stdout(&output).lines().count() == 64 && !stderr(&output).contains("killed"), "{output:?}");
    ensure!(stdout(&output).ends_with("shop:sold id=499 name=\"tea\"\n"), "{output:?}");
    Ok(())
}

#[test]
fn what_fires_meanwhile_is_never_shown_in_halves() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let program = shop(dir.path(), "core_firing")?;
    let mut subject = Subject::spawn(Command::new(&program).args(["500", "fire"]))?;
    subject.wait_for("fired; process ")?;
    let pid = subject.pid().to_string();
    let mut seen = 0;
    for _ in 0..20 {
        let (ids, summary) = ids(&core(&[&pid, "--all", "--json"])?)?;
        // Firings are in the order of their numbers, and the id of each is its number: with halves of two it would be another's.
        ensure!(ids.is_sorted_by(|a, b| a < b) && ids.len() <= 64, "{ids:?}");
        ensure!(ids.iter().all(|id| *id < summary["firings"].as_u64().unwrap_or(0)), "{ids:?} {summary}");
        seen += ids.len();
    }
    ensure!(seen > 20 * 32, "only {seen} of {} were whole", 20 * 64);
    Ok(())
}

#[test]
fn without_a_recorder_it_says_so() -> Result<()> {
    let own = std::process::id().to_string();
    let output = core(&[&own])?;
    ensure!(output.status.code() == Some(1) && output.stdout.is_empty(), "{output:?}");
    ensure!(
        stderr(&output) == format!("usdt: no recorder in process {own}: the program has to start one\n"),
        "{output:?}"
    );
    for (name, said) in [
        ("/bin/sh", "usdt: /bin/sh: a program, and no core dump"),
        ("/nowhere/core", "usdt: /nowhere/core: No such file or directory"),
        ("4294967295", "usdt: there is no process 4294967295"),
    ] {
        let output = core(&[name])?;
        ensure!(output.status.code() == Some(1) && stderr(&output).starts_with(said), "{output:?}");
    }
    Ok(())
}

/// The example of the library, whose recorder is its own: static probes, and some that were defined while it ran.
#[test]
fn a_program_with_the_librarys_recorder_is_read() -> Result<()> {
    let library = format!(r#"{{ path = {:?}, features = ["recorder", "runtime"] }}"#, workspace());
    let project = CargoProject::program("recorded", include_str!("../../examples/recorder.rs"));
    let built = project.dependency("usdt-probes", &library).build()?;
    let dir = tempfile::tempdir()?;
    let program = dir.path().join("recorded");
    copy(&own_copy(&built, "core_library")?, &program)?;
    let file = core_of(&mut Command::new(&program), &program, dir.path())?;
    let (sold, summary) = ids(&core(&[path(&file), "--json", "-n", "20", "shop:*"])?)?;
    assert_eq!(sold, (4980..5000).collect::<Vec<_>>(), "{summary}");
    let (both, _) = ids(&core(&[path(&file), "--json", "-n", "6"])?)?;
    assert_eq!(
        both,
        [4995, 4995, 4996, 4997, 4998, 4999],
        "a static probe and one that was defined while it ran"
    );
    let output = core(&[path(&file), "-n", "1"])?;
    let text = stdout(&output);
    ensure!(text.ends_with("shop:sold id=4999 what=\"cake\"\n"), "{text}");
    Ok(())
}
