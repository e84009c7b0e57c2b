//! What a demo says at its end: what was measured, and whether the tracer saw everything that was sent.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anyhow::{Result, ensure};

use super::latency::Latencies;
use super::paint::Paint;
use super::text::count;

/// How often each probe must have fired, by its name: what the load generator sent, each of it answered.
pub(super) type Sent = BTreeMap<&'static str, u64>;

/// What the tracer saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) latencies: Latencies,
    /// Firings by the probe's name.
    pub(super) firings: BTreeMap<&'static str, u64>,
    /// Firings that the tracer says it lost.
    pub(super) lost: u64,
}

impl Seen {
    /// Whether nothing is to be waited for.
    pub(super) fn has_all(&self, sent: &Sent) -> bool {
        sent.iter().all(|(name, &sent)| self.of(name) >= sent)
    }

    fn of(&self, name: &str) -> u64 {
        self.firings.get(name).copied().unwrap_or_default()
    }
}

/// The two sides of a demo.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) sent: Sent,
    pub(super) seen: Seen,
}

impl Outcome {
    /// The latencies under a title, then the comparison.
    pub(super) fn write(&self, title: &str, out: &mut impl Write, paint: Paint) -> io::Result<()> {
        writeln!(out, "\n{}", paint.bold(title))?;
        self.seen.latencies.write(out, paint)?;
        writeln!(out, "\n{}", paint.bold("Was anything missed?"))?;
        writeln!(out, "{}", paint.dim(format!("  {:>9} {:>9}", "sent", "seen")))?;
        let names = self.sent.keys().map(|name| name.len()).max().unwrap_or_default();
        for (name, &sent) in &self.sent {
            let seen = self.seen.of(name);
            let verdict = if seen == sent { paint.green("equal") } else { paint.red("NOT EQUAL") };
            writeln!(out, "  {:>9} {:>9}  {name:<names$}  {verdict}", count(sent), count(seen))?;
        }
        let lost = format!("{:>9}", count(self.seen.lost));
        let lost = if self.seen.lost == 0 { lost } else { paint.red(lost) };
        writeln!(out, "  {:>9} {:>9}  firings of all probes", "", count(self.seen.firings.values().sum()))?;
        writeln!(out, "  {:>9} {lost}  lost between the kernel and the tracer", "")
    }

    /// An error unless the tracer saw all that was sent, once.
    pub(super) fn verdict(&self) -> Result<()> {
        for (name, &sent) in &self.sent {
            let seen = self.seen.of(name);
            ensure!(
                seen == sent,
                "{name} should have fired {} times, and {} firings were seen (firings lost, of all probes: {})",
                count(sent),
                count(seen),
                count(self.seen.lost)
            );
        }
        Ok(())
    }
}

/// As one word of a shell's line.
pub(super) fn quoted(word: &str) -> String {
    if is_plain(word) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

fn is_plain(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(sent: u64) -> Outcome {
        let counts = BTreeMap::from([("done", 2), ("start", 9)]);
        let seen = Seen { firings: counts, ..Seen::default() };
        Outcome { sent: BTreeMap::from([("done", sent), ("start", 9)]), seen }
    }

    fn text(outcome: &Outcome) -> String {
        let mut text = Vec::new();
        outcome.write("Latency", &mut text, Paint::none()).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn equal_numbers_are_a_success() {
        let outcome = outcome(2);
        assert!(text(&outcome).contains("          2         2  done   equal\n"), "{}", text(&outcome));
        assert!(outcome.seen.has_all(&outcome.sent) && outcome.verdict().is_ok());
    }

    #[test]
    fn a_missed_firing_is_a_failure_that_says_where() {
        let outcome = outcome(3);
        assert!(text(&outcome).contains("          3         2  done   NOT EQUAL\n"));
        assert!(!outcome.seen.has_all(&outcome.sent));
        let error = outcome.verdict().unwrap_err().to_string();
        assert!(error.starts_with("done should have fired 3 times, and 2 firings were seen"), "{error}");
        assert!(error.contains("firings lost, of all probes: 0"), "{error}");
    }

    #[test]
    fn one_firing_too_many_is_a_failure() {
        assert!(outcome(1).verdict().is_err());
    }

    #[test]
    fn words_can_be_typed_as_they_stand() {
        assert_eq!([quoted("/a-b.c"), quoted("/my 'a'")], ["/a-b.c", r"'/my '\''a'\'''"]);
    }
}
