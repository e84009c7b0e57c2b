//! Where the text of one firing is kept: on the stack as long as it fits, then on the heap.
//!
//! # Safety
//!
//! `unsafe` is here for memory that is not initialised first: clearing it at each firing would cost more than the text.
#![allow(unsafe_code)]

use std::cell::OnceCell;
use std::mem::MaybeUninit;

use usdt_core::model::MAX_OPERANDS;

use crate::env::{Env, Status, Value};

/// The bytes of text that one firing carries without allocating, all its strings together.
const INLINE: usize = 512;

/// The stack's part: the text, and a NUL byte for each operand.
#[derive(Debug)]
pub(crate) struct Stack([MaybeUninit<u8>; INLINE + MAX_OPERANDS]);

impl Stack {
    /// Not initialised.
    #[inline]
    pub(crate) fn new() -> Self {
        Stack([MaybeUninit::uninit(); INLINE + MAX_OPERANDS])
    }
}

/// The heap's part of one argument.
pub(crate) type Heap = OnceCell<Vec<u8>>;

/// The longest character of UTF-8: what is cut leaves less than this empty.
const CHARACTER: usize = 4;

/// What is left of the stack's part.
#[derive(Debug)]
pub(crate) struct Room<'r> {
    rest: &'r mut [MaybeUninit<u8>],
}

impl<'r> Room<'r> {
    /// All of it.
    #[inline]
    pub(crate) fn new(stack: &'r mut Stack) -> Self {
        Room { rest: &mut stack.0 }
    }

    /// The string as UTF-8 with a NUL byte after it, if the value is a string. If there is no memory for it, it is empty.
    #[inline]
    pub(crate) fn text(
        &mut self,
        env: Env<'_>,
        value: Value<'_>,
        heap: &'r Heap,
    ) -> Result<&'r [u8], Status> {
        let len = env.read_text(value, self.rest)?;
        if len + CHARACTER < self.rest.len() {
            return Ok(self.take(len));
        }
        // It may have been cut.
        let whole = env.text_len(value)?;
        if whole == len && len < self.rest.len() {
            return Ok(self.take(len));
        }
        long_text(env, value, whole, heap)
    }

    /// Takes text that has just been written, and the NUL byte behind it.
    #[inline]
    fn take(&mut self, len: usize) -> &'r [u8] {
        let (text, rest) = std::mem::take(&mut self.rest).split_at_mut(len + 1);
        self.rest = rest;
        // SAFETY: the engine has written `len` bytes and a NUL byte, all in bounds: the split above has checked it.
        unsafe { &*(&raw const *text as *const [u8]) }
    }
}

#[cold]
#[inline(never)]
fn long_text<'r>(env: Env<'_>, value: Value<'_>, len: usize, heap: &'r Heap) -> Result<&'r [u8], Status> {
    let mut text = Vec::new();
    if text.try_reserve_exact(len + 1).is_err() {
        return Ok(b"\0");
    }
    env.append_text(value, &mut text)?;
    text.push(0);
    Ok(heap.get_or_init(|| text))
}
