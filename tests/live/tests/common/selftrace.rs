//! Building and running the program that traces itself: on this machine, and for aarch64 under an emulator.

#![allow(dead_code, unreachable_pub)]

use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::build;
use testkit::toolbox::Toolbox;

/// A way to build it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    Debug,
    Release,
    /// Release, and the linker optimises across crates.
    Lto,
}

impl Profile {
    pub const ALL: [Profile; 3] = [Profile::Debug, Profile::Release, Profile::Lto];

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Profile::Debug => &[],
            Profile::Release => &["--release"],
            Profile::Lto => &[
                "--release",
                "--config",
                "profile.release.lto='fat'",
                "--config",
                "profile.release.codegen-units=1",
            ],
        }
    }

    fn directory(self) -> &'static str {
        if self == Profile::Debug { "debug" } else { "release" }
    }
}

/// Where it runs.
pub enum Place<'a> {
    Machine,
    /// Built with the toolbox's Rust and GNU ld, run by its qemu.
    Aarch64(&'a Toolbox),
}

/// The program, and the library that it loads.
pub struct Built<'a> {
    place: Place<'a>,
    pub program: PathBuf,
    pub library: PathBuf,
}

impl<'a> Place<'a> {
    /// Builds it with these compiler flags, in a directory of its own.
    pub fn build(self, name: &str, profile: Profile, rustflags: &str) -> Built<'a> {
        const AARCH64: &str = "aarch64-unknown-linux-gnu";
        let target = build::build_dir().join(name);
        let (mut cargo, mut built) = match &self {
            Place::Machine => {
                let mut cargo = Command::new(env!("CARGO"));
                cargo.args(["build", "--quiet"]).current_dir(build::workspace());
                (cargo, target.clone())
            }
            Place::Aarch64(toolbox) => {
                let mut cargo = super::cargo_in(toolbox);
                cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "aarch64-linux-gnu-gcc");
                cargo.args(["build", "--quiet", "--offline", "--target", AARCH64]);
                (cargo, target.join(AARCH64))
            }
        };
        cargo.args(["--package", "selftrace", "--bins", "--examples"]).env("RUSTFLAGS", rustflags);
        cargo.arg("--target-dir").arg(&target).args(profile.arguments());
        assert!(cargo.status().expect("cargo starts").success(), "building {name}, {profile:?}");
        built.push(profile.directory());
        let library = built.join("examples/liblibrary.so");
        Built { place: self, program: built.join("selftrace"), library }
    }
}

impl Built<'_> {
    /// The program, to be run with these arguments.
    pub fn run(&self, arguments: &[&Path]) -> Command {
        let mut command = match self.place {
            Place::Machine => Command::new(&self.program),
            Place::Aarch64(toolbox) => {
                let mut emulator = toolbox.command("qemu-aarch64", &[&build::workspace()]);
                emulator.args(["-L", "/usr/aarch64-linux-gnu"]).arg(&self.program);
                emulator
            }
        };
        command.args(arguments);
        command
    }
}

/// What the program prints. It must succeed.
pub fn printed(run: &mut Command) -> String {
    let output = run.output().expect("it starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);
    String::from_utf8(output.stdout).expect("text")
}
