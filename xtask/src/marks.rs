//! A page that is written by hand, but for parts between marks: `<!-- name -->` and `<!-- end of name -->`.

use anyhow::{Context, Result};

/// The page with `text` in the place of a part.
pub(crate) fn with(page: &str, part: &str, text: &str) -> Result<String> {
    let (before, _, after) = parts(page, part)?;
    Ok(format!("{before}\n{}\n{after}", text.trim()))
}

/// What stands before the part (with its mark), the part, and what stands behind it.
pub(crate) fn parts<'a>(page: &'a str, part: &str) -> Result<(&'a str, &'a str, &'a str)> {
    let (begin, end) = (format!("<!-- {part} -->\n"), format!("<!-- end of {part} -->"));
    let start = page.find(&begin).with_context(|| format!("the page has no {begin}"))? + begin.len();
    let stop = page.find(&end).with_context(|| format!("the page has no {end}"))?;
    Ok((&page[..start], &page[start..stop], &page[stop..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: &str = "tables";
    const PAGE: &str = "# Page\n\n<!-- tables -->\n\nold\n<!-- end of tables -->\n\nby hand\n";

    #[test]
    fn a_part_is_replaced_and_the_rest_stays() {
        let new = with(PAGE, PART, "\nnew\n\n").expect("the page has the part");
        assert_eq!(new, "# Page\n\n<!-- tables -->\n\nnew\n<!-- end of tables -->\n\nby hand\n");
        assert!(with("# Page\n", PART, "new").is_err());
        assert_eq!(parts(&new, PART).expect("the page has the part").1.trim(), "new");
    }
}
