//! Processes that watch their own probes on aarch64, under an emulator: the tests of `usdt_trace::local`, built for it.

mod common;

use testkit::build;
use testkit::toolbox::Toolbox;

/// Those that need no kernel's tracer and nothing of x86's.
const TESTS: [&str; 4] = ["local", "local_allocator", "local_signals", "local_threads"];

#[test]
fn on_aarch64_under_an_emulator() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let toolbox = Toolbox::find().expect("the toolbox: `cargo xtask setup toolbox` makes it");
    let mut cargo = common::cargo_in(&toolbox);
    cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "aarch64-linux-gnu-gcc");
    cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", "qemu-aarch64 -L /usr/aarch64-linux-gnu");
    cargo.args(["test", "--quiet", "--offline", "--target", "aarch64-unknown-linux-gnu"]);
    cargo.arg("--target-dir").arg(build::build_dir().join("local-aarch64"));
    cargo.args(["--package", "usdt-trace"]);
    cargo.args(TESTS.iter().flat_map(|test| ["--test", test]));
    let output = cargo.output().expect("cargo starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.matches("test result: ok.").count(), TESTS.len(), "{said}");
}
