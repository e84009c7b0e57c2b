//! Asking gdb.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{Argument, HIT, Probe, Seen, Watch, parse, shell};
use crate::gdb::{self, Interactive};
use crate::subject::load_bias;
use crate::target::Target;

pub(super) fn list(watch: &Watch<'_>) -> Result<Vec<String>> {
    let rows = if let Target::Process(pid) = watch.target {
        gdb::info_probes_stap_of(watch.tools, pid, &objects(watch)?)?
    } else {
        let mut rows = Vec::new();
        for file in watch.files() {
            rows.extend(gdb::info_probes_stap_with(watch.tools, file)?);
        }
        rows
    };
    let providers = watch.providers();
    let ours = rows.iter().filter(|row| providers.contains(&&*row.provider));
    Ok(ours.map(|row| format!("{}:{}", row.provider, row.name)).collect())
}

pub(super) fn observe<R>(watch: &Watch<'_>, run: impl FnOnce() -> Result<R>) -> Result<(Vec<Seen>, R)> {
    let session = Interactive::start(watch.tools, watch.target, &watch.files(), &script(watch)?)?;
    let result = run()?;
    let said = session.finish()?;
    let mut seen = parse(said.lines());
    // `output` puts text into quotes, and so can't be told from `printf` of quotes: none of our subjects has any.
    seen.iter_mut()
        .flat_map(|hit| &mut hit.values)
        .for_each(|value| *value = value.trim_matches('"').to_owned());
    Ok((seen, result))
}

pub(super) fn typed(watch: &Watch<'_>) -> Result<String> {
    let words = gdb::words(watch.target, &watch.files());
    let lines = shell("gdb", words) + "\n" + &script(watch)?;
    Ok(lines.trim_end().replace('\n', "\n(gdb) "))
}

pub(super) fn typed_list(watch: &Watch<'_>) -> String {
    let words = ["-batch", "-ex", "info probes stap"].map(str::to_owned);
    shell("gdb", words.into_iter().chain(gdb::words(watch.target, &watch.files())))
}

/// The files that gdb doesn't find alone, and where they are.
fn objects(watch: &Watch<'_>) -> Result<Vec<(PathBuf, u64)>> {
    match watch.target {
        Target::Process(pid) if watch.mapped_by_hand => {
            watch.files().into_iter().map(|file| Ok((file.to_owned(), load_bias(pid, file)?))).collect()
        }
        _ => Ok(Vec::new()),
    }
}

/// What is typed inside gdb.
fn script(watch: &Watch<'_>) -> Result<String> {
    let mut text = gdb::add_symbol_files(&objects(watch)?);
    for probe in watch.probes {
        text += &breakpoint(watch, probe)?;
    }
    text += if let Target::Command(_) = watch.target { "run\n" } else { "continue\n" };
    Ok(text)
}

fn breakpoint(watch: &Watch<'_>, probe: &Probe<'_>) -> Result<String> {
    let hit = format!("{HIT}{}\\t-", probe.name).replace('\t', "\\t");
    let mut shown = format!("printf \"{hit}\"\n");
    for (i, argument) in probe.arguments.iter().enumerate() {
        let value = format!("$_probe_arg{i}");
        let print = match argument {
            Argument::Signed => format!("printf \"\\t%ld\", {value}"),
            Argument::Unsigned => format!("printf \"\\t%lu\", {value}"),
            Argument::Text => format!("printf \"\\t%s\", (char *){value}"),
            // `printf` takes no length.
            Argument::Bytes => format!("printf \"\\t\"\noutput *(char *){value}@$_probe_arg{}", i + 1),
        };
        writeln!(shown, "{print}")?;
    }
    let stack = if watch.stacks { "bt\n" } else { "" };
    if !probe.name.contains(':') {
        bail!("a probe is written provider:name, not {}", probe.name);
    }
    Ok(format!(
        "break -probe-stap {}\ncommands\nsilent\n{shown}printf \"\\n\"\n{stack}continue\nend\n",
        probe.name
    ))
}
