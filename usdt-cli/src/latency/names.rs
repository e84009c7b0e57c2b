//! Names of arguments on the command line, checked before anything is measured: a wrong one would pair nothing.

use std::sync::Arc;

use anyhow::bail;
use usdt_trace::Probe;

use super::args::Args;
use crate::condition::{Name, position};
use crate::printable::printable;
use crate::select::Pattern;

/// Whether the names of `--key`, `--by` and `--str` are there, as far as the probes are known.
pub(super) fn check(args: &Args, starts: &[Arc<Probe>], dones: &[Arc<Probe>]) -> anyhow::Result<()> {
    if let Some(key) = &args.key {
        has("--key", &key.start, &args.start, starts)?;
        has("--key", &key.done, &args.done, dones)?;
    }
    if starts.is_empty() || dones.is_empty() {
        return Ok(());
    }
    for (option, name) in args.watching.names(args.by.as_ref()) {
        let mut both = starts.iter().chain(dones);
        if !both.any(|probe| name.is_in(probe)) {
            let (name, there) = (name.to_string(), names(starts.iter().chain(dones)));
            bail!("{option} {}: neither probe has it; there are {there}", printable(&name));
        }
    }
    Ok(())
}

/// Whether a probe that is meant by the pattern has the argument.
fn has(option: &str, name: &str, pattern: &Pattern, probes: &[Arc<Probe>]) -> anyhow::Result<()> {
    if probes.is_empty() || probes.iter().any(|probe| position(probe, name).is_some()) {
        return Ok(());
    }
    let (name, pattern) = (printable(name), printable(pattern.as_str()));
    let mut there: Vec<&str> = Vec::new();
    for arg in probes.iter().flat_map(|probe| &probe.args) {
        if !there.contains(&arg.name.as_str()) {
            there.push(&arg.name);
        }
    }
    let there = there.join(", ");
    bail!("{option} {name}: {pattern} has no such argument; there are {}", printable(&there))
}

fn names<'p>(probes: impl IntoIterator<Item = &'p Arc<Probe>>) -> String {
    printable(&Name::all(probes.into_iter().map(|probe| &**probe))).into_owned()
}
