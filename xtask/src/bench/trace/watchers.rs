//! Who watches: nobody, `usdt`, or bpftrace.

use std::time::Instant;

use anyhow::{Result, ensure};
use testkit::bpftrace::{Bpftrace, Session};

use super::command;
use super::program::{Pace, Program};

/// Who watches while the program fires as fast as it can.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Watcher {
    Nobody,
    UsdtShows,
    UsdtCounts,
    BpftraceShows,
    BpftraceCounts,
}

impl Watcher {
    pub(super) const ALL: [Self; 5] =
        [Self::Nobody, Self::UsdtShows, Self::BpftraceShows, Self::UsdtCounts, Self::BpftraceCounts];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::UsdtShows => "`usdt watch --json`",
            Self::BpftraceShows => "bpftrace: `printf` of number and text",
            Self::UsdtCounts => "`usdt watch --count`",
            Self::BpftraceCounts => "bpftrace: `count()`",
        }
    }

    /// Nanoseconds that a firing takes the program.
    pub(super) fn cost(self, program: &Program, millis: u64) -> Result<f64> {
        let fired = match self {
            Self::Nobody => program.run(Pace::Threads(1), millis)?,
            Self::UsdtShows => command::watch(program, &[], Pace::Threads(1), millis)?.fired,
            Self::UsdtCounts => {
                let run = command::watch(program, &["--count"], Pace::Threads(1), millis)?;
                ensure!(run.lost == 0, "a count has lost {}", run.lost);
                run.fired
            }
            Self::BpftraceShows => {
                let bpftrace = bpftrace(program, r#"printf("%lu %s\n", arg0, str(arg1));"#)?;
                let fired = program.run(Pace::Threads(1), millis)?;
                let output = bpftrace.finish()?;
                ensure!(output.lines.len() as u64 + output.lost == fired.count, "bpftrace has other numbers");
                fired
            }
            Self::BpftraceCounts => {
                let bpftrace = bpftrace(program, "@fired = count();")?;
                let fired = program.run(Pace::Threads(1), millis)?;
                ensure!(bpftrace.finish()?.count("@fired") == fired.count, "bpftrace counted something else");
                fired
            }
        };
        Ok(fired.nanos)
    }
}

fn bpftrace(program: &Program, action: &str) -> Result<Session> {
    Bpftrace::new().usdt(&program.path, "load:tick", action).start()
}

/// Milliseconds until bpftrace says that it has attached.
pub(super) fn attach_bpftrace(program: &Program) -> Result<f64> {
    let begin = Instant::now();
    let bpftrace = bpftrace(program, "@fired = count();")?;
    let attached = begin.elapsed();
    bpftrace.finish()?;
    Ok(attached.as_secs_f64() * 1e3)
}
