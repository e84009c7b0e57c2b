//! The part of `docs/platforms.md` that is measured.

use std::fs;

use anyhow::{Context as _, Result};

use crate::marks;

/// The name of the part.
const PART: &str = "cross";

/// Puts `text` in the place of that part.
pub(super) fn write(text: &str) -> Result<()> {
    let path = testkit::build::workspace().join("docs/platforms.md");
    let old = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    fs::write(&path, marks::with(&old, PART, text)?).with_context(|| path.display().to_string())?;
    eprintln!("wrote {}", path.display());
    Ok(())
}
