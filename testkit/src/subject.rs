//! A program under test: it says when it is ready, does what it is told, and is never left behind.

use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::elf::Elf;
use crate::tool::{lines_of, wait};

/// The longest that a subject may be silent, or take to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running program with its standard input and output in our hands; killed on drop.
#[derive(Debug)]
pub struct Subject {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stdout: String,
}

impl Subject {
    /// Starts `command`.
    ///
    /// # Errors
    ///
    /// If it can't start.
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        let lines = lines_of(child.stdout.take().context("the output is piped")?);
        let stdin = child.stdin.take();
        Ok(Self { child, stdin, lines, stdout: String::new() })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it writes.
    ///
    /// # Errors
    ///
    /// If it ends or says nothing for 30 seconds.
    pub fn line(&mut self) -> Result<String> {
        let line = self.lines.recv_timeout(PATIENCE);
        let line = line.with_context(|| format!("the subject says no more; it said:\n{}", self.stdout))?;
        self.stdout.push_str(&line);
        self.stdout.push('\n');
        Ok(line)
    }

    /// Reads up to the first line that contains `text`, and gives it.
    ///
    /// # Errors
    ///
    /// If there is no such line.
    pub fn wait_for(&mut self, text: &str) -> Result<String> {
        loop {
            let line = self.line().with_context(|| format!("waiting for {text:?}"))?;
            if line.contains(text) {
                return Ok(line);
            }
        }
    }

    /// Sends it one line.
    ///
    /// # Errors
    ///
    /// If it doesn't read any more.
    pub fn send(&mut self, line: &str) -> Result<()> {
        let stdin = self.stdin.as_mut().context("the input is open until `finish`")?;
        writeln!(stdin, "{line}").context("the subject reads no more")
    }

    /// Closes its input and waits for its end.
    ///
    /// # Errors
    ///
    /// If it doesn't end within 30 seconds.
    pub fn end(&mut self) -> Result<ExitStatus> {
        drop(self.stdin.take());
        wait(&mut self.child, PATIENCE)?.context("the subject doesn't end")
    }

    /// Closes its input, waits for its end and gives all that it wrote.
    ///
    /// # Errors
    ///
    /// If it doesn't end within 30 seconds.
    pub fn finish(mut self) -> Result<(ExitStatus, String)> {
        let status = self.end()?;
        for line in self.lines.iter() {
            self.stdout.push_str(&line);
            self.stdout.push('\n');
        }
        Ok((status, std::mem::take(&mut self.stdout)))
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the semaphore at `address` of the file `path` is right now in the process `pid`.
///
/// # Errors
///
/// If the process doesn't have the file mapped, or its memory can't be read.
pub fn semaphore_value(pid: u32, path: &Path, address: u64) -> Result<u16> {
    let memory =
        std::fs::File::open(format!("/proc/{pid}/mem")).with_context(|| format!("the memory of {pid}"))?;
    let mut value = [0; 2];
    memory.read_exact_at(&mut value, load_bias(pid, path)?.wrapping_add(address)).context("the semaphore")?;
    Ok(u16::from_le_bytes(value))
}

/// How far the process `pid` has moved the addresses of the file `path`.
///
/// # Errors
///
/// If the process doesn't have the file mapped.
pub fn load_bias(pid: u32, path: &Path) -> Result<u64> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let maps =
        std::fs::read_to_string(format!("/proc/{pid}/maps")).with_context(|| format!("the maps of {pid}"))?;
    let mappings: Vec<(u64, u64)> = maps.lines().filter_map(|line| mapping(line, &path)).collect();
    ensure!(!mappings.is_empty(), "process {pid} doesn't have {} mapped", path.display());
    // A mapping belongs to the segment that begins in the same page of the file; where a page of the file begins two
    // segments, all the others still agree on one bias.
    let segments = Elf::open(&path)?.load_segments();
    let page = |value: u64| value & !0xfff;
    let biases = segments.iter().flat_map(|segment| {
        let of_segment = mappings.iter().filter(|(_, offset)| *offset == page(segment.offset));
        of_segment.map(|(start, _)| start.wrapping_sub(page(segment.address)))
    });
    let biases: Vec<u64> = biases.collect();
    let votes = |bias: u64| biases.iter().filter(|&&other| other == bias).count();
    match biases.iter().copied().max_by_key(|&bias| votes(bias)) {
        Some(bias) => Ok(bias),
        None => bail!("no mapping of {} in {pid} begins with a segment", path.display()),
    }
}

/// Start and file offset of a line of /proc/PID/maps, if it maps `path`.
fn mapping(line: &str, path: &Path) -> Option<(u64, u64)> {
    let mut words = line.split_whitespace();
    let (range, _, offset) = (words.next()?, words.next()?, words.next()?);
    let name = line.find('/').map(|at| line[at..].trim_end_matches(" (deleted)"))?;
    let start = u64::from_str_radix(range.split_once('-')?.0, 16).ok()?;
    (Path::new(name) == path).then_some((start, u64::from_str_radix(offset, 16).ok()?))
}
