//! A program that traces itself: it does with its own probes what a tracer and the kernel do.
//!
//! It reads the notes of its own file, raises each semaphore, replaces each nop by a breakpoint instruction, and fires. The
//! signal handler reads the operands that the note names from the saved registers. So the notes, the operands and the
//! values can be checked where no kernel attaches, as under an emulator of another architecture.
//!
//! It prints a line a firing, `probe value value …`, with text in quotes, and nothing else.

// It runs on 64-bit targets: an address fits a `usize`.
#![allow(clippy::cast_possible_truncation)]

mod breakpoint;
mod probes;
mod registers;

fn main() {
    let sites = breakpoint::own_sites();
    breakpoint::arm(&sites);
    probes::fire();
    for hit in breakpoint::hits() {
        println!("{}", probes::show(&sites[hit.site], &hit));
    }
    breakpoint::disarm(&sites);
    probes::fire();
    assert!(breakpoint::hits().is_empty(), "a probe fired that nobody watched");
}
