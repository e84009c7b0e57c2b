//! Systems with DTrace: the program plays the kernel's part, whose name for it is fasttrap.
//!
//! ```text
//! selftrace SYSTEM [LIBRARY]
//! ```
//!
//! `SYSTEM` is `illumos`, `freebsd` or `macos`; `macos-abi` is a macOS whose kernel reads all arguments where the C convention
//! has them, and not only the first five. The program's probes are registered with it before `main`. Everything that is known of them from
//! then on is what stands in the DOF. It enables one probe after the other, fires everything, and prints what was hit; then
//! it does so with providers that it defines, and with the probes of a library that it loads.
//!
//! | file | |
//! |---|---|
//! | `defined` | providers that are defined while the program runs |
//! | `early` | starts the kernel before `main` |
//! | `kernel` | what an `ioctl` of the helper device does: takes a DOF, gives it up |
//! | `tracepoint` | from a DOF to the instructions that are patched |
//! | `trap` | what happens when a patched instruction is run |
//! | `library` | a library that is loaded, and unloaded again |

mod defined;
mod early;
mod kernel;
mod library;
mod tracepoint;
mod trap;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{code, probes};

/// Probes at places that are more than one.
#[usdt_probes::provider]
mod places {
    pub fn twice(place: u32);
    pub fn generic(size: u64, text: &str);
    pub fn counted(value: u64);
}

/// How often a closure has run.
static ASKED: AtomicUsize = AtomicUsize::new(0);

#[inline(never)]
fn generic<T>() {
    places::generic(size_of::<T>() as u64, std::any::type_name::<T>());
}

#[inline(never)]
fn fire_places() {
    places::twice(1);
    generic::<u16>();
    generic::<u64>();
    places::twice(2);
    places::counted_with(|| ASKED.fetch_add(1, Ordering::Relaxed) as u64);
    if places::counted_enabled() {
        ASKED.fetch_add(100, Ordering::Relaxed);
    }
}

/// Registers and traces the program's probes, and then those of a library.
pub(crate) fn run() {
    code::on_trap(trap::trapped);
    assert_eq!(kernel::dofs().len(), 1, "everything was registered before");
    usdt_probes::register_probes().expect("the kernel has taken everything");
    assert_eq!(kernel::dofs().len(), 1, "it is registered once");

    trace(&kernel::dofs(), fire);
    assert_eq!(ASKED.load(Ordering::Relaxed), 101, "closures run only while their probe is enabled");
    defined::run();
    if let Some(path) = std::env::args().nth(2) {
        library::run(&path);
    }
}

fn fire() {
    probes::fire();
    fire_places();
}

/// Enables one probe after the other, fires, and prints what was hit; then fires while none is enabled.
pub(crate) fn trace(dofs: &[kernel::Dof], fire: impl Fn()) {
    let tracepoints = tracepoint::all(dofs);
    for probe in tracepoint::probes(&tracepoints) {
        trap::enable(&tracepoints, &probe);
        fire();
        trap::disable();
        for hit in trap::take() {
            assert_eq!(hit.probe, probe, "a probe fired that is not enabled");
            println!("{hit}");
        }
    }
    fire();
    assert!(trap::take().is_empty(), "a probe fired that is not enabled");
}
