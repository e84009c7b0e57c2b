//! A script for bpftrace that times what happens between two probes: a histogram, in microseconds.

use anyhow::{Context, Result, bail, ensure};

use super::source::{Chosen, Source};
use super::values::{Field, Shown, fields};
use super::words::{bpftrace_path, comment};

/// The whole script: from the first probe to the second. `key` is an argument that is the same in both, or `A=B`; without it
/// a thread does one thing after the other.
pub(super) fn script(start: &Chosen, done: &Chosen, key: Option<&str>, source: &Source) -> Result<String> {
    let (of_start, of_done) = match key.map(|key| key.split_once('=').unwrap_or((key, key))) {
        Some((of_start, of_done)) => (argument(start, of_start)?, argument(done, of_done)?),
        None => ("tid".to_owned(), "tid".to_owned()),
    };
    let pid = source.process.map_or(String::new(), |pid| format!("-p {pid} "));
    let about = |chosen: &Chosen| comment(&chosen.probe.to_string());
    let spec = |chosen: &Chosen| {
        Ok::<_, anyhow::Error>(format!("usdt:{}:{}", bpftrace_path(&chosen.path)?, chosen.probe.full_name()))
    };
    Ok(format!(
        "#!/usr/bin/env bpftrace\n\
         // Times what happens between two probes, in microseconds. Written by `usdt script bpftrace --latency`;\n\
         // FILE is this file. Ctrl-C ends it, and shows the histogram.\n\
         //\n\
         //   bpftrace {pid}FILE\n\
         \n\
         // {start_about}\n\
         {start}\n\
         {{\n    @start[pid, {of_start}] = nsecs;\n}}\n\
         \n\
         // {done_about}\n\
         {done}\n\
         /@start[pid, {of_done}]/\n\
         {{\n    @microseconds = hist((nsecs - @start[pid, {of_done}]) / 1000);\n    delete(@start[pid, {of_done}]);\n}}\n\
         \n\
         END\n\
         {{\n    clear(@start);\n}}\n",
        start_about = about(start),
        done_about = about(done),
        start = spec(start)?,
        done = spec(done)?,
    ))
}

/// The probe that a pattern means, which must be one.
pub(super) fn only(source: &Source, pattern: &crate::select::Pattern) -> Result<Chosen> {
    let mut meant = source.probes.iter().filter(|chosen| pattern.matches(&chosen.probe));
    let one = meant.next().with_context(|| format!("no probe is called {}", pattern.as_str()))?;
    ensure!(meant.next().is_none(), "several probes are called {}: name one", pattern.as_str());
    Ok(one.clone())
}

/// How an argument is read as a part of a key.
fn argument(chosen: &Chosen, name: &str) -> Result<String> {
    let probe = &chosen.probe;
    let of_name = |field: &Field| field.label == name;
    let field = fields(probe).into_iter().find(of_name);
    let field = field.with_context(|| format!("{} has no argument {name}", comment(&probe.to_string())))?;
    match field.shown {
        Shown::Text => Ok(format!("str(arg{})", field.operand)),
        Shown::Bytes | Shown::Wide | Shown::Nothing => {
            bail!("{name} of {} is no number and no text, and so no key", probe.full_name())
        }
        _ => Ok(format!("arg{}", field.operand)),
    }
}

#[cfg(test)]
mod tests {
    use usdt_core::model::ArgType;

    use super::*;
    use crate::script::sample;

    fn of(key: Option<&str>) -> Result<String> {
        let start = sample::probe("kv", "start", "", &[("path", ArgType::Str), ("id", ArgType::U64)]);
        let done = sample::probe("kv", "done", "", &[("id", ArgType::U64), ("raw", ArgType::Bytes)]);
        let source = Source::of_file(vec![start, done]);
        script(&source.probes[0], &source.probes[1], key, &source)
    }

    #[test]
    fn a_key_is_read_where_each_probe_has_it() {
        let text = of(Some("id")).unwrap();
        assert!(text.contains("@start[pid, arg1] = nsecs;"), "{text}");
        assert!(text.contains("/@start[pid, arg0]/"), "{text}");
        assert!(of(Some("path=id")).unwrap().contains("@start[pid, str(arg0)] = nsecs;"));
        assert!(of(None).unwrap().contains("@start[pid, tid] = nsecs;"));
    }

    #[test]
    fn what_can_be_no_key_is_an_error() {
        assert!(of(Some("nothing")).unwrap_err().to_string().contains("no argument nothing"));
        assert!(of(Some("id=raw")).unwrap_err().to_string().contains("no key"));
    }
}
