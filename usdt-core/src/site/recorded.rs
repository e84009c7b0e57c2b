//! Sites with a flight recorder: a firing is recorded before a tracer sees it.
//!
//! The hot path is the same. Behind it, in the cold function that sites call, stands an invocation of the recorder, and the record
//! that tells it which semaphore is to be raised.

/// The static that a recorder knows the probe by.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_recorded_probe {
    (
        $static:ident
        {
            provider: $provider:literal,
            probe: $probe:literal,
            semaphore: $semaphore:literal,
            doc: $doc:literal,
            args: $count:literal $args:tt,
            names: $names:tt,
        }
        $layouts:tt
    ) => {
        #[doc(hidden)]
        #[allow(non_upper_case_globals)]
        static $static: $crate::recorder::StaticProbe = {
            // No plan: that too many operands are too many is said once, at the firing.
            #[allow(unused_imports)]
            use $crate::value::kind::Fallback as _;
            $crate::recorder::StaticProbe::new($provider, $probe, &$names, $crate::value::plan::types(&$layouts))
        };
    };
}

/// Records a firing, of operands that are in a frame.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_recorded_firing {
    ($static:ident $semaphore:literal $frame:expr) => {
        // SAFETY: no code, only data is written, in other sections.
        unsafe {
            ::core::arch::asm!(
                $crate::__usdt_semaphore!($semaphore),
                $crate::__usdt_recorded_section!(),
                ".balign 8",
                ::core::concat!(".8byte {probe}, ", $semaphore),
                ".popsection",
                probe = sym $static,
                options(nomem, nostack, preserves_flags),
            )
        }
        $crate::recorder::record(&$static, &$frame);
    };
}

/// What jumps to a trampoline is not a part of the site: a call of the recorder there would make the code around it save its
/// registers.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_entering_function {
    ($($function:tt)*) => {
        #[cold]
        #[inline(never)]
        $($function)*
    };
}
