//! No probes: everything type-checks and nothing is left of it.

/// The hot path: never taken.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_check {
    ($semaphore:literal, $static:ident, { $($watched:tt)* }) => {
        if false {
            $($watched)*
        }
    };
}

/// A firing that nobody can see.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_fire {
    (static: $static:ident, function: $function:ident, slots: $slots:tt, plan: $plan:expr, frame: $frame:expr, $definition:tt) => {{
        let _ = ($plan, &$frame);
    }};
}

/// A firing that nobody can see, of numbers and pointers.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_enter {
    ($trampoline:ident: $($value:expr),*) => {
        let _: (fn(), &[::core::primitive::u64]) = ($trampoline, &[$($value),*]);
    };
}

/// A trampoline that nobody takes.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_trampoline {
    (static: $static:ident, function: $function:ident, plan: $plan:expr, $definition:tt) => {
        fn $function() {
            let _ = $plan;
        }
    };
}

/// Nobody asks what a probe is.
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
