//! The native parts on what they were built for: each Node with glibc, Node with musl, and both for aarch64 under an emulator.

use std::path::Path;
use std::process::Command;

use npm_tests::{Project, Registry, packed};
use serde_json::{Value, json};
use testkit::bpftrace::{Bpftrace, observe};
use testkit::subject::Subject;
use testkit::toolbox::Toolbox;
use testkit::{expect, node, readelf};

/// A project that has the native part for `platform`, whatever the machine is.
fn project(platform: &str) -> Project {
    let manifest = format!(
        r#"{{ "private": true, "dependencies": {{ "usdt-probes": "*", "@usdt-probes/{platform}": "*" }} }}"#
    );
    let files = [
        ("package.json", manifest.as_str()),
        ("app.js", include_str!("../fixtures/orders.js")),
        ("alone.js", include_str!("../fixtures/alone.js")),
    ];
    let project = Project::new(&files).expect("a project");
    let registry = Registry::of(&packed().expect("packages")).expect("a registry");
    project.install(&registry, &["--force"]).expect("it installs");
    project
}

/// The file that must have been loaded, and no other.
fn native(project: &Project, platform: &str) -> String {
    let file = project.path().join("node_modules/@usdt-probes").join(platform).join("usdt-probes.node");
    file.display().to_string()
}

/// Starts the application by `command`, and lets bpftrace count what it fires.
fn is_traced(project: &Project, platform: &str, command: &mut Command) {
    let mut application = Subject::spawn(command).expect("the application starts");
    let said: Value = serde_json::from_str(&application.line().expect("its status")).expect("JSON");
    assert_eq!(said["backend"], "linux", "{command:?}: {said}");
    assert_eq!(said["loaded"], json!([native(project, platform)]));
    let image = project.image("orders").expect("an image");
    let script = Bpftrace::new()
        .usdt(&image, "orders:request__start", "@start = count(); @ids = sum(arg0);")
        .usdt(&image, "orders:request__done", "@done = count(); @status = max(arg1);");
    let fire = || {
        application.send("1000").expect("the application reads");
        application.line().expect("the application answers")
    };
    let (output, said) = observe(&script, fire).expect("bpftrace attaches");
    assert_eq!(said, "fired 1000");
    for (name, expected) in [("@start", 1000), ("@done", 1000), ("@ids", 999 * 1000 / 2), ("@status", 1199)] {
        expect::equal(&format!("{name} with {command:?}"), &expected, &output.count(name));
    }
    assert!(application.finish().expect("it ends").0.success());
}

/// Runs `alone.js` in the toolbox by `words`, and looks at the image that it leaves behind.
fn fires_alone(platform: &str, words: &[&str], program: &Path, is_register: impl Fn(&str) -> bool) {
    let toolbox = Toolbox::find().expect("the toolbox: `cargo xtask setup toolbox` makes it");
    let project = project(platform);
    let mut command = toolbox.command(words[0], &[project.path(), &node::directory()]);
    command.args(&words[1..]).arg(program).arg("alone.js").arg(format!("@usdt-probes/{platform}"));
    command.current_dir(project.path()).env("USDT_PROBES_DIR", project.probes());
    let output = command.output().expect("the toolbox starts");
    assert!(output.status.success(), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let expected = json!({
        "arch": "arm64",
        "backend": "linux",
        "loadError": null,
        "kinds": ["visible", "visible"],
        "loaded": [native(&project, platform)],
    });
    assert_eq!(said, expected);
    let notes = readelf::notes(&project.image("orders").expect("an image")).expect("readelf runs");
    let [note] = &notes[..] else { panic!("{notes:?}") };
    assert_eq!((note.provider.as_str(), note.name.as_str()), ("orders", "request__start"));
    let operands: Vec<&str> =
        note.arguments.split(' ').map(|operand| operand.split_once('@').expect("an operand").1).collect();
    assert!(operands.len() == 2 && operands.into_iter().all(is_register), "{note:?}");
}

#[test]
fn each_version_of_node() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let project = project("linux-x64-gnu");
    for name in node::VERSIONS {
        let program = node::program(name).expect("a Node");
        let mut command = Command::new(program);
        command.arg("app.js").current_dir(project.path()).env("USDT_PROBES_DIR", project.probes());
        is_traced(&project, "linux-x64-gnu", &mut command);
    }
}

#[test]
fn musl() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let toolbox = Toolbox::find().expect("the toolbox: `cargo xtask setup toolbox` makes it");
    let project = project("linux-x64-musl");
    let program = node::program(node::MUSL).expect("a Node");
    let mut command = toolbox.command(program, &[project.path(), &node::directory()]);
    command.arg("app.js").current_dir(project.path()).env("USDT_PROBES_DIR", project.probes());
    is_traced(&project, "linux-x64-musl", &mut command);
}

#[test]
fn aarch64() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let program = node::program(node::ARM64).expect("a Node");
    let emulator = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"];
    fires_alone("linux-arm64-gnu", &emulator, &program, |operand| operand.starts_with('x'));
}

#[test]
fn aarch64_with_musl() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let program = node::program(node::MUSL_ARM64).expect("a Node");
    fires_alone("linux-arm64-musl", &["qemu-aarch64"], &program, |operand| operand.starts_with('x'));
}
