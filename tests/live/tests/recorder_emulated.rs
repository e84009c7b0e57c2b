//! The recorder on aarch64, under an emulator: its own tests, and a program whose memory is read from outside, which is that of the
//! emulator.

mod common;

use std::process::Command;

use common::recorded::{self, Recorded};
use testkit::build;
use testkit::toolbox::Toolbox;

const AARCH64: &str = "aarch64-unknown-linux-gnu";
const LIBRARIES: &str = "/usr/aarch64-linux-gnu";

fn toolbox() -> Option<Toolbox> {
    let find = || Toolbox::find().expect("the toolbox: `cargo xtask setup toolbox` makes it");
    testkit::machine::require_tracing().then(find)
}

/// The toolbox's cargo for aarch64, with a command.
fn cargo(toolbox: &Toolbox, command: &str, package: &str) -> Command {
    let mut cargo = common::cargo_in(toolbox);
    cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "aarch64-linux-gnu-gcc");
    cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", format!("qemu-aarch64 -L {LIBRARIES}"));
    cargo.args([command, "--quiet", "--offline", "--target", AARCH64, "--package", package]);
    cargo.arg("--target-dir").arg(build::build_dir().join("recorder-aarch64"));
    cargo
}

/// The program under the emulator.
fn start(toolbox: &Toolbox) -> Recorded {
    let built = cargo(toolbox, "build", "live-tests").args(["--bin", "recorded"]).status();
    assert!(built.expect("cargo starts").success());
    let program = build::build_dir().join("recorder-aarch64").join(AARCH64).join("debug/recorded");
    let mut emulator = toolbox.command("qemu-aarch64", &[&build::workspace()]);
    emulator.args(["-L", LIBRARIES]).arg(program);
    Recorded::start_as(emulator)
}

#[test]
fn its_own_tests() {
    let Some(toolbox) = toolbox() else { return };
    let mut cargo = cargo(&toolbox, "test", "usdt-core");
    let output = cargo.args(["--features", "recorder,runtime", "--test", "recorder"]).output();
    let output = output.expect("cargo starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.matches("test result: ok.").count(), 1, "{said}");
}

#[test]
fn children_threads_and_what_is_dropped() {
    let Some(toolbox) = toolbox() else { return };
    recorded::children_have_a_copy(&mut start(&toolbox));
    recorded::nothing_is_torn(&mut start(&toolbox));
    recorded::what_is_dropped_is_counted(&mut start(&toolbox));
}
