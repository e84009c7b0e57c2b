//! Where a provider's image is, and what stood in the way.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::dof::EncodeError;
use crate::helper;

/// Where tracers find a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// In a file: a tracer that attaches by this path sees every process of this user that defines the same.
    Visible {
        /// The file.
        path: PathBuf,
    },
    /// In memory: a tracer has to attach by process id, and some can't even then.
    InMemory {
        /// Why there is no file.
        why: Refusal,
    },
    /// With the kernel of a system that has DTrace.
    Registered {
        /// What the kernel said.
        status: helper::Status,
    },
    /// Nowhere: the probe never fires.
    Unavailable {
        /// Why.
        why: Refusal,
    },
}

/// What the system refused. Its `Display` says what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// This build has no probes: its target has none, or it was built with `--cfg usdt_probes_off`.
    Unsupported,
    /// A directory or a file that others could have prepared, or could change.
    Insecure {
        /// The directory or file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The process may not write files of this size (`ulimit -f`), and would be killed if it tried.
    FileSize {
        /// The limit in bytes.
        limit: u64,
        /// The size of the image in bytes.
        size: u64,
    },
    /// The system refused a step.
    System {
        /// What was to be done.
        step: Step,
        /// The directory or file; `None` for memory.
        path: Option<PathBuf>,
        /// The system's number for the error, as in [`io::Error::raw_os_error`].
        errno: i32,
    },
    /// A kernel with DTrace refused the provider.
    Kernel(helper::Refusal),
    /// A kernel with DTrace would drop a probe without a word, or all of them.
    Dof(EncodeError),
    /// So many probes are defined already, in all providers together, and there are no stubs for more.
    NoStubs {
        /// How many there can be.
        limit: usize,
    },
    /// One place after the other.
    Several(Vec<Refusal>),
}

/// What was to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Making or opening the directory.
    Directory,
    /// Writing the image.
    Write,
    /// Reading the image back.
    Read,
    /// Locking the image, so that nobody collects it.
    Lock,
    /// Making a file in memory.
    Memory,
    /// Mapping the image with its code executable.
    Map,
}

impl Step {
    const fn words(self) -> &'static str {
        match self {
            Step::Directory => "make or open the directory of images",
            Step::Write => "write the image",
            Step::Read => "read the image back",
            Step::Lock => "lock the image",
            Step::Memory => "make a file in memory",
            Step::Map => "map the image",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Unsupported => f.write_str(
                "this build has no probes: Linux and macOS on x86_64 and aarch64, illumos and FreeBSD on x86_64 have them, without `--cfg usdt_probes_off`",
            ),
            Refusal::Insecure { path, problem } => {
                write!(
                    f,
                    "{}: {problem}; set USDT_PROBES_DIR to a directory that is yours alone (mode 0700)",
                    path.display()
                )
            }
            Refusal::FileSize { limit, size } => {
                write!(f, "files may have {limit} bytes, the image has {size}: raise `ulimit -f`")
            }
            Refusal::System { step, path, errno } => {
                write!(f, "can't {}", step.words())?;
                if let Some(path) = path {
                    write!(f, " {}", path.display())?;
                }
                let error = io::Error::from_raw_os_error(*errno);
                write!(f, ": {error}; {}", advice(*step, &error))
            }
            Refusal::Kernel(refusal) => refusal.fmt(f),
            Refusal::Dof(error) => error.fmt(f),
            Refusal::NoStubs { limit } => write!(
                f,
                "{limit} probes are defined, and there can be no more at a time: drop providers that are not needed, or define fewer probes"
            ),
            Refusal::Several(refusals) => {
                for (i, refusal) in refusals.iter().enumerate() {
                    let gap = if i == 0 { "" } else { "; then " };
                    write!(f, "{gap}{refusal}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// What a person can do about it.
fn advice(step: Step, error: &io::Error) -> &'static str {
    use io::ErrorKind::*;
    /// Too many open files, of the process and of the system; they have no kind of their own.
    const EMFILE: i32 = 24;
    const ENFILE: i32 = 23;
    match (step, error.kind()) {
        _ if matches!(error.raw_os_error(), Some(EMFILE | ENFILE)) => {
            "raise the limit of open files (`ulimit -n`)"
        }
        (Step::Map, PermissionDenied) => {
            "its file system is mounted noexec, or a security policy forbids executable mappings: set USDT_PROBES_DIR to a directory where they are allowed"
        }
        (Step::Map | Step::Memory, OutOfMemory) => {
            "raise the limit of the address space (`ulimit -v`, the memory of the control group) or of mappings (vm.max_map_count)"
        }
        (_, StorageFull | QuotaExceeded) => "free some space, or set USDT_PROBES_DIR to another directory",
        (
            Step::Directory | Step::Write | Step::Read,
            ReadOnlyFilesystem | PermissionDenied | NotFound | NotADirectory,
        ) => "set USDT_PROBES_DIR to a directory that this user may write to",
        _ => "a security policy (seccomp, SELinux, AppArmor) may forbid it",
    }
}
