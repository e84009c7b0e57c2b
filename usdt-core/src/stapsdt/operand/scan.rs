//! What the assemblers of all architectures share: numbers, symbols, and sums of them.

/// A number as assemblers read it: decimal, `0x` hexadecimal, or octal after a `0`. What doesn't fit wraps at 64 bits: the
/// values of an `unsigned long` are written either way.
pub(super) fn number(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let magnitude = magnitude(digits)?;
    let value = magnitude.cast_signed();
    match negative {
        false => Some(value),
        // -2^63 is the least.
        true => (magnitude <= 1 << 63).then(|| value.wrapping_neg()),
    }
}

fn magnitude(digits: &str) -> Option<u64> {
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    // `from_str_radix` would take a sign.
    let all_digits = digits.bytes().all(|byte| char::from(byte).is_digit(radix));
    (all_digits && !digits.is_empty()).then(|| u64::from_str_radix(digits, radix).ok())?
}

/// A sum: `8`, `-8`, `counter`, `counter+8`, `8+counter-4`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sum<'text> {
    pub(super) symbol: Option<&'text str>,
    pub(super) number: i64,
}

/// Reads a sum; nothing is 0.
pub(super) fn sum(text: &str) -> Result<Sum<'_>, &'static str> {
    let mut sum = Sum::default();
    let mut rest = text;
    while !rest.is_empty() {
        let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
        let end = unsigned.find(['+', '-']).unwrap_or(unsigned.len()) + (rest.len() - unsigned.len());
        let (term, behind) = rest.split_at(end);
        rest = behind;
        match number(term) {
            Some(number) => sum.number = sum.number.wrapping_add(number),
            None => {
                let symbol = symbol(term.strip_prefix('+').unwrap_or(term))?;
                if sum.symbol.replace(symbol).is_some() {
                    return Err("two symbols");
                }
            }
        }
    }
    Ok(sum)
}

/// A symbol as assemblers spell them without quotes.
fn symbol(text: &str) -> Result<&str, &'static str> {
    let (name, relocation) = text.split_once('@').unwrap_or((text, ""));
    let is_symbol = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$');
    match relocation.to_ascii_lowercase().as_str() {
        _ if name.is_empty()
            || name.starts_with(|c: char| c.is_ascii_digit())
            || !name.chars().all(is_symbol) =>
        {
            Err("neither a number nor a symbol")
        }
        "" => Ok(name),
        "tpoff" | "ntpoff" | "dtpoff" | "gottpoff" | "tlsgd" | "tlsld" => Err(super::words::THREAD_LOCAL),
        _ => Err("an address from a table of the linker's"),
    }
}
