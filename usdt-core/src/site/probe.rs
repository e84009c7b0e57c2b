//! What stands in a provider's module for one probe. `usdt-macros` says what differs from probe to probe.

/// The functions of a probe:
///
/// ```text
/// fn __fire_name(args)     cold, once a probe: lowers the arguments and holds the nop and the notes;
///                          or, for numbers and pointers, __enter_name(args) and a trampoline with the nop and the notes
/// fn name(args)            checks the semaphore, fires
/// fn name_with(closure)    checks the semaphore, asks the closure for the arguments, fires
/// fn name_enabled()        checks the semaphore
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_probe {
    (
        functions: $vis:vis $function:ident $with:ident $enabled:ident,
        // The user's attributes: all of them, and those that go on every function.
        attributes: [$(#$attribute:tt)*] [$(#$level:tt)*],
        docs: $with_doc:literal $enabled_doc:literal,
        // What identifies the probe: on Linux the symbol of its semaphore, on DTrace systems a static.
        semaphore: $semaphore:literal,
        static: $static:ident,
        // The function's parameters, and how the firing gets them.
        parameters: $parameters:tt => $direct:tt,
        // What the closure returns, its parts, and how the firing gets them.
        closure: [$($generics:tt)*] $output:tt $parts:tt => $given:tt,
        // What sites call, and the rest of what `__usdt_firing_function!` takes.
        firing: $enter:ident $firing:tt,
    ) => {
        $crate::__usdt_firing_function! { $enter $static $function $semaphore $firing }

        $(#$attribute)*
        #[inline(always)]
        #[allow(
            named_asm_labels,
            dead_code,
            clippy::too_many_arguments,
            clippy::needless_pass_by_value
        )]
        $vis fn $function $parameters {
            $crate::__usdt_check!($semaphore, $static, { $enter $direct });
        }

        $(#$level)*
        #[doc = $with_doc]
        #[inline(always)]
        #[allow(named_asm_labels, dead_code)]
        $vis fn $with<$($generics)*>(args: impl ::core::ops::FnOnce() -> $output) {
            $crate::__usdt_check!($semaphore, $static, {
                let $parts = args();
                $enter $given
            });
        }

        $(#$level)*
        #[doc = $enabled_doc]
        #[inline(always)]
        #[must_use]
        #[allow(named_asm_labels, dead_code)]
        $vis fn $enabled() -> ::core::primitive::bool {
            $crate::__usdt_check!($semaphore, $static, { return true });
            false
        }
    };
}

/// The function that sites call, in one of two ways.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_firing_function {
    // A cold function that lowers the arguments and holds the nop.
    (
        $enter:ident $static:ident $function:ident $semaphore:literal {
            function: $fire:ident $slots:tt,
            definition: $definition:tt,
            // The parameters, how their operands lie, and what makes operands of each.
            lowered: $lowered:tt $layouts:tt [$({ $($lower:tt)* } { $($reference:tt)* } $index:literal)*],
            // Stops the compiler if there are more operands than tracers read.
            fits: $fits:tt,
        }
    ) => {
        $crate::__usdt_definition! { $static $function $definition $layouts }
        $crate::__usdt_recorded_probe! { $static $definition $layouts }

        #[cold]
        #[inline(never)]
        #[doc(hidden)]
        #[allow(
            named_asm_labels,
            non_snake_case,
            dead_code,
            unused_mut,
            unused_variables,
            clippy::all,
            clippy::pedantic
        )]
        fn $enter $lowered {
            $crate::__usdt_plan! { $layouts $fits }
            let mut room = [::core::mem::MaybeUninit::<::core::primitive::u8>::uninit(); __USDT_PLAN.room];
            let mut scratch = $crate::value::Scratch::new(&mut room);
            let mut frame = $crate::value::plan::Frame::new();
            $(frame.put(__USDT_PLAN.first[$index], $($lower)*($($reference)*, &mut scratch));)*
            scratch.settle();
            $crate::__usdt_recorded_firing! { $static $semaphore frame }
            $crate::__usdt_fire! {
                static: $static,
                function: $fire,
                slots: $slots,
                plan: __USDT_PLAN,
                frame: frame,
                $definition
            }
        }
    };
    // A trampoline that holds the nop, and what jumps there.
    (
        $enter:ident $static:ident $function:ident $semaphore:literal {
            trampoline: $fire:ident,
            definition: $definition:tt,
            lowered: $lowered:tt $layouts:tt [$({ $($lower:tt)* } { $($reference:tt)* } $index:literal)*],
            fits: $fits:tt,
        }
    ) => {
        $crate::__usdt_definition! { $static $function $definition $layouts }
        $crate::__usdt_recorded_probe! { $static $definition $layouts }

        $crate::__usdt_entering_function! {
            #[doc(hidden)]
            #[allow(
                named_asm_labels,
                non_snake_case,
                dead_code,
                unused_mut,
                unused_variables,
                clippy::all,
                clippy::pedantic
            )]
            fn $enter $lowered {
                $crate::__usdt_plan! { $layouts $fits }
                // The way was chosen by spelling: whoever has given the name of a number to another type is told, not misread.
                const _: () = ::core::assert!(
                    __USDT_PLAN.is_one_register_each(&$layouts),
                    "a type that is called like a primitive one but is not: give it another name, or use it by a path"
                );
                $crate::__usdt_trampoline! { static: $static, function: $fire, plan: __USDT_PLAN, $definition }
                let mut scratch = $crate::value::Scratch::new(&mut []);
                $crate::__usdt_recorded_firing! {
                    $static $semaphore
                    $crate::value::plan::Frame::of(&[$($($lower)*($($reference)*, &mut scratch)[0]),*])
                }
                $crate::__usdt_enter! { $fire: $($($lower)*($($reference)*, &mut scratch)[0]),* }
            }
        }
    };
}

/// How a probe's operands lie, as a constant.
#[doc(hidden)]
#[macro_export]
macro_rules! __usdt_plan {
    ($layouts:tt [$($fits:tt)*]) => {
        #[allow(unused_imports)]
        use $crate::value::kind::Fallback as _;
        const __USDT_PLAN: $crate::value::plan::Plan = {
            const __USDT_LAYOUTS: &[$crate::value::plan::Layout] = &$layouts;
            $($fits)*;
            $crate::value::plan::Plan::new(__USDT_LAYOUTS)
        };
    };
}
