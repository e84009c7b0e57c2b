//! What a command line names: targets and probes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::bail;
use globset::{Glob, GlobMatcher};
use usdt_trace::Probe;
use usdt_trace::find::{Finder, Process};

use crate::named;

/// Where probes are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A file: every process that runs it, now or later.
    File(PathBuf),
    /// A process.
    Process(u32),
    /// The processes with this name; if there are none, the program of this name in `$PATH`.
    Named(String),
    /// Every process.
    Everything,
}

/// A number is a process, what has a `/` in it or is there as a file is a file, `all` is everything, the rest are names.
impl FromStr for Target {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Target, Self::Err> {
        let path = PathBuf::from(text);
        Ok(if let Ok(pid) = text.parse() {
            Target::Process(pid)
        } else if text.contains('/') || path.is_file() {
            Target::File(path)
        } else if text == "all" {
            Target::Everything
        } else {
            Target::Named(text.to_owned())
        })
    }
}

/// What is there of a target.
#[derive(Debug)]
pub(crate) enum Found {
    /// A file and its probes.
    File(PathBuf, Vec<Arc<Probe>>),
    /// Processes; never none.
    Processes(Vec<Process>),
}

impl Target {
    /// Looks for it.
    ///
    /// # Errors
    ///
    /// If nothing of that name is there, or it can't be read.
    pub(crate) fn find(&self, finder: &mut Finder) -> anyhow::Result<Found> {
        let file = |finder: &mut Finder, path: &Path| -> anyhow::Result<Found> {
            Ok(Found::File(path.to_owned(), finder.file(path)?))
        };
        match self {
            Target::File(path) => file(finder, path),
            Target::Process(pid) => Ok(Found::Processes(vec![finder.process(*pid)?])),
            Target::Everything => Ok(Found::Processes(finder.processes()?)),
            Target::Named(name) => {
                let pids = named::processes(name).into_iter();
                let processes: Vec<Process> = pids.filter_map(|pid| finder.process(pid).ok()).collect();
                match (processes.is_empty(), named::program_in_path(name)) {
                    (false, _) => Ok(Found::Processes(processes)),
                    (true, Some(path)) => file(finder, &path),
                    (true, None) => bail!("no process and no program in $PATH is called {name}"),
                }
            }
        }
    }
}

/// As the subject of a sentence.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::File(path) => path.display().fmt(f),
            Target::Process(pid) => write!(f, "process {pid}"),
            Target::Named(name) => name.fmt(f),
            Target::Everything => f.write_str("no process"),
        }
    }
}

/// Which probes: `provider:probe`, `probe`, either with `*`, `?` and `[…]`; `-` and `__` are the same.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: String,
    provider: GlobMatcher,
    probe: GlobMatcher,
}

impl Pattern {
    /// Whether it means this probe.
    pub(crate) fn matches(&self, probe: &Probe) -> bool {
        self.means(&probe.provider, &probe.name)
    }

    fn means(&self, provider: &str, probe: &str) -> bool {
        self.provider.is_match(provider) && self.probe.is_match(probe.replace("__", "-"))
    }

    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Pattern {
    type Err = globset::Error;

    fn from_str(text: &str) -> Result<Pattern, Self::Err> {
        let (provider, probe) = text.split_once(':').unwrap_or(("*", text));
        let all = |part: &str| if part.is_empty() { "*".to_owned() } else { part.to_owned() };
        Ok(Pattern {
            text: text.to_owned(),
            provider: Glob::new(&all(provider))?.compile_matcher(),
            probe: Glob::new(&all(probe).replace("__", "-"))?.compile_matcher(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_what_it_looks_like() {
        let target = |text: &str| text.parse::<Target>().expect("everything is a target");
        assert_eq!(target("17"), Target::Process(17));
        assert_eq!(target("./17"), Target::File("./17".into()));
        assert_eq!(target("/usr/bin/true"), Target::File("/usr/bin/true".into()));
        // A file of this directory.
        assert_eq!(target("Cargo.toml"), Target::File("Cargo.toml".into()));
        assert_eq!(target("all"), Target::Everything);
        assert_eq!(target("postgres"), Target::Named("postgres".into()));
        // No process has this id.
        assert_eq!(target("4294967296"), Target::Named("4294967296".into()));
        for (text, subject) in
            [("17", "process 17"), ("./17", "./17"), ("all", "no process"), ("postgres", "postgres")]
        {
            assert_eq!(target(text).to_string(), subject);
        }
    }

    #[test]
    fn a_pattern_means_the_probes_of_its_name() {
        for (pattern, provider, probe, expected) in [
            ("orders:request_start", "orders", "request_start", true),
            ("orders:request_start", "order", "request_start", false),
            ("request_start", "orders", "request_start", true),
            ("request_*", "orders", "request_done", true),
            ("orders:*", "orders", "request_done", true),
            ("orders:", "orders", "request_done", true),
            (":gc__*", "python", "gc__start", true),
            ("gc-start", "python", "gc__start", true),
            ("gc__start", "python", "gc__start", true),
            ("gc-start", "python", "gc_start", false),
            ("gc-?tart", "python", "gc__start", true),
            ("[fg]*", "python", "gc__start", true),
            ("o*:re*", "orders", "request_done", true),
            ("o*:re*", "orders", "done", false),
        ] {
            let parsed: Pattern = pattern.parse().expect("a pattern");
            assert_eq!(parsed.as_str(), pattern);
            assert_eq!(parsed.means(provider, probe), expected, "{pattern} {provider}:{probe}");
        }
        assert!("[".parse::<Pattern>().is_err());
    }
}
