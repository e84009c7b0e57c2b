//! The command line of `usdt latency`.

use std::path::PathBuf;
use std::time::Duration;

use super::key::{KeyNames, PairedBy};
use super::table::Order;
use crate::arguments::duration;
use crate::condition::{self, Name};
use crate::options::Watching;
use crate::select::{Pattern, Target};

/// Time what happens between two probes.
///
/// A START and the DONE with the same --key are a pair; without --key, a DONE belongs to the latest START of its thread that
/// is not done yet. At the end, or with Ctrl-C, and meanwhile on a terminal: how long pairs took, as a histogram, percentiles
/// (exact to three digits), and by --by a table. What is not done by then is listed with its age.
#[derive(Debug, clap::Args)]
#[command(after_long_help = help())]
pub(crate) struct Args {
    /// A process id; the name of processes; the path of a program or a library, for every process that runs it, now or later;
    /// or `all`
    pub(super) target: Target,

    /// The probe that begins a pair: `provider:probe`, or `probe`; * and ? stand for what may vary, {a,b} for a or b
    pub(super) start: Pattern,

    /// The probe that ends it; if it is the same, pairs are from one firing to the next
    pub(super) done: Pattern,

    /// The argument that has the same value in both; START_ARG=DONE_ARG if they call it differently
    #[arg(short, long, value_name = "ARG")]
    pub(super) key: Option<KeyNames>,

    /// A key means the same in all processes: one starts it, and another is done with it
    #[arg(long, requires = "key")]
    pub(super) across: bool,

    /// A table by the value of this argument, of START or else of DONE (or by pid, tid, comm)
    #[arg(long, value_name = "ARG")]
    pub(super) by: Option<Name>,

    /// How many rows the table has; all other values share one more
    #[arg(long, value_name = "N", default_value_t = 10, requires = "by")]
    pub(super) top: usize,

    /// What the table is sorted by
    #[arg(long, value_name = "WHAT", default_value = "total", requires = "by")]
    pub(super) sort: Order,

    /// How long a pair may take: 5ms. Longer ones are late, and shown as they happen
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    pub(super) budget: Option<Duration>,

    /// Exit with 1 if a pair was late or not done in time, if firings were lost, or if there was no pair at all
    #[arg(long, requires = "budget")]
    pub(super) fail_late: bool,

    /// How many of those that are not done are listed at the end, the oldest first
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) unfinished: usize,

    /// Write a picture to this file: all times over time, as a heat map. It is private to its owner, and replaces one that is
    /// there
    #[arg(long, value_name = "FILE")]
    pub(super) svg: Option<PathBuf>,

    #[command(flatten)]
    pub(super) watching: Watching,
}

const EXAMPLES: &str = "\
Examples:
  usdt latency shop request-start request-done --key id --budget 5ms
      Requests that overlap, told apart by their id; each that is slower than 5ms is shown.
  usdt latency shop request-start request-done --key id --by path --for 30s --svg latency.svg
      By route, for half a minute, with a picture.
  usdt latency shop request-start 'request-{done,abandoned}' --key id -w 'status >= 500'
      How long failures take. A pair may end in several ways, and conditions may ask for arguments of both ends.
  usdt latency 1234 gc_begin gc_end
      Work that a thread does from begin to end.
  usdt latency 1234 tick tick
      From one firing to the next.
  usdt latency all job-queued job-run --key job --across
      Jobs that one process queues and another runs.
  usdt latency ./shop request-start request-done --key id --budget 50ms --fail-late -- ./shop --self-test
      In CI: a late request fails the test.

What is no pair is counted: a DONE without a START (it began before), a START whose key starts again (the first was never \
done), and starts that were forgotten, since more than a million were open at a time. Rows of a table are limited as well: \
values that come when there are 512 share a row, (others).

JSON:
  A pair: {\"type\":\"pair\",\"nanoseconds\":…,\"late_by\":…,\"start\":{…},\"done\":{…}}, with late_by only if it is late. start \
and done are what `usdt watch --json` shows of the two firings.
  The summary: {\"type\":\"summary\",\"seconds\":…,\"pairs\":…,\"total\":…,\"p50\":…,\"p90\":…,\"p99\":…,\"p99.9\":…,\"max\":…} \
with budget, late, overdue (not done, and late already), unfinished, oldest, without_start, started_again, forgotten, \
without_key, lost (by probe), by and rows. Times are nanoseconds, all but seconds.

Ending:
  Ctrl-C ends it, and so do --max, --for, and the end of the process whose id was given. With CMD, Ctrl-C reaches CMD as \
well, and usdt measures until CMD has ended.
  The exit code is that of CMD if it failed; 1 with --fail-late as that says, or if nothing could be watched; 2 if the \
command line is wrong; else 0.";

fn help() -> String {
    format!("{EXAMPLES}\n\n{}", condition::HELP)
}

impl Args {
    pub(super) fn paired_by(&self) -> PairedBy {
        match &self.key {
            Some(names) => PairedBy::Key { names: names.clone(), across: self.across },
            None => PairedBy::Thread,
        }
    }

    pub(super) fn budget_nanos(&self) -> Option<u64> {
        self.budget.map(|budget| u64::try_from(budget.as_nanos()).unwrap_or(u64::MAX))
    }
}
