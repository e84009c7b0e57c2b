//! What is wrong with the probes of a file, or of the files that a process has mapped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use usdt_trace::find::{Finder, Loaded};
use usdt_trace::flaw::{Flaw, Severity};
use usdt_trace::inspect::{Report, inspect};
use usdt_trace::{Object, Probe};

use super::finding::{Finding, State};

/// The largest file that is read.
const LARGEST: u64 = 4 << 30;

/// What there is to say of a file.
pub(super) fn findings(path: &Path) -> Result<Vec<Finding>> {
    let report = read(path)?;
    Ok(of_report("file", &report))
}

/// What there is to say of a process: of each file that has probes, and of the semaphores that it has.
pub(super) fn of_process(pid: u32) -> Result<Vec<Finding>> {
    let process = Finder::new().process(pid)?;
    let mut objects: BTreeMap<PathBuf, (Arc<Object>, Vec<&Loaded>)> = BTreeMap::new();
    for loaded in &process.probes {
        let object = &loaded.probe.object;
        let entry = objects.entry(object.path.clone()).or_insert_with(|| (Arc::clone(object), Vec::new()));
        entry.1.push(loaded);
    }
    let mut findings = Vec::new();
    for (path, (object, probes)) in objects {
        let name = path.display().to_string();
        match read(&object.open) {
            Ok(report) => findings.extend(of_report(&name, &report)),
            Err(error) => findings.push(Finding::warn(&name, format!("{error:#}"), "become root")),
        }
        findings.extend(semaphores(&name, pid, &probes));
    }
    let problems = process.problems.iter();
    findings.extend(problems.map(|error| Finding::warn("a mapped file", error.to_string(), "become root")));
    if findings.is_empty() {
        findings.push(no_probes(&process.name));
    }
    Ok(findings)
}

fn read(path: &Path) -> Result<Report> {
    let metadata = std::fs::metadata(path).with_context(|| path.display().to_string())?;
    ensure!(metadata.is_file(), "{}: not a file", path.display());
    ensure!(metadata.len() <= LARGEST, "{}: too large", path.display());
    let data = std::fs::read(path).with_context(|| path.display().to_string())?;
    inspect(&data).with_context(|| path.display().to_string())
}

fn of_report(name: &str, report: &Report) -> Vec<Finding> {
    let mut findings: Vec<Finding> = report.flaws.iter().map(|flaw| finding(name, flaw)).collect();
    if report.sites == 0 && findings.is_empty() {
        return vec![no_probes(name)];
    }
    // A hint doesn't make the file a bad one.
    if findings.iter().all(|finding| finding.state == State::Ok) {
        let plural =
            |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let what =
            format!("{} in {}: nothing wrong", plural(report.probes, "probe"), plural(report.sites, "site"));
        findings.insert(0, Finding::ok(name, what));
    }
    findings
}

fn no_probes(name: &str) -> Finding {
    let remedy = "if it should have some: did the linker drop them (they are only kept with the code that fires them)?";
    Finding::warn(name, "no probes", remedy)
}

fn finding(name: &str, Flaw { probe, problem }: &Flaw) -> Finding {
    let topic = probe.as_deref().unwrap_or(name);
    let what = format!("{problem}: {}", problem.consequence());
    match problem.severity() {
        Severity::Error => Finding::fail(topic, what, problem.remedy()),
        Severity::Warning => Finding::warn(topic, what, problem.remedy()),
        Severity::Hint => Finding::ok(topic, what),
    }
}

/// Whether tracers find the semaphores of a file's probes in the process.
fn semaphores(name: &str, pid: u32, probes: &[&Loaded]) -> Option<Finding> {
    let has_semaphore = |probe: &Probe| probe.sites.iter().any(|site| site.semaphore.is_some());
    let lost = probes.iter().filter(|loaded| has_semaphore(&loaded.probe) && loaded.watchers(pid).is_none());
    let lost: Vec<String> = lost.map(|loaded| loaded.probe.full_name()).collect();
    let what = match lost.as_slice() {
        [] => return None,
        [one] => format!("the semaphore of {one} can't be read in the process"),
        [first, rest @ ..] => {
            format!("the semaphores of {first} and {} more can't be read in the process", rest.len())
        }
    };
    Some(Finding::warn(name, what, "become root; if that doesn't help, the process has unmapped them"))
}

#[cfg(test)]
mod tests {
    use usdt_trace::flaw::Problem;

    use super::*;

    #[test]
    fn severities_become_states() {
        let finding = |problem| finding("/bin/kv", &Flaw { probe: None, problem });
        assert_eq!(finding(Problem::NoSectionHeaders).state, State::Fail);
        assert_eq!(finding(Problem::NoBuildId).state, State::Warn);
        assert_eq!(finding(Problem::NoSemaphores { count: 2 }).state, State::Ok);
    }

    #[test]
    fn a_file_without_probes_is_said() {
        let report = Report { probes: 0, sites: 0, flaws: Vec::new() };
        assert_eq!(of_report("/bin/kv", &report)[0].what, "no probes");
    }
}
