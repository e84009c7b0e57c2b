//! Records in a Mach-O file: macOS.

/// A record of this kind about the label 990 and the static `definition`, as text for the assembler.
///
/// `no_dead_strip`: nothing refers to a record, and it has to stay.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_record {
    ($kind:literal) => {
        ::core::concat!(
            ".pushsection __DATA,__usdt_probes,regular,no_dead_strip\n",
            ".balign 8\n",
            ".8byte 990b, {definition}, ",
            $kind,
            "\n",
            ".popsection"
        )
    };
}

/// How `adrp` names the page of the static `definition`.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_page_of_definition {
    () => {
        "{definition}@PAGE"
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
    use core::slice;

    use crate::site::Record;

    // The linker gives these names to the bounds of a section, also to one that doesn't exist. `\x01`: no underscore before it.
    unsafe extern "C" {
        #[link_name = "\x01section$start$__DATA$__usdt_probes"]
        static START: usize;
        #[link_name = "\x01section$end$__DATA$__usdt_probes"]
        static END: usize;
    }

    /// The records of the file that this code is in: the program, or a library that it has loaded.
    pub(crate) fn records() -> &'static [Record] {
        let (start, end) = (&raw const START, &raw const END);
        // SAFETY: the linker has put both symbols around a section that holds records alone, each of three words, which nobody
        // writes after the dynamic linker has.
        unsafe { slice::from_raw_parts(start.cast(), (end.addr() - start.addr()) / size_of::<Record>()) }
    }
}

#[cfg(feature = "register")]
pub(crate) use bounds::records;
