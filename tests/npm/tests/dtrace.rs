//! The package on systems with DTrace: its native part built with their sites, for Linux, where a stand-in takes the kernel's part.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use testkit::build;

/// The native part with the sites of systems with DTrace.
fn native() -> PathBuf {
    let target = build::build_dir().join("napi-dtrace");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "usdt-probes-napi"]).current_dir(build::workspace());
    cargo.arg("--target-dir").arg(&target).env("RUSTFLAGS", "--cfg usdt_probes_dtrace");
    assert!(cargo.status().expect("cargo starts").success());
    // Node tells by the ending what it is.
    let native = target.join("debug/usdt-probes.node");
    std::fs::copy(target.join("debug/libusdt_probes_napi.so"), &native).expect("a copy");
    native
}

fn says(kernel: Option<&str>) -> Value {
    let workspace = build::workspace();
    let mut node = Command::new("node");
    node.arg(workspace.join("tests/npm/fixtures/registered.js")).arg(workspace.join("napi-binding"));
    node.env("USDT_PROBES_NATIVE", native()).env("USDT_PROBES_REQUIRE", "hard");
    if let Some(kernel) = kernel {
        node.env("USDT_PROBES_STAND_IN", kernel);
    }
    let output = node.output().expect("node starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn probes_are_registered_and_nothing_runs_while_nobody_watches() {
    let expected = json!({
        "backend": "dtrace",
        "status": { "kind": "registered" },
        "ran": 0,
        "legacy": "registered",
        "enabled": false,
    });
    assert_eq!(says(Some("illumos")), expected);
}

#[test]
fn without_a_kernel_the_status_says_so() {
    let said = says(None);
    assert_eq!((&said["backend"], &said["status"]["kind"]), (&json!("dtrace"), &json!("unavailable")));
    assert_eq!(said["ran"], 0);
}
