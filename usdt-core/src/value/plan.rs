//! How the operands of a probe's arguments lie, worked out at compile time.

use super::Operands;
use super::scratch::ROOM;
use crate::model::{ArgType, MAX_OPERANDS};

/// How one argument's operands lie.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// What a tracer is told about it.
    pub ty: ArgType,
    copied: bool,
}

impl Layout {
    /// A layout; `copied` where the value is copied into the scratch first.
    pub const fn of(ty: ArgType, copied: bool) -> Layout {
        Layout { ty, copied }
    }
}

/// How the operands of a whole probe lie.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The size of each operand in bytes, negative where it is signed.
    pub sizes: [i8; MAX_OPERANDS],
    /// How many operands there are.
    pub operands: usize,
    /// Where each argument's first operand is.
    pub first: [usize; MAX_OPERANDS],
    /// The type of each argument as a number of the describing note; 0 past the last.
    pub types: [u8; MAX_OPERANDS],
    /// The size of the scratch's room in bytes: 0 if no argument is copied.
    pub room: usize,
}

impl Plan {
    /// Whether tracers can read all operands. Generated code asks before it plans, so that the error is at the probe.
    pub const fn fits(args: &[Layout]) -> bool {
        let (mut operands, mut arg) = (0, 0);
        while arg < args.len() {
            operands += args[arg].ty.operands().len();
            arg += 1;
        }
        operands <= MAX_OPERANDS
    }

    /// Whether each argument is one operand and none needs the scratch, as the operands of a trampoline must be.
    pub const fn is_one_register_each(&self, args: &[Layout]) -> bool {
        self.operands == args.len() && self.room == 0
    }

    /// Lays the arguments out one after another.
    ///
    /// # Panics
    ///
    /// If there are more than [`MAX_OPERANDS`] operands. Generated code calls it at compile time only, where that is a
    /// compile error.
    pub const fn new(args: &[Layout]) -> Plan {
        let mut plan = Plan {
            sizes: [0; MAX_OPERANDS],
            operands: 0,
            first: [0; MAX_OPERANDS],
            types: types(args),
            room: 0,
        };
        let mut arg = 0;
        while arg < args.len() {
            let sizes = args[arg].ty.operands();
            assert!(
                plan.operands + sizes.len() <= MAX_OPERANDS,
                "tracers read at most 12 operands of a probe, and a byte slice or a 128-bit integer is two: pass fewer"
            );
            plan.first[arg] = plan.operands;
            let mut i = 0;
            while i < sizes.len() {
                plan.sizes[plan.operands + i] = sizes[i];
                i += 1;
            }
            plan.operands += sizes.len();
            if args[arg].copied {
                plan.room = ROOM;
            }
            arg += 1;
        }
        plan
    }
}

/// The type of each argument as a number of the describing note; 0 past the last. Of too many arguments, which a plan refuses, the first.
pub const fn types(args: &[Layout]) -> [u8; MAX_OPERANDS] {
    let mut types = [0; MAX_OPERANDS];
    let mut arg = 0;
    while arg < args.len() && arg < MAX_OPERANDS {
        types[arg] = args[arg].ty as u8;
        arg += 1;
    }
    types
}

/// The operands of one firing, each in its place.
#[derive(Debug)]
pub struct Frame {
    // One more than can be used, so that each argument may write both of its places: the next one writes over the second.
    operands: [u64; MAX_OPERANDS + 1],
}

impl Frame {
    /// No operands.
    #[inline]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Frame {
        Frame { operands: [0; MAX_OPERANDS + 1] }
    }

    /// Operands of one place each.
    ///
    /// # Panics
    ///
    /// If there are more than [`MAX_OPERANDS`].
    #[inline]
    pub fn of(operands: &[u64]) -> Frame {
        let mut frame = Frame::new();
        frame.operands[..MAX_OPERANDS][..operands.len()].copy_from_slice(operands);
        frame
    }

    /// Puts an argument's operands where the plan says. Arguments must be put in order.
    #[inline(always)]
    pub fn put(&mut self, first: usize, [low, high]: Operands) {
        self.operands[first] = low;
        self.operands[first + 1] = high;
    }

    /// The operand at a place.
    #[inline(always)]
    pub const fn get(&self, place: usize) -> u64 {
        self.operands[place]
    }

    /// Where the operand at a place is, and those behind it.
    #[inline(always)]
    pub const fn from<const PLACE: usize>(&self) -> *const u64 {
        const { assert!(PLACE < MAX_OPERANDS) };
        &raw const self.operands[PLACE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_two_operands_shift_those_behind() {
        let plain = |ty| Layout::of(ty, false);
        let plan = Plan::new(&[plain(ArgType::U8), plain(ArgType::Bytes), Layout::of(ArgType::Str, true)]);
        assert_eq!(plan.operands, 4);
        assert_eq!(plan.sizes[..5], [1, 8, 8, 8, 0]);
        assert_eq!(plan.first[..3], [0, 1, 3]);
        assert_eq!(plan.types[..4], [1, 18, 16, 0]);
        assert_eq!(plan.room, ROOM);
    }

    #[test]
    #[should_panic = "at most 12 operands"]
    fn a_thirteenth_operand_is_refused() {
        let _ = Plan::new(&[Layout::of(ArgType::Bytes, false); 7]);
    }
}
