//! Children in which a test does what may end the process.

#![allow(unsafe_code, dead_code, unreachable_pub)]

use std::sync::{Mutex, PoisonError};

/// How a child ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    Exit(i32),
    Signal(i32),
}

pub const WELL: Ended = Ended::Exit(0);
pub const TRAPPED: Ended = Ended::Signal(libc::SIGTRAP);

/// Runs this in a child. A panic there is exit status 101.
pub fn in_child(call: impl FnOnce()) -> Ended {
    /// One at a time: the others are then nowhere in the library, and hold no lock of it.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the child has this thread alone, does what `call` does, and ends.
    unsafe {
        let child = libc::fork();
        assert!(child >= 0);
        if child == 0 {
            let well = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).is_ok();
            libc::_exit(if well { 0 } else { 101 });
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        if libc::WIFEXITED(status) {
            Ended::Exit(libc::WEXITSTATUS(status))
        } else {
            Ended::Signal(libc::WTERMSIG(status))
        }
    }
}
