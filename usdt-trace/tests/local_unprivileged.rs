//! Nobody's process, which may gain no privileges either, watches itself.

#![cfg(all(feature = "local", target_os = "linux"))]
#![allow(unsafe_code)]

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use usdt_trace::local::Tracer;

#[usdt_probes::provider]
mod unprivileged {
    pub fn fired(id: u64, text: &str);
}

/// Says that the program is the copy that was started as nobody.
const COPY: &str = "USDT_TRACE_TEST_COPY";

#[test]
fn without_any_privilege() {
    if std::env::var_os(COPY).is_some() {
        watch();
    } else {
        let directory = std::env::temp_dir().join(format!("usdt-trace-unprivileged-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        // Nobody may look into the directory that the program was built in.
        let copy = directory.join("copy");
        std::fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
        for path in [&directory, &copy] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let output = as_nobody(&copy).output().unwrap();
        std::fs::remove_dir_all(&directory).unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{}: {said}", output.status);
    }
}

fn as_nobody(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--exact", "without_any_privilege"]).env(COPY, "1").current_dir("/");
    // SAFETY: it has no arguments.
    if unsafe { libc::geteuid() } == 0 {
        command.uid(65534).gid(65534);
    }
    // SAFETY: what is called before the program starts is a system call.
    unsafe {
        command.pre_exec(|| {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            Ok(())
        });
    }
    command
}

fn watch() {
    // SAFETY: it has no arguments.
    assert_ne!(unsafe { libc::geteuid() }, 0);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    assert!(
        status.contains("\nCapEff:\t0000000000000000\n") && status.contains("\nNoNewPrivs:\t1\n"),
        "{status}"
    );
    let tracer = Tracer::here(["unprivileged:*"]).unwrap();
    unprivileged::fired(17, "text");
    let events = tracer.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["id"], 17);
    assert_eq!(events[0]["text"], "text");
}
