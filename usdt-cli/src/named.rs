//! Names → processes and programs.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The most bytes of a name that the kernel keeps for a process.
const COMM: usize = 15;

/// The processes that people would call so, in the order of their ids: by `comm`, as `ps` shows it, by the file name of the
/// program, or by that of the script which an interpreter runs, with or without its extension.
pub(crate) fn processes(name: &str) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut pids: Vec<u32> = pids.filter(|&pid| is_called(pid, name)).collect();
    pids.sort_unstable();
    pids
}

fn is_called(pid: u32, name: &str) -> bool {
    if pid == std::process::id() {
        return false;
    }
    let proc = PathBuf::from(format!("/proc/{pid}"));
    // A process that has ended, and is not yet buried, has a name but no program.
    let Ok(program) = fs::read_link(proc.join("exe")) else { return false };
    let program = program.file_name().unwrap_or_default().as_bytes();
    let comm = fs::read(proc.join("comm")).unwrap_or_default();
    comm.trim_ascii_end() == &name.as_bytes()[..name.len().min(COMM)]
        || program.strip_suffix(b" (deleted)").unwrap_or(program) == name.as_bytes()
        || fs::read(proc.join("cmdline")).is_ok_and(|line| is_script(&line, name))
}

/// Whether a command line (its words end with a NUL byte) runs the script with this name, with or without its extension:
/// `node --inspect lib/server.js` runs `server.js` and `server`.
fn is_script(line: &[u8], name: &str) -> bool {
    let mut words = line.split(|&byte| byte == 0).skip(1);
    let script = words.find(|word| !word.starts_with(b"-"));
    let script = Path::new(OsStr::from_bytes(script.unwrap_or_default()));
    // A plain word may mean something else.
    (script.extension().is_some() || script.components().count() > 1)
        && [script.file_name(), script.file_stem()].into_iter().flatten().any(|it| it == name)
}

/// The program of this name that a shell would start.
pub(crate) fn program_in_path(name: &str) -> Option<PathBuf> {
    let directories = std::env::var_os("PATH")?;
    let mut files = std::env::split_paths(&directories).map(|directory| directory.join(name));
    files.find(|file| fs::metadata(file).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0))
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    #[test]
    fn a_process_is_called_by_its_program_or_its_script() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("named-by-test.sh");
        // No other program: until it is `exec`ed, a process that the shell forks for it is called like the shell.
        fs::write(&path, "read line").unwrap();
        let mut child = std::process::Command::new("sh").arg(&path).stdin(Stdio::piped()).spawn().unwrap();
        // For a moment it is still this program.
        while processes("named-by-test.sh").is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(processes("named-by-test.sh"), [child.id()]);
        assert!(processes("sh").contains(&child.id()));
        child.kill().unwrap();
        // Not waited for yet.
        while !processes("named-by-test.sh").is_empty() {
            std::thread::yield_now();
        }
        child.wait().unwrap();
    }

    #[test]
    fn a_script_has_an_extension_or_not() {
        for name in ["server.js", "server"] {
            assert!(is_script(b"node\0--inspect\0lib/server.js\0--port\x0080\0", name));
        }
        for (line, name) in
            [(&b"sleep\x0060\0"[..], "60"), (b"node\0", ""), (b"", "x"), (b"sh\0a.sh\0", "sh")]
        {
            assert!(!is_script(line, name), "{name}");
        }
    }

    #[test]
    fn a_program_is_found_where_a_shell_looks() {
        assert!(program_in_path("sh").unwrap().ends_with("sh"));
        assert_eq!(program_in_path("no-such-program"), None);
    }
}
