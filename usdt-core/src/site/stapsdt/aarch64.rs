//! Linux on aarch64, little endian.

/// The hot path, in pseudo-Rust:
///
/// ```text
/// if semaphore != 0 { watched }      // adrp x, semaphore; ldrh w, [x, :lo12:semaphore]; cbnz w, watched
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_check {
    ($semaphore:literal, $static:ident, { $($watched:tt)* }) => {
        // SAFETY: the code reads two bytes that the first line defines, and changes one register that it declares.
        //   nomem: the semaphore is memory that no Rust code knows; a tracer changes it at any time, and a value that is a
        //          moment old is as good. (Without `pure`, so the check is neither moved out of a loop nor merged.)
        //   nostack: nothing is pushed.
        //   preserves_flags: `cbnz` compares without them.
        unsafe {
            ::core::arch::asm!(
                $crate::__usdt_semaphore!($semaphore),
                ::core::concat!("adrp {page}, ", $semaphore),
                ::core::concat!("ldrh {page:w}, [{page}, :lo12:", $semaphore, "]"),
                "cbnz {page:w}, {watched}",
                page = out(reg) _,
                watched = label { $($watched)* },
                options(nomem, nostack, preserves_flags),
            )
        }
    };
}

/// What a tracer patches: the location is a nop.
///
/// The second instruction writes an address to the zero register, which does nothing, and names the semaphore, so that
/// linkers which fold equal functions don't take two probes for one.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_trap {
    ($semaphore:literal) => {
        ::core::concat!("990: nop\n", "adrp xzr, ", $semaphore)
    };
}

/// The statement of a firing.
///
/// No memory option: a tracer reads what the operands point at, so everything must have been stored. `nostack`: nothing is
/// pushed. `preserves_flags`: nops don't touch them.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_firing {
    ($($asm:tt)*) => {
        ::core::arch::asm!($($asm)* options(nostack, preserves_flags))
    };
}

/// A trampoline's operands as notes name them: the registers of the first six arguments of a C function.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_register {
    (0) => {
        "x0"
    };
    (1) => {
        "x1"
    };
    (2) => {
        "x2"
    };
    (3) => {
        "x3"
    };
    (4) => {
        "x4"
    };
    (5) => {
        "x5"
    };
}

/// The largest page of the architecture, in bytes: `.probes` begins on one of its own.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_page {
    () => {
        "65536"
    };
}
