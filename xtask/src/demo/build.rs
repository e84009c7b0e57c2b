//! Builds what a demo needs, as its users would.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// One line of what cargo says about a build.
#[derive(Deserialize)]
struct Built {
    executable: Option<PathBuf>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Builds the program of a package, and gives its path.
pub(super) fn program(package: &str) -> Result<PathBuf> {
    let built = build(package)?.into_iter().filter_map(|built| built.executable).next_back();
    built.with_context(|| format!("cargo did not say where the program of {package} is"))
}

/// Builds the shared library of a package, and gives its path.
pub(super) fn library(package: &str) -> Result<PathBuf> {
    let mut files = build(package)?.into_iter().flat_map(|built| built.filenames);
    let is_named = |file: &PathBuf| {
        file.extension() == Some("so".as_ref())
            && file.file_stem() == Some(format!("lib{}", package.replace('-', "_")).as_ref())
    };
    let library = files.rfind(is_named);
    library.with_context(|| format!("cargo did not say where the library of {package} is"))
}

fn build(package: &str) -> Result<Vec<Built>> {
    println!("building {package} (release)");
    let workspace =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask stands in the workspace")?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace).args(["build", "--release", "--package", package]);
    let output = cargo.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit()).output();
    let output = output.context("cannot start cargo")?;
    ensure!(output.status.success(), "{package} could not be built");
    let lines = output.stdout.split(|&byte| byte == b'\n');
    Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
}
