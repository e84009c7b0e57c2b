//! Where a picture goes: into a private file, whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The file that a picture is written to.
#[derive(Debug)]
pub(crate) struct Destination {
    path: PathBuf,
}

/// A file beside it, which takes its place when it is whole, and goes away if it never is.
struct Draft {
    path: PathBuf,
    file: File,
}

impl Destination {
    /// Finds out whether it can be written, before anything is measured.
    ///
    /// What is there must be a plain file: a link is not followed, and a device must not be replaced.
    pub(crate) fn new(path: &Path) -> anyhow::Result<Destination> {
        match fs::symlink_metadata(path) {
            Ok(there) if there.is_symlink() => bail!("{} is a symbolic link", path.display()),
            Ok(there) if !there.is_file() => bail!("{} is not a plain file", path.display()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| path.display().to_string());
            }
            _ => {}
        }
        let destination = Destination { path: path.to_owned() };
        destination.draft()?;
        Ok(destination)
    }

    /// Writes it.
    pub(crate) fn write(&self, text: &str) -> anyhow::Result<()> {
        let mut draft = self.draft()?;
        draft
            .file
            .write_all(text.as_bytes())
            .and_then(|()| draft.file.sync_all())
            .with_context(|| format!("cannot write {}", draft.path.display()))?;
        // Replaces the name: what is under it is never written to.
        fs::rename(&draft.path, &self.path).with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// A new file that only its owner can read, in the same directory.
    fn draft(&self) -> anyhow::Result<Draft> {
        let Some(name) = self.path.file_name() else { bail!("{} has no file name", self.path.display()) };
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.part", std::process::id()));
        let path = self.path.with_file_name(hidden);
        // `create_new` never opens what is there already, nor follows a link that is.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Draft { path, file })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Once it was renamed there is nothing of this name.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Directory {
            let path = std::env::temp_dir().join(format!("usdt-picture-{name}-{}", std::process::id()));
            fs::create_dir(&path).unwrap();
            Directory(path)
        }

        fn names(&self) -> Vec<OsString> {
            fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name()).collect()
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_picture_is_private_and_takes_the_place_of_an_older_one() {
        let directory = Directory::new("place");
        let path = directory.0.join("out.svg");
        fs::write(&path, "older").unwrap();
        let destination = Destination::new(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "older");
        destination.write("new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(directory.names(), ["out.svg"]);
    }

    #[test]
    fn links_directories_and_devices_are_refused() {
        let directory = Directory::new("refused");
        let link = directory.0.join("link.svg");
        symlink("/etc/passwd", &link).unwrap();
        let refused = |path: &Path| format!("{:#}", Destination::new(path).unwrap_err());
        assert!(refused(&link).contains("is a symbolic link"));
        assert!(refused(&directory.0).contains("is not a plain file"));
        assert!(refused(Path::new("/dev/null")).contains("is not a plain file"));
        assert!(refused(&directory.0.join("no/where.svg")).contains("cannot write"));
        assert_eq!(directory.names(), ["link.svg"]);
    }
}
