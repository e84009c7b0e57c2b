//! What goes to a kernel in one `ioctl`, and what comes back.

use super::DofMemory;

/// One call of `ioctl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is to be done.
    pub number: u32,
    /// What it is to be done with.
    pub argument: Argument,
}

/// The third parameter of an `ioctl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// This number itself.
    Number(i32),
    /// The address of these bytes.
    Structure(Vec<u8>),
    /// The address of a word that holds the address of these bytes.
    Pointer(Vec<u8>),
}

impl Request {
    /// The bytes that the kernel reads and may have written to.
    pub(super) fn structure(&self) -> &[u8] {
        match &self.argument {
            Argument::Number(_) => &[],
            Argument::Structure(bytes) | Argument::Pointer(bytes) => bytes,
        }
    }
}

/// The size of a module's name with its NUL, in bytes.
const MODULE: usize = 64;

/// Where `dofhp_dof` is in a `dof_helper_t`, in bytes.
pub(super) const DOF: usize = MODULE + 8;

/// The part of `dof_helper_t` that all systems have: `dofhp_mod`, `dofhp_addr`, `dofhp_dof`.
///
/// A name that is too long is cut, as the systems' own start-up code does.
pub(super) fn helper(dof: &DofMemory) -> Vec<u8> {
    let name = dof.module().split('\0').next().unwrap_or_default();
    let mut end = name.len().min(MODULE - 1);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let mut bytes = name.as_bytes()[..end].to_vec();
    bytes.resize(MODULE, 0);
    bytes.extend(dof.address().to_le_bytes());
    bytes.extend(dof.address().to_le_bytes());
    bytes
}

/// What a kernel said when it reported success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The number under which it has the DOF. 0 is one.
    Generation(i32),
    /// It hasn't looked at the request.
    Ignored,
    /// A number that no kernel gives.
    Nonsense(i64),
}

impl Answer {
    /// From the field of a structure that holds it.
    pub(super) fn read<const N: usize>(
        structure: &[u8],
        field: usize,
        number: impl Fn([u8; N]) -> i64,
    ) -> Answer {
        let bytes = structure.get(field..).and_then(|rest| rest.first_chunk());
        Answer::of(bytes.map_or(-1, |bytes| number(*bytes)))
    }

    pub(super) fn of(number: i64) -> Answer {
        match i32::try_from(number) {
            Ok(generation) if generation >= 0 => Answer::Generation(generation),
            _ => Answer::Nonsense(number),
        }
    }
}
