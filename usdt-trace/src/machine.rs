//! The state of a program where a probe fired, and what its operands are in it.
//!
//! Where the state comes from is another's affair: the kernel's samples, or the frame of a signal. What is here doesn't
//! allocate and calls nothing but the [`Machine`], so that a signal handler may use it.

use usdt_core::stapsdt::operand::{Address, Base, Operand, Place, Register, RegisterName, Sort, Width};

/// The memory of a program.
pub trait Memory {
    /// The bytes from this address on that came with the firing itself; empty where there are none.
    fn at_hand(&self, address: u64) -> &[u8] {
        let _ = address;
        &[]
    }

    /// Copies bytes from this address on. Where the memory ends early it copies fewer, at least one.
    ///
    /// # Errors
    ///
    /// Says in a few words why there is nothing.
    fn read(&self, address: u64, into: &mut [u8]) -> Result<Fetched, &'static str>;
}

/// The memory and the registers of a program.
pub trait Machine: Memory {
    /// What a register held; `None` if that isn't known.
    fn register(&self, name: RegisterName) -> Option<u64>;
}

/// How much was copied from memory, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// How many bytes.
    pub bytes: usize,
    /// They were read after the firing, and may have changed since.
    pub late: bool,
}

/// What an operand was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw {
    /// Its bits: extended with its sign, or with zeros.
    pub bits: u64,
    /// They come from memory that was read after the firing.
    pub late: bool,
}

/// The value of an operand. `bias` is how far the file was moved from where it was linked; `None` if that isn't known.
///
/// # Errors
///
/// Says in a few words why it can't be known.
pub fn evaluate(operand: &Operand, machine: &impl Machine, bias: Option<u64>) -> Result<Raw, &'static str> {
    let exact = |bits| Ok(Raw { bits: fit(bits, operand.width), late: false });
    match &operand.place {
        Place::Constant(number) => exact(number.cast_unsigned()),
        Place::Register(register) => exact(extended(*register, operand.width.sort, machine)?),
        Place::Memory(address) => load(locate(address, machine, bias)?, operand.width, machine),
    }
}

/// The address that an operand in memory has.
fn locate(address: &Address, machine: &impl Machine, bias: Option<u64>) -> Result<u64, &'static str> {
    let base = match &address.base {
        Base::None => 0,
        Base::Register(register) => part(*register, machine)?,
        Base::Program => bias.ok_or("in a file that was moved, nobody knows how far")?,
        Base::Symbol(_) => return Err("at a symbol of the program"),
    };
    let index = match address.index {
        Some((register, scale)) => part(register, machine)?.wrapping_mul(u64::from(scale)),
        None => 0,
    };
    Ok(base.wrapping_add(index).wrapping_add_signed(address.displacement))
}

fn load(address: u64, width: Width, machine: &impl Machine) -> Result<Raw, &'static str> {
    let mut bytes = [0; 8];
    let into = bytes.get_mut(..usize::from(width.bytes)).ok_or("wider than a register")?;
    let fetched = match machine.at_hand(address).get(..into.len()) {
        Some(at_hand) => {
            into.copy_from_slice(at_hand);
            Fetched { bytes: at_hand.len(), late: false }
        }
        None => machine.read(address, into)?,
    };
    if fetched.bytes < into.len() {
        return Err("not mapped");
    }
    Ok(Raw { bits: fit(u64::from_le_bytes(bytes), width), late: fetched.late })
}

/// The named part of a register.
fn part(register: Register, machine: &impl Machine) -> Result<u64, &'static str> {
    let whole = machine.register(register.name).ok_or(match register.name {
        RegisterName::Vector(_) => "in a vector register",
        _ => "in a register that isn't known",
    })?;
    let width = Width { bytes: register.bytes, sort: Sort::Unsigned };
    Ok(fit(whole.checked_shr(u32::from(register.shift)).unwrap_or(0), width))
}

/// The named part of a register, with its sign: the note may call it wider than its part of the register is.
fn extended(register: Register, sort: Sort, machine: &impl Machine) -> Result<u64, &'static str> {
    Ok(fit(part(register, machine)?, Width { bytes: register.bytes, sort }))
}

/// Cuts bits to a width, and extends them with their sign or with zeros.
fn fit(bits: u64, width: Width) -> u64 {
    let unused = 64_u32.saturating_sub(u32::from(width.bytes) * 8);
    if unused == 64 {
        return 0;
    }
    match width.sort {
        Sort::Signed => (bits.cast_signed() << unused >> unused).cast_unsigned(),
        Sort::Unsigned | Sort::Float => bits << unused >> unused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// rax holds a pattern, rsp 0x1000, rcx 2; memory is at 0x1000, 16 bytes.
    struct Fake;

    impl Memory for Fake {
        fn read(&self, address: u64, into: &mut [u8]) -> Result<Fetched, &'static str> {
            let memory: [u8; 16] = *b"\xFF\xFE\xFD\xFC\xFB\xFA\xF9\xF8\x01\x02\x03\x04\x05\x06\x07\x08";
            let start = usize::try_from(address.wrapping_sub(0x1000)).unwrap();
            let rest = memory.get(start..).filter(|rest| !rest.is_empty()).ok_or("not mapped")?;
            let bytes = rest.len().min(into.len());
            into[..bytes].copy_from_slice(&rest[..bytes]);
            Ok(Fetched { bytes, late: true })
        }
    }

    impl Machine for Fake {
        fn register(&self, name: RegisterName) -> Option<u64> {
            match name {
                RegisterName::General(0) => Some(0xF1F2_F3F4_F5F6_F7F8),
                RegisterName::General(1) => Some(2),
                RegisterName::General(4) => Some(0x1000),
                _ => None,
            }
        }
    }

    fn general(number: u8, shift: u8, bytes: u8) -> Register {
        Register { name: RegisterName::General(number), shift, bytes }
    }

    fn value(bytes: u8, sort: Sort, place: Place) -> Result<u64, &'static str> {
        evaluate(&Operand { width: Width { bytes, sort }, place }, &Fake, None).map(|raw| raw.bits)
    }

    fn stack(displacement: i64, index: Option<(Register, u8)>) -> Place {
        Place::Memory(Address { base: Base::Register(general(4, 0, 8)), index, displacement })
    }

    #[test]
    fn parts_of_registers_keep_their_sign() {
        use Sort::*;
        let register = |number, shift, bytes| Place::Register(general(number, shift, bytes));
        assert_eq!(value(8, Unsigned, register(0, 0, 8)), Ok(0xF1F2_F3F4_F5F6_F7F8));
        assert_eq!(value(4, Unsigned, register(0, 0, 4)), Ok(0xF5F6_F7F8));
        assert_eq!(value(4, Signed, register(0, 0, 4)), Ok(0xFFFF_FFFF_F5F6_F7F8));
        assert_eq!(value(1, Unsigned, register(0, 8, 1)), Ok(0xF7));
        // A note that calls a part wider than it is, and one that calls it narrower.
        assert_eq!(value(8, Signed, register(0, 0, 4)), Ok(0xFFFF_FFFF_F5F6_F7F8));
        assert_eq!(value(8, Unsigned, register(0, 0, 4)), Ok(0xF5F6_F7F8));
        assert_eq!(value(1, Unsigned, register(0, 0, 8)), Ok(0xF8));
        assert_eq!(value(8, Unsigned, register(9, 0, 8)), Err("in a register that isn't known"));
        let vector = Register { name: RegisterName::Vector(0), shift: 0, bytes: 8 };
        assert_eq!(value(8, Float, Place::Register(vector)), Err("in a vector register"));
    }

    #[test]
    fn constants_and_memory() {
        use Sort::*;
        assert_eq!(value(4, Signed, Place::Constant(-1)), Ok(u64::MAX));
        assert_eq!(value(4, Unsigned, Place::Constant(-1)), Ok(0xFFFF_FFFF));
        assert_eq!(value(2, Unsigned, stack(0, None)), Ok(0xFEFF));
        assert_eq!(value(2, Signed, stack(0, None)), Ok(0xFFFF_FFFF_FFFF_FEFF));
        assert_eq!(value(4, Unsigned, stack(-4, Some((general(1, 0, 8), 8)))), Ok(0x0807_0605));
        assert_eq!(value(8, Unsigned, stack(12, None)), Err("not mapped"));
        assert_eq!(value(8, Unsigned, stack(99, None)), Err("not mapped"));
        assert_eq!(value(9, Unsigned, stack(0, None)), Err("wider than a register"));
        let place = stack(0, None);
        let read = evaluate(&Operand { width: Width { bytes: 1, sort: Unsigned }, place }, &Fake, None);
        assert!(read.unwrap().late);
    }

    #[test]
    fn what_is_counted_from_the_program_needs_to_know_where_that_is() {
        let place = Place::Memory(Address { base: Base::Program, index: None, displacement: 0x10 });
        let operand = Operand { width: Width { bytes: 1, sort: Sort::Unsigned }, place };
        assert_eq!(evaluate(&operand, &Fake, Some(0xFF8)).map(|raw| raw.bits), Ok(1));
        assert_eq!(evaluate(&operand, &Fake, None), Err("in a file that was moved, nobody knows how far"));
    }
}
