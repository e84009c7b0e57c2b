//! Standard output: lines that stay, and lines below them that are drawn anew.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};

/// Names: providers, probes, processes.
pub(crate) const NAME: Style = AnsiColor::Cyan.on_default();
/// What matters in a line.
pub(crate) const STRONG: Style = Style::new().bold();
/// What most readers skip.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// What is wrong: losses, late ones.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();

/// Text in a style. Where there is no terminal, or `NO_COLOR` is set, the styles are taken out again on the way.
pub(crate) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A line on standard error, whether somebody reads it or not.
pub(crate) fn say(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// How often a live part is drawn.
pub(crate) const REDRAW: Duration = Duration::from_millis(250);
/// How many bytes may wait for a flush.
const PENDING_MOST: usize = 64 << 10;

/// Standard output.
#[derive(Debug)]
pub(crate) struct Screen {
    out: anstream::AutoStream<io::Stdout>,
    /// What is to be written with the next flush: the terminal must not see half of a redrawing.
    pending: String,
    is_terminal: bool,
    /// How many lines of the live part are on the screen.
    drawn: usize,
}

impl Screen {
    /// The screen of this process.
    pub(crate) fn new() -> Screen {
        let is_terminal = io::stdout().is_terminal();
        Screen {
            out: anstream::AutoStream::auto(io::stdout()),
            pending: String::new(),
            is_terminal,
            drawn: 0,
        }
    }

    /// How many columns there are; `None` where it is no terminal, and nothing has to be cut.
    pub(crate) fn width(&self) -> Option<usize> {
        self.size().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
    }

    /// How many lines there are; `None` where it is no terminal.
    pub(crate) fn height(&self) -> Option<usize> {
        self.size().map(|size| usize::from(size.ws_row)).filter(|rows| *rows > 0)
    }

    fn size(&self) -> Option<rustix::termios::Winsize> {
        self.is_terminal.then(|| rustix::termios::tcgetwinsize(io::stdout()).ok())?
    }

    /// Adds a line that stays, above the live part.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        self.erase();
        self.push(line);
        if self.pending.len() >= PENDING_MOST { self.flush() } else { Ok(()) }
    }

    /// Draws the live part anew; does nothing where there is no terminal. Each line must fit the width.
    pub(crate) fn redraw(&mut self, lines: &[String]) -> io::Result<()> {
        if !self.is_terminal {
            return Ok(());
        }
        self.erase();
        lines.iter().for_each(|line| self.push(line));
        self.drawn = lines.len();
        self.flush()
    }

    /// Takes the live part away.
    pub(crate) fn erase(&mut self) {
        if self.drawn > 0 {
            // To the first column (a Ctrl-C may have been echoed), up so many lines, and everything from there on is gone.
            self.pending.push_str(&format!("\r\x1b[{}A\x1b[J", self.drawn));
            self.drawn = 0;
        }
    }

    /// Shows what was added.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if self.pending.contains('\x1b') {
            self.out.write_all(self.pending.as_bytes())?;
        } else {
            // Looking for styles to take out costs as much as all else that is done for a line.
            io::stdout().write_all(self.pending.as_bytes())?;
        }
        self.pending.clear();
        self.out.flush()
    }

    fn push(&mut self, line: &str) {
        self.pending.push_str(line);
        self.pending.push('\n');
    }
}
