//! What a recorder takes of memory.

use anyhow::{Context as _, Result};

use super::program::Program;

/// How many firings are kept, and the bytes of each.
pub(super) type Options = (usize, usize);

/// The first is the default.
pub(super) const OPTIONS: [Options; 4] = [(4096, 256), (4096, 64), (1000, 256), (65_536, 128)];

/// KiB that a recorder takes.
pub(super) struct Memory {
    pub(super) options: Options,
    /// Of the address space.
    pub(super) mapped: u64,
    /// Of memory when it was started.
    pub(super) started: u64,
    /// Of memory when the ring was full.
    pub(super) full: u64,
}

impl Memory {
    pub(super) fn measure(program: &Program, options: Options) -> Result<Self> {
        let said = program.ask(&["memory", &options.0.to_string(), &options.1.to_string()])?;
        let numbers: Vec<u64> = said.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let (mapped, started, full) = match numbers[..] {
            [mapped, started, full] => (mapped, started, full),
            _ => None.with_context(|| format!("the program said {said:?}"))?,
        };
        Ok(Self { options, mapped, started, full })
    }
}
