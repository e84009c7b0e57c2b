//! `cargo xtask tracers`: what each tracer lists, sees and shows of each kind of program, measured, and the page about it.
//!
//! ```text
//! cargo xtask tracers [--write]
//! ```
//!
//! Every cell of the tables comes from a run. Only the reasons for each "no" are written by hand, in [`reasons`]: a "no"
//! without a reason is an error, and so is a reason for what works. Without `--write` the tables are compared with those in
//! `docs/tracers.md`, and anything but another version is an error.

mod answer;
mod kinds;
mod node;
mod page;
mod program;
mod reasons;
mod report;
mod subjects;
mod suite;
mod typed;

use anyhow::{Result, bail, ensure};

use crate::setup;

/// Measures, prints, and compares with the page or writes it, as `words`, the arguments after `tracers`, ask for.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let write = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--write"] => true,
        _ => bail!("usage: cargo xtask tracers [--write]"),
    };
    ensure!(rustix::process::geteuid().is_root(), "only root may attach tracers: sudo cargo xtask tracers");
    setup::tracing()?;
    let toolbox = setup::toolbox()?;
    let measured = suite::measure(&toolbox)?;
    print!("{}", report::plain(&measured));
    reasons::check(&measured)?;
    if write { page::write(&measured) } else { page::compare(&measured) }
}

/// Says what is being measured, which takes a while.
fn progress(what: &str) {
    eprintln!("tracers: {what}");
}
