//! The flight recorder: the last firings of a program, in its own memory, for whoever looks at it after its death.
//!
//! While it runs, each firing of this program's probes is also written into a ring in memory, whether or not a tracer watches. A
//! core dump has that memory, and [`format`](mod@format) says what is in it.
//!
//! ```
//! # #[cfg(feature = "recorder")] {
//! use usdt_core::recorder::{self, Options};
//!
//! match recorder::start(Options::new().firings(1000).providers(["orders", "cache_*"])) {
//!     Ok(()) => {}
//!     Err(error) => eprintln!("the probes are not recorded: {error}"),
//! }
//! // The program does its work.
//! recorder::stop();
//! # }
//! ```
//!
//! # What is recorded
//!
//! Firings of static probes and of those that are defined while the program runs, as far as they are of this copy of the library: a
//! shared library that was built for itself has a copy, and a recorder, of its own, which `usdt core` finds too. To the program a
//! probe that is recorded is a probe that is watched: it is *enabled*, its closures run, its texts are copied and its JSON is written.
//! A firing takes no lock and waits for nobody: where another thread is still writing in the same slot, a whole ring behind, the
//! firing is counted and left out.
//!
//! The feature `recorder` changes static sites a little, whether or not it was started: what jumped to a probe's nop, where all its
//! arguments are numbers or pointers, calls a function. What runs while nobody watches or records is the same.
//!
//! # Where it may be used
//!
//! Recording a firing allocates nothing, and a signal handler may fire. (What makes the arguments may allocate: texts of more than
//! 512 bytes, JSON.) A child that is forked goes on recording, in a copy of its own; a slot in which another thread was writing at that
//! moment stays taken there, and each time the ring comes round one firing is counted and left out.
//!
//! On Linux on x86_64 and aarch64 alone; elsewhere [`start`] says that it is [not supported](Error::Unsupported).

#[cfg(feature = "recorder")]
mod error;
pub mod format;
#[cfg(feature = "recorder")]
mod options;
#[cfg(feature = "recorder")]
mod recorded;
#[cfg(feature = "recorder")]
mod static_probe;

#[cfg(feature = "recorder")]
pub use self::{backend::record, error::Error, options::Options, recorded::*, static_probe::StaticProbe};

/// The recorder: that of Linux where there are semaphores, else the file of this name, which has none.
#[cfg(feature = "recorder")]
#[cfg_attr(
    all(
        target_os = "linux",
        not(usdt_probes_dtrace),
        any(target_arch = "x86_64", target_arch = "aarch64"),
        target_pointer_width = "64",
        target_endian = "little",
        not(usdt_probes_off),
        not(miri)
    ),
    path = "linux/mod.rs"
)]
pub(crate) mod backend;

/// Starts recording, in new memory: what an earlier recording has left is given up.
///
/// Providers that are defined later are recorded as soon as they are.
///
/// # Errors
///
/// If it runs already, with whatever options: nothing is changed then. If there is no recorder on this system, or no memory.
#[cfg(feature = "recorder")]
pub fn start(options: Options) -> Result<(), Error> {
    backend::start(options)
}

/// Stops recording. What was recorded stays in memory until the next [`start`]. Does nothing if it doesn't run.
///
/// A firing that another thread has begun may still be written after this has returned.
#[cfg(feature = "recorder")]
pub fn stop() {
    backend::stop();
}

/// Raises the semaphores of all that is recorded once more, or lowers them once more if the recorder was stopped.
///
/// The kernel writes to a semaphore when a tracer attaches or lets go, not in one step, and can undo what [`start`] or [`stop`] did to
/// it at that very moment: the probe is then not recorded, or stays enabled for nobody.
#[cfg(feature = "recorder")]
pub fn refresh() {
    backend::refresh();
}

/// Whether it runs.
#[cfg(feature = "recorder")]
pub fn is_running() -> bool {
    backend::is_running()
}
