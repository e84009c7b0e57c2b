//! Systems with DTrace: sites, is-enabled sites, and the records that say where they are.
//!
//! A tracer there changes no memory that a program could look at. It patches instructions: at an is-enabled site one whose
//! result is 0 and which then gives 1, and at a site a nop. The kernel has to be told where these are. So each leaves a
//! [`Record`](super::Record) in a section of its own, and [`program`](crate::program) makes a DOF of them.
//!
//! What differs between architectures is in a file each, and so is what differs between the formats of object files. All of
//! it can also be built for Linux, with `--cfg usdt_probes_dtrace`, where a test takes the kernel's part.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(not(target_vendor = "apple"))]
mod elf;
#[cfg(target_vendor = "apple")]
mod macho;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(all(feature = "register", not(target_vendor = "apple")))]
pub(crate) use elf::records;
#[cfg(all(feature = "register", target_vendor = "apple"))]
pub(crate) use macho::records;

/// The static that says what a probe is.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_definition {
    (
        $static:ident $function:ident
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
        static $static: $crate::site::Definition = {
            // No plan: that too many operands are too many is said once, at the firing.
            #[allow(unused_imports)]
            use $crate::value::kind::Fallback as _;
            $crate::site::Definition {
                provider: $provider,
                probe: $probe,
                function: ::core::stringify!($function),
                types: $crate::value::plan::types(&$layouts),
            }
        };
    };
}

/// A firing of a probe whose arguments must be lowered first: the operands are where a C function's arguments are, the first
/// ones in registers and the others on the stack. All places are given a value, also those that the probe doesn't have.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_fire {
    (
        static: $static:ident,
        function: $function:ident,
        slots: $slots:tt,
        plan: $plan:expr,
        frame: $frame:expr,
        $definition:tt
    ) => {
        $crate::__usdt_firing! { $static, $plan, $frame }
    };
}

/// The function that all sites of a probe jump to whose arguments are numbers and pointers. They are in registers already, so
/// nothing is left to do but the nop, and the record about it.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_trampoline {
    (static: $static:ident, function: $function:ident, plan: $plan:expr, $definition:tt) => {
        /// Not to be called: sites jump here and are jumped back to.
        #[unsafe(naked)]
        extern "C" fn $function() {
            $crate::__usdt_naked! {
                $crate::__usdt_trampoline_code!($crate::__usdt_trap!()),
                $crate::__usdt_record!("0"),
                definition = sym $static,
            }
        }
    };
}
