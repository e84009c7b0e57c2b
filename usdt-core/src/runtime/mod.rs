//! Providers that are defined while the program runs: from a configuration, or in a scripting language of the program's.
//!
//! ```
//! use usdt_core::runtime::{ArgType, ProbeDefinition, Provider, ProviderDefinition};
//!
//! let orders = Provider::define(
//!     ProviderDefinition::new("orders").probe(
//!         ProbeDefinition::new("request-start")
//!             .doc("A request was accepted.")
//!             .arg("id", ArgType::U64)
//!             .arg("path", ArgType::Str),
//!     ),
//! )?;
//! let request_start = orders.probe("request-start").expect("it was just defined");
//!
//! request_start.fire((7_u64, "/orders"));
//! # Ok::<(), usdt_core::runtime::DefinitionError>(())
//! ```
//!
//! # What a tracer sees
//!
//! A small ELF file, the *image*, which is made of nothing but the definition: the same definition gives the same bytes
//! under the same name in each process of a user, so **one attach by path sees them all**, before or after they start. It
//! is in `$USDT_PROBES_DIR`, else in `$XDG_RUNTIME_DIR/usdt-probes`, else in `/tmp/usdt-probes-UID`, and
//! [`Provider::status`] says where:
//!
//! ```text
//! # bpftrace -e 'usdt:/tmp/usdt-probes-0/orders-*.so:orders:request__start { printf("%d %s\n", arg0, str(arg1)) }'
//! ```
//!
//! The directory belongs to the user alone (mode 0700); a file's content is compared with what it must be before it is
//! mapped; files that no process has used for a week are removed. Where there is no such directory (a read-only file
//! system, one that forbids executable mappings, a full disk) the image is in memory, where an attach by process id finds
//! it, and the status says why. If even that is forbidden, nothing fires, and the status says why. The program runs on.
//!
//! On systems with DTrace the kernel is told of the probes, whose code is a stub of a pool that was compiled. `-` stays `-` there,
//! and the provider's name has the process's id behind it:
//!
//! ```text
//! # dtrace -n 'orders*:::request-start { printf("%d %s", arg0, copyinstr(arg1)); }'
//! ```
//!
//! # Never unmapped while it may run
//!
//! The code of a probe is mapped for as long as a [`Probe`] of its image exists, and a firing borrows a `Probe`. So no
//! thread can be inside of code that is unmapped, whoever else disables, removes or drops the provider at that time: these
//! only switch a flag that the firing looks at. What a disabled or removed probe leaves is its place in the image.
//!
//! # Several of the same
//!
//! The kernel raises only one semaphore of an image that a process maps twice. So it is mapped once: providers of the same
//! definition share it, also if they belong to different copies of this library in one process, which agree about it
//! through the list of the process's mappings and a count within the image.

mod arguments;
mod definition;
mod dynamic;
mod lower;
mod probe;
mod provider;
mod recorded;
mod status;

pub use arguments::Arguments;
pub use definition::{DefinitionError, MAX_ARGUMENTS, MAX_PROBES, ProbeDefinition, ProviderDefinition};
pub use dynamic::Dynamic;
pub use probe::Probe;
pub use provider::{LeftOut, Provider};
pub use status::{Refusal, Status, Step};

pub use crate::model::ArgType;

/// Where there are probes that system's, else the file of this name, which has none.
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
#[cfg_attr(
    all(
        any(
            all(any(target_os = "illumos", target_os = "freebsd"), target_arch = "x86_64"),
            all(
                any(target_os = "macos", all(target_os = "linux", usdt_probes_dtrace)),
                any(target_arch = "x86_64", target_arch = "aarch64")
            )
        ),
        target_pointer_width = "64",
        target_endian = "little",
        not(usdt_probes_off),
        not(miri)
    ),
    path = "dtrace/mod.rs"
)]
mod backend;

/// The backend that this build has: `linux`, `dtrace`, or `none` where there are no probes.
pub const BACKEND: &str = backend::NAME;
