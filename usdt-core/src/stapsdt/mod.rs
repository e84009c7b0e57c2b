//! Notes: how tracers on Linux find probes in an ELF file.
//!
//! A probe has two notes. The assembler writes them at compile time (`site/elf.rs`), and `write` those of a provider that
//! is defined while a program runs; both are read back here. Neither is loaded when the program runs; `strip` keeps both. All numbers have the byte order of the file; 64-bit files only.
//!
//! # The stapsdt note
//!
//! Section `.note.stapsdt`, owner `stapsdt`, type 3. Every tracer reads it. The format is SystemTap's
//! (<https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation>):
//!
//! | bytes | field |
//! |---|---|
//! | 8 | the location: the address of the nop |
//! | 8 | the address of `.stapsdt.base` when the file was linked |
//! | 8 | the address of the semaphore |
//! | text, NUL | the provider |
//! | text, NUL | the probe; `-` is written `__` |
//! | text, NUL | the operands: `N@OP`, separated by a blank; `N` is the size in bytes, negative where signed |
//!
//! # The describing note
//!
//! Section `.note.usdt-probes`, owner `usdt-probes`; the note's type is the version of the format, now 1. It says what the
//! first can't: names, types and what the author wrote. It is left out with `--cfg usdt_probes_undescribed`.
//!
//! | bytes | field |
//! |---|---|
//! | 8, 8, 8 | location, base and semaphore, as above: the location ties the two notes together |
//! | text, NUL | the provider |
//! | text, NUL | the probe; `-` is written `__` |
//! | text, NUL | the first paragraph of its doc, on one line; may be empty |
//! | 1 | how many arguments follow |
//! | for each: 1 | an [`ArgType`](crate::model::ArgType), which tells its operands too |
//! | text, NUL | its name |
//! | text, NUL | its type as the source has it |
//!
//! Texts are UTF-8. A later version may add fields at the end; a reader ignores what it doesn't know.

mod describing;
#[cfg(feature = "runtime")]
pub mod image;
mod note;
pub mod operand;
mod probe;
mod write;

pub use describing::{DESCRIBING_OWNER, DESCRIBING_VERSION, Described, TypeName};
pub use note::{Note, NoteError, Notes};
pub use probe::{STAPSDT_OWNER, STAPSDT_TYPE, StapsdtProbe};
