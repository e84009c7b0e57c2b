//! The probes that a command line names.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use usdt_trace::Probe;
use usdt_trace::find::{Finder, Process};

use super::source::Source;
use crate::named;
use crate::select::{Pattern, Target};

/// Finds them; without patterns, all that the target has.
pub(super) fn source(target: &Target, patterns: &[Pattern]) -> Result<Source> {
    let mut finder = Finder::new();
    let (probes, process) = match target {
        Target::File(path) => (finder.file(path)?, None),
        Target::Process(pid) => (of_processes(&[finder.process(*pid)?]), Some(*pid)),
        Target::Named(name) => of_name(&mut finder, name)?,
        Target::Everything => bail!("a script is about one program: name a file, a process or a program"),
    };
    let is_meant =
        |probe: &Arc<Probe>| patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(probe));
    let all = probes.len();
    let meant: Vec<Arc<Probe>> = probes.into_iter().filter(is_meant).collect();
    ensure!(all > 0, "no probes there");
    let asked = || patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join(" ");
    ensure!(!meant.is_empty(), "none of its {all} probes is called {}: `usdt list` shows them", asked());
    Source::new(meant, process)
}

/// Those of the processes of this name; if there are none, those of the program.
fn of_name(finder: &mut Finder, name: &str) -> Result<(Vec<Arc<Probe>>, Option<u32>)> {
    let pids = named::processes(name);
    if pids.is_empty() {
        let program = named::program_in_path(name);
        let program = program.with_context(|| format!("no process and no program is called {name}"))?;
        return Ok((finder.file(&program)?, None));
    }
    let processes = pids.iter().map(|&pid| finder.process(pid)).collect::<Result<Vec<_>, _>>()?;
    let only = if let [pid] = pids[..] { Some(pid) } else { None };
    Ok((of_processes(&processes), only))
}

/// The probes of processes, those of a file once.
fn of_processes(processes: &[Process]) -> Vec<Arc<Probe>> {
    let mut probes: Vec<Arc<Probe>> = Vec::new();
    for loaded in processes.iter().flat_map(|process| &process.probes) {
        let is_known = probes.iter().any(|probe| {
            let key = |probe: &Probe| (probe.object.identity, probe.full_name());
            key(probe) == key(&loaded.probe)
        });
        if !is_known {
            probes.push(Arc::clone(&loaded.probe));
        }
    }
    probes
}
