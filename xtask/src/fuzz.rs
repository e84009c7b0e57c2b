//! `cargo xtask fuzz`: bytes that are made to get as far as possible into what reads the bytes of strangers.
//!
//! `fuzz/` holds the targets and, for each, files to begin with. What the fuzzer finds on its way is kept in
//! `target/fuzz/corpus`, so that the next run begins where this one ends; an input that makes a target fail is put into
//! `fuzz/artifacts`.

use std::process::Command;

use anyhow::{Context, Result, bail};
use testkit::build::{target_dir, workspace};

use crate::run::{cargo, run as run_command};

const TARGETS: [&str; 7] = ["dof_decode", "notes", "operands", "elf", "samples", "recorded", "perf_map"];

/// The version of cargo-fuzz.
const VERSION: &str = "0.13.2";

/// Runs every target for a while. `words` are the arguments after `fuzz`.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let seconds = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => 60,
        ["--seconds", seconds] => seconds.parse::<u32>().context("--seconds wants a number")?,
        _ => bail!("usage: cargo xtask fuzz [--seconds N]"),
    };
    let tools = target_dir().join("tools");
    cargo(&format!("install --quiet --locked --root {} cargo-fuzz@{VERSION}", tools.display()))?;
    for target in TARGETS {
        let corpus = target_dir().join("fuzz/corpus").join(target);
        std::fs::create_dir_all(&corpus).with_context(|| format!("can't make {}", corpus.display()))?;
        let mut fuzz = Command::new(tools.join("bin/cargo-fuzz"));
        fuzz.args(["fuzz", "run", "--target-dir"]).arg(target_dir().join("fuzz")).arg(target);
        // What it finds goes into the first.
        fuzz.args([corpus, workspace().join("fuzz/seeds").join(target)]);
        fuzz.args(["--", &format!("-max_total_time={seconds}"), "-print_final_stats=1"]);
        // The fuzzer watches the code that runs by switches that a stable compiler doesn't have otherwise.
        fuzz.env("RUSTC_BOOTSTRAP", "1");
        run_command(&mut fuzz, &format!("cargo fuzz run {target}, for {seconds} s"))?;
    }
    Ok(())
}
