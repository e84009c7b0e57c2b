//! Bytes that may be a DOF: nothing panics, and what can be read can be written, and is then the same.
//!
//! `seeds/dof_decode` holds the DOFs of `usdt-core/src/dof/tests/golden.rs` (the one of DTrace for Linux with its sites filled
//! in), and one of several providers with everything that a DOF can say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use usdt_core::dof::{Dof, Flavour, Version, decode, dump, encode, length};

fuzz_target!(|bytes: &[u8]| {
    let read = decode(bytes);
    assert_eq!(dump(bytes).err(), read.as_ref().err().cloned());
    match read {
        Ok(dof) => {
            assert_eq!(length(bytes), Ok(bytes.len()));
            write_and_read(dof);
        }
        Err(error) => assert!(error.offset <= bytes.len(), "{error}"),
    }
});

fn write_and_read(dof: Dof) {
    // Version 1 is read and not written: what it can say, version 2 can say too.
    let flavours: &[Flavour] = match dof.version {
        Version::One | Version::Two => &[Flavour::Illumos, Flavour::FreeBsd],
        Version::Three => &[Flavour::MacOs],
    };
    for &flavour in flavours {
        // What a kernel would drop is read, and not written.
        let Ok(written) = encode(&dof.providers, flavour) else { continue };
        assert!(written.len() <= flavour.max_size());
        let again = decode(&written).expect("what this library has written");
        assert_eq!((again.version, &again.providers), (flavour.version(), &dof.providers));
        assert_eq!(encode(&again.providers, flavour), Ok(written));
    }
}
