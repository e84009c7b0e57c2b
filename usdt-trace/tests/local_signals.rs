//! The signal of breakpoints when it isn't ours, children that are forked, and threads that block it. Each case runs in a child of
//! its own, since most of them end it.

#![cfg(all(feature = "local", target_os = "linux"))]
#![allow(unsafe_code)]

mod children;

use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering};

use children::{TRAPPED, WELL, in_child};
use usdt_trace::local::{AttachError, Tracer};

#[usdt_probes::provider]
mod traps {
    pub fn one(n: u64);
}

fn set_action(action: usize, flags: i32, blocked: &[i32]) {
    // SAFETY: the handlers of this file have the signature that the flags promise.
    unsafe {
        let mut new: libc::sigaction = mem::zeroed();
        new.sa_sigaction = action;
        new.sa_flags = flags;
        for &signal in blocked {
            libc::sigaddset(&raw mut new.sa_mask, signal);
        }
        assert_eq!(libc::sigaction(libc::SIGTRAP, &raw const new, ptr::null_mut()), 0);
    }
}

fn send() {
    // SAFETY: it sends a signal to this thread.
    assert_eq!(unsafe { libc::raise(libc::SIGTRAP) }, 0);
}

/// A breakpoint that nobody has put there but the program.
fn break_here() {
    // SAFETY: whoever gets the signal goes on behind it.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::asm!("int3");
    }
    // SAFETY: as above.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        std::arch::asm!("brk #0");
    }
}

/// Attaches, and sees that the probe works before and after something.
fn watched(between: impl FnOnce()) {
    let tracer = Tracer::attach(["traps:one"]).unwrap();
    traps::one(1);
    between();
    traps::one(2);
    let events = tracer.events();
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events[0]["n"] == 1 && events[1]["n"] == 2);
}

static CALLS: AtomicU64 = AtomicU64::new(0);
static CODE: AtomicI32 = AtomicI32::new(0);
static BLOCKED: AtomicU64 = AtomicU64::new(0);

fn count() {
    CALLS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: it writes the mask and changes nothing.
    unsafe {
        let mut mask: libc::sigset_t = mem::zeroed();
        libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), &raw mut mask);
        let blocked = [libc::SIGUSR2, libc::SIGTRAP].map(|s| libc::sigismember(&raw const mask, s) == 1);
        BLOCKED.store(u64::from(blocked[0]) + 2 * u64::from(blocked[1]), Ordering::Relaxed);
    }
}

extern "C" fn plain(signal: i32) {
    assert_eq!(signal, libc::SIGTRAP);
    count();
}

extern "C" fn with_info(_: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    count();
    // SAFETY: the kernel's, or the handler's that has passed them on.
    unsafe {
        CODE.store((*info).si_code, Ordering::Relaxed);
        step_over(context);
    }
}

/// What a debugger within the program does at a breakpoint on aarch64; x86 has gone on already.
unsafe fn step_over(context: *mut libc::c_void) {
    #[cfg(target_arch = "aarch64")]
    // SAFETY: the caller's promise.
    unsafe {
        if CODE.load(Ordering::Relaxed) > 0 {
            (*context.cast::<libc::ucontext_t>()).uc_mcontext.pc += 4;
        }
    }
    let _ = context;
}

fn calls() -> u64 {
    CALLS.load(Ordering::Relaxed)
}

#[test]
fn without_a_handler_it_ends_the_process() {
    assert_eq!(in_child(|| watched(|| {})), WELL);
    assert_eq!(in_child(|| watched(send)), TRAPPED);
    assert_eq!(in_child(|| watched(break_here)), TRAPPED);
    assert_eq!(in_child(|| std::thread::spawn(|| watched(break_here)).join().unwrap()), TRAPPED);
}

#[test]
fn ignored_it_is_ignored_as_far_as_the_kernel_would() {
    let ignored = |between: fn()| {
        in_child(|| {
            set_action(libc::SIG_IGN, 0, &[]);
            watched(between);
        })
    };
    assert_eq!(ignored(send), WELL);
    assert_eq!(ignored(break_here), TRAPPED);
}

#[test]
fn handlers_that_were_there_get_what_is_not_ours() {
    let handled = |action: usize, flags: i32, between: fn()| {
        in_child(|| {
            set_action(action, flags, &[libc::SIGUSR2]);
            watched(|| {
                between();
                assert_eq!(calls(), 1);
                // What it wanted blocked; the signal itself stays, so that probes may be fired there.
                assert_eq!(BLOCKED.load(Ordering::Relaxed), 1);
                // And afterwards nothing is.
                count();
                assert_eq!(BLOCKED.load(Ordering::Relaxed), 0);
            });
            assert_eq!(calls(), 2);
        })
    };
    assert_eq!(handled(plain as *const () as usize, 0, send), WELL);
    assert_eq!(handled(with_info as *const () as usize, libc::SA_SIGINFO, send), WELL);
    let broken = || {
        CODE.store(1, Ordering::Relaxed);
        break_here();
        assert!(CODE.load(Ordering::Relaxed) > 0);
    };
    assert_eq!(handled(with_info as *const () as usize, libc::SA_SIGINFO, broken), WELL);
}

#[test]
fn a_handler_for_one_time_is_called_one_time() {
    let ended = in_child(|| {
        set_action(plain as *const () as usize, libc::SA_RESETHAND, &[]);
        watched(|| {
            send();
            assert_eq!(calls(), 1);
            send();
            unreachable!("the second ends it");
        });
    });
    assert_eq!(ended, TRAPPED);
}

#[test]
fn a_handler_that_came_later_and_calls_ours_is_found() {
    static OURS: AtomicUsize = AtomicUsize::new(0);
    extern "C" fn later(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        count();
        // SAFETY: the handler that was there, called as it wants to be.
        unsafe {
            let ours: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                mem::transmute(OURS.load(Ordering::Relaxed));
            ours(signal, info, context);
        }
    }
    let ended = in_child(|| {
        set_action(libc::SIG_IGN, 0, &[]);
        watched(|| {});
        // SAFETY: it reads the action.
        unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            libc::sigaction(libc::SIGTRAP, ptr::null(), &raw mut action);
            OURS.store(action.sa_sigaction, Ordering::Relaxed);
        }
        set_action(later as *const () as usize, libc::SA_SIGINFO, &[]);
        watched(send);
        // The second of our handlers deals with breakpoints itself; what was sent goes to `later`, to our first, to nobody.
        assert_eq!(calls(), 1);
    });
    assert_eq!(ended, WELL);
}

#[test]
fn a_thread_that_blocks_it_is_told() {
    let ended = in_child(|| {
        // SAFETY: a mask with one signal.
        unsafe {
            let mut mask: libc::sigset_t = mem::zeroed();
            libc::sigaddset(&raw mut mask, libc::SIGTRAP);
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const mask, ptr::null_mut());
        }
        assert!(matches!(Tracer::attach(["traps:one"]), Err(AttachError::SignalBlocked)));
    });
    assert_eq!(ended, WELL);
}

#[test]
fn a_child_goes_on_by_itself() {
    let ended = in_child(|| {
        let tracer = Tracer::attach(["traps:one"]).unwrap();
        traps::one(1);
        let child = in_grandchild(|| {
            traps::one(2);
            let events = tracer.events();
            assert_eq!(events.len(), 2);
            assert_eq!((events[0].pid, events[1].pid), (parent(), std::process::id()));
            assert_eq!(tracer.of_this_thread().len(), 1);
            // A tracer of its own, and away with the one it has inherited.
            let own = Tracer::here(["traps:one"]).unwrap();
            drop(tracer);
            traps::one(3);
            assert_eq!(own.events().len(), 1);
            drop(own);
            assert!(!traps::one_enabled());
            traps::one(4);
        });
        assert_eq!(child, 0);
    });
    assert_eq!(ended, WELL);
}

fn parent() -> u32 {
    // SAFETY: it has no arguments.
    unsafe { libc::getppid() }.cast_unsigned()
}

/// Runs this in a child of the child; the status is what `waitpid` says.
fn in_grandchild(call: impl FnOnce()) -> i32 {
    // SAFETY: as in `in_child`.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            let well = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).is_ok();
            libc::_exit(if well { 0 } else { 101 });
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        status
    }
}

#[test]
fn programs_are_started_while_probes_are_watched() {
    let ended = in_child(|| {
        watched(|| {
            let started = std::process::Command::new("true").status().unwrap();
            assert!(started.success());
        });
    });
    assert_eq!(ended, WELL);
}
