//! The part of `docs/platforms.md` that is measured: all between two marks.

use std::fs;

use anyhow::{Context as _, Result};

const START: &str = "<!-- cargo xtask cross --write -->\n";
const END: &str = "<!-- end of it -->\n";

/// Puts `text` in the place of that part.
pub(super) fn write(text: &str) -> Result<()> {
    let path = testkit::build::workspace().join("docs/platforms.md");
    let old = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let new = with(&old, text).with_context(|| format!("{} has no {START}", path.display()))?;
    fs::write(&path, new).with_context(|| path.display().to_string())?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

fn with(page: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(START)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{START}\n{}\n\n{END}{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_it_stays() {
        let page = |text: &str| format!("# Platforms\n\n{START}\n{text}\n\n{END}\nMore.\n");
        assert_eq!(with(&page("old"), "new\n"), Some(page("new")));
        assert_eq!(with("# Platforms\n", "new"), None);
    }
}
