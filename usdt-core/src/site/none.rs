//! No probes: everything type-checks and nothing is left of it.

/// The hot path: never taken.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_check {
    ($semaphore:literal, { $($watched:tt)* }) => {
        if false {
            $($watched)*
        }
    };
}

/// A firing that nobody can see.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_fire {
    ({ $($definition:tt)* } plan: $plan:expr, frame: $frame:expr,) => {{
        let _ = ($plan, &$frame);
    }};
}
