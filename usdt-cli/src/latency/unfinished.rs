//! Starts that were not done when tracing ended.

use std::collections::HashMap;
use std::fs;

use usdt_trace::Event;

/// They, the oldest first.
#[derive(Debug)]
pub(super) struct Unfinished<'m>(pub(super) Vec<Open<'m>>);

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open<'m> {
    pub(super) start: &'m Event,
    /// Its process has ended, so it will never be done.
    pub(super) gone: bool,
    /// It is late already, or will never be done.
    pub(super) overdue: bool,
}

impl Unfinished<'_> {
    pub(super) fn count(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn overdue(&self) -> u64 {
        self.0.iter().filter(|open| open.overdue).count() as u64
    }
}

/// Which processes have ended; each is looked at once.
#[derive(Debug, Default)]
pub(super) struct Ended(HashMap<u32, bool>);

impl Ended {
    pub(super) fn has(&mut self, pid: u32) -> bool {
        *self.0.entry(pid).or_insert_with(|| !is_running(pid))
    }
}

/// One that has ended is still there until its parent has asked, in the state Z or X.
fn is_running(pid: u32) -> bool {
    let Ok(stat) = fs::read(format!("/proc/{pid}/stat")) else { return false };
    // The name before it stands in parentheses, and may hold some itself.
    let state = stat.iter().rposition(|&byte| byte == b')').and_then(|end| stat.get(end + 2));
    !matches!(state, Some(b'Z' | b'X'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ended_are_told_from_the_running() {
        let mut ended = Ended::default();
        assert!(!ended.has(std::process::id()));
        assert!(ended.has(u32::MAX));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        let zombie = (0..500).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            !is_running(pid)
        });
        assert!(zombie && fs::exists(format!("/proc/{pid}")).unwrap());
        child.wait().unwrap();
    }
}
