//! The examples in JavaScript, tested with the native part that stands in the repository.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::test::{is_live, own_tests, test_files};
use crate::setup;
use testkit::node;

/// The examples, as directories of `examples`.
const EXAMPLES: [&str; 2] = ["ldap-server", "node-quickstart"];

/// Runs their tests: all of them with this machine's Node, with the others what needs no tracer; that alone unless `live`.
pub(crate) fn test(live: bool) -> Result<()> {
    for name in EXAMPLES {
        let directory = testkit::build::workspace().join("examples").join(name);
        setup::npm_packages(&format!("what {name} depends on"), &directory)?;
        let files = test_files(&directory.join("test"))?;
        let quick: Vec<PathBuf> = files.iter().filter(|file| !is_live(file)).cloned().collect();
        own_tests(Path::new("node"), if live { &files } else { &quick })?;
        for name in node::VERSIONS {
            own_tests(&node::program(name)?, &quick)?;
        }
    }
    Ok(())
}
