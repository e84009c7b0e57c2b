//! The images of providers that are defined while a program runs, as readers see them that share no code with what wrote
//! them, and what arrives when one is mapped and fires.

mod common;

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use common::tracing;
use object::elf::{ET_DYN, PF_R, PF_W, PF_X};
use testkit::bpftrace::{self, Bpftrace};
use testkit::elf::{Elf, Note};
use testkit::toolbox::Toolbox;
use testkit::{build, expect, gdb, perf, readelf};
use usdt_core::model::{ArgType, Argument, Probe, Provider};
use usdt_core::stapsdt::image::{Architecture, Image, Site};
use usdt_core::stapsdt::{Described, Notes};

const X86_64: [&str; 12] = [
    "%rdi", "%rsi", "%rdx", "%rcx", "%r8", "%r9", "16(%rbp)", "24(%rbp)", "32(%rbp)", "40(%rbp)", "48(%rbp)",
    "56(%rbp)",
];
const AARCH64: [&str; 12] = ["x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11"];

/// Probes with 0, 1, 12, 13 and 32 arguments, among them of all types, and the sizes of the operands that tracers see.
fn probes() -> Vec<(&'static str, Vec<ArgType>, &'static str)> {
    let types = ArgType::ALL.into_iter();
    vec![
        ("twelve", [vec![ArgType::I32], vec![ArgType::U64; 11]].concat(), "-4 8 8 8 8 8 8 8 8 8 8 8"),
        ("none", vec![], ""),
        ("with-dash", vec![ArgType::I8], "-1"),
        ("thirteen", vec![ArgType::U16; 13], "2 2 2 2 2 2 2 2 2 2 2 2"),
        ("integers", types.clone().cycle().take(32).collect(), "1 -1 2 -2 4 -4 8 -8 8 8 8 -8"),
        ("others", types.cycle().skip(10).take(32).collect(), "1 4 4 8 8 8 8 8 8 8 8 8"),
    ]
}

fn definition() -> Provider<ArgType> {
    let probe = |(name, types, _): (&str, Vec<ArgType>, _)| {
        let arg = |(i, ty)| Argument { name: format!("arg{i}"), ty };
        let doc = format!("What {name} means.\n\nAnd more.");
        Probe { name: name.to_owned(), doc, args: types.into_iter().enumerate().map(arg).collect() }
    };
    Provider { name: "images".to_owned(), probes: probes().into_iter().map(probe).collect() }
}

fn many() -> Provider<ArgType> {
    let args = || vec![Argument { name: "id".to_owned(), ty: ArgType::U64 }];
    let probe = |i| Probe { name: format!("probe{i}"), doc: String::new(), args: args() };
    Provider { name: "many".to_owned(), probes: (0..1000).map(probe).collect() }
}

/// An image in a file.
struct File {
    image: Image,
    path: PathBuf,
}

impl File {
    fn of(definition: &Provider<ArgType>, architecture: Architecture) -> File {
        let image = Image::build(definition, architecture);
        let dir = build::build_dir().join("images");
        std::fs::create_dir_all(&dir).expect("a directory");
        let path = dir.join(format!("{:032x}.so", u128::from_be_bytes(image.id)));
        // Tests run at the same time, and a file that is written anew is another one to the kernel.
        static ALONE: Mutex<()> = Mutex::new(());
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        if std::fs::read(&path).ok().as_ref() != Some(&image.bytes) {
            std::fs::write(&path, &image.bytes).expect("the image is written");
        }
        File { image, path }
    }

    fn elf(&self) -> Elf {
        Elf::open(&self.path).expect("an ELF file")
    }
}

/// The notes as they must be.
fn expected(image: &Image, architecture: Architecture) -> Vec<Note> {
    let (places, nop) = match architecture {
        Architecture::X86_64 => (X86_64, 8),
        Architecture::Aarch64 => (AARCH64, 16),
    };
    let note = |((name, _, sizes), site): ((&str, _, &str), &Site)| {
        let operands = sizes.split_whitespace().zip(places).map(|(size, place)| format!("{size}@{place}"));
        Note {
            provider: "images".to_owned(),
            name: name.replace('-', "__"),
            location: (site.stub.offset() + nop) as u64,
            base: 0x200,
            semaphore: site.semaphore.offset() as u64,
            arguments: operands.collect::<Vec<_>>().join(" "),
        }
    };
    probes().into_iter().zip(&image.sites).map(note).collect()
}

#[test]
fn readelf_and_object_read_the_notes() {
    for architecture in Architecture::ALL {
        let file = File::of(&definition(), architecture);
        let expected = expected(&file.image, architecture);
        expect::equal("readelf", &expected, &readelf::notes(&file.path).expect("readelf runs"));
        expect::equal("object", &expected, &file.elf().notes().expect("notes"));
        let id = u128::from_be_bytes(file.image.id);
        let text = readelf_all(&file);
        assert!(text.contains(&format!("Build ID: {id:032x}")), "{text}");
    }
}

/// All that readelf says about a file, and nothing of it a complaint.
fn readelf_all(file: &File) -> String {
    let mut readelf = Command::new("readelf");
    let output = readelf
        .args(["--all", "--wide"])
        .arg(&file.path)
        .env("LC_ALL", "C")
        .output()
        .expect("readelf starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(!text.contains("Warning") && !text.contains("Error"), "{text}");
    text
}

#[test]
fn the_describing_notes_say_the_same_and_names_types_and_doc() {
    for architecture in Architecture::ALL {
        let file = File::of(&definition(), architecture);
        let section = file.elf().section_bytes(".note.usdt-probes").expect("describing notes");
        let described: Vec<Described> = Notes::new(&section)
            .map(|note| Described::read(&note.expect("a note")).expect("ours").expect("whole"))
            .collect();
        assert_eq!(described.len(), probes().len());
        for (described, note) in described.iter().zip(expected(&file.image, architecture)) {
            assert_eq!(described.provider, note.provider);
            assert_eq!(
                (described.location, described.base, described.semaphore),
                (note.location, note.base, note.semaphore)
            );
            assert_eq!(described.probe.doc, format!("What {} means.", described.probe.name));
        }
        expect::equal(
            "the note",
            "others(arg0: bool, arg1: char, arg2: f32, arg3: f64, arg4: *const (), arg5: str, arg6: CStr, arg7: [u8], \
             arg8: json, arg9: Result<json>, arg10: Duration)",
            &*described[5].to_string(),
        );
    }
}

#[test]
fn the_file_has_the_shape_that_tracers_need() {
    for (architecture, definition) in [
        (Architecture::X86_64, definition()),
        (Architecture::Aarch64, definition()),
        (Architecture::X86_64, many()),
    ] {
        let file = File::of(&definition, architecture);
        let (elf, image) = (file.elf(), &file.image);
        assert_eq!(elf.kind(), ET_DYN);
        let loads = elf.load_segments();
        let flags: Vec<u32> = loads.iter().map(|load| load.flags).collect();
        assert_eq!(flags, [PF_R | PF_X, PF_R | PF_W]);
        for (load, range) in loads.iter().zip([&image.code, &image.data]) {
            assert_eq!((load.offset, load.address), (range.start as u64, range.start as u64));
            assert_eq!(load.memory_size.next_multiple_of(load.align), range.len() as u64);
        }
        assert!(elf.semaphores_are_mapped_once().expect("semaphores"));
        let names: Vec<String> = elf.sections().into_iter().map(|section| section.name).collect();
        let place = |name: &str| names.iter().position(|other| other == name).expect(name);
        assert!(place(".probes") < place(".note.stapsdt"), "{names:?}");
        for (probe, note) in definition.probes.iter().zip(elf.notes().expect("notes")) {
            let function = format!("{}:{}", definition.name, probe.name.replace('-', "__"));
            assert_eq!(elf.function_at(note.location), Some(function));
            assert!(elf.is_executable(note.location));
        }
    }
}

#[test]
fn gdb_lists_every_probe() {
    let Some(_alone) = tracing() else { return };
    for (architecture, definition) in [
        (Architecture::X86_64, definition()),
        (Architecture::Aarch64, definition()),
        (Architecture::X86_64, many()),
    ] {
        let file = File::of(&definition, architecture);
        let mut listed: Vec<(String, u64, Option<u64>)> = gdb::info_probes_stap(&file.path)
            .expect("gdb runs")
            .into_iter()
            .map(|probe| (format!("{}:{}", probe.provider, probe.name), probe.location, probe.semaphore))
            .collect();
        listed.sort();
        let notes = file.elf().notes().expect("notes").into_iter();
        let mut expected: Vec<_> = notes
            .map(|note| (format!("{}:{}", note.provider, note.name), note.location, Some(note.semaphore)))
            .collect();
        expected.sort();
        assert_eq!(expected.len(), definition.probes.len());
        assert_eq!(listed, expected, "what gdb said, and what it should have");
    }
}

/// What tracers call the probes.
fn names(definition: &Provider<ArgType>) -> Vec<String> {
    let name = |probe: &Probe<ArgType>| format!("{}:{}", definition.name, probe.name.replace('-', "__"));
    let mut names: Vec<String> = definition.probes.iter().map(name).collect();
    names.sort();
    names
}

#[test]
fn bpftrace_and_perf_list_every_probe() {
    let Some(_alone) = tracing() else { return };
    for definition in [definition(), many()] {
        let file = File::of(&definition, Architecture::X86_64);
        let prefix = format!("usdt:{}:", file.path.display());
        let mut listed: Vec<String> = bpftrace::list(&file.path)
            .expect("bpftrace runs")
            .iter()
            .map(|line| line.strip_prefix(&prefix).expect("a probe of the file").to_owned())
            .collect();
        listed.sort();
        assert_eq!(listed, names(&definition), "what bpftrace said, and what it should have");
        let mut listed = perf::list_sdt(&file.path).expect("perf runs");
        listed.sort();
        assert_eq!(listed, names(&definition), "what perf said, and what it should have");
    }
}

/// The instructions of the first stub, as a disassembler writes them.
fn instructions(disassembly: &str, first: &str) -> Vec<String> {
    let (_, code) = disassembly.split_once(&format!("<{first}>:\n")).expect("the stub has a symbol");
    // Address, bytes, mnemonic and operands. A line with only the last bytes of an instruction ends before the mnemonic.
    let instructions = code.lines().filter_map(|line| line.splitn(3, '\t').nth(2));
    let words = instructions.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut stub: Vec<String> = words.collect();
    let end = stub.iter().position(|instruction| instruction == "ret").expect("the stub returns");
    stub.truncate(end + 1);
    stub
}

fn objdump(mut command: Command, file: &File) -> String {
    let output = command.args(["-d", "--wide"]).arg(&file.path).output().expect("objdump starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_stubs_are_the_instructions_that_they_should_be() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let text = objdump(Command::new("objdump"), &File::of(&definition(), Architecture::X86_64));
    expect::equal(
        "objdump",
        &["endbr64", "push %rbp", "mov %rsp,%rbp", "nop", "cs nopw 0x0(%rax,%rax,1)", "pop %rbp", "ret"][..],
        &*instructions(&text, "images:twelve"),
    );
    let objdump_of_aarch64 = toolbox().command("aarch64-linux-gnu-objdump", &[&build::build_dir()]);
    let text = objdump(objdump_of_aarch64, &File::of(&definition(), Architecture::Aarch64));
    expect::equal(
        "objdump",
        &[
            "stp x29, x30, [sp, #-16]!",
            "mov x29, sp",
            "ldp x8, x9, [x29, #16]",
            "ldp x10, x11, [x29, #32]",
            "nop",
            "ldp x29, x30, [sp], #16",
            "ret",
        ][..],
        &*instructions(&text, "images:twelve"),
    );
}

fn toolbox() -> Toolbox {
    Toolbox::find().expect("the toolbox: `cargo xtask setup toolbox` makes it")
}

/// A program that maps an image.
const FIXTURE: &str = include_str!("../fixtures/image.c");

/// What the fixture is told about an image and its first probe; the nop is 0 unless it is to be replaced.
fn words(file: &File, nop: u64) -> Vec<String> {
    let (image, site) = (&file.image, file.image.sites[0]);
    let nop = usize::try_from(nop).expect("it is in the file");
    let numbers = [image.code.len(), image.data.len(), site.stub.offset(), site.semaphore.offset(), nop]
        .map(|n| n.to_string());
    [vec![file.path.display().to_string()], numbers.to_vec()].concat()
}

#[test]
fn a_tracer_sees_every_firing_of_a_mapped_image() {
    let Some(_alone) = tracing() else { return };
    let file = File::of(&definition(), Architecture::X86_64);
    let program = build::gcc(FIXTURE, &[]).expect("it compiles");
    let run = || Command::new(&program).args(words(&file, 0)).output().expect("it starts");
    let action = r#"printf("%d %d %d %d %d %d\n", arg0, arg1, arg2, arg3, arg4, arg5)"#;
    let script = Bpftrace::new().usdt(&file.path, "images:twelve", action);
    let (output, watched) = bpftrace::observe(&script, run).expect("bpftrace attaches");
    expect::equal("the semaphore", "1\n", &*String::from_utf8_lossy(&watched.stdout));
    output.assert_lines(&["-1 2 3 4 5 6", "-2 2 3 4 5 6", "-3 2 3 4 5 6"]);
    expect::equal("the semaphore", "0\n", &*String::from_utf8_lossy(&run().stdout));
}

const TWELVE: &str = "-1 2 3 4 5 6 7 8 9 10 11 12 0\n";

#[test]
fn the_operands_are_where_the_note_says() {
    let file = File::of(&definition(), Architecture::X86_64);
    let nop = file.elf().notes().expect("notes")[0].location;
    let program = build::gcc(FIXTURE, &[]).expect("it compiles");
    let output = Command::new(program).args(words(&file, nop)).output().expect("it starts");
    expect::equal("the program", TWELVE, &*String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_operands_are_where_the_note_says_on_aarch64_under_an_emulator() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let file = File::of(&definition(), Architecture::Aarch64);
    let nop = file.elf().notes().expect("notes")[0].location;
    let (toolbox, dir) = (toolbox(), build::build_dir());
    let program = dir.join("images/fixture-aarch64");
    let source = program.with_extension("c");
    std::fs::write(&source, FIXTURE).expect("the source is written");
    let mut gcc = toolbox.command("aarch64-linux-gnu-gcc", &[&dir]);
    assert!(
        gcc.args(["-O2", "-o"]).args([&program, &source]).status().expect("the toolbox starts").success()
    );
    let mut emulator = toolbox.command("qemu-aarch64", &[&dir]);
    emulator.args(["-L", "/usr/aarch64-linux-gnu"]).arg(&program).args(words(&file, nop));
    let output = emulator.output().expect("the toolbox starts");
    expect::equal("the program", TWELVE, &*String::from_utf8_lossy(&output.stdout));
}
