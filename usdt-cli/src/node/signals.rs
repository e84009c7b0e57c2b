//! What SIGUSR1 would do to a process: open Node's inspector, call a handler of the program, kill it, or nothing.
//!
//! That Node has a handler of its own is visible in `/proc`. Whether the program has one as well (`process.on('SIGUSR1', …)`
//! replaces Node's) is not: then libuv holds a handle for it, in a red-black tree that is a static variable.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use super::process::Process;

const SIGUSR1: i32 = 10;
/// The symbol of libuv's tree: the address of its topmost handle.
const TREE: &str = "uv__signal_tree";
/// More handles than any program has: a tree that is larger is not what it seems to be.
const MOST_HANDLES: usize = 4096;

/// Who acts on SIGUSR1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Handler {
    /// Node, which opens its inspector.
    Node,
    /// The program itself.
    Program,
    /// Node or the program.
    Unknown(&'static str),
    /// Nobody: the signal would kill the process.
    Nobody,
    /// Nobody: the signal is ignored.
    Ignored,
}

/// Who acts on SIGUSR1 in this process.
pub(super) fn handler(process: &Process) -> Handler {
    let status = fs::read_to_string(process.file("status")).unwrap_or_default();
    match (is_set(&status, "SigIgn:"), is_set(&status, "SigCgt:")) {
        (true, _) => Handler::Ignored,
        (_, false) => Handler::Nobody,
        (_, true) => handled(process),
    }
}

/// Whether SIGUSR1 is in a set of signals of `/proc/PID/status`.
fn is_set(status: &str, name: &str) -> bool {
    let set = status.lines().find_map(|line| line.strip_prefix(name));
    let set = set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(0);
    set & 1 << (SIGUSR1 - 1) != 0
}

fn handled(process: &Process) -> Handler {
    let Some(tree) = process.image.variable(TREE) else {
        return Handler::Unknown("its program doesn't say where libuv keeps its signals");
    };
    let Ok(memory) = File::open(process.file("mem")) else {
        return Handler::Unknown("its memory can't be read by this user");
    };
    let read = |address: u64, bytes: &mut [u8]| memory.read_exact_at(bytes, address).ok();
    match has_handle(&read, tree) {
        Some(true) => Handler::Program,
        Some(false) => Handler::Node,
        None => Handler::Unknown("what libuv keeps of its signals can't be understood"),
    }
}

/// Whether a handle for SIGUSR1 is in the tree; `None` if it isn't the tree that libuv 1 has on 64-bit Linux.
fn has_handle(read: &dyn Fn(u64, &mut [u8]) -> Option<()>, tree: u64) -> Option<bool> {
    let mut root = [0; 8];
    read(tree, &mut root)?;
    let mut pending = vec![u64::from_ne_bytes(root)];
    let mut seen = 0;
    while let Some(address) = pending.pop() {
        if address == 0 {
            continue;
        }
        seen += 1;
        let mut bytes = [0; Handle::SIZE];
        read(address, &mut bytes)?;
        let handle = Handle::parse(&bytes)?;
        if seen > MOST_HANDLES {
            return None;
        }
        if handle.signal == SIGUSR1 {
            return Some(true);
        }
        pending.extend([handle.left, handle.right]);
    }
    Some(false)
}

/// What matters of a `uv_signal_t`.
#[derive(Debug)]
struct Handle {
    signal: i32,
    left: u64,
    right: u64,
}

impl Handle {
    const SIZE: usize = 144;
    const TYPE: usize = 16;
    const SIGNAL: usize = 104;
    const LEFT: usize = 112;
    const RIGHT: usize = 120;
    const COLOR: usize = 136;
    /// `UV_SIGNAL`
    const OF_SIGNAL: i32 = 16;

    /// `None` if it can't be one.
    fn parse(bytes: &[u8; Handle::SIZE]) -> Option<Handle> {
        let number = |at: usize| Some(i32::from_ne_bytes(bytes[at..at + 4].try_into().ok()?));
        let address = |at: usize| Some(u64::from_ne_bytes(bytes[at..at + 8].try_into().ok()?));
        let signal = number(Handle::SIGNAL)?;
        let is_one = number(Handle::TYPE)? == Handle::OF_SIGNAL
            && (1..=64).contains(&signal)
            && (0..=1).contains(&number(Handle::COLOR)?);
        is_one.then_some(Handle { signal, left: address(Handle::LEFT)?, right: address(Handle::RIGHT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A memory that holds the tree's root at 8, and handles from 1000 on.
    fn memory(handles: &[(i32, u64, u64)]) -> Vec<u8> {
        let mut memory = vec![0; 1000];
        if !handles.is_empty() {
            memory[8..16].copy_from_slice(&1000_u64.to_ne_bytes());
        }
        for (signal, left, right) in handles {
            let mut handle = [0; Handle::SIZE];
            handle[Handle::TYPE..][..4].copy_from_slice(&Handle::OF_SIGNAL.to_ne_bytes());
            handle[Handle::SIGNAL..][..4].copy_from_slice(&signal.to_ne_bytes());
            handle[Handle::LEFT..][..8].copy_from_slice(&left.to_ne_bytes());
            handle[Handle::RIGHT..][..8].copy_from_slice(&right.to_ne_bytes());
            memory.extend(handle);
        }
        memory
    }

    fn looked_up(memory: &[u8]) -> Option<bool> {
        let read = |address: u64, bytes: &mut [u8]| {
            let start = usize::try_from(address).ok()?;
            bytes.copy_from_slice(memory.get(start..start + bytes.len())?);
            Some(())
        };
        has_handle(&read, 8)
    }

    #[test]
    fn the_tree_is_searched() {
        let second = 1000 + Handle::SIZE as u64;
        assert_eq!(looked_up(&memory(&[])), Some(false));
        assert_eq!(looked_up(&memory(&[(2, 0, 0)])), Some(false));
        assert_eq!(looked_up(&memory(&[(2, 0, second), (10, 0, 0)])), Some(true));
        assert_eq!(looked_up(&memory(&[(15, second, 0), (10, 0, 0)])), Some(true));
    }

    #[test]
    fn what_is_no_tree_is_not_believed() {
        // Handles in a circle, outside of the memory, and of no signal.
        assert_eq!(looked_up(&memory(&[(2, 1000, 0)])), None);
        assert_eq!(looked_up(&memory(&[(2, 1 << 40, 0)])), None);
        assert_eq!(looked_up(&memory(&[(200, 0, 0)])), None);
        assert_eq!(looked_up(&[0; 8]), None);
    }

    #[test]
    fn sets_of_signals() {
        let status = "SigIgn:\t0000000000001000\nSigCgt:\t0000000108004602\n";
        assert!(is_set(status, "SigCgt:") && !is_set(status, "SigIgn:") && !is_set("", "SigCgt:"));
    }
}
