//! Bytes that may be the map that a process writes of the code that it made: nothing panics, no two functions overlap, the last line is
//! believed, and it is all the same how many lines are read at once.
//!
//! `seeds/perf_map` holds lines of Node's, and lines that overlap, wrap around, or are none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use usdt_trace::symbols::Functions;

fuzz_target!(|bytes: &[u8]| {
    let functions = read([bytes]);
    let lines = bytes.split(|&byte| byte == b'\n');
    assert!(functions.len() <= lines.clone().count());
    let mut end = 0;
    for (range, name) in functions.iter() {
        assert!(end <= range.start && range.start < range.end && !name.is_empty());
        assert_eq!(functions.find(range.start), Some((range.start, name)));
        assert_eq!(functions.find(range.end - 1), Some((range.start, name)));
        end = range.end;
    }
    assert!(functions.find(u64::MAX).is_none());
    let alone = lines.clone().rev().map(|line| read([line])).find(|functions| !functions.is_empty());
    if let Some((range, name)) = alone.as_ref().and_then(|functions| functions.iter().next()) {
        assert_eq!(functions.find(range.start), Some((range.start, name)));
    }
    assert!(read(lines).iter().eq(functions.iter()));
});

fn read<'bytes>(pieces: impl IntoIterator<Item = &'bytes [u8]>) -> Functions {
    let mut functions = Functions::new();
    pieces.into_iter().for_each(|piece| functions.add(piece));
    functions
}
