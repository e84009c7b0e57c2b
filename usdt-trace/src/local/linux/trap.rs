//! What happens at a breakpoint: the firing is written down for each watcher, and the thread goes on behind the nop.
//!
//! All of it runs in the handler of a signal, in the middle of whatever the program was doing. So nothing here allocates, takes a
//! lock, waits, or calls anything that might.
//!
//! # Safety
//!
//! `unsafe` is here to ask the kernel who and when it is, and to look at an instruction.
#![allow(unsafe_code)]

use usdt_core::model::MAX_OPERANDS;
use usdt_core::stapsdt::operand::RegisterName;

use super::arch::{BREAKPOINT, Instruction, Registers};
use super::breakpoint::{self, Breakpoint, Pointee};
use super::memory::{self, Own};
use super::record::{Record, Room};
use super::watcher::{self, Watcher};
use crate::decode::Operand;
use crate::machine::{self, Fetched, Machine, Memory};

/// Who is said to have caused a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// An instruction of the thread's.
    Instruction,
    /// Somebody who sent it. That is also what is said of a breakpoint if a debugger had the signal first and passed it on, or
    /// if one that was sent has arrived at the same moment: the kernel makes one of two.
    Sender,
}

/// Deals with a breakpoint that was hit. `false` if it is none of ours.
pub(super) fn hit(registers: Registers, cause: Cause) -> bool {
    let address = registers.breakpoint();
    let mut behind = None;
    let mut known = false;
    for breakpoint in breakpoint::at(address) {
        known = true;
        if breakpoint.is_armed() && (cause == Cause::Instruction || is_breakpoint(address)) {
            behind = Some(breakpoint.behind);
            tell(breakpoint, registers);
        }
    }
    let go_on = match behind {
        Some(behind) => behind,
        // The nop was put back after this thread had left it: once more.
        None if known && cause == Cause::Instruction && !is_breakpoint(address) => address,
        None => return false,
    };
    registers.go_on_at(go_on);
    true
}

/// Whether there is a breakpoint at an address. That nothing is mapped there is no harm.
pub(super) fn is_breakpoint(address: usize) -> bool {
    let mut found = [0; size_of::<Instruction>()];
    Own.read(address as u64, &mut found).is_ok() && found == BREAKPOINT.to_ne_bytes()
}

/// Writes the firing down for everybody who watches.
fn tell(breakpoint: &'static Breakpoint, registers: Registers) {
    breakpoint.each_watcher(|slot| {
        watcher::with(slot, breakpoint, |watcher| write(watcher, breakpoint, registers));
    });
}

fn write(watcher: &Watcher, breakpoint: &'static Breakpoint, registers: Registers) {
    let tid = thread();
    if watcher.thread != 0 && watcher.thread != tid {
        return;
    }
    let trapped = Trapped { registers, breakpoint };
    let written = watcher.queue.put(|room| {
        let operands = trapped.operands();
        for (i, &pointee) in breakpoint.pointees.iter().enumerate() {
            keep(pointee, &operands, room, breakpoint.pointees.len() - i);
        }
        Record {
            breakpoint,
            time: now(),
            // SAFETY: it has no arguments.
            pid: unsafe { libc::getpid() }.cast_unsigned(),
            tid,
            // SAFETY: as above.
            cpu: unsafe { libc::sched_getcpu() }.try_into().unwrap_or(0),
            operands,
            pieces: room.pieces(),
        }
    });
    if !written {
        watcher.lose(breakpoint);
    }
}

/// Copies what an operand points at. `wanting` says how many have yet to share the room.
fn keep(pointee: Pointee, operands: &[Operand; MAX_OPERANDS], room: &mut Room<'_>, wanting: usize) {
    let bits = |at: usize| match operands.get(at) {
        Some(Ok(raw)) => raw.bits,
        _ => 0,
    };
    let (address, share) = (bits(pointee.operand()), room.free() / wanting);
    if address == 0 {
        return;
    }
    match pointee {
        Pointee::Text { .. } => room.keep(address, share, |into| memory::copy(address, into, true)),
        Pointee::Bytes { operand } => {
            let len = usize::try_from(bits(operand + 1)).unwrap_or(usize::MAX);
            room.keep(address, share.min(len), |into| memory::copy(address, into, false));
        }
    }
}

/// Nanoseconds of the monotonic clock.
fn now() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it writes there.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

/// The id of this thread.
pub(in crate::local) fn thread() -> u32 {
    // SAFETY: it has no arguments.
    unsafe { libc::syscall(libc::SYS_gettid) }.try_into().unwrap_or(0)
}

/// A thread at a breakpoint.
struct Trapped {
    registers: Registers,
    breakpoint: &'static Breakpoint,
}

impl Trapped {
    fn operands(&self) -> [Operand; MAX_OPERANDS] {
        let mut values = [Err("no operand"); MAX_OPERANDS];
        for (value, operand) in values.iter_mut().zip(self.breakpoint.operands()) {
            *value = match operand {
                Ok(operand) => machine::evaluate(operand, self, Some(self.breakpoint.bias)),
                Err(error) => Err(error.problem),
            };
        }
        values
    }
}

impl Memory for Trapped {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<Fetched, &'static str> {
        Own.read(address, into)
    }
}

impl Machine for Trapped {
    fn register(&self, name: RegisterName) -> Option<u64> {
        match name {
            RegisterName::ProgramCounter => Some(self.breakpoint.address as u64),
            name => self.registers.read(name),
        }
    }
}
