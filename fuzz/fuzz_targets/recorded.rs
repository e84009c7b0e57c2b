//! Bytes that may be a recorder in memory: nothing panics, and there are no more firings than slots.
//!
//! The header says where it is, so its address is taken from the bytes. `seeds/recorded` holds a whole recorder, and one that was cut off
//! and written over.
#![no_main]

use libfuzzer_sys::fuzz_target;
use usdt_trace::recorded::{Bytes, recordings};

/// Where a header has its own address.
const ADDRESS: usize = 24;
/// The smallest slot.
const SLOT: usize = 32;

fuzz_target!(|bytes: &[u8]| {
    let Some(address) = bytes.get(ADDRESS..).and_then(|rest| rest.first_chunk()) else { return };
    for recording in recordings(&Bytes::new(u64::from_le_bytes(*address), bytes)) {
        assert!(recording.firings.is_sorted_by_key(|fired| fired.number));
        assert!((recording.firings.len() + recording.unfinished.len()) * SLOT <= bytes.len());
        for fired in &recording.firings {
            assert_eq!(fired.event.values.len(), fired.event.probe.args.len());
            let _ = format!("{:?}", fired.event.values);
        }
    }
});
