//! What somebody waits for who adds one probe to a new program: a clean debug build of everything below it.

use std::fs;
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

pub(super) fn measure(builds: usize) -> Result<Vec<Build>> {
    PROGRAMS.iter().map(|program| build(program, builds)).collect()
}

fn build(program: &Program, builds: usize) -> Result<Build> {
    progress(&format!("a clean debug build with {}", program.name));
    let directory = workshop().join("clean").join(program.name);
    write_crate(&directory, &format!("hello-{}", program.name), program.dependency)?;
    fs::write(directory.join("src/main.rs"), program.source)?;
    let target = directory.join("target");
    let mut best = Build { peer: program.name, seconds: f64::INFINITY, crates: 0 };
    for _ in 0..builds {
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        let begin = Instant::now();
        let (_, stderr) = finish(cargo(&directory, &target).args(["build", "--offline"]))?;
        best.seconds = best.seconds.min(begin.elapsed().as_secs_f64());
        best.crates = stderr.lines().filter(|line| line.trim_start().starts_with("Compiling ")).count();
    }
    Ok(best)
}
