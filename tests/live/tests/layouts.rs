//! A tracer that attached before the program started sees every firing, whatever stands before the semaphores in the file.
//!
//! Where the end of the RELRO segment shares its page with the semaphores, the kernel raises the wrong copy at `exec`. It
//! depends on the size of the relocated read-only data, so several sizes are tried with each linker.

mod common;
#[path = "common/project.rs"]
mod project;

use common::{observe_run, tracing};
use project::{Linker, project};
use testkit::bpftrace::Bpftrace;
use testkit::elf::Elf;

/// Steps of 512 bytes through a page, in words.
const PADDINGS: [usize; 9] = [0, 64, 128, 192, 256, 320, 384, 448, 500];

#[test]
fn rust_lld() {
    every_padding(Linker::RustLld);
}

#[test]
fn gnu_ld() {
    every_padding(Linker::Gnu);
}

#[test]
fn lld() {
    every_padding(Linker::Lld);
}

#[test]
fn mold() {
    every_padding(Linker::Mold);
}

fn every_padding(linker: Linker) {
    let Some(_alone) = tracing() else { return };
    for words in PADDINGS {
        println!("--- {linker:?}, {} bytes of relocated data", words * 8);
        let project = project("layout", None).rustflags(&["--cfg=padded"]).env("PADDING", &words.to_string());
        let file = linker.link(project).build().expect("it builds");
        assert!(Elf::open(&file).and_then(|e| e.semaphores_are_mapped_once()).expect("segments"));
        let script = Bpftrace::new()
            .usdt(&file, "matrix:live", "@live = count();")
            .usdt(&file, "library:live", "@library = count();")
            .usdt(
                &file,
                "library:number",
                "@number = count(); if (arg0 > 9 || (int8)arg1 > -1) { @wrong = count(); }",
            )
            .usdt(&file, "matrix:generic", "@generic = count();");
        let output = observe_run(&script, &file, &[]);
        output.assert_count("@live", 30);
        output.assert_count("@library", 10);
        output.assert_count("@number", 30);
        output.assert_count("@wrong", 0);
        output.assert_count("@generic", 20);
    }
}
