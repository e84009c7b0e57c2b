//! The tracers that are here, and what each can't do. What is said of a version was seen with it; `docs/tracers.md` has more.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::finding::Finding;

/// How long a program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(5);

/// A tracer, under the names that distributions give it.
struct Tracer {
    names: &'static [&'static str],
    ask: &'static str,
    /// What it can't do in any version.
    lacks: &'static str,
    /// What it can't do up to a version.
    old: Option<((u32, u32), &'static str)>,
}

const TRACERS: [Tracer; 6] = [
    Tracer {
        names: &["bpftrace"],
        ask: "--version",
        lacks: "",
        old: Some((
            (0, 17),
            "it reads arg0 to arg5, no probe of a file with a float operand, and with -c no providers defined at run time",
        )),
    },
    Tracer {
        names: &["dtrace"],
        ask: "-V",
        lacks: "it needs -p or -c, reads arg0 to arg9, and has no floats",
        old: None,
    },
    Tracer {
        names: &["perf"],
        ask: "--version",
        lacks: "it needs a build id, and shows text as its address and small negative numbers without their sign",
        old: None,
    },
    Tracer {
        names: &["gdb"],
        ask: "--version",
        lacks: "it watches one process, and stops it with each firing",
        old: None,
    },
    Tracer { names: &["tplist-bpfcc", "tplist"], ask: "", lacks: "it lists probes, and no more", old: None },
    Tracer {
        names: &["stap"],
        ask: "--version",
        lacks: "it needs the kernel's headers and a compiler",
        old: None,
    },
];

/// A line for each that is here, and one for the others.
pub(super) fn findings() -> Vec<Finding> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let find =
        |name: &str| std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| is_program(file));
    let (mut findings, mut missing) = (Vec::new(), Vec::new());
    for tracer in &TRACERS {
        match tracer.names.iter().find_map(|name| find(name)) {
            Some(program) => findings.push(finding(tracer, &program, said(&program, tracer.ask))),
            None => missing.push(tracer.names[0]),
        }
    }
    if !missing.is_empty() {
        findings.push(Finding::ok("other tracers", format!("not here: {}", missing.join(", "))));
    }
    findings
}

/// What is said of one, given what it says itself.
fn finding(tracer: &Tracer, program: &Path, said: Option<String>) -> Finding {
    let name = tracer.names[0];
    if name == "dtrace" && is_script(program) {
        let what = "this is SystemTap's, which makes headers of D files and traces nothing";
        return Finding::warn(name, what, "take DTrace for Linux, if it is wanted");
    }
    let version = said.as_deref().and_then(version);
    let old = tracer.old.filter(|(last, _)| version.as_ref().is_some_and(|(_, number)| number <= last));
    let limits = old.map_or(tracer.lacks, |(_, limits)| limits);
    let version = version.map_or(String::new(), |(text, _)| text);
    let gap = if version.is_empty() || limits.is_empty() { "" } else { ": " };
    Finding::ok(name, format!("{version}{gap}{limits}"))
}

fn is_program(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

fn is_script(program: &Path) -> bool {
    let mut begin = [0; 2];
    let read = std::fs::File::open(program).and_then(|mut file| file.read_exact(&mut begin));
    read.is_ok() && begin == *b"#!"
}

/// What a program says of itself; `None` if it doesn't in time.
fn said(program: &PathBuf, ask: &str) -> Option<String> {
    if ask.is_empty() {
        return None;
    }
    let mut command = Command::new(program);
    command.arg(ask).env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let start = Instant::now();
    // All that a version says fits a pipe, so nobody has to read meanwhile.
    while child.try_wait().ok()?.is_none() {
        if start.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut text = String::new();
    child.stdout?.take(4096).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The first number with a dot in it, and its first two parts.
fn version(said: &str) -> Option<(String, (u32, u32))> {
    let trimmed = |word: &str| word.trim_matches(|c: char| !c.is_ascii_digit()).to_owned();
    said.split_whitespace().map(trimmed).find_map(|word| {
        let (major, rest) = word.split_once('.')?;
        let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Some((word.clone(), (major.parse().ok()?, minor.parse().ok()?)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said_of(name: &str, text: &str) -> String {
        let tracer = TRACERS.iter().find(|tracer| tracer.names[0] == name).unwrap();
        finding(tracer, Path::new("/nowhere"), Some(text.to_owned())).what
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(version("bpftrace v0.17.0\n"), Some(("0.17.0".to_owned(), (0, 17))));
        assert_eq!(version("GNU gdb (Debian 13.1-3) 13.1").unwrap().1, (13, 1));
        assert_eq!(version("perf version 6.1.187").unwrap().1, (6, 1));
        assert_eq!(version("nothing"), None);
    }

    #[test]
    fn limits_are_those_of_the_version() {
        assert!(said_of("bpftrace", "bpftrace v0.17.0").contains("arg0 to arg5"));
        assert_eq!(said_of("bpftrace", "bpftrace v0.27.1"), "0.27.1");
        assert!(said_of("perf", "perf version 6.1.187").starts_with("6.1.187: it needs a build id"));
    }
}
