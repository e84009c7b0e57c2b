//! What is copied with each firing of a site: as little as its arguments need.

use usdt_core::model::ArgType;
use usdt_core::stapsdt::operand::{Address, Base, Operand, Place, RegisterName};

use super::sample::Contents;
use super::{Options, registers};
use crate::{Kind, Probe, Site};

/// Bytes of the stack where nothing else is said. Probes of this library keep up to 528 bytes of text there, above what the
/// function that fires needs for itself: with six arguments, less than 896 bytes hold both in a debug build too.
const STACK: u16 = 896;
/// The same for stubs of providers that are defined at run time: there are more functions between the text and the nop.
const STACK_OF_STUB: u16 = 1408;
/// The most that the kernel takes: whole words.
const MOST: u16 = 65_528;

/// What the samples of a site hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// The registers, by the kernel's numbers: a bit each.
    pub(super) registers: u64,
    /// Bytes of the stack.
    pub(super) stack: u16,
    /// Whether the frames are asked for.
    pub(super) frames: bool,
}

impl Plan {
    /// What a site's arguments need, read as `kinds`.
    pub(super) fn of(site: &Site, kinds: &[Kind], options: &Options) -> Plan {
        let mut plan = Plan { frames: options.frames, ..Plan::default() };
        let chosen = options.stack.unwrap_or(if is_stub(site) { STACK_OF_STUB } else { STACK });
        if kinds.iter().any(|&kind| points_at_bytes(kind)) {
            plan.stack = chosen;
        }
        for operand in site.operands.iter().flatten() {
            match &operand.place {
                Place::Constant(_) => {}
                Place::Register(register) => plan.register(register.name),
                Place::Memory(address) => plan.address(address, operand, chosen),
            }
        }
        plan.stack = plan.stack.min(MOST).next_multiple_of(8);
        if plan.stack > 0 {
            // Without it nobody knows where the copy begins.
            plan.registers |= 1 << registers::STACK_POINTER;
        }
        plan
    }

    /// What a sample holds then.
    pub(super) fn contents(self) -> Contents {
        Contents { frames: self.frames, registers: self.registers, stack: self.stack > 0 }
    }

    fn register(&mut self, name: RegisterName) {
        self.registers |= registers::number(name).map_or(0, |number| 1 << number);
    }

    fn address(&mut self, address: &Address, operand: &Operand, chosen: u16) {
        if let Some((index, _)) = address.index {
            self.register(index.name);
        }
        let base = match &address.base {
            Base::Register(base) => base,
            // How far the program was moved shows in where it is.
            Base::Program => return self.register(RegisterName::ProgramCounter),
            Base::None | Base::Symbol(_) => return,
        };
        self.register(base.name);
        // Off the stack pointer it is known how far: often less than for text.
        let is_stack_pointer = registers::number(base.name) == Some(registers::STACK_POINTER);
        let end = address.displacement.saturating_add(i64::from(operand.width.bytes));
        let needed = match u16::try_from(end) {
            Ok(end) if is_stack_pointer && address.index.is_none() => end.min(MOST),
            _ => chosen,
        };
        self.stack = self.stack.max(needed);
    }
}

/// How the arguments of a probe are read: those that the options name are text.
pub(super) fn kinds(probe: &Probe, options: &Options) -> Vec<Kind> {
    let kind = |arg: &crate::Arg| match arg.kind {
        Kind::Operand(_) if options.texts.contains(&arg.name) => Kind::Described(ArgType::CStr),
        kind => kind,
    };
    probe.args.iter().map(kind).collect()
}

/// Whether the first operand is where a C function has its first argument: so it is in the stubs of providers that are defined at
/// run time. Where it is so by chance, a little more is copied than needed.
fn is_stub(site: &Site) -> bool {
    let first = site.operands.first().and_then(|operand| operand.as_ref().ok());
    first.is_some_and(|operand| match operand.place {
        Place::Register(register) => register.name == registers::FIRST_ARGUMENT,
        _ => false,
    })
}

fn points_at_bytes(kind: Kind) -> bool {
    use ArgType::{Bytes, CStr, Json, JsonResult, Str};
    matches!(kind, Kind::Described(Str | CStr | Bytes | Json | JsonResult))
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use usdt_core::model::Architecture;
    use usdt_core::stapsdt::operand::{Sort, Width, parse};

    fn plan(operands: &str, kinds: &[Kind]) -> Plan {
        let operands = parse(operands, Architecture::X86_64);
        let site = Site { address: 0, offset: None, semaphore: None, operands, text: String::new() };
        Plan::of(&site, kinds, &Options::default())
    }

    const NONE: Plan = Plan { registers: 0, stack: 0, frames: false };
    const RAX: u64 = 1;
    const RBX: u64 = 1 << 1;
    const RSP: u64 = 1 << 7;
    const RIP: u64 = 1 << 8;

    #[test]
    fn no_more_than_is_needed_is_copied() {
        assert_eq!(plan("", &[]), Plan::default());
        assert_eq!(plan("4@$7", &[]), Plan::default());
        assert_eq!(plan("4@%eax 8@%rbx", &[]), Plan { registers: RAX | RBX, ..NONE });
        assert_eq!(plan("4@8(%rsp)", &[]), Plan { registers: RSP, stack: 16, ..NONE });
        let indexed = Plan { registers: RAX | RBX | RSP, stack: STACK, ..NONE };
        assert_eq!(plan("4@8(%rax,%rbx,8)", &[]), indexed);
    }

    #[test]
    fn text_needs_the_stack() {
        let text = Kind::Described(ArgType::Str);
        assert_eq!(plan("8@%rax", &[text]), Plan { registers: RAX | RSP, stack: STACK, ..NONE });
    }

    #[test]
    fn variables_of_the_program_need_to_know_where_it_is() {
        let base = Base::Program;
        let place = Place::Memory(Address { base, index: None, displacement: 8 });
        let width = Width { bytes: 4, sort: Sort::Signed };
        let site = Site {
            address: 0,
            offset: None,
            semaphore: None,
            operands: vec![Ok(Operand { width, place })],
            text: String::new(),
        };
        assert_eq!(Plan::of(&site, &[], &Options::default()), Plan { registers: RIP, ..NONE });
    }
}
