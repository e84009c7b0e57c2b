//! The reader, with memory that was written by hand, and with what is wrong about it.

use std::path::Path;

use usdt_core::model::ArgType;
use usdt_core::recorder::format::{CUT, HEADER_SIZE, NOTHING, header, slot};

use super::testing::{ADDRESS, Region, SLOT, text};
use super::{Bytes, Core, Memory, Recording, recordings};
use crate::{Read, Value};

fn read(region: &Region) -> Recording {
    let found = recordings(&Bytes::new(ADDRESS, &region.bytes));
    let [recording] = <[Recording; 1]>::try_from(found).expect("one recorder");
    recording
}

fn numbers(recording: &Recording) -> Vec<u64> {
    recording.firings.iter().map(|fired| fired.number).collect()
}

#[test]
fn the_last_firings_are_in_their_order() {
    let recording = read(&Region::of_shop(8, 21));
    assert_eq!(numbers(&recording), (13..21).collect::<Vec<_>>());
    assert_eq!((recording.pid, recording.total, recording.realtime), (1234, 21, 1_000_000));
    assert_eq!((recording.damaged, recording.dropped, recording.is_cut), (0, 0, false));
    let last = &recording.firings[7].event;
    assert_eq!((last.time.0, last.tid, last.pid), (1020, 1240, 1234));
    assert_eq!(last.probe.to_string(), "shop:sold(id: u64, name: str)");
    assert_eq!((&last["id"], &last["name"]), (&Value::Unsigned(20), &Value::Text("tea".to_owned())));
}

#[test]
fn every_kind_of_value() {
    use ArgType::*;
    let mut region = Region::new(2);
    let args =
        [("a", I32), ("b", U128), ("c", Bool), ("d", F64), ("e", Bytes), ("f", Json), ("g", Str), ("h", U8)];
    let id = region.probe("p", "q", &args);
    let words = [(-5_i64).cast_unsigned(), 11, 7, 1, (-2.5_f64).to_bits()];
    let mut arguments = words.map(u64::to_le_bytes).concat();
    arguments.extend([text(b"\0\xFF", 0), text(b"[1,", CUT), text(b"", NOTHING)].concat());
    region.fire(0, id, 7, &arguments);
    let cut = Read { value: Value::Json("[1,".to_owned()), late: false, cut: true };
    let exact = [
        Value::Signed(-5),
        Value::Unsigned((7 << 64) + 11),
        Value::Bool(true),
        Value::Float(-2.5),
        Value::Bytes(vec![0, 0xFF]),
    ];
    let mut expected: Vec<Read> = exact.into_iter().map(Read::exact).collect();
    expected.push(cut);
    expected.extend([Value::None, Value::Unreadable("it didn't fit")].map(Read::exact));
    assert_eq!(read(&region).firings[0].event.values, expected);
}

#[test]
fn what_was_being_written_is_unfinished_and_what_does_not_fit_is_damaged() {
    let mut region = Region::of_shop(8, 8);
    let sequence = |region: &Region, number| region.slot(number) + slot::SEQUENCE;
    let at = sequence(&region, 3);
    region.word(at, 2 * 11 + 1);
    let at = sequence(&region, 4);
    region.word(at, 2 * 5 + 2);
    let at = sequence(&region, 5);
    region.word(at, u64::MAX);
    let at = region.slot(6) + slot::PROBE;
    region.put(at, &77_u32.to_le_bytes());
    region.word(header::NEXT, 12);
    region.word(header::DROPPED, 2);
    let recording = read(&region);
    assert_eq!(numbers(&recording), [0, 1, 2, 7]);
    assert_eq!((recording.unfinished, recording.damaged, recording.dropped), (vec![11], 3, 2));
}

#[test]
fn a_probe_that_the_table_had_no_room_for_has_no_name() {
    let mut region = Region::new(2);
    region.fire(0, 0, 1, &7_u64.to_le_bytes());
    assert_eq!(read(&region).firings[0].event.probe.full_name(), "?:?");
}

#[test]
fn recorders_stand_side_by_side_and_never_within_another() {
    let first = Region::of_shop(8, 8);
    let size = first.bytes.len();
    let mut second = Region::of_shop(8, 9);
    second.word(header::ADDRESS, ADDRESS + size as u64);
    let both = [first.bytes.clone(), second.bytes.clone()].concat();
    let totals = |bytes: &[u8]| -> Vec<u64> {
        recordings(&Bytes::new(ADDRESS, bytes)).iter().map(|recording| recording.total).collect()
    };
    assert_eq!(size % 4096, 1024);
    assert_eq!(totals(&both), [8], "the second is at no page");
    let padded = Region::of_shop(32, 32);
    let size = padded.bytes.len();
    second.word(header::ADDRESS, ADDRESS + size as u64);
    let mut both = [padded.bytes, second.bytes].concat();
    assert_eq!(totals(&both), [32, 9]);
    // The first one says that it has the second, too.
    let all = both.len() as u64;
    both[header::SIZE..header::SIZE + 8].copy_from_slice(&all.to_le_bytes());
    assert_eq!(totals(&both), [32]);
}

#[test]
fn a_header_that_can_not_be_is_none() {
    for (offset, value) in [
        (header::ADDRESS, ADDRESS + 4096),
        (header::SIZE, u64::MAX),
        (header::PROBES, u64::MAX),
        (header::PROBES_SIZE, 1 << 40),
        (header::SLOTS, 8),
        (header::SLOT_SIZE, 8),
        (header::SLOT_SIZE, 1 << 20),
        (header::SLOT_COUNT, 0),
        (header::SLOT_COUNT, 7),
        (header::SLOT_COUNT, 1 << 63),
        (header::MAGIC, 0),
        (header::VERSION, 2),
    ] {
        let mut region = Region::of_shop(8, 8);
        region.word(offset, value);
        assert!(recordings(&Bytes::new(ADDRESS, &region.bytes)).is_empty(), "{offset}: {value:#x}");
    }
}

#[test]
fn memory_that_ends_early_has_what_is_there() {
    let region = Region::of_shop(8, 8);
    let slots = region.slot(0);
    let recording = |len: usize| recordings(&Bytes::new(ADDRESS, &region.bytes[..len])).pop();
    assert!(recording(100).is_none());
    let cut = recording(slots + 3 * SLOT + 5).expect("a recorder");
    assert_eq!((numbers(&cut), cut.is_cut), (vec![0, 1, 2], true));
    let cut = recording(HEADER_SIZE + 8).expect("a recorder");
    assert!(cut.firings.is_empty() && cut.is_cut);
}

#[test]
fn damage_of_any_kind_is_survived() {
    let whole = Region::of_shop(16, 40);
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |most: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % most as u64).unwrap()
    };
    for _ in 0..5000 {
        let mut region = whole.clone();
        for _ in 0..=next(8) {
            // Most of it would be zeroes that nobody reads.
            let start = [0, HEADER_SIZE, region.slot(0)][next(3)];
            let at =
                start + next([112, 64, 16 * SLOT][usize::from(start > 0) + usize::from(start > HEADER_SIZE)]);
            region.bytes[at] = [0, 1, 0x7F, 0xFF, u8::try_from(next(256)).unwrap()][next(5)];
        }
        region.bytes.truncate(region.bytes.len() - next(2) * next(region.bytes.len()));
        for recording in recordings(&Bytes::new(ADDRESS, &region.bytes)) {
            assert!(recording.firings.is_sorted_by_key(|fired| fired.number));
            assert!(recording.firings.len() + recording.unfinished.len() <= 16 * 4);
        }
    }
}

/// A core dump with this at [`ADDRESS`], and before it memory that could not be written.
fn core(region: &Region, filesz: u64) -> Vec<u8> {
    let segment = |flags: u32, offset: u64, address: u64, filesz: u64| {
        let words = [offset, address, 0, filesz, filesz, 4096].map(u64::to_le_bytes).concat();
        [&1_u32.to_le_bytes()[..], &flags.to_le_bytes(), &words].concat()
    };
    let mut core = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0\x3e\0\x01\0\0\0".to_vec();
    core.extend([0_u64, 64, 0].map(u64::to_le_bytes).concat());
    core.extend(
        [0_u32.to_le_bytes().to_vec(), [64_u16, 56, 2, 64, 0, 0].map(u16::to_le_bytes).concat()].concat(),
    );
    core.extend(segment(4, 0, 0x1000, 64));
    core.extend(segment(6, 4096, ADDRESS, filesz));
    core.resize(4096, 0);
    core.extend(&region.bytes);
    core
}

fn opened(name: &str, bytes: &[u8]) -> Result<Core, String> {
    let path = std::env::temp_dir().join(format!("usdt-trace-core-{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).expect("it is written");
    let core = Core::open(Path::new(&path)).map_err(|error| error.to_string());
    std::fs::remove_file(&path).expect("it is there");
    core
}

#[test]
fn a_core_is_read_and_a_cut_one_as_far_as_it_goes() {
    let region = Region::of_shop(8, 8);
    let bytes = core(&region, region.bytes.len() as u64);
    let whole = opened("whole", &bytes).expect("a core");
    assert!(!whole.is_cut());
    assert_eq!(whole.regions().len(), 1);
    assert_eq!(numbers(&recordings(&whole)[0]), (0..8).collect::<Vec<_>>());
    for len in (0..bytes.len()).step_by(101) {
        match opened("cut", &bytes[..len]) {
            Ok(core) => {
                assert!(core.is_cut(), "{len}");
                assert!(recordings(&core).iter().all(|recording| recording.is_cut), "{len}");
            }
            Err(error) => assert!(len < 64 + 2 * 56 && error.lines().count() == 1, "{len}: {error}"),
        }
    }
}

#[test]
fn a_core_that_promises_too_much_is_a_cut_one() {
    let core = opened("huge", &core(&Region::of_shop(8, 8), u64::MAX - 1)).expect("a core");
    assert!(core.is_cut());
    assert_eq!(recordings(&core)[0].firings.len(), 8);
}

#[test]
fn what_is_no_core_is_refused() {
    let program = Core::open(&std::env::current_exe().expect("this one")).unwrap_err().to_string();
    assert!(program.contains("no core dump"), "{program}");
    assert!(Core::open(Path::new("/")).unwrap_err().to_string().ends_with("not an ELF file"));
}
