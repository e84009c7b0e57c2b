//! Bringing a machine to where every test can run: the tracers, a root with newer tools beside the machine's own, and Node in
//! several versions.
//!
//! Each part may be called at any time and twice: it looks first, and does only what is missing.

mod apt;
mod check;
mod fetch;
mod node;
mod sid;
pub(crate) mod step;
mod tracing;

pub(crate) use node::{
    machines_own as own_node, node, others as other_nodes, packages as npm_packages, version as node_version,
    zig,
};
pub(crate) use sid::toolbox;
pub(crate) use tracing::{bpftrace, tracing};

/// Everything: the tracers on this machine, the toolbox, Node.
pub(crate) fn all() -> anyhow::Result<()> {
    tracing()?;
    toolbox()?;
    node()
}
