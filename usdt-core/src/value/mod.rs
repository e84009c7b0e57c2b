//! How one argument becomes the register-sized operands that a tracer reads.
//!
//! ```text
//! user's type ──Arg──▶ Value (a closed set) ──lower──▶ one or two operands, text copied into Scratch
//!      └────Serialize──▶ JSON text ────────────────────▶ one operand
//! ```
//!
//! [`Arg`] is the door for users' types, [`Value`] the closed set of what can travel, [`Kind`](kind::Kind) decides between
//! the two roads by the argument's type alone, and [`Plan`](plan::Plan) lays a probe's operands out at compile time.

mod arg;
pub mod gives;
#[cfg(feature = "json")]
pub mod json;
pub mod kind;
mod native;
pub mod plan;
pub mod scratch;
mod text;

pub use arg::Arg;
pub use scratch::Scratch;

use crate::model::ArgType;
#[cfg(feature = "runtime")]
use crate::runtime::Dynamic;

/// What one value is in registers: one operand, or two where its type says so (the second is 0 otherwise).
pub type Operands = [u64; 2];

/// A value that can travel to a tracer.
///
/// This is the closed set of what tracers understand; a type of your own joins it by implementing [`Arg`] in terms of one
/// of these: all integers, `bool`, `char`, `f32`, `f64`, raw pointers, [`Duration`](core::time::Duration), `&str`, `&CStr`,
/// `&[u8]`, `&Path` (with `std`), and `Option` of each.
///
/// # What `None` reads as
///
/// 0 for a number, `false` for a `bool`, NUL for a `char`, a null pointer for a pointer, a text, a path or a C string, and
/// a null pointer with length 0 for bytes. A tracer can't tell `None` from `Some(0)`; where that matters, pass a `bool`
/// beside it.
pub trait Value: Copy + sealed::Sealed {
    /// What a tracer is told about it.
    #[doc(hidden)]
    const TYPE: ArgType;

    /// Whether it is copied before a tracer reads it.
    #[doc(hidden)]
    const COPIED: bool = false;

    /// The operands, valid until `scratch` is dropped.
    #[doc(hidden)]
    fn lower(self, scratch: &mut Scratch<'_>) -> Operands;

    /// The value, for a probe whose types are known only while the program runs.
    #[cfg(feature = "runtime")]
    #[doc(hidden)]
    #[inline]
    fn dynamic<'v>(self) -> Dynamic<'v>
    where
        Self: 'v,
    {
        // Numbers and pointers need no scratch; what does has its own way.
        Dynamic::of_number(Self::TYPE, self.lower(&mut Scratch::new(&mut [])))
    }
}

mod sealed {
    pub trait Sealed {}
}
