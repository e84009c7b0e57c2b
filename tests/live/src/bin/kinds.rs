//! Fires one probe for each kind of argument, whenever it reads a line, or once with the argument `once`. It answers with
//! what it fired, a line a probe, the name and the values between tabs, and then `done`.

use std::io::{BufRead as _, Write as _};
use std::time::Duration;

/// What travels as JSON.
#[derive(serde::Serialize)]
struct Reply {
    id: u64,
    lines: [&'static str; 2],
}

/// A probe a kind.
#[usdt_probes::provider]
mod kinds {
    use super::*;

    pub fn of_u8(value: u8);
    pub fn of_u16(value: u16);
    pub fn of_u32(value: u32);
    pub fn of_u64(value: u64);
    pub fn of_i8(value: i8);
    pub fn of_i16(value: i16);
    pub fn of_i32(value: i32);
    pub fn of_i64(value: i64);
    pub fn of_bool(value: bool);
    pub fn of_char(value: char);
    pub fn of_f32(value: f32);
    pub fn of_f64(value: f64);
    pub fn of_pointer(value: *const u8);
    pub fn of_str(value: &str);
    pub fn of_bytes(value: &[u8]);
    pub fn of_u128(value: u128);
    pub fn of_duration(value: Duration);
    pub fn of_json(#[json] value: &Reply);
    pub fn of_none(value: Option<u32>);
    pub fn of_no_text(value: Option<&str>);
    pub fn twelve(
        a: u64,
        b: u64,
        c: u64,
        d: u64,
        e: u64,
        f: u64,
        g: u64,
        h: u64,
        i: u64,
        j: u64,
        k: u64,
        l: u64,
    );
    pub fn deep(id: u64);
}

fn main() {
    if std::env::args().nth(1).is_some_and(|word| word == "once") {
        answer(&fire());
        return;
    }
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        line.expect("standard input");
        answer(&fire());
    }
}

fn answer(fired: &[String]) {
    println!("{}\ndone", fired.join("\n"));
    std::io::stdout().flush().expect("standard output");
}

fn fire() -> Vec<String> {
    let mut fired = integers();
    fired.extend(others());
    fired.extend(texts());
    kinds::twelve(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    fired.push("twelve\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12".to_owned());
    fires_here(7);
    fired.push("deep\t7".to_owned());
    fired
}

/// The function that a stack is to show.
#[inline(never)]
fn fires_here(id: u64) {
    kinds::deep(id);
    // The call above must not be the last thing, for which a compiler jumps.
    std::hint::black_box(());
}

/// Numbers whose highest bit is set, and which another width or sign would change.
fn integers() -> Vec<String> {
    kinds::of_u8(200);
    kinds::of_u16(60_000);
    kinds::of_u32(4_000_000_000);
    kinds::of_u64(u64::MAX - 6);
    kinds::of_i8(-100);
    kinds::of_i16(-30_000);
    kinds::of_i32(-2_000_000_000);
    kinds::of_i64(i64::MIN + 7);
    vec![
        "of_u8\t200".to_owned(),
        "of_u16\t60000".to_owned(),
        "of_u32\t4000000000".to_owned(),
        format!("of_u64\t{}", u64::MAX - 6),
        "of_i8\t-100".to_owned(),
        "of_i16\t-30000".to_owned(),
        "of_i32\t-2000000000".to_owned(),
        format!("of_i64\t{}", i64::MIN + 7),
    ]
}

fn others() -> Vec<String> {
    let (byte, wide) = (0_u8, (7_u128 << 64) + 11);
    let elapsed = Duration::new(3, 5);
    kinds::of_bool(true);
    kinds::of_char('€');
    kinds::of_f32(-1.5);
    kinds::of_f64(-2.5);
    kinds::of_pointer_with(|| &raw const byte);
    kinds::of_u128(wide);
    kinds::of_duration(elapsed);
    kinds::of_none(None);
    kinds::of_no_text(None);
    vec![
        "of_bool\t1".to_owned(),
        format!("of_char\t{}", u32::from('€')),
        format!("of_f32\t{}", (-1.5_f32).to_bits()),
        format!("of_f64\t{}", (-2.5_f64).to_bits()),
        format!("of_pointer\t{}", (&raw const byte).addr()),
        "of_u128\t11\t7".to_owned(),
        format!("of_duration\t{}", elapsed.as_nanos()),
        "of_none\t0".to_owned(),
        "of_no_text\t0".to_owned(),
    ]
}

fn texts() -> Vec<String> {
    kinds::of_str("some text");
    // What is behind them must not be shown.
    kinds::of_bytes(&b"bytes and more"[..5]);
    kinds::of_json(&Reply { id: 7, lines: ["a", "b"] });
    vec![
        "of_str\tsome text".to_owned(),
        "of_bytes\tbytes".to_owned(),
        r#"of_json	{"id":7,"lines":["a","b"]}"#.to_owned(),
    ]
}
