//! Finds probes in files that compilers and linkers made, and in processes that run them; other readers are asked the same.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod files;
mod hostile;
mod images;
mod processes;
mod subjects;
