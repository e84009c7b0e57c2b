//! Linux: the semaphore, the notes, and the firing that carries them. What differs between architectures is in a file each.
//!
//! The formats are described in [`crate::stapsdt`], where they are read back.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

/// The probe's semaphore: one weak, hidden `u16` a probe in the whole program, however many places name it.
///
/// `.ifndef` defines it once an object file, the section group (`G`, COMDAT) once a program. A tracer raises it while it
/// is attached.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_semaphore {
    ($name:literal) => {
        ::core::concat!(
            ".ifndef ",
            $name,
            "\n",
            ".pushsection .probes,\"awG\",\"progbits\",",
            $name,
            ",comdat\n",
            ".weak ",
            $name,
            "\n",
            ".hidden ",
            $name,
            "\n",
            ".balign 2\n",
            $name,
            ": .zero 2\n",
            ".type ",
            $name,
            ",@object\n",
            ".size ",
            $name,
            ",2\n",
            ".popsection\n",
            ".endif"
        )
    };
}

/// What all probes of a program share.
///
/// * `.stapsdt.base`: tracers compare its address with the one in the notes to see whether the file was moved after it was
///   linked. Retained (`R`), since nothing refers to it but notes. Executable (`x`), so that it is mapped together with the
///   code: perf takes the distance between address and place in the file from here, for all probes, and lld gives each
///   segment another one.
/// * A word in `.probes` with the alignment of a page. It makes the whole section begin on a page of its own: if the end
///   of the RELRO segment shared the page, the file's page would be mapped twice, and a tracer that attached before the
///   program started would raise the semaphore in the wrong copy.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_anchors {
    () => {
        ::core::concat!(
            ".ifndef _.stapsdt.base\n",
            ".pushsection .stapsdt.base,\"axGR\",\"progbits\",.stapsdt.base,comdat\n",
            ".weak _.stapsdt.base\n",
            ".hidden _.stapsdt.base\n",
            "_.stapsdt.base: .space 1\n",
            ".size _.stapsdt.base,1\n",
            ".popsection\n",
            ".endif\n",
            // Not under the condition above: probes of other libraries define that symbol too.
            ".ifndef _.usdt.probes.page\n",
            ".pushsection .probes,\"awGR\",\"progbits\",_.usdt.probes.page,comdat\n",
            ".weak _.usdt.probes.page\n",
            ".hidden _.usdt.probes.page\n",
            ".balign ",
            $crate::__usdt_page!(),
            "\n",
            "_.usdt.probes.page: .zero 2\n",
            ".size _.usdt.probes.page,2\n",
            ".popsection\n",
            ".endif"
        )
    };
}

/// The two notes about the nop at label 990, as text for the assembler.
///
/// Both sections are linked (`o`) to the section of the function that holds the nop: where a linker drops the function it
/// drops the notes.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_notes {
    (
        {
            provider: $provider:literal,
            probe: $probe:literal,
            semaphore: $semaphore:literal,
            doc: $doc:literal,
            args: $count:literal [$(($ty:ident, $index:literal, $arg:literal, $spelling:literal))*],
        }
        $($operands:expr),*
    ) => {
        ::core::concat!(
            ".pushsection .note.stapsdt,\"o\",\"note\",{function}\n",
            ".balign 4\n",
            ".4byte 992f-991f, 994f-993f, 3\n",
            "991: .asciz \"stapsdt\"\n",
            "992: .balign 4\n",
            "993: .8byte 990b, _.stapsdt.base, ", $semaphore, "\n",
            ".asciz \"", $provider, "\"\n",
            ".asciz \"", $probe, "\"\n",
            $($operands,)*
            ".byte 0\n",
            "994: .balign 4\n",
            ".popsection\n",
            ".if {described}\n",
            ".pushsection .note.usdt-probes,\"o\",\"note\",{function}\n",
            ".balign 4\n",
            ".4byte 996f-995f, 998f-997f, 1\n",
            "995: .asciz \"usdt-probes\"\n",
            "996: .balign 4\n",
            "997: .8byte 990b, _.stapsdt.base, ", $semaphore, "\n",
            ".asciz \"", $provider, "\"\n",
            ".asciz \"", $probe, "\"\n",
            ".asciz \"", $doc, "\"\n",
            ".byte ", $count, "\n",
            $(
                ".byte {", ::core::stringify!($ty), "}\n",
                ".asciz \"", $arg, "\"\n",
                ".asciz \"", $spelling, "\"\n",
            )*
            "998: .balign 4\n",
            ".popsection\n",
            ".endif"
        )
    };
}

/// A firing of a probe whose arguments must be lowered first, in pseudo-Rust:
///
/// ```text
/// nop();                              // 990: the tracer reads the operands here
/// note(".note.stapsdt", provider, probe, location of 990, operands as text)
/// note(".note.usdt-probes", the same, and names, types and doc)
/// ```
///
/// How many operands there are is known only once the arguments' types are, after this text is written: that is why the
/// assembler's `.if` decides how many are named.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_fire {
    (
        static: $static:ident,
        function: $function:ident,
        slots: [$(($size:ident, $reg:ident, $slot:literal, $gap:literal))*],
        plan: $plan:expr,
        frame: $frame:expr,
        {
            provider: $provider:literal,
            probe: $probe:literal,
            semaphore: $semaphore:literal,
            doc: $doc:literal,
            args: $count:literal [$(($ty:ident, $own_size:ident, $index:tt, $own_gap:literal, $arg:literal, $spelling:literal))*],
            names: $names:tt,
        }
    ) => {
        // SAFETY: nops are executed and nothing is changed; everything else is data in other sections. The addresses in
        // the operands are valid until the scratch is dropped, after this statement.
        unsafe {
            $crate::__usdt_firing! {
                $crate::__usdt_semaphore!($semaphore),
                $crate::__usdt_trap!($semaphore),
                $crate::__usdt_notes!(
                    {
                        provider: $provider,
                        probe: $probe,
                        semaphore: $semaphore,
                        doc: $doc,
                        args: $count [$(($ty, $index, $arg, $spelling))*],
                    }
                    ".if {operands}\n",
                    $(
                        ::core::concat!(
                            ".if {operands} > ", $slot, "\n",
                            ".ascii \"", $gap, "{", ::core::stringify!($size), "}@{", ::core::stringify!($reg), "}\"\n",
                            ".endif\n"
                        ),
                    )*
                    ".endif\n"
                ),
                $crate::__usdt_anchors!(),
                operands = const $plan.operands,
                described = const $crate::site::DESCRIBED,
                $($size = const $plan.sizes[$slot], $reg = in(reg) $frame.get($slot),)*
                $($ty = const $plan.types[$index],)*
                function = sym $function,
            }
        }
    };
}

/// The function that all sites of a probe jump to whose arguments are numbers and pointers. They are in registers already
/// (`__usdt_registers!` says in which), so nothing is left to do but the nop, and the notes about it.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_trampoline {
    (
        static: $static:ident,
        function: $function:ident,
        plan: $plan:expr,
        {
            provider: $provider:literal,
            probe: $probe:literal,
            semaphore: $semaphore:literal,
            doc: $doc:literal,
            args: $count:literal [$(($ty:ident, $size:ident, $index:tt, $gap:literal, $arg:literal, $spelling:literal))*],
            names: $names:tt,
        }
    ) => {
        /// Not to be called: sites jump here and are jumped back to.
        #[unsafe(naked)]
        extern "C" fn $function() {
            $crate::__usdt_naked! {
                $crate::__usdt_semaphore!($semaphore),
                $crate::__usdt_trampoline_code!($crate::__usdt_trap!($semaphore)),
                $crate::__usdt_notes!(
                    {
                        provider: $provider,
                        probe: $probe,
                        semaphore: $semaphore,
                        doc: $doc,
                        args: $count [$(($ty, $index, $arg, $spelling))*],
                    }
                    $(
                        ::core::concat!(
                            ".ascii \"", $gap, "{", ::core::stringify!($size), "}@", $crate::__usdt_register!($index), "\"\n"
                        )
                    ),*
                ),
                $crate::__usdt_anchors!(),
                described = const $crate::site::DESCRIBED,
                $($size = const $plan.sizes[$index],)*
                $($ty = const $plan.types[$index],)*
                function = sym $function,
            }
        }
    };
}

/// Nothing: the notes say it all.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_definition {
    ($($ignored:tt)*) => {};
}

/// There are none.
#[cfg(feature = "register")]
pub(crate) fn records() -> &'static [super::Record] {
    &[]
}
