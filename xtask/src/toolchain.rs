//! Building for other systems than this machine's: the toolbox's cargo, a standard library built along, and programs that
//! link.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::setup::step;
use testkit::build;
use testkit::toolbox::Toolbox;

/// What the standard library is built with, where Debian has no build of it.
pub(crate) const WITH_STD: [&str; 2] = ["-Zbuild-std=std,panic_unwind", "-Zbuild-std-features="];

/// This machine's cargo, in the workspace.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(build::workspace());
    cargo
}

/// The toolbox's cargo, in the workspace. It has no network.
pub(crate) fn in_toolbox(toolbox: &Toolbox) -> Command {
    let (workspace, target) = (build::workspace(), build::target_dir());
    let mut cargo = toolbox.command("cargo", &[&workspace, &target, &cargo_home()]);
    cargo.current_dir(workspace).env("CARGO_HOME", cargo_home());
    cargo.env("CARGO_NET_OFFLINE", "true");
    cargo
}

/// The same, for [`WITH_STD`], which takes what is unstable.
pub(crate) fn in_toolbox_with_std(toolbox: &Toolbox) -> Command {
    let mut cargo = in_toolbox(toolbox);
    cargo.env("RUSTC_BOOTSTRAP", "1");
    cargo
}

/// The crates that the standard library is built from. The toolbox's cargo has no network.
pub(crate) fn fetch_std(toolbox: &Toolbox) -> Result<()> {
    let library = toolbox.root().join("usr/lib/rustlib/src/rust/library/Cargo.toml");
    let mut fetch = cargo();
    fetch.args(["fetch", "--quiet", "--locked", "--manifest-path"]).arg(library);
    // Its manifest uses features that only a compiler of its own generation would not refuse.
    fetch.env("RUSTC_BOOTSTRAP", "1");
    step::run("fetch what the standard library is made of", &mut fetch).map(drop)
}

/// Lets `cargo` link for `target` with the program `linker`.
pub(crate) fn link_with(cargo: &mut Command, target: &str, linker: &Path) {
    let variable = target.replace('-', "_").to_uppercase();
    cargo.env(format!("CARGO_TARGET_{variable}_LINKER"), linker);
    let cache = build::target_dir().join("zig-cache");
    cargo.env("ZIG_GLOBAL_CACHE_DIR", &cache).env("ZIG_LOCAL_CACHE_DIR", &cache);
}

/// A program that links for what zig calls `target`, and knows nothing of the libraries `without`.
pub(crate) fn zig_linker(zig: &Path, target: &str, without: &[&str]) -> Result<PathBuf> {
    let last = format!("exec '{}' cc -target {target} \"$@\"\n", zig.display());
    let text = match without {
        [] => format!("#!/bin/sh\n{last}"),
        _ => {
            let dropped: Vec<String> = without.iter().map(|name| format!("-l{name}")).collect();
            format!("#!/bin/sh\n{}{last}", filter(&dropped.join("|"), ";;", "set -- \"$@\" \"$word\" ;;"))
        }
    };
    program(target, &text)
}

/// A program that links `crate_name` with lld, for a system whose libraries are not here: what is missing is left open.
pub(crate) fn lld_linker(target: &str, crate_name: &str) -> Result<PathBuf> {
    let kept = format!("-o|*.o|*.rlib|*/{crate_name}-*");
    let filter = filter(&kept, "set -- \"$@\" \"$word\" ;;", ";;");
    program(target, &format!("#!/bin/sh\n{filter}exec ld.lld -pie --unresolved-symbols=ignore-all \"$@\"\n"))
}

/// A loop of the shell over its arguments: what to do with those that are like `pattern`, and with the others.
fn filter(pattern: &str, like: &str, others: &str) -> String {
    format!(
        "for word do\n    shift\n    case $word in\n    {pattern}) {like}\n    *) {others}\n    esac\ndone\n"
    )
}

/// The program `name` with this text. One that is there already is left alone.
fn program(name: &str, text: &str) -> Result<PathBuf> {
    let path = build::target_dir().join("linkers").join(name);
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(path);
    }
    fs::create_dir_all(path.with_file_name(""))?;
    fs::write(&path, text)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

fn cargo_home() -> PathBuf {
    let home = std::env::home_dir().unwrap_or_default();
    std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from)
}
