//! A firing whose slot another thread has: the slots are made to look so.

#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(usdt_probes_off),
    not(usdt_probes_dtrace)
))]

mod recording;

use recording::Recording;
use usdt_core::recorder::format::slot;
use usdt_core::recorder::{self, Options};
use usdt_core::runtime::{ArgType, ProbeDefinition, Provider, ProviderDefinition};

/// What the sequence is while a firing is written, and when it is complete.
fn writing(firing: u64) -> u64 {
    2 * firing + 1
}

fn complete(firing: u64) -> u64 {
    2 * firing + 2
}

#[test]
fn a_slot_that_another_thread_has_is_left_to_it() {
    let sold = ProbeDefinition::new("sold").arg("id", ArgType::U64);
    let shop = Provider::define(ProviderDefinition::new("rec_slots").probe(sold)).unwrap();
    let sold = shop.probe("sold").unwrap();
    let fire = |ids: std::ops::Range<u64>| ids.for_each(|id| sold.fire((id,)));
    let sequences = || {
        let recording = Recording::own();
        [0, 1, 2, 3].map(|firing| recording.number(recording.slot(firing) + slot::SEQUENCE, 8))
    };
    let pretend = |firing: u64, sequence| {
        let recording = Recording::own();
        recording.write(recording.slot(firing) + slot::SEQUENCE, sequence);
    };
    recorder::start(Options::new().firings(4)).unwrap();

    fire(0..1);
    pretend(1, writing(1));
    fire(1..8);
    assert_eq!(sequences(), [complete(4), writing(1), complete(6), complete(7)]);
    assert_eq!(Recording::own().dropped(), 2);

    // It has finished.
    pretend(1, complete(1));
    fire(8..10);
    assert_eq!(sequences(), [complete(8), complete(9), complete(6), complete(7)]);

    // This thread took number 10 and was held up: others went round the ring meanwhile.
    pretend(10, complete(14));
    fire(10..12);
    assert_eq!(sequences(), [complete(8), complete(9), complete(14), complete(11)]);
    let recording = Recording::own();
    assert_eq!((recording.dropped(), recording.number(recording.slot(3) + slot::VALUES, 8)), (3, 11));
    recorder::stop();
}
