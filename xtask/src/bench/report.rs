//! The numbers as tables, and as the page `docs/benchmarks.md`.

use super::Results;
use super::attached::Attached;
use super::clean::Build;
use super::goals::{self, Goal};
use super::machine::Machine;
use super::peers::{KINDS, Place, title};
use super::size::{Layout, Size};
use super::timing::{Spread, Timed};
use crate::table::Table;

pub(super) struct Report {
    machine: Machine,
    tables: Vec<Table>,
    goals: Vec<Goal>,
}

const INTRODUCTION: &str = "\
What a probe costs, ours beside the peers': C's `sys/sdt.h`, the crates `probe` 0.5 and `usdt` 0.6. `cargo xtask bench
--write` measures all of it anew and writes the page up to [Node](#node), which has a command of its own.

The loops are one program (`benches/peers`), built with `-O3` and `gcc -O2`. All have one shape: 20 `nop`s, which take
the slots in which a modern processor would hide a site, the arguments in registers, the site. Each begins on a line of
the cache. Rounds are interleaved: each runs every loop once, in an order of its own, so that whatever disturbs the
machine disturbs all peers alike. The same loop without a probe is subtracted. **The fastest round is what counts**;
the median and the 90th percentile (the fastest round plus the distance to it) say how noisy the machine was. A disabled
figure is good to about 0.05 ns, one slot of the processor; an attached one to some 20 ns, and on a busy machine less.
In a real loop, which leaves slots free, a disabled site usually costs nothing that can be measured.

The attached figures exist twice: with the site in a function that the loop calls, as the sites of real programs are, and
with the site in the loop itself. On the machine of this page the first `ret` to a caller from before the trap takes some
250 ns, once a trap and however deep the calls (a `pop` and a `jmp` in its place don't: most likely the processor mispredicts
it). Our sites of numbers jump to the nop and back and don't meet it; those of text and JSON fire in a function of their own
and meet it in the loop too; the peers' sites meet it where the function around them returns.
";

impl Report {
    pub(super) fn new(results: &Results, machine: Machine) -> Self {
        let tables = [
            disabled(&results.disabled),
            attached("Attached in a function, `count()`", Place::Function, &results.counted),
            attached("Attached in a function, `str(arg0)`", Place::Function, &results.texts),
            attached("Attached in a loop, `count()`", Place::Loop, &results.counted),
            attached("Attached in a loop, `str(arg0)`", Place::Loop, &results.texts),
            sites(results),
            sizes("1000 sites of one probe, in functions that call others", Layout::Sites, &results.sizes),
            sizes(
                "1000 sites of one probe, in functions that call nothing",
                Layout::LeafSites,
                &results.sizes,
            ),
            sizes("1000 probes with one site each", Layout::Probes, &results.sizes),
            builds(&results.builds),
        ];
        let tables = tables.into_iter().filter(|table| !table.rows.is_empty()).collect();
        Self { machine, tables, goals: goals::goals(results) }
    }

    pub(super) fn plain(&self) -> String {
        let tables = self.tables.iter().map(Table::plain);
        let goals = self.goals_table().map(|table| table.plain());
        self.machine.plain() + &tables.chain(goals).collect::<String>()
    }

    pub(super) fn markdown(&self) -> String {
        let head = format!("# Benchmarks\n\n{INTRODUCTION}\n{}", self.machine.markdown());
        let tables = self.goals_table().into_iter().map(|table| table.markdown());
        let tables = tables.chain(self.tables.iter().map(Table::markdown));
        tables.fold(head, |page, table| page + "\n" + &table)
    }

    fn goals_table(&self) -> Option<Table> {
        goals::table("Goals", &self.goals)
    }
}

/// Who is one of the peers, and not us.
fn is_peer(name: &str) -> bool {
    !name.starts_with("ours") && name != "none"
}

/// `value` against the best of the peers.
fn ratio(value: f64, peers: impl Iterator<Item = f64>) -> String {
    let best = peers.fold(f64::INFINITY, f64::min);
    if best.is_finite() && best > 0.0 { format!("{:.2}", value / best) } else { "–".to_owned() }
}

fn kind_title(kind: &str) -> &str {
    KINDS.iter().find(|(name, _)| *name == kind).map_or(kind, |(_, title)| title)
}

/// The rows of one table: by kind, and in it as they came.
fn by_kind<'a, T>(rows: &'a [T], kind_of: impl Fn(&T) -> &str + 'a) -> Vec<&'a T> {
    KINDS
        .iter()
        .flat_map(|(kind, _)| rows.iter().filter(|row| kind_of(row) == *kind).collect::<Vec<_>>())
        .collect()
}

fn disabled(rows: &[Timed]) -> Table {
    let cells = |row: &&Timed| {
        let Spread { min, median, p90 } = row.net;
        let peer = title(&row.peer).to_owned();
        vec![
            kind_title(&row.kind).to_owned(),
            peer,
            format!("{min:.2}"),
            format!("{median:.2}"),
            format!("{p90:.2}"),
        ]
    };
    Table {
        title: "Disabled",
        note: "Nanoseconds a site while nobody watches, without the empty loop. There are no ratios: most of these \
               figures are within the noise of each other.",
        head: vec!["arguments", "peer", "ns", "median", "p90"],
        rows: by_kind(rows, |row| &row.kind).iter().map(cells).collect(),
    }
}

fn attached(heading: &'static str, place: Place, rows: &[Attached]) -> Table {
    let rows: Vec<&Attached> = rows.iter().filter(|row| row.place == place).collect();
    let cells = |row: &&&Attached| {
        let Spread { min, median, p90 } = row.timed.net;
        let alike =
            rows.iter().filter(|other| other.timed.kind == row.timed.kind && is_peer(&other.timed.peer));
        let count = if row.is_right() {
            "all".to_owned()
        } else {
            format!("**wrong: {} of {}**", row.seen, row.fired)
        };
        vec![
            kind_title(&row.timed.kind).to_owned(),
            title(&row.timed.peer).to_owned(),
            format!("{min:.0}"),
            format!("{median:.0}"),
            format!("{p90:.0}"),
            ratio(min, alike.map(|other| other.timed.net.min)),
            count,
        ]
    };
    Table {
        title: heading,
        note: "Nanoseconds a firing while bpftrace watches, attached by path to the running program; the trap itself is \
               most of it. *seen* compares the tracer's count with the firings; for strings and JSON it also reads the \
               text where the title says so, and counts only the right one.",
        head: vec!["arguments", "peer", "ns", "median", "p90", "to the best peer", "seen"],
        rows: by_kind(&rows, |row| &row.timed.kind).iter().map(cells).collect(),
    }
}

fn sites(results: &Results) -> Table {
    let rows = by_kind(&results.sites, |site| &site.kind).into_iter().map(|site| {
        vec![
            kind_title(&site.kind).to_owned(),
            title(&site.peer).to_owned(),
            site.instructions.to_string(),
            site.bytes.to_string(),
            if site.jumps { "taken" } else { "" }.to_owned(),
            site.beside.to_string(),
        ]
    });
    Table {
        title: "Hot code",
        note: "The instructions that a site adds to the way that is walked while nobody watches, from the disassembly of \
               a function that holds nothing else; *beside* are the other bytes of that function.",
        head: vec!["arguments", "peer", "instructions", "bytes", "jump", "beside"],
        rows: rows.collect(),
    }
}

fn size_title(peer: &str) -> &str {
    match peer {
        "none" => "no probe",
        "ours_undescribed" => "**usdt-probes**, `--cfg usdt_probes_undescribed`",
        "ours_json" => "**usdt-probes**, feature `json`",
        other => title(other),
    }
}

fn sizes(title: &'static str, layout: Layout, sizes: &[Size]) -> Table {
    let alike = || sizes.iter().filter(|size| size.layout == layout);
    let cells = |size: &Size| {
        let best = alike().filter(|size| is_peer(size.peer)).map(|size| size.file as f64);
        let compared = if size.peer == "none" { String::new() } else { ratio(size.file as f64, best) };
        vec![
            size_title(size.peer).to_owned(),
            size.file.to_string(),
            size.stripped.to_string(),
            compared,
            size.notes.to_string(),
            format!("{:.2}", size.compile),
        ]
    };
    Table {
        title,
        note: "Bytes that the program's file grows by against the same program without probes, as built and stripped; \
               stapsdt notes in it; seconds to compile and link the crate that holds the sites (release).",
        head: vec!["peer", "bytes", "stripped", "to the best peer", "notes", "compile, s"],
        rows: alike().map(cells).collect(),
    }
}

fn builds(builds: &[Build]) -> Table {
    let cells = |build: &Build| {
        let best = builds.iter().filter(|build| is_peer(build.peer)).map(|build| build.seconds);
        let compared = if build.peer == "none" { String::new() } else { ratio(build.seconds, best) };
        vec![
            size_title(build.peer).to_owned(),
            format!("{:.2}", build.seconds),
            compared,
            build.crates.to_string(),
        ]
    };
    Table {
        title: "Clean debug build",
        note: "A program with one probe, built into an empty target directory, its sources at hand; crates compiled, \
               the program's own among them.",
        head: vec!["peer", "seconds", "to the best peer", "crates"],
        rows: builds.iter().map(cells).collect(),
    }
}
