//! Linux on aarch64, little endian.

/// The hot path, in pseudo-Rust:
///
/// ```text
/// if semaphore != 0 { watched }      // adrp x, semaphore; ldrh w, [x, :lo12:semaphore]; cbnz w, watched
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_check {
    ($semaphore:literal, { $($watched:tt)* }) => {
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

/// The same registers as `asm!` names them.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_registers {
    ($($rest:tt)*) => {
        $crate::__usdt_place! { ["x0" "x1" "x2" "x3" "x4" "x5"] $($rest)* }
    };
}

/// From a site to the probe's trampoline and back, in pseudo-Rust:
///
/// ```text
/// x0, x1, … = values; x15 = &back; goto trampoline; back:
/// ```
///
/// Not a call: no register but x15 changes, so that the code around the site, which is hot, has nothing to save. (x16 and
/// x17 belong to the linker, which may put a veneer between a branch and its target.)
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_jump {
    ($trampoline:ident, $($operands:tt)*) => {
        // SAFETY: the trampoline leaves everything as it is but x15 and what a veneer may change, and comes back to the
        // next line.
        //   no memory option: a tracer reads what the operands point at, so everything must have been stored.
        //   nostack: the trampoline puts the stack back; there is no red zone on Linux.
        //   preserves_flags: it has only loads, stores, moves, nops and a branch.
        unsafe {
            ::core::arch::asm!(
                "adr x15, 992f",
                "b {trampoline}",
                "992:",
                trampoline = sym $trampoline,
                $($operands)*
                out("x15") _, out("x16") _, out("x17") _,
                options(nostack, preserves_flags),
            )
        }
    };
}

/// The code of a trampoline. It makes a stack frame, so that a tracer that follows frame pointers, or the unwind tables,
/// finds the function that the site is in.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_trampoline_code {
    ($semaphore:literal) => {
        ::core::concat!(
            ".cfi_startproc\n",
            // The return address is in x15 (30 is the link register), and nothing is on the stack.
            ".cfi_def_cfa sp, 0\n",
            ".cfi_register 30, 15\n",
            "stp x29, x15, [sp, #-16]!\n",
            ".cfi_def_cfa_offset 16\n",
            ".cfi_offset 29, -16\n",
            ".cfi_offset 30, -8\n",
            "mov x29, sp\n",
            $crate::__usdt_trap!($semaphore), "\n",
            "ldp x29, x15, [sp], #16\n",
            ".cfi_def_cfa_offset 0\n",
            ".cfi_restore 29\n",
            ".cfi_register 30, 15\n",
            // Not `br`, which could only go to a landing pad where branch targets are guarded.
            "ret x15\n",
            ".cfi_endproc"
        )
    };
}

/// The body of a trampoline.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_naked {
    ($($asm:tt)*) => {
        ::core::arch::naked_asm!($($asm)*)
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
