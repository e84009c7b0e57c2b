//! What this machine lets a test do.

use std::io::Write as _;
use std::path::Path;

/// Set to `1`, this lets tests that need a live tracer pass without one. They say so.
pub const SKIP_VARIABLE: &str = "USDT_PROBES_SKIP_LIVE";

const TRACEFS: &str = "/sys/kernel/tracing";

/// Bits of `CapEff` in /proc/self/status, from `linux/capability.h`.
const CAP_SYS_ADMIN: u32 = 21;
const CAP_PERFMON: u32 = 38;
const CAP_BPF: u32 = 39;

/// Says whether a tracer can attach here; mounts the kernel's tracing files if only that is missing.
///
/// # Errors
///
/// What is missing, with the remedy.
pub fn can_trace() -> Result<(), String> {
    if !is_privileged() {
        return Err("tracing needs root (or CAP_BPF and CAP_PERFMON): run the tests with sudo".to_owned());
    }
    if !on_path("bpftrace") {
        return Err("bpftrace is not installed: `cargo xtask setup tracing` installs it".to_owned());
    }
    mount_tracefs()
}

/// True if live tests can run.
///
/// Otherwise it says loudly what is missing; with [`SKIP_VARIABLE`] set to `1` it returns false then.
///
/// # Panics
///
/// If tracing doesn't work and nobody allowed that: a live test that didn't run must not look like one that passed.
pub fn require_tracing() -> bool {
    let Err(missing) = can_trace() else { return true };
    let skips = std::env::var_os(SKIP_VARIABLE).is_some_and(|value| value == "1");
    let outcome = if skips {
        format!("THIS LIVE TEST DID NOT RUN ({SKIP_VARIABLE}=1)")
    } else {
        format!("THIS LIVE TEST CANNOT RUN ({SKIP_VARIABLE}=1 would let it pass unseen)")
    };
    let rule = "!".repeat(100);
    // Not by a macro: the test harness would hide it if the test passes.
    let _ = writeln!(std::io::stderr(), "\n{rule}\n!! {outcome}\n!! {missing}\n{rule}\n");
    assert!(skips, "{missing}");
    false
}

fn is_privileged() -> bool {
    rustix::process::geteuid().is_root() || {
        let has = |capability: u32| effective_capabilities() & (1 << capability) != 0;
        has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON))
    }
}

fn effective_capabilities() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn on_path(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|dir| dir.join(program).is_file())
}

fn mount_tracefs() -> Result<(), String> {
    let events = Path::new(TRACEFS).join("uprobe_events");
    if events.exists() {
        return Ok(());
    }
    let mounted =
        rustix::mount::mount("tracefs", TRACEFS, "tracefs", rustix::mount::MountFlags::empty(), None);
    // Another test may have mounted it in the meantime.
    if events.exists() {
        return Ok(());
    }
    let reason =
        mounted.err().map_or_else(|| "it holds no uprobe_events".to_owned(), |error| error.to_string());
    Err(format!("no tracefs in {TRACEFS} ({reason}): mount -t tracefs tracefs {TRACEFS}"))
}
