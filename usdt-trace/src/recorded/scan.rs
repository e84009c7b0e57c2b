//! Memory → the recorders in it: a header can begin at the start of a page only.

use usdt_core::recorder::format::MAGIC;

use super::header::Header;
use super::memory::{Memory, Region};

/// The smallest page of any processor that is supported: larger ones are multiples of it.
const PAGE: usize = 4096;
/// How much is read at once: cores have gigabytes.
const PIECE: usize = 1 << 20;

/// The headers that make sense.
pub(super) fn headers<M: Memory>(memory: &M) -> impl Iterator<Item = Header> + '_ {
    let mut scan = Scan { memory, piece: vec![0; PIECE] };
    memory
        .regions()
        .iter()
        .flat_map(move |region| scan.addresses(region))
        .filter_map(|at| Header::read(memory, at))
}

struct Scan<'m, M> {
    memory: &'m M,
    piece: Vec<u8>,
}

impl<M: Memory> Scan<'_, M> {
    /// Where in a region a page begins as a header does.
    fn addresses(&mut self, region: &Region) -> Vec<u64> {
        let mut found = Vec::new();
        let first = region.start.checked_next_multiple_of(PAGE as u64);
        let end = region.start.saturating_add(region.len);
        let Some(mut address) = first else { return found };
        while address < end {
            let wanted = usize::try_from(end - address).unwrap_or(PIECE).min(PIECE);
            let read = self.memory.read(address, &mut self.piece[..wanted]);
            let pages = self.piece[..read].chunks(PAGE).zip((address..).step_by(PAGE));
            found.extend(pages.filter(|(page, _)| page.starts_with(&MAGIC)).map(|(_, address)| address));
            // What can't be read is passed over.
            let Some(next) = address.checked_add(PIECE as u64) else { break };
            address = next;
        }
        found
    }
}
