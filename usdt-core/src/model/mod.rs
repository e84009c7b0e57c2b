//! The model: what a probe is, as plain data with no I/O.
//!
//! Every definition (a Rust module, a D file) becomes this, and every note that is read back becomes this again. `T` is
//! how the definition speaks of an argument's type: [`CType`](crate::dfile::CType) in a D file,
//! [`TypeName`](crate::stapsdt::TypeName) in a describing note.

#[cfg(any(feature = "dof", feature = "notes", feature = "runtime"))]
mod architecture;
pub mod arg_type;
#[cfg(feature = "std")]
mod dfile_error;
#[cfg(feature = "notes")]
mod glob;
#[cfg(any(feature = "dfile", feature = "dof", feature = "notes"))]
pub mod name;
#[cfg(any(feature = "dfile", feature = "dof", feature = "notes"))]
mod probe;
#[cfg(feature = "dfile")]
mod seen;

#[cfg(any(feature = "dof", feature = "notes", feature = "runtime"))]
pub use architecture::Architecture;
pub use arg_type::ArgType;
#[cfg(feature = "std")]
pub use dfile_error::DFileError;
#[cfg(feature = "notes")]
pub use glob::glob;
#[cfg(any(feature = "dfile", feature = "dof", feature = "notes"))]
pub use probe::{Argument, Probe, Provider, described, first_paragraph};
#[cfg(feature = "dfile")]
pub use seen::Seen;

/// The most operands that any tracer reads from one probe: libbpf refuses a probe with more.
///
/// Most arguments are one operand; a byte slice and a 128-bit integer are two.
pub const MAX_OPERANDS: usize = 12;
