//! The kernel's numbers of registers: one file an architecture.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
mod none;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub(super) use aarch64::{FIRST_ARGUMENT, STACK_POINTER, number};
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
pub(super) use none::{FIRST_ARGUMENT, STACK_POINTER, number};
#[cfg(target_arch = "x86_64")]
pub(super) use x86_64::{FIRST_ARGUMENT, STACK_POINTER, number};
