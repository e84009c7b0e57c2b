//! Bytes that may be a sample of the kernel's: nothing panics, and what is read lies within them.
//!
//! The first byte says which registers the event asked for, and whether it asked for the stack. `seeds/samples` holds samples
//! with both, with registers alone, and of a thread that had neither.
#![no_main]

use libfuzzer_sys::fuzz_target;
use usdt_trace::attach::sample::Sample;

fuzz_target!(|bytes: &[u8]| {
    let Some((&asked, record)) = bytes.split_first() else { return };
    let _ = Sample::id(record);
    let (mask, stack) = (u64::from(asked >> 1) << 3, asked & 1 != 0);
    let Some(sample) = Sample::read(record, mask, stack) else { return };
    assert!(stack || sample.stack.is_empty());
    assert!(sample.stack.len() <= record.len());
    for number in 0..66 {
        let known = sample.register(number).is_some();
        assert!(!known || mask >> number & 1 == 1, "{number}");
    }
});
