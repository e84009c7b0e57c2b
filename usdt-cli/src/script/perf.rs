//! A shell script around perf: makes the probes known to it, records, prints, and leaves nothing behind.
//!
//! perf numbers arguments and prints them as integers; the script writes their names instead.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::source::{Chosen, Source};
use super::values::{Shown, fields};
use super::words::{comment, shell};

/// What every script does, between its head and its probes.
const BEGIN: &str = r#"set -eu
dir=$(mktemp -d)
events=
finish() {
    for event in $events; do perf probe -q -d "$event" || :; done
    rm -rf "$dir"
}
trap finish EXIT
trap : INT # Ctrl-C ends the recording alone

know() {
    perf --buildid-dir "$dir/cache" buildid-cache --add "$1"
}

# perf says what it calls the event of each of the probe's sites.
add() {
    said=$(perf --buildid-dir "$dir/cache" probe -f -x "$1" "sdt_$2" 2>&1) || { echo "$said" >&2; exit 1; }
    events="$events $(echo "$said" | sed -n 's/^ *\(sdt_[A-Za-z0-9_]*:[A-Za-z0-9_]*\) .*(on .*/\1/p' | tr '\n' ' ')"
}
"#;

/// The recording; `@WHOM@` is whom it watches where the script isn't told.
const RECORD: &str = r#"
[ $# -gt 0 ] || set -- @WHOM@
echo "recording, Ctrl-C ends it" >&2
selected=
for event in $events; do selected="$selected -e $event"; done
perf record -q -o "$dir/data" $selected "$@" || :
perf script -i "$dir/data" -F comm,pid,time,event,trace 2>"$dir/complaints" | sed -f "$dir/names"
"#;

/// The whole script.
pub(super) fn script(source: &Source) -> Result<String> {
    let head: String =
        header(source).iter().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect();
    let files: BTreeSet<&Path> = source.probes.iter().map(|chosen| chosen.path.as_path()).collect();
    let mut text = format!("#!/bin/sh\n{head}\n{BEGIN}\n");
    for file in files {
        text += &format!("know {}\n", path(file)?);
    }
    for chosen in &source.probes {
        text += &about(chosen);
        text += &format!("add {} {}\n", path(&chosen.path)?, chosen.probe.full_name());
    }
    text += &format!("\ncat >\"$dir/names\" <<'END'\n{}END\n", names(source));
    let whom = source.process.map_or("-a".to_owned(), |pid| format!("-p {pid}"));
    Ok(text + &RECORD.replace("@WHOM@", &whom))
}

fn header(source: &Source) -> Vec<String> {
    let whom = if source.process.is_some() { "this process" } else { "every process that runs the program" };
    let mut lines = vec![
        source.title("perf"),
        String::new(),
        format!("  sh FILE                          {whom}, until Ctrl-C"),
        "  sh FILE -p PID                   a process".to_owned(),
        "  sh FILE -- PROGRAM ARGUMENTS     a program that it starts".to_owned(),
        String::new(),
        "perf records integers: of text, the address. It shows small negative numbers (i8, i16) without their sign,".to_owned(),
        "and leaves constants out.".to_owned(),
    ];
    lines.extend(source.left_out());
    lines
}

fn about(chosen: &Chosen) -> String {
    let probe = &chosen.probe;
    let doc = if probe.doc.is_empty() { String::new() } else { format!("# {}\n", comment(&probe.doc)) };
    format!("\n{doc}# {}\n", comment(&probe.to_string()))
}

/// A sed script that writes the names of arguments in the place of their numbers.
fn names(source: &Source) -> String {
    let mut text = String::new();
    for Chosen { probe, .. } in &source.probes {
        // perf 7.2 writes one `_` for several.
        let event: String =
            probe.name.split('_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("__*");
        let begin = if probe.name.starts_with('_') { "_*" } else { "" };
        text += &format!("/ sdt_{}:{begin}{event}_*[0-9]*: /{{\n", probe.provider);
        for field in fields(probe) {
            let name =
                |suffix: &str, operand: usize| format!("s/ arg{}=/ {}{suffix}=/\n", operand + 1, field.label);
            text += &match field.shown {
                Shown::Nothing => continue,
                Shown::Bytes => name("", field.operand) + &name(".len", field.operand + 1),
                Shown::Wide => name(".low", field.operand) + &name(".high", field.operand + 1),
                Shown::Bits(_) => name(".bits", field.operand),
                Shown::Nanoseconds => name(".ns", field.operand),
                _ => name("", field.operand),
            };
        }
        text += "}\n";
    }
    text
}

fn path(path: &Path) -> Result<String> {
    let text = path.to_str().with_context(|| format!("perf takes no path that is not UTF-8: {path:?}"))?;
    ensure!(
        !text.contains(char::is_control),
        "perf can't take the path {path:?}: give it a link with a plain name"
    );
    Ok(shell(text))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use usdt_core::model::ArgType;

    use super::*;
    use crate::script::sample;

    #[test]
    fn the_script_is_one_for_a_shell() {
        let doc = "x\n$(touch /tmp/evil) `id` '\" \\";
        let probe =
            sample::probe("orders", "request__start", doc, &[("id", ArgType::U64), ("raw", ArgType::Bytes)]);
        let mut source = Source::of_file(vec![probe]);
        source.probes[0].path = "/tmp/a b'; $(id)".into();
        let text = script(&source).unwrap();
        assert!(text.contains(r"add '/tmp/a b'\''; $(id)' orders:request__start"), "{text}");
        assert!(text.contains("s/ arg2=/ raw=/\ns/ arg3=/ raw.len=/\n"), "{text}");
        let checked = Command::new("sh").args(["-n", "-c", &text]).output().unwrap();
        assert!(checked.status.success(), "{text}");
    }
}
