//! A program that traces itself: it does with its own probes what a tracer and the kernel do.
//!
//! It reads the notes of its own file, and then those of a provider that it defines while it runs, with the same probes. It raises each semaphore, replaces each nop by a breakpoint instruction, and fires. The
//! signal handler reads the operands that the note names from the saved registers. So the notes, the operands and the
//! values can be checked where no kernel attaches, as under an emulator of another architecture.
//!
//! It prints a line a firing, `probe value value …`, with text in quotes, and nothing else.

// It runs on 64-bit targets: an address fits a `usize`.
#![allow(clippy::cast_possible_truncation)]

mod breakpoint;
mod probes;
mod registers;

use breakpoint::Site;
use usdt_probes::runtime::{Provider, Status};

fn main() {
    let own = breakpoint::own_sites();
    trace(&own, probes::fire);

    let provider = Provider::define(probes::definition(&own)).expect("names that were checked before");
    let Status::Visible { path } = provider.status() else { panic!("{:?}", provider.status()) };
    let image = std::fs::read(path).expect("the image");
    let semaphore = std::ptr::from_ref(provider.probes()[0].semaphore()).addr();
    trace(&breakpoint::sites_of_image(&image, semaphore), || probes::fire_defined(&provider));
}

/// Watches these sites while something fires them, and then doesn't.
fn trace(sites: &[Site], fire: impl Fn()) {
    breakpoint::arm(sites);
    fire();
    for hit in breakpoint::hits() {
        println!("{}", probes::show(&sites[hit.site], &hit));
    }
    breakpoint::disarm(sites);
    fire();
    assert!(breakpoint::hits().is_empty(), "a probe fired that nobody watched");
}
