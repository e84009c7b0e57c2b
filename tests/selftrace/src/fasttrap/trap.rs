//! Enabling a probe, and what happens when an instruction is run that was patched: what `fasttrap_pid_probe` does.
//!
//! # Safety
//!
//! `unsafe` is here to patch the program's own instructions.
#![allow(unsafe_code)]

use std::fmt;
use std::sync::Mutex;

use super::kernel;
use super::tracepoint::{Kind, Name, Tracepoint};
use crate::registers::{BREAKPOINT, Registers};
use crate::{code, memory};

/// A firing, as a tracer shows it.
pub(crate) struct Hit {
    pub(crate) probe: Name,
    types: Vec<String>,
    values: Vec<String>,
}

/// A tracepoint that is installed, and the bytes that it replaced.
type Installed = (Tracepoint, [u8; BREAKPOINT.len()]);

static INSTALLED: Mutex<Vec<Installed>> = Mutex::new(Vec::new());
static HITS: Mutex<Vec<Hit>> = Mutex::new(Vec::new());

/// Patches every instruction of a probe.
pub(crate) fn enable(tracepoints: &[Tracepoint], probe: &Name) {
    let mut installed = INSTALLED.lock().expect("tracepoints");
    for tracepoint in tracepoints.iter().filter(|tracepoint| tracepoint.probe == *probe) {
        // SAFETY: the program has one thread that fires, which is here; the handler knows what to do at a breakpoint.
        let before = unsafe {
            let before = code::at(tracepoint.pc);
            code::replace(tracepoint.pc, &before, BREAKPOINT);
            before
        };
        installed.push((tracepoint.clone(), before));
    }
}

/// Puts every instruction back.
pub(crate) fn disable() {
    for (tracepoint, before) in INSTALLED.lock().expect("tracepoints").drain(..) {
        // SAFETY: as above; these are the program's own instructions.
        unsafe { code::replace(tracepoint.pc, BREAKPOINT, &before) };
    }
}

/// Everything that was hit since the last call.
pub(crate) fn take() -> Vec<Hit> {
    std::mem::take(&mut *HITS.lock().expect("hits"))
}

/// At an is-enabled site the result is 1. At a site the arguments are read. Both times the program goes on behind the
/// instruction.
pub(crate) fn trapped(registers: &mut Registers) {
    let pc = registers.step_over_breakpoint() as usize;
    let installed = INSTALLED.lock().expect("tracepoints");
    let (tracepoint, _) = installed.iter().find(|(tracepoint, _)| tracepoint.pc == pc).expect("a tracepoint");
    match tracepoint.kind {
        Kind::EnabledSite => registers.set_result(1),
        Kind::Site => HITS.lock().expect("hits").push(Hit::read(tracepoint, registers)),
    }
}

impl Hit {
    fn read(tracepoint: &Tracepoint, registers: &Registers) -> Hit {
        let by_convention = kernel::running().by_convention;
        let arguments: Vec<u64> = (0..tracepoint.types.len())
            .map(|n| if by_convention { registers.c_argument(n) } else { registers.probe_argument(n) })
            .collect();
        let value = |(i, ty): (usize, &String)| match ty.as_str() {
            "char *" | "uint8_t *" if arguments[i] == 0 => "0".to_owned(),
            "char *" => memory::shown(&memory::text(arguments[i])),
            "uint8_t *" => memory::shown(&memory::bytes(arguments[i], arguments[i + 1])),
            ty => memory::sized(size(ty), arguments[i]),
        };
        Hit {
            probe: tracepoint.probe.clone(),
            types: tracepoint.types.clone(),
            values: tracepoint.types.iter().enumerate().map(value).collect(),
        }
    }
}

/// The size of a type in bytes, negative where it is signed.
fn size(ty: &str) -> i8 {
    match ty {
        "uint8_t" => 1,
        "int8_t" => -1,
        "uint16_t" => 2,
        "int16_t" => -2,
        "uint32_t" => 4,
        "int32_t" => -4,
        "uint64_t" => 8,
        "int64_t" => -8,
        _ => panic!("a probe has an argument of type {ty}"),
    }
}

impl fmt::Display for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Name { provider, function, name, .. } = &self.probe;
        write!(f, "{provider}:{function}:{name}({})", self.types.join(", "))?;
        self.values.iter().try_for_each(|value| write!(f, " {value}"))
    }
}
