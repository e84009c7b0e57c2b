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
    let mut lines = added(watch);
    let events: Vec<String> = watch.probes.iter().map(|probe| format!("sdt_{}", probe.name)).collect();
    lines.extend(events.iter().map(|event| shell("perf", ["probe", event])));
    let mut record = vec!["record".to_owned()];
    record.extend(events.into_iter().flat_map(|event| ["-e".to_owned(), event]));
    record.extend(perf::selected(watch.target, watch.stacks));
    lines.extend([shell("perf", record), "perf script".to_owned()]);
    lines.join("\n")
}

pub(super) fn typed_list(watch: &Watch<'_>) -> String {
    if let Target::Process(pid) = watch.target {
        return shell("perf", ["list", "sdt", "-p", &pid.to_string()]);
    }
    let mut lines = added(watch);
    lines.push("perf list sdt".to_owned());
    lines.join("\n")
}

/// The lines that make the files known to perf.
fn added(watch: &Watch<'_>) -> Vec<String> {
    let line = |file: &Path| shell("perf", ["buildid-cache", "--add", &file.to_string_lossy()]);
    watch.files().into_iter().map(line).collect()
}
