//! What was found, in the order in which it is shown.

use std::path::PathBuf;
use std::sync::Arc;

use usdt_trace::Probe;
use usdt_trace::find::{Process, Watched};

use crate::select::{Found, Pattern, Target};

/// The probes of one file: as such, in one process, or in all processes that have it mapped.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) file: PathBuf,
    pub(super) runs: Vec<Run>,
    /// Each probe once.
    pub(super) probes: Vec<Arc<Probe>>,
}

/// A process that has the file of a group mapped.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) pid: u32,
    pub(super) name: String,
    pub(super) program: PathBuf,
    pub(super) bias: u64,
    /// Who is told of each of the group's probes in it.
    pub(super) watched: Vec<Option<Watched>>,
}

impl Group {
    /// How many tracers watch a probe in the process where most do.
    pub(super) fn tracers(&self, probe: usize) -> u16 {
        self.watched(probe).map(|watched| watched.tracers).max().unwrap_or(0)
    }

    /// Whether a process keeps the firings of a probe itself.
    pub(super) fn is_recorded(&self, probe: usize) -> bool {
        self.watched(probe).any(|watched| watched.is_recorded)
    }

    fn watched(&self, probe: usize) -> impl Iterator<Item = Watched> {
        self.runs.iter().filter_map(move |run| run.watched[probe])
    }
}

/// What was found of a target, less what no pattern means. All processes together are a group for each file: most files are
/// libraries, which many processes have mapped.
pub(super) fn groups(target: &Target, found: Found, patterns: &[Pattern]) -> Vec<Group> {
    let is_meant =
        |probe: &Probe| patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(probe));
    match found {
        Found::File(file, mut probes) => {
            probes.retain(|probe| is_meant(probe));
            if probes.is_empty() { Vec::new() } else { vec![Group { file, runs: Vec::new(), probes }] }
        }
        Found::Processes(processes) => {
            let groups = processes.into_iter().flat_map(|process| of_process(process, is_meant));
            if *target == Target::Everything { merged(groups) } else { groups.collect() }
        }
    }
}

/// The groups of a process, in the order in which its files are found; a file that is mapped twice is two.
fn of_process(mut process: Process, is_meant: impl Fn(&Probe) -> bool) -> Vec<Group> {
    process.probes.retain(|loaded| is_meant(&loaded.probe));
    let places = process
        .probes
        .chunk_by(|a, b| a.probe.object.identity == b.probe.object.identity && a.bias == b.bias);
    places
        .map(|loaded| {
            let run = Run {
                pid: process.pid,
                name: process.name.clone(),
                program: process.program.clone(),
                bias: loaded[0].bias,
                watched: loaded.iter().map(|loaded| loaded.watched(process.pid)).collect(),
            };
            let probes: Vec<_> = loaded.iter().map(|loaded| Arc::clone(&loaded.probe)).collect();
            Group { file: probes[0].object.path.clone(), runs: vec![run], probes }
        })
        .collect()
}

/// One group a file.
fn merged(groups: impl Iterator<Item = Group>) -> Vec<Group> {
    let mut merged: Vec<Group> = Vec::new();
    for group in groups {
        let is_same = |other: &&mut Group| {
            other.probes[0].object.identity == group.probes[0].object.identity
                && other.probes.len() == group.probes.len()
        };
        match merged.iter_mut().find(is_same) {
            Some(known) => known.runs.extend(group.runs),
            None => merged.push(group),
        }
    }
    merged.sort_by(|a, b| a.file.cmp(&b.file));
    merged
}
