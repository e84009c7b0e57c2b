//! Providers that are defined while a program runs, and the tracers that watch them.

mod common;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::{ask, plugin, tracing};
use tempfile::TempDir;
use testkit::bpftrace::{Bpftrace, observe};
use testkit::elf::Elf;
use testkit::expect;
use testkit::gdb;
use testkit::perf;
use testkit::readelf;
use testkit::subject::{Subject, semaphore_value};

const COUNT: &str = "@ = count();";

/// A directory for the images of one test.
fn directory() -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o700)).expect("permissions");
    directory
}

fn start(directory: &Path) -> Subject {
    let mut command = Command::new(env!("CARGO_BIN_EXE_definer"));
    Subject::spawn(command.env("USDT_PROBES_DIR", directory)).expect("the definer starts")
}

/// Starts a definer, has it define `shared`, and gives the image.
fn define(directory: &Path) -> (Subject, PathBuf) {
    let mut definer = start(directory);
    let image = PathBuf::from(ask(&mut definer, "define"));
    assert!(image.starts_with(directory), "{}", image.display());
    (definer, image)
}

fn count(image: &Path, probe: &str) -> Bpftrace {
    Bpftrace::new().usdt(image, probe, COUNT)
}

fn mapped(definer: &Subject, image: &Path) -> usize {
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", definer.pid())).expect("maps");
    maps.lines().filter(|line| line.contains(image.to_str().expect("UTF-8"))).count()
}

#[test]
fn one_attach_by_path_sees_processes_that_run_and_that_start() {
    let Some(_alone) = tracing() else { return };
    let directory = directory();
    let (mut running, image) = define(directory.path());
    let run = || {
        ask(&mut running, "fire 100");
        let (mut later, same) = define(directory.path());
        expect::equal("the image of the second process", &*image, &*same);
        ask(&mut later, "fire 50");
    };
    let (output, ()) = observe(&count(&image, "shared:first"), run).expect("bpftrace attaches");
    output.assert_count("@", 150);
}

#[test]
fn by_pid_sees_that_process_alone() {
    let Some(_alone) = tracing() else { return };
    let directory = directory();
    let ((mut watched, image), (mut other, _)) = (define(directory.path()), define(directory.path()));
    let script = count(&image, "shared:first").pid(watched.pid());
    let run = || {
        ask(&mut watched, "fire 100");
        ask(&mut other, "fire 7");
    };
    let (output, ()) = observe(&script, run).expect("bpftrace attaches");
    output.assert_count("@", 100);
}

#[test]
fn values_of_every_kind_arrive() {
    let Some(_alone) = tracing() else { return };
    let directory = directory();
    let mut definer = start(directory.path());
    let image = PathBuf::from(ask(&mut definer, "define-types"));
    let action = r#"printf("%d %d %d %d %u %d\n", arg0, arg1, arg2, arg3, arg4, arg5)"#;
    let script = Bpftrace::new().usdt(&image, "types:all", action);
    let (output, _) = observe(&script, || ask(&mut definer, "types")).expect("bpftrace attaches");
    output.assert_lines(&["255 -128 65535 -32768 4294967295 -2147483648"]);

    // gdb reads those on the stack as well.
    let shown = gdb_sees(definer, "types", &image, "types:all", 11);
    let f64 = 1.5_f64.to_bits().to_string();
    expect::equal(
        "gdb",
        &[
            "255",
            "-128",
            "65535",
            "-32768",
            "4294967295",
            "-2147483648",
            &u64::MAX.to_string(),
            &i64::MIN.to_string(),
            "1",
            &f64,
        ][..],
        &shown[..10],
    );
}

#[test]
fn the_first_twelve_of_32_arguments_are_described() {
    let directory = directory();
    let mut definer = start(directory.path());
    let image = PathBuf::from(ask(&mut definer, "define-wide 32"));
    let notes = readelf::notes(&image).expect("notes");
    let operands: Vec<_> = notes[0].arguments.split(' ').collect();
    expect::equal("the operands", &12, &operands.len());
    if let Some(_alone) = tracing() {
        let shown = gdb_sees(definer, "wide", &image, "wide:wide", 12);
        let expected: Vec<String> = (1..=12).map(|i: u64| i.to_string()).collect();
        expect::equal("gdb", &*expected, &*shown);
    }
}

/// What gdb, attached to the running process, prints of the probe's arguments.
fn gdb_sees(mut definer: Subject, command: &str, image: &Path, probe: &str, arguments: usize) -> Vec<String> {
    let pid = definer.pid().to_string();
    let mut gdb = Command::new("gdb");
    gdb.args(["-q", "-batch", "-p", &pid, "-ex", "set language c"])
        .args([
            "-ex",
            &format!("add-symbol-file {} -o {:#x}", image.display(), load_address(&definer, image)),
        ])
        .args(["-ex", &format!("break -probe-stap {probe}"), "-ex", "continue"]);
    for i in 0..arguments {
        gdb.args(["-ex", &format!("printf \"value %s\\n\", $_as_string($_probe_arg{i})")]);
        gdb.args(["-ex", &format!("output $_probe_arg{i}"), "-ex", "echo \\n"]);
    }
    let child =
        gdb.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().expect("gdb");
    // The command waits in the pipe until gdb lets the process go on.
    std::thread::sleep(Duration::from_secs(2));
    definer.send(command).expect("the definer reads");
    let output = child.wait_with_output().expect("gdb ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter(|line| line.parse::<i128>().is_ok()).map(str::to_owned).collect()
}

fn load_address(definer: &Subject, image: &Path) -> u64 {
    testkit::subject::load_bias(definer.pid(), image).expect("the image is mapped")
}

#[test]
fn every_reader_lists_the_image() {
    let directory = directory();
    let (_definer, image) = define(directory.path());
    let notes = readelf::notes(&image).expect("readelf reads");
    expect::equal(
        "readelf",
        &["first", "second__one"][..],
        &*notes.iter().map(|note| &*note.name).collect::<Vec<_>>(),
    );
    let elf = Elf::open(&image).expect("object reads");
    assert!(elf.semaphores_are_mapped_once().expect("segments"));
    for note in elf.notes().expect("notes") {
        assert!(elf.is_executable(note.location));
        expect::equal(
            "the location",
            &[0x90_u8, 0x66, 0x2E][..],
            elf.bytes_at(note.location, 3).expect("bytes"),
        );
    }
    let gdb = gdb::info_probes_stap(&image).expect("gdb reads");
    expect::equal("gdb", &2, &gdb.len());
    if let Some(_alone) = tracing() {
        let listed = testkit::bpftrace::list(&image).expect("bpftrace reads");
        expect::equal("bpftrace", &2, &listed.len());
        let listed = perf::list_sdt(&image).expect("perf reads");
        assert!(listed.iter().any(|line| line == "shared:first"), "perf: {listed:?}");
    }
}

#[test]
fn a_firing_within_a_firing_and_from_many_threads() {
    let Some(_alone) = tracing() else { return };
    let directory = directory();
    let (mut definer, image) = define(directory.path());
    let script = Bpftrace::new().usdt(&image, "shared:first", "@first = count();").usdt(
        &image,
        "shared:second__one",
        "@second = count(); @sum = sum(arg0);",
    );
    let run = || {
        ask(&mut definer, "nested 10");
        ask(&mut definer, "threads 8 5000");
    };
    let (output, ()) = observe(&script, run).expect("bpftrace attaches");
    output.assert_count("@first", 40_010);
    output.assert_count("@second", 10);
    output.assert_count("@sum", 45);
}

#[test]
fn an_added_probe_is_live_at_once_and_a_removed_one_silent() {
    let Some(_alone) = tracing() else { return };
    let directory = directory();
    let (mut first, _) = define(directory.path());
    let image = PathBuf::from(ask(&mut first, "add late-one"));
    // In a second process, the tracer is there first.
    let (mut second, _) = define(directory.path());
    let script = count(&image, "shared:late__one");
    let run = || {
        expect::equal("the image", &*image, Path::new(&ask(&mut second, "add late-one")));
        ask(&mut first, "added late-one");
        expect::equal("the definer", "removed true", &*ask(&mut first, "remove late-one"));
        expect::equal("the definer", "removed false", &*ask(&mut first, "remove late-one"));
        ask(&mut first, "added late-one");
        ask(&mut second, "disable");
        ask(&mut second, "added late-one");
        ask(&mut second, "enable");
        ask(&mut second, "added late-one");
    };
    let (output, ()) = observe(&script, run).expect("bpftrace attaches");
    // When it was added, once by each process while it was live.
    output.assert_count("@", 3);
}

#[test]
fn the_same_provider_twice_and_in_two_copies_of_the_library() {
    let Some(_alone) = tracing() else { return };
    let directory = directory();
    let (mut definer, image) = define(directory.path());
    expect::equal("the image", &*image, Path::new(&ask(&mut definer, "define")));
    expect::equal("mappings of the image", &2, &mapped(&definer, &image));
    let load = format!("load {} 30", plugin().display());
    let run = || {
        ask(&mut definer, &load);
        ask(&mut definer, "fire 10");
        ask(&mut definer, "drop");
        ask(&mut definer, "fire 10");
        ask(&mut definer, &load);
    };
    let (output, ()) = observe(&count(&image, "shared:first"), run).expect("bpftrace attaches");
    output.assert_count("@", 80);
    ask(&mut definer, "drop");
    expect::equal("mappings of the image", &0, &mapped(&definer, &image));
    // The other copy maps it when this one doesn't, also while somebody watches.
    let (output, _) = observe(&count(&image, "shared:first"), || ask(&mut definer, &load)).expect("attaches");
    output.assert_count("@", 30);
}

#[test]
fn across_fork() {
    let Some(_alone) = tracing() else { return };
    let directory = directory();
    let (mut definer, image) = define(directory.path());
    let run = || expect::equal("the definer", "status 0", &*ask(&mut definer, "fork 100"));
    let (output, ()) = observe(&count(&image, "shared:first"), run).expect("bpftrace attaches");
    output.assert_count("@", 200);
}

#[test]
fn the_semaphore_falls_when_the_tracer_is_gone() {
    let Some(_alone) = tracing() else { return };
    let directory = directory();
    let (definer, image) = define(directory.path());
    let semaphore = Elf::open(&image).and_then(|elf| elf.notes()).expect("notes")[0].semaphore;
    let value = || semaphore_value(definer.pid(), &image, semaphore).expect("the semaphore");
    let session = count(&image, "shared:first").start().expect("attaches");
    expect::equal("the semaphore", &1, &value());
    session.finish().expect("bpftrace ends");
    for _ in 0..100 {
        if value() == 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    expect::equal("the semaphore", &0, &value());
}

/// Threads fire while another disables, removes and drops, and a tracer comes and goes.
#[test]
fn nothing_is_unmapped_under_a_firing() {
    let Some(_alone) = tracing() else { return };
    let directory = directory();
    let (mut definer, image) = define(directory.path());
    let script = count(&image, "shared:first").program("interval:ms:30", "exit();");
    let mut seen = 0;
    // On a busy machine the race may be over before bpftrace attaches: then there is another one.
    for _ in 0..5 {
        definer.send("race 3000").expect("the definer reads");
        for _ in 0..10 {
            seen +=
                script.start().and_then(|session| session.finish()).expect("bpftrace attaches").count("@");
        }
        expect::equal("the definer", "done", &*definer.line().expect("the definer answers"));
        if seen > 0 {
            break;
        }
    }
    assert!(seen > 0, "bpftrace saw no firing of the race");
    let (status, _) = definer.finish().expect("the definer ends");
    assert!(status.success(), "{status}");
}

/// What a child inherits of what its parent was about to do must not stop the parent.
#[test]
fn forking_while_another_thread_defines() {
    let directory = directory();
    let (mut definer, image) = define(directory.path());
    expect::equal("the definer", "done", &*ask(&mut definer, "forks 400"));
    expect::equal("the image", &*image, Path::new(&ask(&mut definer, "define")));
}

#[test]
fn nothing_grows() {
    let directory = directory();
    let (mut definer, _) = define(directory.path());
    ask(&mut definer, "churn 10");
    let before = resources(&mut definer);
    ask(&mut definer, "churn 2000");
    ask(&mut definer, "toggle 100000");
    ask(&mut definer, "race 20");
    let after = resources(&mut definer);
    expect::equal("open files and mappings of images", &before[..2], &after[..2]);
    // The stacks and heaps of threads are kept for the next ones.
    assert!(after[2] < before[2] + 50, "{} mappings have become {}", before[2], after[2]);
    let images = std::fs::read_dir(directory.path()).expect("the directory").count();
    assert!(images < 256 + 64 + 2, "{images} images are left");
}

/// How many open files, mappings of images, and mappings there are.
fn resources(definer: &mut Subject) -> Vec<usize> {
    ask(definer, "resources").split(' ').map(|number| number.parse().expect("a number")).collect()
}
