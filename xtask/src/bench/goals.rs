//! What this project promises about its costs, held against what was measured.

use super::Results;
use super::attached::Attached;
use super::peers::{KINDS, Place};
use super::size::Layout;
use super::timing::Timed;
use crate::table::Table;

/// One promise.
pub(super) struct Goal {
    pub(super) promise: String,
    pub(super) measured: String,
    pub(super) kept: bool,
}

impl Goal {
    pub(super) fn new(promise: impl Into<String>, measured: String, kept: bool) -> Self {
        Self { promise: promise.into(), measured, kept }
    }
}

/// The goals and whether they were kept, if there are any.
pub(super) fn table(title: &'static str, goals: &[Goal]) -> Option<Table> {
    let row = |goal: &Goal| {
        let verdict = if goal.kept { "kept" } else { "**missed**" };
        vec![verdict.to_owned(), goal.promise.clone(), goal.measured.clone()]
    };
    let rows: Vec<_> = goals.iter().map(row).collect();
    let note = "Computed from the tables below.";
    (!rows.is_empty()).then(|| Table { title, note, head: vec!["", "goal", "measured"], rows })
}

/// Two loops may differ by this many nanoseconds though they cost the same: one slot of the processor, of six a cycle.
const NOISE: f64 = 0.05;

/// How far the fastest rounds of two attached loops that cost the same may lie apart.
const ATTACHED_NOISE: f64 = 25.0;

/// The goals that the measured parts can speak about.
pub(super) fn goals(results: &Results) -> Vec<Goal> {
    let disabled = KINDS.iter().filter_map(|(kind, title)| disabled(&results.disabled, kind, title));
    let attached = Place::ALL.into_iter().flat_map(|place| {
        let scripts = [(&results.counted, "count()"), (&results.texts, "str(arg0)")];
        scripts.into_iter().flat_map(move |(rows, action)| {
            KINDS.iter().filter_map(move |(kind, title)| attached(rows, place, kind, title, action))
        })
    });
    let json = Place::ALL.map(|place| json(results, place));
    let sizes = [size(results, Layout::Sites, "others"), size(results, Layout::LeafSites, "nothing")];
    let others = [hot(results), build(results)];
    disabled.chain(attached).chain(json.into_iter().chain(sizes).chain(others).flatten()).collect()
}

fn disabled(rows: &[Timed], kind: &str, title: &str) -> Option<Goal> {
    let of = |peer: &str| rows.iter().find(|row| row.peer == peer && row.kind == kind).map(|row| row.net);
    let (ours, c) = (of("ours")?, of("c_sema")?);
    let measured = format!("{:.2} ns, C {:.2} ns", ours.min, c.min);
    let promise = format!("disabled, {title}: as C with a semaphore or better, within {NOISE} ns");
    Some(Goal::new(promise, measured, ours.min <= c.min + NOISE))
}

fn attached(rows: &[Attached], place: Place, kind: &str, title: &str, action: &str) -> Option<Goal> {
    let of = |peer: &str| find(rows, place, peer, kind);
    let (ours, c) = (of("ours")?, of("c_sema")?);
    let (net, peer) = (ours.timed.net, c.timed.net);
    let measured = format!("{:.0} ns, C {:.0} ns", net.min, peer.min);
    let kept = ours.is_right() && net.min <= peer.min + ATTACHED_NOISE;
    let promise = format!(
        "attached in a {}, {title}, `{action}`: not slower than C with a semaphore, within {ATTACHED_NOISE:.0} ns",
        place.name()
    );
    Some(Goal::new(promise, measured, kept))
}

fn find<'a>(rows: &'a [Attached], place: Place, peer: &str, kind: &str) -> Option<&'a Attached> {
    rows.iter().find(|row| row.place == place && row.timed.peer == peer && row.timed.kind == kind)
}

fn hot(results: &Results) -> Option<Goal> {
    let ours = || results.sites.iter().filter(|site| site.peer.starts_with("ours"));
    let instructions = ours().map(|site| site.instructions).max()?;
    let bytes = ours().map(|site| site.bytes).max()?;
    let measured = format!("{instructions} instructions, {bytes} bytes");
    let kept = instructions <= 2 && bytes <= 10;
    Some(Goal::new("hot code: never more than 2 instructions and 10 bytes a site", measured, kept))
}

fn json(results: &Results, place: Place) -> Option<Goal> {
    let of = |rows: &[Attached], peer: &str| Some(find(rows, place, peer, "json")?.timed.net.min);
    let (ours, usdt) = (of(&results.counted, "ours")?, of(&results.counted, "usdt")?);
    let less = (1.0 - ours / usdt) * 100.0;
    let measured = format!("{ours:.0} ns, `usdt` {usdt:.0} ns: {less:.0} % less");
    Some(Goal::new(
        format!("attached in a {}, JSON: at least 15 % faster than `usdt`", place.name()),
        measured,
        less >= 15.0,
    ))
}

fn size(results: &Results, layout: Layout, place: &str) -> Option<Goal> {
    let of = |peer: &str| results.sizes.iter().find(|size| size.peer == peer && size.layout == layout);
    let (ours, usdt) = (of("ours")?.file, of("usdt")?.file);
    let measured = format!("{ours} B, `usdt` {usdt} B: {:.0} %", 100.0 * ours as f64 / usdt as f64);
    let goal =
        format!("1000 sites of one probe, in functions that call {place}: at most half of `usdt`'s bytes");
    Some(Goal::new(goal, measured, ours * 2 <= usdt))
}

fn build(results: &Results) -> Option<Goal> {
    let of = |peer: &str| results.builds.iter().find(|build| build.peer == peer);
    let (ours, usdt) = (of("ours")?.seconds, of("usdt")?.seconds);
    let times = usdt / ours;
    let measured = format!("{ours:.2} s, `usdt` {usdt:.1} s: {times:.1} times faster");
    Some(Goal::new("clean debug build: at least 15 times faster than `usdt`'s", measured, times >= 15.0))
}
