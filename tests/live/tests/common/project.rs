//! The program of the build matrix, and the linkers that it is built with.

#![allow(dead_code, unreachable_pub)]

use std::path::PathBuf;

use testkit::build::CargoProject;
use testkit::elf::Elf;
use testkit::toolbox::Toolbox;

/// The host that the matrix is built for. Naming it keeps the flags from the macros, which are built once.
pub const TARGET: &str = "x86_64-unknown-linux-gnu";

/// A linker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linker {
    /// The one that Rust brings along.
    RustLld,
    /// GNU ld.
    Gnu,
    /// The system's lld.
    Lld,
    /// A current mold.
    Mold,
}

impl Linker {
    /// Has the project linked by it.
    pub fn link(self, project: CargoProject) -> CargoProject {
        match self {
            // The default.
            Linker::RustLld => project,
            Linker::Gnu => project.linker("bfd"),
            Linker::Lld => project.linker("lld"),
            Linker::Mold => project.linker_in(&mold()),
        }
    }

    /// Whether this linker made the file, by what it wrote into `.comment`.
    pub(crate) fn made(self, file: &Elf) -> bool {
        let comment = file.section_bytes(".comment").expect(".comment");
        let comment = String::from_utf8_lossy(&comment);
        println!("{self:?} wrote {comment:?}");
        match self {
            Linker::RustLld => comment.contains("Linker: LLD"),
            Linker::Lld => comment.contains("Linker: Debian LLD"),
            Linker::Mold => comment.contains("mold"),
            // It leaves no name.
            Linker::Gnu => !comment.contains("Linker:") && !comment.contains("mold"),
        }
    }

    /// Whether it can fold functions with the same code.
    pub fn folds_functions(self) -> bool {
        self != Linker::Gnu
    }

    /// Whether notes of functions that were dropped stay, with semaphore 0 and a location that is none. mold doesn't know
    /// link-ordered sections.
    pub fn keeps_dead_notes(self) -> bool {
        self == Linker::Mold
    }
}

fn mold() -> PathBuf {
    Toolbox::find().expect("the toolbox: `cargo xtask setup toolbox` makes it").mold()
}

/// The program, or with a crate type the same as a library.
pub fn project(name: &str, crate_type: Option<&str>) -> CargoProject {
    let source = include_str!("../../fixtures/program.rs");
    let project = match crate_type {
        None => CargoProject::program(name, source),
        Some(kind) => CargoProject::library(name, source, kind),
    };
    let probes = testkit::build::workspace().display().to_string();
    let manifest = format!(
        "[package]\nname = \"dependency\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [lib]\npath = \"lib.rs\"\n[dependencies]\nusdt-probes = {{ path = {probes:?} }}\n"
    );
    project
        .workspace_dependency("usdt-probes", ".")
        .dependency("dependency", "{ path = \"dependency\" }")
        .file("dependency/Cargo.toml", &manifest)
        .file("dependency/lib.rs", include_str!("../../fixtures/dependency/lib.rs"))
        .rustflags(&["--check-cfg=cfg(padded)", "--check-cfg=cfg(peer)"])
        .arguments(&["--target", TARGET])
}
