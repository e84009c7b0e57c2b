//! Numbers, pointers and what wraps them.

use core::num::*;
use core::ptr::NonNull;
use core::sync::atomic;
use core::time::Duration;

use super::sealed::Sealed;
use super::{Arg, Operands, Scratch, Value};
use crate::model::ArgType;

/// Types that travel as they are: the value, its [`ArgType`], and how it becomes one operand.
macro_rules! native {
    ($($ty:ty, $kind:ident, |$v:ident| $operands:expr;)*) => { $(
        impl Sealed for $ty {}
        impl Value for $ty {
            const TYPE: ArgType = ArgType::$kind;
            #[inline]
            fn lower(self, _: &mut Scratch<'_>) -> Operands {
                let $v = self;
                $operands
            }
        }
        impl Arg for $ty {
            type Value<'a> = $ty;
            #[inline]
            fn value(&self) -> $ty {
                *self
            }
        }
    )* };
}

// A narrow value is extended to the whole register, so that a tracer that ignores the size still reads it right. The casts
// are exactly that extension; those of 128-bit values take one half each.
#[allow(clippy::cast_possible_truncation)]
mod numbers {
    use super::*;

    native! {
        u8, U8, |v| [u64::from(v), 0];
        u16, U16, |v| [u64::from(v), 0];
        u32, U32, |v| [u64::from(v), 0];
        u64, U64, |v| [v, 0];
        u128, U128, |v| [v as u64, (v >> 64) as u64];
        i8, I8, |v| [v as u64, 0];
        i16, I16, |v| [v as u64, 0];
        i32, I32, |v| [v as u64, 0];
        i64, I64, |v| [v as u64, 0];
        i128, I128, |v| [v as u64, (v >> 64) as u64];
        bool, Bool, |v| [u64::from(v), 0];
        char, Char, |v| [u64::from(v), 0];
        f32, F32, |v| [u64::from(v.to_bits()), 0];
        f64, F64, |v| [v.to_bits(), 0];
    }

    #[cfg(target_pointer_width = "64")]
    native! {
        usize, U64, |v| [v as u64, 0];
        isize, I64, |v| [v as u64, 0];
    }
    #[cfg(target_pointer_width = "32")]
    native! {
        usize, U32, |v| [v as u64, 0];
        isize, I32, |v| [v as u64, 0];
    }
    #[cfg(target_pointer_width = "16")]
    native! {
        usize, U16, |v| [v as u64, 0];
        isize, I16, |v| [v as u64, 0];
    }

    native! {
        // Saturated at u64::MAX nanoseconds, 584 years.
        Duration, Nanoseconds, |v| [u64::try_from(v.as_nanos()).unwrap_or(u64::MAX), 0];
    }
}

macro_rules! pointers {
    ($($ty:ty),*) => { $(
        impl<T> Sealed for $ty {}
        impl<T> Value for $ty {
            const TYPE: ArgType = ArgType::Pointer;
            #[inline]
            fn lower(self, _: &mut Scratch<'_>) -> Operands {
                // Exposed, so that the compiler keeps what was stored behind it: a tracer follows it.
                [self.expose_provenance() as u64, 0]
            }
        }
        impl<T> Arg for $ty {
            type Value<'a> = $ty where Self: 'a;
            #[inline]
            fn value(&self) -> $ty {
                *self
            }
        }
    )* };
}
pointers!(*const T, *mut T);

impl<V: Value> Sealed for Option<V> {}
impl<V: Value> Value for Option<V> {
    const TYPE: ArgType = V::TYPE;
    const COPIED: bool = V::COPIED;
    #[inline]
    fn lower(self, scratch: &mut Scratch<'_>) -> Operands {
        self.map_or([0, 0], |v| v.lower(scratch))
    }

    #[cfg(feature = "runtime")]
    #[inline]
    fn dynamic<'v>(self) -> crate::runtime::Dynamic<'v>
    where
        Self: 'v,
    {
        self.map_or(crate::runtime::Dynamic::None, V::dynamic)
    }
}
impl<T: Arg> Arg for Option<T> {
    type Value<'a>
        = Option<T::Value<'a>>
    where
        Self: 'a;
    #[inline]
    fn value(&self) -> Self::Value<'_> {
        self.as_ref().map(T::value)
    }
}

/// Types that stand for a value: what it is, and how to get it.
macro_rules! stands_for {
    ($($(#[$meta:meta])* $ty:ty => $value:ty, |$v:ident| $get:expr;)*) => { $(
        $(#[$meta])*
        impl Arg for $ty {
            type Value<'a> = $value;
            #[inline]
            fn value(&self) -> $value {
                let $v = self;
                $get
            }
        }
    )* };
}
stands_for! {
    NonZeroU8 => u8, |v| v.get();
    NonZeroU16 => u16, |v| v.get();
    NonZeroU32 => u32, |v| v.get();
    NonZeroU64 => u64, |v| v.get();
    NonZeroU128 => u128, |v| v.get();
    NonZeroUsize => usize, |v| v.get();
    NonZeroI8 => i8, |v| v.get();
    NonZeroI16 => i16, |v| v.get();
    NonZeroI32 => i32, |v| v.get();
    NonZeroI64 => i64, |v| v.get();
    NonZeroI128 => i128, |v| v.get();
    NonZeroIsize => isize, |v| v.get();
    #[cfg(target_has_atomic = "8")]
    atomic::AtomicBool => bool, |v| v.load(atomic::Ordering::Relaxed);
    #[cfg(target_has_atomic = "8")]
    atomic::AtomicU8 => u8, |v| v.load(atomic::Ordering::Relaxed);
    #[cfg(target_has_atomic = "8")]
    atomic::AtomicI8 => i8, |v| v.load(atomic::Ordering::Relaxed);
    #[cfg(target_has_atomic = "16")]
    atomic::AtomicU16 => u16, |v| v.load(atomic::Ordering::Relaxed);
    #[cfg(target_has_atomic = "16")]
    atomic::AtomicI16 => i16, |v| v.load(atomic::Ordering::Relaxed);
    #[cfg(target_has_atomic = "32")]
    atomic::AtomicU32 => u32, |v| v.load(atomic::Ordering::Relaxed);
    #[cfg(target_has_atomic = "32")]
    atomic::AtomicI32 => i32, |v| v.load(atomic::Ordering::Relaxed);
    #[cfg(target_has_atomic = "64")]
    atomic::AtomicU64 => u64, |v| v.load(atomic::Ordering::Relaxed);
    #[cfg(target_has_atomic = "64")]
    atomic::AtomicI64 => i64, |v| v.load(atomic::Ordering::Relaxed);
    #[cfg(target_has_atomic = "ptr")]
    atomic::AtomicUsize => usize, |v| v.load(atomic::Ordering::Relaxed);
    #[cfg(target_has_atomic = "ptr")]
    atomic::AtomicIsize => isize, |v| v.load(atomic::Ordering::Relaxed);
}

impl<T> Arg for NonNull<T> {
    type Value<'a>
        = *mut T
    where
        Self: 'a;
    #[inline]
    fn value(&self) -> *mut T {
        self.as_ptr()
    }
}

#[cfg(target_has_atomic = "ptr")]
impl<T> Arg for atomic::AtomicPtr<T> {
    type Value<'a>
        = *mut T
    where
        Self: 'a;
    #[inline]
    fn value(&self) -> *mut T {
        self.load(atomic::Ordering::Relaxed)
    }
}

/// Wrappers that are an argument where what they hold is one.
macro_rules! transparent {
    ($($ty:ty $(, $bound:ident)?;)*) => { $(
        impl<T: Arg + ?Sized $(+ $bound)?> Arg for $ty {
            type Value<'a> = T::Value<'a> where Self: 'a;
            #[inline]
            fn value(&self) -> T::Value<'_> {
                T::value(self)
            }
        }
    )* };
}
transparent! { &T; &mut T; }
#[cfg(feature = "std")]
transparent! { Box<T>; std::rc::Rc<T>; std::sync::Arc<T>; std::borrow::Cow<'_, T>, ToOwned; }
