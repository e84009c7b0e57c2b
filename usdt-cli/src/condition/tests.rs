//! Conditions from their text to the answer.

use std::time::Duration;

use usdt_core::model::ArgType::*;
use usdt_trace::{Read, Value};

use super::*;
use crate::sample;

fn parse(text: &str) -> Condition {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// What is wrong with a condition on the sample's probes.
fn complaint(text: &str) -> String {
    let probes = [
        sample::done(),
        sample::probe("orders", "note", &[("mark", Char), ("took", Nanoseconds), ("new", Bool)]),
    ];
    match text.parse::<Condition>() {
        Err(error) => error.to_string(),
        Ok(condition) => condition.check(&probes, &[]).expect_err(text).to_string(),
    }
}

/// A firing of `orders:request_done(id: u64, status: u16, path: str)` in the process `shop`.
fn matches(text: &str) -> bool {
    let condition = parse(text);
    condition.check(&[sample::done()], &[]).unwrap_or_else(|error| panic!("{error}"));
    condition.matches(&sample::event(), "shop")
}

#[test]
fn conditions_that_match() {
    for text in [
        "status == 500",
        "status >= 0x1f4 && status <= 5_00",
        "path ~ '^/api'",
        "path !~ \"^/app\"",
        "path == '/api/orders' && id < 18",
        "!(status != 500)",
        "status == 1 || id == 17",
        "status == 1 && id == 1 || id == 17",
        "(status == 500 || id == 1) && id > 16.5",
        "pid == 1234 && tid == 1240 && comm == 'shop'",
        "probe == 'request_done' && provider ~ 'ord'",
        "arg0 == 17 && arg2 ~ 'orders$'",
        "true && !false",
        "path != none && path > '/a'",
        "500 == status",
        "id != status",
        "id > -1",
    ] {
        assert!(matches(text), "{text}");
    }
}

#[test]
fn conditions_that_do_not_match() {
    for text in ["status == 200", "path ~ 'API'", "!(id == 17)", "path == none", "id == 17 && status < 500"] {
        assert!(!matches(text), "{text}");
    }
}

#[test]
fn values_of_every_type() {
    let probe = sample::probe(
        "p",
        "all",
        &[
            ("c", Char),
            ("t", Nanoseconds),
            ("b", Bool),
            ("f", F64),
            ("d", Bytes),
            ("n", Str),
            ("a", Pointer),
            ("j", Json),
        ],
    );
    let values = [
        Value::Char(Ok('é')),
        Value::Duration(Duration::from_micros(5200)),
        Value::Bool(true),
        Value::Float(0.25),
        Value::Bytes(b"ab\xff".to_vec()),
        Value::None,
        Value::Address(0x7f00),
        Value::Json("{\"a\":1}".to_owned()),
    ];
    let event = sample::firing(&probe, values.map(Read::exact));
    for text in [
        "c == 'é' && c != 'e' && c >= 'a'",
        "t > 5ms && t < 5.3ms && t == 5200us",
        "b && b == true && !(b != true) && !!b",
        "f == 0.25 && f < 1",
        "d ~ '^ab'",
        "n == none && !(n ~ '') && n !~ '' && n != 'x'",
        "a == 0x7f00",
        "j ~ '\"a\":1'",
    ] {
        let condition = parse(text);
        condition.check(std::slice::from_ref(&probe), &[]).unwrap_or_else(|error| panic!("{error}"));
        assert!(condition.matches(&event, ""), "{text}");
    }
}

#[test]
fn what_is_unknown_does_not_match() {
    // `size` is no argument of the firing's probe, and `path` could not be read.
    let mut event = sample::event();
    event.values[2] = Read::exact(Value::Unreadable("it is gone"));
    for (text, expected) in [
        ("size == 1", false),
        ("!(size == 1)", false),
        ("size == 1 || id == 17", true),
        ("id == 17 || size == 1", true),
        ("!(size == 1 && id == 1)", true),
        ("size == 1 && id == 17", false),
        ("path ~ 'x'", false),
        ("path !~ 'x'", false),
    ] {
        assert_eq!(parse(text).matches(&event, ""), expected, "{text}");
    }
}

#[test]
fn errors_mark_the_place() {
    assert_eq!(
        complaint("id == 1 && stat == 500"),
        "\
there is no argument `stat`; there are id, status, path, mark, took, new, pid, tid, comm, probe, provider
  id == 1 && stat == 500
             ^^^^"
    );
    assert_eq!(
        complaint("status = 500"),
        "\
equality is written `==`
  status = 500
         ^"
    );
    assert_eq!(
        complaint("status =="),
        "\
there must be a name or a value here
  status ==
           ^"
    );
}

#[test]
fn errors_say_what_is_wrong() {
    for (text, message) in [
        ("", "there must be a name or a value here"),
        ("status == 'x'", "these can't be compared: a number and text"),
        ("took > 5", "a time is compared with a time, such as `5ms`, and a number with a number"),
        ("status > 5ms", "a time is compared with a time, such as `5ms`, and a number with a number"),
        ("new > false", "true or false can be equal or not, but not less or more"),
        ("status == none", "these can't be compared: a number and none"),
        ("status", "this is a number, and not true or false: compare it with something"),
        ("status ~ '5..'", "this is a number: a regular expression is for text"),
        ("path == took", "no probe has both of these"),
        ("path ~ '('", "this is no regular expression: unclosed group"),
        ("path ~ path", "a regular expression is written in quotes"),
        ("1 < status < 9", "a comparison has one value on each side; join comparisons with `&&`"),
        ("(id) == 1", "a comparison has one value on each side; join comparisons with `&&`"),
        ("!id == 1", "what `!` turns around must be in parentheses: `!(a == b)`"),
        ("(id == 1", "there is no `)` for this"),
        ("id == 1)", "there is no `(` for this"),
        ("id == 1 status == 2", "there must be `&&` or `||` before this"),
        ("(id == 1 status == 2)", "there must be `&&` or `||` before this"),
    ] {
        assert_eq!(complaint(text).lines().next(), Some(message), "{text}");
    }
    assert!(complaint(&"(".repeat(101)).starts_with("this is nested too deeply\n"));
}

#[test]
fn errors_are_harmless_to_terminals() {
    let probe = sample::probe("p", "q", &[("a\u{1b}[2J", U8)]);
    let error = parse("x == '\u{9b}'").check(&[probe], &[]).unwrap_err().to_string();
    assert!(!error.contains(['\u{1b}', '\u{9b}']) && error.lines().count() == 3, "{error:?}");
}

#[test]
fn an_address_can_be_declared_text() {
    let probe = sample::operands("libc", "open", 2);
    let condition = parse("arg1 ~ 'passwd'");
    assert!(condition.check(std::slice::from_ref(&probe), &[]).is_err());
    condition.check(std::slice::from_ref(&probe), &["arg1".to_owned()]).unwrap();
}
