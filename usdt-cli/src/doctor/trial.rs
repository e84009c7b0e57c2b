//! The one check that can't be wrong: a uprobe is opened, as `usdt watch` opens them.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use usdt_core::model::Architecture;
use usdt_trace::attach::{AttachError, Counts, Scope};
use usdt_trace::find::inspect_bytes;
use usdt_trace::{Object, Probe, Site};

use super::finding::Finding;

/// This command's own file.
const OWN: &str = "/proc/self/exe";

/// Opens a uprobe in the file of this command, and closes it again.
pub(super) fn finding() -> Finding {
    const TOPIC: &str = "opening a uprobe";
    let attached = entry().and_then(|probe| Ok(Counts::new().attach(&Arc::new(probe), Scope::Everywhere)?));
    let Err(error) = attached else { return Finding::ok(TOPIC, "works") };
    let what = match error.downcast_ref() {
        // What stands in the way is said below, by what there is to know of this process.
        Some(AttachError::NotPermitted { .. }) => "not permitted".to_owned(),
        _ => format!("{error:#}"),
    };
    Finding::fail(TOPIC, what, "see what else fails or warns here")
}

/// The first instruction of this command, as if there were a probe: it is run once, and long before.
fn entry() -> Result<Probe> {
    let bytes = std::fs::read(OWN).context("reading the own file")?;
    let file = inspect_bytes(OWN.as_ref(), &bytes)?;
    let address = bytes.get(24..32).and_then(|field| field.try_into().ok()).map(u64::from_le_bytes);
    let address = address.context("the own file has no entry")?;
    let segments = file.segments.iter().filter(|segment| segment.is_executable);
    let mut offsets = segments.filter_map(|segment| {
        let inside = address.checked_sub(segment.address).filter(|&inside| inside < segment.len)?;
        Some(segment.offset + inside)
    });
    let offset = offsets.next().context("the entry is in no segment")?;
    let path = PathBuf::from(OWN);
    let object = Object {
        open: path.clone(),
        path,
        identity: (0, 0),
        architecture: Architecture::HOST.context("probes are not known for this architecture")?,
        build_id: Vec::new(),
    };
    let site =
        Site { address, offset: Some(offset), semaphore: None, operands: Vec::new(), text: String::new() };
    Ok(Probe {
        object: Arc::new(object),
        provider: "usdt".to_owned(),
        name: "entry".to_owned(),
        doc: String::new(),
        args: Vec::new(),
        sites: vec![site],
    })
}
