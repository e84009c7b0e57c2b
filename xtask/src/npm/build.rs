//! Building the native part for a platform.
//!
//! Everything is linked by `zig cc`: it knows the symbols of every version of glibc, and of musl, so that what is linked
//! on a new system loads on an old one. It brings its own unwinder along, linked in statically.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::platform::{Compiler, Recipe};
use crate::setup::step;
use testkit::build;
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
            Compiler::Toolbox => self.in_toolbox(toolbox()?, recipe, &[]),
            Compiler::ToolboxWithStd => {
                fetch_std(toolbox()?)?;
                self.in_toolbox(
                    toolbox()?,
                    recipe,
                    &["-Zbuild-std=std,panic_unwind", "-Zbuild-std-features="],
                )
            }
        }
    }

    fn in_toolbox(&self, toolbox: &Toolbox, recipe: &Recipe, arguments: &[&str]) -> Result<PathBuf> {
        let (workspace, target) = (build::workspace(), build::target_dir());
        let shared = [workspace.as_path(), &target, &cargo_home()];
        let mut cargo = toolbox.command("cargo", &shared);
        cargo.env("CARGO_HOME", cargo_home());
        if !arguments.is_empty() {
            cargo.env("RUSTC_BOOTSTRAP", "1");
        }
        finish(cargo, &self.zig, recipe, &[&["--offline"], arguments].concat())
    }
}

/// The crates that the standard library is built from. The toolbox's cargo has no network.
fn fetch_std(toolbox: &Toolbox) -> Result<()> {
    let library = toolbox.root().join("usr/lib/rustlib/src/rust/library/Cargo.toml");
    let mut fetch = cargo();
    fetch.args(["fetch", "--quiet", "--locked", "--manifest-path"]).arg(library);
    // Its manifest uses features that only a compiler of its own generation would not refuse.
    fetch.env("RUSTC_BOOTSTRAP", "1");
    step::run("fetch what the standard library is made of", &mut fetch).map(drop)
}

/// Builds what this machine's own Node loads.
pub(crate) fn on_this_machine(zig: &Path, recipe: &Recipe) -> Result<PathBuf> {
    finish(cargo(), zig, recipe, &[])
}

/// Builds with this machine's own linker: for this machine, and for no older system.
pub(crate) fn for_this_machine_alone() -> Result<PathBuf> {
    crate::run::cargo(&format!("build --quiet --release --package {PACKAGE}"))?;
    Ok(build::target_dir().join("release").join(FILE))
}

fn finish(mut cargo: Command, zig: &Path, recipe: &Recipe, arguments: &[&str]) -> Result<PathBuf> {
    // Cargo doesn't see it when only what is linked for changes.
    let directory = build::target_dir().join("npm-build").join(recipe.links_for);
    let target = recipe.target;
    cargo.current_dir(build::workspace());
    cargo.args(["build", "--quiet", "--release", "--locked", "--package", PACKAGE, "--target", target]);
    cargo.arg("--target-dir").arg(&directory).args(arguments);
    let variable = target.replace('-', "_").to_uppercase();
    cargo.env(format!("CARGO_TARGET_{variable}_LINKER"), linker(zig, recipe)?);
    cargo.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", flags(recipe).join("\x1f"));
    let cache = build::target_dir().join("zig-cache");
    cargo.env("ZIG_GLOBAL_CACHE_DIR", &cache).env("ZIG_LOCAL_CACHE_DIR", &cache);
    step::run(&format!("build the native part for {target}"), &mut cargo)?;
    let built = directory.join(target).join("release").join(FILE);
    ensure!(built.is_file(), "cargo built no {}", built.display());
    Ok(built)
}

fn flags(recipe: &Recipe) -> &'static [&'static str] {
    match recipe.compiler {
        // `zig cc` is linker enough.
        Compiler::Machine => &["-Clinker-features=-lld"],
        Compiler::Toolbox => &[],
        // musl is the process's own; what Rust has of it for static programs is not there anyway.
        Compiler::ToolboxWithStd => &["-Ctarget-feature=-crt-static", "-Clink-self-contained=no"],
    }
}

/// A program that links for the platform of `recipe`.
fn linker(zig: &Path, recipe: &Recipe) -> Result<PathBuf> {
    let path = build::target_dir().join("zig-cc").join(recipe.links_for);
    let text = format!("#!/bin/sh\nexec '{}' cc -target {} \"$@\"\n", zig.display(), recipe.links_for);
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(path);
    }
    fs::create_dir_all(path.with_file_name(""))?;
    fs::write(&path, text)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn cargo_home() -> PathBuf {
    let home = std::env::home_dir().unwrap_or_default();
    std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from)
}
