//! The helper device: where a process hands its DOF to a kernel that has DTrace.
//!
//! A tracer on illumos, FreeBSD or macOS sees a process's probes once the process has registered a DOF with the kernel, through
//! an `ioctl` on a device. What is here is the same on all three; their numbers and structures are in a file each, which
//! every host compiles and tests, and the system calls are in one more, which only those systems compile.
//!
//! ```
//! use usdt_core::helper::{self, DofMemory, Status};
//!
//! # let dof = vec![0; 64];
//! let mut memory = DofMemory::reserve("orders", dof.len());
//! memory.bytes_mut().copy_from_slice(&dof);
//! // SAFETY: it is a DOF of probes in code that is never unmapped.
//! let registration = unsafe { helper::register(memory) };
//! if let Status::Unavailable { why } = registration.status() {
//!     eprintln!("nobody sees the probes: {why}");
//! }
//! ```
//!
//! # What the kernels don't say
//!
//! They report success and do nothing for a DOF too many, for one at an address that has been registered before, and, on
//! macOS, if DTrace's user probes are switched off. The first is counted here and compared with what the kernel counts
//! ([`Status::Doubtful`]); the second can't happen, because a DOF is registered with the address of its own memory, and keeps
//! this memory while it is registered; the third shows in the answer.
//!
//! # After `fork`
//!
//! The kernel gives the child what its parent has registered, under the same numbers, so the child's copies of
//! [`Registration`]s are as true as its parent's. (On FreeBSD only if the module `fasttrap` is loaded at that time.)

mod describe;
mod device;
mod freebsd;
mod illumos;
mod macos;
mod memory;
mod module;
mod registration;
mod request;
mod status;
mod system;
#[cfg(test)]
mod tests;

pub use describe::describe;
pub use device::Device;
pub use memory::DofMemory;
pub use module::module;
pub use registration::{Helper, Registration, register, unregistered};
pub use request::{Argument, Request};
pub use status::{Refusal, Status, Step};
pub use system::System;

#[cfg(all(
    any(target_os = "illumos", target_os = "freebsd", target_os = "macos"),
    target_pointer_width = "64",
    target_endian = "little",
    not(usdt_probes_off),
    not(miri)
))]
mod kernel;

#[cfg(all(target_os = "linux", usdt_probes_dtrace, not(usdt_probes_off), not(miri)))]
#[path = "stand_in.rs"]
mod kernel;

#[cfg(not(all(
    any(
        target_os = "illumos",
        target_os = "freebsd",
        target_os = "macos",
        all(target_os = "linux", usdt_probes_dtrace)
    ),
    target_pointer_width = "64",
    target_endian = "little",
    not(usdt_probes_off),
    not(miri)
)))]
#[path = "none.rs"]
mod kernel;

// Where there is a kernel.
#[cfg(all(
    any(
        target_os = "illumos",
        target_os = "freebsd",
        target_os = "macos",
        all(target_os = "linux", usdt_probes_dtrace)
    ),
    target_pointer_width = "64",
    target_endian = "little",
    not(usdt_probes_off),
    not(miri)
))]
mod pages;

pub use kernel::Kernel;
#[cfg(all(target_os = "linux", usdt_probes_dtrace, not(usdt_probes_off), not(miri)))]
pub use kernel::{Handler, stand_in};

/// The backend that this build has: `illumos`, `freebsd`, `macos`, or `none` where no kernel takes DOF; `stand-in` in a test.
pub const BACKEND: &str = kernel::NAME;
