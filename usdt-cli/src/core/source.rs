//! What was named: a core dump, or a process, with the recorders in it.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use usdt_trace::recorded::{Core, Died, Living, Recording, recordings};

use crate::printable::printable;
use crate::processes::Processes;

/// What the command line names. A number is a process; a file of that name is `./17`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    File(PathBuf),
    Process(u32),
}

impl FromStr for Name {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Name, Infallible> {
        Ok(text.parse().map_or_else(|_| Name::File(text.into()), Name::Process))
    }
}

/// All that was read of it.
#[derive(Debug)]
pub(super) struct Source {
    named: Name,
    /// What the process is called; `?` if nobody says.
    pub(super) name: String,
    /// What the core says of the end; nothing of a process that lives.
    pub(super) died: Option<Died>,
    /// Whether the core ends before it should.
    pub(super) is_cut: bool,
    pub(super) recordings: Vec<Recording>,
}

impl Source {
    pub(super) fn open(named: &Name) -> anyhow::Result<Source> {
        Ok(match named {
            Name::File(path) => {
                let core = Core::open(path)?;
                let died = core.died().clone();
                Source {
                    named: named.clone(),
                    name: died.name.clone().unwrap_or_else(|| "?".to_owned()),
                    died: Some(died),
                    is_cut: core.is_cut(),
                    recordings: recordings(&core),
                }
            }
            Name::Process(pid) => Source {
                recordings: recordings(&Living::open(*pid)?),
                named: named.clone(),
                name: Processes::default().name(*pid).to_owned(),
                died: None,
                is_cut: false,
            },
        })
    }

    /// Why there is nothing to show.
    pub(super) fn without_recorder(&self) -> String {
        match &self.named {
            Name::File(path) => {
                let path = path.to_string_lossy();
                let cut = if self.is_cut { ", as far as it goes: it is cut off" } else { "" };
                format!("no recorder in {}{cut}: the program has to start one", printable(&path))
            }
            Name::Process(pid) => format!("no recorder in process {pid}: the program has to start one"),
        }
    }
}
