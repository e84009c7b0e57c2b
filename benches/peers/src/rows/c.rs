//! `sys/sdt.h`, whose loops are in `c/`: without semaphores, with them, and without probes.
//!
//! # Safety
//!
//! The loops are foreign functions. They take a number, touch nothing but their own stack, and fire probes.
#![allow(unsafe_code)]

use super::{Case, Site};

macro_rules! foreign {
    ($($peer:literal, $kind:literal: $fire:ident, $safe:ident, $symbol:literal;)*) => {
        // SAFETY: `LOOPS` in c/loops.h defines each of them as `void (uint64_t)`, sound for any argument.
        unsafe extern "C" {
            $(safe fn $fire(n: u64);)*
        }
        $(fn $safe(n: u64) {
            $fire(n);
        })*
        pub(crate) const CASES: &[Case] = &[$(Case {
            peer: $peer,
            kind: $kind,
            empty: "empty_c",
            fire: $safe,
            site: Site::Foreign,
            symbol: $symbol,
        }),*];
    };
}

foreign! {
    "empty_c", "none": loop_empty_c_none, empty_none, "site_empty_c_none";
    "empty_c", "two": loop_empty_c_two, empty_two, "site_empty_c_two";
    "empty_c", "text": loop_empty_c_text, empty_text, "site_empty_c_text";
    "c", "none": loop_c_none, plain_none, "site_c_none";
    "c", "two": loop_c_two, plain_two, "site_c_two";
    "c", "text": loop_c_text, plain_text, "site_c_text";
    "c_sema", "none": loop_c_sema_none, sema_none, "site_c_sema_none";
    "c_sema", "two": loop_c_sema_two, sema_two, "site_c_sema_two";
    "c_sema", "text": loop_c_sema_text, sema_text, "site_c_sema_text";
}
