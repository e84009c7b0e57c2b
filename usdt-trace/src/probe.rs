//! Probes as they are found in files: what they are called, what they carry, where they are.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use usdt_core::model::{Architecture, ArgType};
use usdt_core::stapsdt::operand::{Operand, OperandError, Width};

/// A probe of a file: all its sites together.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The file that it is in.
    pub object: Arc<Object>,
    /// The provider's name.
    pub provider: String,
    /// The name as its note spells it, with `__` where DTrace shows `-`.
    pub name: String,
    /// The first paragraph of what its author wrote about it; empty if nothing is known.
    pub doc: String,
    /// What each firing carries: from the describing note where there is one, else one for each operand.
    pub args: Vec<Arg>,
    /// Where it fires, in the order of the notes; empty only if a recorder told of it, which doesn't know.
    pub sites: Vec<Site>,
}

/// One value that a firing carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    /// Its name; `arg0`, `arg1`, … where nothing is known.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its type as the source has it (`u64`, `&str`), or as the operand tells it (`i32`).
    pub spelling: String,
}

/// What an argument is, and so how many operands it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What a describing note says.
    Described(ArgType),
    /// All that is known is the operand: an integer, an address or a float.
    Operand(Width),
}

impl Kind {
    /// How many operands it takes.
    pub fn operands(self) -> usize {
        match self {
            Kind::Described(ty) => ty.operands_of_64_bits().len(),
            Kind::Operand(_) => 1,
        }
    }
}

/// A place in the code where a probe fires.
#[derive(Clone, Debug)]
pub struct Site {
    /// The address of the nop, as the file was linked (moved with `.stapsdt.base`, if a tool moved sections afterwards).
    pub address: u64,
    /// Where the nop is in the file, in bytes; `None` if no segment holds it.
    pub offset: Option<u64>,
    /// The word that a tracer raises; `None` where the probe has none.
    pub semaphore: Option<Semaphore>,
    /// Where the values are; an error for one that can't be read.
    pub operands: Vec<Result<Operand, OperandError>>,
    /// The operands as the note has them.
    pub text: String,
}

/// The `u16` that says how many tracers watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Semaphore {
    /// Its address, as the file was linked.
    pub address: u64,
    /// Where it is in the file, in bytes; `None` if no segment holds it.
    pub offset: Option<u64>,
}

/// A file with probes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// As people know it: the path in its own mount namespace; `/memfd:name (deleted)` where there is none.
    pub path: PathBuf,
    /// A path by which this process can open it now: `/proc/PID/root/…`, `/proc/PID/map_files/…`, or `path` itself.
    pub open: PathBuf,
    /// The device and inode, which tell files apart.
    pub identity: (u64, u64),
    /// What its code is for.
    pub architecture: Architecture,
    /// The build id, if it has one.
    pub build_id: Vec<u8>,
}

impl Probe {
    /// `provider:name`, as tracers write it.
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.provider, self.name)
    }
}

/// The signature: `orders:request_start(id: u64, path: str)`.
impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}(", self.provider, self.name)?;
        for (i, arg) in self.args.iter().enumerate() {
            let gap = if i == 0 { "" } else { ", " };
            write!(f, "{gap}{}: {}", arg.name, arg.spelling.trim_start_matches('&'))?;
        }
        f.write_str(")")
    }
}
