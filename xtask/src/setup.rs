//! Bringing a machine to where every test can run: the tracers, and a root with newer tools beside the machine's own.
//!
//! Each part may be called at any time and twice: it looks first, and does only what is missing.

mod apt;
mod check;
mod sid;
mod step;
mod toolbox;
mod tracing;

pub(crate) use sid::toolbox;
#[expect(unused_imports, reason = "for the commands that run something inside the toolbox")]
pub(crate) use toolbox::Toolbox;
pub(crate) use tracing::tracing;

/// Everything: the tracers on this machine, then the toolbox.
pub(crate) fn all() -> anyhow::Result<()> {
    tracing()?;
    toolbox().map(drop)
}
