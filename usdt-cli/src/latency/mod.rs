//! `usdt latency`: what is relevant is how long it took.
//!
//! A firing goes one way: `run` reads it → `pairs` finds its other half (by a `key`) → `conditions` may not want the pair →
//! `measure` counts it in a `distribution`, a `table` and a heat map. What is known is told by functions of data: `report` (with
//! `histogram`, `table`, `firing`) as text, `summary` as JSON, `draw` as a picture.

mod args;
mod conditions;
mod distribution;
mod draw;
mod firing;
mod histogram;
mod joined;
mod key;
mod measure;
mod names;
mod pairs;
mod report;
mod run;
mod summary;
mod table;
#[cfg(test)]
mod testing;

mod unfinished;
pub(crate) mod units;

pub(crate) use args::Args;
pub(crate) use run::run;
