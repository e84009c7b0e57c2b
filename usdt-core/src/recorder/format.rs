//! The memory of a recorder: what a program writes, and what a tool finds in a core dump, or in a process that lives.
//!
//! It is one private mapping of anonymous memory that begins on a page, since core dumps have such memory whole, and tells all about
//! itself: no symbols, and no file of the program, are needed to read it. All numbers are little-endian. Whoever reads it has to
//! expect anything: the program may have died at any moment, or have written over it.
//!
//! ```text
//! header      one page
//! probes      a table that only grows
//! slots       the ring: firing n is in slot n modulo the number of slots
//! ```
//!
//! # The table of probes
//!
//! A probe's *id* is its place in the table, in words of 8 bytes, plus 1; id 0 is a probe that the table had no room for. An entry is
//! at a multiple of 8 bytes:
//!
//! ```text
//! u32  size of the entry in bytes, a multiple of 8; written last, 0 until then
//! u32  number of arguments
//!      provider NUL, probe NUL (with `__` for `-`)
//!      for each argument: u8 its type (the number of an `ArgType`), its name NUL
//!      zeroes up to the size
//! ```
//!
//! # A slot
//!
//! ```text
//!  0  u64  sequence: 2n + 1 while firing n is written, 2n + 2 when it is complete, 0 if there never was one
//!  8  u64  when: CLOCK_MONOTONIC, in nanoseconds
//! 16  u32  thread id
//! 20  u32  id of the probe
//! 24  u16  how many arguments follow: those of a probe with more didn't fit
//! 26  u16  how many bytes the arguments are
//! 28  u32  0
//! 32       the arguments, each a multiple of 8 bytes
//! ```
//!
//! A number is its operands, 8 bytes each, extended to 64 bits. A text (also JSON, bytes, a C string) is a u16 with the number of
//! bytes, a u16 of [`CUT`] and [`NOTHING`], and the bytes, padded to a multiple of 8.

/// What the recorder adds to the semaphores of what it records, beside the number of tracers that watch. They never reach it.
pub const RECORDED: u16 = 0x4000;

/// What the header begins with.
pub const MAGIC: [u8; 16] = *b"usdt-probes-rec\0";
/// The version of this format.
pub const VERSION: u32 = 1;
/// The size of the header in bytes.
pub const HEADER_SIZE: usize = 4096;

/// Offsets in the header, in bytes.
pub mod header {
    /// [`MAGIC`](super::MAGIC).
    pub const MAGIC: usize = 0;
    /// u32: [`VERSION`](super::VERSION).
    pub const VERSION: usize = 16;
    /// u32: the process that made it, by the id that its own namespace has for it.
    pub const PID: usize = 20;
    /// u64: the address of the header.
    pub const ADDRESS: usize = 24;
    /// u64: the size of all of it, in bytes.
    pub const SIZE: usize = 32;
    /// u64: where the table of probes is, in bytes from the header.
    pub const PROBES: usize = 40;
    /// u64: the size of the table in bytes.
    pub const PROBES_SIZE: usize = 48;
    /// u64: how many bytes of the table are taken.
    pub const PROBES_USED: usize = 56;
    /// u64: where the slots are, in bytes from the header.
    pub const SLOTS: usize = 64;
    /// u64: the size of a slot in bytes, a multiple of 8.
    pub const SLOT_SIZE: usize = 72;
    /// u64: how many slots there are, a power of two.
    pub const SLOT_COUNT: usize = 80;
    /// u64: how many firings there were: the number of the next one.
    pub const NEXT: usize = 88;
    /// u64: firings that are in no slot, since another thread was still writing there.
    pub const DROPPED: usize = 96;
    /// i64: what is to be added to CLOCK_MONOTONIC to get CLOCK_REALTIME, in nanoseconds, when the recorder was started.
    pub const REALTIME: usize = 104;
}

/// Offsets in a slot, in bytes.
pub mod slot {
    /// u64: the sequence.
    pub const SEQUENCE: usize = 0;
    /// u64: when.
    pub const TIME: usize = 8;
    /// u32: the thread.
    pub const THREAD: usize = 16;
    /// u32: the id of the probe.
    pub const PROBE: usize = 20;
    /// u16: how many arguments follow.
    pub const ARGUMENTS: usize = 24;
    /// u16: how many bytes they are.
    pub const BYTES: usize = 26;
    /// The arguments.
    pub const VALUES: usize = 32;
}

/// A flag of a text: there was more of it.
pub const CUT: u16 = 1;
/// A flag of a text: its address was 0.
pub const NOTHING: u16 = 2;
