//! Asking DTrace.

use anyhow::Result;

use super::{Argument, HIT, Probe, Seen, Tracer, Watch, parse, shell};
use crate::dtrace::DTrace;

pub(super) fn list(watch: &Watch<'_>) -> Result<Vec<String>> {
    let mut probes = Vec::new();
    for provider in watch.providers() {
        probes.extend(dtrace(watch).list(provider)?);
    }
    Ok(probes)
}

pub(super) fn observe<R>(watch: &Watch<'_>, run: impl FnOnce() -> Result<R>) -> Result<(Vec<Seen>, R)> {
    let (lines, result) = dtrace(watch).observe(&clauses(watch), run)?;
    Ok((parse(lines.iter().map(String::as_str)), result?))
}

pub(super) fn typed(watch: &Watch<'_>) -> Result<String> {
    Ok(shell("dtrace", dtrace(watch).typed(&clauses(watch))?))
}

pub(super) fn typed_list(watch: &Watch<'_>) -> String {
    let line = |provider| shell("dtrace", dtrace(watch).typed_list(provider));
    watch.providers().into_iter().map(line).collect::<Vec<_>>().join("\n")
}

fn dtrace<'a>(watch: &Watch<'a>) -> DTrace<'a> {
    DTrace { tools: watch.tools, target: watch.target }
}

fn clauses(watch: &Watch<'_>) -> Vec<(String, String)> {
    watch.probes.iter().map(|probe| (Tracer::DTrace.writes(probe.name), action(watch, probe))).collect()
}

fn action(watch: &Watch<'_>, probe: &Probe<'_>) -> String {
    let name = Tracer::DTrace.writes(probe.name);
    let (mut format, mut values) = (format!("{HIT}{name}\\t%d").replace('\t', "\\t"), ", pid".to_owned());
    for (i, argument) in probe.arguments.iter().enumerate() {
        let (conversion, value) = match argument {
            Argument::Signed => ("%d", format!("arg{i}")),
            Argument::Unsigned => ("%u", format!("arg{i}")),
            Argument::Text => ("%s", format!("copyinstr(arg{i})")),
            // The size is one with the NUL that it adds.
            Argument::Bytes => ("%s", format!("copyinstr(arg{i}, arg{} + 1)", i + 1)),
        };
        format += &format!("\\t{conversion}");
        values += &format!(", {value}");
    }
    let stack = if watch.stacks { " ustack();" } else { "" };
    format!("printf(\"{format}\\n\"{values});{stack}")
}
