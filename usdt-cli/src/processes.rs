//! What processes are called.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long a name is believed: a process has another one after `exec`, and its id may become another's.
const FRESH: Duration = Duration::from_millis(100);

/// The names of processes (`comm`), by their ids. A process that has ended keeps the name that it was last seen with.
#[derive(Debug, Default)]
pub(crate) struct Processes(HashMap<u32, (String, Instant)>);

impl Processes {
    /// Learns the name of a program that was just started, before it may be gone.
    pub(crate) fn expect(&mut self, pid: u32) {
        // The kernel lets `spawn` go on a moment before it gives the new process its name: until then it has ours.
        let own = read(std::process::id());
        for _ in 0..50 {
            if read(pid) != own {
                break;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        self.name(pid);
    }

    /// The name of a process, as the kernel has it: it may hold anything. `?` if the process was gone before it was asked.
    pub(crate) fn name(&mut self, pid: u32) -> &str {
        let now = Instant::now();
        let (name, seen) =
            self.0.entry(pid).or_insert_with(|| (read(pid).unwrap_or_else(|| "?".to_owned()), now));
        if now.duration_since(*seen) > FRESH {
            *seen = now;
            if let Some(new) = read(pid) {
                *name = new;
            }
        }
        name
    }
}

fn read(pid: u32) -> Option<String> {
    let name = std::fs::read(format!("/proc/{pid}/comm")).ok()?;
    Some(String::from_utf8_lossy(&name).trim_end_matches('\n').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_living_and_the_dead() {
        let mut processes = Processes::default();
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        processes.expect(child.id());
        assert_eq!(processes.name(child.id()), "sleep");
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(processes.name(child.id()), "sleep");
        assert_eq!(processes.name(u32::MAX), "?");
    }
}
