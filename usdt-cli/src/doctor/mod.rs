//! `usdt doctor`: what stands in the way of tracing, on this machine or in a binary, and what helps.
//!
//! Each check is a function from facts to a finding, so that a test can make the facts up.

mod facts;
mod file;
mod finding;
mod images;
mod machine;
mod tracers;
mod trial;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use self::facts::Facts;
use self::finding::{Finding, fails};
use crate::named;
use crate::select::Target;

/// What `usdt doctor --help` ends with.
const EXAMPLES: &str = "\
Examples:
  usdt doctor                     this machine, this user
  usdt doctor target/release/kv   the probes of a binary
  usdt doctor 1234                the probes of a running process
  usdt doctor --json              the same for programs

Exit code:
  1 if `usdt` can't trace here, or if firings of the binary's probes would be lost.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// A file, the number of a process, or a name; without it this machine is looked at.
    target: Option<Target>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let findings = match &args.target {
        None => of_machine(),
        Some(Target::File(path)) => file::findings(path)?,
        Some(Target::Process(pid)) => file::of_process(*pid)?,
        Some(Target::Named(name)) => of_name(name)?,
        Some(Target::Everything) => bail!("give a path, the number of a process, or a name"),
    };
    let is_well = !fails(&findings);
    let mut out = anstream::stdout();
    if args.json {
        let value = json!({ "ok": is_well, "findings": finding::json(&findings) });
        writeln!(out, "{value:#}")?;
    } else {
        out.write_all(finding::text(&findings).as_bytes())?;
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The processes of this name; if there are none, the program.
fn of_name(name: &str) -> Result<Vec<Finding>> {
    let pids = named::processes(name);
    if pids.is_empty() {
        let program = named::program_in_path(name);
        let program = program.with_context(|| format!("no process and no program is called {name}"))?;
        return file::findings(&program);
    }
    let mut findings: Vec<Finding> = Vec::new();
    for pid in pids {
        let new = file::of_process(pid)?;
        // They mostly run the same files.
        findings.extend(new.into_iter().filter(|finding| !findings.contains(finding)).collect::<Vec<_>>());
    }
    Ok(findings)
}

/// What stands in the way here. Whether something does is what the trial says: facts are there to explain it.
fn of_machine() -> Vec<Finding> {
    let trial = trial::finding();
    let works = !fails(std::slice::from_ref(&trial));
    let facts = Facts::read(works);
    let explained = machine::findings(&facts).into_iter().map(|finding| match finding.state {
        // It can't be as bad as it looks.
        finding::State::Fail if works => Finding { state: finding::State::Warn, ..finding },
        _ => finding,
    });
    let mut findings = vec![trial];
    findings.extend(explained);
    findings.extend(images::findings(&images::read(facts.user), facts.user));
    findings.extend(tracers::findings());
    findings
}
