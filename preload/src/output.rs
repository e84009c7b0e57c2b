//! Where lines go.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// A file, a socket, or standard error.
pub(crate) struct Output(Box<dyn Write + Send>);

impl Output {
    /// Opens what has this name. A file that isn't there is made, for its owner alone; a symbolic link is not followed.
    pub(crate) fn open(name: Option<&OsStr>) -> io::Result<Output> {
        let Some(path) = name.map(Path::new) else { return Ok(Output(Box::new(io::stderr()))) };
        if path.symlink_metadata().is_ok_and(|it| it.file_type().is_socket()) {
            return Ok(Output(Box::new(UnixStream::connect(path)?)));
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600).custom_flags(libc::O_NOFOLLOW);
        Ok(Output(Box::new(options.open(path)?)))
    }

    /// Writes lines with one call, so that those of other processes don't come between: each ends with a line break.
    pub(crate) fn write(&mut self, lines: &str) {
        // Nobody could be told: standard error is the program's.
        let _ = self.0.write_all(lines.as_bytes());
    }
}
