//! What a script is written about: the probes, where their files are, and whom it watches.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use usdt_core::stapsdt::operand::Width;
use usdt_trace::{Kind, Probe};

use super::values::{Field, fields};
use super::words::is_plain;

/// What a script is written about.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// The probes, of which there is at least one.
    pub(super) probes: Vec<Chosen>,
    /// The process, if it is one.
    pub(super) process: Option<u32>,
    /// How many probes have names that no script may hold.
    pub(super) refused: usize,
}

/// A probe, and a path that a tracer finds its file by.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    pub(super) probe: Arc<Probe>,
    pub(super) path: PathBuf,
}

impl Source {
    /// Those of the probes whose names may stand in a script.
    ///
    /// # Errors
    ///
    /// If there are none.
    pub(super) fn new(probes: Vec<Arc<Probe>>, process: Option<u32>) -> Result<Source> {
        let all = probes.len();
        let named = |probe: &Arc<Probe>| is_plain(&probe.provider) && is_plain(&probe.name);
        let chosen = |probe: Arc<Probe>| Chosen { path: path_of(&probe), probe };
        let probes: Vec<Chosen> = probes.into_iter().filter(named).map(chosen).collect();
        if probes.is_empty() {
            bail!("the probes' names have characters that can't stand in a script");
        }
        Ok(Source { refused: all - probes.len(), probes, process })
    }

    /// The first line of the script's head.
    pub(super) fn title(&self, tracer: &str) -> String {
        let probes = if self.probes.len() == 1 { "a probe" } else { "probes" };
        format!("Shows the firings of {probes}. Written by `usdt script {tracer}`; FILE is this file.")
    }

    /// The fields of all probes.
    pub(super) fn fields(&self) -> impl Iterator<Item = Field> {
        self.probes.iter().flat_map(|chosen| fields(&chosen.probe))
    }

    /// Whether there is a number that may be the address of text.
    pub(super) fn has_undescribed(&self) -> bool {
        let args = self.probes.iter().flat_map(|chosen| &chosen.probe.args);
        args.into_iter().any(|arg| matches!(arg.kind, Kind::Operand(Width { bytes: 8, .. })))
    }

    /// A line about what is not in the script.
    pub(super) fn left_out(&self) -> Option<String> {
        let refused = self.refused;
        (refused > 0)
            .then(|| format!("Left out: {refused} whose names have characters that can't stand in a script."))
    }

    /// Probes of `/usr/bin/kv`.
    #[cfg(test)]
    pub(super) fn of_file(probes: Vec<Arc<Probe>>) -> Source {
        Source::new(probes, None).unwrap()
    }
}

/// The path that people know, if it leads to the file from here too: tracers that come later find it, and it is read more
/// easily. Otherwise the one by which it was opened.
fn path_of(probe: &Probe) -> PathBuf {
    let object = &probe.object;
    let is_here =
        rustix::fs::stat(&object.path).is_ok_and(|stat| (stat.st_dev, stat.st_ino) == object.identity);
    let path = if is_here { &object.path } else { &object.open };
    // A script may be run elsewhere.
    std::path::absolute(path).unwrap_or_else(|_| path.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::sample;

    #[test]
    fn a_name_with_meaning_is_left_out_and_counted() {
        let probes = vec![
            sample::probe("shop", "sold", "", &[]),
            sample::probe("shop { system(\"id\") }", "sold", "", &[]),
            sample::probe("shop", "$(id)", "", &[]),
        ];
        let source = Source::new(probes.clone(), None).unwrap();
        assert_eq!((source.probes.len(), source.refused), (1, 2));
        assert!(Source::new(probes[1..].to_vec(), None).is_err());
    }
}
