//! `cargo xtask test`: the machine first, then every test there is.

use anyhow::Result;
use testkit::machine::SKIP_VARIABLE;

use crate::run::{cargo, cargo_with};
use crate::{npm, setup};

/// Runs all tests.
pub(crate) fn run() -> Result<()> {
    let live = with_tracers();
    if live {
        setup::all()?;
    }
    // What the toolbox's cargo, which has no network, will want.
    cargo("fetch --quiet")?;

    // The libraries, in each shape that a user can give them.
    cargo("test --quiet --package usdt-core --package usdt-macros")?;
    cargo("test --quiet --package usdt-core --all-features")?;
    cargo("test --quiet --package usdt-probes")?;
    cargo("test --quiet --package usdt-probes --all-features")?;
    cargo("test --quiet --package usdt-probes --release --test definitions")?;
    cargo("check --quiet --package usdt-probes --no-default-features")?;
    for switch in ["usdt_probes_off", "usdt_probes_undescribed", DTRACE] {
        cargo_switched(
            switch,
            "test --quiet --package usdt-probes --features json,runtime --test definitions --test runtime",
        )?;
    }
    cargo_switched(DTRACE, "test --quiet --package usdt-core --all-features")?;
    for features in ["", "attach", "local", "json", "symbols"] {
        cargo(&format!("check --quiet --package usdt-trace --no-default-features --features={features}"))?;
    }

    // Everything else, the tracers at work last.
    cargo(
        "test --quiet --workspace --exclude usdt-core --exclude usdt-macros --exclude usdt-probes --exclude live-tests --exclude npm-tests",
    )?;
    npm::test(live)?;
    cargo("test --quiet --package live-tests")?;
    cargo("test --quiet --package live-tests --release --test values")
}

/// Builds the sites of systems with DTrace, and a stand-in for their kernels.
pub(crate) const DTRACE: &str = "usdt_probes_dtrace";

/// Runs a cargo command with a `--cfg` of the library, in a directory of its own: otherwise cargo would build everything anew
/// each time.
pub(crate) fn cargo_switched(switch: &str, words: &str) -> Result<()> {
    let (flags, target) = (format!("--cfg {switch}"), format!("target/{switch}"));
    cargo_with(words, &[("RUSTFLAGS", &flags), ("CARGO_TARGET_DIR", &target)])
}

/// Whether tracers may run, as they do unless somebody says otherwise.
pub(crate) fn with_tracers() -> bool {
    let live = std::env::var_os(SKIP_VARIABLE).is_none_or(|value| value != "1");
    if !live {
        println!("{SKIP_VARIABLE}=1: NO TRACER WILL RUN, and the tests that need one will not either");
    }
    live
}
