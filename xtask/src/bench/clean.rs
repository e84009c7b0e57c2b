//! What somebody waits for who adds one probe to a new program: a clean debug build of everything below it.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;

use super::size::write_crate;
use super::tools::{cargo, finish, progress, workshop};

/// A program with one probe.
struct Program {
    name: &'static str,
    dependency: &'static str,
    source: &'static str,
}

const OURS: &str = "#[usdt_probes::provider]\npub mod hello {\n    pub fn greeted(id: u64);\n}\n\n\
    fn main() {\n    hello::greeted(1);\n    println!(\"hello\");\n}\n";

const PROGRAMS: [Program; 5] = [
    Program { name: "none", dependency: "", source: "fn main() {\n    println!(\"hello\");\n}\n" },
    Program {
        name: "usdt",
        dependency: "usdt = \"0.6\"",
        source: "#[usdt::provider]\nmod hello {\n    fn greeted(id: u64) {}\n}\n\n\
            fn main() {\n    hello::greeted!(|| 1);\n    println!(\"hello\");\n}\n",
    },
    Program {
        name: "probe",
        dependency: "probe = \"0.5\"",
        source: "fn main() {\n    probe::probe!(hello, greeted, 1);\n    println!(\"hello\");\n}\n",
    },
    Program { name: "ours", dependency: "usdt-probes = { path = \"{root}\" }", source: OURS },
    Program {
        name: "ours_json",
        dependency: "usdt-probes = { path = \"{root}\", features = [\"json\"] }",
        source: OURS,
    },
];

/// What the build of one program takes.
pub(super) struct Build {
    pub(super) peer: &'static str,
    pub(super) seconds: f64,
    /// How many crates were compiled, the program's included.
    pub(super) crates: usize,
}

/// The builds are interleaved, so that a busy minute of the machine doesn't fall on one program alone.
pub(super) fn measure(builds: usize) -> Result<Vec<Build>> {
    let mut best = Vec::new();
    for program in &PROGRAMS {
        prepare(program)?;
        best.push(Build { peer: program.name, seconds: f64::INFINITY, crates: 0 });
    }
    for _ in 0..builds {
        for (program, best) in PROGRAMS.iter().zip(&mut best) {
            let (seconds, crates) = build(program)?;
            best.seconds = best.seconds.min(seconds);
            best.crates = crates;
        }
    }
    Ok(best)
}

fn directory(program: &Program) -> PathBuf {
    workshop().join("clean").join(program.name)
}

fn prepare(program: &Program) -> Result<()> {
    let directory = directory(program);
    write_crate(&directory, &format!("hello-{}", program.name), program.dependency)?;
    Ok(fs::write(directory.join("src/main.rs"), program.source)?)
}

/// Seconds, and how many crates were compiled.
fn build(program: &Program) -> Result<(f64, usize)> {
    progress(&format!("a clean debug build with {}", program.name));
    let directory = directory(program);
    let target = directory.join("target");
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    let begin = Instant::now();
    let (_, stderr) = finish(cargo(&directory, &target).args(["build", "--offline"]))?;
    let crates = stderr.lines().filter(|line| line.trim_start().starts_with("Compiling ")).count();
    Ok((begin.elapsed().as_secs_f64(), crates))
}
