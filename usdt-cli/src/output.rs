//! Where lines go: standard output, or a file of the user's own (`--output`).

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::printable::printable;
use crate::terminal::Screen;
use crate::width::clipped;

/// Lines, and below them what is drawn anew where somebody looks.
#[derive(Debug)]
pub(crate) struct Output {
    place: Place,
    /// Whether nobody reads any more: then nothing is written any more.
    is_abandoned: bool,
}

#[derive(Debug)]
enum Place {
    Screen(Screen),
    File(BufWriter<File>),
}

impl Output {
    /// A file, or standard output if none is named.
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Output> {
        let place = match path {
            Some(path) => {
                let name = path.to_string_lossy();
                let file = create(path).with_context(|| format!("can't write {}", printable(&name)))?;
                Place::File(BufWriter::new(file))
            }
            None => Place::Screen(Screen::new()),
        };
        Ok(Output { place, is_abandoned: false })
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        self.unless_abandoned(|place| match place {
            Place::Screen(screen) => screen.line(line),
            Place::File(file) => writeln!(file, "{}", anstream::adapter::strip_str(line)),
        })
    }

    /// How many columns there are, if it is a terminal.
    pub(crate) fn width(&self) -> Option<usize> {
        match &self.place {
            Place::Screen(screen) => screen.width(),
            Place::File(_) => None,
        }
    }

    /// Draws the live part anew, as far as it fits; does nothing where nobody looks. `lines` are asked for that width and height.
    pub(crate) fn redraw(&mut self, lines: impl FnOnce(usize, usize) -> Vec<String>) -> io::Result<()> {
        self.unless_abandoned(|place| {
            let Place::Screen(screen) = place else { return Ok(()) };
            let (Some(width), Some(height)) = (screen.width(), screen.height()) else { return Ok(()) };
            // One line is left for the cursor.
            let height = height.saturating_sub(1);
            screen.redraw(&clipped(lines(width, height), height, width))
        })
    }

    /// Takes the live part away, for good.
    pub(crate) fn erase(&mut self) {
        if let Place::Screen(screen) = &mut self.place {
            screen.erase();
        }
    }

    /// Shows what was added.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.unless_abandoned(|place| match place {
            Place::Screen(screen) => screen.flush(),
            Place::File(file) => file.flush(),
        })
    }

    /// Whether nobody will ever read what is written: `usdt watch … | head` should end with `head`, and not with the next
    /// firing after it.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.is_abandoned || (matches!(self.place, Place::Screen(_)) && has_no_reader(&io::stdout()))
    }

    /// Writes; that nobody reads any more is no error.
    fn unless_abandoned(&mut self, write: impl FnOnce(&mut Place) -> io::Result<()>) -> io::Result<()> {
        if self.is_abandoned {
            return Ok(());
        }
        match write(&mut self.place) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_abandoned = true;
                Ok(())
            }
            result => result,
        }
    }
}

/// What programs send is nobody else's business, so a new file is its owner's alone; and no link that somebody left in a
/// directory for all (`/tmp`) leads elsewhere.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    options.open(path).map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::LOOP) => io::Error::other("it is a symbolic link; name the file itself"),
        _ => error,
    })
}

/// Whether it is a pipe whose other end is closed.
fn has_no_reader(stream: &impl std::os::fd::AsFd) -> bool {
    let mut polled = [PollFd::new(stream, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut polled, Some(&at_once)).is_ok() && polled[0].revents().contains(PollFlags::ERR)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::terminal::{NAME, paint};

    #[test]
    fn a_file_is_private_and_plain() {
        let directory = std::env::temp_dir().join(format!("usdt-output-{}", std::process::id()));
        std::fs::create_dir(&directory).unwrap();
        let path = directory.join("lines");
        for _ in 0..2 {
            // The second time it replaces what is there.
            let mut output = Output::open(Some(&path)).unwrap();
            output.line(&paint(NAME, "a:b")).unwrap();
            output.flush().unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "a:b\n");
        }
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        let link = directory.join("link");
        symlink(&path, &link).unwrap();
        let error = Output::open(Some(&link)).unwrap_err();
        assert!(
            format!("{error:#}").ends_with("link: it is a symbolic link; name the file itself"),
            "{error:#}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a:b\n");
        std::fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_pipe_that_nobody_reads() {
        let (reader, writer) = io::pipe().unwrap();
        assert!(!has_no_reader(&writer));
        drop(reader);
        assert!(has_no_reader(&writer));
    }
}
