//! Programs built in other ways: with a switch in `RUSTFLAGS`, for another target, and again after an edit of a D file.

mod common;
#[path = "common/project.rs"]
mod project;

use std::path::Path;
use std::process::Command;

use project::project;
use testkit::elf::Elf;
use testkit::toolbox::Toolbox;
use testkit::{build, expect, readelf};

fn has_section(elf: &Elf, name: &str) -> bool {
    elf.section(name).is_some()
}

#[test]
fn switched_off_nothing_is_left() {
    for release in [false, true] {
        let project = project("off", None).rustflags(&["--cfg=usdt_probes_off"]);
        let file = if release { project.release() } else { project }.build().expect("it builds");
        let elf = Elf::open(&file).expect("an ELF file");
        for section in [".probes", ".note.stapsdt", ".note.usdt-probes", ".stapsdt.base"] {
            assert!(!has_section(&elf, section), "{section} is in {}", file.display());
        }
        assert!(Command::new(&file).status().expect("it runs").success());
    }
}

#[test]
fn undescribed_only_the_description_is_missing() {
    let file = project("undescribed", None)
        .rustflags(&["--cfg=usdt_probes_undescribed"])
        .build()
        .expect("it builds");
    let elf = Elf::open(&file).expect("an ELF file");
    assert!(!has_section(&elf, ".note.usdt-probes"));
    let names: Vec<String> =
        readelf::notes(&file).expect("readelf runs").into_iter().map(|n| n.name).collect();
    assert!(names.iter().any(|name| name == "generic"), "{names:?}");
}

/// A target of 32 bits without an operating system: the backend of targets without probes.
#[test]
fn other_targets_compile() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let toolbox = Toolbox::find().expect("the toolbox: `cargo xtask setup toolbox` makes it");
    for features in [&["--features", "json"][..], &["--no-default-features"]] {
        let mut cargo = common::cargo_in(&toolbox);
        cargo.args([
            "check",
            "--quiet",
            "--offline",
            "--package",
            "usdt-probes",
            "--target",
            "wasm32-unknown-unknown",
        ]);
        cargo.arg("--target-dir").arg(build::build_dir().join("wasm")).args(features);
        assert!(cargo.status().expect("the toolbox starts").success(), "cargo {features:?}");
    }
}

const MANIFEST: &str = r#"
[package]
name = "rebuilt"
version = "0.0.0"
edition = "2024"
[workspace]
[dependencies]
usdt-probes = { path = "@" }
[build-dependencies]
usdt-probes = { path = "@", features = ["build"] }
"#;

const MAIN: &str = r#"
usdt_probes::dtrace_provider!("by_macro.d");
include!(concat!(env!("OUT_DIR"), "/by_builder.rs"));
fn main() {
    by_macro::p!(|| 1);
    by_builder::p!(|| 1);
}
"#;

const BUILD: &str = r#"
fn main() {
    usdt_probes::Builder::new("by_builder.d").build().unwrap();
}
"#;

#[test]
fn an_edit_of_a_d_file_builds_again() {
    let directory = build::build_dir().join("rebuilt");
    std::fs::create_dir_all(directory.join("src")).expect("a directory");
    let root = build::workspace().display().to_string();
    write(&directory.join("Cargo.toml"), &MANIFEST.replace('@', &root));
    write(&directory.join("build.rs"), BUILD);
    write(&directory.join("src/main.rs"), MAIN);
    // Nothing but the D files changes from one build to the next.
    for (ty, size) in [("int32_t", "-4"), ("uint8_t", "1")] {
        for provider in ["by_macro", "by_builder"] {
            write(
                &directory.join(format!("{provider}.d")),
                &format!("provider {provider} {{ probe p({ty}); }};\n"),
            );
        }
        let mut cargo = Command::new(env!("CARGO"));
        let cargo = cargo.args(["build", "--quiet", "--offline"]).current_dir(&directory);
        assert!(cargo.env("CARGO_TARGET_DIR", "target").status().expect("cargo starts").success());
        let notes = readelf::notes(&directory.join("target/debug/rebuilt")).expect("readelf runs");
        let mut shown: Vec<String> = notes
            .iter()
            .map(|n| format!("{} {}", n.provider, n.arguments.split('@').next().unwrap_or_default()))
            .collect();
        shown.sort();
        expect::equal("readelf", &vec![format!("by_builder {size}"), format!("by_macro {size}")], &shown);
    }
}

fn write(file: &Path, text: &str) {
    std::fs::write(file, text).expect("a file of the test's own");
}
