//! `usdt watch --stack`: the functions that led to a firing, in programs and in Node. bpftrace shows the same ones.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use common::{path, stderr, stdout, usdt};
use serde_json::Value;
use testkit::bpftrace::{Bpftrace, observe};
use testkit::build::{self, CargoProject, gcc, own_copy};
use testkit::machine::require_tracing;
use testkit::node;
use testkit::subject::Subject;

/// It stays for a moment: names are read while it is there.
const C: &str = r#"
#include <sys/sdt.h>
#include <unistd.h>
__attribute__((noinline)) int sell(int id) { usleep(1000); DTRACE_PROBE1(shop, sold, id); return getppid(); }
__attribute__((noinline)) int handle(int id) { return sell(id) + 1; }
int main(void) { int sum = 0; for (int i = 0; i < 3; i++) sum += handle(i); return usleep(700000) + (sum == 0); }
"#;

const RUST: &str = r#"
#[usdt_probes::provider]
mod shop {
    pub fn sold(what: &str) {}
}
#[inline(never)]
fn sell(what: &str) -> usize {
    shop::sold(what);
    what.len()
}
#[inline(never)]
fn handle(what: &str) -> usize {
    sell(what) + 1
}
fn main() {
    let sum: usize = ["tea", "coffee"].map(handle).iter().sum();
    std::thread::sleep(std::time::Duration::from_millis(700));
    assert_eq!(sum, 11);
}
"#;

/// It sells until its standard input ends.
const JAVASCRIPT: &str = "
const { defineProvider } = require(process.env.PACKAGE);
const shop = defineProvider('stackshop', { sold: { id: 'u64' } });
let id = 0;
function sell() { shop.sold(++id); return id; }
function handle() { return sell() + 1; }
function tick() { for (let i = 0; i < process.env.SALES; i++) handle(); }
setInterval(tick, 5);
process.stdin.on('end', () => process.exit(0)).resume();
console.log(shop.status.path);
";

/// The symbols of the stack of each firing that `usdt watch --stack --json` shows.
fn stacks(words: &[&str]) -> Result<Vec<Vec<String>>> {
    let output = usdt(&[&["watch", "--stack", "--json"], words].concat()).output()?;
    ensure!(output.status.success(), "{output:?}");
    let text = stdout(&output);
    let objects: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let (_summary, firings) = objects.split_last().context("a summary")?;
    let symbol = |frame: &Value| frame["symbol"].as_str().unwrap_or("?").to_owned();
    let stack = |firing: &Value| Some(firing["stack"].as_array()?.iter().map(symbol).collect());
    firings.iter().map(|firing| stack(firing).with_context(|| format!("no stack: {firing}"))).collect()
}

/// Whether these functions are there in this order, perhaps with others between them.
fn has(stack: &[String], functions: &[&str]) -> bool {
    let mut rest = stack.iter();
    functions.iter().all(|function| rest.any(|frame| frame.starts_with(function)))
}

#[test]
fn functions_of_c_are_named() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = own_copy(&gcc(C, &["-fno-omit-frame-pointer"])?, "stack")?;
    let words = ["watch", "--stack", path(&program), "shop:sold", "--", path(&program)];
    let script = Bpftrace::new().usdt(&program, "shop:sold", r#"printf("%s\n", ustack)"#);
    let (seen, output) = observe(&script, || usdt(&words).output())?;
    let text = stdout(&output?);
    let lines: Vec<&str> = text.lines().collect();
    let frame = |function: &str, line: &&str| {
        line.starts_with(&format!("    {function}+0x")) && line.ends_with(&format!(" ({})", path(&program)))
    };
    for function in ["sell", "handle", "main"] {
        assert_eq!(lines.iter().filter(|line| frame(function, line)).count(), 3, "{function} in {text}");
        assert_eq!(seen.lines.iter().filter(|line| line.contains(function)).count(), 3, "{seen:?}");
    }
    let first = lines.iter().position(|line| line.contains("arg0=0")).context("a firing")?;
    assert!(frame("sell", &lines[first + 1]) && frame("handle", &lines[first + 2]), "{text}");
    Ok(())
}

#[test]
fn a_program_that_has_ended_is_named_by_its_file() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = gcc(&C.replace("usleep(700000)", "0"), &["-fno-omit-frame-pointer"])?;
    let program = own_copy(&program, "stack")?;
    let stacks = stacks(&[path(&program), "shop:sold", "--", path(&program)])?;
    assert_eq!(stacks.len(), 3);
    for stack in &stacks {
        ensure!(has(stack, &["sell", "handle", "main"]), "{stack:?}");
    }
    Ok(())
}

#[test]
fn functions_of_rust_are_named() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let project = CargoProject::program("stack-shop", RUST).release();
    let project = project.rustflags(&["-Cforce-frame-pointers=yes"]);
    let program = project.workspace_dependency("usdt-probes", ".").build()?;
    let program = own_copy(&program, "stack")?;
    let stacks = stacks(&[path(&program), "shop:sold", "--", path(&program)])?;
    assert_eq!(stacks.len(), 2);
    for stack in &stacks {
        ensure!(has(stack, &["stack_shop::sell", "stack_shop::handle", "stack_shop::main"]), "{stack:?}");
    }
    Ok(())
}

#[test]
fn stacks_are_not_for_counts() -> Result<()> {
    let output = usdt(&["watch", "1", "a:b", "--count", "--stack"]).output()?;
    assert_eq!(output.status.code(), Some(2));
    ensure!(stderr(&output).contains("--stack"), "{output:?}");
    Ok(())
}

/// What a shop in JavaScript is started with: its script and what it finds in its environment, all in this directory. It makes so
/// many sales at a time.
fn shop(command: &mut Command, directory: &Path, sales: u32) -> Result<PathBuf> {
    let script = directory.join("shop.js");
    std::fs::write(&script, JAVASCRIPT)?;
    // V8 leaves a log where it runs.
    command.current_dir(directory);
    command.env("SALES", sales.to_string()).env("PACKAGE", build::workspace().join("napi-binding"));
    command.env("USDT_PROBES_NATIVE", node::native()?).env("USDT_PROBES_DIR", directory.join("images"));
    Ok(script)
}

/// The machine's own Node, and those beside it.
fn nodes() -> Vec<PathBuf> {
    let others = node::VERSIONS.iter().filter_map(|name| node::program(name).ok());
    std::iter::once(PathBuf::from("node")).chain(others).collect()
}

#[test]
fn functions_of_javascript_are_named() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    for program in nodes() {
        let directory = tempfile::tempdir()?;
        let mut command = Command::new(&program);
        let script = shop(&mut command, directory.path(), 1)?;
        command.args(["--perf-basic-prof", "--interpreted-frames-native-stack"]).arg(&script);
        let mut shop = Subject::spawn(&mut command)?;
        let image = PathBuf::from(shop.line()?);
        let place = format!("{}:", script.display());
        let stacks = stacks(&[&shop.pid().to_string(), "stackshop:sold", "-n", "20"])?;
        let functions = ["sell", "handle", "tick"].map(|function| format!("{function} {place}"));
        let wanted: Vec<&str> = functions.iter().map(String::as_str).collect();
        ensure!(stacks.iter().any(|stack| has(stack, &wanted)), "{program:?}: {stacks:#?}");
        for stack in &stacks {
            ensure!(has(stack, &["stackshop:sold", "node::Start"]), "{program:?}: {stack:#?}");
        }
        let action = r#"printf("%s\n", ustack(perf))"#;
        let mut bpftrace = Bpftrace::new().usdt(&image, "stackshop:sold", action).pid(shop.pid()).start()?;
        // It takes its time for each.
        bpftrace.wait_for_lines(1)?;
        let seen = bpftrace.finish()?;
        for function in functions {
            ensure!(seen.lines.iter().any(|line| line.contains(&function)), "{program:?}: no {function}");
        }
    }
    Ok(())
}

#[test]
fn compiled_javascript_is_named_without_more_ado() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let mut command = Command::new("node");
    let script = shop(&mut command, directory.path(), 100)?;
    let mut shop = Subject::spawn(command.env("NODE_OPTIONS", "--perf-basic-prof").arg(&script))?;
    shop.line()?;
    let stacks = stacks(&[&shop.pid().to_string(), "stackshop:sold", "-n", "20000"])?;
    let last = stacks.last().context("firings")?;
    // By then it is compiled, and may have swallowed the other two.
    ensure!(has(last, &[&format!("tick {}:", script.display()), "listOnTimeout node:"]), "{last:#?}");
    Ok(())
}

#[test]
fn a_process_of_its_own_namespaces_is_named() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    // Not in `/tmp`, which the process has one of its own for.
    let directory = tempfile::tempdir_in(build::build_dir())?;
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "sh", "-c"]);
    command.arg(r#"mount -t tmpfs none /tmp && exec node "$0""#);
    let script = shop(&mut command, directory.path(), 1)?;
    command.arg(&script).env("NODE_OPTIONS", "--perf-basic-prof --interpreted-frames-native-stack");
    let mut shop = Subject::spawn(&mut command)?;
    shop.line()?;
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", shop.pid()))?;
    let pid = children.trim();
    ensure!(Path::new(&format!("/proc/{pid}/root/tmp/perf-1.map")).exists(), "it has another id inside");
    let stacks = stacks(&[pid, "stackshop:sold", "-n", "20"])?;
    let handle = format!("handle {}:", script.display());
    ensure!(stacks.iter().any(|stack| has(stack, &[&handle])), "{stacks:#?}");
    Ok(())
}
