//! Running processes: which files they have mapped, and where.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use usdt_core::recorder::format::RECORDED;

use super::inspect::identity;
use super::{FindError, Finder, Loaded, Process, Watched};
use crate::elf::Refused;
use crate::elf::segment::bias;
use crate::maps::{Mapping, mappings};

/// The directory that a process is in.
fn proc_of(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}"))
}

/// The processes that can be looked into. That one isn't there any more, or is none of our business, is no error.
pub(super) fn processes(finder: &mut Finder) -> Result<Vec<Process>, FindError> {
    let io = |error| FindError::Io { path: "/proc".into(), error };
    let names = fs::read_dir("/proc").map_err(io)?.map(|entry| Ok(entry?.file_name()));
    let names: Vec<_> = names.collect::<io::Result<_>>().map_err(io)?;
    let mut pids: Vec<u32> = names.iter().filter_map(|name| name.to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    Ok(pids.into_iter().filter_map(|pid| process(finder, pid).ok()).collect())
}

pub(super) fn process(finder: &mut Finder, pid: u32) -> Result<Process, FindError> {
    let proc = proc_of(pid);
    let program = fs::read_link(proc.join("exe")).map_err(|error| gone(pid, "exe", error))?;
    let name = fs::read(proc.join("comm")).map_err(|error| gone(pid, "comm", error))?;
    let maps = fs::read(proc.join("maps")).map_err(|error| gone(pid, "maps", error))?;
    let name = String::from_utf8_lossy(name.trim_ascii_end()).into_owned();
    let mut process = Process { pid, name, program, probes: Vec::new(), problems: Vec::new() };
    // The mappings of a file stand side by side, unless the file is mapped twice.
    let mut code: Vec<Mapping> =
        mappings(&maps).filter(|mapping| mapping.is_executable() && mapping.is_of_file()).collect();
    code.sort_by_key(|mapping| (mapping.identity, mapping.start));
    for of_file in code.chunk_by(|a, b| a.identity == b.identity) {
        match load(finder, &proc, of_file) {
            Ok(probes) => process.probes.extend(probes),
            // Other things are mapped as code too; and a process that has ended has taken its mappings with it.
            Err(FindError::Refused { refused: Refused::NotElf, .. }) => {}
            Err(FindError::Io { error, .. }) if is_gone(&error) && !proc.exists() => {
                return Err(FindError::NoProcess { pid });
            }
            Err(error) => process.problems.push(error),
        }
    }
    Ok(process)
}

/// What an error about a piece of a process's directory means.
fn gone(pid: u32, piece: &str, error: io::Error) -> FindError {
    let proc = proc_of(pid);
    match (is_gone(&error), proc.exists()) {
        (true, true) => FindError::NoProgram { pid },
        (true, false) => FindError::NoProcess { pid },
        (false, _) => FindError::Io { path: proc.join(piece), error },
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == ErrorKind::NotFound
        || error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

/// The probes of a file, once for each place where it is mapped as code.
fn load(finder: &mut Finder, proc: &Path, mappings: &[Mapping]) -> Result<Vec<Loaded>, FindError> {
    let Some(first) = mappings.first() else { return Ok(Vec::new()) };
    let inspected = finder.inspect_by(&first.path, &openable(proc, first))?;
    let of = |it: &Mapping| bias(&inspected.segments, it.start, it.offset, it.end.saturating_sub(it.start));
    let mut biases: Vec<u64> = mappings.iter().filter_map(of).collect();
    biases.sort_unstable();
    biases.dedup();
    let loaded = |bias| inspected.probes.iter().map(move |probe| Loaded { probe: probe.clone(), bias });
    Ok(biases.into_iter().flat_map(loaded).collect())
}

/// A path by which this process can open a mapped file: the file's own if it means the same file here, then as the process
/// sees it, then the mapping itself, which leads to files that have no name any more.
pub(crate) fn openable(proc: &Path, mapping: &Mapping) -> PathBuf {
    let inside = mapping.path.strip_prefix("/").unwrap_or(&mapping.path);
    let through_root = proc.join("root").join(inside);
    let through_map = proc.join(format!("map_files/{:x}-{:x}", mapping.start, mapping.end));
    let identity_of = |path: &Path| fs::metadata(path).ok().map(|metadata| identity(&metadata));
    // Following the mapping takes privileges; without them its line tells which file it is, on most file systems.
    let followed = identity_of(&through_map);
    let is_it = |path: &Path| identity_of(path) == Some(followed.unwrap_or(mapping.identity));
    let names = [mapping.path.clone(), through_root.clone()];
    match names.into_iter().find(|path| is_it(path)) {
        Some(path) => path,
        None if followed.is_some() => through_map,
        None => held(proc, is_it).unwrap_or(through_root),
    }
}

/// A file that has no name any more, but is the program itself, or is held open: that takes no more privileges than to look into
/// the process.
fn held(proc: &Path, is_it: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let descriptors = fs::read_dir(proc.join("fd")).into_iter().flatten();
    let descriptors = descriptors.filter_map(|entry| Some(entry.ok()?.path()));
    std::iter::once(proc.join("exe")).chain(descriptors).find(|path| is_it(path))
}

/// Who is told of a probe in a process, as its semaphore says. The program's own recorder is no tracer.
pub(super) fn watched(loaded: &Loaded, pid: u32) -> Option<Watched> {
    let semaphore = loaded.probe.sites.iter().find_map(|site| site.semaphore)?;
    let memory = File::open(proc_of(pid).join("mem")).ok()?;
    let mut word = [0; 2];
    memory.read_exact_at(&mut word, loaded.bias.wrapping_add(semaphore.address)).ok()?;
    let count = u16::from_ne_bytes(word);
    Some(Watched { tracers: count & !RECORDED, is_recorded: count & RECORDED != 0 })
}
