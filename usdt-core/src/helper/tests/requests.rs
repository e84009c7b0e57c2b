//! The bytes that a kernel gets, as its headers lay them out.

use crate::helper::request::{Answer, Argument, Request, helper};
use crate::helper::{DofMemory, System};

const PROCESS: u32 = 0x0102_0304;

/// What `struct dof_helper` begins with on every system.
fn expected(dof: &DofMemory) -> Vec<u8> {
    let mut bytes = b"orders\0\0".to_vec();
    bytes.extend([0; 56]);
    bytes.extend(dof.address().to_le_bytes());
    bytes.extend(dof.address().to_le_bytes());
    assert_eq!(bytes.len(), 80);
    bytes
}

#[test]
fn illumos_takes_80_bytes() {
    let dof = DofMemory::reserve("orders", 8);
    let add = Request { number: 0x6474_6803, argument: Argument::Structure(expected(&dof)) };
    assert_eq!(System::Illumos.add(&dof, PROCESS), add);
    let remove = Request { number: 0x6474_6802, argument: Argument::Number(7) };
    assert_eq!(System::Illumos.remove(7), remove);
    assert_eq!(System::Illumos.answer(7, &add, &dof), Answer::Generation(7));
}

#[test]
fn freebsd_takes_the_process_and_gives_the_generation_in_the_structure() {
    let dof = DofMemory::reserve("orders", 8);
    let mut bytes = expected(&dof);
    bytes.extend([4, 3, 2, 1, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(bytes.len(), 88);
    let mut add = Request { number: 0xc058_7a03, argument: Argument::Structure(bytes.clone()) };
    assert_eq!(System::FreeBsd.add(&dof, PROCESS), add);
    let remove = Request { number: 0x8004_7a02, argument: Argument::Structure(vec![7, 0, 0, 0]) };
    assert_eq!(System::FreeBsd.remove(7), remove);

    assert_eq!(System::FreeBsd.answer(0, &add, &dof), Answer::Nonsense(-1));
    bytes[84..].copy_from_slice(&[9, 0, 0, 0]);
    add.argument = Argument::Structure(bytes);
    assert_eq!(System::FreeBsd.answer(0, &add, &dof), Answer::Generation(9));
}

#[test]
fn macos_takes_a_pointer_to_a_list_and_gives_the_generation_in_the_place_of_the_dof() {
    let dof = DofMemory::reserve("orders", 8);
    let mut bytes = vec![1, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend(expected(&dof));
    assert_eq!(bytes.len(), 88);
    let mut add = Request { number: 0x8008_6804, argument: Argument::Pointer(bytes.clone()) };
    assert_eq!(System::MacOs.add(&dof, PROCESS), add);
    let remove = Request { number: 0x2000_6802, argument: Argument::Number(7) };
    assert_eq!(System::MacOs.remove(7), remove);

    assert_eq!(System::MacOs.answer(0, &add, &dof), Answer::Ignored);
    bytes[80..].copy_from_slice(&[9, 0, 0, 0, 0, 0, 0, 0]);
    add.argument = Argument::Pointer(bytes);
    assert_eq!(System::MacOs.answer(0, &add, &dof), Answer::Generation(9));
}

/// The numbers say how large the structure is, and which way it is copied.
#[test]
fn the_numbers_agree_with_the_structures() {
    let dof = DofMemory::reserve("orders", 8);
    let size = |number: u32| number >> 16 & 0x1fff;
    let (copied_in, copied_out) = (0x8000_0000, 0x4000_0000);

    let add = System::FreeBsd.add(&dof, PROCESS);
    assert_eq!(size(add.number) as usize, add.structure().len());
    assert_eq!(add.number & 0xe000_0000, copied_in | copied_out);
    let remove = System::FreeBsd.remove(7);
    assert_eq!(size(remove.number) as usize, remove.structure().len());
    assert_eq!(remove.number & 0xe000_0000, copied_in);

    let add = System::MacOs.add(&dof, PROCESS);
    assert_eq!(size(add.number) as usize, size_of::<u64>());
    assert_eq!(add.number & 0xe000_0000, copied_in);
    assert_eq!(size(System::MacOs.remove(7).number), 0);
}

#[test]
fn a_module_name_is_cut_where_it_has_to_be() {
    let name = |module: &str| helper(&DofMemory::reserve(module, 8))[..64].to_vec();
    let padded = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(64, 0);
        bytes
    };
    assert_eq!(name(&"x".repeat(63)), padded(&"x".repeat(63)));
    assert_eq!(name(&"x".repeat(64)), padded(&"x".repeat(63)));
    // Of the last letter, one byte would fit.
    assert_eq!(name(&("x".repeat(62) + "é")), padded(&"x".repeat(62)));
    assert_eq!(name("a\0b"), padded("a"));
    assert_eq!(name(""), padded(""));
}
