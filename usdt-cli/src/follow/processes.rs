//! Which of the processes that were named are still there.

use std::collections::HashMap;
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// Processes, each by a file descriptor that never means another process, even if the id is used again.
#[derive(Debug, Default)]
pub(super) struct Processes {
    known: HashMap<u32, OwnedFd>,
}

impl Processes {
    /// Remembers a process; one that has ended already is not remembered. Says whether it is a new one.
    pub(super) fn add(&mut self, pid: u32) -> bool {
        if self.known.get(&pid).is_some_and(|process| !has_ended(process)) {
            return false;
        }
        let opened = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let opened = opened.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        match opened {
            Some(process) => {
                self.known.insert(pid, process);
                true
            }
            None => false,
        }
    }

    /// Whether none was remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whether all of them have ended.
    pub(super) fn are_gone(&self) -> bool {
        self.known.values().all(has_ended)
    }

    /// Whether this one has ended, or was never remembered.
    pub(super) fn is_gone(&self, pid: u32) -> bool {
        self.known.get(&pid).is_none_or(has_ended)
    }
}

/// A process is readable, through its descriptor, once it has ended.
fn has_ended(process: &OwnedFd) -> bool {
    let mut polled = [PollFd::new(process, PollFlags::IN)];
    poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_there_until_it_ends() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let mut processes = Processes::default();
        assert!(processes.is_empty() && processes.add(child.id()) && !processes.add(child.id()));
        assert!(!processes.are_gone() && !processes.is_gone(child.id()));
        child.kill().unwrap();
        // Not waited for: a process that has ended, and is not yet buried, is gone.
        while !processes.are_gone() {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(!processes.add(child.id()) || child.id() != std::process::id());
    }
}
