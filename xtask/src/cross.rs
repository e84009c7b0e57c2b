//! `cargo xtask cross`: what can be known of systems that are not here.
//!
//! ```text
//! cargo xtask cross [--write]
//! ```
//!
//! The crates are type-checked for systems that have DTrace, a program with every kind of probe is linked for them, and the
//! file is inspected: the records of its probes, and the instructions at each site. It takes a quarter of an hour or more, since
//! a standard library is built for each system and profile. `--write` puts the result into `docs/platforms.md`.

mod binary;
mod build;
mod inspect;
mod page;
mod records;
mod report;
mod system;

use std::process::Command;

use anyhow::{Result, bail};

use crate::setup::{self, step};
use build::{Builder, CHECKED, PROFILES};
use report::Outcome;
use system::{SYSTEMS, System};
use testkit::toolbox::Toolbox;

/// Does all of it, as `words`, the arguments after `cross`, ask for.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let write = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--write"] => true,
        _ => bail!("usage: cargo xtask cross [--write]"),
    };
    let (toolbox, zig) = (setup::toolbox()?, setup::zig()?);
    let tools = tools(&toolbox, &zig)?;
    let builder = Builder::new(toolbox, zig)?;
    let outcomes: Vec<Outcome> = SYSTEMS.iter().map(|system| one(&builder, system)).collect::<Result<_>>()?;
    print!("{}", report::plain(&outcomes, &tools));
    if write { page::write(&report::markdown(&outcomes, &tools)) } else { Ok(()) }
}

/// Everything for one system.
fn one(builder: &Builder, system: &'static System) -> Result<Outcome> {
    println!("\n==> {}", system.target);
    for (package, features) in CHECKED {
        builder.check(system, package, features)?;
    }
    let places = PROFILES.iter().map(|profile| inspect::program(&builder.program(system, profile)?, system));
    let places = places.collect::<Result<_>>()?;
    let addon = system.is_linked_whole();
    if addon {
        inspect::addon(&builder.addon(system)?, system)?;
    }
    Ok(Outcome { system, places, addon })
}

/// The versions of the compiler and the linkers, and the day.
fn tools(toolbox: &Toolbox, zig: &std::path::Path) -> Result<String> {
    let version = |what: &str, command: &mut Command| {
        Ok::<_, anyhow::Error>(step::run(what, command)?.trim().to_owned())
    };
    let rustc = version("ask rustc for its version", toolbox.command("rustc", &[]).arg("--version"))?;
    let lld = version("ask lld for its version", toolbox.command("ld.lld", &[]).arg("--version"))?;
    let zig = version("ask zig for its version", Command::new(zig).arg("version"))?;
    let day = version("ask for the day", Command::new("date").args(["--utc", "+%F"]))?;
    Ok(format!("{rustc}, zig {zig} and {lld}, on {day}"))
}
