//! The npm package under test: its own tests with every Node, then the packages as users install them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{build, inspect, package, platform};
use crate::run::{cargo, run as announced};
use crate::setup;
use testkit::node;
use testkit::toolbox::Toolbox;

/// Where a native part is found that was built here.
const LOCAL: &str = "native/usdt-probes.node";

/// Runs all of it; `live` where tracers and the toolbox may be used.
pub(crate) fn run(live: bool) -> Result<()> {
    setup::node()?;
    if live {
        setup::tracing()?;
    }
    super::check()?;
    println!("\n==> the native part for this machine");
    install_locally(&setup::zig()?)?;
    let mut files = test_files(&package().join("test"))?;
    files.retain(|file| live || !is_live(file));
    own_tests(Path::new("node"), &files)?;
    let newest = node::VERSIONS.last();
    for name in &node::VERSIONS {
        let files: Vec<_> =
            files.iter().filter(|file| Some(name) == newest || !is_long(file)).cloned().collect();
        own_tests(&node::program(name)?, &files)?;
    }
    super::examples::test(live)?;
    super::pack_with(if live { Some(setup::toolbox()?) } else { Toolbox::find().ok() })?;
    cargo("test --quiet --package npm-tests")
}

/// Builds what is packed for this machine, and puts it where the package finds it in the repository.
fn install_locally(zig: &Path) -> Result<()> {
    let built = build::on_this_machine(zig, platform::OWN)?;
    inspect::check(&built, platform::OWN)?;
    put(&built)
}

/// Builds with this machine's own linker, which is quicker, and puts that there.
pub(crate) fn build_locally() -> Result<()> {
    put(&build::for_this_machine_alone()?)
}

/// Puts a native part where the package finds it in the repository.
fn put(built: &Path) -> Result<()> {
    let place = package().join(LOCAL);
    fs::create_dir_all(place.with_file_name(""))?;
    // Not over the old one: a process that has it mapped would read the new one's bytes.
    let unfinished = place.with_extension("unfinished");
    fs::copy(built, &unfinished)?;
    fs::rename(&unfinished, &place).with_context(|| place.display().to_string())
}

pub(super) fn test_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        if [".test.js", ".test.mjs"].iter().any(|end| path.to_string_lossy().ends_with(end)) {
            files.push(path);
        }
    }
    ensure!(!files.is_empty(), "no test in {}", directory.display());
    files.sort();
    Ok(files)
}

/// Whether a file's tests need a tracer.
pub(super) fn is_live(file: &Path) -> bool {
    file.to_string_lossy().contains(".live.test.")
}

/// Whether a file's tests do something many thousand times: this machine's Node and the newest are enough for that.
fn is_long(file: &Path) -> bool {
    ["stress.", "terminated."]
        .iter()
        .any(|name| file.file_name().is_some_and(|f| f.to_string_lossy().starts_with(name)))
}

pub(super) fn own_tests(program: &Path, files: &[PathBuf]) -> Result<()> {
    let version = setup::node_version(program)?;
    let mut node = Command::new(program);
    node.args(["--test", "--test-reporter=spec"]).args(files);
    announced(&mut node, &format!("node {version} --test: {} files", files.len()))
}
