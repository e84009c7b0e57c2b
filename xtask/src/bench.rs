//! `cargo xtask bench`: what a probe costs, ours and the peers' side by side, measured in one run.
//!
//! ```text
//! cargo xtask bench [--quick] [--write] [--only disabled,attached,bytes,size,build]
//! ```
//!
//! `--quick` does fewer rounds, `--write` puts the result into `docs/benchmarks.md`. `benches/peers` holds the loops
//! that are timed; it lies outside the workspace, so that nobody else builds the peers. `bench node`, `bench trace` and
//! `bench recorder` are other commands: see [`node`], [`trace`] and [`recorder`].

mod attached;
mod bytes;
mod clean;
mod goals;
mod machine;
pub(crate) mod node;
mod page;
mod peers;
pub(crate) mod recorder;
mod report;
mod size;
mod timing;
mod tools;
pub(crate) mod trace;

use anyhow::{Context, Result, bail};

use page::Part;

/// How long to measure.
#[derive(Clone, Copy)]
struct Effort {
    /// Rounds of the loops that nobody watches, and firings in each.
    disabled: (usize, u64),
    /// The same where every firing traps.
    attached: (usize, u64),
    /// Builds of each program, of which the fastest counts.
    builds: usize,
}

const FULL: Effort = Effort { disabled: (500, 100_000), attached: (60, 20_000), builds: 3 };
const QUICK: Effort = Effort { disabled: (100, 100_000), attached: (15, 10_000), builds: 1 };

const PARTS: [&str; 5] = ["disabled", "attached", "bytes", "size", "build"];

struct Options {
    effort: Effort,
    write: bool,
    parts: Vec<String>,
}

impl Options {
    fn parse(words: &[String]) -> Result<Self> {
        let mut options =
            Self { effort: FULL, write: false, parts: PARTS.iter().map(ToString::to_string).collect() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quick" => options.effort = QUICK,
                "--write" => options.write = true,
                "--only" => {
                    let parts = words.next().context("--only wants a list of parts")?;
                    options.parts = parts.split(',').map(str::to_owned).collect();
                }
                _ => bail!("usage: cargo xtask bench [--quick] [--write] [--only {}]", PARTS.join(",")),
            }
        }
        match options.parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
            Some(part) => bail!("no part is called `{part}`; there are {}", PARTS.join(", ")),
            None => Ok(options),
        }
    }

    fn wants(&self, part: &str) -> bool {
        self.parts.iter().any(|wanted| wanted == part)
    }
}

/// What was measured; a part that was not asked for is empty.
#[derive(Default)]
pub(crate) struct Results {
    disabled: Vec<timing::Timed>,
    counted: Vec<attached::Attached>,
    texts: Vec<attached::Attached>,
    sites: Vec<bytes::Hot>,
    sizes: Vec<size::Size>,
    builds: Vec<clean::Build>,
}

/// Measures what `words`, the arguments after `bench`, ask for.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let options = Options::parse(words)?;
    let results = measure(&options)?;
    let report = report::Report::new(&results, machine::Machine::describe(&["rustc", "gcc", "bpftrace"])?);
    print!("{}", report.plain());
    if options.write { page::write(Part::Rust, &report.markdown()) } else { Ok(()) }
}

fn measure(options: &Options) -> Result<Results> {
    let effort = options.effort;
    let mut results = Results::default();
    if ["disabled", "attached", "bytes"].iter().any(|part| options.wants(part)) {
        let peers = peers::Peers::build()?;
        if options.wants("bytes") {
            results.sites = bytes::measure(&peers)?;
        }
        if options.wants("disabled") {
            results.disabled = timing::measure(&peers, effort.disabled)?;
        }
        if options.wants("attached") {
            for place in peers::Place::ALL {
                let attached = |script| attached::measure(&peers, script, place, effort.attached);
                results.counted.extend(attached(attached::Script::Count)?);
                results.texts.extend(attached(attached::Script::Text)?);
            }
        }
    }
    if options.wants("size") {
        results.sizes = size::measure(effort.builds)?;
    }
    if options.wants("build") {
        results.builds = clean::measure(effort.builds)?;
    }
    Ok(results)
}
