//! Probes in Rust programs for bpftrace, DTrace, perf, gdb and SystemTap: nearly free until somebody attaches.
//!
//! A service that is slow, or spins, or does what nobody expected is asked best while it runs. With this crate it can
//! say what it does in words of its own ("a request began", "the search is done"), and anybody with a tracer can listen.
//!
//! ```
//! /// Probes of the order service.
//! #[usdt_probes::provider]
//! mod orders {
//!     /// A request was accepted.
//!     pub fn request_start(id: u64, path: &str);
//!     /// A request was answered.
//!     pub fn request_done(id: u64, status: u16);
//! }
//!
//! fn main() {
//!     orders::request_start(1, "/orders");
//!     orders::request_done(1, 200);
//! }
//! ```
//!
//! ```text
//! # bpftrace -e 'usdt:./service:orders:request_start { printf("%d %s\n", arg0, str(arg1)) }'
//! ```
//!
//! While nobody listens a probe is a load, a compare and a branch that is not taken.
//!
//! # Defining probes
//!
//! [`#[provider]`](macro@provider) turns a module of function signatures into probes. The module's name is the provider's,
//! or `#[provider(name = "…")]` says another; `__` in a probe's name stands for `-`, as everywhere in this field. For each
//! signature there is, with the same visibility (what has no `pub` is for the whole crate):
//!
//! | what | what for |
//! |---|---|
//! | `orders::request_start(1, "/")` | fires; the arguments are at hand anyway |
//! | `orders::request_start_with(\|\| (1, path()))` | the closure runs only while somebody watches |
//! | `orders::request_start!(\|\| (1, path()))` | the same |
//! | `orders::request_start_enabled()` | whether somebody watches |
//!
//! A closure returns a tuple, or the bare value of a single argument. It may give owned values for references: whatever
//! [`Borrow`](core::borrow::Borrow)s as the argument's type, and `AsRef` for text and slices. Inside of an `Option` the types
//! must be the same.
//!
//! As a rule: what is at hand goes by the function, what must be computed (`format!`, `elapsed()`, a lock) by a closure.
//!
//! A probe that the program never fires is in no file and on no list of a tracer, and the compiler doesn't warn of it.
//!
//! The module may also hold `use` lines, type aliases, and modules that group probes of the same provider. Probes may be
//! under `#[cfg]`. A library may define probes: they are visible in every program that fires them, with nothing to do for
//! the program.
//!
//! Providers can also stand in a D file, for [`dtrace_provider!`] or a build script's `Builder` (feature `build`).
//!
//! # Arguments
//!
//! What an argument is to a tracer is decided by its type, not by how the type is written: an alias of `u64` is a `u64`.
//! At most 12 operands are read by any tracer, 6 by every tracer.
//!
//! | type | operand |
//! |---|---|
//! | integers up to 64 bits, `bool`, `char`, `NonZero*`, atomics (loaded `Relaxed`) | the number, with its size and sign |
//! | `u128`, `i128` | two: the low half, the high half |
//! | `f32`, `f64` | their bits in an integer |
//! | [`Duration`](core::time::Duration) | nanoseconds in 64 bits, saturated |
//! | `*const T`, `*mut T`, `NonNull<T>` | the address |
//! | `str`, `String` | the address of a copy that ends with a NUL byte; an interior NUL cuts it |
//! | [`CStr`](core::ffi::CStr) | its address |
//! | `Path`, `OsStr` (`std`) | the address of a copy of its bytes that ends with a NUL byte |
//! | `[u8]`, `[u8; N]`, `Vec<u8>` | two: the address, the length in bytes |
//! | `Option` of these | as the value; `None` is 0, a null pointer for text, and a null pointer and length 0 for bytes |
//! | references to these, `Box`, `Rc`, `Arc`, `Cow` (`std`) | as what they hold |
//! | a type of yours that implements [`Arg`] | what its `value` says |
//! | any other `serde::Serialize` (feature `json`) | the address of `{"ok": value}` or `{"err": "message"}` |
//! | `#[json] name: T` (feature `json`) | the address of the value as JSON |
//!
//! `None` and `Some(0)` look the same to a tracer: where 0 is a value, pass a `bool` beside it. Since bytes are two operands,
//! what stands behind them moves up: of `write(key: &str, value: &[u8], ok: bool)` a tracer sees the key in `arg0`, the
//! bytes as `buf(arg1, arg2)`, and `ok` in `arg3`.
//!
//! Text is valid until the firing is over. The strings of one firing are not allocated for as long as they have 512 bytes
//! together; longer ones go to the heap, whole. JSON is cut at 64 KiB.
//!
//! # What it costs
//!
//! While nobody watches, a compare with memory and a branch that is not taken: 10 bytes of hot code. (On systems with DTrace
//! there is no memory to look at: the code makes a register 0, which a tracer changes to 1, and tests it.) While somebody does,
//! what the tracer's trap costs, and the copy of each text. In the file, for each probe a note of about 100 bytes and a
//! describing note of about 80, depending on the names, and about 30 bytes a site; and up to two pages once. The
//! repository's `docs/benchmarks.md` has all of it measured beside the peers.
//!
//! # Making the probes known
//!
//! On Linux a program does nothing for its probes: tracers find them in its file. On illumos, FreeBSD and macOS the kernel has
//! to be told: call [`register_probes`] once, or enable the feature `auto-register`. Nobody has seen a firing there yet;
//! `docs/platforms.md` in the repository says how far it was checked without those systems.
//!
//! # What this crate does not do
//!
//! It doesn't print, collect or send anything: without a tracer nothing happens. It is not a logging framework.
//!
//! There are probes on Linux on x86_64 and aarch64, on illumos and FreeBSD on x86_64, and on macOS. On other targets they
//! compile to nothing; `--cfg usdt_probes_off` in `RUSTFLAGS` does the same everywhere. `--cfg usdt_probes_undescribed` leaves
//! out the note that holds names, types and docs.
//!
//! # Features
//!
//! * `std` (default): strings over 512 bytes, paths. Without it the crate is `no_std`.
//! * `json`: arguments of any type that implements `serde::Serialize`.
//! * `runtime`: the module `runtime`, for providers that are defined while the program runs: from a configuration, or in a
//!   scripting language of the program's.
//! * `recorder`: the module `recorder`, which keeps the last firings in the program's memory, even while nobody watches, for
//!   whoever looks at a core dump. Linux.
//! * `auto-register`: registers the probes before `main`, and those of a library when it is loaded, on systems where they have
//!   to be registered.
//! * `build`: `Builder`, for build scripts.
//!
//! # Coming from `usdt` or `probe`
//!
//! `use usdt_probes as usdt;` compiles a service that was written for `usdt` 0.6: see `docs/migrating.md`.

#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(feature = "build")]
mod builder;
mod register;

#[cfg(feature = "build")]
pub use builder::Builder;
pub use register::{Error, RegistrationProblem, register_probes};
#[cfg(feature = "recorder")]
pub use usdt_core::recorder;
#[cfg(feature = "runtime")]
pub use usdt_core::runtime;
pub use usdt_core::unique_id::UniqueId;
#[cfg(feature = "json")]
pub use usdt_core::value::json::JSON_LIMIT;
pub use usdt_core::value::{Arg, Value};
pub use usdt_macros::{dtrace_provider, provider};

/// The code of the guide compiles.
#[cfg(all(doctest, feature = "json"))]
#[doc = include_str!("../docs/migrating.md")]
pub struct Migrating;

/// What generated code needs. Not part of the API.
#[doc(hidden)]
pub mod __private {
    /// The name under which a service that was written for the crate `usdt` knows this one.
    pub mod peer {
        pub use crate as usdt;
    }
    pub use usdt_core::__usdt_probe as probe;
    pub use usdt_core::value::gives::{Gives, GivesSlice, GivesText};
    pub use usdt_core::value::kind::{JsonKind, Kind};
    pub use usdt_core::value::plan::Plan;
}
