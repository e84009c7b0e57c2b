//! aarch64, little endian. Of the systems with DTrace macOS alone traces programs there.

/// The hot path, in pseudo-Rust:
///
/// ```text
/// x0 = 0;                            // 990: a tracer makes it x0 = 1
/// if x0 != 0 { watched }
/// record(990, definition, is-enabled)
/// ```
///
/// The kernel takes exactly this instruction for an is-enabled site, and refuses others.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_check {
    ($semaphore:literal, $static:ident, { $($watched:tt)* }) => {
        // SAFETY: the code changes x0, which it declares. The record is data in another section.
        //   nomem: no memory is read or written. (Without `pure`, so the check is neither moved out of a loop nor merged.)
        //   nostack: nothing is pushed.
        //   preserves_flags: `cbnz` compares without them.
        unsafe {
            ::core::arch::asm!(
                "990: mov x0, #0",
                "cbnz x0, {watched}",
                $crate::__usdt_record!("1"),
                definition = sym $static,
                out("x0") _,
                watched = label { $($watched)* },
                options(nomem, nostack, preserves_flags),
            )
        }
    };
}

/// What a tracer patches: the location is a nop. The instruction behind it writes an address to the zero register, which does
/// nothing, and names the definition, so that linkers which fold equal functions don't take two probes for one.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_trap {
    () => {
        ::core::concat!("990: nop\nadrp xzr, ", $crate::__usdt_page_of_definition!())
    };
}

/// A firing, in pseudo-Rust:
///
/// ```text
/// x0, …, x7 = operands[..8]
/// if operands.len() > 8 { push(operands[8..12]) }
/// nop();                             // 990: the kernel reads the operands here
/// record(990, definition, site)
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_firing {
    ($static:ident, $plan:expr, $frame:expr) => {
        // SAFETY: nothing is changed but x9 and x10, which are declared, and the stack below the pointer, which is put back.
        // The addresses in the operands are valid until the scratch is dropped, after this statement.
        //   no memory option: a tracer reads what the operands point at, so everything must have been stored.
        //   not nostack: operands are pushed. preserves_flags: none of the instructions touches them.
        unsafe {
            ::core::arch::asm!(
                ".if {operands} > 8",
                "sub sp, sp, #32",
                "ldp x9, x10, [x11]",
                "stp x9, x10, [sp]",
                "ldp x9, x10, [x11, #16]",
                "stp x9, x10, [sp, #16]",
                ".endif",
                $crate::__usdt_trap!(),
                ".if {operands} > 8",
                "add sp, sp, #32",
                ".endif",
                $crate::__usdt_record!("0"),
                operands = const $plan.operands,
                definition = sym $static,
                in("x0") $frame.get(0),
                in("x1") $frame.get(1),
                in("x2") $frame.get(2),
                in("x3") $frame.get(3),
                in("x4") $frame.get(4),
                in("x5") $frame.get(5),
                in("x6") $frame.get(6),
                in("x7") $frame.get(7),
                in("x11") $frame.from::<8>(),
                out("x9") _,
                out("x10") _,
                options(preserves_flags),
            )
        }
    };
}
