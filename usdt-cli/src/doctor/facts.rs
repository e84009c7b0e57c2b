//! What there is to know about this machine and this process. Everything is read here, so that tests can make up the rest.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use rustix::process::{Resource, getrlimit};

/// What was read; `None` where it isn't known, mostly since a file isn't there.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// `uname -r`.
    pub(super) release: String,
    /// Whether a uprobe could be opened.
    pub(super) opens_uprobes: bool,
    /// The user whose rights this process has.
    pub(super) user: u32,
    /// The bits of its capabilities.
    pub(super) capabilities: u64,
    pub(super) no_new_privileges: bool,
    pub(super) is_filtered_by_seccomp: bool,
    /// Whether this process is in the namespaces that the system began with.
    pub(super) first_user_namespace: Option<bool>,
    pub(super) first_pid_namespace: Option<bool>,
    /// The file that containers have.
    pub(super) container: Option<&'static str>,
    /// `kernel.perf_event_paranoid`.
    pub(super) paranoid: Option<i32>,
    /// `kernel.perf_event_mlock_kb`.
    pub(super) buffer_kb: Option<u64>,
    /// `kernel.kptr_restrict`.
    pub(super) hidden_addresses: Option<u8>,
    /// `kernel.yama.ptrace_scope`.
    pub(super) ptrace_scope: Option<u8>,
    /// What `/sys/kernel/security/lockdown` has between brackets.
    pub(super) lockdown: Option<String>,
    /// Whether `perf_event_open` has uprobes.
    pub(super) has_uprobe_events: bool,
    pub(super) has_tracefs: bool,
    pub(super) has_debugfs: bool,
    pub(super) has_btf: bool,
    /// The kernel's options that are set.
    pub(super) options: Option<BTreeMap<String, String>>,
    /// How many bytes may be locked into memory; `u64::MAX` without a limit.
    pub(super) locked_memory: u64,
    /// How many files may be open.
    pub(super) open_files: u64,
}

impl Facts {
    /// What there is to know besides whether a uprobe could be opened.
    pub(super) fn read(opens_uprobes: bool) -> Facts {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let of_status = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
        let limit = |resource| getrlimit(resource).current.unwrap_or(u64::MAX);
        let setting = |name: &str| line(&format!("/proc/sys/kernel/{name}"));
        Facts {
            release: setting("osrelease").unwrap_or_default(),
            opens_uprobes,
            user: rustix::process::geteuid().as_raw(),
            capabilities: of_status("CapEff:")
                .and_then(|bits| u64::from_str_radix(bits, 16).ok())
                .unwrap_or(0),
            no_new_privileges: of_status("NoNewPrivs:") == Some("1"),
            is_filtered_by_seccomp: of_status("Seccomp:") == Some("2"),
            first_user_namespace: is_first("user", 0xEFFF_FFFD),
            first_pid_namespace: is_first("pid", 0xEFFF_FFFC),
            container: ["/.dockerenv", "/run/.containerenv"]
                .into_iter()
                .find(|file| Path::new(file).exists()),
            paranoid: setting("perf_event_paranoid").and_then(|text| text.parse().ok()),
            buffer_kb: setting("perf_event_mlock_kb").and_then(|text| text.parse().ok()),
            hidden_addresses: setting("kptr_restrict").and_then(|text| text.parse().ok()),
            ptrace_scope: setting("yama/ptrace_scope").and_then(|text| text.parse().ok()),
            lockdown: line("/sys/kernel/security/lockdown").and_then(|text| between_brackets(&text)),
            has_uprobe_events: Path::new("/sys/bus/event_source/devices/uprobe/type").exists(),
            has_tracefs: ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]
                .iter()
                .any(|dir| Path::new(dir).join("uprobe_events").exists()),
            has_debugfs: is_mounted("debugfs"),
            has_btf: Path::new("/sys/kernel/btf/vmlinux").exists(),
            options: options(),
            locked_memory: limit(Resource::Memlock),
            open_files: limit(Resource::Nofile),
        }
    }

    pub(super) fn has_capability(&self, number: u8) -> bool {
        self.capabilities & (1 << number) != 0
    }

    /// The value of one of the kernel's options, without `CONFIG_`; `None` if it isn't known.
    pub(super) fn option(&self, name: &str) -> Option<&str> {
        let options = self.options.as_ref()?;
        Some(options.get(name).map_or("n", String::as_str))
    }
}

fn line(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// Whether a namespace of this process has the number that the kernel's source gives the first one.
fn is_first(namespace: &str, first: u64) -> Option<bool> {
    let link = fs::read_link(format!("/proc/self/ns/{namespace}")).ok()?;
    let number = link.to_str()?.split_once('[')?.1.strip_suffix(']')?.parse::<u64>().ok()?;
    Some(number == first)
}

fn is_mounted(kind: &str) -> bool {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    mounts.lines().any(|line| line.split(' ').nth(2) == Some(kind))
}

/// `none [integrity] confidentiality` → `integrity`.
fn between_brackets(text: &str) -> Option<String> {
    Some(text.split_once('[')?.1.split_once(']')?.0.to_owned())
}

/// The kernel's options, from the places where distributions put them.
fn options() -> Option<BTreeMap<String, String>> {
    let release = line("/proc/sys/kernel/osrelease")?;
    let packed = fs::File::open("/proc/config.gz").ok().and_then(|file| {
        let mut text = String::new();
        // A kernel's options are a quarter of a megabyte.
        flate2::read::GzDecoder::new(file).take(16 << 20).read_to_string(&mut text).ok()?;
        Some(text)
    });
    let files = [format!("/boot/config-{release}"), format!("/lib/modules/{release}/config")];
    let text = packed.or_else(|| files.iter().find_map(|file| fs::read_to_string(file).ok()))?;
    Some(parsed(&text))
}

/// The lines `CONFIG_NAME=VALUE`.
fn parsed(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.strip_prefix("CONFIG_")?.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let options =
            parsed("# a comment\nCONFIG_UPROBES=y\n# CONFIG_BPF is not set\nCONFIG_CC=\"gcc 12\"\n");
        let facts = Facts { options: Some(options), ..Facts::default() };
        assert_eq!(facts.option("UPROBES"), Some("y"));
        assert_eq!(facts.option("BPF"), Some("n"));
        assert_eq!(Facts::default().option("UPROBES"), None);
    }

    #[test]
    fn the_chosen_lockdown_is_between_brackets() {
        assert_eq!(between_brackets("none [integrity] confidentiality").as_deref(), Some("integrity"));
        assert_eq!(between_brackets("none"), None);
    }

    #[test]
    fn this_machine_can_be_read() {
        let facts = Facts::read(false);
        assert!(!facts.release.is_empty());
        assert!(facts.open_files > 0);
    }
}
