//! Sites without a flight recorder: nothing of it is left. `recorded` is in the place of this file where there is one.

/// Nothing: no recorder asks what a probe is.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_recorded_probe {
    ($($ignored:tt)*) => {};
}

/// Nothing: firings are not recorded.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_recorded_firing {
    ($($ignored:tt)*) => {};
}

/// What jumps to a trampoline is a part of the site.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_entering_function {
    ($($function:tt)*) => {
        #[inline(always)]
        $($function)*
    };
}
