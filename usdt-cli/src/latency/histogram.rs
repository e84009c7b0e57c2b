//! A distribution as bars.

use super::distribution::Distribution;
use super::units;
use crate::terminal::{BAD, FAINT, GOOD, paint};

/// Where rows may begin in each decade, in tenths, from fine to coarse, and the most rows that each is good for: many rows with
/// little in them are hard to read. The finest that fits is used.
const SCALES: [(&[u64], usize); 4] = [
    (&[10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 24, 26, 28, 30, 35, 40, 45, 50, 60, 70, 80, 90], 12),
    (&[10, 15, 20, 30, 50, 70], 16),
    (&[10, 20, 50], 24),
    (&[10], usize::MAX),
];

/// How wide a row is besides its bar and its count.
const LABEL: usize = 19;

/// Rows of bars, none wider than `width` and not more than `rows`. Rows above the budget are marked.
pub(super) fn render(times: &Distribution, budget: Option<u64>, width: usize, rows: usize) -> Vec<String> {
    let Some((shortest, _)) = times.steps().next() else { return Vec::new() };
    let edges = edges(shortest, times.longest(), budget, rows);
    let counts = counts(times, &edges);
    let most = counts.iter().copied().max().unwrap_or(0);
    let digits = units::count(most).len();
    let room = width.saturating_sub(LABEL + digits + 1);
    let row = |(i, &count): (usize, &u64)| {
        let (from, to) = (edges[i], edges[i + 1]);
        let label = format!("{:>6} – {:<6}", units::limit(from), units::limit(to));
        let style = if budget.is_some_and(|budget| from >= budget) { BAD } else { GOOD };
        let bar = bar(count, most, room);
        format!("  {}  {:>digits$} {}", paint(FAINT, label), units::count(count), paint(style, bar))
    };
    counts.iter().enumerate().map(row).collect()
}

/// Limits of rows around what is there; the budget is one of them, so that a row is late as a whole or not at all.
fn edges(shortest: u64, longest: u64, budget: Option<u64>, rows: usize) -> Vec<u64> {
    let fitting = |(scale, most): (&[u64], usize)| {
        let mut edges = scale_edges(scale, shortest, longest);
        let inside = budget.filter(|&budget| shortest < budget && budget <= longest);
        if let Some((budget, Err(at))) = inside.map(|budget| (budget, edges.binary_search(&budget))) {
            edges.insert(at, budget);
        }
        (edges.len() <= most.min(rows).saturating_add(1)).then_some(edges)
    };
    SCALES.into_iter().find_map(fitting).unwrap_or_else(|| vec![0, u64::MAX])
}

fn scale_edges(scale: &[u64], shortest: u64, longest: u64) -> Vec<u64> {
    let decades = (0..20).map(|exponent| 10_u64.pow(exponent));
    let step = |decade: u64| {
        let whole = move |tenths: &&u64| decade >= 10 || tenths.is_multiple_of(10);
        scale.iter().filter(whole).map(move |tenths| u128::from(decade) * u128::from(*tenths) / 10)
    };
    let mut edges = vec![0];
    for edge in decades.flat_map(step).map(|edge| u64::try_from(edge).unwrap_or(u64::MAX)) {
        if edge <= shortest {
            edges.clear();
        }
        edges.push(edge);
        if edge > longest {
            return edges;
        }
    }
    edges.push(u64::MAX);
    edges
}

fn counts(times: &Distribution, edges: &[u64]) -> Vec<u64> {
    let mut counts = vec![0; edges.len() - 1];
    for (time, count) in times.steps() {
        let row = edges.partition_point(|&edge| edge <= time).saturating_sub(1);
        counts[row.min(edges.len() - 2)] += count;
    }
    counts
}

/// A bar in eighths of a column; what is there at all is at least one of them.
fn bar(count: u64, most: u64, room: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let all = u128::try_from(room * 8).unwrap_or(0);
    let eighths = (u128::from(count) * all).div_ceil(u128::from(most.max(1)));
    let eighths = usize::try_from(eighths).unwrap_or(0);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(lines: Vec<String>) -> String {
        anstream::adapter::strip_str(&lines.join("\n")).to_string()
    }

    fn times(of: &[(u64, u64)]) -> Distribution {
        let mut times = Distribution::new();
        for &(time, count) in of {
            (0..count).for_each(|_| times.add(time));
        }
        times
    }

    #[test]
    fn bars_fill_the_width_and_the_scale_fits_the_rows() {
        let times = times(&[(1_100, 40), (2_500, 80), (150_000, 1)]);
        let expected = "
     1µs – 2µs     40 ██████████
     2µs – 5µs     80 ████████████████████
     5µs – 10µs     0
    10µs – 20µs     0
    20µs – 50µs     0
    50µs – 100µs    0
   100µs – 200µs    1 ▎";
        let drawn = render(&times, None, 42, 10);
        let drawn: String = plain(drawn).lines().map(|line| format!("\n{}", line.trim_end())).collect();
        assert_eq!(drawn, expected);
        assert_eq!(render(&times, None, 42, 4).len(), 3);
        assert_eq!(render(&times, None, 42, 1).len(), 1);
        assert!(render(&Distribution::new(), None, 42, 10).is_empty());
    }

    #[test]
    fn a_row_is_late_as_a_whole() {
        let times = times(&[(1_500, 4), (4_500, 4)]);
        let rows = render(&times, Some(3_300), 40, 5);
        let late: Vec<bool> = rows.iter().map(|row| row.contains(&BAD.to_string())).collect();
        assert_eq!(late, [false, false, false, true], "{}", plain(rows));
    }

    #[test]
    fn any_range_and_any_width_can_be_drawn() {
        for (time, width) in [(0, 80), (1, 0), (u64::MAX, 20), (999_999_999, 21)] {
            assert!(!render(&times(&[(time, 3)]), Some(1), width, 24).is_empty());
        }
        assert!(!render(&times(&[(0, 1), (u64::MAX, 1)]), None, 80, 24).is_empty());
    }

    #[test]
    fn no_count_is_left_out() {
        let times = times(&[(0, 1), (7, 2), (1_023, 3), (99_999, 4), (100_000, 5), (77_777_777, 6)]);
        for rows in 1..60 {
            let edges = edges(0, times.longest(), Some(50_000), rows);
            assert_eq!(counts(&times, &edges).iter().sum::<u64>(), 21, "{rows}: {edges:?}");
            assert!(edges.windows(2).all(|pair| pair[0] < pair[1]), "{edges:?}");
        }
    }
}
