//! Operands of x86_64, in the AT&T syntax: <https://sourceware.org/binutils/docs/as/i386_002dMemory.html>.

use super::scan::{Sum, number, sum};
use super::words::THREAD_LOCAL;
use super::{Address, Base, Place, Register, RegisterName};

/// Where the value is.
pub(super) fn place(text: &str) -> Result<Place, &'static str> {
    if let Some(constant) = text.strip_prefix('$') {
        let is_symbol = constant.starts_with(|c: char| !c.is_ascii_digit() && c != '-');
        let problem = if is_symbol { "the address of a symbol" } else { "not a number" };
        number(constant).map(Place::Constant).ok_or(problem)
    } else if text.starts_with("%fs:") || text.starts_with("%gs:") {
        Err(THREAD_LOCAL)
    } else if text.starts_with('%') {
        register(text).map(Place::Register).ok_or("no register of x86_64")
    } else {
        memory(text).map(Place::Memory)
    }
}

/// `-8(%rbp)`, `16(%rax,%rbx,8)`, `counter+8(%rip)`, `table(,%rax,4)`, `counter`.
fn memory(text: &str) -> Result<Address, &'static str> {
    let Some((displacement, registers)) = text.split_once('(') else {
        return match sum(text)? {
            Sum { symbol: Some(symbol), number } => {
                Ok(Address { base: Base::Symbol(symbol.to_owned()), index: None, displacement: number })
            }
            Sum { symbol: None, .. } => Err("not an operand of x86_64"),
        };
    };
    let registers = registers.strip_suffix(')').ok_or("a parenthesis that isn't closed")?;
    let Sum { symbol, number: displacement } = sum(displacement)?;
    let (base, index) = base_and_index(registers)?;
    let Some(symbol) = symbol else {
        return match (base, index) {
            (None, None) => Err("no register between the parentheses"),
            (base, index) => {
                Ok(Address { base: base.map_or(Base::None, Base::Register), index, displacement })
            }
        };
    };
    let index = match (base, index) {
        // The address is that of the symbol: what is counted from the next instruction is the assembler's business.
        (Some(Register { name: RegisterName::ProgramCounter, .. }), None) => None,
        (None, index) => index,
        (Some(base), None) => Some((base, 1)),
        (Some(_), Some(_)) => return Err("a symbol and two registers"),
    };
    Ok(Address { base: Base::Symbol(symbol.to_owned()), index, displacement })
}

/// What is between the parentheses: `%rax`, `%rax,%rbx`, `%rax,%rbx,8`, `,%rbx,8`.
#[expect(clippy::type_complexity, reason = "an address has these two parts")]
fn base_and_index(text: &str) -> Result<(Option<Register>, Option<(Register, u8)>), &'static str> {
    let mut parts = text.splitn(3, ',').map(str::trim_ascii);
    let base = match parts.next() {
        None | Some("") => None,
        Some(base) => Some(address_register(base)?),
    };
    let Some(index) = parts.next() else { return Ok((base, None)) };
    let index = address_register(index)?;
    let scale = match parts.next() {
        None | Some("1") => 1,
        Some("2") => 2,
        Some("4") => 4,
        Some("8") => 8,
        Some(_) => return Err("a scale that is not 1, 2, 4 or 8"),
    };
    Ok((base, Some((index, scale))))
}

/// A register that an address is computed from.
fn address_register(text: &str) -> Result<Register, &'static str> {
    match register(text) {
        Some(register) if register.bytes == 8 || register.bytes == 4 => Ok(register),
        _ => Err("an address from what is no register of 4 or 8 bytes"),
    }
}

/// A register: `%rax`, `%eax`, `%ax`, `%al`, `%ah`, `%r8d`, `%xmm0`.
fn register(text: &str) -> Option<Register> {
    let name = text.strip_prefix('%')?;
    if name == "rip" {
        return Some(Register { name: RegisterName::ProgramCounter, shift: 0, bytes: 8 });
    }
    named(name).or_else(|| numbered(name)).or_else(|| vector(name))
}

/// The eight registers that have names: those of 8, 4, 2 and 1 bytes, and the second byte of the first four.
#[rustfmt::skip]
const NAMED: [[&str; 5]; 8] = [
    ["rax", "eax", "ax", "al", "ah"],
    ["rcx", "ecx", "cx", "cl", "ch"],
    ["rdx", "edx", "dx", "dl", "dh"],
    ["rbx", "ebx", "bx", "bl", "bh"],
    ["rsp", "esp", "sp", "spl", ""],
    ["rbp", "ebp", "bp", "bpl", ""],
    ["rsi", "esi", "si", "sil", ""],
    ["rdi", "edi", "di", "dil", ""],
];

fn named(name: &str) -> Option<Register> {
    (0..).zip(&NAMED).filter(|_| !name.is_empty()).find_map(|(number, names)| {
        let column = names.iter().position(|&other| other == name)?;
        let (shift, bytes) = [(0, 8), (0, 4), (0, 2), (0, 1), (8, 1)][column];
        Some(Register { name: RegisterName::General(number), shift, bytes })
    })
}

/// `r8` to `r15`, and parts of them.
fn numbered(name: &str) -> Option<Register> {
    let name = name.strip_prefix('r')?;
    let digits = name.trim_end_matches(|c: char| !c.is_ascii_digit());
    let bytes = match &name[digits.len()..] {
        "" => 8,
        "d" => 4,
        "w" => 2,
        "b" | "l" => 1,
        _ => return None,
    };
    let number = register_number(digits).filter(|number| (8..=15).contains(number))?;
    Some(Register { name: RegisterName::General(number), shift: 0, bytes })
}

fn vector(name: &str) -> Option<Register> {
    let (digits, bytes) = [("xmm", 16), ("ymm", 32), ("zmm", 64)]
        .into_iter()
        .find_map(|(prefix, bytes)| Some((name.strip_prefix(prefix)?, bytes)))?;
    let number = register_number(digits).filter(|&number| number < 32)?;
    Some(Register { name: RegisterName::Vector(number), shift: 0, bytes })
}

/// One or two digits, without a zero before them.
fn register_number(digits: &str) -> Option<u8> {
    let is_number = matches!(digits.as_bytes(), [b'0'..=b'9'] | [b'1'..=b'9', b'0'..=b'9']);
    is_number.then(|| digits.parse().ok())?
}
