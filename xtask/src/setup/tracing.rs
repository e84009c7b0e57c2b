//! The tracers on this machine: installed where that can be done without asking, otherwise the one command to type.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::{apt, step};

/// Where the kernel shows its tracing files.
const TRACEFS: &str = "/sys/kernel/tracing";

/// What is needed: a program or a header, and the package that brings it.
type Needed = (Thing, &'static str);

const BPFTRACE: &[Needed] = &[(Thing::Program("bpftrace"), "bpftrace")];

const ALL: &[Needed] = &[
    BPFTRACE[0],
    (Thing::Program("gdb"), "gdb"),
    (Thing::Program("readelf"), "binutils"),
    (Thing::Program("ld.lld"), "lld"),
    (Thing::Program("perf"), "linux-perf"),
    (Thing::Header("sys/sdt.h"), "systemtap-sdt-dev"),
    // A client for the server that is traced in an example.
    (Thing::Program("ldapsearch"), "ldap-utils"),
    (Thing::Program("gcc"), "gcc"),
    (Thing::Header("stdio.h"), "libc6-dev"),
];

#[derive(Debug, Clone, Copy)]
enum Thing {
    Program(&'static str),
    Header(&'static str),
}

impl Thing {
    fn is_here(self) -> bool {
        match self {
            Self::Program(name) => apt::on_path(name),
            Self::Header(name) => {
                let multiarch = format!("/usr/include/{}-linux-gnu", std::env::consts::ARCH);
                ["/usr/include", &multiarch].iter().any(|dir| Path::new(dir).join(name).is_file())
            }
        }
    }
}

/// Makes the tracers and the kernel's tracing files available, or says which one command does.
pub(crate) fn tracing() -> Result<()> {
    provide(ALL)
}

/// The same for bpftrace alone.
pub(crate) fn bpftrace() -> Result<()> {
    provide(BPFTRACE)
}

fn provide(needed: &[Needed]) -> Result<()> {
    let missing = missing_packages(needed);
    let unmounted = !tracefs_is_mounted();
    if missing.is_empty() && !unmounted {
        println!("setup tracing: everything is here");
        return Ok(());
    }
    println!("setup tracing: missing {}", describe(&missing, unmounted));
    let needs_apt = !missing.is_empty();
    if !rustix::process::geteuid().is_root() || (needs_apt && !apt::usable()) {
        bail!("type this, then try again:\n\n    {}\n", remedy(&missing, unmounted));
    }
    if needs_apt {
        apt::install(&missing)?;
    }
    if unmounted {
        step::run("mount tracefs", Command::new("mount").args(["-t", "tracefs", "tracefs", TRACEFS]))?;
    }
    let still = missing_packages(needed);
    if !still.is_empty() {
        bail!("installed, and still not found: {}", still.join(" "));
    }
    Ok(())
}

fn missing_packages(needed: &[Needed]) -> Vec<&'static str> {
    let absent = needed.iter().filter(|(thing, _)| !thing.is_here());
    absent
        .map(
            |&(_, package)| {
                if package == "linux-perf" && apt::is_ubuntu() { "linux-tools-generic" } else { package }
            },
        )
        .collect()
}

fn tracefs_is_mounted() -> bool {
    Path::new(TRACEFS).join("uprobe_events").exists()
}

fn describe(missing: &[&str], unmounted: bool) -> String {
    let mut things = missing.to_vec();
    if unmounted {
        things.push("tracefs");
    }
    things.join(", ")
}

/// The one command that a person types.
fn remedy(missing: &[&str], unmounted: bool) -> String {
    let mut commands = Vec::new();
    if !missing.is_empty() {
        commands.push(format!("apt-get update && apt-get install --yes {}", missing.join(" ")));
    }
    if unmounted {
        commands.push(format!("mount -t tracefs tracefs {TRACEFS}"));
    }
    format!("sudo sh -c '{}'", commands.join(" && "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_is_one_command() {
        assert_eq!(
            remedy(&["gdb", "lld"], true),
            "sudo sh -c 'apt-get update && apt-get install --yes gdb lld && mount -t tracefs tracefs /sys/kernel/tracing'"
        );
        assert_eq!(remedy(&[], true), "sudo sh -c 'mount -t tracefs tracefs /sys/kernel/tracing'");
    }
}
