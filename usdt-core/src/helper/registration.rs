//! Registering a DOF, keeping it, and taking it back.
//!
//! # Safety
//!
//! `unsafe` is here because a kernel writes to the instructions that a registered DOF names. Whoever brings a DOF promises that
//! these are probes, and that they stay ([`Registration::new`]); that the DOF itself stays is seen to here.
#![allow(unsafe_code)]

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::device::errno::EINTR;
use super::request::{Answer, Request};
use super::{Device, DofMemory, Kernel, Refusal, Status, Step, System};

/// A helper device, and how many DOFs were registered through it.
#[derive(Debug)]
pub struct Helper<D> {
    device: D,
    /// Locked during the calls, so that the last place isn't given away twice.
    registered: Mutex<usize>,
}

static KERNEL: Helper<Kernel> = Helper::new(Kernel);

/// Registers a DOF with the kernel of this system. The [`Registration`]'s status says what came of it.
///
/// # Safety
///
/// As for [`Registration::new`].
#[must_use = "the probes are registered only as long as this lives"]
pub unsafe fn register(dof: DofMemory) -> Registration<'static, Kernel> {
    // SAFETY: the caller promises it.
    let mut registration = unsafe { unregistered(dof) };
    registration.register();
    registration
}

/// A DOF that is not registered yet, for the kernel of this system.
///
/// # Safety
///
/// As for [`Registration::new`].
pub unsafe fn unregistered(dof: DofMemory) -> Registration<'static, Kernel> {
    // SAFETY: the caller promises it.
    unsafe { Registration::new(&KERNEL, dof) }
}

/// A DOF that may be registered, and isn't any more when this is dropped.
///
/// What a kernel has when the process ends, or executes another program, it forgets.
#[derive(Debug)]
pub struct Registration<'h, D: Device> {
    helper: &'h Helper<D>,
    dof: DofMemory,
    status: Status,
}

impl<'h, D: Device> Registration<'h, D> {
    /// A DOF that is not registered yet.
    ///
    /// # Safety
    ///
    /// The memory must hold a whole DOF of `helper`'s system, and its header must give no greater length. Each site in it must be
    /// one of this process that a tracer may replace, and stay mapped until [`unregister`](Self::unregister) has succeeded, or
    /// for ever if it doesn't.
    pub const unsafe fn new(helper: &'h Helper<D>, dof: DofMemory) -> Self {
        Registration { helper, dof, status: Status::Unregistered }
    }

    /// Registers the DOF, unless it is registered. What was refused before is tried again.
    pub fn register(&mut self) -> &Status {
        if !self.status.is_registered() {
            self.status = match self.helper.add(&mut self.dof) {
                Ok(status) => status,
                Err(why) => Status::Unavailable { why },
            };
        }
        &self.status
    }

    /// Unregisters the DOF, if it is registered.
    ///
    /// # Errors
    ///
    /// What the system refused. The DOF is then still registered, and its sites have to stay mapped.
    pub fn unregister(&mut self) -> Result<(), Refusal> {
        if let Some(generation) = self.status.generation() {
            self.helper.remove(generation)?;
            self.status = Status::Unregistered;
        }
        Ok(())
    }

    /// Whether it is registered.
    pub fn status(&self) -> &Status {
        &self.status
    }

    #[cfg(test)]
    pub(super) fn dof(&self) -> &DofMemory {
        &self.dof
    }
}

impl<D: Device> Drop for Registration<'_, D> {
    fn drop(&mut self) {
        if self.unregister().is_err() {
            // No other DOF may come to be at this address while the kernel knows it.
            self.dof.keep_forever();
        }
    }
}

impl<D: Device> Helper<D> {
    /// A device through which nothing has been registered. There should be one of these a process and device.
    pub const fn new(device: D) -> Self {
        Helper { device, registered: Mutex::new(0) }
    }

    fn registered(&self) -> MutexGuard<'_, usize> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, dof: &mut DofMemory) -> Result<Status, Refusal> {
        let system = self.device.system().ok_or(Refusal::Unsupported)?;
        let limit = system.limit();
        let mut registered = self.registered();
        if *registered >= limit {
            return Err(Refusal::TooMany { limit });
        }
        match self.try_add(system, dof)? {
            Answer::Generation(generation) => {
                *registered += 1;
                // The kernel numbers all DOFs of a process, whoever registers them. Before this one there were at most as many as
                // its number says.
                let room = usize::try_from(generation).is_ok_and(|before| before < limit);
                Ok(if room {
                    Status::Registered { generation }
                } else {
                    Status::Doubtful { generation, limit }
                })
            }
            Answer::Ignored => Err(Refusal::SwitchedOff),
            Answer::Nonsense(generation) => {
                // It may have the DOF all the same.
                *registered += 1;
                dof.keep_forever();
                Err(Refusal::Nonsense { generation })
            }
        }
    }

    fn try_add(&self, system: System, dof: &mut DofMemory) -> Result<Answer, Refusal> {
        let open = self.open(system)?;
        if system.reads_later() {
            dof.keep_forever();
        }
        let process = std::process::id();
        let (result, request) = self
            .call(&open, || system.add(dof, process))
            .map_err(|errno| Refusal::new(system, Step::Register, errno))?;
        Ok(system.answer(result, &request, dof))
    }

    fn remove(&self, generation: i32) -> Result<(), Refusal> {
        let system = self.device.system().ok_or(Refusal::Unsupported)?;
        let mut registered = self.registered();
        let open = self.open(system)?;
        self.call(&open, || system.remove(generation))
            .map_err(|errno| Refusal::new(system, Step::Unregister, errno))?;
        *registered -= 1;
        Ok(())
    }

    fn open(&self, system: System) -> Result<D::Open, Refusal> {
        uninterrupted(|| self.device.open()).map_err(|errno| Refusal::new(system, Step::Open, errno))
    }

    /// Gives what the call returned and what the kernel has made of the request.
    fn call(&self, open: &D::Open, request: impl Fn() -> Request) -> Result<(i32, Request), i32> {
        uninterrupted(|| {
            // The kernel may have written to the one that was interrupted.
            let mut request = request();
            // SAFETY: the request was made for the system of the device, by `add` and `remove`. A DOF that it names is in memory
            // that is never freed if the kernel may read it later, and otherwise is borrowed until the call returns. What the
            // DOF says was promised to `Registration::new`.
            let result = unsafe { self.device.ioctl(open, &mut request) }?;
            Ok((result, request))
        })
    }
}

/// Makes a call again for as long as a signal interrupts it.
fn uninterrupted<T>(mut call: impl FnMut() -> Result<T, i32>) -> Result<T, i32> {
    loop {
        match call() {
            Err(EINTR) => {}
            other => return other,
        }
    }
}
