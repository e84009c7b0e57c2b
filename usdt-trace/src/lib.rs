//! The other side of a probe: finds it, attaches to it, and reads what it says.
//!
//! It works on every probe with a stapsdt note, whoever wrote it: those of `usdt-probes`, of C programs with `sys/sdt.h`,
//! glibc's, Python's, PostgreSQL's. There is no BPF, no compiler and no kernel header behind it: the kernel's uprobes, through
//! `perf_event_open`, give registers and a piece of the stack with each hit.
//!
//! A firing travels one way here too: a file or a process → [`find`] → [`Probe`] → `attach` (or `local`) →
//! [`Event`] with a [`Value`] for each argument.

#[cfg(all(feature = "attach", target_os = "linux"))]
pub mod attach;
mod compare;
pub mod decode;
mod elf;
mod event;
pub mod find;
pub mod flaw;
pub mod inspect;
#[cfg(all(feature = "json", target_os = "linux"))]
pub mod json;
#[cfg(feature = "local")]
pub mod local;
pub mod machine;
#[cfg(target_os = "linux")]
pub mod maps;
mod probe;
#[cfg(target_os = "linux")]
pub mod recorded;
#[cfg(all(feature = "symbols", target_os = "linux"))]
pub mod symbols;
mod value;

pub use elf::Refused;
pub use event::{Event, Lost, Time};
pub use probe::{Arg, Kind, Object, Probe, Semaphore, Site};
pub use value::{Read, Value};
