//! The flight recorder finds the static probes of a program, and of the libraries in it, whatever has linked it.

#[path = "common/project.rs"]
mod project;

use std::process::Command;

use anyhow::{Result, ensure};
use project::{Linker, TARGET};
use testkit::build::{CargoProject, workspace};
use testkit::elf::Elf;
use testkit::subject::Subject;
use usdt_trace::recorded::{Living, recordings};

const DEPENDENCY: &str = "
#[usdt_probes::provider]
pub mod probes {
    pub fn reached(name: &str, id: u8);
    pub fn unused(id: u8);
}
pub fn fire() { probes::reached(\"dependency\", 3) }
pub fn unused() { probes::unused(4) }
";

fn recorded_by(linker: Linker, profile: Option<&str>) -> Result<()> {
    let library = format!("usdt-probes = {{ path = {:?}, features = [\"recorder\"] }}\n", workspace());
    let manifest = format!(
        "[package]\nname = \"dependency\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n[dependencies]\n{library}"
    );
    let (_, path) = library.split_once(" = ").unwrap_or_default();
    let mut project = CargoProject::program("recorded_builds", include_str!("../fixtures/recorded.rs"))
        .dependency("usdt-probes", path.trim_end())
        .dependency("dependency", "{ path = \"dependency\" }")
        .file("dependency/Cargo.toml", &manifest)
        .file("dependency/lib.rs", DEPENDENCY)
        .arguments(&["--target", TARGET]);
    if let Some(profile) = profile {
        project = project.release().toml(&format!("[profile.release]\n{profile}"));
    }
    let program = linker.link(project).build()?;
    ensure!(linker.made(&Elf::open(&program)?), "{linker:?} didn't link {}", program.display());

    let mut subject = Subject::spawn(&mut Command::new(&program))?;
    assert_eq!(subject.line()?, "before: false");
    subject.wait_for("fired")?;
    let found = recordings(&Living::open(subject.pid())?);
    let firings: Vec<String> = found
        .iter()
        .flat_map(|recording| &recording.firings)
        .map(|fired| {
            let values = fired.event.values.iter().map(|read| format!(" {}", read.value));
            format!("{}:{}{}", fired.event.probe.provider, fired.event.probe.name, values.collect::<String>())
        })
        .collect();
    assert_eq!(firings, ["own:number 1", "own:text 2 \"tea\"", "probes:reached \"dependency\" 3"]);
    subject.send("")?;
    subject.wait_for("after: false")?;
    Ok(())
}

#[test]
fn rust_lld_debug() -> Result<()> {
    recorded_by(Linker::RustLld, None)
}

#[test]
fn rust_lld_fat() -> Result<()> {
    recorded_by(Linker::RustLld, Some("opt-level = 3\nlto = \"fat\"\ncodegen-units = 1"))
}

#[test]
fn gnu_ld() -> Result<()> {
    recorded_by(Linker::Gnu, Some("opt-level = 3\nlto = \"off\"\ncodegen-units = 16"))
}

#[test]
fn lld() -> Result<()> {
    recorded_by(Linker::Lld, Some("opt-level = \"s\"\nlto = \"thin\"\nstrip = true"))
}

#[test]
fn mold() -> Result<()> {
    recorded_by(Linker::Mold, Some("opt-level = 3\nlto = \"thin\"\npanic = \"abort\""))
}
