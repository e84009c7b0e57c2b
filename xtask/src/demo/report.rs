//! What the demo says at its end: what was measured, whether the tracer saw everything, and how to do the same by hand.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::latency::Latencies;
use super::paint::Paint;
use super::text::count;

/// What the tracer saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) latencies: Latencies,
    /// All firings, of whatever probe.
    pub(super) firings: u64,
    /// Lines that did not reach us.
    pub(super) lost: u64,
    /// The kernel's own count of answered requests.
    pub(super) counted: Option<u64>,
}

/// The two sides of the demo.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) program: PathBuf,
    /// Requests that the load generator sent, each of them answered.
    pub(super) sent: u64,
    pub(super) seen: Seen,
}

impl Outcome {
    pub(super) fn write(&self, out: &mut impl Write, paint: Paint) -> io::Result<()> {
        writeln!(out, "\n{}", paint.bold("Latency by route, from the argument `latency` of request_done"))?;
        self.seen.latencies.write(out, paint)?;
        self.write_counts(out, paint)?;
        self.write_by_hand(out, paint)
    }

    fn write_counts(&self, out: &mut impl Write, paint: Paint) -> io::Result<()> {
        let equal = if self.is_complete() { paint.green("equal") } else { paint.red("NOT EQUAL") };
        let lost = count(self.seen.lost);
        let lost = if self.seen.lost == 0 { lost } else { paint.red(lost) };
        writeln!(out, "\n{}", paint.bold("Was anything missed?"))?;
        writeln!(out, "  {:>9}  requests sent by the load generator, to two processes", count(self.sent))?;
        writeln!(out, "  {:>9}  firings of request_done seen by the tracer: {equal}", count(self.answers()))?;
        writeln!(out, "  {:>9}  firings of all probes seen", count(self.seen.firings))?;
        writeln!(out, "  {lost:>9}  lost between the kernel and the tracer")
    }

    fn write_by_hand(&self, out: &mut impl Write, paint: Paint) -> io::Result<()> {
        let program = quoted(&self.program.display().to_string());
        writeln!(out, "\n{}", paint.bold("What happened"))?;
        writeln!(
            out,
            "  bpftrace attached to the file before any process ran it. The service was started, filled and"
        )?;
        writeln!(
            out,
            "  stopped, then started again for the mixed traffic. Everything is stopped and removed now."
        )?;
        writeln!(out, "\n{}", paint.bold("By hand"))?;
        writeln!(out, "  What the program offers:\n      sudo bpftrace -l {}", self.probe("*"))?;
        writeln!(out, "  Start it, and use it:\n      {program} --listen 127.0.0.1:8080 --data /tmp/kv.log")?;
        writeln!(out, "      curl --request PUT --data hello http://127.0.0.1:8080/kv/greeting")?;
        writeln!(out, "      curl http://127.0.0.1:8080/report")?;
        let clause = " { @us[str(arg1)] = hist(arg3 / 1000); }";
        writeln!(out, "  Watch it, before or while it runs; Ctrl-C shows the histogram:")?;
        writeln!(out, "      sudo bpftrace -e {}", self.probe(&format!("kv:request_done{clause}")))
    }

    /// `usdt:PROGRAM:rest`, for a shell.
    fn probe(&self, rest: &str) -> String {
        let program = self.program.display().to_string();
        let program = if is_plain(&program) { program } else { format!("\"{program}\"") };
        quoted(&format!("usdt:{program}:{rest}"))
    }

    /// An error unless the tracer saw each request.
    pub(super) fn verdict(&self) -> Result<()> {
        let (sent, seen, lost) = (self.sent, self.answers(), self.seen.lost);
        let counted = self.seen.counted.map_or_else(|| "unknown".to_owned(), count);
        ensure!(
            self.is_complete(),
            "{} requests were sent and {} firings of request_done seen (counted in the kernel: {counted}; lines lost: {lost})",
            count(sent),
            count(seen)
        );
        Ok(())
    }

    fn answers(&self) -> u64 {
        self.seen.latencies.count()
    }

    fn is_complete(&self) -> bool {
        self.answers() == self.sent
    }
}

/// The command that runs this program again, as root, with the service that is built already.
pub(super) fn as_root(service: &Path) -> Result<String> {
    let this = std::env::current_exe().context("where is this program?")?;
    let [this, service] = [&this, service].map(|path| quoted(&path.display().to_string()));
    Ok(format!("sudo {this} demo --service {service}"))
}

/// As one word of a shell's line.
fn quoted(word: &str) -> String {
    if is_plain(word) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

fn is_plain(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn outcome(program: &str, sent: u64) -> Outcome {
        let mut seen = Seen { firings: 9, counted: Some(2), ..Seen::default() };
        for _ in 0..2 {
            seen.latencies.add("/a", Duration::from_micros(5));
        }
        Outcome { program: program.into(), sent, seen }
    }

    fn text(outcome: &Outcome) -> String {
        let mut text = Vec::new();
        outcome.write(&mut text, Paint::none()).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn equal_numbers_are_a_success() {
        let outcome = outcome("/kv", 2);
        assert!(text(&outcome).contains("        2  firings of request_done seen by the tracer: equal\n"));
        assert!(outcome.verdict().is_ok());
    }

    #[test]
    fn a_missed_request_is_a_failure_that_says_where() {
        let outcome = outcome("/kv", 3);
        assert!(text(&outcome).contains("seen by the tracer: NOT EQUAL\n"));
        let error = outcome.verdict().unwrap_err().to_string();
        assert!(error.starts_with("3 requests were sent and 2 firings"), "{error}");
        assert!(error.contains("counted in the kernel: 2; lines lost: 0"), "{error}");
    }

    #[test]
    fn commands_can_be_typed_as_they_stand() {
        let plain = text(&outcome("/target/kv", 2));
        assert!(plain.contains("sudo bpftrace -l 'usdt:/target/kv:*'\n"), "{plain}");
        let odd = text(&outcome("/my target/kv", 2));
        assert!(odd.contains("      '/my target/kv' --listen"), "{odd}");
        assert!(odd.contains(r#"-e 'usdt:"/my target/kv":kv:request_done { @us"#), "{odd}");
    }
}
