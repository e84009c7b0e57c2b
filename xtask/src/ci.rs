//! `cargo xtask ci`: everything that must be true of a commit.

use anyhow::Result;

use crate::run::{cargo, cargo_with};
use crate::{licences, npm, test};

/// The packages that are published, each after those that it depends on.
const PUBLISHED: [&str; 5] = ["usdt-core", "usdt-macros", "usdt-probes", "usdt-trace", "usdt-cli"];

/// Runs all checks.
pub(crate) fn run() -> Result<()> {
    cargo("fmt --all --check")?;
    licences::check()?;
    npm::check()?;
    cargo("clippy --quiet --workspace --all-targets -- --deny warnings")?;
    cargo("clippy --quiet --workspace --all-targets --all-features -- --deny warnings")?;
    test::cargo_switched(
        test::DTRACE,
        "clippy --quiet --package usdt-core --package usdt-probes --package selftrace --all-targets --all-features -- --deny warnings",
    )?;
    let deny = [("RUSTDOCFLAGS", "--deny warnings")];
    cargo_with("doc --quiet --workspace --no-deps --all-features --document-private-items", &deny)?;
    test::run()?;
    cargo("build --quiet --package usdt-probes --examples --all-features")?;
    // The peers and the fuzz targets are built by nobody else; here they must go on compiling.
    for package in ["benches/peers", "fuzz"] {
        cargo(&format!("fmt --manifest-path {package}/Cargo.toml --check"))?;
        cargo(&format!("clippy --quiet --manifest-path {package}/Cargo.toml -- --deny warnings"))?;
    }
    package()
}

/// Packages what is published, and builds the packages.
///
/// Each time in a directory of its own: cargo unpacks the packages into its cache by the path and the version, and would
/// build what it unpacked last time.
fn package() -> Result<()> {
    let directory =
        tempfile::Builder::new().prefix("package-").tempdir_in(testkit::build::workspace().join("target"))?;
    let packages: String = PUBLISHED.iter().map(|name| format!(" --package {name}")).collect();
    let target = directory.path().display().to_string();
    cargo_with(&format!("package --quiet --allow-dirty{packages}"), &[("CARGO_TARGET_DIR", &target)])
}
