//! The whole run: the programs are built, then each tracer is asked about each.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use testkit::build;
use testkit::node;
use testkit::toolbox::Toolbox;
use testkit::tools::Tools;
use testkit::watch::Tracer;

use super::answer::{Column, Measured, Place};
use super::kinds::Kinds;
use super::{subjects, typed};
use crate::run::cargo_with;
use crate::setup;

/// The programs in Rust. All are built with frame pointers: bpftrace and DTrace walk a stack along them.
const BUILD: &str = "build --quiet --release --locked --package kv-service --package live-tests --package usdt-probes \
     --bin kv-service --bin kinds --example dfile --example runtime --features usdt-probes/runtime --target-dir";

/// Asks everything.
pub(super) fn measure(toolbox: &Toolbox) -> Result<Measured> {
    let programs = build_programs()?;
    let find = |name: &str| programs.iter().find(|file| file.file_name() == Some(OsStr::new(name))).cloned();
    let find = |name: &str| find(name).unwrap_or_default();
    let scratch = tempfile::tempdir()?;
    let columns = columns(toolbox)?;
    let subjects = subjects::all(find, scratch.path())?;
    let mut sections = Vec::new();
    for subject in &subjects {
        sections.push(subject.measure(&columns)?);
    }
    let typed = typed::blocks(&columns, &subjects[0], &sections[0])?;
    sections.extend(Kinds::start(find("kinds"))?.measure(&columns)?);
    Ok(Measured { columns, sections, typed, versions: versions()? })
}

/// Every tracer of the machine, then every one of the toolbox.
fn columns(toolbox: &Toolbox) -> Result<Vec<Column>> {
    let (workspace, target) = (build::workspace(), build::target_dir());
    let tools = [
        (Place::Machine, Tools::Machine),
        (Place::Toolbox, Tools::of(toolbox, &[workspace.as_path(), target.as_path()])),
    ];
    let mut columns = Vec::new();
    // Our own command is held to the same by the tests; the page is about other people's.
    for tracer in Tracer::ALL.into_iter().filter(|tracer| *tracer != Tracer::Usdt) {
        for (place, tools) in tools.iter().filter(|(_, tools)| tracer.is_among(tools)) {
            let (version, tools) = (tracer.version(tools)?, tools.clone());
            columns.push(Column { tracer, place: *place, version, tools });
        }
    }
    Ok(columns)
}

/// Builds the programs and gives their files.
fn build_programs() -> Result<Vec<PathBuf>> {
    let target = build::target_dir().join("tracers");
    let path = target.to_str().context("the target directory is text")?;
    cargo_with(&format!("{BUILD} {path}"), &[("RUSTFLAGS", "-Cforce-frame-pointers=yes")])?;
    let release = target.join("release");
    let file = |name: &str| release.join(name);
    let files = vec![file("kv-service"), file("kinds"), file("examples/dfile"), file("examples/runtime")];
    let missing = files.iter().find(|file| !is_plain(file));
    ensure!(missing.is_none(), "{missing:?} is not there, or has a blank in its path");
    Ok(files)
}

/// Whether bpftrace and DTrace can be told to start it.
fn is_plain(file: &Path) -> bool {
    file.is_file() && file.to_str().is_some_and(|path| !path.contains(char::is_whitespace))
}

/// What ran besides the tracers.
fn versions() -> Result<Vec<(&'static str, String)>> {
    let kernel = Command::new("uname").args(["-srm"]).output()?;
    let rustc = Command::new("rustc").arg("--version").output()?;
    let line = |output: &[u8]| String::from_utf8_lossy(output).trim().to_owned();
    let newest = node::VERSIONS.last().context("there are several")?;
    Ok(vec![
        ("kernel", line(&kernel.stdout)),
        ("rustc", line(&rustc.stdout)),
        ("Node", setup::node_version(&node::program(newest)?)?),
    ])
}
