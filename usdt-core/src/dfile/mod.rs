//! The provider language of DTrace: `.d` files that declare probes.
//!
//! A program that already has such a file, for its C parts or from a port of DTrace, gets the same probes in Rust from
//! it. [`parse()`] reads a file into the [model](crate::model), [`DFile::to_rust`] writes the Rust module that
//! `#[provider]` accepts.
//!
//! ```
//! use usdt_core::dfile::{RustOptions, parse};
//!
//! let file = parse(
//!     "provider orders {
//!          /** A request was accepted. */
//!          probe request__start(uint64_t id, char *path);
//!      };",
//! )?;
//! assert_eq!(file.providers[0].probes[0].name, "request-start");
//! assert_eq!(
//!     file.to_rust(&RustOptions::default())?,
//!     r#"#[::usdt_probes::provider(crate = ::usdt_probes, name = "orders")]
//! #[doc = "The probes of the provider `orders`."]
//! pub mod orders {
//!     #[doc = "A request was accepted."]
//!     pub fn request__start(id: u64, path: &str);
//! }
//! "#
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Grammar
//!
//! ```text
//! file       = { provider } ;
//! provider   = "provider" name "{" { probe } "}" [ ";" ] ;
//! probe      = "probe" name "(" [ "void" | argument { "," argument } ] ")" ";" ;
//! argument   = type { "*" { qualifier } } [ name ] ;
//! type       = { qualifier } base { base | qualifier } ;      (* the words in any order that C allows *)
//! base       = "void" | "char" | "short" | "int" | "long" | "signed" | "unsigned" | "float" | "double" | "_Bool"
//!            | "bool" | "string" | typedef | ( "struct" | "union" | "enum" ) name ;
//! qualifier  = "const" | "volatile" | "restrict" ;
//! name       = ( letter | "_" ) { letter | digit | "_" } ;
//! ```
//!
//! Comments are `/* … */` and `// …`. One that stands directly before a probe, with no blank line between, becomes the
//! probe's documentation. In a probe's name `__` stands for `-`. An argument without a name becomes `arg0`, `arg1` and
//! so on by its position.
//!
//! Lines that change nothing about the probes are ignored and listed in [`DFile::ignored`]: `#pragma`, `#ident`,
//! `#include`, the line markers that `cpp` leaves, and a first line that begins with `#!`. Stability attributes are among
//! them: every probe gets the ones that DTrace's manual recommends.
//!
//! # What is not accepted
//!
//! Each of these is an error at its place, with what to write instead: translated arguments, types that don't fit into a
//! register (structs by value, arrays, unknown typedefs), `#if` and `#define`, more than twelve arguments, two providers
//! or two probes of a provider with one name, and names that Rust can't spell.
//!
//! # Types
//!
//! | C | Rust |
//! |---|---|
//! | `int8_t` … `uint64_t`, `short`, `int`, `long long` and their variations | `i8` … `u64` |
//! | `char`, `long`, `unsigned long` | `c_char`, `c_long`, `c_ulong` of `core::ffi` |
//! | `size_t`, `ssize_t`, `pid_t`, `off_t` and other typedefs of POSIX | the integer that 64-bit Linux has |
//! | `bool`, `float`, `double` | `bool`, `f32`, `f64` |
//! | `string`, `char *`, `const char *` | `&str` |
//! | a pointer to an integer | `*const T` |
//! | any other pointer | `*const c_void` |

mod comment;
mod ctype;
mod lex;
mod list;
mod parse;
mod rust;

use std::fmt;

pub use ctype::{CKind, CType, Scalar};
pub use list::list;
pub use rust::{RustError, RustOptions};

pub use crate::model::DFileError;
use crate::model::Provider;

/// What a D file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DFile {
    /// The providers, in the order of the file.
    pub providers: Vec<Provider<CType>>,
    /// The lines that were skipped because they change nothing about the probes.
    pub ignored: Vec<Ignored>,
}

/// A directive that was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its line, from 1.
    pub line: usize,
    /// Its column, from 1, in characters.
    pub column: usize,
    /// The directive itself.
    pub what: String,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: `{}` is ignored", self.line, self.column, self.what)
    }
}

/// Reads a D file. A file without a provider is one; [`DFile::to_rust`] refuses it.
pub fn parse(source: &str) -> Result<DFile, DFileError> {
    parse::file(source)
}
