//! The same question to each tracer: which probes it lists, and what it sees at some of them.
//!
//! What a person types for the same is [`Watch::typed`]: it is made of the words that the tracer is started with, without
//! those that only make its output easy to read for a program.

mod bpftrace;
mod dtrace;
mod gdb;
mod perf;
mod usdt;

use std::path::Path;

use anyhow::Result;

use crate::target::Target;
use crate::tools::Tools;

/// A tracer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tracer {
    /// bpftrace.
    Bpftrace,
    /// DTrace for Linux; in the toolbox only.
    DTrace,
    /// perf.
    Perf,
    /// gdb.
    Gdb,
    /// Our own `usdt`; on this machine only.
    Usdt,
}

/// How an argument is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// A number with a sign.
    Signed,
    /// A number without.
    Unsigned,
    /// The NUL-terminated text that it points at.
    Text,
    /// The text that it points at, whose length is the next operand.
    Bytes,
}

/// A probe, and how to read its arguments.
#[derive(Debug, Clone, Copy)]
pub struct Probe<'a> {
    /// The file that holds it.
    pub file: &'a Path,
    /// As notes write it, `provider:name`.
    pub name: &'a str,
    /// What is shown of it.
    pub arguments: &'a [Argument],
}

/// What is asked of a tracer.
#[derive(Debug, Clone, Copy)]
pub struct Watch<'a> {
    /// The tracer.
    pub tracer: Tracer,
    /// Where it is.
    pub tools: &'a Tools,
    /// Whom it watches.
    pub target: Target<'a>,
    /// At which probes.
    pub probes: &'a [Probe<'a>],
    /// Whether the process maps the files itself: its dynamic loader, which gdb asks, knows nothing of them.
    pub mapped_by_hand: bool,
    /// Whether it shows the stack of each hit.
    pub stacks: bool,
}

/// One time that a tracer saw a probe.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// The probe, as the tracer writes it: `provider:name`.
    pub probe: String,
    /// The process, where the tracer says which.
    pub pid: Option<u32>,
    /// What it showed of the arguments.
    pub values: Vec<String>,
    /// The lines that it showed of the stack.
    pub stack: Vec<String>,
}

impl Tracer {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Bpftrace, Self::DTrace, Self::Perf, Self::Gdb, Self::Usdt];

    /// What it calls itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bpftrace => "bpftrace",
            Self::DTrace => "DTrace",
            Self::Perf => "perf",
            Self::Gdb => "gdb",
            Self::Usdt => "usdt",
        }
    }

    /// Which version of it there is.
    ///
    /// # Errors
    ///
    /// If it isn't there.
    pub fn version(self, tools: &Tools) -> Result<String> {
        match self {
            Self::DTrace => tools.version(&["sh", "-c", "dtrace -V | sed 's/D //'"]),
            Self::Usdt => tools.version(&[&crate::usdt::program()?.to_string_lossy(), "--version"]),
            _ => tools.version(&[self.name(), "--version"]),
        }
    }

    /// Whether it runs with these tools: DTrace is in the toolbox alone, and our own command is not.
    #[must_use]
    pub fn is_among(self, tools: &Tools) -> bool {
        match self {
            Self::DTrace => matches!(tools, Tools::Toolbox(..)),
            Self::Usdt => matches!(tools, Tools::Machine),
            _ => true,
        }
    }

    /// A name of a note as it writes it.
    #[must_use]
    pub fn writes(self, name: &str) -> String {
        if self == Self::DTrace { name.replace("__", "-") } else { name.to_owned() }
    }
}

impl Watch<'_> {
    /// The probes of these providers that it lists, of the files or of the process, as it writes them.
    ///
    /// # Errors
    ///
    /// If it fails, or can't be asked for that.
    pub fn list(&self) -> Result<Vec<String>> {
        match self.tracer {
            Tracer::Bpftrace => bpftrace::list(self),
            Tracer::DTrace => dtrace::list(self),
            Tracer::Perf => perf::list(self),
            Tracer::Gdb => gdb::list(self),
            Tracer::Usdt => usdt::list(self),
        }
    }

    /// Attaches, does `run`, lets go, and gives what was seen together with what `run` gave. A tracer that starts a program
    /// itself lets go when that ends.
    ///
    /// # Errors
    ///
    /// If it fails, or can't attach like that.
    pub fn observe<R>(&self, run: impl FnOnce() -> Result<R>) -> Result<(Vec<Seen>, R)> {
        match self.tracer {
            Tracer::Bpftrace => bpftrace::observe(self, run),
            Tracer::DTrace => dtrace::observe(self, run),
            Tracer::Perf => perf::observe(self, run),
            Tracer::Gdb => gdb::observe(self, run),
            Tracer::Usdt => usdt::observe(self, run),
        }
    }

    /// What a person types for the same.
    ///
    /// # Errors
    ///
    /// If a probe is not written `provider:name`.
    pub fn typed(&self) -> Result<String> {
        match self.tracer {
            Tracer::Bpftrace => Ok(bpftrace::typed(self)),
            Tracer::DTrace => dtrace::typed(self),
            Tracer::Perf => Ok(perf::typed(self)),
            Tracer::Gdb => gdb::typed(self),
            Tracer::Usdt => Ok(usdt::typed(self)),
        }
    }

    /// What a person types to list the probes.
    #[must_use]
    pub fn typed_list(&self) -> String {
        match self.tracer {
            Tracer::Bpftrace => bpftrace::typed_list(self),
            Tracer::DTrace => dtrace::typed_list(self),
            Tracer::Perf => perf::typed_list(self),
            Tracer::Gdb => gdb::typed_list(self),
            Tracer::Usdt => usdt::typed_list(self),
        }
    }

    /// The files of the probes, each once.
    fn files(&self) -> Vec<&Path> {
        let mut files: Vec<&Path> = self.probes.iter().map(|probe| probe.file).collect();
        files.dedup();
        files
    }

    /// The providers of the probes, each once.
    fn providers(&self) -> Vec<&str> {
        let mut providers: Vec<&str> = self.probes.iter().filter_map(|probe| provider(probe.name)).collect();
        providers.dedup();
        providers
    }
}

fn provider(name: &str) -> Option<&str> {
    name.split_once(':').map(|(provider, _)| provider)
}

/// What the line of a hit begins with in output that we format ourselves.
const HIT: &str = "hit\t";

/// Lines that begin with [`HIT`] have the probe, the process (or `-`) and the values between tabs; others are of the stack.
fn parse<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Seen> {
    let mut seen: Vec<Seen> = Vec::new();
    for line in lines {
        if let Some(hit) = line.strip_prefix(HIT) {
            let mut words = hit.split('\t').map(str::to_owned);
            let (probe, pid) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            seen.push(Seen { probe, pid: pid.parse().ok(), values: words.collect(), stack: Vec::new() });
        } else if let (Some(last), false) = (seen.last_mut(), line.trim().is_empty()) {
            last.stack.push(line.trim().to_owned());
        }
    }
    seen
}

/// Words as a person types them in a shell.
fn shell(program: &str, words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    words.into_iter().fold(program.to_owned(), |line, word| line + " " + &quoted(word.as_ref()))
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_behind_a_hit_are_its_stack() {
        let text = "noise\nhit\tshop:sold\t7\t1\ttea\n\n  main+4\nhit\tshop:sold\t-\t2\t\n";
        let first = Seen {
            probe: "shop:sold".into(),
            pid: Some(7),
            values: vec!["1".into(), "tea".into()],
            stack: vec!["main+4".into()],
        };
        let second = Seen {
            probe: "shop:sold".into(),
            pid: None,
            values: vec!["2".into(), String::new()],
            stack: vec![],
        };
        assert_eq!(parse(text.lines()), [first, second]);
    }

    #[test]
    fn what_a_shell_would_change_is_quoted() {
        let words = ["-p", "1", "", "a { b }"].map(str::to_owned);
        assert_eq!(shell("trace", words), "trace -p 1 '' 'a { b }'");
    }
}
