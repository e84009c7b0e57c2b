//! A line of JSON for each probe of each file or process.

use serde_json::{Value, json};
use usdt_trace::{Probe, Site};

use super::group::{Group, Run};

pub(super) fn lines(group: &Group) -> Vec<String> {
    let of_run = |run: Option<&Run>| -> Vec<String> {
        let probes = group.probes.iter().enumerate();
        probes.map(|(i, probe)| object(probe, i, run).to_string()).collect()
    };
    match &group.runs[..] {
        [] => of_run(None),
        runs => runs.iter().flat_map(|run| of_run(Some(run))).collect(),
    }
}

fn object(probe: &Probe, i: usize, run: Option<&Run>) -> Value {
    let args: Vec<Value> =
        probe.args.iter().map(|arg| json!({ "name": arg.name, "type": arg.spelling })).collect();
    let build_id: String = probe.object.build_id.iter().map(|byte| format!("{byte:02x}")).collect();
    let watched = run.and_then(|run| run.watched[i]);
    json!({
        "provider": probe.provider,
        "probe": probe.name,
        "doc": probe.doc,
        "args": args,
        "file": probe.object.path.to_string_lossy(),
        "build_id": build_id,
        "sites": probe.sites.iter().map(site).collect::<Vec<_>>(),
        "pid": run.map(|run| run.pid),
        "process": run.map(|run| run.name.as_str()),
        "program": run.map(|run| run.program.to_string_lossy()),
        "bias": run.map(|run| run.bias),
        "watchers": watched.map(|watched| watched.tracers),
        "recorded": watched.map(|watched| watched.is_recorded),
    })
}

fn site(site: &Site) -> Value {
    json!({
        "address": site.address,
        "offset": site.offset,
        "semaphore": site.semaphore.map(|semaphore| semaphore.address),
        "operands": site.text,
    })
}
