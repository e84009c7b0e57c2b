//! Asking bpftrace.

use std::path::Path;

use anyhow::{Result, ensure};

use super::{Argument, HIT, Probe, Seen, Watch, parse, shell};
use crate::bpftrace::{self, Bpftrace};
use crate::target::Target;
use crate::tool;

pub(super) fn list(watch: &Watch<'_>) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    if let Target::Process(pid) = watch.target {
        let pid = pid.to_string();
        let text = tool::stdout_of(watch.tools.command("bpftrace").args(["-l", "usdt:*", "-p", &pid]))?;
        lines.extend(text.lines().map(str::to_owned));
    } else {
        for file in watch.files() {
            lines.extend(bpftrace::list_with(watch.tools, file)?);
        }
    }
    let providers = watch.providers();
    let probe = |line: &String| {
        let mut words = line.rsplitn(3, ':');
        let (name, provider) = (words.next()?, words.next()?);
        providers.contains(&provider).then(|| format!("{provider}:{name}"))
    };
    Ok(lines.iter().filter_map(probe).collect())
}

pub(super) fn observe<R>(watch: &Watch<'_>, run: impl FnOnce() -> Result<R>) -> Result<(Vec<Seen>, R)> {
    let session = script(watch).tools(watch.tools).start()?;
    let result = run()?;
    let output = session.finish()?;
    ensure!(output.lost == 0, "bpftrace lost {}", output.lost);
    Ok((parse(output.lines.iter().flat_map(|text| text.lines())), result))
}

pub(super) fn typed(watch: &Watch<'_>) -> String {
    shell("bpftrace", script(watch).typed())
}

pub(super) fn typed_list(watch: &Watch<'_>) -> String {
    if let Target::Process(pid) = watch.target {
        return shell("bpftrace", ["-l", "usdt:*", "-p", &pid.to_string()]);
    }
    let line = |file: &Path| shell("bpftrace", ["-l", &format!("usdt:{}:*", file.display())]);
    watch.files().into_iter().map(line).collect::<Vec<_>>().join("\n")
}

fn script(watch: &Watch<'_>) -> Bpftrace {
    let script = match watch.target {
        Target::File => Bpftrace::new(),
        Target::Process(pid) => Bpftrace::new().pid(pid),
        Target::Command(launch) => Bpftrace::new().starts(launch),
    };
    watch
        .probes
        .iter()
        .fold(script, |script, probe| script.usdt(probe.file, probe.name, action(watch, probe)))
}

fn action(watch: &Watch<'_>, probe: &Probe<'_>) -> String {
    let (mut format, mut values) =
        (format!("{HIT}{}\\t%d", probe.name).replace('\t', "\\t"), ", pid".to_owned());
    for (i, argument) in probe.arguments.iter().enumerate() {
        let (conversion, value) = match argument {
            Argument::Signed => ("%ld", format!("arg{i}")),
            Argument::Unsigned => ("%lu", format!("arg{i}")),
            Argument::Text => ("%s", format!("str(arg{i})")),
            Argument::Bytes => ("%r", format!("buf(arg{i}, arg{})", i + 1)),
        };
        format += &format!("\\t{conversion}");
        values += &format!(", {value}");
    }
    if watch.stacks {
        format += "\\n%s";
        values += ", ustack";
    }
    format!("printf(\"{format}\\n\"{values});")
}
