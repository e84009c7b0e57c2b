//! Whether a DOF is registered, and what stood in the way.

use std::{fmt, io};

use super::System;
use super::device::errno::*;

/// Whether a kernel has a DOF.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// Nobody has tried yet, or it was unregistered.
    Unregistered,
    /// Tracers see its probes.
    Registered {
        /// The number under which the kernel has it.
        generation: i32,
    },
    /// The kernel says that it is registered. But it would also say so if it had no room, and this process has had so many
    /// DOFs, others' included, that this may be so.
    Doubtful {
        /// The number under which the kernel has it.
        generation: i32,
        /// How many DOFs a process may have at a time.
        limit: usize,
    },
    /// It is not, and no tracer sees its probes.
    Unavailable {
        /// Why.
        why: Refusal,
    },
}

impl Status {
    /// Whether the kernel says that it has the DOF.
    pub fn is_registered(&self) -> bool {
        self.generation().is_some()
    }

    pub(super) fn generation(&self) -> Option<i32> {
        match *self {
            Status::Registered { generation } | Status::Doubtful { generation, .. } => Some(generation),
            Status::Unregistered | Status::Unavailable { .. } => None,
        }
    }
}

/// What the system refused. Its `Display` says what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// This build can't register: its target's kernel takes no DOF, or it was built with `--cfg usdt_probes_off`.
    Unsupported,
    /// There is no helper device.
    Absent {
        /// The system.
        system: System,
        /// The system's number for the error, as in [`io::Error::raw_os_error`].
        errno: i32,
    },
    /// This process may not.
    Restricted {
        /// The system.
        system: System,
        /// What was to be done.
        step: Step,
        /// The system's number for the error.
        errno: i32,
    },
    /// This process has registered as many DOFs as the kernel keeps of it.
    TooMany {
        /// How many that are.
        limit: usize,
    },
    /// The kernel ignores all DOFs.
    SwitchedOff,
    /// The kernel reported success with a number that can't be one of a DOF. Nobody knows what it has done.
    Nonsense {
        /// The number.
        generation: i64,
    },
    /// The system refused a step for another reason.
    System {
        /// The system.
        system: System,
        /// What was to be done.
        step: Step,
        /// The system's number for the error.
        errno: i32,
    },
}

/// What was to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Opening the helper device.
    Open,
    /// Registering a DOF.
    Register,
    /// Unregistering it.
    Unregister,
}

impl Refusal {
    pub(super) fn new(system: System, step: Step, errno: i32) -> Refusal {
        match (step, errno) {
            (Step::Open, ENOENT | ENXIO | ENODEV) => Refusal::Absent { system, errno },
            (_, EACCES | EPERM) => Refusal::Restricted { system, step, errno },
            _ => Refusal::System { system, step, errno },
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Unregistered => f.write_str("not registered"),
            Status::Registered { generation } => write!(f, "registered as number {generation}"),
            Status::Doubtful { generation, limit } => write!(
                f,
                "registered as number {generation}; the kernel keeps {limit} DOFs of a process and drops more without a word: if a tracer doesn't list the probes, define them in fewer providers"
            ),
            Status::Unavailable { why } => write!(f, "not registered: {why}"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Refusal::Unsupported => f.write_str(
                "this build has no kernel to register probes with: 64-bit illumos, FreeBSD and macOS have one, without `--cfg usdt_probes_off`",
            ),
            Refusal::Absent { system, errno } => {
                failed(f, system, Step::Open, errno)?;
                f.write_str(match system {
                    System::Illumos => "give this zone the device, or install the driver `dtrace`",
                    System::FreeBsd => {
                        "load DTrace before the program starts (`kldload dtraceall`), and give this jail the device if it is in one"
                    }
                    System::MacOs => "a sandbox may hide it",
                })
            }
            Refusal::Restricted { system, step, errno } => {
                failed(f, system, step, errno)?;
                f.write_str(match system {
                    System::Illumos => "everybody may, by default: look at the device's permissions",
                    System::FreeBsd => {
                        "only root and the group wheel may, by default: run the program as one of them, or add a rule for `dtrace/helper` to /etc/devfs.rules"
                    }
                    System::MacOs => {
                        "System Integrity Protection forbids it: sign the program with the entitlement com.apple.security.get-task-allow, or allow DTrace (`csrutil enable --without dtrace`)"
                    }
                })
            }
            Refusal::TooMany { limit } => write!(
                f,
                "the kernel keeps {limit} DOFs of a process, and this one has registered as many: define the probes in fewer providers"
            ),
            Refusal::SwitchedOff => f.write_str(
                "the kernel ignores probes of programs (the sysctl kern.dtrace.dof_mode is 0): it has to be started with another setting",
            ),
            Refusal::Nonsense { generation } => {
                write!(f, "the kernel gave the DOF the number {generation}, which is none: it may be of an unknown version")
            }
            Refusal::System { system, step, errno } => {
                failed(f, system, step, errno)?;
                f.write_str(advice(system, step, errno))
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// What went wrong, up to what can be done about it.
fn failed(f: &mut fmt::Formatter<'_>, system: System, step: Step, errno: i32) -> fmt::Result {
    let error = io::Error::from_raw_os_error(errno);
    let words = match step {
        Step::Open => "can't open",
        Step::Register => "can't register probes with",
        Step::Unregister => "can't unregister probes from",
    };
    write!(f, "{words} {}: {error}; ", system.device())
}

/// What a person can do about it.
fn advice(system: System, step: Step, errno: i32) -> &'static str {
    match (step, errno, system) {
        (Step::Open, EMFILE | ENFILE, _) => "raise the limit of open files (`ulimit -n`)",
        (Step::Register, E2BIG, _) => {
            "the kernel takes no DOF of this size: define fewer probes in a provider"
        }
        (Step::Register, ENOMEM, _) => "the kernel has no memory for it",
        (Step::Register, EFAULT, _) => "the kernel couldn't read the DOF: this is a mistake in this library",
        (Step::Register, EINVAL, System::FreeBsd | System::MacOs) => {
            "the kernel finds the DOF wrong: this is a mistake in this library, and `sysctl kern.dtrace.err_verbose=1` lets the kernel's log say which"
        }
        (Step::Register, EINVAL, System::Illumos) => {
            "the kernel finds the DOF wrong: this is a mistake in this library, and the variable dtrace_err_verbose lets the kernel's log say which"
        }
        _ => "a security policy may forbid it",
    }
}
