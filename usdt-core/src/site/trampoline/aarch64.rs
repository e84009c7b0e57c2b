//! aarch64, little endian.

/// The registers of the first six arguments of a C function, as `asm!` names them.
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
        //   nostack: the trampoline uses the stack below the red zone, which Apple's systems have, and puts it back.
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
    ($trap:expr) => {
        ::core::concat!(
            ".cfi_startproc\n",
            // The return address is in x15 (30 is the link register), and nothing is on the stack.
            ".cfi_def_cfa sp, 0\n",
            ".cfi_register 30, 15\n",
            // Past the red zone of the function that the site is in.
            "stp x29, x15, [sp, #-144]!\n",
            ".cfi_def_cfa_offset 144\n",
            ".cfi_offset 29, -144\n",
            ".cfi_offset 30, -136\n",
            "mov x29, sp\n",
            $trap,
            "\n",
            "ldp x29, x15, [sp], #144\n",
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
