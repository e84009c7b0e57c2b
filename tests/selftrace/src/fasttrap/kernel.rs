//! What an `ioctl` of the helper device does, on each system.
//!
//! # Safety
//!
//! `unsafe` is here to read a DOF as a kernel does: at the address that the request gives.
#![allow(unsafe_code)]

use std::slice;
use std::sync::{Mutex, OnceLock};

use usdt_core::dof::{self, Flavour};
use usdt_core::helper::{Argument, Request, System};

/// A DOF that the kernel has.
#[derive(Clone)]
pub(crate) struct Dof {
    pub(crate) generation: i32,
    pub(crate) module: String,
    /// `dofhp_addr`.
    pub(crate) address: u64,
    pub(crate) dof: dof::Dof,
}

/// Whose kernel it is, and what it does with arguments.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Kernel {
    pub(crate) system: System,
    /// Whether it reads all arguments where the C convention has them, whatever the real one does.
    pub(crate) by_convention: bool,
}

static KERNEL: OnceLock<Kernel> = OnceLock::new();
static DOFS: Mutex<Vec<Dof>> = Mutex::new(Vec::new());
static GENERATION: Mutex<i32> = Mutex::new(0);

const EINVAL: i32 = 22;

impl Kernel {
    /// The kernel with this name.
    pub(crate) fn named(name: &str) -> (Kernel, System) {
        let (system, by_convention) = match name {
            "illumos" => (System::Illumos, false),
            "freebsd" => (System::FreeBsd, false),
            "macos" => (System::MacOs, false),
            "macos-abi" => (System::MacOs, true),
            _ => panic!("usage: selftrace illumos|freebsd|macos|macos-abi [LIBRARY]"),
        };
        (Kernel { system, by_convention }, system)
    }
}

/// From now on this is the kernel.
pub(crate) fn start(kernel: Kernel) {
    assert!(KERNEL.set(kernel).is_ok(), "there is one kernel");
}

/// The kernel.
pub(crate) fn running() -> Kernel {
    *KERNEL.get().expect("it was started")
}

/// The DOFs that it has.
pub(crate) fn dofs() -> Vec<Dof> {
    DOFS.lock().expect("DOFs").clone()
}

/// Registers and unregisters.
pub(crate) fn ioctl(request: &mut Request) -> Result<i32, i32> {
    match (running().system, request.number) {
        (System::Illumos, 0x6474_6803) => {
            let Argument::Structure(helper) = &request.argument else { return Err(EINVAL) };
            add(helper)
        }
        (System::FreeBsd, 0xc058_7a03) => {
            let Argument::Structure(helper) = &mut request.argument else { return Err(EINVAL) };
            assert_eq!(helper[80..84], std::process::id().to_le_bytes());
            let generation = add(helper)?;
            helper[84..88].copy_from_slice(&generation.to_le_bytes());
            Ok(0)
        }
        (System::MacOs, 0x8008_6804) => {
            let Argument::Pointer(list) = &mut request.argument else { return Err(EINVAL) };
            assert_eq!(list[..8], 1_u64.to_le_bytes());
            let generation = add(&list[8..])?;
            list[80..88].copy_from_slice(&i64::from(generation).to_le_bytes());
            Ok(0)
        }
        (System::Illumos, 0x6474_6802) | (System::MacOs, 0x2000_6802) => match request.argument {
            Argument::Number(generation) => remove(generation),
            _ => Err(EINVAL),
        },
        (System::FreeBsd, 0x8004_7a02) => match &request.argument {
            Argument::Structure(bytes) => remove(i32::from_le_bytes(word(bytes, 0))),
            _ => Err(EINVAL),
        },
        _ => Err(EINVAL),
    }
}

/// `dof_helper_t`: the module's name, two addresses.
fn add(helper: &[u8]) -> Result<i32, i32> {
    let module = helper[..64].split(|&byte| byte == 0).next().unwrap_or_default();
    let (address, at) = (u64::from_le_bytes(word(helper, 64)), u64::from_le_bytes(word(helper, 72)));
    let dof = dof::decode(&memory(at)).map_err(|_| EINVAL)?;
    assert_eq!(dof.version, running().system.version());
    let mut next = GENERATION.lock().expect("generation");
    let generation = *next;
    *next += 1;
    let module = String::from_utf8_lossy(module).into_owned();
    DOFS.lock().expect("DOFs").push(Dof { generation, module, address, dof });
    Ok(generation)
}

fn remove(generation: i32) -> Result<i32, i32> {
    let mut dofs = DOFS.lock().expect("DOFs");
    let place = dofs.iter().position(|dof| dof.generation == generation).ok_or(EINVAL)?;
    dofs.remove(place);
    Ok(0)
}

/// The DOF at an address: so many bytes as its header says.
fn memory(address: u64) -> Vec<u8> {
    const HEADER: usize = 64;
    // SAFETY: what a request names is a whole DOF, which begins with a header.
    let header = unsafe { slice::from_raw_parts(address as *const u8, HEADER) };
    let length = u64::from_le_bytes(word(header, 48));
    // SAFETY: as above, and the header says how long it is.
    unsafe { slice::from_raw_parts(address as *const u8, length as usize) }.to_vec()
}

fn word<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("it is in there")
}

/// What the system's kernel adds to the address of a site, and to that of an is-enabled site.
pub(crate) fn added(system: System) -> [i64; 2] {
    match system {
        Flavour::MacOs if cfg!(target_arch = "x86_64") => [-1, 2],
        _ => [0, 0],
    }
}
