//! `cargo xtask npm-pack`: the npm package and one package a platform with its native part, as tarballs in `target/npm`.
//!
//! The main package holds only JavaScript and depends on all platform packages optionally: npm takes the one that fits and
//! leaves out the rest. So nothing is compiled where it is installed, and nothing is run.

mod build;
mod examples;
mod inspect;
mod manifest;
mod platform;
mod stage;
mod test;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::setup;
use crate::setup::step;
use platform::{Made, PLATFORMS};
use testkit::toolbox::Toolbox;

pub(crate) use test::{build_locally, run as test};

/// Makes every package that can be made here.
pub(crate) fn pack() -> Result<()> {
    pack_with(Some(setup::toolbox()?))
}

/// Makes the packages that can be made with this toolbox, or without one.
fn pack_with(toolbox: Option<Toolbox>) -> Result<()> {
    let main = checked()?;
    let toolchain = build::Toolchain { zig: setup::zig()?, toolbox };
    println!("\n==> npm packages");
    let output = testkit::node::tarballs();
    empty(&output)?;
    let stages = stages();
    empty(&stages)?;
    let mut packed = Vec::new();
    let mut left_out = Vec::new();
    for platform in &PLATFORMS {
        match &platform.made {
            Made::Here(recipe) if toolchain.has(recipe.compiler) => {
                let file = toolchain.build(recipe)?;
                inspect::check(&file, recipe)?;
                packed.push(tarball(&stage::platform(&stages, platform, &file)?, &output)?);
            }
            Made::Here(_) => left_out.push((platform, "it takes the toolbox")),
            Made::Elsewhere(why) => left_out.push((platform, *why)),
        }
    }
    packed.push(tarball(&stage::main(&stages, &main)?, &output)?);
    for tarball in &packed {
        let size = fs::metadata(tarball)?.len().div_ceil(1024);
        println!("    {} ({size} KiB)", tarball.display());
    }
    for (platform, why) in left_out {
        println!("    NOT BUILT, and not packed: {} ({why})", platform.package());
    }
    Ok(())
}

/// Checks that what stands in the repository by hand agrees with the workspace.
pub(crate) fn check() -> Result<()> {
    checked().map(drop)
}

fn checked() -> Result<manifest::Main> {
    manifest::Main::read(&package().join("package.json"))
}

/// The directory of the main package.
fn package() -> PathBuf {
    testkit::build::workspace().join("napi-binding")
}

/// Where the packages stand before they are packed.
fn stages() -> PathBuf {
    testkit::build::target_dir().join("npm-stage")
}

fn empty(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory).with_context(|| directory.display().to_string())?;
    }
    fs::create_dir_all(directory).with_context(|| directory.display().to_string())
}

/// Packs the package in `stage` as npm does when it publishes.
fn tarball(stage: &Path, output: &Path) -> Result<PathBuf> {
    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", "--pack-destination"]).arg(output).current_dir(stage);
    let name = stage.file_name().unwrap_or_default().to_string_lossy();
    let said = step::run(&format!("pack {name}"), &mut npm)?;
    let path = output.join(said.trim());
    ensure!(path.is_file(), "npm pack said {said:?}, and made no {}", path.display());
    Ok(path)
}
