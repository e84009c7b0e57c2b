//! Every kind of value at its limits, as bpftrace, gdb and perf read it.

mod common;

use common::{observe_run, tracing, values};
use testkit::bpftrace::Bpftrace;
use testkit::expect;
use testkit::gdb::{self, Show};

/// Watches one probe of the subject, fired once, with a printf of these arguments.
fn watch(probe: &str, format: &str, arguments: &str, expected: &[&str]) {
    let Some(_alone) = tracing() else { return };
    let action = format!("printf(\"{format}\\n\", {arguments});");
    // All strings of a printf share bpftrace's stack of 512 bytes.
    let script = Bpftrace::new().strlen(48).usdt(values(), &format!("values:{probe}"), action);
    observe_run(&script, values(), &[]).assert_lines(expected);
}

#[test]
fn small_integers() {
    watch(
        "small",
        "%d %d %d %d %d %d",
        "arg0, arg1, arg2, arg3, arg4, arg5",
        &["255 127 65535 32767 1 1114111"],
    );
}

#[test]
fn large_integers() {
    watch(
        "large",
        "%u %d %lu %ld %lu %ld",
        "arg0, arg1, arg2, arg3, arg4, arg5",
        &[
            "4294967295 2147483647 18446744073709551615 9223372036854775807 18446744073709551615 9223372036854775807",
        ],
    );
}

#[test]
fn lowest_integers_and_an_alias() {
    watch(
        "lowest",
        "%ld %ld %ld %ld %ld %lx",
        "(int64)arg0, (int64)arg1, (int64)arg2, (int64)arg3, (int64)arg4, arg5",
        &["-128 -32768 -2147483648 -9223372036854775808 -9223372036854775808 1234"],
    );
}

#[test]
fn wide_integers_are_two_operands() {
    watch(
        "wide",
        "%lx %lx %lx %lx",
        "arg0, arg1, arg2, arg3",
        &["fffffffffffffffe ffffffffffffffff 5 8000000000000000"],
    );
}

#[test]
fn floats_are_their_bits() {
    let [a, b, c, d] = [
        u64::from(1.5_f32.to_bits()),
        (-2.5_f64).to_bits(),
        u64::from(f32::MIN_POSITIVE.to_bits()),
        f64::INFINITY.to_bits(),
    ];
    watch("floats", "%lx %lx %lx %lx", "arg0, arg1, arg2, arg3", &[&format!("{a:x} {b:x} {c:x} {d:x}")]);
}

#[test]
fn wrappers_of_numbers() {
    watch(
        "wrapped",
        "%lx %ld %d %ld %d %ld",
        "arg0, (int64)arg1, arg2, (int64)arg3, arg4, arg5",
        &["ffffffffffffffff -32768 7 -7 1 3000000005"],
    );
}

#[test]
fn pointers_can_be_followed() {
    watch(
        "pointers",
        "%d %d %d %d %lx",
        "*(uint8 *)arg0, *(uint64 *)arg1, *(uint32 *)arg2, arg3, arg4",
        &["9 7 3 0 ffffffffffffffff"],
    );
}

#[test]
fn references_and_smart_pointers() {
    watch(
        "references",
        "%lx %ld %d %d %ld %ld",
        "arg0, (int64)arg1, arg2, arg3, (int64)arg4, (int64)arg5",
        &["ffffffffffffffff -5 9 6 -7 -8"],
    );
}

#[test]
fn options_that_are_some() {
    watch("some", "%d %ld %s %d %ld", "arg0, (int64)arg1, str(arg2), arg3, (int64)arg4", &["1 -1 text 1 -3"]);
}

#[test]
fn options_that_are_none() {
    watch("none", "%d %d %d %d %d %d", "arg0, arg1, arg2, arg3, arg4, arg5", &["0 0 0 0 0 0"]);
}

#[test]
fn newtypes_and_unique_ids() {
    watch(
        "newtypes",
        "%ld %d %s %d %d",
        "(int64)arg0, arg1, str(arg2), arg3, arg4 == arg5 && arg4 != 0",
        &["-7 2147483647 name 5 1"],
    );
}

#[test]
fn texts() {
    watch(
        "texts",
        "%s %s %s %s %s %s",
        "str(arg0), str(arg1), str(arg2), str(arg3), str(arg4), str(arg5)",
        &["literal owned cow arc box ref"],
    );
}

#[test]
fn c_strings_paths_and_an_interior_nul() {
    watch(
        "others",
        "%s|%s|%s|%s|%s|%s",
        "str(arg0), str(arg1), str(arg2), str(arg3), str(arg4), str(arg5)",
        &["c literal|c string|/a/path|/an/owned/path|os|NUL"],
    );
}

#[test]
fn bytes_are_an_address_and_a_length() {
    watch(
        "bytes",
        "%d %x %d %s %d",
        "arg1, *(uint8 *)(arg0 + 2), arg3, str(arg2, arg3), arg5",
        &["3 ff 4 abcd 5"],
    );
}

#[test]
fn json() {
    watch(
        "json",
        "%s %s %s %s",
        "str(arg0), str(arg1), str(arg2), str(arg3)",
        &[
            r#"{"id":7,"lines":["a \"b\"","c"]} {"ok":{"id":7,"lines":["a \"b\"","c"]}} [1,2,3] {"ok":[9,"x"]}"#,
        ],
    );
}

#[test]
fn pointees_that_were_just_written() {
    watch(
        "written",
        "%d %d %d %d",
        "*(uint64 *)arg0, *(uint64 *)(arg0 + 8), *(uint8 *)arg1, *(uint8 *)(arg1 + 1)",
        &["1001 2001 119 49", "3001 4001 120 49"],
    );
}

#[test]
fn a_dash_and_no_arguments() {
    let Some(_alone) = tracing() else { return };
    let script = Bpftrace::new().usdt(values(), "values:with__dash", "printf(\"dash %d\\n\", arg0);").usdt(
        values(),
        "values:nothing",
        "printf(\"nothing\\n\");",
    );
    observe_run(&script, values(), &[]).assert_lines(&["dash 1", "nothing"]);
}

#[test]
fn texts_of_all_lengths_with_bpftrace() {
    // It can't print long text, but it can look at the bytes around the end.
    let Some(_alone) = tracing() else { return };
    let action = "if (arg0 > 0) { printf(\"%d %d %d %s\\n\", arg0, *(uint8 *)(arg1 + arg0 - 1), *(uint8 *)(arg1 + arg0), \
                  str(arg1, 5)); } else { printf(\"0 0 %d\\n\", *(uint8 *)arg1); }";
    let script = Bpftrace::new().usdt(values(), "values:long_text", action);
    let last = |len: usize| b'a' + u8::try_from((len - 1) % 23).expect("a letter");
    let lines = [1, 511, 512, 513, 100_000]
        .map(|len| format!("{len} {} 0 {}", last(len), if len == 1 { "a" } else { "abcde" }));
    // The last is text of several bytes a character; its seventh byte is one of the fifth's, and text goes on.
    let mut expected = vec!["0 0 0".to_owned()];
    expected.extend(lines);
    let output = observe_run(&script, values(), &[]);
    expect::equal("bpftrace", &expected[..], &output.lines[..output.lines.len() - 1]);
    assert!(output.lines[6].starts_with("7 "), "{:?}", output.lines);
    output.assert_complete();
}

#[test]
fn texts_of_all_lengths_with_gdb() {
    let Some(_alone) = tracing() else { return };
    let hits = gdb::break_and_print(
        values(),
        "values:long_text",
        &[Show::Value("$_probe_argc"), Show::Value("$_probe_arg0"), Show::Text("$_probe_arg1")],
        &[],
    )
    .expect("gdb runs");
    let pattern = |len: usize| ('a'..='w').cycle().take(len).collect::<String>();
    let mut expected: Vec<Vec<String>> = [0, 1, 511, 512, 513, 100_000]
        .map(|len| vec!["2".to_owned(), len.to_string(), pattern(len)])
        .to_vec();
    expected.push(vec!["2".into(), "7".into(), "äöü€😀".into()]);
    for (expected, hit) in expected.iter().zip(&hits) {
        expect::equal("gdb", expected, hit);
    }
    assert_eq!(hits.len(), expected.len());
}

#[test]
fn texts_that_fill_the_stack_together_with_gdb() {
    let Some(_alone) = tracing() else { return };
    let hits = gdb::break_and_print(
        values(),
        "values:two_texts",
        &[Show::Text("$_probe_arg0"), Show::Text("$_probe_arg1")],
        &[],
    )
    .expect("gdb runs");
    expect::equal("gdb", &vec![300, 400], &hits[0].iter().map(String::len).collect::<Vec<_>>());
}

#[test]
fn json_is_cut_at_its_limit_between_characters() {
    let Some(_alone) = tracing() else { return };
    let hits = gdb::break_and_print(values(), "values:long_json", &[Show::Text("$_probe_arg0")], &[])
        .expect("gdb runs");
    let limit = 64 * 1024;
    let expected = format!("\"{}", "€".repeat((limit - 1) / 3));
    expect::equal("gdb", &expected, &hits[0][0]);
}

#[test]
fn twelve_arguments() {
    let Some(_alone) = tracing() else { return };
    let names: Vec<String> = (0..12).map(|i| format!("$_probe_arg{i}")).collect();
    let shown: Vec<Show<'_>> = names.iter().map(|n| Show::Value(n)).collect();
    let hits = gdb::break_and_print(values(), "values:twelve", &shown, &[]).expect("gdb runs");
    let [u64_max, i32_min] = [u64::MAX.to_string(), i32::MIN.to_string()];
    let plain: Vec<String> =
        hits[0].iter().map(|v| v.split(' ').next().unwrap_or_default().to_owned()).collect();
    let expected = ["1", "-2", "3", "-4", "5", "-6", "7", "-8", "1", &u64_max, &i32_min, "12"];
    expect::equal("gdb", &expected.map(str::to_owned).to_vec(), &plain);

    let texts: Vec<Show<'_>> = names.iter().map(|n| Show::Text(n)).collect();
    let hits = gdb::break_and_print(values(), "values:twelve_texts", &texts, &[]).expect("gdb runs");
    expect::equal("gdb", &(1..=12).map(|i| format!("t{i}")).collect::<Vec<_>>(), &hits[0]);
}

#[test]
fn twelve_arguments_with_bpftrace_as_far_as_it_reads() {
    watch(
        "twelve",
        "%d %ld %d %ld %d %ld",
        "arg0, (int64)arg1, arg2, (int64)arg3, arg4, (int64)arg5",
        &["1 -2 3 -4 5 -6"],
    );
}
