//! The real tracers and readers, driven from tests.
//!
//! A test builds a program ([`build`]), starts it ([`subject`]), lets a tracer watch it ([`bpftrace`], [`dtrace`],
//! [`gdb`], [`perf`], or whichever through [`watch`]) or a reader take its file apart ([`readelf`], [`elf`]), and compares what it was told with what it
//! expected. Nothing here knows the library under test: it knows files, processes and tools.
//!
//! ```
//! use testkit::bpftrace::{Bpftrace, observe};
//!
//! # fn main() -> anyhow::Result<()> {
//! if !testkit::machine::require_tracing() {
//!     return Ok(());
//! }
//! let program = testkit::build::gcc(
//!     "#include <sys/sdt.h>\nint main(void) { STAP_PROBE1(shop, sold, 42); return 0; }",
//!     &[],
//! )?;
//! let script = Bpftrace::new().usdt(&program, "shop:sold", r#"printf("%d\n", arg0)"#);
//! let (output, status) = observe(&script, || std::process::Command::new(&program).status())?;
//! assert!(status?.success());
//! output.assert_lines(&["42"]);
//! # Ok(())
//! # }
//! ```

pub mod bpftrace;
pub mod build;
pub mod core;
pub mod dtrace;
pub mod elf;
pub mod expect;
pub mod gdb;
pub mod machine;
pub mod node;
pub mod perf;
pub mod readelf;
pub mod subject;
pub mod target;
pub mod toolbox;
pub mod tools;
pub mod tplist;
pub mod usdt;
pub mod watch;

mod tool;
