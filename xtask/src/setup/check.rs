//! Trying a new root before it is declared complete: its linker with this machine's compiler, and a Rust program for
//! another architecture.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::step;
use testkit::toolbox::Toolbox;

const C_PROGRAM: &str = "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n";
const RUST_PROGRAM: &str = "fn main() { println!(\"hello from {}\", std::env::consts::ARCH); }\n";

/// Runs what the toolbox is for, once.
pub(crate) fn toolbox(toolbox: &Toolbox) -> Result<()> {
    let dir = toolbox.root().join("var/tmp/check");
    fs::create_dir_all(&dir)?;
    mold(toolbox, &dir)?;
    aarch64(toolbox, &dir)?;
    fs::remove_dir_all(&dir)?;
    step::run("measure the root", Command::new("du").arg("-sh").arg(toolbox.root()))
        .map(|size| println!("  disk use: {}", size.split_whitespace().next().unwrap_or("unknown")))
}

fn mold(toolbox: &Toolbox, dir: &Path) -> Result<()> {
    fs::write(dir.join("hello.c"), C_PROGRAM)?;
    for extra in [&[][..], &["-fuse-ld=mold"]] {
        let mut gcc = Command::new("gcc");
        gcc.current_dir(dir).arg("-B").arg(toolbox.mold()).args(extra).args(["hello.c", "-o", "hello"]);
        step::run("link a C program with mold", &mut gcc)?;
        expect("hello\n", &step::run("run it", &mut Command::new(dir.join("hello")))?)?;
        let image = fs::read(dir.join("hello"))?;
        ensure!(image.windows(5).any(|word| word == b"mold "), "the program was not linked by mold");
    }
    Ok(())
}

fn aarch64(toolbox: &Toolbox, dir: &Path) -> Result<()> {
    fs::write(dir.join("hello.rs"), RUST_PROGRAM)?;
    let mut rustc = toolbox.command("rustc", &[dir]);
    rustc.current_dir(dir).args([
        "--target",
        "aarch64-unknown-linux-gnu",
        "-C",
        "linker=aarch64-linux-gnu-gcc",
    ]);
    step::run("build a Rust program for aarch64", rustc.arg("hello.rs"))?;
    let mut qemu = toolbox.command("qemu-aarch64", &[dir]);
    qemu.current_dir(dir).args(["-L", "/usr/aarch64-linux-gnu", "./hello"]);
    expect("hello from aarch64\n", &step::run("run it under qemu", &mut qemu)?)
}

fn expect(expected: &str, said: &str) -> Result<()> {
    ensure!(said == expected, "expected {expected:?}, the program said {said:?}");
    Ok(())
}
