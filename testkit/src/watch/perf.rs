//! Asking perf. It shows every argument as a number, whatever it is asked for.

use std::path::Path;

use anyhow::Result;

use super::{Seen, Watch, shell};
use crate::perf;
use crate::target::Target;

pub(super) fn list(watch: &Watch<'_>) -> Result<Vec<String>> {
    if let Target::Process(pid) = watch.target {
        return perf::list_sdt_of(watch.tools, pid);
    }
    let mut probes = Vec::new();
    for file in watch.files() {
        probes.extend(perf::list_sdt_with(watch.tools, file)?);
    }
    let providers = watch.providers();
    probes.retain(|probe| super::provider(probe).is_some_and(|provider| providers.contains(&provider)));
    Ok(probes)
}

pub(super) fn observe<R>(watch: &Watch<'_>, run: impl FnOnce() -> Result<R>) -> Result<(Vec<Seen>, R)> {
    let probes: Vec<(&Path, &str)> = watch.probes.iter().map(|probe| (probe.file, probe.name)).collect();
    let (seen, result) = perf::watch(watch.tools, watch.target, &probes, watch.stacks, run)?;
    Ok((seen, result?))
}

pub(super) fn typed(watch: &Watch<'_>) -> String {
    let mut lines = Vec::new();
    for file in watch.files() {
        lines.push(shell("perf", ["buildid-cache", "--add", &file.to_string_lossy()].map(str::to_owned)));
    }
    let events = watch.probes.iter().map(|probe| format!("sdt_{}", probe.name));
    lines.extend(events.clone().map(|event| shell("perf", ["probe".to_owned(), event])));
    let events = events.flat_map(|event| ["-e".to_owned(), event]);
    let words = std::iter::once("record".to_owned()).chain(events).chain(perf::selected(watch.target, watch.stacks));
    lines.push(shell("perf", words));
    lines.push("perf script".to_owned());
    lines.join("\n")
}
