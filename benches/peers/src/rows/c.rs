//! `sys/sdt.h`, whose loops are in `c/`: without semaphores, with them, and without probes.
//!
//! # Safety
//!
//! The loops are foreign functions. They take a number, touch nothing but their own stack, and fire probes.
#![allow(unsafe_code)]

use super::Case;

macro_rules! foreign {
    ($($peer:literal, $kind:literal: $fire:ident, $call:ident, $symbol:literal;)*) => {
        // SAFETY: `LOOPS` in c/loops.h defines each of them as `void (uint64_t)`, sound for any argument.
        unsafe extern "C" {
            $(safe fn $fire(n: u64);)*
            $(safe fn $call(n: u64);)*
        }
        pub(crate) const CASES: &[Case] = &[$(Case {
            peer: $peer,
            kind: $kind,
            empty: "empty_c",
            fire: |n| $fire(n),
            call: |n| $call(n),
            symbol: $symbol,
        }),*];
    };
}

foreign! {
    "empty_c", "none": loop_empty_c_none, call_empty_c_none, "site_empty_c_none";
    "empty_c", "two": loop_empty_c_two, call_empty_c_two, "site_empty_c_two";
    "empty_c", "text": loop_empty_c_text, call_empty_c_text, "site_empty_c_text";
    "c", "none": loop_c_none, call_c_none, "site_c_none";
    "c", "two": loop_c_two, call_c_two, "site_c_two";
    "c", "text": loop_c_text, call_c_text, "site_c_text";
    "c_sema", "none": loop_c_sema_none, call_c_sema_none, "site_c_sema_none";
    "c_sema", "two": loop_c_sema_two, call_c_sema_two, "site_c_sema_two";
    "c_sema", "text": loop_c_sema_text, call_c_sema_text, "site_c_sema_text";
}
