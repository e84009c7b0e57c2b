//! What this program, or this library, makes known of itself.
//!
//! On Linux tracers find the probes in the file. On systems with DTrace the kernel has to be told where they are: each site
//! has left a [`Record`](crate::site::Record), [`register`] makes a DOF of them and hands it to the kernel. A library that is
//! loaded while the program runs has records of its own, and registers them itself.
//!
//! ```text
//! records ──located──▶ probes and addresses ──helper::describe──▶ DOFs ──helper::register──▶ the kernel
//! ```

#[cfg(feature = "register")]
mod located;
#[cfg(not(feature = "register"))]
mod nothing;
#[cfg(feature = "register")]
mod registered;
#[cfg(all(
    feature = "auto-register",
    feature = "register",
    any(target_os = "illumos", target_os = "freebsd", target_os = "macos", usdt_probes_dtrace)
))]
mod start;

#[cfg(not(feature = "register"))]
pub use nothing::{Problem, register};
#[cfg(feature = "register")]
pub use registered::{Problem, register};
