//! Each driver against a C program whose probes come from `sys/sdt.h`.

mod build;
mod elf;
mod tracers;

use std::path::PathBuf;

/// The C program, a copy for one test: tracers see every process that runs a file.
fn subject(test: &str) -> PathBuf {
    let program = testkit::build::gcc(include_str!("subject.c"), &["-g"]).expect("the subject compiles");
    testkit::build::own_copy(&program, test).expect("the subject can be copied")
}

/// Its probes, `provider:name`, sorted.
const PROBES: [&str; 3] = ["kit:long", "kit:start", "kit:twelve"];

/// The string that `kit:long` passes.
fn long_text() -> String {
    let byte =
        |i: u32| if i % 27 == 26 { '\n' } else { char::from_u32('a' as u32 + i % 27).expect("a letter") };
    (0..100_000).map(byte).collect()
}
