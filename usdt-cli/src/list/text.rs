//! What people see: a title for each file or process, and a line for each of its probes.

use usdt_trace::{Probe, Site};

use super::group::{Group, Run};
use crate::terminal::{BAD, FAINT, GOOD, NAME, STRONG, paint};
use crate::width::{cut, wide};

/// A signature that is longer stands alone on the left: the others need not be moved for it.
const WIDEST: usize = 60;
/// How many processes of a file are named.
const NAMED: usize = 4;

pub(super) fn lines(groups: &[Group], long: bool, width: Option<usize>) -> Vec<String> {
    let mut lines = Vec::new();
    for group in groups {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(title(group));
        let widest =
            group.probes.iter().map(|probe| wide(&probe.to_string())).filter(|&it| it <= WIDEST).max();
        for (i, probe) in group.probes.iter().enumerate() {
            lines.push(line(group, i, widest.unwrap_or(0), if long { None } else { width }));
            if long {
                lines.extend(probe.sites.iter().flat_map(site));
            }
        }
    }
    lines
}

fn title(group: &Group) -> String {
    let file = paint(STRONG, group.file.display());
    let name = |run: &Run| format!("{} {}", run.pid, run.name);
    match &group.runs[..] {
        [] => file,
        runs => {
            let mut names: Vec<String> = runs.iter().take(NAMED).map(name).collect();
            if runs.len() > NAMED {
                names.push(format!("and {} more", runs.len() - NAMED));
            }
            format!("{file}  {}", paint(FAINT, names.join(", ")))
        }
    }
}

/// `  orders:request_start(id: u64, path: str)  2 sites  watched  A request was accepted.`
fn line(group: &Group, i: usize, widest: usize, width: Option<usize>) -> String {
    let probe = &group.probes[i];
    let mut used = 2 + wide(&probe.to_string());
    let gap = (2 + widest).saturating_sub(used);
    let mut line = format!("  {}", signature(probe));
    let mut add = |text: &str, style, is_first: bool| {
        let gap = 2 + if is_first { gap } else { 0 };
        let room = width.map_or(usize::MAX, |width| width.saturating_sub(used + gap));
        let text = shortened(text, room);
        if !text.is_empty() {
            used += gap + wide(&text);
            line.push_str(&format!("{:gap$}{}", "", paint(style, text)));
        }
    };
    let mut notes = Vec::new();
    if probe.sites.len() > 1 {
        notes.push((format!("{} sites", probe.sites.len()), FAINT));
    }
    match group.tracers(i) {
        0 => {}
        1 => notes.push(("watched".to_owned(), GOOD)),
        n => notes.push((format!("watched by {n}"), GOOD)),
    }
    if group.is_recorded(i) {
        notes.push(("recorded".to_owned(), GOOD));
    }
    if !probe.doc.is_empty() {
        notes.push((probe.doc.clone(), FAINT));
    }
    for (n, (text, style)) in notes.iter().enumerate() {
        add(text, *style, n == 0);
    }
    line
}

fn signature(probe: &Probe) -> String {
    let whole = probe.to_string();
    let name = probe.full_name();
    format!("{}{}", paint(NAME, &name), &whole[name.len()..])
}

/// `      0x117a at byte 0x117a, semaphore 0x4010: 8@%rdi -4@%esi`, and below it the operands that can't be read.
fn site(site: &Site) -> impl Iterator<Item = String> + '_ {
    let offset = site.offset.map(|offset| format!(" at byte {offset:#x}")).unwrap_or_default();
    let semaphore = site.semaphore.map(|it| format!(", semaphore {:#x}", it.address)).unwrap_or_default();
    let operands = if site.text.is_empty() { String::new() } else { format!(": {}", site.text) };
    let place = paint(FAINT, format!("      {:#x}{offset}{semaphore}{operands}", site.address));
    let errors = site.operands.iter().filter_map(|operand| operand.as_ref().err());
    std::iter::once(place).chain(errors.map(|error| format!("        {}", paint(BAD, error))))
}

/// At most so many columns of a text; nothing if not even a word has room.
fn shortened(text: &str, room: usize) -> String {
    if room < 8 && wide(text) > room { String::new() } else { cut(text, room) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use usdt_core::model::Architecture;
    use usdt_trace::find::Watched;
    use usdt_trace::{Arg, Kind, Object};

    use super::*;

    fn group(watched: &[(u16, bool)]) -> Group {
        let object = Arc::new(Object {
            path: "/bin/shop".into(),
            open: "/bin/shop".into(),
            identity: (1, 2),
            architecture: Architecture::X86_64,
            build_id: Vec::new(),
        });
        let arg = Arg {
            name: "id".to_owned(),
            kind: Kind::Described(usdt_core::model::ArgType::U64),
            spelling: "u64".to_owned(),
        };
        let site = Site {
            address: 0x1234,
            offset: Some(0x234),
            semaphore: None,
            operands: Vec::new(),
            text: "8@%rdi".into(),
        };
        let probe = |name: &str, doc: &str, sites: usize| {
            Arc::new(Probe {
                object: Arc::clone(&object),
                provider: "shop".to_owned(),
                name: name.to_owned(),
                doc: doc.to_owned(),
                args: vec![arg.clone()],
                sites: vec![site.clone(); sites],
            })
        };
        let run = |(pid, &(tracers, is_recorded)): (u32, &(u16, bool))| Run {
            pid,
            name: "shop".to_owned(),
            program: "/bin/shop".into(),
            bias: 0,
            watched: vec![Some(Watched { tracers, is_recorded }), None],
        };
        Group {
            file: Path::new("/bin/shop").to_owned(),
            runs: (1..).zip(watched).map(run).collect(),
            probes: vec![probe("sold", "A loaf was sold, and paid for.", 2), probe("closed", "", 1)],
        }
    }

    /// Without styles, as where there is no terminal.
    fn plain(groups: &[Group], long: bool, width: Option<usize>) -> Vec<String> {
        lines(groups, long, width).iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect()
    }

    #[test]
    fn what_is_behind_the_signatures_is_aligned() {
        assert_eq!(
            plain(&[group(&[])], false, None),
            [
                "/bin/shop",
                "  shop:sold(id: u64)    2 sites  A loaf was sold, and paid for.",
                "  shop:closed(id: u64)"
            ]
        );
        assert_eq!(
            plain(&[group(&[]), group(&[])], true, None)[2..6],
            [
                "      0x1234 at byte 0x234: 8@%rdi",
                "      0x1234 at byte 0x234: 8@%rdi",
                "  shop:closed(id: u64)",
                "      0x1234 at byte 0x234: 8@%rdi",
            ]
        );
    }

    #[test]
    fn a_doc_is_cut_where_the_terminal_ends() {
        let line = |width| plain(&[group(&[])], false, Some(width)).remove(1);
        assert_eq!(line(50), "  shop:sold(id: u64)    2 sites  A loaf was sold,…");
        assert_eq!(line(64), "  shop:sold(id: u64)    2 sites  A loaf was sold, and paid for.");
        assert_eq!(line(38), "  shop:sold(id: u64)    2 sites");
        // A signature is never cut.
        assert_eq!(line(5), "  shop:sold(id: u64)");
    }

    #[test]
    fn a_title_names_a_few_of_the_processes() {
        let titles = |watched: &[(u16, bool)]| plain(&[group(watched)], false, None)[..2].to_vec();
        assert_eq!(
            titles(&[(0, false), (2, false)]),
            [
                "/bin/shop  1 shop, 2 shop",
                "  shop:sold(id: u64)    2 sites  watched by 2  A loaf was sold, and paid for."
            ]
        );
        assert_eq!(titles(&[(1, false); 6])[0], "/bin/shop  1 shop, 2 shop, 3 shop, 4 shop, and 2 more");
    }

    #[test]
    fn a_line_says_who_is_told() {
        let line = |watched: &[(u16, bool)]| plain(&[group(watched)], false, None).remove(1);
        let with =
            |told: &str| format!("  shop:sold(id: u64)    2 sites  {told}A loaf was sold, and paid for.");
        assert_eq!(line(&[(0, false)]), with(""));
        assert_eq!(line(&[(0, false), (0, true)]), with("recorded  "));
        assert_eq!(line(&[(1, true)]), with("watched  recorded  "));
    }
}
