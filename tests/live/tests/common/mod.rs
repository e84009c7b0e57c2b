//! What the live tests share.
#![allow(dead_code, unreachable_pub)]

pub mod recorded;
pub mod selftrace;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use testkit::bpftrace::{self, Bpftrace, Output};
use testkit::build;
use testkit::subject::Subject;
use testkit::toolbox::Toolbox;

/// The subject that fires every kind of value once.
pub fn values() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_values"))
}

/// The subject that obeys.
pub fn ticker() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ticker"))
}

/// The library that a subject loads.
pub fn plugin() -> PathBuf {
    ticker().with_file_name("examples").join("libplugin.so")
}

/// The right to trace: one test at a time, since an attach by path sees every process of the file. `None` where the
/// machine can't trace and somebody has said that this is meant.
pub fn tracing() -> Option<MutexGuard<'static, ()>> {
    static ALONE: Mutex<()> = Mutex::new(());
    testkit::machine::require_tracing().then(|| ALONE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Attaches the script, then runs the subject from start to end.
pub fn observe_run(script: &Bpftrace, subject: &Path, arguments: &[&str]) -> Output {
    let run = || Command::new(subject).args(arguments).output().expect("the subject starts");
    let (output, run) = bpftrace::observe(script, run).expect("bpftrace attaches");
    assert!(run.status.success(), "the subject ended with {}: {run:?}", run.status);
    output
}

/// Starts the ticker.
pub fn start_ticker() -> Subject {
    Subject::spawn(&mut Command::new(ticker())).expect("the ticker starts")
}

/// Has a running ticker do something and gives its answer.
pub fn ask(ticker: &mut Subject, command: &str) -> String {
    ticker.send(command).expect("the ticker reads");
    ticker.line().expect("the ticker answers")
}

/// The toolbox's cargo in the workspace. It has no network, but the crates that this machine's cargo has fetched.
pub fn cargo_in(toolbox: &Toolbox) -> Command {
    let workspace = build::workspace();
    let home = std::env::home_dir().expect("a home");
    let cargo_home = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    let mut cargo = toolbox.command("cargo", &[&workspace, &cargo_home]);
    cargo.current_dir(&workspace).env("CARGO_HOME", &cargo_home);
    cargo
}
