//! Asking our own command. It shows values with their types, which are made numbers and texts again here: what the other tracers
//! show.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::{Argument, Probe, Seen, Watch, shell};
use crate::target::Target;
use crate::usdt::{self, Watching};

/// The arguments of a probe: name and type.
type Arguments = Vec<(String, String)>;

pub(super) fn list(watch: &Watch<'_>) -> Result<Vec<String>> {
    let mut listed = Vec::new();
    for target in targets(watch) {
        listed.extend(usdt::list(&target)?);
    }
    let providers = watch.providers();
    listed.retain(|probe| probe["provider"].as_str().is_some_and(|it| providers.contains(&it)));
    Ok(listed.iter().map(full_name).collect())
}

pub(super) fn observe<R>(watch: &Watch<'_>, run: impl FnOnce() -> Result<R>) -> Result<(Vec<Seen>, R)> {
    let arguments = arguments(watch)?;
    let names: Vec<&str> = watch.probes.iter().map(|probe| probe.name).collect();
    let texts = texts(watch, &arguments);
    let texts: Vec<&str> = texts.iter().flat_map(|name| ["--str", name]).collect();
    let start = |target: &String| {
        let words = [&[target.as_str()], &*names_in(watch, target, &names), &texts].concat();
        match watch.target {
            Target::Command(launch) => Watching::launch(&words, launch),
            _ => Watching::start(&words),
        }
    };
    let watching: Vec<Watching> = targets(watch).iter().map(start).collect::<Result<_>>()?;
    let result = run()?;
    let mut firings = Vec::new();
    for one in watching {
        let (seen, summary) = if let Target::Command(_) = watch.target { one.end()? } else { one.finish()? };
        ensure!(summary["lost"].as_array().is_some_and(Vec::is_empty), "usdt lost {}", summary["lost"]);
        firings.extend(seen);
    }
    firings.sort_by_key(|firing| firing["monotonic"].as_u64());
    let seen = firings.iter().map(|firing| seen(firing, watch, &arguments));
    Ok((seen.collect::<Result<_>>()?, result))
}

pub(super) fn typed(watch: &Watch<'_>) -> String {
    let names: Vec<&str> = watch.probes.iter().map(|probe| probe.name).collect();
    let line = |target: String| {
        let words = ["watch", &target].into_iter().chain(names_in(watch, &target, &names));
        match watch.target {
            Target::Command(launch) => shell("usdt", words) + " -- " + &launch.line(),
            _ => shell("usdt", words),
        }
    };
    targets(watch).into_iter().map(line).collect::<Vec<_>>().join("\n")
}

pub(super) fn typed_list(watch: &Watch<'_>) -> String {
    let line = |target: String| shell("usdt", ["list", &target]);
    targets(watch).into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What it is pointed at: the process, or each of the files.
fn targets(watch: &Watch<'_>) -> Vec<String> {
    match watch.target {
        Target::Process(pid) => vec![pid.to_string()],
        _ => watch.files().iter().map(|file| file.display().to_string()).collect(),
    }
}

/// Those of the probes that are in a target: all that are asked for, in a process.
fn names_in<'a>(watch: &Watch<'a>, target: &str, all: &[&'a str]) -> Vec<&'a str> {
    match watch.target {
        Target::Process(_) => all.to_vec(),
        _ => watch.probes.iter().filter(|it| it.file == Path::new(target)).map(|it| it.name).collect(),
    }
}

fn full_name(object: &Value) -> String {
    format!("{}:{}", object["provider"].as_str().unwrap_or("?"), object["probe"].as_str().unwrap_or("?"))
}

/// What each probe of the files carries.
fn arguments(watch: &Watch<'_>) -> Result<HashMap<String, Arguments>> {
    let mut probes = HashMap::new();
    for file in watch.files() {
        for probe in usdt::list(&file.display().to_string())? {
            let args = probe["args"].as_array().context("a list of arguments")?;
            let text = |arg: &Value, key: &str| arg[key].as_str().unwrap_or_default().to_owned();
            let args = args.iter().map(|arg| (text(arg, "name"), text(arg, "type"))).collect();
            probes.insert(full_name(&probe), args);
        }
    }
    Ok(probes)
}

fn seen(firing: &Value, watch: &Watch<'_>, arguments: &HashMap<String, Arguments>) -> Result<Seen> {
    let name = full_name(firing);
    let of_probe = arguments.get(&name).with_context(|| format!("{name} was not listed"))?;
    let asked = watch.probes.iter().find(|probe| probe.name == name);
    let asked = asked.with_context(|| format!("{name} was not asked for"))?;
    let late = firing["late"].as_array().map(Vec::as_slice).unwrap_or_default();
    let undescribed = texts(watch, arguments);
    let is_expected = |name: &Value| undescribed.iter().any(|text| name == text);
    ensure!(late.iter().all(is_expected), "read late: {firing}");
    let pid = firing["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
    let values = of_probe.iter().flat_map(|(name, ty)| operands(&firing["args"][name], ty));
    Ok(Seen { probe: name, pid, values: as_asked(asked, values), stack: Vec::new() })
}

/// As many as are asked for: a probe may be asked for fewer than it has.
fn as_asked(asked: &Probe<'_>, operands: impl Iterator<Item = String>) -> Vec<String> {
    operands.take(asked.arguments.len()).collect()
}

/// The arguments of probes that nobody has described which are to be read as text. They are read a moment later.
fn texts(watch: &Watch<'_>, arguments: &HashMap<String, Arguments>) -> Vec<String> {
    let mut names = Vec::new();
    for probe in watch.probes {
        let of_probe = arguments.get(probe.name).map(Vec::as_slice).unwrap_or_default();
        let read = of_probe.iter().zip(probe.arguments);
        let texts = read.filter(|((_, ty), argument)| **argument == Argument::Text && ty == "u64");
        names.extend(texts.map(|((name, _), _)| name.clone()));
    }
    names
}

/// A value as the operands that it came from.
fn operands(value: &Value, ty: &str) -> Vec<String> {
    let ty = ty.trim_start_matches('&');
    match value {
        Value::Null => vec!["0".to_owned()],
        Value::Bool(flag) => vec![u8::from(*flag).to_string()],
        Value::Number(number) if ty == "u128" => {
            let number: u128 = number.to_string().parse().unwrap_or(0);
            vec![low(number).to_string(), low(number >> 64).to_string()]
        }
        Value::Number(number) if ty == "f64" => vec![float(number).to_bits().to_string()],
        #[allow(clippy::cast_possible_truncation)] // It was an `f32`.
        Value::Number(number) if ty == "f32" => vec![(float(number) as f32).to_bits().to_string()],
        Value::Number(number) => vec![number.to_string()],
        Value::String(text) if ty == "char" => text.chars().map(|c| u32::from(c).to_string()).collect(),
        Value::String(text) if ty.starts_with('*') => {
            vec![u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap_or(0).to_string()]
        }
        Value::String(text) if ty == "[u8]" => vec![unhex(text)],
        Value::String(text) => vec![text.clone()],
        // JSON, which a program wrote without blanks.
        json => vec![json.to_string()],
    }
}

fn float(number: &serde_json::Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

#[allow(clippy::cast_possible_truncation)] // The other half is another operand.
fn low(number: u128) -> u64 {
    number as u64
}

/// Bytes of text from two digits each.
fn unhex(digits: &str) -> String {
    let pairs = digits.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    let bytes: Vec<u8> = pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
