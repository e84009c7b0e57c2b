//! A table, for a terminal or for a page.

/// A table with a heading.
pub(crate) struct Table {
    pub(crate) title: &'static str,
    /// What a reader has to know to read it.
    pub(crate) note: &'static str,
    pub(crate) head: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// With the columns under each other, and without the marks of Markdown.
    pub(crate) fn plain(&self) -> String {
        let rows: Vec<Vec<String>> =
            self.lines().map(|row| row.iter().map(|cell| bare(cell)).collect()).collect();
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
        };
        let widths: Vec<usize> = (0..self.head.len()).map(|column| width(column).unwrap_or(0)).collect();
        let mut text = format!("\n{}\n\n", self.title);
        for row in rows {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            text.push_str(&format!("  {}\n", cells.join("  ").trim_end()));
        }
        text
    }

    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("## {}\n\n{}\n\n", self.title, self.note);
        for (number, row) in self.lines().enumerate() {
            text.push_str(&format!("| {} |\n", row.join(" | ")));
            if number == 0 {
                text.push_str(&format!("|{}\n", "---|".repeat(self.head.len())));
            }
        }
        text
    }

    fn lines(&self) -> impl Iterator<Item = Vec<String>> + '_ {
        let head = self.head.iter().map(ToString::to_string).collect();
        std::iter::once(head).chain(self.rows.iter().cloned())
    }
}

fn bare(cell: &str) -> String {
    cell.replace(['`', '*'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let rows = vec![
            vec!["`usdt`".to_owned(), "0.10".to_owned()],
            vec!["**ours**".to_owned(), "0.05".to_owned()],
        ];
        Table { title: "Costs", note: "In ns.", head: vec!["peer", "cost"], rows }
    }

    #[test]
    fn columns_stand_under_each_other() {
        assert_eq!(table().plain(), "\nCosts\n\n  peer  cost\n  usdt  0.10\n  ours  0.05\n");
    }

    #[test]
    fn markdown_has_a_line_below_the_head() {
        let page =
            "## Costs\n\nIn ns.\n\n| peer | cost |\n|---|---|\n| `usdt` | 0.10 |\n| **ours** | 0.05 |\n";
        assert_eq!(table().markdown(), page);
    }
}
