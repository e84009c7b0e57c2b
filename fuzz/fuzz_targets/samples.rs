//! Bytes that may be a sample of the kernel's: nothing panics, and what is read lies within them.
//!
//! The first byte says which registers the event asked for, and whether it asked for the stack; each record is read as one of an
//! event that asked for frames, too. `seeds/samples` holds samples with both, with registers alone, and of a thread that had
//! neither.
#![no_main]

use libfuzzer_sys::fuzz_target;
use usdt_trace::attach::sample::{Contents, Sample};

fuzz_target!(|bytes: &[u8]| {
    let Some((&asked, record)) = bytes.split_first() else { return };
    let _ = Sample::id(record);
    let (mask, stack) = (u64::from(asked >> 1) << 3, asked & 1 != 0);
    for frames in [false, true] {
        read(record, Contents { frames, registers: mask, stack });
    }
});

fn read(record: &[u8], asked: Contents) {
    let Some(sample) = Sample::read(record, asked) else { return };
    let Contents { frames, registers: mask, stack } = asked;
    assert!(frames || sample.frames().next().is_none());
    assert!(sample.frames().count() <= record.len() / 8);
    assert!(stack || sample.stack.is_empty());
    assert!(sample.stack.len() <= record.len());
    for number in 0..66 {
        let known = sample.register(number).is_some();
        assert!(!known || mask >> number & 1 == 1, "{number}");
    }
}
