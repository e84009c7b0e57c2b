//! The requests of each system byte by byte, and a kernel made of what is known of the real ones.

mod fake;
mod paths;
mod requests;
mod silence;
mod words;
