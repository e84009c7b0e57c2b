//! What sites on systems with DTrace leave in the program, for [`program`](crate::program) to register.

use crate::model::{ArgType, MAX_OPERANDS};

/// What a probe is: one static a probe, which all of its records point to.
#[derive(Debug)]
pub struct Definition {
    /// The provider's name.
    pub provider: &'static str,
    /// The probe's name as a note spells it: with `__` for `-`.
    pub probe: &'static str,
    /// The Rust function that fires it.
    pub function: &'static str,
    /// The type of each argument as a number of the describing note; 0 past the last.
    pub types: [u8; MAX_OPERANDS],
}

impl Definition {
    /// The types of its arguments.
    pub fn arguments(&self) -> impl Iterator<Item = ArgType> {
        self.types.iter().map_while(|&code| ArgType::from_code(code))
    }
}

/// What the assembler writes for each place that a tracer may patch: three words.
#[derive(Debug)]
#[repr(C)]
pub struct Record {
    /// The address of the instruction.
    pub address: usize,
    /// The probe. None where the record stands for nothing: the first one only makes sure that the section exists.
    pub definition: Option<&'static Definition>,
    /// [`SITE`](Self::SITE) or [`ENABLED_SITE`](Self::ENABLED_SITE).
    pub kind: usize,
}

impl Record {
    /// Where the probe fires.
    pub const SITE: usize = 0;
    /// Where the program asks whether anybody watches.
    pub const ENABLED_SITE: usize = 1;
}
