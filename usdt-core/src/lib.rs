//! The engine room of the crate `usdt-probes`, which is what programs depend on.
//!
//! A probe travels through these modules from top to bottom: a definition ([`dfile`], or a Rust module read by
//! `usdt-macros`) becomes a [`model`]; each argument becomes a [`value`] in a register; a [`site`] holds the code that a
//! tracer patches; a [`stapsdt`] note tells tracers where it is.
//!
//! `no_std` at its heart: the feature `std` (on by default) adds long strings, paths, D files and the reading of notes.

#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(feature = "std")]
pub mod dfile;
pub mod model;
pub mod site;
#[cfg(feature = "std")]
pub mod stapsdt;
pub mod unique_id;
pub mod value;
