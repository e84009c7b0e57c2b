//! Attaches to probes through the kernel: uprobes, by `perf_event_open`.
//!
//! A firing's way: a trap at the nop → the kernel writes a sample into the ring of its processor (`rings`) → `sample` takes
//! the bytes apart → `firing` finds values in registers, stack and memory → `session` gives them in the order of time. What
//! the kernel copies is decided once for each site (`plan`); `uprobe` opens the events that see every process, `isolated`
//! those of one process. When this process ends, however it does, the kernel closes them and lowers the semaphores.

mod counts;
mod definition;
mod error;
mod firing;
mod isolated;
mod kernel;
mod plan;
mod process_memory;
mod registers;
mod rings;
pub mod sample;
mod session;
mod tracefs;
mod uprobe;

pub use counts::Counts;
pub use error::AttachError;
pub use session::Session;

/// How much is read with each firing, and kept until it is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes of the stack that are copied with each firing of a probe which has text or operands in memory; `None` chooses.
    pub stack: Option<u16>,
    /// Bytes of the buffer of each processor; rounded up to a power of two of pages.
    pub buffer: usize,
    /// The most bytes of a text that are read.
    pub text: usize,
    /// The names of arguments that are read as text, where a note doesn't say what they are.
    pub texts: Vec<String>,
    /// Whether the frames of the program are read too ([`Event::stack`](crate::Event::stack)), as far as frame pointers lead.
    pub frames: bool,
}

/// Whose firings are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Those of every process that has the file mapped, now or later.
    Everywhere,
    /// Those of one process, with all its threads, now or later, and also after it has called `exec`; not those of processes
    /// that it forks. The probe is enabled in that process alone. (A child's memory begins as a copy: its semaphores are up
    /// until it fires.)
    ///
    /// That needs Linux 5.13, tracefs, and a process that holds still: where there is no tracefs to be had, where its threads,
    /// times processors, times sites are more than half of the files that may be open, or where it starts new threads all the
    /// time, the probe is enabled in every process that has the file mapped, and what others fire is left out here.
    Process(u32),
}

impl Scope {
    /// The only process that is wanted, which must be there.
    fn process(self) -> Result<Option<u32>, AttachError> {
        match self {
            Scope::Everywhere => Ok(None),
            Scope::Process(pid) if std::path::Path::new(&format!("/proc/{pid}")).exists() => Ok(Some(pid)),
            Scope::Process(pid) => Err(AttachError::NoSuchProcess(pid)),
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options { stack: None, buffer: 8 << 20, text: 4096, texts: Vec::new(), frames: false }
    }
}
