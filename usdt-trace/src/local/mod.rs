//! Watches the probes of the process it is called in: no privilege, no kernel support, no other program.
//!
//! It is made for tests. A test runs a piece of code and says which probes fired, with which values, on a developer's machine and
//! in any container:
//!
//! ```
//! # #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))] {
//! #[usdt_probes::provider]
//! mod orders {
//!     pub fn request_start(id: u64, path: &str);
//! }
//!
//! fn place_order(id: u64) {
//!     orders::request_start(id, "/orders");
//! }
//!
//! use usdt_trace::local::Tracer;
//!
//! let tracer = Tracer::here(["orders:*"])?;
//! place_order(17);
//! let events = tracer.events();
//! assert_eq!(events.len(), 1);
//! assert_eq!(events[0].probe.name, "request_start");
//! assert_eq!(events[0]["id"], 17);
//! assert_eq!(events[0]["path"], "/orders");
//! # }
//! # Ok::<(), usdt_trace::local::AttachError>(())
//! ```
//!
//! # How it works
//!
//! It raises the semaphores and puts a breakpoint instruction in the place of each site's nop, in this process's copy of the code
//! alone. The handler of `SIGTRAP` reads the operands, copies texts and bytes (they may be gone a moment later), and goes on behind
//! the nop. It neither allocates nor takes a lock, so probes may be anywhere: in destructors, in allocators, in handlers of
//! other signals. When the last tracer of a site is dropped the nop is put back and the semaphore is lowered. The handler
//! stays, and passes on what isn't its own to the handler that it found.
//!
//! A hit costs two to four microseconds, most of it the kernel's for the signal. To attach and let go again takes a tenth of a
//! millisecond once the files have been read, half of one in a debug build. A site that nobody watches costs nothing.
//!
//! # What to know
//!
//! * Tests of one program run in threads side by side. [`Tracer::here`] sees the firings of the thread that made it;
//!   [`Tracer::attach`] sees all, and [`Tracer::of_this_thread`] chooses among them afterwards. Tasks of an async runtime
//!   fire in any of its threads. The semaphore is raised for all threads either way.
//! * There is room for as many firings as [`Options::events`] says until somebody asks for them. What doesn't fit is counted in
//!   [`Tracer::lost`].
//! * A text, or bytes, that didn't fit are marked as [`cut`](crate::Read::cut): see [`Options::text`].
//! * Libraries that are loaded later are seen after [`Tracer::refresh`].
//! * A child that is forked inherits all of it, the events until then too, and goes on by itself: [`Event::pid`] tells. Its
//!   thread is another than the one that [`Tracer::here`] was called in.
//! * A thread that blocks `SIGTRAP` must not fire a probe that is watched: the kernel ends the process. The thread that attaches
//!   is checked; a thread inherits what is blocked from the one that starts it. `posix_spawn` and `system` of the C library
//!   block all signals for a moment, so leave the C library's own probes (`libc:*`) alone.
//! * Somebody who replaces the handler of `SIGTRAP` meanwhile must call the one that was there.
//! * On x86_64 other tracers (bpftrace, perf, the command `usdt`) may watch this library's sites at the same time, whoever comes
//!   first. At sites of other makers, and on aarch64, there is one place for both. Whoever watched through the kernel first
//!   is found ([`AttachError::Occupied`]). One who comes later takes all hits, and the breakpoint when it leaves: [`Tracer::refresh`]
//!   puts it back. A tracer here that is dropped meanwhile takes it from the one outside.
//! * A debugger is told of each hit first. In gdb stop the program once (`break main`), say `handle SIGTRAP nostop noprint pass`,
//!   and go on with `signal 0`: `continue` would send the program the signal of gdb's own breakpoint.
//! * Code is changed through `/proc/self/mem`, which needs no page that is writable and executable, or else with
//!   `mprotect`. Where a system forbids both there is [`AttachError::CodeIsProtected`].

mod error;

#[cfg(all(
    target_os = "linux",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#[path = "linux/mod.rs"]
mod system;
#[cfg(not(all(
    target_os = "linux",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[path = "none.rs"]
mod system;

use std::fmt;
use std::sync::Arc;

pub use error::AttachError;

use crate::{Event, Lost, Probe};

/// How much is kept until somebody asks for it, and whose firings.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How many firings there is room for.
    pub events: usize,
    /// How many bytes of texts, JSON and byte slices there is room for with each, all of its arguments together.
    pub text: usize,
    /// The threads whose firings are wanted.
    pub threads: Threads,
}

/// Whose firings are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// Those of all threads.
    All,
    /// Those of the thread that attaches.
    This,
}

impl Default for Options {
    fn default() -> Options {
        Options { events: 4096, text: 1024, threads: Threads::All }
    }
}

/// Probes of this process that are watched, until this is dropped.
///
/// There can be several, and each sees all firings that it wants.
pub struct Tracer(system::Tracer);

impl Tracer {
    /// Watches these probes, in all threads. `orders:*` and `*:request_?` mean several; each must mean at least one.
    ///
    /// # Errors
    ///
    /// Where a probe isn't there, can't be watched, or the system forbids it. Nothing is watched then.
    pub fn attach<P: Into<String>>(probes: impl IntoIterator<Item = P>) -> Result<Tracer, AttachError> {
        Tracer::with_options(Options::default(), probes)
    }

    /// Watches these probes in the current thread. Those of others don't use up the room.
    ///
    /// # Errors
    ///
    /// As [`Tracer::attach`].
    pub fn here<P: Into<String>>(probes: impl IntoIterator<Item = P>) -> Result<Tracer, AttachError> {
        Tracer::with_options(Options { threads: Threads::This, ..Options::default() }, probes)
    }

    /// Watches these probes as the options say.
    ///
    /// # Errors
    ///
    /// As [`Tracer::attach`].
    pub fn with_options<P: Into<String>>(
        options: Options,
        probes: impl IntoIterator<Item = P>,
    ) -> Result<Tracer, AttachError> {
        system::Tracer::attach(options, probes.into_iter().map(Into::into).collect()).map(Tracer)
    }

    /// Looks for probes in libraries that were loaded, and for providers that were defined, since; and for sites whose breakpoint
    /// somebody has taken away. Says how many probes are watched anew.
    ///
    /// # Errors
    ///
    /// As [`Tracer::attach`]. What was watched before still is.
    pub fn refresh(&mut self) -> Result<usize, AttachError> {
        self.0.refresh()
    }

    /// What is watched. A probe whose file is mapped twice is here twice.
    pub fn probes(&self) -> Vec<Arc<Probe>> {
        self.0.probes()
    }

    /// All firings so far, in the order of time.
    ///
    /// A firing that returned before this call is among them, if the call is in the same thread or synchronised with it. Not to be
    /// called in a handler of a signal.
    pub fn events(&self) -> Vec<Event> {
        self.0.with_events(|events| events.clone())
    }

    /// Those of [`Tracer::events`] that the current thread has fired.
    pub fn of_this_thread(&self) -> Vec<Event> {
        let (pid, tid) = (std::process::id(), system::this_thread());
        let own = |event: &&Event| event.pid == pid && event.tid == tid;
        self.0.with_events(|events| events.iter().filter(own).cloned().collect())
    }

    /// All firings since the last call of this, which are forgotten.
    pub fn take(&self) -> Vec<Event> {
        self.0.with_events(std::mem::take)
    }

    /// How many firings there was no room for, of each site that has lost some.
    pub fn lost(&self) -> Vec<Lost> {
        self.0.lost()
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let probes: Vec<String> = self.probes().iter().map(|probe| probe.full_name()).collect();
        f.debug_struct("Tracer").field("probes", &probes).finish_non_exhaustive()
    }
}
