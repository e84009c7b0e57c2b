//! A program that traces itself: it does with its own probes what a tracer and a kernel do. So notes, DOF, operands and values
//! can be checked where no kernel attaches: under an emulator of another architecture, and for kernels that aren't here.
//!
//! Built as usual it reads its notes. Built with `--cfg usdt_probes_dtrace` it has the sites of systems with DTrace, and plays
//! the kernel of one of them.
//!
//! It prints a line a firing, `probe value value …`, with text in quotes, and nothing else.

// It runs on 64-bit targets: an address fits a `usize`.
#![allow(clippy::cast_possible_truncation)]

mod code;
mod memory;
mod probes;
mod registers;

#[cfg(usdt_probes_dtrace)]
mod fasttrap;
#[cfg(usdt_probes_dtrace)]
use fasttrap as system;

#[cfg(not(usdt_probes_dtrace))]
mod notes;
#[cfg(not(usdt_probes_dtrace))]
use notes as system;

fn main() {
    system::run();
}
