//! The directories that are packed: every file of a package, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::manifest::{self, Main};
use super::platform::Platform;
use testkit::build;

/// What every package carries.
const LICENCES: [&str; 2] = ["LICENSE-MIT", "LICENSE-APACHE"];

/// Lays the main package out below `stages`.
pub(crate) fn main(stages: &Path, manifest: &Main) -> Result<PathBuf> {
    let stage = begin(stages, "usdt-probes", &manifest.packed())?;
    let source = super::package();
    for file in manifest.files()?.into_iter().chain(["README.md"]) {
        // `/lib/` and `lib` are the same to npm.
        copy(&source, &stage, file.trim_matches('/'))?;
    }
    Ok(stage)
}

/// Lays a platform's package out below `stages`; `native` is its native part.
pub(crate) fn platform(stages: &Path, platform: &Platform, native: &Path) -> Result<PathBuf> {
    let stage = begin(stages, platform.name, &manifest::of_platform(platform))?;
    fs::copy(native, stage.join(manifest::NATIVE))?;
    fs::write(
        stage.join("README.md"),
        format!(
            "# {}\n\nThe native part of `usdt-probes` for {}. Install `usdt-probes`: npm chooses this package where it fits.\n",
            platform.package(),
            platform.name
        ),
    )?;
    Ok(stage)
}

fn begin(stages: &Path, name: &str, manifest: &Value) -> Result<PathBuf> {
    let stage = stages.join(name);
    fs::create_dir_all(&stage)?;
    fs::write(stage.join("package.json"), format!("{manifest:#}\n"))?;
    for name in LICENCES {
        copy(&build::workspace(), &stage, name)?;
    }
    Ok(stage)
}

/// Copies the file or directory `name`.
fn copy(from: &Path, to: &Path, name: &str) -> Result<()> {
    let (from, to) = (from.join(name), to.join(name));
    if from.is_dir() {
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(&from)? {
            let entry = entry?.file_name();
            copy(&from, &to, entry.to_str().context("a file's name is text")?)?;
        }
        return Ok(());
    }
    fs::copy(&from, &to).map(drop).with_context(|| from.display().to_string())
}
