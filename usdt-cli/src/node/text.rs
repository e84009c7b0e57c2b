//! What people see: a header for each thread, and a line for each function.

use std::fmt::Display;

use super::frames::{Asked, Doing, Frame, Parent, Scope};
use crate::printable::printable;
use crate::terminal::{FAINT, NAME, STRONG, paint};
use crate::width::{padded, wide};

/// A name or a place that is wider stands out: the others need not be moved for it.
const WIDEST: usize = 60;

pub(super) fn lines(process: &dyn Display, threads: &[Asked]) -> Vec<String> {
    let mut lines = Vec::new();
    for thread in threads {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let who = who(process, thread);
        let (what, below) = doing(&thread.doing);
        lines.push(format!("{}{what}", paint(STRONG, who)));
        lines.extend(below);
    }
    lines
}

/// `main thread of node[1234]`
fn who(process: &dyn Display, thread: &Asked) -> String {
    match &thread.worker {
        None => format!("main thread of {process}"),
        Some(worker) => {
            format!("worker {} of {process} ({})", printable(&worker.id), printable(&worker.file))
        }
    }
}

/// What stands behind the thread, and the lines below.
fn doing(doing: &Doing) -> (String, Vec<String>) {
    match doing {
        Doing::Running { frames, parents, paused } => {
            let what = format!(", paused in JavaScript, resumed after {} ms", paused.as_millis());
            let mut below = shown(frames);
            below.extend(parents.iter().flat_map(parent));
            (what, below)
        }
        Doing::Held { frames } => (", paused by another debugger, and left so".to_owned(), shown(frames)),
        Doing::Idle { resources } => (idle(resources), Vec::new()),
        Doing::Silent => {
            (" runs no JavaScript and doesn't answer: it is in native code".to_owned(), Vec::new())
        }
    }
}

/// ` is idle: no JavaScript is running; what it waits for: Timeout, TCPSocketWrap (3)`
fn idle(resources: &[String]) -> String {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for name in resources {
        match counted.iter_mut().find(|(seen, _)| seen == name) {
            Some((_, times)) => *times += 1,
            None => counted.push((name, 1)),
        }
    }
    let names = counted.iter().map(|(name, times)| match times {
        1 => printable(name).into_owned(),
        _ => format!("{} ({times})", printable(name)),
    });
    let names: Vec<String> = names.collect();
    let waits = if names.is_empty() { String::new() } else { format!("; it waits for {}", names.join(", ")) };
    format!(" is idle: no JavaScript is running{waits}")
}

fn parent(parent: &Parent) -> Vec<String> {
    let mut lines = vec![paint(FAINT, format!("  after {}", printable(&parent.description)))];
    lines.extend(shown(&parent.frames));
    lines
}

/// `  pick        /srv/app/ports.js:12:5     min = 8080, max = 8080`
fn shown(frames: &[Frame]) -> Vec<String> {
    let names: Vec<String> = frames.iter().map(name).collect();
    let places: Vec<String> = frames.iter().map(place).collect();
    let widest =
        |texts: &[String]| texts.iter().map(|it| wide(it)).filter(|&it| it <= WIDEST).max().unwrap_or(0);
    let (of_names, of_places) = (widest(&names), widest(&places));
    let mut lines = Vec::new();
    for ((frame, name), place) in frames.iter().zip(&names).zip(&places) {
        // Those of enclosing functions are on lines of their own: they are not what the function itself works with.
        let (outer, own): (Vec<&Scope>, Vec<&Scope>) =
            frame.scopes.iter().partition(|it| it.kind == "closure");
        let name = paint(NAME, padded(name, of_names));
        lines.push(if own.is_empty() {
            format!("  {name}  {place}")
        } else {
            let own: Vec<String> = own.iter().map(|scope| variables(scope)).collect();
            format!("  {name}  {}  {}", padded(place, of_places), own.join(", "))
        });
        let indent = of_names + 4;
        lines
            .extend(outer.iter().map(|it| paint(FAINT, format!("{:indent$}closure: {}", "", variables(it)))));
    }
    lines
}

fn name(frame: &Frame) -> String {
    if frame.function.is_empty() { "(anonymous)".to_owned() } else { printable(&frame.function).into_owned() }
}

fn place(frame: &Frame) -> String {
    let file = if frame.file.is_empty() { "(no file)".into() } else { printable(&frame.file) };
    format!("{file}:{}:{}", frame.line, frame.column)
}

fn variables(scope: &Scope) -> String {
    let shown =
        scope.variables.iter().map(|(name, value)| format!("{} = {}", printable(name), printable(value)));
    let more = scope.is_cut.then(|| "…".to_owned());
    shown.chain(more).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::node::frames::Worker;

    fn plain(threads: &[Asked]) -> Vec<String> {
        let lines = lines(&"node[1234]", threads);
        lines.iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect()
    }

    fn frame(function: &str, file: &str, line: u64, scopes: Vec<Scope>) -> Frame {
        Frame { function: function.to_owned(), file: file.to_owned(), line, column: 5, scopes }
    }

    fn scope(kind: &str, variables: &[(&str, &str)]) -> Scope {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Scope { kind: kind.to_owned(), variables: variables.collect(), is_cut: false }
    }

    #[test]
    fn functions_places_and_variables_are_aligned() {
        let local = scope("local", &[("min", "8080"), ("max", "8080")]);
        let outer = scope("closure", &[("tries", "3")]);
        let frames = vec![
            frame("pick", "/srv/app/ports.js", 12, vec![local, outer]),
            frame("", "", 4, Vec::new()),
            frame("a\u{1b}b", "/srv/app/server.js", 40, Vec::new()),
        ];
        let doing = Doing::Running { frames, parents: Vec::new(), paused: Duration::from_millis(12) };
        assert_eq!(
            plain(&[Asked { worker: None, doing }]),
            [
                "main thread of node[1234], paused in JavaScript, resumed after 12 ms",
                "  pick         /srv/app/ports.js:12:5   min = 8080, max = 8080",
                "               closure: tries = 3",
                "  (anonymous)  (no file):4:5",
                r"  a\u{1b}b     /srv/app/server.js:40:5",
            ]
        );
    }

    #[test]
    fn threads_that_run_nothing() {
        let resources = ["Timeout", "TCPSocketWrap", "Timeout"].map(str::to_owned).to_vec();
        let worker = Some(Worker { id: "1".to_owned(), file: "/srv/w.js".to_owned() });
        assert_eq!(
            plain(&[
                Asked { worker: None, doing: Doing::Idle { resources } },
                Asked { worker, doing: Doing::Silent },
            ]),
            [
                "main thread of node[1234] is idle: no JavaScript is running; it waits for Timeout (2), TCPSocketWrap",
                "",
                "worker 1 of node[1234] (/srv/w.js) runs no JavaScript and doesn't answer: it is in native code",
            ]
        );
    }
}
