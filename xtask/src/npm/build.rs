//! Building the native part for a platform.
//!
//! Everything is linked by `zig cc`: it knows the symbols of every version of glibc, and of musl, so that what is linked
//! on a new system loads on an old one. It brings its own unwinder along, linked in statically.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::platform::{Compiler, Recipe};
use crate::setup::step;
use crate::toolchain;
use testkit::build;
use testkit::node::NATIVE_RUSTFLAGS;
use testkit::toolbox::Toolbox;

/// The native part in Cargo's words.
const PACKAGE: &str = "usdt-probes-napi";
const FILE: &str = "libusdt_probes_napi.so";

/// What builds for other systems than this machine's.
pub(crate) struct Toolchain {
    /// The program that links.
    pub(crate) zig: PathBuf,
    /// None where it can't be made, or somebody doesn't want it.
    pub(crate) toolbox: Option<Toolbox>,
}

impl Toolchain {
    /// Whether this compiler is here.
    pub(crate) fn has(&self, compiler: Compiler) -> bool {
        compiler == Compiler::Machine || self.toolbox.is_some()
    }

    /// The native part that `recipe` makes.
    pub(crate) fn build(&self, recipe: &Recipe) -> Result<PathBuf> {
        let toolbox = || self.toolbox.as_ref().context("there is no toolbox");
        match recipe.compiler {
            Compiler::Machine => on_this_machine(&self.zig, recipe),
            Compiler::Toolbox => finish(toolchain::in_toolbox(toolbox()?), &self.zig, recipe, &[]),
            Compiler::ToolboxWithStd => {
                toolchain::fetch_std(toolbox()?)?;
                finish(toolchain::in_toolbox_with_std(toolbox()?), &self.zig, recipe, &toolchain::WITH_STD)
            }
        }
    }
}

/// Builds what this machine's own Node loads.
pub(crate) fn on_this_machine(zig: &Path, recipe: &Recipe) -> Result<PathBuf> {
    finish(toolchain::cargo(), zig, recipe, &[])
}

/// Builds with this machine's own linker: for this machine, and for no older system.
pub(crate) fn for_this_machine_alone() -> Result<PathBuf> {
    // Of its own: what else is built there is built with other flags.
    let directory = build::target_dir().join("npm-local");
    let target_dir = directory.to_str().context("the path of the target directory is text")?;
    let variables = [("CARGO_TARGET_DIR", target_dir), ("CARGO_ENCODED_RUSTFLAGS", NATIVE_RUSTFLAGS)];
    crate::run::cargo_with(&format!("build --quiet --release --package {PACKAGE}"), &variables)?;
    Ok(directory.join("release").join(FILE))
}

fn finish(mut cargo: Command, zig: &Path, recipe: &Recipe, arguments: &[&str]) -> Result<PathBuf> {
    // Cargo doesn't see it when only what is linked for changes.
    let directory = build::target_dir().join("npm-build").join(recipe.links_for);
    let target = recipe.target;
    cargo.args(["build", "--quiet", "--release", "--locked", "--package", PACKAGE, "--target", target]);
    cargo.arg("--target-dir").arg(&directory).args(arguments);
    toolchain::link_with(&mut cargo, target, &toolchain::zig_linker(zig, recipe.links_for, &[])?);
    cargo.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", flags(recipe).join("\x1f"));
    step::run(&format!("build the native part for {target}"), &mut cargo)?;
    let built = directory.join(target).join("release").join(FILE);
    ensure!(built.is_file(), "cargo built no {}", built.display());
    Ok(built)
}

fn flags(recipe: &Recipe) -> Vec<&'static str> {
    let of_compiler: &[&str] = match recipe.compiler {
        // `zig cc` is linker enough.
        Compiler::Machine => &["-Clinker-features=-lld"],
        Compiler::Toolbox => &[],
        // musl is the process's own; what Rust has of it for static programs is not there anyway.
        Compiler::ToolboxWithStd => &["-Ctarget-feature=-crt-static", "-Clink-self-contained=no"],
    };
    [&[NATIVE_RUSTFLAGS], of_compiler].concat()
}
