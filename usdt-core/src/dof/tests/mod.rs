//! Writing, reading and showing DOFs.

mod golden;
mod hostile;
mod independent;
mod random;
mod refused;
mod round_trip;

use super::{DofProbe, DofProvider};
use crate::model::{ArgType, Probe};

/// A probe with a site in a function.
fn probe(name: &str, function: &str) -> DofProbe {
    DofProbe::new(&Probe::new(name), function, 0x1000).sites([0x10])
}

/// A provider with everything that a DOF can say: two functions, arguments in another order, is-enabled sites.
fn orders() -> DofProvider {
    let start = Probe::new("request-start").arg("id", ArgType::U64).arg("path", ArgType::Str);
    let mut done = DofProbe::new(&Probe::new("request-done").arg("reply", ArgType::Bytes), "finish", 0x2000)
        .enabled_sites([0, 0x44]);
    done.translated.rotate_left(1);
    DofProvider::new("orders")
        .probe(DofProbe::new(&start, "main", 0x1000).sites([0x30, 0x10]).enabled_sites([0x20]))
        .probe(DofProbe::new(&start, "retry", 0x1800).sites([0x10]))
        .probe(done)
}
