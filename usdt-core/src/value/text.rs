//! Text and bytes.

use core::ffi::CStr;

use super::sealed::Sealed;
use super::{Arg, Operands, Scratch, Value};
use crate::model::ArgType;
#[cfg(feature = "runtime")]
use crate::runtime::Dynamic;

/// Text is copied, since a tracer wants a NUL byte after it. An interior NUL ends it early.
impl Sealed for &str {}
impl Value for &str {
    const TYPE: ArgType = ArgType::Str;
    const COPIED: bool = true;
    #[inline]
    fn lower(self, scratch: &mut Scratch<'_>) -> Operands {
        [scratch.text(self.as_bytes()), 0]
    }

    #[cfg(feature = "runtime")]
    #[inline]
    fn dynamic<'v>(self) -> Dynamic<'v>
    where
        Self: 'v,
    {
        Dynamic::Str(self)
    }
}

impl Sealed for &CStr {}
impl Value for &CStr {
    const TYPE: ArgType = ArgType::CStr;
    #[inline]
    fn lower(self, _: &mut Scratch<'_>) -> Operands {
        [self.as_ptr().expose_provenance() as u64, 0]
    }

    #[cfg(feature = "runtime")]
    #[inline]
    fn dynamic<'v>(self) -> Dynamic<'v>
    where
        Self: 'v,
    {
        Dynamic::CStr(self)
    }
}

impl Sealed for &[u8] {}
impl Value for &[u8] {
    const TYPE: ArgType = ArgType::Bytes;
    #[inline]
    fn lower(self, _: &mut Scratch<'_>) -> Operands {
        [self.as_ptr().expose_provenance() as u64, self.len() as u64]
    }

    #[cfg(feature = "runtime")]
    #[inline]
    fn dynamic<'v>(self) -> Dynamic<'v>
    where
        Self: 'v,
    {
        Dynamic::Bytes(self)
    }
}

/// Types that are one of the three above underneath.
macro_rules! borrows {
    ($($ty:ty $(, const $n:ident)? => $value:ty, |$v:ident| $get:expr;)*) => { $(
        impl $(<const $n: usize>)? Arg for $ty {
            type Value<'a> = &'a $value;
            #[inline]
            fn value(&self) -> &$value {
                let $v = self;
                $get
            }
        }
    )* };
}
borrows! {
    str => str, |v| v;
    CStr => CStr, |v| v;
    [u8] => [u8], |v| v;
    [u8; N], const N => [u8], |v| v;
}

#[cfg(feature = "std")]
mod owned {
    use std::ffi::{CString, OsStr, OsString};
    use std::path::{Path, PathBuf};

    use super::*;

    borrows! {
        String => str, |v| v;
        CString => CStr, |v| v;
        Vec<u8> => [u8], |v| v;
        Path => Path, |v| v;
        PathBuf => Path, |v| v;
        OsStr => Path, |v| Path::new(v);
        OsString => Path, |v| Path::new(v);
    }

    /// The path's own bytes: on Unix what the kernel sees, elsewhere the platform's superset of UTF-8.
    impl Sealed for &Path {}
    impl Value for &Path {
        const TYPE: ArgType = ArgType::CStr;
        const COPIED: bool = true;
        #[inline]
        fn lower(self, scratch: &mut Scratch<'_>) -> Operands {
            [scratch.text(self.as_os_str().as_encoded_bytes()), 0]
        }

        #[cfg(feature = "runtime")]
        #[inline]
        fn dynamic<'v>(self) -> Dynamic<'v>
        where
            Self: 'v,
        {
            Dynamic::Bytes(self.as_os_str().as_encoded_bytes())
        }
    }
}
