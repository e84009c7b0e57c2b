//! A file → what there is to know about its probes.

use std::fs::{File, Metadata};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use object::read::{ReadCache, ReadRef};

use super::{FindError, notes};
use crate::elf::notes::build_id;
use crate::elf::{Elf, Refused, Segment};
use crate::flaw::Flaw;
use crate::{Object, Probe};

/// A file, its probes, and what is wrong with it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inspected {
    /// The file.
    pub object: Arc<Object>,
    /// Its probes, in the order of the notes.
    pub probes: Vec<Arc<Probe>>,
    /// What keeps tracers from probes, or from a part of them.
    pub flaws: Vec<Flaw>,
    /// The pieces of it that are mapped when it is run.
    pub segments: Vec<Segment>,
}

impl Inspected {
    pub(super) fn is_called(&self, path: &Path, open: &Path) -> bool {
        self.object.path == path && self.object.open == open
    }

    /// The same file under other names.
    pub(super) fn renamed(&self, path: &Path, open: &Path) -> Inspected {
        let object = Object { path: path.to_owned(), open: open.to_owned(), ..Object::clone(&self.object) };
        let object = Arc::new(object);
        let rename = |probe: &Arc<Probe>| Probe { object: Arc::clone(&object), ..Probe::clone(probe) };
        let probes = self.probes.iter().map(rename).map(Arc::new).collect();
        Inspected { probes, object, flaws: self.flaws.clone(), segments: self.segments.clone() }
    }
}

/// A file as it was at a moment: when any of this is another, it has to be read again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Version {
    identity: (u64, u64),
    modified: Option<SystemTime>,
    len: u64,
}

impl Version {
    pub(super) fn of(path: &Path, open: &Path) -> Result<Version, FindError> {
        let metadata =
            std::fs::metadata(open).map_err(|error| FindError::Io { path: path.to_owned(), error })?;
        // Others may never come to an end, or even begin to answer.
        if !metadata.is_file() {
            return Err(FindError::Refused { path: path.to_owned(), refused: Refused::NotElf });
        }
        Ok(Version { identity: identity(&metadata), modified: metadata.modified().ok(), len: metadata.len() })
    }
}

/// What tells files apart.
#[cfg(unix)]
pub(super) fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
pub(super) fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// Reads the file that people know as `path`.
pub(super) fn inspect(path: &Path, open: &Path) -> Result<Inspected, FindError> {
    let io = |error| FindError::Io { path: path.to_owned(), error };
    let file = File::open(open).map_err(io)?;
    let identity = identity(&file.metadata().map_err(io)?);
    read(path, open, identity, &ReadCache::new(file))
}

/// Reads a file that is in memory. `path` is what it is called in errors.
pub fn inspect_bytes(path: &Path, bytes: &[u8]) -> Result<Inspected, FindError> {
    read(path, path, (0, 0), bytes)
}

fn read<'data, R: ReadRef<'data>>(
    path: &Path,
    open: &Path,
    identity: (u64, u64),
    data: R,
) -> Result<Inspected, FindError> {
    let elf = Elf::read(data).map_err(|refused| FindError::Refused { path: path.to_owned(), refused })?;
    let object = Arc::new(Object {
        path: path.to_owned(),
        open: open.to_owned(),
        identity,
        architecture: elf.architecture,
        build_id: build_id(&elf).to_vec(),
    });
    let (probes, flaws) = notes::probes(&elf, &object);
    let probes = probes.into_iter().map(Arc::new).collect();
    Ok(Inspected { object, probes, flaws, segments: elf.segments })
}
