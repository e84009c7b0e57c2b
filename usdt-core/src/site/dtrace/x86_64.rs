//! x86_64.

/// The hot path, in pseudo-Rust:
///
/// ```text
/// rax = 0; nop();                    // 990: a tracer makes it rax = 1
/// if rax != 0 { watched }
/// record(990, definition, is-enabled)
/// ```
///
/// The first five bytes are those that `dtrace -G` writes: the kernels' comments speak of them.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_check {
    ($semaphore:literal, $static:ident, { $($watched:tt)* }) => {
        // SAFETY: the code changes the flags and rax, which it declares. The record is data in another section.
        //   nomem: no memory is read or written. (Without `pure`, so the check is neither moved out of a loop nor merged.)
        //   nostack: nothing is pushed.
        //   not preserves_flags: `xor` and `test` set them.
        unsafe {
            ::core::arch::asm!(
                ".byte 0x48,0x33,0xc0",
                "990: nop",
                "nop",
                "test %eax, %eax",
                "jne {watched}",
                $crate::__usdt_record!("1"),
                definition = sym $static,
                out("rax") _,
                watched = label { $($watched)* },
                options(att_syntax, nomem, nostack),
            )
        }
    };
}

/// What a tracer patches: the location is a nop of one byte. The instruction behind it does nothing, and names the definition,
/// so that linkers which fold equal functions don't take two probes for one.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_trap {
    () => {
        "990: nop\nnopl {definition}(%rip)"
    };
}

/// A firing, in pseudo-Rust:
///
/// ```text
/// rdi, rsi, rdx, rcx, r8, r9 = operands[..6]
/// if operands.len() > 6 { push(operands[6..12]) }
/// nop();                             // 990: the kernel reads the operands here
/// record(990, definition, site)
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_firing {
    ($static:ident, $plan:expr, $frame:expr) => {
        // SAFETY: nothing is changed but rax, which is declared, and the stack below the pointer, which is put back. The
        // addresses in the operands are valid until the scratch is dropped, after this statement.
        //   no memory option: a tracer reads what the operands point at, so everything must have been stored.
        //   not nostack: operands are pushed. Not preserves_flags: `sub` and `add` set them.
        unsafe {
            ::core::arch::asm!(
                ".if {operands} > 6",
                "sub $48, %rsp",
                "movq (%r10), %rax",
                "movq %rax, (%rsp)",
                "movq 8(%r10), %rax",
                "movq %rax, 8(%rsp)",
                "movq 16(%r10), %rax",
                "movq %rax, 16(%rsp)",
                "movq 24(%r10), %rax",
                "movq %rax, 24(%rsp)",
                "movq 32(%r10), %rax",
                "movq %rax, 32(%rsp)",
                "movq 40(%r10), %rax",
                "movq %rax, 40(%rsp)",
                ".endif",
                $crate::__usdt_trap!(),
                ".if {operands} > 6",
                "add $48, %rsp",
                ".endif",
                $crate::__usdt_record!("0"),
                operands = const $plan.operands,
                definition = sym $static,
                in("rdi") $frame.get(0),
                in("rsi") $frame.get(1),
                in("rdx") $frame.get(2),
                in("rcx") $frame.get(3),
                in("r8") $frame.get(4),
                in("r9") $frame.get(5),
                in("r10") $frame.from::<6>(),
                out("rax") _,
                options(att_syntax),
            )
        }
    };
}
