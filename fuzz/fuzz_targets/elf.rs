//! Bytes that may be an ELF file: nothing panics, and what is a site has a place in the file.
//!
//! `seeds/elf` holds small libraries with probes: one of C, with every kind of operand, and an image of each architecture.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use usdt_trace::find::inspect_bytes;

fuzz_target!(|bytes: &[u8]| {
    let Ok(inspected) = inspect_bytes(Path::new("fuzz.so"), bytes) else { return };
    for flaw in &inspected.flaws {
        let _ = flaw.to_string();
    }
    for probe in &inspected.probes {
        let _ = probe.to_string();
        assert!(!probe.sites.is_empty());
        for site in &probe.sites {
            assert!(site.offset.is_some());
        }
    }
});
