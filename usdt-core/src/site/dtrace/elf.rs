//! Records in an ELF file: illumos, FreeBSD.
//!
//! Linkers give the bounds of a section whose name could be a C identifier the names `__start_…` and `__stop_…`. `set_` is what
//! the linker sets of both systems begin with (`sys/linker_set.h`).

/// A record of this kind about the label 990 and the static `definition`, as text for the assembler.
///
/// `w`: the addresses are written by the dynamic linker. `R`: nothing refers to a record, and it has to stay.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_record {
    ($kind:literal) => {
        ::core::concat!(
            $crate::__usdt_records!(),
            ".balign 8\n",
            "991: .8byte 990b, {definition}, ",
            $kind,
            "\n",
            ".popsection\n",
            $crate::__usdt_retain!()
        )
    };
}

/// Opens the section of the records. The linker of illumos doesn't know the flag `R`.
#[cfg(not(target_os = "illumos"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_records {
    () => {
        ".pushsection set_usdt_probes,\"awR\",\"progbits\"\n"
    };
}

/// Opens the section of the records.
#[cfg(target_os = "illumos")]
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_records {
    () => {
        ".pushsection set_usdt_probes,\"aw\",\"progbits\"\n"
    };
}

/// Keeps the record at label 991: the flag `R` does.
#[cfg(not(target_os = "illumos"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_retain {
    () => {
        ""
    };
}

/// Keeps the record at label 991: a section that isn't loaded, and so isn't dropped, refers to it.
#[cfg(target_os = "illumos")]
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_retain {
    () => {
        ".pushsection keep_usdt_probes\n.8byte 991b\n.popsection\n"
    };
}

/// How `adrp` names the page of the static `definition`.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_page_of_definition {
    () => {
        "{definition}"
    };
}

/// Reading the records back.
///
/// # Safety
///
/// `unsafe` is here to read what is between the bounds of their section, where the assembler has written nothing else.
#[cfg(feature = "register")]
#[allow(unsafe_code)]
mod bounds {
    use core::arch::asm;
    use core::slice;

    use crate::site::Record;

    /// Makes the bounds those of this file, whatever other files export.
    #[cfg(not(target_os = "illumos"))]
    macro_rules! __usdt_bounds {
        () => {
            ".hidden __start_set_usdt_probes\n.hidden __stop_set_usdt_probes"
        };
    }

    /// Leaves the bounds to the linker, whose own symbols they are: it warns of others'.
    #[cfg(target_os = "illumos")]
    macro_rules! __usdt_bounds {
        () => {
            ""
        };
    }

    unsafe extern "C" {
        #[link_name = "__start_set_usdt_probes"]
        static START: usize;
        #[link_name = "__stop_set_usdt_probes"]
        static STOP: usize;
    }

    /// The records of the file that this code is in: the program, or a library that it has loaded.
    #[inline(never)]
    pub(crate) fn records() -> &'static [Record] {
        // SAFETY: only data is written, in another section: a record of nothing, so that the section exists.
        unsafe {
            asm!(
                __usdt_records!(),
                ".balign 8",
                "991: .8byte 0, 0, 0",
                ".popsection",
                __usdt_retain!(),
                __usdt_bounds!(),
                options(nomem, nostack, preserves_flags),
            );
        }
        let (start, stop) = (&raw const START, &raw const STOP);
        // SAFETY: the linker has put both symbols around a section that holds records alone, each of three words, which nobody
        // writes after the dynamic linker has.
        unsafe { slice::from_raw_parts(start.cast(), (stop.addr() - start.addr()) / size_of::<Record>()) }
    }
}

#[cfg(feature = "register")]
pub(crate) use bounds::records;
