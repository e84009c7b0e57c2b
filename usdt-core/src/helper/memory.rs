//! The memory of a DOF, which has to be there for as long as a kernel may look for it.

/// Memory for a DOF, at an address that stays the same.
///
/// A DOF is registered with its own address. So its memory is kept while it is registered, on every system: were it freed
/// before, a second DOF could be put there, and the kernels silently drop a DOF whose address they know. Where the kernel may
/// read it even later, it is never freed.
#[derive(Debug)]
pub struct DofMemory {
    module: String,
    address: u64,
    /// Empty when it was given away for ever.
    bytes: Box<[u8]>,
}

impl DofMemory {
    /// Memory for so many bytes, all of them 0.
    ///
    /// `module` is what tracers show as the probes' module; of a longer name they see the first 63 bytes.
    pub fn reserve(module: &str, length: usize) -> DofMemory {
        let bytes = vec![0; length].into_boxed_slice();
        DofMemory { module: module.to_owned(), address: bytes.as_ptr().expose_provenance() as u64, bytes }
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
        &mut self.bytes
    }

    /// From now on the memory belongs to the kernel.
    pub(super) fn keep_forever(&mut self) {
        Box::leak(std::mem::take(&mut self.bytes));
    }

    #[cfg(test)]
    pub(super) fn is_kept_forever(&self) -> bool {
        self.bytes.is_empty()
    }
}
