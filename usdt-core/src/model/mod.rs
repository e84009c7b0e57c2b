//! The model: what a probe is, as plain data with no I/O.
//!
//! Every definition (a Rust module, a D file) becomes this, and every note that is read back becomes this again. `T` is
//! how the definition speaks of an argument's type: [`CType`](crate::dfile::CType) in a D file,
//! [`TypeName`](crate::stapsdt::TypeName) in a describing note.

pub mod arg_type;
#[cfg(feature = "std")]
pub mod name;

pub use arg_type::ArgType;

/// The most operands that any tracer reads from one probe: libbpf refuses a probe with more.
///
/// Most arguments are one operand; a byte slice and a 128-bit integer are two.
pub const MAX_OPERANDS: usize = 12;

/// A named group of probes. On DTrace systems the process's id is appended to the name.
#[cfg(feature = "std")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider<T> {
    /// The name as a tracer shows it.
    pub name: String,
    /// Its probes, in the order of their definition.
    pub probes: Vec<Probe<T>>,
}

/// A point in a program that a tracer can attach to.
#[cfg(feature = "std")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe<T> {
    /// The name as DTrace shows it, with `-` between words where the definition says `__`.
    pub name: String,
    /// The text that the author wrote about it; empty when there is none.
    pub doc: String,
    /// What each firing carries.
    pub args: Vec<Argument<T>>,
}

/// One value that a firing carries.
#[cfg(feature = "std")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument<T> {
    /// Its name; `argN` where the definition has none.
    pub name: String,
    /// Its type, in the words of the definition.
    pub ty: T,
}
