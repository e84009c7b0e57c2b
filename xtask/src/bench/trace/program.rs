//! The program that is watched.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use testkit::build::CargoProject;

/// Fires in bursts, in each of as many threads as its third argument says: as often as its first says in a second, or as fast as
/// it can for 0; for as many milliseconds as its second says. It says how often it did, and how many nanoseconds each took.
const SOURCE: &str = r#"
use std::time::{Duration, Instant};

#[usdt_probes::provider]
mod load {
    pub fn tick(id: u64, text: &str);
}

fn fire(rate: u64, total: Duration) -> (u64, Duration) {
    let text = std::hint::black_box("/orders/17/lines?page=3".to_owned());
    let start = Instant::now();
    let (mut fired, mut busy) = (0, Duration::ZERO);
    while start.elapsed() < total {
        let due = start.elapsed().as_nanos() as u64 * rate / 1_000_000_000;
        let burst = if rate == 0 { 1000 } else { due.saturating_sub(fired).min(1000) };
        let began = Instant::now();
        for id in fired..fired + burst {
            load::tick(id, &text);
        }
        busy += began.elapsed();
        fired += burst;
    }
    (fired, busy)
}

fn main() {
    let mut words = std::env::args().skip(1).map(|word| word.parse::<u64>().unwrap());
    let mut word = || words.next().unwrap();
    let (rate, total, threads) = (word(), Duration::from_millis(word()), word());
    let start = Instant::now();
    let threads: Vec<_> = (0..threads).map(|_| std::thread::spawn(move || fire(rate, total))).collect();
    let (mut fired, mut busy) = (0, Duration::ZERO);
    for thread in threads {
        let (count, time) = thread.join().unwrap();
        fired += count;
        busy += time;
    }
    println!("{fired} {} {}", start.elapsed().as_micros(), busy.as_nanos());
}
"#;

/// How fast the program fires.
#[derive(Clone, Copy)]
pub(super) enum Pace {
    /// So often in a second.
    Rate(u64),
    /// In so many threads as fast as each can.
    Threads(u64),
}

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

    /// Lets it fire.
    pub(super) fn run(&self, pace: Pace, millis: u64) -> Result<Fired> {
        let (rate, threads) = match pace {
            Pace::Rate(rate) => (rate, 1),
            Pace::Threads(threads) => (0, threads),
        };
        let words = [rate, millis, threads].map(|word| word.to_string());
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
