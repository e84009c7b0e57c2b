//! What stands in the way on this machine: a function for each thing that is looked at, from the facts to what it means.

use super::facts::Facts;
use super::finding::Finding;

// Numbers of capabilities, from `linux/capability.h`.
const CAP_SYS_PTRACE: u8 = 19;
const CAP_SYS_ADMIN: u8 = 21;
const CAP_SYS_RESOURCE: u8 = 24;
const CAP_PERFMON: u8 = 38;
const CAP_BPF: u8 = 39;
const CAP_CHECKPOINT_RESTORE: u8 = 40;

/// A file for each processor, site and thread that is watched.
const FILES_ENOUGH: u64 = 4096;
/// What bpftrace asks for: less is a complaint at each start.
const LOCKED_ENOUGH: u64 = 64 << 20;

/// Everything, the most important first.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let checks = [
        privileges,
        perf_paranoid,
        uprobes,
        processes,
        memory_files,
        lockdown,
        seccomp,
        container,
        open_files,
        locked_memory,
        tracefs,
        debugfs,
        bpf,
        kernel_addresses,
    ];
    checks.iter().filter_map(|check| check(facts)).collect()
}

/// Whether a capability is there that opened uprobes in some version of the kernel: CAP_PERFMON since 5.8, until it was found
/// that a uprobe can break programs. Since 6.16, and in updates of older kernels from the middle of 2025 on, it is not enough.
fn may_watch(facts: &Facts) -> bool {
    facts.has_capability(CAP_SYS_ADMIN) || (facts.has_capability(CAP_PERFMON) && facts.opens_uprobes)
}

fn privileges(facts: &Facts) -> Option<Finding> {
    const TOPIC: &str = "privileges";
    let who = if facts.user == 0 { "root".to_owned() } else { format!("user {}", facts.user) };
    if !may_watch(facts) {
        let remedy = if facts.user == 0 {
            "give the container the capabilities (docker: --cap-add SYS_ADMIN --cap-add SYS_PTRACE)"
        } else if facts.no_new_privileges {
            "this process can't gain rights any more: start from a shell that isn't confined"
        } else {
            "run it with sudo, or: setcap cap_sys_admin,cap_sys_ptrace+ep on the command"
        };
        let what = if facts.has_capability(CAP_PERFMON) {
            format!(
                "{who}, with CAP_PERFMON: this kernel wants CAP_SYS_ADMIN for uprobes, as all do since 6.16"
            )
        } else {
            format!("{who}, without CAP_SYS_ADMIN")
        };
        return Some(Finding::fail(TOPIC, what, remedy));
    }
    if facts.first_user_namespace == Some(false) {
        let what =
            format!("{who}, in a user namespace: the capabilities mean nothing to the kernel's tracing");
        let remedy = "run it outside of the container, or in one without a user namespace";
        return Some(Finding::fail(TOPIC, what, remedy));
    }
    let capability = if facts.has_capability(CAP_SYS_ADMIN) { "CAP_SYS_ADMIN" } else { "CAP_PERFMON" };
    Some(Finding::ok(TOPIC, format!("{who}, with {capability}")))
}

fn perf_paranoid(facts: &Facts) -> Option<Finding> {
    const TOPIC: &str = "perf_event_paranoid";
    let Some(level) = facts.paranoid else {
        return Some(Finding::fail(
            TOPIC,
            "not there: the kernel has no perf events, or /proc is not mounted",
            "take a kernel with CONFIG_PERF_EVENTS; mount -t proc proc /proc",
        ));
    };
    let what = format!("{level}");
    Some(if may_watch(facts) || level < 2 {
        Finding::ok(TOPIC, what)
    } else {
        let what = what + ", and uprobes need rights at any level";
        Finding::warn(TOPIC, what, "lowering it doesn't help")
    })
}

fn uprobes(facts: &Facts) -> Option<Finding> {
    const TOPIC: &str = "uprobes";
    if facts.has_uprobe_events {
        return Some(Finding::ok(TOPIC, format!("Linux {} has them", facts.release)));
    }
    let missing = ["UPROBES", "UPROBE_EVENTS"].into_iter().filter(|name| facts.option(name) == Some("n"));
    let missing: Vec<String> = missing.map(|name| format!("CONFIG_{name}")).collect();
    Some(if missing.is_empty() {
        Finding::fail(
            TOPIC,
            "/sys/bus/event_source/devices/uprobe is not there",
            "mount -t sysfs sysfs /sys; if it is, take a kernel from 4.17 on with CONFIG_UPROBE_EVENTS",
        )
    } else {
        let what = format!("the kernel was built without {}", missing.join(" and "));
        Finding::fail(TOPIC, what, "take a kernel that has them")
    })
}

/// Looking into processes of others: their names, files and memory.
fn processes(facts: &Facts) -> Option<Finding> {
    const TOPIC: &str = "other processes";
    if facts.has_capability(CAP_SYS_PTRACE) {
        return Some(Finding::ok(TOPIC, "can be looked into"));
    }
    let what = match facts.ptrace_scope {
        Some(scope) if scope > 0 => format!("can't be looked into (yama ptrace_scope is {scope})"),
        _ => "only those of this user can be looked into".to_owned(),
    };
    let remedy =
        "CAP_SYS_PTRACE, or root: without it probes of processes aren't found, and long text isn't read";
    Some(Finding::warn(TOPIC, what, remedy))
}

/// `/proc/PID/map_files`, which opens mapped files that have no path any more.
fn memory_files(facts: &Facts) -> Option<Finding> {
    let may = facts.has_capability(CAP_CHECKPOINT_RESTORE) || facts.has_capability(CAP_SYS_ADMIN);
    (!may).then(|| {
        let what = "mapped files without a path (deleted, memfd) can't be opened";
        Finding::warn("deleted files", what, "CAP_CHECKPOINT_RESTORE, or root")
    })
}

fn lockdown(facts: &Facts) -> Option<Finding> {
    let level = facts.lockdown.as_deref().filter(|&level| level != "none")?;
    Some(if level == "confidentiality" {
        let what =
            "confidentiality: tracefs is closed to perf and DTrace, and BPF can't read the kernel's memory";
        Finding::warn("lockdown", what, "boot without lockdown=, or without Secure Boot; or use `usdt`")
    } else {
        Finding::ok("lockdown", level)
    })
}

fn seccomp(facts: &Facts) -> Option<Finding> {
    facts.is_filtered_by_seccomp.then(|| {
        let what = "system calls are filtered; most filters of containers refuse perf_event_open";
        let remedy =
            "docker: --security-opt seccomp=unconfined, or a profile that allows perf_event_open and bpf";
        Finding::warn("seccomp", what, remedy)
    })
}

fn container(facts: &Facts) -> Option<Finding> {
    let own_pids = facts.first_pid_namespace == Some(false);
    let what = match (facts.container, own_pids) {
        (None, false) => return None,
        (Some(file), false) => format!("this is one ({file}), which sees the system's processes"),
        (_, true) => {
            "this is one: processes outside of it are not seen, and have other numbers there".to_owned()
        }
    };
    if !own_pids {
        return Some(Finding::ok("container", what));
    }
    Some(Finding::warn("container", what, "to watch others: docker run --pid=host --privileged"))
}

fn open_files(facts: &Facts) -> Option<Finding> {
    const TOPIC: &str = "open files";
    let limit = facts.open_files;
    let what = if limit == u64::MAX { "no limit".to_owned() } else { format!("at most {limit}") };
    Some(if limit >= FILES_ENOUGH {
        Finding::ok(TOPIC, what)
    } else {
        let what = what + ": each site that is watched takes one a processor";
        Finding::warn(TOPIC, what, format!("ulimit -n {FILES_ENOUGH}, if many probes or threads are watched"))
    })
}

fn locked_memory(facts: &Facts) -> Option<Finding> {
    const TOPIC: &str = "locked memory";
    if facts.locked_memory == u64::MAX || facts.has_capability(CAP_SYS_RESOURCE) {
        return None;
    }
    let kib = facts.locked_memory >> 10;
    if facts.locked_memory >= LOCKED_ENOUGH {
        return Some(Finding::ok(TOPIC, format!("at most {kib} KiB")));
    }
    let own = facts.buffer_kb.map_or(String::new(), |kb| format!(", and {kb} KiB a processor for perf"));
    let what = format!("at most {kib} KiB{own}: bpftrace complains, and may not load on kernels before 5.11");
    Some(Finding::warn(TOPIC, what, "ulimit -l unlimited"))
}

fn tracefs(facts: &Facts) -> Option<Finding> {
    const TOPIC: &str = "tracefs";
    Some(if facts.has_tracefs {
        Finding::ok(TOPIC, "mounted")
    } else {
        let what = "not mounted, or closed to this user: perf and DTrace need it, `usdt` doesn't";
        Finding::warn(TOPIC, what, "mount -t tracefs tracefs /sys/kernel/tracing")
    })
}

fn debugfs(facts: &Facts) -> Option<Finding> {
    const TOPIC: &str = "debugfs";
    Some(if facts.has_debugfs {
        Finding::ok(TOPIC, "mounted")
    } else {
        let what = "not mounted: DTrace 2.0.7 looks for the kernel's tracing files there alone";
        Finding::warn(TOPIC, what, "mount -t debugfs debugfs /sys/kernel/debug, if DTrace is to be used")
    })
}

/// What bpftrace and DTrace need besides.
fn bpf(facts: &Facts) -> Option<Finding> {
    const TOPIC: &str = "bpf";
    if facts.option("BPF_SYSCALL") == Some("n") {
        let what = "the kernel was built without CONFIG_BPF_SYSCALL: bpftrace and DTrace can't run";
        return Some(Finding::warn(TOPIC, what, "use `usdt`, perf or gdb"));
    }
    if !facts.has_capability(CAP_BPF) && !facts.has_capability(CAP_SYS_ADMIN) {
        let what = "not permitted: bpftrace and DTrace can't run";
        return Some(Finding::warn(TOPIC, what, "CAP_BPF and CAP_PERFMON, or root"));
    }
    let btf = facts.has_btf || facts.option("DEBUG_INFO_BTF") == Some("y");
    Some(if btf {
        Finding::ok(TOPIC, "permitted, and the kernel describes its types (BTF)")
    } else {
        let what = "permitted, but the kernel doesn't describe its types (BTF): DTrace can't run";
        Finding::warn(TOPIC, what, "take a kernel with CONFIG_DEBUG_INFO_BTF")
    })
}

fn kernel_addresses(facts: &Facts) -> Option<Finding> {
    (facts.hidden_addresses == Some(2)).then(|| {
        let what = "hidden (kptr_restrict is 2): tracers show stacks of the kernel without names";
        Finding::warn("kernel addresses", what, "sysctl kernel.kptr_restrict=1, if such stacks are wanted")
    })
}

#[cfg(test)]
mod tests;
