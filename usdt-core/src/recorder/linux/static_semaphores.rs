//! Where the semaphores of static probes are: their sites have left records in a section of the program.
//!
//! # Safety
//!
//! `unsafe` is here to read what is between the bounds of that section, where the assembler has written nothing else.
#![allow(unsafe_code)]

use std::arch::asm;
use std::slice;

use crate::recorder::StaticProbe;

/// Opens the section of the records. Another layout of [`Record`], or of [`StaticProbe`], needs another name: two versions of this
/// library may be in one file.
///
/// `w`: the addresses are written by the dynamic linker. `R`: nothing refers to a record, and it has to stay.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_recorded_section {
    () => {
        ".pushsection usdt_recorded_1,\"awR\",\"progbits\""
    };
}

/// What the assembler writes for a probe: two words.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Record {
    /// None where the record stands for nothing: the first one only makes sure that the section exists.
    pub(super) probe: Option<&'static StaticProbe>,
    /// The address of its semaphore.
    pub(super) semaphore: usize,
}

unsafe extern "C" {
    #[link_name = "__start_usdt_recorded_1"]
    static START: usize;
    #[link_name = "__stop_usdt_recorded_1"]
    static STOP: usize;
}

/// The records of the file that this code is in: the program, or a library with a copy of its own.
#[inline(never)]
pub(super) fn records() -> &'static [Record] {
    // SAFETY: only data is written, in another section: a record of nothing, so that the section exists. The bounds are made those of
    // this file, whatever other files export.
    unsafe {
        asm!(
            __usdt_recorded_section!(),
            ".balign 8",
            ".8byte 0, 0",
            ".popsection",
            ".hidden __start_usdt_recorded_1",
            ".hidden __stop_usdt_recorded_1",
            options(nomem, nostack, preserves_flags),
        );
    }
    let (start, stop) = (&raw const START, &raw const STOP);
    // SAFETY: the linker has put both symbols around a section that holds records alone, each of two words, which nobody writes
    // after the dynamic linker has.
    unsafe { slice::from_raw_parts(start.cast(), (stop.addr() - start.addr()) / size_of::<Record>()) }
}
