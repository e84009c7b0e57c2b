//! Where everything that is mapped stands in an image.

use std::ops::Range;

use super::Architecture;
use super::architecture::STUB;

/// A place in an image: an address relative to where the image is mapped, and the same number as an offset in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(usize);

impl Place {
    pub(super) const fn new(offset: usize) -> Place {
        Place(offset)
    }

    /// How many bytes it is behind the start of the image, in memory and in the file.
    pub const fn offset(self) -> usize {
        self.0
    }

    pub(super) const fn address(self) -> u64 {
        self.0 as u64
    }
}

/// `.stapsdt.base`, one byte.
pub(super) const BASE: Place = Place(0x200);
/// The note that holds the id.
pub(super) const BUILD_ID: Place = Place(0x240);
/// The first stub. On a page of its own where pages have 4 KiB: the page of the headers is then never written to.
pub(super) const TEXT: Place = Place(0x1000);

/// The places that depend on the architecture and on how many probes there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    page: usize,
    probes: usize,
}

impl Layout {
    pub(super) const fn new(architecture: Architecture, probes: usize) -> Layout {
        Layout { page: architecture.page(), probes }
    }

    pub(super) const fn stub(self, probe: usize) -> Place {
        Place(TEXT.0 + probe * STUB)
    }

    pub(super) const fn text_end(self) -> Place {
        self.stub(self.probes)
    }

    /// The pages of headers and code.
    pub(super) const fn code(self) -> Range<usize> {
        0..self.text_end().0.next_multiple_of(self.page)
    }

    pub(super) const fn semaphore(self, probe: usize) -> Place {
        Place(self.code().end + probe * size_of::<u16>())
    }

    /// The word behind the semaphores.
    pub(super) const fn users(self) -> Place {
        Place(self.semaphore(self.probes).0.next_multiple_of(align_of::<u32>()))
    }

    pub(super) const fn data_end(self) -> Place {
        Place(self.users().0 + size_of::<u32>())
    }

    /// The pages of the semaphores.
    pub(super) const fn data(self) -> Range<usize> {
        self.code().end..self.data_end().0.next_multiple_of(self.page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_grow_with_the_probes() {
        for (architecture, probes, code, data) in [
            (Architecture::X86_64, 0, 0..0x1000, 0x1000..0x2000),
            (Architecture::X86_64, 1, 0..0x2000, 0x2000..0x3000),
            (Architecture::X86_64, 128, 0..0x2000, 0x2000..0x3000),
            (Architecture::X86_64, 129, 0..0x3000, 0x3000..0x4000),
            // One semaphore fewer and the word of the users would be on the first page of the data.
            (Architecture::X86_64, 2046, 0..0x11000, 0x11000..0x12000),
            (Architecture::X86_64, 2047, 0..0x11000, 0x11000..0x13000),
            (Architecture::X86_64, 10_000, 0..0x50000, 0x50000..0x55000),
            (Architecture::Aarch64, 0, 0..0x10000, 0x10000..0x20000),
            (Architecture::Aarch64, 1920, 0..0x10000, 0x10000..0x20000),
            (Architecture::Aarch64, 1921, 0..0x20000, 0x20000..0x30000),
        ] {
            let layout = Layout::new(architecture, probes);
            assert_eq!((layout.code(), layout.data()), (code, data), "{architecture:?}, {probes} probes");
        }
    }

    #[test]
    fn the_users_are_counted_behind_the_semaphores() {
        for probes in 0..10 {
            let layout = Layout::new(Architecture::X86_64, probes);
            let (users, semaphores_end) = (layout.users().offset(), layout.semaphore(probes).offset());
            assert!(users.is_multiple_of(4) && (semaphores_end..semaphores_end + 4).contains(&users));
            assert!(users + 4 <= layout.data().end);
        }
    }
}
