//! The words of a note's operands, and the size before each.

use super::{Operand, OperandError, Place, RegisterName, Sort, Width, aarch64, x86_64};
use crate::model::Architecture;

/// The most operands that are told apart; `sys/sdt.h` has 12. What follows is one word, which is then no operand.
const MOST: usize = 64;

/// The problem with an operand whose address depends on the thread.
pub(super) const THREAD_LOCAL: &str = "thread-local";

/// The operands of a note, one result a word.
///
/// Where a word says no size, it is that of the register, or 8 bytes, and the value is unsigned, as bcc and gdb read it.
pub fn parse(text: &str, architecture: Architecture) -> Vec<Result<Operand, OperandError>> {
    let place = match architecture {
        Architecture::X86_64 => x86_64::place,
        Architecture::Aarch64 => aarch64::place,
    };
    let operand = |word: &str| {
        let (size, rest) = split_size(word);
        let place = place(rest)?;
        let width = size.map_or_else(|| Ok(natural(&place)), read_size)?;
        Ok(Operand { width, place })
    };
    let error = |word: &str, problem| OperandError { operand: word.to_owned(), problem };
    words(text).into_iter().map(|word| operand(word).map_err(|problem| error(word, problem))).collect()
}

/// How wide a word says its value is; `None` if it doesn't.
pub fn width(word: &str) -> Option<Width> {
    split_size(word).0.and_then(|size| read_size(size).ok())
}

/// The words of the operands of a note, one an operand.
///
/// They are split at blanks, but not within brackets, which have blanks in them on aarch64: `8@x0 4@[sp, 12]`. A word that begins with
/// its size begins a word anyhow: a bracket that is never closed spoils one operand, not all.
pub fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_ascii();
    while !rest.is_empty() {
        let len = if words.len() < MOST { first_word(rest) } else { rest.len() };
        let (word, behind) = rest.split_at(len);
        words.push(word.trim_ascii_end());
        rest = behind.trim_ascii_start();
    }
    words
}

/// Where the first word of a text ends.
fn first_word(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut open = 0_usize;
    for (i, byte) in bytes.iter().enumerate() {
        let after_blank = i > 0 && bytes[i - 1].is_ascii_whitespace();
        match byte {
            _ if after_blank && begins_with_size(&bytes[i..]) => return i,
            b'[' | b'(' => open += 1,
            b']' | b')' => open = open.saturating_sub(1),
            blank if blank.is_ascii_whitespace() && open == 0 => return i,
            _ => {}
        }
    }
    text.len()
}

/// Whether there is a size: `8@`, `-4@`, `8f@`. Looks at a few bytes only.
fn begins_with_size(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let digits = bytes.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && matches!(bytes[digits..], [b'@', ..] | [b'f', b'@', ..])
}

/// The size before the `@`, and what is behind it.
fn split_size(word: &str) -> (Option<&str>, &str) {
    match word.split_once('@') {
        Some((size, rest)) if begins_with_size(word.as_bytes()) => (Some(size), rest),
        _ => (None, word),
    }
}

/// `8`, `-4`, `8f`; a float may have a sign too, and it says nothing.
fn read_size(size: &str) -> Result<Width, &'static str> {
    let (digits, is_float) = match size.strip_suffix('f') {
        Some(digits) => (digits, true),
        None => (size, false),
    };
    let (digits, is_signed) = match digits.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (digits, false),
    };
    let sort = match (is_float, is_signed) {
        (true, _) => Sort::Float,
        (false, true) => Sort::Signed,
        (false, false) => Sort::Unsigned,
    };
    match (digits.parse(), sort) {
        (Ok(bytes @ (4 | 8)), _) | (Ok(bytes @ (1 | 2)), Sort::Unsigned | Sort::Signed) => {
            Ok(Width { bytes, sort })
        }
        (_, Sort::Float) => Err("a float whose size is not 4 or 8"),
        _ => Err("a size that is not 1, 2, 4 or 8"),
    }
}

/// How wide a value is where nothing says so.
fn natural(place: &Place) -> Width {
    match place {
        Place::Register(register) => match register.name {
            RegisterName::Vector(_) => {
                Width { bytes: if register.bytes == 4 { 4 } else { 8 }, sort: Sort::Float }
            }
            _ => Width { bytes: register.bytes, sort: Sort::Unsigned },
        },
        Place::Constant(_) | Place::Memory(_) => Width { bytes: 8, sort: Sort::Unsigned },
    }
}
