//! The kernel is there before the program is: it has to be, for probes that are registered before `main`.
//!
//! # Safety
//!
//! `unsafe` is here to have a function called by the dynamic linker.
#![allow(unsafe_code)]

use usdt_core::helper;

use super::kernel::{self, Kernel};

extern "C" fn start() {
    let name = std::env::args().nth(1);
    let (kernel, system) = Kernel::named(name.as_deref().unwrap_or_default());
    kernel::start(kernel);
    helper::stand_in(system, kernel::ioctl);
}

// SAFETY: the section is a list of functions without parameters, which are called before those without a number. The standard
// library has put the program's arguments aside at number 99.
#[unsafe(link_section = ".init_array.00100")]
#[used]
static START: extern "C" fn() = start;
