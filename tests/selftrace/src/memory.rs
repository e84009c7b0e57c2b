//! What operands point at, and values as a tracer shows them.
//!
//! # Safety
//!
//! `unsafe` is here to read memory at an address that a firing has given.
#![allow(unsafe_code)]

/// The text at an address, up to its NUL.
pub(crate) fn text(address: u64) -> String {
    // SAFETY: the operand is the address of text with a NUL, valid during the firing.
    let text = unsafe { std::ffi::CStr::from_ptr(address as *const std::ffi::c_char) };
    text.to_string_lossy().into_owned()
}

/// So many bytes at an address, as text.
pub(crate) fn bytes(address: u64, len: u64) -> String {
    // SAFETY: the two operands are the address and the length of bytes, valid during the firing.
    let bytes = unsafe { std::slice::from_raw_parts(address as *const u8, len as usize) };
    String::from_utf8_lossy(bytes).into_owned()
}

/// Text in quotes, and of a long one the beginning and the length.
pub(crate) fn shown(text: &str) -> String {
    if text.len() > 40 { format!("{:?}…{}", &text[..10], text.len()) } else { format!("{text:?}") }
}

/// So many bytes of a register, with a sign where the size is negative.
pub(crate) fn sized(size: i8, value: u64) -> String {
    let bits = u32::from(size.unsigned_abs()) * 8;
    let kept = value << (64 - bits);
    if size < 0 { (kept.cast_signed() >> (64 - bits)).to_string() } else { (kept >> (64 - bits)).to_string() }
}
