//! Linux: the image of a provider, in a file or in memory, mapped into this process.
//!
//! ```text
//! definition ──stapsdt::image──▶ bytes ──directory, published──▶ a file of this user's, or memory
//!                                          └──mapping, process──▶ mapped once in this process
//! ```

mod collect;
mod directory;
mod mapping;
mod process;
mod published;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU16;

use rustix::io::Errno;

use self::mapping::Mapping;
use self::published::Held;
use super::{ProviderDefinition, Refusal, Status, Step};
#[cfg(feature = "recorder")]
use crate::recorder::backend::{image_mapped, image_unmapped};
use crate::stapsdt::image::{Architecture, Image, Site};
use crate::value::plan::Frame;

/// Its name.
pub(super) const NAME: &str = "linux";

/// The probes of one definition, where tracers find them.
pub(super) struct Installed {
    // In this order: the file stays locked until it is no longer mapped.
    mapping: Mapping,
    _held: Held,
    sites: Vec<Site>,
    status: Status,
}

impl Installed {
    /// Makes the image and maps it: from a file in the first directory that will do, else from memory.
    pub(super) fn new(definition: &ProviderDefinition) -> Result<Self, Refusal> {
        let installed = Self::mapped(definition)?;
        #[cfg(feature = "recorder")]
        image_mapped(&definition.name, installed.semaphores(), installed.sites.len());
        Ok(installed)
    }

    fn mapped(definition: &ProviderDefinition) -> Result<Self, Refusal> {
        let Some(architecture) = Architecture::HOST else { return Err(Refusal::Unsupported) };
        let image = Image::build(definition, architecture);
        let mut refusals = Vec::new();
        for path in directory::candidates() {
            match directory::open(&path)
                .and_then(|directory| Self::from_file(&directory, &definition.name, &image))
            {
                Ok((held, mapping, path)) => {
                    return Ok(Installed {
                        mapping,
                        _held: held,
                        sites: image.sites,
                        status: Status::Visible { path },
                    });
                }
                Err(refusal) => refusals.push(refusal),
            }
        }
        match Self::from_memory(&definition.name, &image) {
            Ok((held, mapping)) => {
                let status = Status::InMemory { why: all(refusals) };
                Ok(Installed { mapping, _held: held, sites: image.sites, status })
            }
            Err(refusal) => {
                refusals.push(refusal);
                Err(all(refusals))
            }
        }
    }

    fn from_file(
        directory: &directory::Directory,
        provider: &str,
        image: &Image,
    ) -> Result<(Held, Mapping, PathBuf), Refusal> {
        let (held, path) = published::file(directory, provider, image)?;
        let mapping =
            Mapping::new(held.file(), image).map_err(|errno| refused(Step::Map, Some(&path), errno))?;
        Ok((held, mapping, path))
    }

    fn from_memory(provider: &str, image: &Image) -> Result<(Held, Mapping), Refusal> {
        let held = published::memory(provider, image)?;
        let mapping = Mapping::new(held.file(), image).map_err(|errno| refused(Step::Map, None, errno))?;
        Ok((held, mapping))
    }

    pub(super) fn status(&self) -> &Status {
        &self.status
    }

    pub(super) fn semaphore(&self, index: usize) -> &AtomicU16 {
        self.mapping.semaphore(self.sites[index].semaphore)
    }

    /// Nobody knows more than the semaphore.
    pub(super) fn is_watched(&self, _: usize) -> bool {
        true
    }

    pub(super) fn described(&self, index: usize) -> usize {
        self.sites[index].described
    }

    pub(super) fn fire(&self, index: usize, frame: &Frame) {
        self.mapping.fire(self.sites[index].stub, frame);
    }
}

/// A recorder has semaphores side by side, as the image does.
#[cfg(feature = "recorder")]
impl Installed {
    /// The address of the first semaphore.
    fn semaphores(&self) -> usize {
        self.sites
            .first()
            .map_or(0, |site| std::ptr::from_ref(self.mapping.semaphore(site.semaphore)).expose_provenance())
    }
}

#[cfg(feature = "recorder")]
impl Drop for Installed {
    fn drop(&mut self) {
        image_unmapped(self.semaphores());
    }
}

fn refused(step: Step, path: Option<&Path>, errno: Errno) -> Refusal {
    Refusal::System { step, path: path.map(Into::into), errno: errno.raw_os_error() }
}

fn all(mut refusals: Vec<Refusal>) -> Refusal {
    if refusals.len() == 1 { refusals.remove(0) } else { Refusal::Several(refusals) }
}
