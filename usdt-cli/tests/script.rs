//! `usdt script`: each tracer runs what was printed, as it was printed, and shows what the program fired.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{example, path, start, stderr, stdout, usdt};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use testkit::build::{CargoProject, gcc, own_copy};
use testkit::dtrace::DTrace;
use testkit::machine::require_tracing;
use testkit::subject::Subject;
use testkit::target::Target;
use testkit::toolbox::Toolbox;
use testkit::tools::Tools;

/// Fires the same values again and again.
const TYPED: &str = r#"
use std::time::Duration;

#[usdt_probes::provider]
mod scripted {
    /// Numbers */ of $(all) kinds.
    pub fn numbers(small: u8, signed: i8, short: i16, long: i64, yes: bool, letter: char);
    /// What is in memory, or in two words.
    pub fn memory(text: &str, none: Option<&str>, raw: &[u8], wide: u128);
    pub fn others__too(single: f32, double: f64, took: std::time::Duration, at: *const u8);
    pub fn seven(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64, last: u64);
    pub fn texts(a: &str, b: &str, c: &str, d: &str, e: &str, f: &str);
}

fn main() {
    println!("ready");
    loop {
        scripted::numbers(255, -100, -300, i64::MIN, true, 'é');
        scripted::memory("tea", None, b"bytes", (7 << 64) | 9);
        scripted::others__too(1.5, -2.5, Duration::from_nanos(1500), 16 as *const u8);
        scripted::seven(1, 2, 3, 4, 5, 6, 7);
        scripted::texts("a", "b", "c", "d", "e", "f");
        std::thread::sleep(Duration::from_millis(20));
    }
}
"#;

const C: &str = r#"
#include <sys/sdt.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    puts("ready");
    fflush(stdout);
    for (;;) {
        volatile short s = -300;
        volatile unsigned u = 4000000000u;
        STAP_PROBE2(cscript, plain, s, u);
        usleep(20000);
    }
}
"#;

/// What bpftrace shows. DTrace has `-` for `__`, and a word for `None`.
const SHOWN: [&str; 5] = [
    "scripted:numbers small=255 signed=-100 short=-300 long=-9223372036854775808 yes=true letter=U+00e9",
    "scripted:memory text=tea none= raw=bytes wide=0x70000000000000009",
    "scripted:others__too single=float:0x3fc00000 double=float:0xc004000000000000 took=1500ns at=0x10",
    "scripted:seven a=1 b=2 c=3 d=4 e=5 f=6",
    "scripted:texts a=a b=b c=c d=d e=e f=f",
];

/// A script in a file of its own, which is removed with the directory.
struct Script {
    _dir: TempDir,
    path: PathBuf,
}

fn printed(words: &[&str]) -> Output {
    usdt(&[&["script"], words].concat()).output().unwrap()
}

/// Has `usdt script` write one.
fn script(words: &[&str]) -> Script {
    let output = printed(words);
    assert!(output.status.success(), "{}", stderr(&output));
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("script");
    fs::write(&path, output.stdout).unwrap();
    Script { _dir: dir, path }
}

fn typed(test: &str) -> PathBuf {
    let project = CargoProject::program("scripted", TYPED).workspace_dependency("usdt-probes", ".");
    own_copy(&project.build().unwrap(), test).unwrap()
}

/// Starts a tracer, and expects a line of it for each of these.
fn expect_lines(tracer: &mut Command, process: &str, pid: u32, expected: &[String]) {
    let mut tracer = Subject::spawn(tracer).unwrap();
    for expected in expected {
        let word = expected.split(' ').next().unwrap();
        let line = tracer.wait_for(&format!("{word} ")).unwrap();
        assert_eq!(line, format!("{process}[{pid}] {expected}"));
    }
    // DTrace would leave events in the kernel if it were killed.
    let pid = i32::try_from(tracer.pid()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    tracer.finish().unwrap();
}

fn toolbox(program: &Path, script: &Script) -> Tools {
    let toolbox = Toolbox::find().expect("the toolbox: `cargo xtask setup toolbox` makes it");
    Tools::of(&toolbox, &[program.parent().unwrap(), script.path.parent().unwrap()])
}

#[test]
fn bpftrace_shows_every_type() {
    if !require_tracing() {
        return;
    }
    let program = typed("bpftrace");
    let script = script(&["bpftrace", path(&program)]);
    let text = fs::read_to_string(&script.path).unwrap();
    let comment = "// Numbers * / of $(all) kinds.\n// scripted:numbers(small: u8, signed: i8, short: i16, long: i64, \
                   yes: bool, letter: char)\n";
    assert!(text.contains(comment), "{text}");
    let subject = start(&program, "ready");
    let expected = SHOWN.map(str::to_owned);
    let mut tracer = Command::new("bpftrace");
    expect_lines(tracer.args(["-B", "line"]).arg(&script.path), "scripted", subject.pid(), &expected);
    // For the process alone, and by the newer one, which has all arguments.
    let tools = toolbox(&program, &script);
    let mut tracer = tools.command("bpftrace");
    let pid = subject.pid().to_string();
    tracer.args(["-B", "line", "-p", &pid]).arg(&script.path);
    expect_lines(&mut tracer, "scripted", subject.pid(), &expected);
}

#[test]
fn what_old_versions_of_bpftrace_have_not_can_be_uncommented() {
    if !require_tracing() {
        return;
    }
    let program = typed("uncommented");
    let script = script(&["bpftrace", path(&program), "seven"]);
    let text = fs::read_to_string(&script.path).unwrap();
    fs::write(&script.path, text.replace("// printf", "printf")).unwrap();
    let _subject = start(&program, "ready");
    let tools = toolbox(&program, &script);
    let mut tracer = tools.command("bpftrace");
    let mut tracer = Subject::spawn(tracer.args(["-B", "line"]).arg(&script.path)).unwrap();
    tracer.wait_for("scripted:seven ").unwrap();
    assert_eq!(tracer.line().unwrap(), "    seven last=7");
}

#[test]
fn dtrace_shows_every_type() {
    if !require_tracing() {
        return;
    }
    let program = typed("dtrace");
    let subject = start(&program, "ready");
    let pid = subject.pid().to_string();
    let script = script(&["dtrace", &pid]);
    let tools = toolbox(&program, &script);
    let dtrace = DTrace { tools: &tools, target: Target::Process(subject.pid()) };
    let expected = SHOWN.map(|line| {
        line.replace("__", "-")
            .replace("none= ", "none=none ")
            .replace("seven a=1 b=2 c=3 d=4 e=5 f=6", "seven a=1 b=2 c=3 d=4 e=5 f=6 last=7")
    });
    expect_lines(&mut dtrace.script(&script.path).unwrap(), "scripted", subject.pid(), &expected);
}

#[test]
fn perf_shows_numbers_by_name() {
    if !require_tracing() {
        return;
    }
    let program = typed("perf");
    let subject = start(&program, "ready");
    let script = script(&["perf", path(&program)]);
    for tools in [Tools::Machine, toolbox(&program, &script)] {
        let lines = recorded(&tools, &script, subject.pid());
        let has = |event: &str, values: &str| {
            let line = lines.iter().find(|line| line.contains(event));
            let line = line.unwrap_or_else(|| panic!("no {event} in {lines:#?}"));
            assert!(line.ends_with(values), "{line}");
        };
        // Without the sign of the small ones, as its head says.
        has(":numbers:", ") small=255 signed=156 short=65236 long=-9223372036854775808 yes=1 letter=233");
        has(":memory:", " raw.len=5 wide.low=9 wide.high=7");
        // perf 7.2 writes one `_` of two.
        has("_too:", ") single.bits=1069547520 double.bits=13836183955189006336 took.ns=1500 at=16");
        has(":seven:", ") a=1 b=2 c=3 d=4 e=5 f=6 last=7");
        assert!(!events().contains("scripted"), "the script leaves events behind:\n{}", events());
    }
}

#[test]
fn a_c_program_has_numbers_for_names() {
    if !require_tracing() {
        return;
    }
    let program = own_copy(&gcc(C, &[]).unwrap(), "script").unwrap();
    let subject = start(&program, "ready");
    let bpftrace = script(&["bpftrace", path(&program), "cscript:*"]);
    let mut tracer = Command::new("bpftrace");
    let expected = ["cscript:plain arg0=-300 arg1=4000000000".to_owned()];
    expect_lines(tracer.args(["-B", "line"]).arg(&bpftrace.path), "program", subject.pid(), &expected);
    let pid = subject.pid().to_string();
    let lines = recorded(&Tools::Machine, &script(&["perf", &pid, "plain"]), subject.pid());
    assert!(lines.iter().all(|line| line.ends_with(") arg0=65236 arg1=4000000000")), "{lines:#?}");
    let dtrace = script(&["dtrace", &pid, "plain"]);
    let tools = toolbox(&program, &dtrace);
    let tracer = DTrace { tools: &tools, target: Target::Process(subject.pid()) };
    expect_lines(&mut tracer.script(&dtrace.path).unwrap(), "program", subject.pid(), &expected);
}

#[test]
fn the_examples_are_shown() {
    if !require_tracing() {
        return;
    }
    let program = example("quickstart", "script");
    let subject = start(&program, "firing");
    shows_the_orders("quickstart", subject.pid(), "request_start", "status=200");
}

#[test]
fn bpftrace_times_what_is_between_two_probes() {
    if !require_tracing() {
        return;
    }
    let program = example("quickstart", "latency");
    let words = ["bpftrace", path(&program), "request_start", "request_done", "--latency", "--key", "id"];
    let script = script(&words);
    let _subject = start(&program, "firing");
    for tools in [Tools::Machine, toolbox(&program, &script)] {
        let mut tracer = tools.command("timeout");
        tracer.args(["--signal=INT", "4", "bpftrace", "-B", "line"]).arg(&script.path);
        let output = tracer.output().unwrap();
        let shown = stdout(&output);
        // The example sleeps for 100 ms between the two.
        let buckets: Vec<&str> = shown.lines().filter(|line| line.starts_with('[')).collect();
        assert!(!buckets.is_empty(), "{shown}{}", stderr(&output));
        assert!(buckets[0].starts_with("[64K, 128K)"), "{shown}");
        assert!(!shown.contains("@start"), "{shown}");
    }
}

#[test]
fn providers_that_are_defined_at_run_time_are_shown() {
    if !require_tracing() {
        return;
    }
    let program = example("runtime", "script");
    let images = TempDir::new().unwrap();
    let mut command = Command::new(&program);
    let mut subject = Subject::spawn(command.env("USDT_PROBES_DIR", images.path().join("images"))).unwrap();
    subject.wait_for("bpftrace").unwrap();
    shows_the_orders("runtime", subject.pid(), "request__start", "status=200");
}

/// Both of the examples' probes, in the process.
fn shows_the_orders(process: &str, pid: u32, start: &str, status: &str) {
    let script = script(&["bpftrace", &pid.to_string(), "orders:*"]);
    let mut tracer = Command::new("bpftrace");
    tracer.args(["-B", "line", "-p", &pid.to_string()]).arg(&script.path);
    let mut tracer = Subject::spawn(&mut tracer).unwrap();
    let line = tracer.wait_for(&format!("orders:{start} ")).unwrap();
    assert!(line.starts_with(&format!("{process}[{pid}] orders:{start} id=")), "{line}");
    assert!(line.ends_with(" path=/orders"), "{line}");
    let line = tracer.wait_for("done ").unwrap();
    assert!(line.ends_with(status), "{line}");
}

/// The lines of a process in what perf recorded within a second.
fn recorded(tools: &Tools, script: &Script, pid: u32) -> Vec<String> {
    let pid = pid.to_string();
    let mut command = tools.command("sh");
    let output = command.arg(&script.path).args(["-p", &pid, "--", "sleep", "1"]).output().unwrap();
    let text = stdout(&output);
    let lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
    assert!(!lines.is_empty(), "{}", stderr(&output));
    assert!(lines.iter().all(|line| line.split_whitespace().any(|word| word == pid)), "{lines:#?}");
    lines
}

/// The kernel's list of them.
fn events() -> String {
    fs::read_to_string("/sys/kernel/tracing/uprobe_events").unwrap()
}

#[test]
fn a_probe_that_is_not_there_is_an_error_that_helps() {
    let program = own_copy(&gcc(C, &[]).unwrap(), "script-missing").unwrap();
    let output = printed(&["bpftrace", path(&program), "nothing"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("nothing") && said.contains("usdt list"), "{said}");
}

/// A note by hand, with names that a shell or bpftrace would obey.
const HOSTILE: &str = r#"
#include <sys/sdt.h>
int main(void) {
    STAP_PROBE1(good, one, 1);
    __asm__ volatile("990: nop\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f,994f-993f,3\n"
        "991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b\n.8byte _.stapsdt.base\n.8byte 0\n"
        ".asciz \"$(touch /tmp/evil)\"\n.asciz \"x { } BEGIN { system(1) }\"\n.asciz \"\"\n994: .balign 4\n.popsection\n");
    return 0;
}
"#;

#[test]
fn hostile_names_are_left_out() {
    let program = gcc(HOSTILE, &[]).unwrap();
    for tracer in ["bpftrace", "dtrace", "perf"] {
        let output = printed(&[tracer, path(&program)]);
        let text = stdout(&output);
        assert!(output.status.success() && text.contains("one") && text.contains("Left out: 1"), "{text}");
        assert!(!text.contains("touch") && !text.contains("BEGIN"), "{text}");
        assert_eq!(stderr(&output), "usdt: left out 1 whose names can't stand in a script\n");
    }
    let output = printed(&["perf", path(&program), "x*"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
}
