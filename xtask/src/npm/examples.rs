//! The examples in JavaScript, tested with the native part that stands in the repository.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::test::{is_live, own_tests, test_files};
use crate::setup;

/// The examples, as directories of `examples`.
const EXAMPLES: [&str; 2] = ["ldap-server", "node-quickstart"];

/// Runs their tests with this machine's Node; those that need a tracer only if `live`.
pub(crate) fn test(live: bool) -> Result<()> {
    for name in EXAMPLES {
        let directory = testkit::build::workspace().join("examples").join(name);
        setup::npm_packages(&format!("what {name} depends on"), &directory)?;
        let files = test_files(&directory.join("test"))?;
        let files: Vec<PathBuf> = files.into_iter().filter(|file| live || !is_live(file)).collect();
        own_tests(Path::new("node"), &files)?;
    }
    Ok(())
}
