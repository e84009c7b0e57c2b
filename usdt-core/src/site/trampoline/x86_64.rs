//! x86_64.

/// The registers of the first six arguments of a C function, as `asm!` names them.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_registers {
    ($($rest:tt)*) => {
        $crate::__usdt_place! { ["rdi" "rsi" "rdx" "rcx" "r8" "r9"] $($rest)* }
    };
}

/// From a site to the probe's trampoline and back, in pseudo-Rust:
///
/// ```text
/// rdi, rsi, … = values; r11 = &back; goto trampoline; back:
/// ```
///
/// Not a call: no register but r11 changes, so that the code around the site, which is hot, has nothing to save.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_jump {
    ($trampoline:ident, $($operands:tt)*) => {
        // SAFETY: the trampoline leaves everything as it is but r11, and comes back to the next line.
        //   no memory option: a tracer reads what the operands point at, so everything must have been stored.
        //   nostack: the trampoline uses the stack below the red zone, whatever the alignment, and puts it back.
        //   preserves_flags: it has only moves, pushes, pops, nops and a jump.
        unsafe {
            ::core::arch::asm!(
                "lea 992f(%rip), %r11",
                "jmp {trampoline}",
                "992:",
                trampoline = sym $trampoline,
                $($operands)*
                out("r11") _,
                options(att_syntax, nostack, preserves_flags),
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
            // The return address is in r11 (16 is rip), and nothing is on the stack.
            ".cfi_def_cfa rsp, 0\n",
            ".cfi_register 16, 11\n",
            // Past the red zone of the function that the site is in.
            "lea -128(%rsp), %rsp\n",
            ".cfi_def_cfa_offset 128\n",
            "push %r11\n",
            ".cfi_def_cfa_offset 136\n",
            ".cfi_offset 16, -136\n",
            "push %rbp\n",
            ".cfi_def_cfa_offset 144\n",
            ".cfi_offset rbp, -144\n",
            "mov %rsp, %rbp\n",
            $trap,
            "\n",
            "pop %rbp\n",
            ".cfi_def_cfa_offset 136\n",
            ".cfi_restore rbp\n",
            "pop %r11\n",
            ".cfi_def_cfa_offset 128\n",
            ".cfi_register 16, 11\n",
            "lea 128(%rsp), %rsp\n",
            ".cfi_def_cfa_offset 0\n",
            // `notrack`: the site is no landing pad for indirect branches.
            "notrack jmp *%r11\n",
            ".cfi_endproc"
        )
    };
}

/// The body of a trampoline.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_naked {
    ($($asm:tt)*) => {
        ::core::arch::naked_asm!($($asm)* options(att_syntax))
    };
}
