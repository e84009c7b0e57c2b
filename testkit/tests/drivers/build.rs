//! Programs built for a test.

use std::process::Command;

use anyhow::Result;
use testkit::build::CargoProject;
use testkit::elf::Elf;

#[test]
fn a_program_is_built_once() -> Result<()> {
    let project = CargoProject::program("hello-once", r#"fn main() { println!("hello"); }"#);
    let path = project.build()?;
    assert_eq!(Command::new(&path).output()?.stdout, b"hello\n");
    let built = path.metadata()?.modified()?;
    assert_eq!(project.build()?, path);
    assert_eq!(path.metadata()?.modified()?, built, "the second build leaves the file alone");
    Ok(())
}

#[test]
fn flags_and_profile_reach_the_compiler() -> Result<()> {
    let source = r#"fn main() { println!("{} {}", cfg!(special), cfg!(debug_assertions)); }"#;
    let plain = CargoProject::program("flags", source);
    let special =
        plain.clone().rustflags(&["--cfg", "special"]).release().toml("[profile.release]\nopt-level = 1");
    let run = |project: &CargoProject| {
        anyhow::Ok(String::from_utf8(Command::new(project.build()?).output()?.stdout)?)
    };
    assert_eq!(run(&plain)?, "false true\n");
    assert_eq!(run(&special)?, "true false\n");
    assert_eq!(run(&plain)?, "false true\n", "the two builds don't share a file");
    Ok(())
}

#[test]
fn the_linker_can_be_chosen() -> Result<()> {
    let linked_by_lld = |project: CargoProject| -> Result<bool> {
        let comment = Elf::open(&project.build()?)?.section_bytes(".comment").unwrap_or_default();
        Ok(String::from_utf8_lossy(&comment).contains("LLD"))
    };
    let project = CargoProject::program("linked", "fn main() {}");
    assert!(linked_by_lld(project.clone().linker("lld"))?);
    assert!(!linked_by_lld(project.linker("bfd"))?);
    Ok(())
}

#[test]
fn a_library_is_a_file_of_its_own() -> Result<()> {
    let project = CargoProject::library(
        "answers",
        "#[unsafe(no_mangle)] pub extern \"C\" fn answer() -> u32 { 42 }",
        "cdylib",
    );
    let elf = Elf::open(&project.build()?)?;
    assert!(elf.symbol("answer").is_some());
    Ok(())
}

#[test]
fn a_compile_error_is_told() {
    let error =
        CargoProject::program("broken", "fn main() { nonsense }").build().expect_err("it can't compile");
    assert!(error.to_string().contains("cannot find value `nonsense`"), "{error}");
}
