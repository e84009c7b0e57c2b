//! The program in `benches/peers`, and who is in it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::tools::{cargo, finish, progress, root, workshop};

/// What a probe takes, in the order of the tables.
pub(super) const KINDS: [(&str, &str); 4] =
    [("none", "no argument"), ("two", "2 integers"), ("text", "a string"), ("json", "JSON")];

/// How the tables call a peer.
pub(super) fn title(peer: &str) -> &str {
    match peer {
        "c" => "C `sys/sdt.h`",
        "c_sema" => "C `sys/sdt.h`, semaphore",
        "probe" => "`probe!`",
        "probe_lazy" => "`probe_lazy!`",
        "usdt" => "`usdt`",
        "ours" => "**usdt-probes**",
        "ours_with" => "**usdt-probes**, `_with`",
        other => other,
    }
}

/// Where the site is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    /// In the loop that is timed.
    Loop,
    /// In a function that the loop calls, as the sites of real programs are.
    Function,
}

impl Place {
    pub(super) const ALL: [Self; 2] = [Self::Loop, Self::Function];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Loop => "loop",
            Self::Function => "function",
        }
    }
}

/// Each loop starts on a line of the cache, in Rust as in C, so that no peer profits from where its loop happens to lie.
const ALIGNED: &str = "-Cllvm-args=-align-all-functions=6 -Cllvm-args=-align-loops=64";

/// One probe of one peer, as `peers list` tells.
pub(super) struct Case {
    pub(super) peer: String,
    pub(super) kind: String,
    /// The function that holds its site alone.
    pub(super) symbol: String,
}

/// The program, built.
pub(super) struct Peers {
    pub(super) program: PathBuf,
}

impl Peers {
    pub(super) fn build() -> Result<Self> {
        progress("building benches/peers");
        let target = workshop().join("peers");
        let mut build = cargo(&root().join("benches/peers"), &target);
        finish(build.args(["build", "--release", "--locked"]).env("RUSTFLAGS", ALIGNED))?;
        Ok(Self { program: target.join("release/peers") })
    }

    pub(super) fn cases(&self) -> Result<Vec<Case>> {
        let (answer, _) = finish(Command::new(&self.program).arg("list"))?;
        let text = |row: &Value, name: &str| Some(row.get(name)?.as_str()?.to_owned());
        let case = |row: &Value| {
            Some(Case { peer: text(row, "peer")?, kind: text(row, "kind")?, symbol: text(row, "symbol")? })
        };
        let rows: Vec<Value> = serde_json::from_str(&answer)?;
        rows.iter().map(|row| case(row).context("a row of `peers list` lacks a field")).collect()
    }

    /// The program about to time its loops, as soon as it reads a line.
    pub(super) fn time(&self, (rounds, firings): (usize, u64), kinds: &str, place: Place) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["time", &firings.to_string(), &rounds.to_string(), kinds, place.name()]);
        command
    }
}
