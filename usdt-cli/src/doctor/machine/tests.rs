//! Machines that are made up, and what is said of them.

use super::*;
use crate::doctor::finding::State;

const ALL: u64 = (1 << 41) - 1;

/// A machine on which everything works.
fn good() -> Facts {
    let options = ["UPROBES", "UPROBE_EVENTS", "BPF_SYSCALL", "DEBUG_INFO_BTF"];
    Facts {
        release: "6.1.0".to_owned(),
        opens_uprobes: true,
        capabilities: ALL,
        first_user_namespace: Some(true),
        first_pid_namespace: Some(true),
        paranoid: Some(2),
        buffer_kb: Some(516),
        hidden_addresses: Some(1),
        lockdown: Some("none".to_owned()),
        has_uprobe_events: true,
        has_tracefs: true,
        has_debugfs: true,
        has_btf: true,
        options: Some(options.map(|name| (name.to_owned(), "y".to_owned())).into()),
        locked_memory: u64::MAX,
        open_files: 1 << 20,
        ..Facts::default()
    }
}

/// What isn't well, as `state topic`.
fn bad(facts: &Facts) -> Vec<String> {
    let bad = findings(facts).into_iter().filter(|finding| finding.state != State::Ok);
    bad.map(|finding| {
        assert!(finding.remedy.is_some(), "{finding:?}");
        let state = if finding.state == State::Fail { "fail" } else { "warn" };
        format!("{state} {}", finding.topic)
    })
    .collect()
}

#[test]
fn a_good_machine_is_well() {
    assert_eq!(bad(&good()), [""; 0]);
}

#[test]
fn a_user_without_rights() {
    let facts = Facts {
        user: 1000,
        opens_uprobes: false,
        capabilities: 0,
        paranoid: Some(3),
        ptrace_scope: Some(1),
        ..good()
    };
    assert_eq!(
        bad(&facts),
        [
            "fail privileges",
            "warn perf_event_paranoid",
            "warn other processes",
            "warn deleted files",
            "warn bpf"
        ]
    );
}

#[test]
fn a_container_without_capabilities() {
    let docker = 0x0000_0000_a804_25fb;
    let facts = Facts {
        capabilities: docker,
        is_filtered_by_seccomp: true,
        first_pid_namespace: Some(false),
        container: Some("/.dockerenv"),
        has_tracefs: false,
        has_debugfs: false,
        ..good()
    };
    let bad = bad(&facts);
    assert!(bad.contains(&"fail privileges".to_owned()), "{bad:?}");
    assert!(bad.contains(&"warn seccomp".to_owned()), "{bad:?}");
    assert!(bad.contains(&"warn container".to_owned()), "{bad:?}");
    let remedy = privileges(&facts).unwrap().remedy.unwrap();
    assert!(remedy.contains("--cap-add SYS_ADMIN"), "{remedy}");
}

#[test]
fn root_of_a_user_namespace_is_nobody() {
    assert_eq!(bad(&Facts { first_user_namespace: Some(false), ..good() }), ["fail privileges"]);
}

#[test]
fn capabilities_of_a_file_are_enough() {
    let few = 1 << CAP_PERFMON | 1 << CAP_SYS_PTRACE | 1 << CAP_CHECKPOINT_RESTORE | 1 << CAP_BPF;
    let facts = Facts { user: 1000, capabilities: few, ..good() };
    assert_eq!(bad(&facts), [""; 0]);
    // Newer kernels don't take them for enough.
    let facts = Facts { opens_uprobes: false, ..facts };
    assert_eq!(bad(&facts), ["fail privileges", "warn perf_event_paranoid"]);
    assert!(privileges(&facts).unwrap().what.contains("wants CAP_SYS_ADMIN"));
}

#[test]
fn a_kernel_that_is_locked_down() {
    let locked = |level: &str| Facts { lockdown: Some(level.to_owned()), ..good() };
    assert_eq!(bad(&locked("confidentiality")), ["warn lockdown"]);
    assert_eq!(bad(&locked("integrity")), [""; 0]);
}

#[test]
fn a_kernel_without_uprobes() {
    let facts = Facts { has_uprobe_events: false, options: Some([].into()), has_btf: false, ..good() };
    assert_eq!(bad(&facts), ["fail uprobes", "warn bpf"]);
    assert!(uprobes(&facts).unwrap().what.contains("CONFIG_UPROBES and CONFIG_UPROBE_EVENTS"));
    let facts = Facts { has_uprobe_events: false, options: None, ..good() };
    assert!(uprobes(&facts).unwrap().what.contains("/sys/bus"));
}

#[test]
fn limits_that_are_low() {
    let few = 1 << CAP_PERFMON | 1 << CAP_SYS_PTRACE | 1 << CAP_CHECKPOINT_RESTORE | 1 << CAP_BPF;
    let facts = Facts { capabilities: few, open_files: 1024, locked_memory: 8 << 20, ..good() };
    assert_eq!(bad(&facts), ["warn open files", "warn locked memory"]);
}

#[test]
fn mounts_that_are_missing() {
    let facts = Facts { has_tracefs: false, has_debugfs: false, hidden_addresses: Some(2), ..good() };
    assert_eq!(bad(&facts), ["warn tracefs", "warn debugfs", "warn kernel addresses"]);
}
