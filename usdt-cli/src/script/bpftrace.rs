//! A script for bpftrace: a clause for each probe. bpftrace attaches to all sites of a probe by itself.

use anyhow::Result;

use super::source::{Chosen, Source};
use super::values::{Field, Shown, fields};
use super::words::{bpftrace_path, comment};

/// bpftrace 0.17 knows `arg0` to `arg5`, newer ones all twelve.
const OPERANDS: usize = 6;

/// The whole script.
pub(super) fn script(source: &Source) -> Result<String> {
    let mut text = "#!/usr/bin/env bpftrace\n".to_owned();
    for line in header(source) {
        text += &format!("//{}{line}\n", if line.is_empty() { "" } else { " " });
    }
    for chosen in &source.probes {
        text += &clause(chosen)?;
    }
    Ok(text)
}

fn header(source: &Source) -> Vec<String> {
    let mut lines = vec![source.title("bpftrace"), String::new()];
    if let Some(pid) = source.process {
        lines.push(format!("  bpftrace -p {pid} FILE    this process"));
    }
    lines.push("  bpftrace FILE           every process that runs the program, now or later".to_owned());
    if source.fields().any(|field| matches!(field.shown, Shown::Text | Shown::Bytes)) {
        lines.push(String::new());
        lines.push(
            "Text is cut after 64 bytes; BPFTRACE_STRLEN=128 before the command (since bpftrace 0.20"
                .to_owned(),
        );
        lines.push("BPFTRACE_MAX_STRLEN) shows more, as long as the script's texts fit the 512 bytes of BPF's stack.".to_owned());
    }
    if source.has_undescribed() {
        lines.push(String::new());
        lines.push("A C program doesn't say which of its arguments are text: str(arg0) in the place of arg0, and %s of %lu,".to_owned());
        lines.push("show what is at that address.".to_owned());
    }
    lines.extend(source.left_out());
    lines
}

fn clause(chosen: &Chosen) -> Result<String> {
    let probe = &chosen.probe;
    let mut text = String::from("\n");
    if !probe.doc.is_empty() {
        text += &format!("// {}\n", comment(&probe.doc));
    }
    text += &format!("// {}\n", comment(&probe.to_string()));
    text += &format!("usdt:{}:{}\n{{\n", bpftrace_path(&chosen.path)?, probe.full_name());
    let (first, rest): (Vec<Field>, Vec<Field>) =
        fields(probe).into_iter().partition(|field| field.is_within(OPERANDS));
    let begin = format!("%s[%d] {}", probe.full_name());
    text += &printf("    ", &begin, &["comm".to_owned(), "pid".to_owned()], &first);
    if !rest.is_empty() {
        text += "    // For bpftrace newer than 0.17, which has no more than arg0 to arg5:\n";
        text += &printf("    // ", &format!("    {}", probe.name), &[], &rest);
    }
    Ok(text + "}\n")
}

/// A `printf` of fields, with what can't be shown in comments before it.
fn printf(indent: &str, begin: &str, values: &[String], fields: &[Field]) -> String {
    let (mut format, mut values, mut text) = (begin.to_owned(), values.to_vec(), String::new());
    for field in fields {
        match value(field) {
            Some((conversion, read)) => {
                format += &format!(" {}={conversion}", field.label);
                values.extend(read);
            }
            None => text += &format!("{indent}// {}: bpftrace can't read where it is.\n", field.label),
        }
    }
    let values: String = values.iter().map(|value| format!(", {value}")).collect();
    text + &format!("{indent}printf(\"{format}\\n\"{values});\n")
}

/// How a value is printed, and what is read for it.
fn value(field: &Field) -> Option<(String, Vec<String>)> {
    let (low, high) = (format!("arg{}", field.operand), format!("arg{}", field.operand + 1));
    let (conversion, values) = match field.shown {
        Shown::Signed => ("%ld", vec![low]),
        Shown::Unsigned => ("%lu", vec![low]),
        Shown::Bool => ("%s", vec![format!("{low} ? \"true\" : \"false\"")]),
        Shown::Char => ("U+%04lx", vec![low]),
        Shown::Bits(4) => ("float:0x%08lx", vec![low]),
        Shown::Bits(_) => ("float:0x%016lx", vec![low]),
        Shown::Address => ("0x%lx", vec![low]),
        // Nothing for `None`: a word for it would be a second text on BPF's stack, which then has no room for six.
        Shown::Text => ("%s", vec![format!("str({low})")]),
        Shown::Bytes => ("%r", vec![format!("buf({low}, {high})")]),
        Shown::Wide => ("0x%lx%016lx", vec![high, low]),
        Shown::Nanoseconds => ("%luns", vec![low]),
        Shown::Nothing => return None,
    };
    Some((conversion.to_owned(), values))
}

#[cfg(test)]
mod tests {
    use usdt_core::model::ArgType;

    use super::*;
    use crate::script::sample;

    #[test]
    fn a_clause_has_names_and_types() {
        let probe = sample::probe(
            "orders",
            "request_start",
            "A request was accepted.",
            &[("id", ArgType::U64), ("path", ArgType::Str)],
        );
        let text = script(&Source::of_file(vec![probe])).unwrap();
        let clause = text.split_once("\n\n").unwrap().1;
        assert_eq!(
            clause,
            "// A request was accepted.\n\
             // orders:request_start(id: u64, path: str)\n\
             usdt:\"/usr/bin/kv\":orders:request_start\n\
             {\n    printf(\"%s[%d] orders:request_start id=%lu path=%s\\n\", comm, pid, arg0, str(arg1));\n}\n"
        );
    }

    #[test]
    fn what_old_versions_have_not_is_a_comment() {
        let args: Vec<(String, ArgType)> = (0..8).map(|i| (format!("a{i}"), ArgType::I32)).collect();
        let args: Vec<(&str, ArgType)> = args.iter().map(|(name, ty)| (name.as_str(), *ty)).collect();
        let text = script(&Source::of_file(vec![sample::probe("shop", "sold", "", &args)])).unwrap();
        assert!(text.contains("a5=%ld\\n\", comm, pid, arg0, arg1, arg2, arg3, arg4, arg5);"), "{text}");
        assert!(text.contains("    // printf(\"    sold a6=%ld a7=%ld\\n\", arg6, arg7);"), "{text}");
    }

    #[test]
    fn hostile_text_stays_in_its_comment() {
        let doc = "x\nBEGIN { system(\"id\"); } */";
        let text = script(&Source::of_file(vec![sample::probe("shop", "sold", doc, &[])])).unwrap();
        assert!(text.lines().all(|line| !line.starts_with("BEGIN")), "{text}");
    }
}
