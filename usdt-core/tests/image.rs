//! Static sites and images do the same things in the same way: what both have written down is compared here.
#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little")),
    target_pointer_width = "64",
    not(any(usdt_probes_off, usdt_probes_dtrace))
))]

use usdt_core::model::{ArgType, Argument, Probe, Provider};
use usdt_core::stapsdt::image::{Architecture, Image};

const HOST: Architecture = Architecture::HOST.expect("this is compiled where there are images");

fn image() -> Image {
    let args = (0..6).map(|i| Argument { name: format!("arg{i}"), ty: ArgType::U64 }).collect();
    let probe = Probe { name: "probe".to_owned(), doc: String::new(), args };
    Image::build(&Provider { name: "provider".to_owned(), probes: vec![probe] }, HOST)
}

#[test]
fn the_operands_are_in_the_registers_of_a_trampoline() {
    let registers = [
        usdt_core::__usdt_register!(0),
        usdt_core::__usdt_register!(1),
        usdt_core::__usdt_register!(2),
        usdt_core::__usdt_register!(3),
        usdt_core::__usdt_register!(4),
        usdt_core::__usdt_register!(5),
    ];
    let operands = registers.map(|register| format!("8@{register}")).join(" ");
    let note = format!("provider\0probe\0{operands}\0");
    let image = image();
    assert!(image.bytes.windows(note.len()).any(|bytes| bytes == note.as_bytes()), "{operands}");
}

#[test]
fn the_semaphores_begin_on_a_page_of_the_same_size() {
    assert_eq!(HOST.page().to_string(), usdt_core::__usdt_page!());
}

/// A nop, and on x86_64 the ten bytes behind it.
#[test]
fn the_trap_is_the_same() {
    let trap = usdt_core::__usdt_trap!("semaphore");
    let (nop, behind) = trap.split_once('\n').expect("two lines");
    assert_eq!(nop, "990: nop");
    let bytes: Vec<u8> = match HOST {
        Architecture::X86_64 => {
            let line = behind.lines().next().expect("a second line");
            let numbers = line.strip_prefix(".byte ").expect("bytes").split(',');
            [0x90].into_iter().chain(numbers.map(number)).collect()
        }
        Architecture::Aarch64 => vec![0x1f, 0x20, 0x03, 0xd5],
    };
    let image = image();
    let stub = &image.bytes[image.sites[0].stub.offset()..image.code.end];
    assert!(stub.windows(bytes.len()).any(|window| window == bytes), "{bytes:x?} in {:x?}", &stub[..32]);
}

/// A number as the assembler reads it.
fn number(text: &str) -> u8 {
    let number =
        text.strip_prefix("0x").map_or_else(|| text.parse(), |digits| u8::from_str_radix(digits, 16));
    number.expect("a byte")
}
