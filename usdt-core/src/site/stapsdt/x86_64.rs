//! Linux on x86_64.

/// The hot path, in pseudo-Rust:
///
/// ```text
/// if semaphore != 0 { watched }      // cmpw $0, semaphore(%rip); jne watched
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_check {
    ($semaphore:literal, $static:ident, { $($watched:tt)* }) => {
        // SAFETY: the code reads two bytes that the first line defines, and changes nothing but the flags.
        //   nomem: the semaphore is memory that no Rust code knows; a tracer changes it at any time, and a value that is a
        //          moment old is as good. (Without `pure`, so the check is neither moved out of a loop nor merged.)
        //   nostack: nothing is pushed.
        //   not preserves_flags: `cmp` sets them.
        unsafe {
            ::core::arch::asm!(
                $crate::__usdt_semaphore!($semaphore),
                ::core::concat!("cmpw $0, ", $semaphore, "(%rip)"),
                "jne {watched}",
                watched = label { $($watched)* },
                options(att_syntax, nomem, nostack),
            )
        }
    };
}

/// What a tracer patches: the location is a nop of one byte, and ten bytes of nop follow it.
///
/// Never a nop of five bytes at the location or right behind: the kernel turns it into a call, which breaks the red zone.
/// The last instruction names the semaphore, so that linkers which fold equal functions don't take two probes for one.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_trap {
    ($semaphore:literal) => {
        ::core::concat!(
            "990: nop\n",
            ".byte 0x66,0x2e,0x0f,0x1f,0x84,0,0,0,0,0\n",
            "nopl ",
            $semaphore,
            "(%rip)"
        )
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
        ::core::arch::asm!($($asm)* options(att_syntax, nostack, preserves_flags))
    };
}

/// A trampoline's operands as notes name them: the registers of the first six arguments of a C function.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_register {
    (0) => {
        "%rdi"
    };
    (1) => {
        "%rsi"
    };
    (2) => {
        "%rdx"
    };
    (3) => {
        "%rcx"
    };
    (4) => {
        "%r8"
    };
    (5) => {
        "%r9"
    };
}

/// The largest page of the architecture, in bytes: `.probes` begins on one of its own.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_page {
    () => {
        "4096"
    };
}
