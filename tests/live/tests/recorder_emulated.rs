//! The recorder on aarch64, under an emulator: its own tests, and a program whose memory is read from outside, which is that of the
//! emulator.

mod common;

use std::path::Path;
use std::process::Command;

use common::recorded::{self, Kind, Recorded, assert_ids, recorded};
use object::LittleEndian;
use object::elf::{EM_AARCH64, ET_CORE, FileHeader64};
use object::read::elf::FileHeader as _;
use testkit::build;
use testkit::toolbox::Toolbox;

const AARCH64: &str = "aarch64-unknown-linux-gnu";
const LIBRARIES: &str = "/usr/aarch64-linux-gnu";

fn toolbox() -> Option<Toolbox> {
    let find = || Toolbox::find().expect("the toolbox: `cargo xtask setup toolbox` makes it");
    testkit::machine::require_tracing().then(find)
}

/// The toolbox's cargo for aarch64, with a command.
fn cargo(toolbox: &Toolbox, command: &str) -> Command {
    let mut cargo = common::cargo_in(toolbox);
    cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "aarch64-linux-gnu-gcc");
    cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", format!("qemu-aarch64 -L {LIBRARIES}"));
    cargo.args([command, "--quiet", "--offline", "--target", AARCH64]);
    cargo.arg("--target-dir").arg(build::build_dir().join("recorder-aarch64"));
    cargo
}

/// The program under the emulator, in a directory that cores are written to.
fn start_in(toolbox: &Toolbox, kind: Kind, directory: &Path) -> Recorded {
    let built = cargo(toolbox, "build").args(recorded::PROGRAM).status();
    assert!(built.expect("cargo starts").success());
    let program = build::build_dir().join("recorder-aarch64").join(AARCH64).join("debug/recorded");
    Recorded::start_as(kind, &program, |program| {
        let mut emulator = toolbox.command("prlimit", &[&build::workspace()]);
        emulator.args(["--core=unlimited", "qemu-aarch64", "-L", LIBRARIES]).arg(program);
        emulator.current_dir(directory);
        emulator
    })
}

fn start(toolbox: &Toolbox, kind: Kind) -> Recorded {
    start_in(toolbox, kind, &build::workspace())
}

#[test]
fn its_own_tests() {
    let Some(toolbox) = toolbox() else { return };
    // Of providers that are defined at run time, and of static ones.
    for (package, features, tests) in [
        ("usdt-core", "recorder,runtime", &["recorder", "recorder_slots"][..]),
        ("usdt-probes", "recorder", &["recorder"]),
    ] {
        let mut cargo = cargo(&toolbox, "test");
        cargo.args(["--package", package, "--features", features]);
        let output =
            cargo.args(tests.iter().flat_map(|test| ["--test", test])).output().expect("cargo starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(said.matches("test result: ok.").count(), tests.len(), "{said}");
    }
}

#[test]
fn children_threads_and_what_is_dropped() {
    let Some(toolbox) = toolbox() else { return };
    let _child = recorded::children_have_a_copy(&mut start(&toolbox, Kind::Static));
    recorded::nothing_is_torn(&mut start(&toolbox, Kind::Static));
    recorded::what_is_dropped_is_counted(&mut start(&toolbox, Kind::Defined));
}

/// The emulator writes a core as a kernel on aarch64 does.
#[test]
fn a_core_of_an_aarch64_process() {
    let Some(toolbox) = toolbox() else { return };
    let directory = tempfile::tempdir_in(build::build_dir()).expect("a directory");
    let mut program = start_in(&toolbox, Kind::Static, directory.path());
    program.ask("start 64");
    program.ask("fire 100");
    program.end("abort");
    let core = std::fs::read_dir(directory.path()).expect("the directory").find_map(|entry| {
        let path = entry.expect("an entry").path();
        let is_the_guests = path.file_name()?.to_str()?.starts_with("qemu_recorded_");
        is_the_guests.then_some(path)
    });
    let core = core.expect("the emulator's core of the program");
    let bytes = std::fs::read(&core).expect("the core");
    let header = FileHeader64::<LittleEndian>::parse(&*bytes).expect("a header");
    assert_eq!((header.e_type(LittleEndian), header.e_machine(LittleEndian)), (ET_CORE, EM_AARCH64));
    let (firings, summary) = recorded(core.to_str().expect("UTF-8"));
    assert_ids(&firings, 36..100);
    assert_eq!((&summary["firings"], &summary["signal"]), (&100.into(), &6.into()), "{summary}");
}
