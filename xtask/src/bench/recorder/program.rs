//! The program that fires.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use testkit::build::{CargoProject, workspace};

/// `cost PROBE STATE THREADS MILLIS` fires in so many threads as fast as each can, and says how often it did, and how many nanoseconds
/// that took all of them. `cost clock MILLIS` reads the clock instead. `cost memory FIRINGS SIZE` tells what a recorder takes.
/// `cost places` tells where each probe is.
const SOURCE: &str = include_str!("source.rs");

/// A probe of the program.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Probe {
    /// What the program calls it.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
}

/// All probes, in the order of the page.
pub(super) const PROBES: &[Probe] = &[
    Probe { name: "written_numbers", title: "2 integers" },
    Probe { name: "written_text", title: "a string of 20 bytes" },
    Probe { name: "numbers", title: "at run time: 2 integers" },
    Probe { name: "text", title: "at run time: a string of 20 bytes" },
    Probe { name: "json", title: "at run time: JSON of 20 bytes" },
];

/// The program, built as its users build theirs.
pub(super) struct Program {
    path: PathBuf,
    /// The directory of the provider's file, which nobody else may write to.
    images: TempDir,
    /// For each probe the file that it is in, and `provider:probe`.
    places: Vec<(String, PathBuf, String)>,
}

/// What the program says that it did.
pub(super) struct Fired {
    pub(super) count: u64,
    /// Nanoseconds a firing.
    pub(super) nanos: f64,
}

impl Program {
    pub(super) fn build() -> Result<Self> {
        let features = ["json", "recorder", "runtime"];
        let project = CargoProject::program("recorder-cost", SOURCE)
            .dependency("usdt-probes", &format!("{{ path = {:?}, features = {features:?} }}", workspace()))
            .dependency("serde_json", "\"1\"")
            .release();
        let path = project.build()?;
        let mut program = Self { path, images: private_directory()?, places: Vec::new() };
        program.places = program.ask(&["places"])?.lines().map(place).collect::<Result<_>>()?;
        Ok(program)
    }

    /// Lets it fire.
    pub(super) fn run(&self, probe: Probe, state: &str, threads: u64, millis: u64) -> Result<Fired> {
        Fired::read(&self.ask(&[probe.name, state, &threads.to_string(), &millis.to_string()])?)
    }

    /// Lets it read the clock.
    pub(super) fn clock(&self, millis: u64) -> Result<Fired> {
        Fired::read(&self.ask(&["clock", &millis.to_string()])?)
    }

    /// The file that a probe is in, and `provider:probe`.
    pub(super) fn place(&self, probe: Probe) -> (&Path, &str) {
        let place = self.places.iter().find(|(name, ..)| name == probe.name);
        place.map_or((&self.path, "?"), |(_, file, probe)| (file, probe))
    }

    /// Runs it and gives what it says.
    pub(super) fn ask(&self, words: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.path);
        let output = command.args(words).env("USDT_PROBES_DIR", self.images.path()).output()?;
        ensure!(output.status.success(), "the program failed: {output:?}");
        Ok(String::from_utf8(output.stdout)?)
    }
}

fn private_directory() -> Result<TempDir> {
    let directory = tempfile::tempdir()?;
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o700))?;
    Ok(directory)
}

fn place(line: &str) -> Result<(String, PathBuf, String)> {
    let mut words = line.split(' ');
    let mut word = || words.next().with_context(|| format!("the program said {line:?}"));
    Ok((word()?.to_owned(), word()?.into(), word()?.to_owned()))
}

impl Fired {
    #[allow(clippy::cast_precision_loss)] // Some millions.
    fn read(line: &str) -> Result<Self> {
        let numbers = line.split_whitespace().map(str::parse::<u64>).collect::<Result<Vec<_>, _>>();
        let numbers = numbers.with_context(|| format!("the program said {line:?}"))?;
        let [count, nanos] = numbers[..] else { anyhow::bail!("the program said {line:?}") };
        Ok(Self { count, nanos: nanos as f64 / count.max(1) as f64 })
    }
}
