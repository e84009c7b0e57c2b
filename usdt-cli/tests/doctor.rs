//! `usdt doctor`, of this machine with all rights and with none, and of binaries.

mod common;

use std::path::Path;
use std::process::{Command, Output};

use common::{path, start, stderr, stdout, usdt};
use serde_json::Value;
use testkit::build::{self, gcc, own_copy};
use testkit::machine::require_tracing;

/// A probe with a semaphore, which fires for ever.
const PROGRAM: &str = r#"
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
#include <stdio.h>
#include <unistd.h>
unsigned short shop_sold_semaphore __attribute__((section(".probes")));
int main(void) {
    puts("ready");
    fflush(stdout);
    for (int i = 0;; i++) {
        STAP_PROBE1(shop, sold, i);
        usleep(20000);
    }
}
"#;

fn doctor(words: &[&str]) -> Output {
    usdt(&[&["doctor"], words].concat()).output().unwrap()
}

/// `state topic` of each finding.
fn findings(output: &Output) -> (bool, Vec<String>) {
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let finding = |finding: &Value| {
        assert!(!finding["what"].as_str().unwrap().is_empty());
        format!("{} {}", finding["state"].as_str().unwrap(), finding["topic"].as_str().unwrap())
    };
    let findings = value["findings"].as_array().unwrap().iter().map(finding).collect();
    (value["ok"].as_bool().unwrap(), findings)
}

#[test]
fn a_machine_that_can_trace_is_well() {
    if !require_tracing() {
        return;
    }
    let output = doctor(&["--json"]);
    let (is_well, findings) = findings(&output);
    assert!(is_well && output.status.success(), "{findings:#?}");
    for expected in ["ok opening a uprobe", "ok privileges", "ok uprobes", "ok bpftrace"] {
        assert!(findings.contains(&expected.to_owned()), "{expected} in {findings:#?}");
    }
    let text = stdout(&doctor(&[]));
    assert!(text.starts_with("ok    opening a uprobe "), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours where there is no terminal: {text:?}");
}

#[test]
fn a_user_without_rights_is_told_what_is_missing() {
    if !require_tracing() {
        return;
    }
    // Where others can get at it, whatever the rights of the directory that it was built in.
    let copy = Path::new("/tmp").join(format!("usdt-doctor-{}", std::process::id()));
    build::copy(env!("CARGO_BIN_EXE_usdt").as_ref(), &copy).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&copy).args(["doctor", "--json"]);
    let output = command.output().unwrap();
    std::fs::remove_file(&copy).unwrap();
    let (is_well, findings) = findings(&output);
    assert_eq!((is_well, output.status.code()), (false, Some(1)));
    for expected in ["fail opening a uprobe", "fail privileges", "warn other processes", "warn bpf"] {
        assert!(findings.contains(&expected.to_owned()), "{expected} in {findings:#?}");
    }
}

#[test]
fn a_good_binary_is_well() {
    let program = gcc(PROGRAM, &[]).unwrap();
    let output = doctor(&[path(&program)]);
    assert!(output.status.success());
    assert_eq!(stdout(&output), "ok    file  1 probe in 1 site: nothing wrong\n");
}

#[test]
fn a_binary_that_would_lose_firings_is_not() {
    let program = gcc(PROGRAM, &["-fuse-ld=lld"]).unwrap();
    let output = doctor(&[path(&program)]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("fail  file  the page of the file at 0x0 is mapped twice"), "{text}");
    assert!(text.contains("shop:sold") && text.contains("separate-loadable-segments"), "{text}");
}

#[test]
fn a_file_without_probes_and_a_file_that_is_none() {
    let output = doctor(&["/bin/true"]);
    assert!(output.status.success() && stdout(&output).starts_with("warn  file  no probes\n"));
    let output = doctor(&["/etc/passwd"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), "usdt: /etc/passwd: not an ELF file\n");
    assert_eq!(doctor(&["/dev/zero"]).status.code(), Some(1));
}

#[test]
fn a_process_is_looked_into() {
    if !require_tracing() {
        return;
    }
    let program = own_copy(&gcc(PROGRAM, &[]).unwrap(), "doctor").unwrap();
    let subject = start(&program, "ready");
    let output = doctor(&[&subject.pid().to_string(), "--json"]);
    let (is_well, findings) = findings(&output);
    assert!(is_well, "{findings:#?}");
    assert!(findings.contains(&format!("ok {}", program.display())), "{findings:#?}");
    assert_eq!(doctor(&["4294967295"]).status.code(), Some(1));
}
