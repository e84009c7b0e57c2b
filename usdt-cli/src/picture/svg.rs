//! The heat map as SVG: time from left to right, how long it took from below to above, the darker the more often.

use std::fmt::Write;

use super::axis;
use super::heat::{Cell, Heat, row_begin};
use super::xml::Escaped;
use crate::latency::units;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 500.0;
/// The plot: what is around it is for the title, the axes, the percentiles and the legend.
const LEFT: f64 = 76.0;
const RIGHT: f64 = 836.0;
const TOP: f64 = 72.0;
const BOTTOM: f64 = 420.0;
/// How far apart lines of text must be.
const LINE: f64 = 15.0;
/// How many colours there are; each stands for a range of counts.
const COLOURS: usize = 8;

/// From few to many. On a dark page the order of lightness is turned round.
const LIGHT: [&str; COLOURS] =
    ["#d9e8f5", "#b9d5ec", "#92bee1", "#68a3d3", "#4285c0", "#2566a5", "#124b86", "#062f5e"];
const DARK: [&str; COLOURS] =
    ["#14324f", "#1b466f", "#235d92", "#2f78b5", "#4a96d3", "#76b4e6", "#a9d2f3", "#e2f1fc"];

/// Everything but the colours.
const STYLE: &str = "\
text{font-family:system-ui,sans-serif;font-size:12px;fill:#333}\
.title{font-size:17px;font-weight:600}.faint{fill:#666}.end{text-anchor:end}.middle{text-anchor:middle}\
.page{fill:#fff}.plot{fill:#f7f8fa}.grid{stroke:#dfe3e8}.mark{stroke:#666}\
.budget{stroke:#c62828;stroke-width:1.5;stroke-dasharray:6 4}.late{fill:#c62828;font-weight:600}";
const STYLE_DARK: &str = "\
text{fill:#d6dae0}.faint{fill:#9aa3ad}.page{fill:#14171a}.plot{fill:#1b1f24}.grid{stroke:#30363d}\
.mark{stroke:#9aa3ad}.budget{stroke:#ff7b72}.late{fill:#ff7b72}";

/// What is drawn.
#[derive(Debug)]
pub(crate) struct Picture<'a> {
    pub(crate) title: String,
    /// The line below the title.
    pub(crate) subtitle: String,
    /// The same for those who can't see it.
    pub(crate) description: String,
    pub(crate) heat: &'a Heat,
    /// How long it was measured, in nanoseconds.
    pub(crate) length: u64,
    pub(crate) budget: Option<u64>,
    /// Names and times, in nanoseconds; drawn beside the plot.
    pub(crate) percentiles: Vec<(String, u64)>,
}

/// Where things are in the plot.
struct Plot {
    cells: Vec<Cell>,
    /// Exponents of ten.
    low: f64,
    high: f64,
    column_width: f64,
    length: u64,
}

impl Picture<'_> {
    /// The whole file.
    pub(crate) fn to_svg(&self) -> String {
        let plot = Plot::new(self);
        let mut out = String::new();
        self.write(&mut out, &plot).expect("a string takes everything");
        out
    }

    fn write(&self, out: &mut String, plot: &Plot) -> std::fmt::Result {
        self.head(out)?;
        plot.axes(out)?;
        plot.cells(out)?;
        self.budget(out, plot)?;
        self.percentiles(out, plot)?;
        plot.legend(out)?;
        writeln!(out, "</svg>")
    }

    fn head(&self, out: &mut String) -> std::fmt::Result {
        let (title, description) = (Escaped(&self.title), Escaped(&self.description));
        writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
             height=\"{HEIGHT}\" role=\"img\" aria-labelledby=\"title desc\">"
        )?;
        writeln!(out, "<title id=\"title\">{title}</title>\n<desc id=\"desc\">{description}</desc>")?;
        let (light, dark) = (colours(&LIGHT), colours(&DARK));
        writeln!(
            out,
            "<style>{STYLE}{light}@media (prefers-color-scheme:dark){{{STYLE_DARK}{dark}}}</style>"
        )?;
        writeln!(out, "<rect class=\"page\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>")?;
        text(out, "title", LEFT, 32.0, &self.title)?;
        text(out, "faint", LEFT, 54.0, &self.subtitle)
    }

    fn budget(&self, out: &mut String, plot: &Plot) -> std::fmt::Result {
        let Some(budget) = self.budget else { return Ok(()) };
        let y = plot.y(exponent(budget));
        line(out, "budget", (LEFT, y), (RIGHT, y))?;
        text(out, "late", LEFT + 6.0, y - 5.0, &format!("budget {}", units::limit(budget)))
    }

    /// Each at its height, or as near as there is room.
    fn percentiles(&self, out: &mut String, plot: &Plot) -> std::fmt::Result {
        let mut lowest = f64::INFINITY;
        let room = LINE * self.percentiles.len() as f64;
        for (i, (name, nanos)) in self.percentiles.iter().enumerate() {
            let y = plot.y(exponent(*nanos));
            line(out, "mark", (RIGHT, y), (RIGHT + 6.0, y))?;
            // Room for those that follow, above.
            let highest = TOP - LINE + room - LINE * i as f64;
            let at = y.min(lowest).max(highest);
            lowest = at - LINE;
            line(out, "mark", (RIGHT + 6.0, y), (RIGHT + 14.0, at))?;
            text(out, "", RIGHT + 18.0, at + 4.0, &format!("{name} {}", units::time(*nanos)))?;
        }
        Ok(())
    }
}

impl Plot {
    fn new(picture: &Picture) -> Plot {
        let cells = picture.heat.cells();
        let rows = || cells.iter().map(|cell| cell.row);
        let low = rows().min().map_or(3.0, row_begin);
        let high = rows().max().map_or(6.0, |row| row_begin(row + 1));
        let budget = picture.budget.map(exponent);
        let (low, high) = (low.min(budget.unwrap_or(low)), high.max(budget.unwrap_or(high)));
        let last = cells.iter().map(|cell| cell.column as u64 + 1).max().unwrap_or(1);
        let column = picture.heat.column();
        let length = picture.length.max(last.saturating_mul(column));
        let column_width = (RIGHT - LEFT) * (column as f64 / length as f64);
        // A little air, and never less than half a decade: a narrow range isn't blown up.
        let air = ((0.5 - (high - low)) / 2.0).max(0.05);
        Plot { cells, low: (low - air).max(0.0), high: high + air, column_width, length }
    }

    fn x(&self, column: usize) -> f64 {
        LEFT + self.column_width * column as f64
    }

    fn y(&self, exponent: f64) -> f64 {
        let part = (exponent - self.low) / (self.high - self.low);
        BOTTOM - (BOTTOM - TOP) * part.clamp(0.0, 1.0)
    }

    fn axes(&self, out: &mut String) -> std::fmt::Result {
        let (width, height) = (RIGHT - LEFT, BOTTOM - TOP);
        writeln!(
            out,
            "<rect class=\"plot\" x=\"{LEFT}\" y=\"{TOP}\" width=\"{width}\" height=\"{height}\"/>"
        )?;
        for mark in axis::logarithmic(self.low, self.high) {
            let y = self.y(exponent(mark));
            line(out, "grid", (LEFT, y), (RIGHT, y))?;
            text(out, "faint end", LEFT - 8.0, y + 4.0, &units::limit(mark))?;
        }
        for mark in axis::linear(self.length) {
            let x = LEFT + width * (mark as f64 / self.length as f64);
            line(out, "mark", (x, BOTTOM), (x, BOTTOM + 5.0))?;
            let label = if mark == 0 { "0".to_owned() } else { units::limit(mark) };
            text(out, "faint middle", x, BOTTOM + 19.0, &label)?;
        }
        text(out, "middle", (LEFT + RIGHT) / 2.0, BOTTOM + 40.0, "time since tracing began")?;
        let middle = (TOP + BOTTOM) / 2.0;
        writeln!(
            out,
            "<text class=\"middle\" transform=\"translate(18 {}) rotate(-90)\">latency (logarithmic)</text>",
            Number(middle)
        )
    }

    /// One path a colour; neighbours of the same colour are one rectangle in it.
    fn cells(&self, out: &mut String) -> std::fmt::Result {
        let most = self.most();
        let mut paths = vec![String::new(); COLOURS];
        let mut cells = self.cells.iter().peekable();
        while let Some(first) = cells.next() {
            let colour = colour(first.count, most);
            let mut end = first.column + 1;
            while cells
                .next_if(|next| {
                    next.row == first.row && next.column == end && self::colour(next.count, most) == colour
                })
                .is_some()
            {
                end += 1;
            }
            let (x, width) = (self.x(first.column), self.column_width * (end - first.column) as f64);
            let (below, above) = (self.y(row_begin(first.row)), self.y(row_begin(first.row + 1)));
            let (x, y, width, height) = (Number(x), Number(above), Number(width), Number(below - above));
            write!(paths[colour], "M{x} {y}h{width}v{height}h-{width}z")?;
        }
        for (i, path) in paths.iter().enumerate().filter(|(_, path)| !path.is_empty()) {
            writeln!(out, "<path class=\"c{i}\" d=\"{path}\"/>")?;
        }
        Ok(())
    }

    /// What the colours mean.
    fn legend(&self, out: &mut String) -> std::fmt::Result {
        let most = self.most();
        let (y, side) = (HEIGHT - 24.0, 22.0);
        text(out, "faint", LEFT, y + 10.0, "pairs in a cell")?;
        let begin = LEFT + 100.0;
        text(out, "faint end", begin - 4.0, y + 10.0, "1")?;
        // Where no cell has more than one, the last colour is the only one.
        let first = colour(1, most);
        for i in first..COLOURS {
            let x = Number(begin + side * (i - first) as f64);
            writeln!(out, "<rect class=\"c{i}\" x=\"{x}\" y=\"{y}\" width=\"{side}\" height=\"12\"/>")?;
        }
        if first > 0 {
            return Ok(());
        }
        text(out, "faint", begin + side * COLOURS as f64 + 6.0, y + 10.0, &units::count(most))
    }

    fn most(&self) -> u64 {
        self.cells.iter().map(|cell| cell.count).max().unwrap_or(1)
    }
}

/// Which colour a count has, on a logarithmic scale: 1 is the first, the most is the last.
#[expect(clippy::cast_possible_truncation, reason = "a part of the number of colours")]
fn colour(count: u64, most: u64) -> usize {
    if most <= 1 {
        return COLOURS - 1;
    }
    let part = (count.max(1) as f64).ln() / (most as f64).ln();
    ((part * (COLOURS - 1) as f64).round() as usize).min(COLOURS - 1)
}

fn colours(of: &[&str; COLOURS]) -> String {
    of.iter().enumerate().map(|(i, colour)| format!(".c{i}{{fill:{colour}}}")).collect()
}

fn exponent(nanos: u64) -> f64 {
    (nanos.max(1) as f64).log10()
}

fn line(out: &mut String, class: &str, from: (f64, f64), to: (f64, f64)) -> std::fmt::Result {
    let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(Number);
    writeln!(out, "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>")
}

fn text(out: &mut String, class: &str, x: f64, y: f64, text: &str) -> std::fmt::Result {
    let (x, y) = (Number(x), Number(y));
    writeln!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", Escaped(text))
}

/// A coordinate: two digits behind the point are enough.
struct Number(f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.2}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use usdt_trace::Time;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn picture(heat: &Heat) -> Picture<'_> {
        Picture {
            title: "orders:<start> → \"orders\":done & more".to_owned(),
            subtitle: "service, by id, 12.0s".to_owned(),
            description: "2 pairs.".to_owned(),
            heat,
            length: 12 * SECOND,
            budget: Some(5_000_000),
            percentiles: vec![("p50".to_owned(), 1_000_000), ("max".to_owned(), 1_020_000)],
        }
    }

    #[test]
    fn it_is_well_formed_and_says_what_it_is() {
        let mut heat = Heat::new(Time(0));
        for i in 0..5_000_u64 {
            heat.add(Time(i * 2_400_000), 10_000 + (i * 7_919) % 100_000 * ((i % 50) + 1));
        }
        let picture = picture(&heat);
        let svg = picture.to_svg();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let root = document.root_element();
        let element = |name: &str| root.children().find(|node| node.has_tag_name(name)).unwrap();
        assert_eq!(element("title").text(), Some(picture.title.as_str()));
        assert_eq!(element("desc").text(), Some("2 pairs."));
        assert_eq!(root.attribute("aria-labelledby"), Some("title desc"));
        let names: Vec<&str> = document.descendants().map(|node| node.tag_name().name()).collect();
        assert!(!names.contains(&"script") && !svg.contains("href") && !svg.contains("url("));
        let texts: Vec<&str> = document.descendants().filter_map(|node| node.text()).collect();
        for text in
            ["budget 5ms", "p50 1.00ms", "time since tracing began", "12s", "100µs", "pairs in a cell"]
        {
            assert!(texts.contains(&text), "{text} is not among {texts:?}");
        }
        assert!(svg.len() < 400_000, "{} bytes", svg.len());
    }

    #[test]
    fn cells_are_where_they_belong() {
        let mut heat = Heat::new(Time(0));
        (0..3).for_each(|i| heat.add(Time(i * 10_000_000), 1_000_000));
        let svg = Picture { length: 40_000_000, budget: None, ..picture(&heat) }.to_svg();
        // Three of four columns in one rectangle, in the middle of half a decade of which it is a tenth.
        assert!(svg.contains("<path class=\"c7\" d=\"M76 228.6h570v34.8h-570z\"/>"), "{svg}");
    }

    #[test]
    fn nothing_can_be_drawn_too() {
        let heat = Heat::new(Time(0));
        for length in [0, 1, u64::MAX] {
            let svg = Picture { length, percentiles: Vec::new(), ..picture(&heat) }.to_svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            roxmltree::Document::parse(&svg).unwrap();
        }
    }

    #[test]
    fn colours_are_on_a_logarithmic_scale() {
        assert_eq!([1, 2, 10, 100, 1_000].map(|count| colour(count, 1_000)), [0, 1, 2, 5, 7]);
        assert_eq!(colour(1, 1), COLOURS - 1);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([1.0, 0.125, 100.0, 10.5].map(|n| Number(n).to_string()), ["1", "0.12", "100", "10.5"]);
    }
}
