//! The requests of each system byte by byte, and a kernel made of what is known of the real ones.

mod fake;
#[cfg(all(target_os = "linux", not(usdt_probes_dtrace)))]
mod host;
mod paths;
mod requests;
mod silence;
mod words;
