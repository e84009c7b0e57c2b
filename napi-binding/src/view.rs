//! The bytes behind an `ArrayBuffer` or a view of one, to be shown to a tracer where they are.
//!
//! # Safety
//!
//! The memory is the engine's: it stays where it is and alive only until JavaScript runs again, and if it is shared, other
//! threads may write to it at any time.
#![allow(unsafe_code)]

use crate::env::{Env, Value};

/// The bytes of the value, if it is an `ArrayBuffer` or a view. Those of a detached one are none.
///
/// # Safety
///
/// No JavaScript runs on this thread while they are used, and nobody here reads them: only their address and length are
/// passed on.
pub(crate) unsafe fn bytes<'firing>(env: Env<'_>, value: Value<'_>) -> Option<&'firing [u8]> {
    match env.memory(value) {
        Ok(Some((start, len))) if len > 0 && !start.is_null() => {
            // SAFETY: the engine says that `len` bytes are there, and they stay there as long as no JavaScript runs, which
            //   the caller promises, as it does that nobody reads them while another thread writes.
            Some(unsafe { std::slice::from_raw_parts(start, len) })
        }
        _ => None,
    }
}
