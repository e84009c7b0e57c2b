//! The number of an image.
//!
//! Programs that define the same provider share one file, and take any difference in the number for another file. So it
//! is made of the whole file, and of the definition too: a note has only the first paragraph of a doc, and only those
//! arguments that tracers can read.

use twox_hash::XxHash3_128;

use crate::model::{ArgType, Provider};

/// To be raised by whatever programs that share an image must agree on and the file doesn't show.
const VERSION: u32 = 1;

/// The id of the image of a definition, from the file with an id of zeroes.
pub(super) fn of(definition: &Provider<ArgType>, file: &[u8]) -> [u8; 16] {
    let mut hashed = file.to_vec();
    hashed.extend(VERSION.to_le_bytes());
    text(&mut hashed, &definition.name);
    for probe in &definition.probes {
        text(&mut hashed, &probe.name);
        text(&mut hashed, &probe.doc);
        number(&mut hashed, probe.args.len());
        for arg in &probe.args {
            text(&mut hashed, &arg.name);
            hashed.push(arg.ty as u8);
        }
    }
    // Big-endian, as people read numbers: `readelf` shows the same digits.
    XxHash3_128::oneshot(&hashed).to_be_bytes()
}

/// With its length first, so that two texts are never taken for two others.
fn text(hashed: &mut Vec<u8>, text: &str) {
    number(hashed, text.len());
    hashed.extend(text.bytes());
}

fn number(hashed: &mut Vec<u8>, number: usize) {
    hashed.extend((number as u64).to_le_bytes());
}
