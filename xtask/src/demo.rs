//! `cargo xtask demo`: programs with probes under traffic, and `usdt` watching them.
//!
//! There are two: `service` is written in Rust, `node` is an LDAP server in JavaScript whose source knows nothing of probes.
//! What both need is here: the tracer, the lines that a person watches, the latencies, and the count of what was sent
//! beside what was seen. A demo fails if these differ.

mod build;
mod child;
mod driver;
mod event;
mod latency;
mod live;
mod node;
mod paint;
mod report;
mod scratch;
mod service;
mod stop;
mod table;
mod text;
mod tracer;
mod watch;

use std::time::Duration;

use anyhow::{Context as _, Result};

/// Runs one of the demos: the Rust service unless `node` is asked for.
pub(crate) fn run(words: &[String]) -> Result<()> {
    match words.split_first() {
        Some((first, rest)) if first == "node" => node::run(rest),
        _ => service::run(words),
    }
}

/// How long the traffic lasts if nobody says.
const DEFAULT_TRAFFIC: Duration = Duration::from_secs(10);

/// The value of `--seconds`.
fn seconds(number: &str) -> Result<Duration> {
    let seconds = number.parse().ok().filter(|seconds| (1..=60).contains(seconds));
    Ok(Duration::from_secs(seconds.context("--seconds wants a number from 1 to 60")?))
}
