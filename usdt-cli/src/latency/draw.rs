//! The picture of a measurement, put together.

use usdt_trace::Time;

use super::distribution::PERCENTILES;
use super::measure::Measure;
use super::units;
use crate::picture::Picture;
use usdt_trace::json::Clock;

/// The SVG file. `began` and `now` are the begin and the end of the measurement.
pub(super) fn svg(measure: &Measure, began: Time, now: Time, clock: &Clock) -> String {
    let times = measure.times();
    let length = now.0.saturating_sub(began.0);
    let pairs = format!("{} pairs in {}", units::count(times.count()), units::time(length));
    let ends = PERCENTILES.iter().map(|(name, part)| ((*name).to_owned(), times.quantile(*part)));
    let percentiles: Vec<(String, u64)> = match times.count() {
        0 => Vec::new(),
        _ => ends.chain([("max".to_owned(), times.longest())]).collect(),
    };
    let mut description = format!("How long it took from one probe to the other, over time. {pairs}.");
    for (name, nanos) in &percentiles {
        description.push_str(&format!(" {name}: {}.", units::time(*nanos)));
    }
    let mut subtitle = format!("{} · {pairs}", clock.rfc3339(began).split('.').next().unwrap_or_default());
    subtitle = subtitle.replacen('T', " ", 1).replacen(" ·", " UTC ·", 1);
    if let Some(budget) = measure.budget() {
        let late = format!("{} took longer than {}", units::count(measure.late()), units::limit(budget));
        description.push_str(&format!(" {late}."));
        subtitle.push_str(&format!(" · {late}"));
    }
    Picture {
        title: measure.title().to_owned(),
        subtitle,
        description,
        heat: measure.heat(),
        length,
        budget: measure.budget(),
        percentiles,
    }
    .to_svg()
}
