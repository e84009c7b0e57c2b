//! What the command says of itself: help, misuse, completions, manual.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const COMMANDS: [&str; 9] =
    ["list", "watch", "latency", "core", "script", "doctor", "node", "completions", "man"];

fn usdt(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_usdt")).args(words).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn each_command_has_help_with_examples() {
    let output = usdt(&["--help"]);
    assert!(output.status.success());
    for command in COMMANDS {
        assert!(text(&output.stdout).contains(&format!("\n  {command} ")), "{command}");
        let output = usdt(&[command, "--help"]);
        let help = text(&output.stdout);
        assert!(output.status.success(), "{command}");
        let example = format!("\n  usdt {command}");
        assert!(help.contains("Examples:\n") && help.contains(&example), "{command}:\n{help}");
    }
}

#[test]
fn misuse_is_2_and_says_what_was_meant() {
    for (words, said) in [
        (&["wach"][..], "watch"),
        (&["script"], "<TRACER>"),
        (&["script", "ktap", "x"], "bpftrace, dtrace, perf"),
        (&["script", "perf", "x", "a["], "a["),
        (&["script", "perf", "/bin/sh", "a", "--key", "id"], "--latency"),
        (&["core"], "<CORE|PID>"),
        (&["core", "x", "-n", "0"], "--max"),
        (&["doctor", "--jsn"], "--json"),
        (&["completions", "csh"], "bash"),
        (&["man", "--dir"], "--dir"),
    ] {
        let output = usdt(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(text(&output.stderr).contains(said), "{words:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}

#[test]
fn without_words_it_shows_its_help() {
    let output = usdt(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("Usage: usdt"));
}

#[test]
fn the_version_is_that_of_the_package() {
    let output = usdt(&["--version"]);
    assert_eq!(text(&output.stdout), format!("usdt {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_are_scripts_that_know_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = usdt(&["completions", shell]);
        assert!(output.status.success(), "{shell}");
        for command in COMMANDS {
            assert!(text(&output.stdout).contains(command), "{shell}: {command}");
        }
    }
    // Bash alone is on every machine that runs the tests.
    let mut bash =
        Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(&usdt(&["completions", "bash"]).stdout).unwrap();
    let checked = bash.wait_with_output().unwrap();
    assert!(checked.status.success() && checked.stderr.is_empty(), "{}", text(&checked.stderr));
}

#[test]
fn bash_completes_a_command() {
    let script = text(&usdt(&["completions", "bash"]).stdout).to_owned()
        + "\nCOMP_WORDS=(usdt doc); COMP_CWORD=1; _usdt usdt doc usdt; printf '%s\\n' \"${COMPREPLY[@]}\"\n";
    let output = Command::new("bash").arg("-c").arg(script).output().unwrap();
    assert_eq!(text(&output.stdout), "doctor\n", "{}", text(&output.stderr));
}

#[test]
fn each_command_has_a_page_in_the_manual() {
    let dir = tempfile::tempdir().unwrap();
    assert!(usdt(&["man", "--dir", dir.path().to_str().unwrap()]).status.success());
    let mut pages: Vec<String> = COMMANDS.iter().map(|command| format!("usdt-{command}.1")).collect();
    pages.push("usdt.1".to_owned());
    for page in pages {
        let source = std::fs::read_to_string(dir.path().join(&page)).unwrap();
        assert!(source.contains(".SH NAME") && source.contains(".SH SYNOPSIS"), "{page}");
        assert!(page == "usdt.1" || source.contains(".SH EXAMPLES"), "{page}");
    }
    let written = std::fs::read(dir.path().join("usdt.1")).unwrap();
    assert_eq!(text(&usdt(&["man"]).stdout), text(&written));
}

#[test]
fn the_manual_is_well_formed() {
    let dir = tempfile::tempdir().unwrap();
    assert!(usdt(&["man", "--dir", dir.path().to_str().unwrap()]).status.success());
    for page in std::fs::read_dir(dir.path()).unwrap() {
        let mut man = Command::new("man");
        man.args(["--warnings=w", "-E", "UTF-8", "-l"]).arg(page.unwrap().path()).env("LC_ALL", "C.UTF-8");
        match man.env("MANWIDTH", "100").output() {
            Ok(output) => assert_eq!(text(&output.stderr), ""),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                // Not by a macro: the test harness would hide it.
                writeln!(std::io::stderr(), "man is not here: the manual's form was NOT CHECKED").unwrap();
                return;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn the_examples_of_the_manual_stay_as_they_are_written() {
    let dir = tempfile::tempdir().unwrap();
    assert!(usdt(&["man", "--dir", dir.path().to_str().unwrap()]).status.success());
    let page = std::fs::read_to_string(dir.path().join("usdt-doctor.1")).unwrap();
    assert!(page.contains("\n  usdt doctor 1234                the probes of a running process\n"), "{page}");
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let line = format!("{} completions zsh | head -c 1; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_usdt"));
    let output = Command::new("bash").args(["-c", &line]).output().unwrap();
    assert_eq!(text(&output.stderr), "");
    assert!(["#0\n", "#141\n"].contains(&text(&output.stdout)), "{}", text(&output.stdout));
}
