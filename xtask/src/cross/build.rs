//! Type-checking the crates for a system, and linking for it, with the toolbox's cargo.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use object::BinaryFormat;

use super::system::System;
use crate::setup::step;
use crate::toolchain::{self, WITH_STD};
use testkit::build;
use testkit::toolbox::Toolbox;

/// What is type-checked: the words for cargo after the package. `usdt-macros` runs where the compiler does.
pub(super) const CHECKED: [(&str, &[&str]); 6] = [
    ("usdt-core", &["--all-features"]),
    ("usdt-probes", &[]),
    ("usdt-probes", &["--no-default-features"]),
    ("usdt-probes", &["--all-features"]),
    ("usdt-probes-napi", &[]),
    ("cross-subject", &[]),
];

/// A way to optimise.
pub(super) struct Profile {
    /// The directory that cargo builds into.
    pub(super) name: &'static str,
    arguments: &'static [&'static str],
}

/// From no optimisation to all: what moves and merges code must not lose a site.
///
/// Nothing is stripped, which for some systems takes a program that is not here.
pub(super) const PROFILES: [Profile; 3] = [
    Profile { name: "debug", arguments: &[] },
    Profile {
        name: "release",
        arguments: &[
            "--release",
            "--config=profile.release.strip='none'",
            "--config=profile.release.package.usdt-probes-napi.strip='none'",
        ],
    },
    Profile {
        name: "fat",
        arguments: &[
            "--profile=fat",
            "--config=profile.fat.inherits='release'",
            "--config=profile.fat.lto='fat'",
            "--config=profile.fat.codegen-units=1",
            "--config=profile.fat.strip='none'",
        ],
    },
];

/// What builds for systems that are not here.
pub(super) struct Builder {
    toolbox: Toolbox,
    zig: PathBuf,
}

impl Builder {
    /// Fetches what the builds will want: the toolbox's cargo has no network.
    pub(super) fn new(toolbox: Toolbox, zig: PathBuf) -> Result<Self> {
        step::run(
            "fetch what the crates depend on",
            toolchain::cargo().args(["fetch", "--quiet", "--locked"]),
        )?;
        toolchain::fetch_std(&toolbox)?;
        Ok(Self { toolbox, zig })
    }

    /// Type-checks a package with these features.
    pub(super) fn check(&self, system: &System, package: &str, features: &[&str]) -> Result<()> {
        let mut cargo = self.cargo("check", system, package, features);
        step::run(&format!("check {package} {}", features.join(" ")), &mut cargo).map(drop)
    }

    /// Links the program with every kind of probe.
    pub(super) fn program(&self, system: &System, profile: &Profile) -> Result<PathBuf> {
        let mut cargo = self.cargo("build", system, "cross-subject", profile.arguments);
        self.link(&mut cargo, system, &format!("link a program, {}", profile.name))?;
        built(system, profile.name, "cross-subject")
    }

    /// Links the native part of the npm package.
    pub(super) fn addon(&self, system: &System) -> Result<PathBuf> {
        let profile = &PROFILES[1];
        let mut cargo = self.cargo("build", system, "usdt-probes-napi", profile.arguments);
        let mut name = "libusdt_probes_napi.so";
        if system.format == BinaryFormat::MachO {
            // Node's functions are resolved when it loads the file. On ELF systems that is the linker's own idea.
            cargo.env("CARGO_ENCODED_RUSTFLAGS", "-Clink-arg=-Wl,-undefined,dynamic_lookup");
            name = "libusdt_probes_napi.dylib";
        }
        self.link(&mut cargo, system, "link the npm package's native part")?;
        built(system, profile.name, name)
    }

    fn link(&self, cargo: &mut Command, system: &System, what: &str) -> Result<()> {
        toolchain::link_with(cargo, system.target, &system.linker(&self.zig)?);
        step::run(what, cargo).map(drop)
    }

    fn cargo(&self, command: &str, system: &System, package: &str, arguments: &[&str]) -> Command {
        let mut cargo = toolchain::in_toolbox_with_std(&self.toolbox);
        cargo.args([command, "--quiet", "--locked", "--package", package, "--target", system.target]);
        cargo.arg("--target-dir").arg(directory()).args(WITH_STD).args(arguments);
        // Any directory will do: without one rustc looks for Apple's tools and warns.
        cargo.env_remove("RUSTFLAGS").env("SDKROOT", self.zig.with_file_name("lib"));
        cargo
    }
}

fn built(system: &System, profile: &str, name: &str) -> Result<PathBuf> {
    let path = directory().join(system.target).join(profile).join(name);
    ensure!(path.is_file(), "cargo built no {}", path.display());
    Ok(path)
}

fn directory() -> PathBuf {
    build::target_dir().join("cross")
}
