//! Operands of aarch64: <https://sourceware.org/binutils/docs/as/AArch64_002dRegs.html>.

use super::scan::number;
use super::{Address, Base, Place, Register, RegisterName};

/// Where the value is.
pub(super) fn place(text: &str) -> Result<Place, &'static str> {
    if let Some(address) = text.strip_prefix('[') {
        return memory(address.strip_suffix(']').ok_or("not an address in brackets")?).map(Place::Memory);
    }
    if let Some(constant) = immediate(text) {
        return Ok(Place::Constant(constant));
    }
    match (text, register(text)) {
        ("xzr" | "wzr", _) => Ok(Place::Constant(0)),
        (_, Some(register)) => Ok(Place::Register(register)),
        (_, None) => Err("neither a number nor a register of aarch64"),
    }
}

/// What is between the brackets: `x0`, `sp, 12`, `x0, #8`, `x0, x1`, `x0, x1, lsl 3`, `x0, w1, uxtw 2`.
fn memory(text: &str) -> Result<Address, &'static str> {
    let mut parts = text.splitn(3, ',').map(str::trim_ascii);
    let base = address_register(parts.next().unwrap_or_default()).filter(|register| register.bytes == 8);
    let base = Base::Register(base.ok_or("an address from what is no register of 8 bytes")?);
    let Some(offset) = parts.next() else { return Ok(Address { base, index: None, displacement: 0 }) };
    let extension = parts.next();
    match (immediate(offset), extension) {
        (Some(displacement), None) => Ok(Address { base, index: None, displacement }),
        (Some(_), Some(_)) => Err("something behind the offset"),
        (None, _) if offset.trim_start_matches('#').starts_with(':') => {
            Err("a part of the address of a symbol")
        }
        (None, _) => {
            let index =
                address_register(offset).ok_or("an offset that is neither a number nor a register")?;
            let scale = scale(index, extension)?;
            Ok(Address { base, index: Some((index, scale)), displacement: 0 })
        }
    }
}

/// What an index is multiplied by: `lsl 3` is 8. An index of 4 bytes says how it becomes 8.
fn scale(index: Register, extension: Option<&str>) -> Result<u8, &'static str> {
    let (how, amount) = match extension {
        None => ("lsl", "0"),
        Some(extension) => {
            extension.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((extension, "0"))
        }
    };
    match (how, index.bytes) {
        ("lsl" | "sxtx" | "uxtx", 8) | ("uxtw", 4) => {}
        ("sxtw", 4) => return Err("an index whose sign is extended"),
        _ => return Err("an index that is extended in an unknown way"),
    }
    match immediate(amount.trim_ascii()) {
        Some(shift @ 0..=3) => Ok(1 << shift),
        _ => Err("an index that is shifted by more than 3"),
    }
}

/// A number, with or without `#`.
fn immediate(text: &str) -> Option<i64> {
    number(text.strip_prefix('#').unwrap_or(text))
}

/// A register that an address is computed from.
fn address_register(text: &str) -> Option<Register> {
    register(text).filter(|register| matches!(register.name, RegisterName::General(_)))
}

/// A register: `x0`, `w0`, `sp`, `wsp`, `fp`, `lr`, `d0`, `v0`.
fn register(text: &str) -> Option<Register> {
    let general = |number, bytes| Some(Register { name: RegisterName::General(number), shift: 0, bytes });
    match text {
        "sp" => return general(31, 8),
        "wsp" => return general(31, 4),
        "fp" => return general(29, 8),
        "lr" => return general(30, 8),
        _ => {}
    }
    let (kind, digits) = text.split_at_checked(1)?;
    let number = register_number(digits)?;
    let vector = |bytes| Some(Register { name: RegisterName::Vector(number), shift: 0, bytes });
    match kind {
        "x" if number <= 30 => general(number, 8),
        "w" if number <= 30 => general(number, 4),
        "v" | "q" => vector(16),
        "d" => vector(8),
        "s" => vector(4),
        "h" => vector(2),
        "b" => vector(1),
        _ => None,
    }
}

/// 0 to 31, without a zero before it.
fn register_number(digits: &str) -> Option<u8> {
    let is_number = matches!(digits.as_bytes(), [b'0'..=b'9'] | [b'1'..=b'9', b'0'..=b'9']);
    is_number.then(|| digits.parse().ok())?.filter(|&number| number < 32)
}
