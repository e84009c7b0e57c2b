//! A script for DTrace on Linux: a clause for each probe of one process, whose number DTrace puts behind the provider's name.

use usdt_core::model::name::probe_from_ident;

use super::source::{Chosen, Source};
use super::values::{Field, Shown, fields};
use super::words::comment;

/// DTrace knows `arg0` to `arg9`.
const OPERANDS: usize = 10;

/// The whole script.
pub(super) fn script(source: &Source) -> String {
    let lines: String =
        header(source).iter().map(|line| format!(" * {line}").trim_end().to_owned() + "\n").collect();
    let mut text = format!("#!/usr/sbin/dtrace -qs\n/*\n{lines} */\n");
    let mut seen = std::collections::BTreeSet::new();
    for chosen in &source.probes {
        // A clause is for the probes of this name in all files of the process.
        if seen.insert(chosen.probe.full_name()) {
            text += &clause(chosen);
        }
    }
    text
}

fn header(source: &Source) -> Vec<String> {
    let pid = source.process.map_or("PID".to_owned(), |pid| pid.to_string());
    let mut lines = vec![
        source.title("dtrace"),
        String::new(),
        format!("  dtrace -qs FILE -p {pid}                     this process"),
        "  dtrace -qs FILE -c 'PROGRAM ARGUMENTS'    a program that it starts".to_owned(),
        String::new(),
        "If DTrace can't compile its own io.d: copy its library (the directory dtrace below /usr/lib) without that".to_owned(),
        "file, and add -x syslibdir=COPY.".to_owned(),
    ];
    if source.fields().any(|field| matches!(field.shown, Shown::Bits(_))) {
        lines.push("D has no floats: their bits are shown.".to_owned());
    }
    lines.extend(source.left_out());
    lines
}

fn clause(chosen: &Chosen) -> String {
    let probe = &chosen.probe;
    let name = probe_from_ident(&probe.name);
    let doc = if probe.doc.is_empty() { String::new() } else { format!("/* {} */\n", comment(&probe.doc)) };
    let mut text =
        format!("\n{doc}/* {} */\n{}$target:::{name}\n{{\n", comment(&probe.to_string()), probe.provider);
    let mut format = format!("%s[%d] {}:{name}", probe.provider);
    let mut values = ", execname, pid".to_owned();
    for field in fields(probe) {
        match value(&field).filter(|_| field.is_within(OPERANDS)) {
            Some((conversion, read)) => {
                format += &format!(" {}={conversion}", field.label);
                values += &read.iter().map(|value| format!(", {value}")).collect::<String>();
            }
            None => text += &format!("    /* {}: DTrace can't read where it is. */\n", field.label),
        }
    }
    text + &format!("    printf(\"{format}\\n\"{values});\n}}\n")
}

/// How a value is printed, and what is read for it.
fn value(field: &Field) -> Option<(String, Vec<String>)> {
    let (low, high) = (format!("arg{}", field.operand), format!("arg{}", field.operand + 1));
    let (conversion, values) = match field.shown {
        Shown::Signed => ("%d", vec![low]),
        Shown::Unsigned => ("%u", vec![low]),
        Shown::Bool => ("%s", vec![format!("{low} ? \"true\" : \"false\"")]),
        Shown::Char => ("U+%04x", vec![low]),
        Shown::Bits(4) => ("float:0x%08x", vec![low]),
        Shown::Bits(_) => ("float:0x%016x", vec![low]),
        Shown::Address => ("0x%x", vec![low]),
        Shown::Text => ("%s", vec![format!("{low} == 0 ? \"none\" : copyinstr({low})")]),
        // The size is one with the NUL that is added.
        Shown::Bytes => ("%s", vec![format!("{low} == 0 ? \"none\" : copyinstr({low}, {high} + 1)")]),
        Shown::Wide => ("0x%x%016x", vec![high, low]),
        Shown::Nanoseconds => ("%uns", vec![low]),
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
    fn names_have_dashes_and_providers_the_target() {
        let probe =
            sample::probe("orders", "request__start", "", &[("id", ArgType::U64), ("path", ArgType::Str)]);
        let text = script(&Source::of_file(vec![probe]));
        assert!(text.contains("\norders$target:::request-start\n{\n"), "{text}");
        assert!(
            text.contains("printf(\"%s[%d] orders:request-start id=%u path=%s\\n\", execname, pid, arg0, "),
            "{text}"
        );
    }

    #[test]
    fn hostile_text_stays_in_its_comment() {
        let doc = "*/ BEGIN { system(\"id\"); } /*";
        let text = script(&Source::of_file(vec![sample::probe("shop", "sold", doc, &[])]));
        // D refuses a comment within a comment.
        let mut rest = text.as_str();
        while let Some((_, comment)) = rest.split_once("/*") {
            let (comment, behind) = comment.split_once("*/").unwrap();
            assert!(!comment.contains("/*"), "{comment}");
            rest = behind;
        }
        assert!(text.contains("/* * / BEGIN { system(\"id\"); } / * */"), "{text}");
    }
}
