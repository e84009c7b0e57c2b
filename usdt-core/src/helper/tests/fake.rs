//! A kernel that does what the real ones do with a request, and reads it as they would.
//!
//! # Safety
//!
//! `unsafe` is here to read a DOF as a kernel does: at the address that the request gives.
#![allow(unsafe_code)]

use std::collections::VecDeque;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::helper::device::errno::{EINVAL, ENOENT};
use crate::helper::{Argument, Device, DofMemory, Helper, Registration, Request, System};

/// The bytes of every DOF here: what is in the memory that a request names must be these.
pub(super) const DOF: &[u8] = b"\x7fDOF, but for the rest of it";

/// What is to happen at the next call instead of success.
#[derive(Clone, Copy, Debug)]
pub(super) enum Next {
    Fail(i32),
    /// Success, with this in the place of the generation.
    Generation(i64),
    /// Success, and nothing else.
    Nothing,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) opened: usize,
    pub(super) closed: usize,
    /// The generation that the next DOF gets.
    pub(super) generation: i32,
    /// Those that the kernel has: generation and address.
    pub(super) registered: Vec<(i32, u64)>,
    pub(super) adds: usize,
    pub(super) removes: usize,
    pub(super) next_opens: VecDeque<i32>,
    pub(super) next_calls: VecDeque<Next>,
}

#[derive(Debug)]
pub(super) struct Fake {
    system: System,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
pub(super) struct Open(Arc<Mutex<State>>);

impl Drop for Open {
    fn drop(&mut self) {
        lock(&self.0).closed += 1;
    }
}

/// A test that fails while it looks at the state must not hang where it drops its registrations.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A helper, and the kernel behind it.
pub(super) struct World {
    pub(super) helper: Helper<Fake>,
    state: Arc<Mutex<State>>,
}

impl World {
    pub(super) fn new(system: System) -> World {
        let state = Arc::new(Mutex::new(State::default()));
        World { helper: Helper::new(Fake { system, state: Arc::clone(&state) }), state }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// How often the kernel was asked to register and to unregister, and how many DOFs it has.
    pub(super) fn counts(&self) -> [usize; 3] {
        let state = self.state();
        [state.adds, state.removes, state.registered.len()]
    }

    pub(super) fn calls(&self, next: impl IntoIterator<Item = Next>) {
        self.state().next_calls.extend(next);
    }

    pub(super) fn registration(&self) -> Registration<'_, Fake> {
        let mut dof = DofMemory::reserve("orders", DOF.len());
        dof.bytes_mut().copy_from_slice(DOF);
        // SAFETY: this kernel writes to no instructions.
        unsafe { Registration::new(&self.helper, dof) }
    }

    /// One that is registered.
    pub(super) fn registered(&self) -> Registration<'_, Fake> {
        let mut registration = self.registration();
        assert!(registration.register().is_registered(), "{}", registration.status());
        registration
    }
}

impl Device for Fake {
    type Open = Open;

    fn system(&self) -> Option<System> {
        Some(self.system)
    }

    fn open(&self) -> Result<Open, i32> {
        let mut state = lock(&self.state);
        if let Some(errno) = state.next_opens.pop_front() {
            return Err(errno);
        }
        state.opened += 1;
        Ok(Open(Arc::clone(&self.state)))
    }

    unsafe fn ioctl(&self, _: &Open, request: &mut Request) -> Result<i32, i32> {
        let mut state = lock(&self.state);
        let next = state.next_calls.pop_front();
        let failure = match next {
            Some(Next::Fail(errno)) => Some(errno),
            _ => None,
        };
        match (self.system, request.number) {
            (System::Illumos, 0x6474_6803)
            | (System::FreeBsd, 0xc058_7a03)
            | (System::MacOs, 0x8008_6804) => {
                state.adds += 1;
                let address = check(self.system, request);
                if let Some(errno) = failure {
                    // A kernel that stops half-way may have written here.
                    spoil(request);
                    return Err(errno);
                }
                let generation = match next {
                    Some(Next::Generation(generation)) => generation,
                    Some(Next::Nothing) => return Ok(0),
                    _ => i64::from(add(self.system, &mut state, address)),
                };
                Ok(answer(self.system, request, generation))
            }
            (System::Illumos, 0x6474_6802)
            | (System::FreeBsd, 0x8004_7a02)
            | (System::MacOs, 0x2000_6802) => {
                state.removes += 1;
                let generation = match (self.system, &request.argument) {
                    (System::Illumos | System::MacOs, Argument::Number(generation)) => *generation,
                    (System::FreeBsd, Argument::Structure(bytes)) => i32::from_le_bytes(word(bytes, 0)),
                    (_, other) => panic!("{other:?}"),
                };
                if let Some(errno) = failure {
                    return Err(errno);
                }
                let place =
                    state.registered.iter().position(|&(other, _)| other == generation).ok_or(EINVAL)?;
                state.registered.remove(place);
                Ok(0)
            }
            _ => Err(ENOENT),
        }
    }
}

/// Registers: without a word not at all, if there is no room or if the address is known.
fn add(system: System, state: &mut State, address: u64) -> i32 {
    let limit = if system == System::MacOs { 64 } else { 32 };
    let generation = state.generation;
    state.generation += 1;
    if state.registered.len() < limit && !state.registered.iter().any(|&(_, other)| other == address) {
        state.registered.push((generation, address));
    }
    generation
}

/// What a kernel looks at before it registers. Gives the address.
fn check(system: System, request: &Request) -> u64 {
    let helper = match (system, &request.argument) {
        (System::Illumos | System::FreeBsd, Argument::Structure(bytes)) => bytes.as_slice(),
        (System::MacOs, Argument::Pointer(bytes)) => {
            assert_eq!(u64::from_le_bytes(word(bytes, 0)), 1);
            &bytes[8..]
        }
        (_, other) => panic!("{other:?}"),
    };
    assert!(helper.starts_with(b"orders\0"));
    let (address, dof) = (u64::from_le_bytes(word(helper, 64)), u64::from_le_bytes(word(helper, 72)));
    assert_eq!(address, dof);
    assert_eq!(read(dof), DOF);
    if system == System::FreeBsd {
        assert_eq!(u32::from_le_bytes(word(helper, 80)), std::process::id());
    }
    address
}

/// The memory at an address that a request has given.
pub(super) fn read(address: u64) -> Vec<u8> {
    let pointer = ptr::with_exposed_provenance::<u8>(address.try_into().unwrap());
    // SAFETY: this is what the tests test: that the memory is there. So many bytes were reserved, and nobody writes to them.
    unsafe { std::slice::from_raw_parts(pointer, DOF.len()) }.to_vec()
}

fn answer(system: System, request: &mut Request, generation: i64) -> i32 {
    match (system, &mut request.argument) {
        (System::Illumos, _) => return i32::try_from(generation).unwrap(),
        (System::FreeBsd, Argument::Structure(bytes)) => {
            // It leaves an address of its own where the DOF's was.
            bytes[72..80].copy_from_slice(&0xffff_f800_0000_1000_u64.to_le_bytes());
            bytes[84..88].copy_from_slice(&i32::try_from(generation).unwrap().to_le_bytes());
        }
        (System::MacOs, Argument::Pointer(bytes)) => bytes[80..88].copy_from_slice(&generation.to_le_bytes()),
        (_, other) => panic!("{other:?}"),
    }
    0
}

fn spoil(request: &mut Request) {
    match &mut request.argument {
        Argument::Number(_) => {}
        Argument::Structure(bytes) | Argument::Pointer(bytes) => bytes.fill(0xaa),
    }
}

fn word<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().unwrap()
}
