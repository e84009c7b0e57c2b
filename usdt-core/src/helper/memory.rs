//! The memory of a DOF, which has to be there for as long as a kernel may look for it.

use super::kernel::Pages;

/// Memory for a DOF, at an address that stays the same.
///
/// A DOF is registered with its own address. So its memory is kept while it is registered, on every system: were it freed
/// before, a second DOF could be put there, and the kernels silently drop a DOF whose address they know. Where the kernel may
/// read it even later, it is never freed.
#[derive(Debug)]
pub struct DofMemory {
    module: String,
    address: u64,
    /// None when it was given away for ever.
    bytes: Option<Storage>,
}

#[derive(Debug)]
enum Storage {
    Heap(Box<[u8]>),
    Pages(Pages),
}

impl DofMemory {
    /// Memory for so many bytes, all of them 0.
    ///
    /// `module` is what tracers show as the probes' module; of a longer name they see the first 63 bytes.
    pub fn reserve(module: &str, length: usize) -> DofMemory {
        DofMemory::new(module, Storage::Heap(vec![0; length].into_boxed_slice()))
    }

    /// The same, and near to an address if the system allows it: on macOS the places of probes are distances from the
    /// DOF, of 32 bits with a sign.
    pub fn near(address: u64, module: &str, length: usize) -> DofMemory {
        match Pages::near(address, length) {
            Some(pages) => DofMemory::new(module, Storage::Pages(pages)),
            None => DofMemory::reserve(module, length),
        }
    }

    fn new(module: &str, mut bytes: Storage) -> DofMemory {
        let address = bytes.get().as_ptr().expose_provenance() as u64;
        DofMemory { module: module.to_owned(), address, bytes: Some(bytes) }
    }

    /// The name of the module.
    pub fn module(&self) -> &str {
        &self.module
    }

    /// Its address. On macOS the places of probes are distances from here.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// Where the DOF is to be written.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.as_mut().map_or(&mut [], Storage::get)
    }

    /// From now on the memory belongs to the kernel.
    pub(super) fn keep_forever(&mut self) {
        std::mem::forget(self.bytes.take());
    }

    #[cfg(test)]
    pub(super) fn is_kept_forever(&self) -> bool {
        self.bytes.is_none()
    }
}

impl Storage {
    fn get(&mut self) -> &mut [u8] {
        match self {
            Storage::Heap(bytes) => bytes,
            Storage::Pages(pages) => pages.bytes(),
        }
    }
}
