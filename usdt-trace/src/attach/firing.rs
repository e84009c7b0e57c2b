//! A sample as a machine: its registers, and the memory of its process.

use usdt_core::stapsdt::operand::RegisterName;

use super::process_memory;
use super::registers;
use super::sample::Sample;
use crate::decode::{self, Operand};
use crate::machine::{Fetched, Machine, Memory, evaluate};
use crate::{Kind, Read, Site};

/// What is so near to the stack pointer is on the stack: the most of it that can be copied. A moment later other functions have
/// written there.
const STACK_REACH: u64 = 64 << 10;
/// Bytes below the stack pointer that a function may use which calls no other. Samples don't have them, and whatever the
/// program calls next overwrites them.
const RED_ZONE: u64 = 128;

/// A firing of a process, which may have gone on since.
pub(super) struct Firing<'data> {
    sample: Sample<'data>,
    stack_pointer: u64,
}

impl<'data> Firing<'data> {
    pub(super) fn new(sample: Sample<'data>) -> Firing<'data> {
        let stack_pointer = sample.register(registers::STACK_POINTER).unwrap_or(0);
        Firing { sample, stack_pointer }
    }

    /// The values of the site's arguments. `operands` is memory to work in.
    pub(super) fn values(
        &self,
        site: &Site,
        kinds: &[Kind],
        limit: usize,
        operands: &mut Vec<Operand>,
    ) -> Vec<Read> {
        operands.clear();
        operands.extend(site.operands.iter().map(|operand| match operand {
            Ok(operand) => evaluate(operand, self, self.bias(site)),
            Err(error) => Err(error.problem),
        }));
        decode::values(kinds, operands, self, limit)
    }

    /// The nop is where it was linked to be, and as much further as the file was moved.
    fn bias(&self, site: &Site) -> Option<u64> {
        Some(self.register(RegisterName::ProgramCounter)?.wrapping_sub(site.address))
    }
}

impl Memory for Firing<'_> {
    fn at_hand(&self, address: u64) -> &[u8] {
        let start = usize::try_from(address.wrapping_sub(self.stack_pointer)).ok();
        start.and_then(|start| self.sample.stack.get(start..)).unwrap_or_default()
    }

    fn read(&self, address: u64, into: &mut [u8]) -> Result<Fetched, &'static str> {
        let below = self.stack_pointer.wrapping_sub(address);
        if self.stack_pointer != 0 && (1..=RED_ZONE).contains(&below) {
            return Err("below the stack pointer, and changed since");
        }
        if self.stack_pointer != 0 && address.wrapping_sub(self.stack_pointer) < STACK_REACH {
            return Err("on the stack, beyond what was copied of it");
        }
        let bytes = process_memory::read(self.sample.pid, address, into)?;
        Ok(Fetched { bytes, late: true })
    }
}

impl Machine for Firing<'_> {
    fn register(&self, name: RegisterName) -> Option<u64> {
        self.sample.register(registers::number(name)?)
    }
}
