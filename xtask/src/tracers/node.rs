//! The program in JavaScript, with what it needs.

use std::path::PathBuf;

use anyhow::{Context, Result};
use testkit::{build, node};

use crate::{npm, setup};

/// A Node that the toolbox can run too, since it is below `target`, and the example's source.
pub(super) struct Example {
    pub(super) node: PathBuf,
    pub(super) source: PathBuf,
}

/// Builds the native part and installs what the example depends on.
pub(super) fn install() -> Result<Example> {
    setup::own_node()?;
    setup::other_nodes()?;
    npm::build_locally()?;
    let directory = build::workspace().join("examples/node-quickstart");
    setup::npm_packages("what the example depends on", &directory)?;
    let newest = node::VERSIONS.last().context("there are several")?;
    Ok(Example { node: node::program(newest)?, source: directory.join("index.js") })
}
