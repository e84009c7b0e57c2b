//! What isn't a file with probes at all. Files with flaws are made by compilers, in `tests/inspect.rs`.

use super::*;

#[test]
fn what_is_no_elf_file_is_refused() {
    for data in [&b""[..], b"#!/bin/sh\n", b"\x7fELF", &[0; 4096]] {
        assert!(inspect(data).is_err());
    }
}

#[test]
fn a_file_for_another_machine_is_refused() {
    let mut head = [0; 64];
    head[..6].copy_from_slice(b"\x7fELF\x01\x01");
    assert!(matches!(inspect(&head), Err(Refused::Unsupported(_))));
    head[4] = 2;
    assert!(matches!(inspect(&head), Err(Refused::Unsupported(_))));
}
