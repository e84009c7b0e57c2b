//! A tally as a table.

use anstyle::Style;

use super::tally::Tally;
use crate::printable::{self, printable};
use crate::terminal::{FAINT, NAME, STRONG, paint};

/// A heading, and a line for each row, the most frequent first: how often, what, and with which value.
pub(super) fn lines(tally: &Tally) -> Vec<String> {
    let mut table = vec![Line {
        firings: "firings".to_owned(),
        probe: "probe".to_owned(),
        value: tally.by().map(|by| printable(&by.to_string()).into_owned()),
    }];
    table.extend(tally.rows().into_iter().map(|row| Line {
        firings: row.firings.to_string(),
        probe: printable(&row.probe.full_name()).into_owned(),
        value: row.value.as_ref().map(printable::read),
    }));
    let widest =
        |cell: fn(&Line) -> &str| table.iter().map(|line| cell(line).chars().count()).max().unwrap_or(0);
    let widths = (widest(|line| &line.firings), widest(|line| &line.probe));
    let rows = table.iter().enumerate();
    rows.map(|(i, line)| line.paint(widths, if i == 0 { HEADING } else { ROW })).collect()
}

const HEADING: [Style; 3] = [FAINT; 3];
const ROW: [Style; 3] = [STRONG, NAME, Style::new()];

struct Line {
    firings: String,
    probe: String,
    value: Option<String>,
}

impl Line {
    fn paint(&self, (firings, probe): (usize, usize), styles: [Style; 3]) -> String {
        let count = paint(styles[0], format_args!("{:>firings$}", self.firings));
        match &self.value {
            None => format!("{count}  {}", paint(styles[1], &self.probe)),
            Some(value) => {
                let name = paint(styles[1], format_args!("{:<probe$}", self.probe));
                format!("{count}  {name}  {}", paint(styles[2], value))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use usdt_trace::{Read, Value};

    use super::*;
    use crate::condition::Name;
    use crate::sample;

    fn plain(lines: &[String]) -> Vec<String> {
        lines.iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect()
    }

    fn by_path() -> Tally {
        let mut tally = Tally::new(Some(Name::of("path")));
        let mut event = sample::event();
        for (path, times) in [("/a", 1), ("/b\u{1b}", 12)] {
            event.values[2] = Read::exact(Value::Text(path.to_owned()));
            (0..times).for_each(|_| tally.add(&event, "shop"));
        }
        tally.add(&sample::firing(&sample::operands("c", "d", 0), []), "shop");
        tally
    }

    #[test]
    fn columns_are_aligned() {
        let mut tally = Tally::new(None);
        tally.set(&[(sample::done(), 12_345_678), (sample::operands("a", "b", 1), 3)]);
        assert_eq!(
            plain(&lines(&tally)),
            [" firings  probe", "12345678  orders:request_done", "       3  a:b"]
        );
        assert_eq!(
            plain(&lines(&by_path())),
            [
                "firings  probe                path",
                r#"     12  orders:request_done  "/b\u{1b}""#,
                r#"      1  orders:request_done  "/a""#,
                "      1  c:d",
            ]
        );
    }
}
