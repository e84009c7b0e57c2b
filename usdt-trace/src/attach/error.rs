//! Why a probe could not be watched.

use std::fmt;
use std::io;

/// Why a probe could not be watched. Its `Display` says what helps.
#[derive(Debug)]
#[non_exhaustive]
pub enum AttachError {
    /// The kernel doesn't let this user.
    NotPermitted {
        /// What `/proc/sys/kernel/perf_event_paranoid` says.
        paranoid: Option<i32>,
    },
    /// The kernel was built without uprobes for `perf_event_open`.
    NoUprobes,
    /// There is no process with this id, or it has ended.
    NoSuchProcess(u32),
    /// More files would have to be open than this process, or the system, may have.
    TooManyFiles {
        /// The limit of this process.
        limit: u64,
    },
    /// The file is for another architecture than this machine's.
    OtherArchitecture,
    /// A site is in no part of the file that is loaded, or its semaphore is not.
    NotInFile {
        /// The probe and its site.
        site: String,
    },
    /// The kernel refused a site.
    Kernel {
        /// The probe and its site.
        site: String,
        /// What it said.
        error: io::Error,
    },
    /// The kernel refused something else.
    Io {
        /// What was to be done.
        doing: &'static str,
        /// What it said.
        error: io::Error,
    },
}

impl AttachError {
    /// What an error of the kernel's means, for whatever it was said.
    pub(super) fn of_everything(error: &io::Error) -> Option<AttachError> {
        use rustix::io::Errno;
        match Errno::from_io_error(error)? {
            Errno::ACCESS | Errno::PERM => {
                Some(AttachError::NotPermitted { paranoid: super::kernel::paranoid() })
            }
            Errno::MFILE | Errno::NFILE => {
                Some(AttachError::TooManyFiles { limit: super::kernel::file_limit() })
            }
            _ => None,
        }
    }

    pub(super) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> AttachError {
        move |error| AttachError::of_everything(&error).unwrap_or(AttachError::Io { doing, error })
    }
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttachError::NotPermitted { paranoid } => {
                f.write_str(
                    "not permitted: run it as root, or with the capabilities CAP_SYS_ADMIN (before Linux 6.16 CAP_PERFMON is enough) \
                     and CAP_SYS_PTRACE",
                )?;
                match paranoid {
                    Some(level) => write!(f, " (kernel.perf_event_paranoid is {level})"),
                    None => Ok(()),
                }
            }
            AttachError::NoUprobes => f.write_str(
                "this kernel has no uprobes for perf_event_open: it wants CONFIG_UPROBE_EVENTS and a /sys that is mounted",
            ),
            AttachError::NoSuchProcess(pid) => write!(f, "there is no process {pid}"),
            AttachError::TooManyFiles { limit } => {
                write!(f, "too many open files (at most {limit}): raise the limit with `ulimit -n`, or watch fewer probes")
            }
            AttachError::OtherArchitecture => f.write_str("the file is for another architecture than this machine's"),
            AttachError::NotInFile { site } => write!(f, "{site}: its address is in no part of the file that is loaded"),
            AttachError::Kernel { site, error } => write!(f, "{site}: the kernel refuses it: {error}"),
            AttachError::Io { doing, error } => write!(f, "{doing}: {error}"),
        }
    }
}

impl std::error::Error for AttachError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            AttachError::Kernel { error, .. } | AttachError::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}
