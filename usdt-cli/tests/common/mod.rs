//! What tests of the command share.

// Each test program has a use for a part of it.
#![allow(dead_code, unreachable_pub)]

pub mod service;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use rustix::process::{Pid, Signal, kill_process};
use testkit::build::{CargoProject, own_copy, workspace};
use testkit::subject::Subject;

/// The command, with these words behind its name.
pub fn usdt(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usdt"));
    command.args(words);
    command
}

/// What it wrote on standard output.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What it wrote on standard error.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A path as a word of a command line.
#[track_caller]
pub fn path(path: &Path) -> &str {
    path.to_str().expect("paths of tests are text")
}

/// An example of the workspace, for the test of this name alone: who watches a file sees all that run it.
pub fn example(name: &str, test: &str) -> PathBuf {
    let source = workspace().join("examples").join(name).with_extension("rs");
    let source = std::fs::read_to_string(source).expect("the example");
    let library = format!("{{ path = {:?}, features = [\"runtime\"] }}", path(&workspace()));
    let built = CargoProject::program(name, &source).dependency("usdt-probes", &library).build();
    own_copy(&built.expect("cargo builds it"), test).expect("a copy")
}

/// Starts a program, and waits until it says this.
pub fn start(program: &Path, says: &str) -> Subject {
    let mut subject = Subject::spawn(&mut Command::new(program)).expect("it starts");
    subject.wait_for(says).expect("it speaks");
    subject
}

pub fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("it is there");
}
