//! The same loops around a probe of each peer, in one program. `cargo xtask bench` runs it; by hand:
//!
//! ```text
//! peers list                                each case, and the symbol of the function that holds its site alone
//! peers time ITERATIONS ROUNDS KINDS PLACE  waits for a line on stdin, then times every loop of these kinds
//!                                           (`text,json`) with the site in the loop or in a function that the loop
//!                                           calls (`loop`, `function`)
//! ```
//!
//! Both write a line of JSON. The rounds are interleaved: each runs every loop once, in an order of its own.

mod opaque;
mod rows;

use std::io::{self, BufRead};
use std::process::ExitCode;
use std::time::Instant;

use rows::Case;
use serde_json::{Value, json};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let answer = match args[..] {
        ["list"] => list(),
        ["time", iterations, rounds, kinds, place] => match (iterations.parse(), rounds.parse()) {
            (Ok(iterations), Ok(rounds)) => time(iterations, rounds, kinds, place == "function"),
            _ => return usage(),
        },
        _ => return usage(),
    };
    println!("{answer}");
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("peers list | peers time ITERATIONS ROUNDS KINDS loop|function");
    ExitCode::FAILURE
}

fn list() -> Value {
    let describe = |case: &Case| json!({ "peer": case.peer, "kind": case.kind, "symbol": case.symbol });
    rows::all().iter().map(describe).collect()
}

/// Nanoseconds a loop, for each case and round. A first round, which isn't in the answer, warms everything up.
fn time(iterations: u64, rounds: usize, kinds: &str, called: bool) -> Value {
    let cases: Vec<Case> =
        rows::all().into_iter().filter(|case| kinds.split(',').any(|kind| kind == case.kind)).collect();
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line).is_err() {
        return Value::Null;
    }
    let mut order: Vec<usize> = (0..cases.len()).collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut nanos = vec![Vec::with_capacity(rounds); cases.len()];
    for round in 0..=rounds {
        random.shuffle(&mut order);
        for &index in &order {
            let fire = if called { cases[index].call } else { cases[index].fire };
            let begin = Instant::now();
            fire(iterations);
            let elapsed = begin.elapsed();
            if round > 0 {
                nanos[index].push(elapsed.as_nanos());
            }
        }
    }
    let timed = |(case, nanos): (&Case, &Vec<u128>)| json!({ "peer": case.peer, "kind": case.kind, "empty": case.empty, "nanos": nanos });
    cases.iter().zip(&nanos).map(timed).collect()
}

/// Xorshift: an order that differs from round to round and is the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap_or_default()
    }

    fn shuffle(&mut self, items: &mut [usize]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
