//! Sites as other makers have them, on x86_64: one nop with code behind it, nops of other lengths, and what is no nop.

#![allow(unsafe_code, dead_code, unreachable_pub)]

use std::arch::global_asm;

/// A function that is a site, and its note.
macro_rules! site {
    ($function:literal, $site:literal, $operands:literal) => {
        global_asm!(
            ".pushsection .text",
            concat!(".globl ", $function),
            concat!($function, ":"),
            concat!("990: ", $site),
            "ret",
            ".popsection",
            ".pushsection .note.stapsdt,\"\",@note",
            ".balign 4",
            ".4byte 992f-991f, 994f-993f, 3",
            "991: .asciz \"stapsdt\"",
            "992: .balign 4",
            "993: .8byte 990b, _.stapsdt.base, 0",
            ".asciz \"strangers\"",
            concat!(".asciz \"", $function, "\""),
            concat!(".asciz \"", $operands, "\""),
            "994: .balign 4",
            ".popsection",
            options(att_syntax)
        );
    };
}

global_asm!(
    ".ifndef _.stapsdt.base",
    ".pushsection .stapsdt.base,\"aG\",@progbits,.stapsdt.base,comdat",
    ".weak _.stapsdt.base",
    ".hidden _.stapsdt.base",
    "_.stapsdt.base: .space 1",
    ".size _.stapsdt.base,1",
    ".popsection",
    ".endif",
    options(att_syntax)
);

site!("stranger_one", "nop", "-4@%edi 8@%rsi 8f@%xmm0 8@(%rsi) -1@$-3 8@8(%rdi)");
site!("stranger_two", ".byte 0x66,0x90", "8@%rdi");
site!("stranger_five", ".byte 0x0f,0x1f,0x44,0,0", "8@%rdi");
site!("stranger_wrong", "mov %rdi,%rax", "8@%rdi");

unsafe extern "C" {
    fn stranger_one(a: i32, b: &u64, c: f64);
    fn stranger_two(a: u64);
    fn stranger_five(a: u64);
    fn stranger_wrong(a: u64) -> u64;
}

pub fn one(a: i32, b: &u64, c: f64) {
    // SAFETY: a function of the C ABI that does nothing.
    unsafe { stranger_one(a, b, c) }
}

pub fn two(a: u64) {
    // SAFETY: as above.
    unsafe { stranger_two(a) }
}

pub fn five(a: u64) {
    // SAFETY: as above.
    unsafe { stranger_five(a) }
}

pub fn wrong(a: u64) -> u64 {
    // SAFETY: as above, but that it gives its argument back.
    unsafe { stranger_wrong(a) }
}
