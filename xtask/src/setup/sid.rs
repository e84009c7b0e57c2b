//! Building the root of the toolbox: Debian sid through `debootstrap`, then the tools.
//!
//! A stamp inside the root, written last, lists what was installed. A root without one was interrupted and is made
//! again; one with another list gets what it lacks.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use rustix::fs::FlockOperation;

use super::{apt, check, step};
use testkit::toolbox::{MOLD_DIR, MOLD_SCRIPT, STAMP, Toolbox, enter, root_dir};

/// What the root holds, and for what.
const PACKAGES: &[&str] = &[
    // A linker that keeps the notes of dead code unless they are link-ordered.
    "mold",
    "lld",
    "binutils",
    // Tracers that are newer than the machine's, or that it doesn't have.
    "bpftrace",
    "gdb",
    "linux-perf",
    "dtrace",
    // tplist of bcc.
    "bpfcc-tools",
    // Building for aarch64 …
    "rustc",
    "cargo",
    "libstd-rust-dev:arm64",
    "gcc-aarch64-linux-gnu",
    "libc6-dev-arm64-cross",
    // … and running it.
    "qemu-user",
    // The standard library for musl, which Debian has no build of, and musl to run programs with.
    "rust-src",
    "musl",
    "musl:arm64",
    // A target that has no probes.
    "libstd-rust-dev-wasm32",
];

/// What the root takes at the most, while the archives are there from which its 3.5 GB of files come.
const BYTES: u64 = 4_500_000_000;

/// Settings of the root: no documentation, no services, no waiting for the disk.
const FILES: &[(&str, &str, u32)] = &[
    ("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755),
    (
        "etc/dpkg/dpkg.cfg.d/slim",
        "path-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\nforce-unsafe-io\n",
        0o644,
    ),
];

/// The root with newer tools, made if it isn't there.
pub(crate) fn toolbox() -> Result<Toolbox> {
    let root = root_dir()?;
    if !is_complete(&root) {
        let _lock = lock(&root)?;
        // Somebody else may have made it while this one waited.
        if !is_complete(&root) {
            make(&root)?;
        }
    }
    println!("setup toolbox: {} is ready", root.display());
    Ok(Toolbox::new(root))
}

fn stamp_file(root: &Path) -> PathBuf {
    root.join(STAMP)
}

fn stamp_text() -> String {
    PACKAGES.join("\n")
}

fn is_complete(root: &Path) -> bool {
    fs::read_to_string(stamp_file(root)).is_ok_and(|stamp| stamp == stamp_text())
}

/// Keeps a second run out until the returned file is closed.
fn lock(root: &Path) -> Result<fs::File> {
    let path = root.with_extension("lock");
    fs::create_dir_all(path.parent().context("the root has a parent")?)?;
    let file = fs::File::create(&path)?;
    rustix::fs::flock(&file, FlockOperation::LockExclusive)
        .with_context(|| format!("locking {}", path.display()))?;
    Ok(file)
}

fn make(root: &Path) -> Result<()> {
    println!("setup toolbox: a Debian root in {}", root.display());
    if std::env::consts::ARCH != "x86_64" || !apt::usable() {
        bail!("the toolbox is made on Debian or Ubuntu on x86_64, as root: sudo cargo xtask setup toolbox");
    }
    let stamp = stamp_file(root);
    if !stamp.exists() {
        bootstrap(root)?;
    }
    // From here until the end a kill must show.
    fs::remove_file(&stamp).or_else(ignore_absent)?;
    install(root)?;
    write(&root.join(MOLD_DIR).join("ld"), MOLD_SCRIPT, 0o755)?;
    write(&root.join(MOLD_DIR).join("ld.mold"), MOLD_SCRIPT, 0o755)?;
    check::toolbox(&Toolbox::new(root.to_owned()))?;
    write(&stamp, &stamp_text(), 0o644)
}

/// Refuses a disk that would be full half way.
fn check_space(directory: &Path) -> Result<()> {
    let disk = rustix::fs::statvfs(directory)
        .with_context(|| format!("asking how much is free in {}", directory.display()))?;
    let free = disk.f_bavail * disk.f_frsize;
    if free < BYTES {
        bail!(
            "the toolbox takes {:.1} GB, and {} has {:.1} GB free; USDT_PROBES_TOOLBOX names another place for it",
            BYTES as f64 / 1e9,
            directory.display(),
            free as f64 / 1e9
        );
    }
    Ok(())
}

/// An empty root, after removing the rest of an interrupted one.
fn bootstrap(root: &Path) -> Result<()> {
    // The linker of the root is tried with this machine's gcc.
    if !(apt::on_path("debootstrap") && apt::on_path("gcc")) {
        apt::install(&["debootstrap", "debian-archive-keyring", "gcc", "libc6-dev"])?;
    }
    if root.exists() {
        let mut remove = Command::new("rm");
        remove.args(["-rf", "--one-file-system"]).arg(root);
        step::run("remove an unfinished root", &mut ending_with_us(&remove))?;
    }
    let mirror = apt::mirror();
    check_space(root.parent().context("the root has a parent")?)?;
    // `debootstrap` mounts inside the root: in a namespace of its own nothing stays mounted if it is killed.
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "--", "debootstrap"]);
    command
        .args(["--variant=minbase", "--arch=amd64", "--include=ca-certificates", "sid"])
        .arg(root)
        .arg(&mirror);
    step::run(&format!("debootstrap sid from {mirror}"), &mut ending_with_us(&command))?;
    for (name, text, mode) in FILES {
        write(&root.join(name), text, *mode)?;
    }
    Ok(())
}

fn install(root: &Path) -> Result<()> {
    write(&root.join("etc/resolv.conf"), &fs::read_to_string("/etc/resolv.conf").unwrap_or_default(), 0o644)?;
    write(&root.join("etc/apt/apt.conf.d/01proxy"), &apt::proxy_settings(), 0o644)?;
    step::run("add the architecture arm64", enter(root, "dpkg", &[]).args(["--add-architecture", "arm64"]))?;
    let apt_get = || apt::apt_get(enter(root, "apt-get", &[]));
    step::run("update the lists", &mut ending_with_us(apt_get().arg("update")))?;
    let mut install = apt_get();
    install.args(["install", "--no-install-recommends"]).args(PACKAGES);
    step::run(&format!("install {}", PACKAGES.join(" ")), &mut ending_with_us(&install))?;
    step::run("clean up", apt_get().arg("clean"))?;
    Ok(())
}

/// `inner`, with all of its descendants killed as soon as this process ends: otherwise what an interrupted run left
/// behind would go on filling the root that the next run makes.
fn ending_with_us(inner: &Command) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", "unshare", "--pid", "--fork", "--kill-child", "--"]);
    // The first process of the namespace takes all others with it. It must be one that doesn't change its user: the
    // kernel forgets then whose death is to kill it, and apt-get does change it.
    command.args(["sh", "-c", "\"$@\"; exit $?", "sh"]);
    command.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    let dir = path.parent().context("a file stands in a directory")?;
    fs::create_dir_all(dir)?;
    // A link that leads out of the root must not be followed.
    fs::remove_file(path).or_else(ignore_absent)?;
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    Ok(())
}

fn ignore_absent(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
