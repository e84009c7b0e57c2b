//! A process: what it has mapped, the map of the code that it made itself, and the frames that were seen.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::name;
use super::perf_map::PerfMap;
use super::table::Tables;
use super::{Frame, Origin};
use crate::maps::{Mapping, mappings};

/// How long it is believed what a process has mapped: it may have called `exec`, or its id may be another's.
const FRESH: Duration = Duration::from_millis(100);
/// After how long it is looked again for an address that isn't known: code is made, and libraries are loaded, all the time.
const PATIENCE: Duration = Duration::from_millis(5);
/// So many frames are kept: what a program fires from is a small part of it.
const MOST_FRAMES: usize = 1 << 16;

#[derive(Debug)]
pub(super) struct Process {
    pid: u32,
    /// What it has mapped as code, in the order of the addresses.
    code: Vec<Mapping>,
    map: PerfMap,
    looked: Option<Instant>,
    /// What is known already, by the address and whether it is that of a call.
    frames: HashMap<(u64, bool), Arc<Frame>>,
}

impl Process {
    pub(super) fn new(pid: u32) -> Process {
        Process { pid, code: Vec::new(), map: PerfMap::new(pid), looked: None, frames: HashMap::new() }
    }

    /// Looks again, if what is known is old.
    pub(super) fn refresh(&mut self) {
        self.look_after(FRESH);
    }

    /// Names an address. That of a call is where the function goes on afterwards, which may be behind its end.
    pub(super) fn frame(
        &mut self,
        address: u64,
        is_call: bool,
        origin: &Origin<'_>,
        tables: &mut Tables,
    ) -> Arc<Frame> {
        if let Some(frame) = self.frames.get(&(address, is_call)) {
            return frame.clone();
        }
        let place = address.saturating_sub(u64::from(is_call));
        if !self.knows(place) {
            self.look_after(PATIENCE);
        }
        let frame = Arc::new(self.look_up(address, place, origin, tables));
        if self.frames.len() < MOST_FRAMES {
            self.frames.insert((address, is_call), frame.clone());
        }
        frame
    }

    fn knows(&self, place: u64) -> bool {
        self.mapping(place).is_some_and(Mapping::is_of_file) || self.map.find(place).is_some()
    }

    fn look_up(&self, address: u64, place: u64, origin: &Origin<'_>, tables: &mut Tables) -> Frame {
        let mapping = self.mapping(place).filter(|mapping| !mapping.path.as_os_str().is_empty());
        let mut file = mapping.map(|mapping| mapping.path.clone());
        let mut found = mapping.and_then(|mapping| tables.find(self.pid, mapping, place));
        if self.code.is_empty() {
            found = tables.within(&origin.object.open, place.wrapping_sub(origin.bias));
            file = found.as_ref().map(|_| origin.object.path.clone());
        }
        // The offset is that of the address itself.
        let further = address - place;
        if let Some((symbol, offset)) = found.as_ref().and_then(|found| found.symbol.as_ref()) {
            return Frame {
                address,
                symbol: Some(name::linked(symbol)),
                offset: Some(offset.wrapping_add(further)),
                file,
            };
        }
        if let Some((start, symbol)) = self.map.find(place) {
            return Frame {
                address,
                symbol: Some(name::made(symbol)),
                offset: Some(address - start),
                file: None,
            };
        }
        let offset = found.map(|found| found.address.wrapping_add(further));
        Frame { address, symbol: None, offset, file }
    }

    fn mapping(&self, place: u64) -> Option<&Mapping> {
        let next = self.code.partition_point(|mapping| mapping.start <= place);
        self.code[..next].last().filter(|mapping| place < mapping.end)
    }

    fn look_after(&mut self, age: Duration) {
        if self.looked.is_some_and(|looked| looked.elapsed() < age) {
            return;
        }
        self.looked = Some(Instant::now());
        let maps = std::fs::read(format!("/proc/{}/maps", self.pid)).unwrap_or_default();
        let mut code: Vec<Mapping> = mappings(&maps).filter(Mapping::is_executable).collect();
        code.sort_by_key(|mapping| mapping.start);
        // Nothing is mapped in a process that has ended.
        let has_changed = !code.is_empty() && code != self.code;
        if has_changed {
            self.code = code;
        }
        if self.map.look() || has_changed {
            self.frames.clear();
        }
    }
}
