//! The program that is watched.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use testkit::build::CargoProject;

/// Fires in bursts: as often as its first argument says in a second, or as fast as it can for 0; for as many milliseconds as
/// its second says. It says how often it did, and how many nanoseconds each took.
const SOURCE: &str = r#"
#[usdt_probes::provider]
mod load {
    pub fn tick(id: u64, text: &str);
}
fn main() {
    let mut words = std::env::args().skip(1).map(|word| word.parse::<u64>().unwrap());
    let (rate, millis) = (words.next().unwrap(), words.next().unwrap());
    let text = std::hint::black_box("/orders/17/lines?page=3".to_owned());
    let start = std::time::Instant::now();
    let total = std::time::Duration::from_millis(millis);
    let (mut fired, mut busy) = (0, std::time::Duration::ZERO);
    while start.elapsed() < total {
        let due = start.elapsed().as_nanos() as u64 * rate / 1_000_000_000;
        let burst = if rate == 0 { 1000 } else { due.saturating_sub(fired).min(1000) };
        let began = std::time::Instant::now();
        for id in fired..fired + burst {
            load::tick(id, &text);
        }
        busy += began.elapsed();
        fired += burst;
    }
    println!("{fired} {} {}", start.elapsed().as_micros(), busy.as_nanos());
}
"#;

/// The program, built as its users build theirs.
pub(super) struct Program {
    pub(super) path: PathBuf,
}

/// What it says that it did.
pub(super) struct Fired {
    pub(super) count: u64,
    /// Firings in a second.
    pub(super) rate: f64,
    /// Nanoseconds a firing.
    pub(super) nanos: f64,
}

impl Program {
    pub(super) fn build() -> Result<Self> {
        let program =
            CargoProject::program("traced-load", SOURCE).workspace_dependency("usdt-probes", ".").release();
        Ok(Self { path: program.build()? })
    }

    /// Lets it fire, so often in a second, or for `None` as often as it can.
    pub(super) fn run(&self, rate: Option<u64>, millis: u64) -> Result<Fired> {
        let words = [rate.unwrap_or(0), millis].map(|word| word.to_string());
        let output = Command::new(&self.path).args(words).output()?;
        ensure!(output.status.success(), "the program failed: {output:?}");
        Fired::read(&String::from_utf8(output.stdout)?)
    }
}

impl Fired {
    /// Of the line that the program writes.
    #[allow(clippy::cast_precision_loss)] // Some millions.
    pub(super) fn read(line: &str) -> Result<Self> {
        let numbers = line.split_whitespace().map(str::parse::<u64>).collect::<Result<Vec<_>, _>>();
        let numbers = numbers.with_context(|| format!("the program said {line:?}"))?;
        let [count, micros, busy] = numbers[..] else { anyhow::bail!("the program said {line:?}") };
        let each = count.max(1) as f64;
        Ok(Self { count, rate: each * 1e6 / micros as f64, nanos: busy as f64 / each })
    }
}
