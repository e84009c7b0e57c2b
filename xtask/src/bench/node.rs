//! `cargo xtask bench node`: what a probe costs in JavaScript, beside the stub that `dtrace-provider` is on Linux, and beside
//! a native loop.
//!
//! ```text
//! cargo xtask bench node [--quick] [--write] [--all]
//! ```
//!
//! `--all` measures with every Node that the tests run besides the machine's own. The scripts in `napi-binding/bench` measure;
//! here stands what they need, and what becomes of their figures.

mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use super::machine::Machine;
use super::page::{self, Part};
use super::tools::{cargo, finish, progress, root, workshop};
use crate::setup;
use testkit::node;

/// One row, as `napi-binding/bench/rows.mjs` tells it: nanoseconds a call.
#[derive(Deserialize)]
struct Row {
    name: String,
    /// The row that it is compared with.
    base: Option<String>,
    /// How far the least of it may be above the least of that.
    goal: Option<f64>,
    above: Option<f64>,
    min: f64,
    median: f64,
    p90: f64,
}

/// What was measured with one Node.
struct Measured {
    version: String,
    disabled: Vec<Row>,
    attached: Vec<Row>,
    recorded: Vec<Row>,
}

#[derive(Default)]
struct Options {
    quick: bool,
    write: bool,
    all: bool,
}

impl Options {
    fn parse(words: &[String]) -> Result<Self> {
        let mut options = Self::default();
        for word in words {
            match word.as_str() {
                "--quick" => options.quick = true,
                "--write" => options.write = true,
                "--all" => options.all = true,
                _ => bail!("usage: cargo xtask bench node [--quick] [--write] [--all]"),
            }
        }
        Ok(options)
    }
}

/// Measures what `words`, the arguments after `bench node`, ask for. It takes root and bpftrace.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let options = Options::parse(words)?;
    setup::own_node()?;
    setup::bpftrace()?;
    setup::npm_packages("the peers", &scripts())?;
    let native = build()?;
    let measured = programs(options.all)?;
    let measured = measured.iter().map(|program| measure(program, &native, options.quick));
    let measured = measured.collect::<Result<Vec<_>>>()?;
    let mut machine = Machine::describe(&["rustc", "bpftrace"])?;
    machine
        .facts
        .push(("Node", measured.iter().map(|node| node.version.as_str()).collect::<Vec<_>>().join(", ")));
    machine.facts.push(("dtrace-provider", peer()?));
    let report = report::Report::new(machine, &measured);
    print!("{}", report.plain());
    if options.write { page::write(Part::Node, &report.markdown()) } else { Ok(()) }
}

fn scripts() -> PathBuf {
    root().join("napi-binding/bench")
}

/// The version of `dtrace-provider` that is compared with.
fn peer() -> Result<String> {
    let manifest: Value = serde_json::from_str(&fs::read_to_string(scripts().join("package.json"))?)?;
    let version = manifest["dependencies"]["dtrace-provider"].as_str();
    version.map(str::to_owned).context("the benchmark's package.json names no dtrace-provider")
}

/// The Nodes to measure with.
fn programs(all: bool) -> Result<Vec<PathBuf>> {
    let mut programs = vec![PathBuf::from("node")];
    if all {
        setup::other_nodes()?;
        for name in node::VERSIONS {
            programs.push(node::program(name)?);
        }
    }
    Ok(programs)
}

/// The native part with its loops, under a name that Node loads.
fn build() -> Result<PathBuf> {
    progress("building the native part");
    let target = workshop().join("native");
    let mut build = cargo(root(), &target);
    build.args(["build", "--release", "--locked", "--package", "usdt-probes-napi", "--features", "bench"]);
    build.env("CARGO_ENCODED_RUSTFLAGS", node::NATIVE_RUSTFLAGS);
    finish(&mut build)?;
    let native = target.join("usdt-probes.node");
    fs::copy(target.join("release/libusdt_probes_napi.so"), &native)?;
    Ok(native)
}

fn measure(program: &Path, native: &Path, quick: bool) -> Result<Measured> {
    let version = setup::node_version(program)?.trim_start_matches('v').to_owned();
    let rows = |script: &str| -> Result<Vec<Row>> {
        progress(&format!("Node {version}, {script}"));
        let mut node = Command::new(program);
        node.arg(scripts().join(script)).arg("--json").args(quick.then_some("--quick"));
        node.env("USDT_PROBES_NATIVE", native).env("USDT_PROBES_DIR", workshop().join("images"));
        let (told, _) = finish(&mut node)?;
        serde_json::from_str(&told).with_context(|| format!("{script} said {told}"))
    };
    let (disabled, attached, recorded) =
        (rows("disabled.mjs")?, rows("attached.mjs")?, rows("recorded.mjs")?);
    Ok(Measured { version, disabled, attached, recorded })
}
