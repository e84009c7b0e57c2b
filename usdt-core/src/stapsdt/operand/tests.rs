//! What compilers put into notes, what they can't mean, and what nobody would write.

use super::*;
use crate::model::Architecture::{self, Aarch64, X86_64};

const UNSIGNED: Width = Width { bytes: 8, sort: Sort::Unsigned };

fn general(number: u8, bytes: u8) -> Register {
    Register { name: RegisterName::General(number), shift: 0, bytes }
}

fn vector(number: u8, bytes: u8) -> Register {
    Register { name: RegisterName::Vector(number), shift: 0, bytes }
}

fn at(base: Base, index: Option<(Register, u8)>, displacement: i64) -> Place {
    Place::Memory(Address { base, index, displacement })
}

fn on(number: u8, displacement: i64) -> Place {
    at(Base::Register(general(number, 8)), None, displacement)
}

fn symbol(name: &str, displacement: i64) -> Place {
    at(Base::Symbol(name.to_owned()), None, displacement)
}

fn only(text: &str, architecture: Architecture) -> Result<Operand, OperandError> {
    let mut operands = parse(text, architecture);
    assert_eq!(operands.len(), 1, "{text:?}: {operands:?}");
    operands.remove(0)
}

#[track_caller]
fn check(architecture: Architecture, table: &[(&str, Place)]) {
    for (text, place) in table {
        assert_eq!(only(&format!("8@{text}"), architecture).map(|operand| operand.place).as_ref(), Ok(place));
    }
}

#[track_caller]
fn check_problems(architecture: Architecture, table: &[(&str, &str)]) {
    for (text, problem) in table {
        let error = only(text, architecture).expect_err(text);
        assert_eq!((error.operand.as_str(), error.problem), (*text, *problem));
    }
}

#[test]
fn registers_of_x86_64() {
    use Place::Register as R;
    check(
        X86_64,
        &[
            ("%rax", R(general(0, 8))),
            ("%eax", R(general(0, 4))),
            ("%ax", R(general(0, 2))),
            ("%al", R(general(0, 1))),
            ("%ah", R(Register { shift: 8, ..general(0, 1) })),
            ("%bh", R(Register { shift: 8, ..general(3, 1) })),
            ("%ecx", R(general(1, 4))),
            ("%dl", R(general(2, 1))),
            ("%rsp", R(general(4, 8))),
            ("%bpl", R(general(5, 1))),
            ("%sil", R(general(6, 1))),
            ("%edi", R(general(7, 4))),
            ("%r8", R(general(8, 8))),
            ("%r8d", R(general(8, 4))),
            ("%r9w", R(general(9, 2))),
            ("%r10b", R(general(10, 1))),
            ("%r15d", R(general(15, 4))),
            ("%xmm0", R(vector(0, 16))),
            ("%xmm15", R(vector(15, 16))),
            ("%ymm1", R(vector(1, 32))),
            ("%zmm31", R(vector(31, 64))),
            ("%rip", R(Register { name: RegisterName::ProgramCounter, shift: 0, bytes: 8 })),
        ],
    );
}

#[test]
fn constants_of_x86_64() {
    use Place::Constant as C;
    check(
        X86_64,
        &[
            ("$5", C(5)),
            ("$0", C(0)),
            ("$-1", C(-1)),
            ("$0x10", C(16)),
            ("$-0x10", C(-16)),
            ("$017", C(15)),
            ("$9223372036854775807", C(i64::MAX)),
            ("$-9223372036854775808", C(i64::MIN)),
            ("$18446744073709551615", C(-1)),
        ],
    );
}

#[test]
fn memory_of_x86_64() {
    let indexed = |base, scale, displacement| at(base, Some((general(3, 8), scale)), displacement);
    check(
        X86_64,
        &[
            ("(%rax)", on(0, 0)),
            ("8(%rsp)", on(4, 8)),
            ("-8(%rbp)", on(5, -8)),
            ("0x18(%rbx)", on(3, 24)),
            ("-0x18(%r15)", on(15, -24)),
            ("8+16(%rdi)", on(7, 24)),
            ("4(%eax)", at(Base::Register(general(0, 4)), None, 4)),
            ("16(%rax,%rbx,8)", indexed(Base::Register(general(0, 8)), 8, 16)),
            ("(%rax,%rbx)", indexed(Base::Register(general(0, 8)), 1, 0)),
            ("(%rax,%rbx,1)", indexed(Base::Register(general(0, 8)), 1, 0)),
            ("(,%rbx,8)", indexed(Base::None, 8, 0)),
            ("counter(%rip)", symbol("counter", 0)),
            ("counter+8(%rip)", symbol("counter", 8)),
            ("8+counter(%rip)", symbol("counter", 8)),
            ("counter-8(%rip)", symbol("counter", -8)),
            (".LC0(%rip)", symbol(".LC0", 0)),
            ("calls.0(%rip)", symbol("calls.0", 0)),
            ("_ZN5shop4sold17h0123456789abcdefE(%rip)", symbol("_ZN5shop4sold17h0123456789abcdefE", 0)),
            ("counter", symbol("counter", 0)),
            ("table+4(,%rbx,4)", indexed(Base::Symbol("table".to_owned()), 4, 4)),
            ("table(%rbx)", indexed(Base::Symbol("table".to_owned()), 1, 0)),
        ],
    );
}

#[test]
fn what_x86_64_has_not() {
    check_problems(
        X86_64,
        &[
            ("8@%fs:0x28", "thread-local"),
            ("8@%fs:errno@tpoff", "thread-local"),
            ("8@%gs:(%rax)", "thread-local"),
            ("8@counter@tpoff(%rax)", "thread-local"),
            ("8@stderr@GOTPCREL(%rip)", "an address from a table of the linker's"),
            ("8@$stderr", "the address of a symbol"),
            ("8@$", "not a number"),
            ("8@$08", "not a number"),
            ("8@$18446744073709551616", "not a number"),
            ("8@$-9223372036854775809", "not a number"),
            ("8@%rex", "no register of x86_64"),
            ("8@%", "no register of x86_64"),
            ("8@%r7", "no register of x86_64"),
            ("8@%r16d", "no register of x86_64"),
            ("8@%r08", "no register of x86_64"),
            ("8@%xmm32", "no register of x86_64"),
            ("8@%st(1)", "no register of x86_64"),
            ("8@5", "not an operand of x86_64"),
            ("8@", "not an operand of x86_64"),
            ("8@()", "no register between the parentheses"),
            ("8@8(%rsp", "a parenthesis that isn't closed"),
            ("8@(%ax)", "an address from what is no register of 4 or 8 bytes"),
            ("8@(%xmm0)", "an address from what is no register of 4 or 8 bytes"),
            ("8@(%rax,)", "an address from what is no register of 4 or 8 bytes"),
            ("8@(%rax,%rbx,3)", "a scale that is not 1, 2, 4 or 8"),
            ("8@(%rax,%rbx,8,1)", "a scale that is not 1, 2, 4 or 8"),
            ("8@table(%rax,%rbx,8)", "a symbol and two registers"),
            ("8@a+b(%rip)", "two symbols"),
            ("8@4-b(%rip)", "neither a number nor a symbol"),
            ("8@1b(%rip)", "neither a number nor a symbol"),
            ("8@[sp,8]", "neither a number nor a symbol"),
            ("3@%rax", "a size that is not 1, 2, 4 or 8"),
            ("16@%rax", "a size that is not 1, 2, 4 or 8"),
            ("2f@%xmm0", "a float whose size is not 4 or 8"),
        ],
    );
}

#[test]
fn operands_of_aarch64() {
    use Place::{Constant as C, Register as R};
    let base = Base::Register(general(0, 8));
    check(
        Aarch64,
        &[
            ("x0", R(general(0, 8))),
            ("w28", R(general(28, 4))),
            ("x29", R(general(29, 8))),
            ("fp", R(general(29, 8))),
            ("x30", R(general(30, 8))),
            ("lr", R(general(30, 8))),
            ("sp", R(general(31, 8))),
            ("wsp", R(general(31, 4))),
            ("xzr", C(0)),
            ("wzr", C(0)),
            ("d0", R(vector(0, 8))),
            ("s31", R(vector(31, 4))),
            ("v7", R(vector(7, 16))),
            ("q7", R(vector(7, 16))),
            ("5", C(5)),
            ("#5", C(5)),
            ("-1", C(-1)),
            ("0x10", C(16)),
            ("[x0]", on(0, 0)),
            ("[x0, 8]", on(0, 8)),
            ("[x0,8]", on(0, 8)),
            ("[x0, #-8]", on(0, -8)),
            ("[sp, 12]", on(31, 12)),
            ("[x29, 0x18]", on(29, 24)),
            ("[x0, x1]", at(base.clone(), Some((general(1, 8), 1)), 0)),
            ("[x0, x1, lsl 3]", at(base.clone(), Some((general(1, 8), 8)), 0)),
            ("[x0,x1,lsl #2]", at(base.clone(), Some((general(1, 8), 4)), 0)),
            ("[x0, w1, uxtw]", at(base.clone(), Some((general(1, 4), 1)), 0)),
            ("[x0, w1, uxtw 3]", at(base, Some((general(1, 4), 8)), 0)),
        ],
    );
}

#[test]
fn what_aarch64_has_not() {
    check_problems(
        Aarch64,
        &[
            ("8@x31", "neither a number nor a register of aarch64"),
            ("8@y0", "neither a number nor a register of aarch64"),
            ("8@", "neither a number nor a register of aarch64"),
            ("8@é", "neither a number nor a register of aarch64"),
            ("8@%rax", "neither a number nor a register of aarch64"),
            ("8@counter", "neither a number nor a register of aarch64"),
            ("8@[x0", "not an address in brackets"),
            ("8@[x0, 8]!", "not an address in brackets"),
            ("8@[w0]", "an address from what is no register of 8 bytes"),
            ("8@[d0]", "an address from what is no register of 8 bytes"),
            ("8@[]", "an address from what is no register of 8 bytes"),
            ("8@[x0, d1]", "an offset that is neither a number nor a register"),
            ("8@[x0, 8, 8]", "something behind the offset"),
            ("8@[x0, #:lo12:counter]", "a part of the address of a symbol"),
            ("8@[x0, w1, sxtw 2]", "an index whose sign is extended"),
            ("8@[x0, w1]", "an index that is extended in an unknown way"),
            ("8@[x0, x1, lsl 4]", "an index that is shifted by more than 3"),
        ],
    );
}

#[test]
fn a_size_says_what_the_bits_mean() {
    for (text, bytes, sort) in [
        ("1@%al", 1, Sort::Unsigned),
        ("-1@%al", 1, Sort::Signed),
        ("2@%ax", 2, Sort::Unsigned),
        ("-4@$-1", 4, Sort::Signed),
        ("-8@8(%rsp)", 8, Sort::Signed),
        ("8f@%xmm0", 8, Sort::Float),
        ("-4f@%xmm0", 4, Sort::Float),
        ("4f@(%rax)", 4, Sort::Float),
        // Without one it is the register's.
        ("%eax", 4, Sort::Unsigned),
        ("%ah", 1, Sort::Unsigned),
        ("%xmm0", 8, Sort::Float),
        ("8(%rsp)", 8, Sort::Unsigned),
        ("$5", 8, Sort::Unsigned),
        ("counter(%rip)", 8, Sort::Unsigned),
    ] {
        assert_eq!(only(text, X86_64).map(|operand| operand.width), Ok(Width { bytes, sort }), "{text}");
    }
    assert_eq!(only("s0", Aarch64).unwrap().width, Width { bytes: 4, sort: Sort::Float });
    assert_eq!(width("8@%rex"), Some(UNSIGNED));
    assert_eq!(width("16@%rex"), None);
    assert_eq!(width("%rex"), None);
}

#[test]
fn words_are_split_at_blanks_outside_of_brackets() {
    for (text, architecture, expected) in [
        ("", X86_64, 0),
        ("  ", X86_64, 0),
        ("8@%rax -4@8(%rsp) 4@$5", X86_64, 3),
        (" 8@%rax\t8@%rbx ", X86_64, 2),
        ("%rax $5 (%rax, %rbx, 8)", X86_64, 3),
        ("8@x0 4@[sp, 12] -4@[x0, x1, lsl 3] 5 [x0, 8] x1", Aarch64, 6),
    ] {
        let operands = parse(text, architecture);
        assert_eq!(operands.len(), expected, "{operands:?}");
        assert!(operands.iter().all(Result::is_ok), "{operands:?}");
    }
    let operands = parse("8@[x0, 4 8@x1 4@[x0 -4@w1", Aarch64);
    let good: Vec<_> = operands.iter().map(Result::is_ok).collect();
    assert_eq!(good, [false, true, false, true], "{operands:?}");
}

#[test]
fn more_operands_than_anybody_writes_are_not_told_apart() {
    let operands = parse(&"%rax ".repeat(1_000_000), X86_64);
    assert_eq!(operands.len(), 65);
    assert!(operands[..64].iter().all(Result::is_ok) && operands[64].is_err());
}

#[test]
fn hostile_text_is_an_error_and_never_a_panic() {
    const WHOLE: &str =
        "8@%rax -4@8(%rsp) 8f@%xmm0 16(%rax,%rbx,8) 4@$-1 8@counter+8(%rip) 4@[sp, 12] [x0, x1, lsl #3] é";
    const MOSTLY: &[u8] = b" @%$()[],+-#:.0189xfrsplw\0\xC3\xA9\xFF";
    let mut state = 1_u64;
    let mut random = |below: usize| {
        // A linear congruential generator: the upper bits are good enough.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    for _ in 0..50_000 {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for _ in 0..=random(8) {
            let at = random(bytes.len());
            match random(3) {
                0 => bytes[at] = MOSTLY[random(MOSTLY.len())],
                1 => bytes.insert(at, MOSTLY[random(MOSTLY.len())]),
                _ => drop(bytes.drain(at..bytes.len().min(at + 1 + random(4)))),
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        for architecture in Architecture::ALL {
            for error in parse(&text, architecture).into_iter().filter_map(Result::err) {
                assert!(text.contains(&error.operand));
            }
        }
    }
}
