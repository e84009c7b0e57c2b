//! The way from a site to its probe's trampoline and back, which is the same on all systems of an architecture.
//!
//! A trampoline is for probes whose arguments are numbers and pointers: the site puts them into the registers of a C
//! function's arguments and jumps. `__usdt_enter!` is the door; a file an architecture says which registers these are, how the
//! jump is made, and what stands around the instruction that a tracer patches.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

/// From a site to the probe's trampoline and back: gives each value its register, then jumps.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_enter {
    ($trampoline:ident: $($value:expr),*) => {
        $crate::__usdt_registers! { [$trampoline] [] $($value,)* }
    };
}

/// Takes a register and a value at a time.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_place {
    ([$register:tt $($left:tt)*] [$trampoline:ident] [$($placed:tt)*] $value:expr, $($values:expr,)*) => {
        $crate::__usdt_place! { [$($left)*] [$trampoline] [$($placed)* in($register) $value,] $($values,)* }
    };
    ([$($left:tt)*] [$trampoline:ident] [$($placed:tt)*]) => {
        $crate::__usdt_jump! { $trampoline, $($placed)* }
    };
}
