//! Operands: where the values of a firing are, in the words of the assembler.
//!
//! A stapsdt note has one word an operand, `N@OP`: `N` is the size in bytes, negative where the value is signed, with an `f`
//! behind it where it is a float (`8f@%xmm0`); older notes leave it out. `OP` is what the compiler put into its assembler
//! output, so its grammar is that of each architecture's assembler: [`parse`] reads what GCC and clang write.

mod aarch64;
mod scan;
#[cfg(test)]
mod tests;
mod words;
mod x86_64;

use std::fmt;

pub use words::{parse, width, words};

/// One operand of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operand {
    /// How wide the value is.
    pub width: Width,
    /// Where it is when the probe fires.
    pub place: Place,
}

/// How wide a value is, and what its bits mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    /// Bytes: 1, 2, 4 or 8.
    pub bytes: u8,
    /// What they are.
    pub sort: Sort,
}

/// What the bits of a value mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// An unsigned integer.
    Unsigned,
    /// A signed integer.
    Signed,
    /// A float: in a vector register, or its bits in a general register or in memory.
    Float,
}

/// Where a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the note itself.
    Constant(i64),
    /// In a register.
    Register(Register),
    /// In memory.
    Memory(Address),
}

/// A part of a register of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Register {
    /// Which.
    pub name: RegisterName,
    /// Where in it the part begins, in bits: 8 for x86's `%ah`, else 0.
    pub shift: u8,
    /// How many bytes of it are named: `%eax` is 4.
    pub bytes: u8,
}

/// A whole register, by its number on its architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegisterName {
    /// A general register. x86_64: 0–15 as instructions number them (rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8–r15).
    /// aarch64: x0–x30, and 31 is the stack pointer.
    General(u8),
    /// A vector register: `%xmm0`, `v0`.
    Vector(u8),
    /// The address of the instruction.
    ProgramCounter,
}

/// An address that is computed from registers: base + index × scale + displacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A register, or a symbol.
    pub base: Base,
    /// A register and what it is multiplied by: 1, 2, 4 or 8.
    pub index: Option<(Register, u8)>,
    /// Bytes that are added.
    pub displacement: i64,
}

/// What an address is counted from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing: the displacement is the address.
    None,
    /// What a register holds.
    Register(Register),
    /// A symbol of the program: `counter(%rip)`. What reads the file puts `Program` in its place.
    Symbol(String),
    /// Where the program was loaded: the displacement is an address of the file as it was linked, and is moved by the bias.
    Program,
}

/// What is wrong with an operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperandError {
    /// The operand as the note has it.
    pub operand: String,
    /// What.
    pub problem: &'static str,
}

impl fmt::Display for OperandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "operand {:?}: {}", self.operand, self.problem)
    }
}

impl std::error::Error for OperandError {}
