//! The engine room of the crate `usdt-probes`, which is what programs depend on.
//!
//! A probe travels through these modules from top to bottom: a definition ([`dfile`], or a Rust module read by
//! `usdt-macros`) becomes a [`model`]; each argument becomes a [`value`] in a register; a [`site`] holds the code that a
//! tracer patches; a [`stapsdt`] note tells tracers where it is.
//!
//! Programs, macros and tools need different parts of it, and a part that is not needed is time that everybody waits for
//! a build. So there is a feature for each of them: `probes` is what programs are built of (values, sites, [`unique_id`]),
//! `dfile` what macros and build scripts read definitions with, `notes` what tools read notes with, `dof` what describes
//! probes to the kernels that have DTrace ([`dof`], [`helper`]). `probes` is `no_std` unless the feature `std` adds long
//! strings and paths. By default all of them are on.

#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(feature = "dfile")]
pub mod dfile;
#[cfg(feature = "dof")]
pub mod dof;
#[cfg(feature = "dof")]
pub mod helper;
#[cfg(feature = "notes")]
pub mod images;
pub mod model;
#[cfg(feature = "probes")]
pub mod program;
#[cfg(any(feature = "recorder", feature = "notes"))]
pub mod recorder;
#[cfg(feature = "runtime")]
pub mod runtime;
#[cfg(feature = "probes")]
pub mod site;
#[cfg(feature = "notes")]
pub mod stapsdt;
#[cfg(feature = "probes")]
pub mod unique_id;
#[cfg(feature = "probes")]
pub mod value;
