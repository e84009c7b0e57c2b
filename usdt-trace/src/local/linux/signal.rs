//! The handler of `SIGTRAP`, and those that were there before.
//!
//! Once it is there it stays: a thread may have hit a breakpoint before it was taken away, and its signal be on the way. What
//! isn't ours goes to the handler that was found at the time, as the kernel would call it. Whoever replaces this handler and
//! calls it is found at the next attach, and then this library's next handler goes before: each has its own predecessor, so no two
//! ever call each other in a circle.
//!
//! # Safety
//!
//! `unsafe` is here to install a handler, to call others, and to send a signal on. What the kernel gives to a handler is
//! passed on as it came.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::io;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::arch::Registers;
use super::trap::{self, Cause};
use crate::local::AttachError;

type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

/// Handlers that differ in nothing but who was there before.
const HANDLERS: [Handler; 8] = [
    handler::<0>,
    handler::<1>,
    handler::<2>,
    handler::<3>,
    handler::<4>,
    handler::<5>,
    handler::<6>,
    handler::<7>,
];

/// Who was there before each; null for one that isn't in use. They are never freed.
static PREVIOUS: [AtomicPtr<libc::sigaction>; HANDLERS.len()] =
    [const { AtomicPtr::new(ptr::null_mut()) }; HANDLERS.len()];

/// No handler, no flags, no signals: the default action.
// SAFETY: zeros are valid for all fields.
static DEFAULT: libc::sigaction = unsafe { mem::zeroed() };

/// Makes sure that breakpoints come to us. One call at a time.
pub(super) fn install() -> Result<(), AttachError> {
    let found = action(None)?;
    if HANDLERS.iter().any(|&ours| found.sa_sigaction == ours as usize) {
        return Ok(());
    }
    let unused = |previous: &AtomicPtr<libc::sigaction>| previous.load(Ordering::Relaxed).is_null();
    let n = PREVIOUS.iter().position(unused).ok_or(AttachError::TooManyHandlers)?;
    let ours = libc::sigaction { sa_sigaction: HANDLERS[n] as usize, sa_flags: flags(&found), ..DEFAULT };
    PREVIOUS[n].store(Box::into_raw(Box::new(found)), Ordering::SeqCst);
    action(Some(&ours)).map(|_| ())
}

/// How this handler is called: with all signals as they are, also `SIGTRAP`, since a handler that is called from here may
/// fire a probe; and so that a system call that a signal from elsewhere interrupts goes on, unless that was otherwise.
///
/// It runs on the thread's own stack, unless the handler before wanted the one for signals. That of Rust's threads has
/// little room behind what the kernel saves there; programs whose own stacks are small (Go) ask for theirs.
fn flags(previous: &libc::sigaction) -> c_int {
    let wanted = if is_function(previous) { previous.sa_flags } else { libc::SA_RESTART };
    libc::SA_SIGINFO | libc::SA_NODEFER | wanted & (libc::SA_RESTART | libc::SA_ONSTACK)
}

fn is_function(action: &libc::sigaction) -> bool {
    action.sa_sigaction != libc::SIG_DFL && action.sa_sigaction != libc::SIG_IGN
}

/// Sets what happens at the signal, if something is given, and says what happened until then.
fn action(new: Option<&libc::sigaction>) -> Result<libc::sigaction, AttachError> {
    let mut old = DEFAULT;
    let new = new.map_or(ptr::null(), ptr::from_ref);
    // SAFETY: it reads the one and writes the other. Our handler has the signature that its flags promise.
    if unsafe { libc::sigaction(libc::SIGTRAP, new, &raw mut old) } != 0 {
        return Err(AttachError::System {
            what: "the handler of SIGTRAP",
            error: io::Error::last_os_error(),
        });
    }
    Ok(old)
}

/// An error if this thread blocks the signal.
pub(super) fn check_mask() -> Result<(), AttachError> {
    // SAFETY: it writes the mask and changes nothing; the mask is a set of signals then.
    let blocked = unsafe {
        let mut mask: libc::sigset_t = mem::zeroed();
        libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), &raw mut mask);
        libc::sigismember(&raw const mask, libc::SIGTRAP) == 1
    };
    if blocked { Err(AttachError::SignalBlocked) } else { Ok(()) }
}

extern "C" fn handler<const N: usize>(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel gives all three to this handler, which is running; a handler that calls this one passes them on.
    // `errno` is the thread's.
    unsafe {
        let errno = *libc::__errno_location();
        let is_ours = cause(&*info).is_some_and(|cause| trap::hit(Registers::of(context), cause));
        if !is_ours {
            *libc::__errno_location() = errno;
            pass_on(&PREVIOUS[N], signal, info, context);
        }
        *libc::__errno_location() = errno;
    }
}

/// Who is said to have caused the signal; `None` for what no breakpoint causes.
fn cause(info: &libc::siginfo_t) -> Option<Cause> {
    /// What the kernel says on x86.
    const SI_KERNEL: c_int = 0x80;
    match info.si_code {
        SI_KERNEL | libc::TRAP_BRKPT => Some(Cause::Instruction),
        ..=0 => Some(Cause::Sender),
        _ => None,
    }
}

/// Does what the kernel would have done with a signal that isn't ours.
///
/// # Safety
///
/// The arguments are those of a handler that is running.
unsafe fn pass_on(
    previous: &AtomicPtr<libc::sigaction>,
    signal: c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    let found = previous.load(Ordering::SeqCst);
    // SAFETY: what was installed is called as it asked to be, with what the kernel gave. An action that was stored is never
    // freed.
    unsafe {
        let action = &*found;
        match action.sa_sigaction {
            libc::SIG_DFL => die(signal),
            // The kernel doesn't let a thread ignore what its own instruction has done.
            libc::SIG_IGN if (*info).si_code > 0 => die(signal),
            libc::SIG_IGN => {}
            function => {
                if action.sa_flags & libc::SA_RESETHAND != 0 {
                    let default = ptr::from_ref(&DEFAULT).cast_mut();
                    let _ = previous.compare_exchange(found, default, Ordering::SeqCst, Ordering::SeqCst);
                }
                block(action.sa_mask);
                if action.sa_flags & libc::SA_SIGINFO == 0 {
                    mem::transmute::<usize, extern "C" fn(c_int)>(function)(signal);
                } else {
                    mem::transmute::<usize, Handler>(function)(signal, info, context);
                }
            }
        }
    }
}

/// Blocks signals for the rest of the handler, as the one that is called has asked for. `SIGTRAP` stays: a probe that is
/// fired while it is blocked would end the process.
fn block(mut mask: libc::sigset_t) {
    // SAFETY: both read and write the mask alone. When the handler returns the kernel puts back what was blocked before.
    unsafe {
        libc::sigdelset(&raw mut mask, libc::SIGTRAP);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const mask, ptr::null_mut());
    }
}

/// Ends the process by the signal.
fn die(signal: c_int) {
    // SAFETY: the default action is a valid one. The signal isn't blocked, so it arrives before `raise` returns.
    unsafe {
        libc::sigaction(signal, &raw const DEFAULT, ptr::null_mut());
        libc::raise(signal);
    }
}
