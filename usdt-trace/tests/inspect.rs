//! Each flaw in a program that a compiler and a linker made, and what the kernel does with the worst of them.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::bpftrace::Bpftrace;
use testkit::build::{gcc, own_copy};
use testkit::machine::require_tracing;
use usdt_trace::flaw::{Problem, Severity, Shape};
use usdt_trace::inspect::{Report, inspect};

/// A probe with a semaphore, as `dtrace -G` makes them; `PAD` is so many bytes of other data.
const SEMAPHORE: &str = r#"
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
#include <stdio.h>
unsigned short shop_sold_semaphore __attribute__((section(".probes")));
#ifdef PAD
char pad[PAD] = {1};
#endif
int main(void) {
    for (int i = 0; i < 3; i++)
        if (*(volatile unsigned short *)&shop_sold_semaphore)
            STAP_PROBE1(shop, sold, i);
    return 0;
}
"#;

/// A function that nobody calls.
const DEAD: &str = r#"
#include <sys/sdt.h>
void gone(int a) { STAP_PROBE1(shop, gone, a); }
int main(int count, char **words) { STAP_PROBE1(shop, alive, count); return 0; }
"#;

/// Notes written by hand: `NOTE(location, semaphore, provider, probe, operands)`.
const NOTE: &str = r#"
__asm__(".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"
        ".weak _.stapsdt.base\n.hidden _.stapsdt.base\n_.stapsdt.base: .space 1\n.size _.stapsdt.base, 1\n.popsection\n");
#define NOTE(location, semaphore, provider, probe, operands) \
    ".pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f,994f-993f,3\n991: .asciz \"stapsdt\"\n" \
    "992: .balign 4\n993: .8byte " location "\n.8byte _.stapsdt.base\n.8byte " semaphore "\n" \
    ".asciz \"" provider "\"\n.asciz \"" probe "\"\n.asciz \"" operands "\"\n994: .balign 4\n.popsection\n"
unsigned short one __attribute__((section(".probes"))), two __attribute__((section(".probes")));
const unsigned short fixed = 1;
"#;

/// A program whose `main` is this assembler.
fn written(body: &str, flags: &[&str]) -> Report {
    let source = format!("{NOTE}\nint main(void) {{ __asm__ volatile({body}); return 0; }}\n");
    report(&gcc(&source, flags).unwrap())
}

fn report(path: &Path) -> Report {
    inspect(&fs::read(path).unwrap()).unwrap()
}

/// What is wrong, but for what is true of every program here that has no semaphore.
fn problems(report: &Report) -> Vec<Problem> {
    let problems = report.flaws.iter().map(|flaw| flaw.problem.clone());
    problems.filter(|problem| problem.severity() != Severity::Hint).collect()
}

#[test]
fn a_usual_program_has_no_flaw() {
    let report = report(&gcc(SEMAPHORE, &[]).unwrap());
    assert_eq!((report.probes, report.sites), (1, 1));
    assert_eq!(report.flaws, []);
}

#[test]
fn what_is_at_the_location_is_seen() {
    let location = |instruction: &str| {
        let body = format!("\"990: {instruction}\\n\" NOTE(\"990b\", \"0\", \"shop\", \"sold\", \"\")");
        problems(&written(&body, &[]))
    };
    assert_eq!(location("nop"), []);
    assert_eq!(location(".byte 0x66, 0x90"), []);
    let [Problem::NotNop { bytes, .. }] = &location("push %rax\\npop %rax")[..] else {
        panic!("a push is no nop")
    };
    assert_eq!(bytes[0], 0x50);
    let long = ".byte 0x0f, 0x1f, 0x44, 0, 0";
    assert!(matches!(location(long)[..], [Problem::LongNop { .. }]));
    assert!(matches!(location(&format!("nop\\n{long}"))[..], [Problem::LongNop { .. }]));
}

#[test]
fn notes_of_dropped_code_are_seen() {
    // As a linker leaves them that keeps the note and not the function.
    let lld = ["-ffunction-sections", "-Wl,--gc-sections", "-fuse-ld=lld"];
    let report = report(&gcc(DEAD, &lld).unwrap());
    let dropped: Vec<_> = report.flaws.iter().filter(|flaw| flaw.problem == Problem::DroppedCode).collect();
    assert_eq!(dropped.len(), 1, "{report:?}");
    assert_eq!(dropped[0].probe.as_deref(), Some("shop:gone"));
    let location = |location: &str| {
        let body = format!("NOTE(\"{location}\", \"0\", \"shop\", \"sold\", \"\")");
        problems(&written(&body, &[]))
    };
    assert_eq!(location("0"), [Problem::DroppedCode]);
    assert!(matches!(location("one")[..], [Problem::NotCode { .. }]));
}

#[test]
fn operands_that_tracers_refuse_are_seen() {
    let operands = |operands: &str| {
        let body = format!("\"990: nop\\n\" NOTE(\"990b\", \"0\", \"shop\", \"sold\", \"{operands}\")");
        problems(&written(&body, &[]))
    };
    assert_eq!(operands("8@%rax -4@-20(%rbp) 4@$5"), []);
    let operand = "8f@%xmm0".to_owned();
    assert_eq!(operands("4@$5 8f@%xmm0"), [Problem::Operand { operand, shape: Shape::Float }]);
    let twelve = ["4@$1"; 12].join(" ");
    assert_eq!(operands(&twelve), []);
    assert_eq!(operands(&format!("{twelve} 4@$1")), [Problem::TooManyOperands { count: 13 }]);
}

#[test]
fn names_that_tracers_cannot_write_are_seen() {
    let body = "\"990: nop\\n\" NOTE(\"990b\", \"0\", \"sh op\", \"sold\", \"\")";
    assert!(matches!(problems(&written(body, &[]))[..], [Problem::Name { .. }]));
}

#[test]
fn semaphores_that_nobody_can_raise_are_seen() {
    let site = |semaphore: &str| {
        format!("\"990: nop\\n\" NOTE(\"990b\", \"{semaphore}\", \"shop\", \"sold\", \"\")")
    };
    assert_eq!(problems(&written(&site("one"), &[])), []);
    assert!(matches!(problems(&written(&site("fixed"), &[]))[..], [Problem::SemaphoreReadOnly { .. }]));
    assert!(matches!(problems(&written(&site("0x7000000"), &[]))[..], [Problem::SemaphoreNotInData { .. }]));
    let two = [site("one"), site("two")].join(" ");
    assert_eq!(problems(&written(&two, &[])), [Problem::SeveralSemaphores { count: 2 }]);
}

#[test]
fn what_the_linker_left_out_is_seen() {
    let report = report(&gcc(SEMAPHORE, &["-Wl,--build-id=none"]).unwrap());
    assert_eq!(problems(&report), [Problem::NoBuildId]);
    let mut data = fs::read(gcc(SEMAPHORE, &[]).unwrap()).unwrap();
    // e_shoff, and e_shnum with e_shstrndx: as `sstrip` leaves a file.
    data[0x28..0x30].fill(0);
    data[0x3C..0x40].fill(0);
    let report = inspect(&data).unwrap();
    assert_eq!(problems(&report), [Problem::NoSectionHeaders]);
}

#[test]
fn where_the_linker_put_things_is_seen() {
    let of = |flags: &[&str]| problems(&report(&gcc(SEMAPHORE, flags).unwrap()));
    assert!(of(&["-fuse-ld=lld"]).contains(&Problem::BaseAwayFromCode));
    assert_eq!(of(&["-fuse-ld=lld", "-Wl,-z,separate-loadable-segments"]), []);
    // As from a linker that has one segment for all.
    let mut data = fs::read(gcc(SEMAPHORE, &[]).unwrap()).unwrap();
    let programs = usize::from(data[0x38]);
    for program in data[64..].chunks_exact_mut(56).take(programs) {
        // PT_LOAD with PF_W gets PF_X.
        if program[0] == 1 && program[4] & 2 != 0 {
            program[4] |= 1;
        }
    }
    assert!(matches!(problems(&inspect(&data).unwrap())[..], [Problem::SemaphoreInCode { .. }]));
}

#[test]
fn damage_is_never_a_panic() {
    let data = fs::read(gcc(SEMAPHORE, &["-s"]).unwrap()).unwrap();
    // The headers, and the tables and notes at the end; what is between is code.
    let places = (0..1024).chain(data.len().saturating_sub(4096)..data.len());
    for at in places {
        for value in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut damaged = data.clone();
            damaged[at] = value;
            let _ = inspect(&damaged);
        }
    }
    for len in (0..data.len()).step_by(61) {
        let _ = inspect(&data[..len]);
    }
}

/// The kernel is asked too: does a program that starts after the tracer attached fire?
#[test]
fn semaphores_on_a_page_that_is_mapped_twice_are_never_raised_at_the_start() {
    if !require_tracing() {
        return;
    }
    let layouts: [(&[&str], bool); 5] = [
        (&[], false),
        (&["-fuse-ld=lld"], true),
        (&["-fuse-ld=lld", "-DPAD=4096"], false),
        (&["-fuse-ld=lld", "-Wl,-z,norelro"], false),
        (&["-fuse-ld=lld", "-Wl,-z,separate-loadable-segments"], false),
    ];
    for (flags, is_lost) in layouts {
        let program = own_copy(&gcc(SEMAPHORE, flags).unwrap(), "inspect").unwrap();
        let problems = problems(&report(&program));
        let is_said = problems.iter().any(|problem| matches!(problem, Problem::SemaphoresMappedTwice { .. }));
        assert_eq!(is_said, is_lost, "{flags:?}: {problems:?}");
        let session = Bpftrace::new().usdt(&program, "shop:sold", "@hits = count();").start().unwrap();
        assert!(Command::new(&program).status().unwrap().success());
        let hits = session.finish().unwrap().count("@hits");
        assert_eq!(hits, if is_lost { 0 } else { 3 }, "{flags:?}");
    }
}
