//! The library to preload: a program that nobody may trace says what its probes say, from its first firing to its last.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;
use testkit::build::{gcc, target_dir, workspace};

/// A user without any right.
const NOBODY: u32 = 65534;

/// Fires before `main`, a hundred times in it, and in a thread.
const SHOP: &str = r#"
#include <sys/sdt.h>
#include <pthread.h>
#include <stdio.h>
static void *thread(void *name) { STAP_PROBE2(shop, sold, 100, name); return 0; }
__attribute__((constructor)) static void early(void) { STAP_PROBE1(shop, opened, 7); }
int main(void) {
    char name[32];
    for (long i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "thing %ld", i);
        STAP_PROBE2(shop, sold, i, name);
    }
    pthread_t id;
    pthread_create(&id, 0, thread, name);
    pthread_join(id, 0);
    puts("the program's own output");
    return 3;
}
"#;

/// The library, built.
fn library() -> Result<PathBuf> {
    let target = target_dir().join("testkit/preload");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "usdt-preload", "--target-dir"]).arg(&target);
    ensure!(cargo.current_dir(workspace()).status()?.success(), "the library was not built");
    Ok(target.join("debug/libusdt_preload.so"))
}

/// A directory that anybody may write to, with the program and the library: they were built where perhaps only root comes.
fn directory() -> Result<TempDir> {
    let directory = tempfile::tempdir()?;
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o777))?;
    std::fs::copy(gcc(SHOP, &["-pthread"])?, directory.path().join("shop"))?;
    std::fs::copy(library()?, directory.path().join("preload.so"))?;
    Ok(directory)
}

fn run(directory: &Path, probes: &str, output: &Path) -> Result<Output> {
    let mut command = Command::new(directory.join("shop"));
    command.current_dir(directory).env("LD_PRELOAD", directory.join("preload.so"));
    command.env("USDT_PRELOAD_PROBES", probes).env("USDT_PRELOAD_OUTPUT", output);
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    Ok(command.output()?)
}

#[test]
fn every_firing_is_written_down() -> Result<()> {
    let directory = directory()?;
    let file = directory.path().join("firings");
    let output = run(directory.path(), "shop:*", &file)?;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "the program's own output\n");
    assert_eq!(std::fs::metadata(&file)?.permissions().mode() & 0o777, 0o600);

    let text = std::fs::read_to_string(&file)?;
    let lines: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let (watching, rest) = lines.split_first().context("lines")?;
    let (summary, firings) = rest.split_last().context("more lines")?;
    assert_eq!(watching["type"], "watching");
    assert_eq!(watching["probes"], serde_json::json!(["shop:sold", "shop:opened"]));
    assert_eq!((&summary["type"], &summary["lost"]), (&"summary".into(), &serde_json::json!([])));
    assert!(firings.iter().all(|firing| firing["type"] == "firing" && firing["pid"] == watching["pid"]));
    let numbers = firings.iter().map(|firing| (firing["probe"].as_str(), firing["args"]["arg0"].as_u64()));
    let expected = std::iter::once((Some("opened"), Some(7)))
        .chain((0..=100).map(|number| (Some("sold"), Some(number))));
    assert_eq!(numbers.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    Ok(())
}

#[test]
fn a_program_runs_on_where_nothing_can_be_done() -> Result<()> {
    let directory = directory()?;
    let (elsewhere, link) = (directory.path().join("elsewhere"), directory.path().join("link"));
    symlink(&elsewhere, &link)?;
    for (probes, file, said) in [
        ("shop:*", link.as_path(), "$USDT_PRELOAD_OUTPUT"),
        ("nobody:*", &elsewhere, ""),
        ("", &elsewhere, ""),
    ] {
        let output = run(directory.path(), probes, file)?;
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{output:?}");
    }
    let left = std::fs::read_to_string(&elsewhere).unwrap_or_default();
    assert!(!left.contains("firing"), "{left}");
    Ok(())
}
