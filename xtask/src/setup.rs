//! Bringing a machine to where every test can run: the tracers, and a root with newer tools beside the machine's own.
//!
//! Each part may be called at any time and twice: it looks first, and does only what is missing.

mod apt;
mod check;
mod sid;
mod step;
mod tracing;

pub(crate) use sid::toolbox;
pub(crate) use tracing::{bpftrace, tracing};

/// Everything: the tracers on this machine, then the toolbox.
pub(crate) fn all() -> anyhow::Result<()> {
    tracing()?;
    toolbox().map(drop)
}
