//! Every tracer that can be installed, with a provider that is defined at run time and with a static one.
//!
//! | tracer | on the machine | in the toolbox | lists | fires | is asked for |
//! |---|---|---|---|---|---|
//! | bpftrace | 0.17 | 0.27 | by file | one process | integers up to 32 bits of either sign, text |
//! | gdb | 13 | 18 | by file | one process | the same |
//! | perf | 6.1 | 7.2 | by file | one process | integers; it shows text as an address, and `i8` and `i16` without their sign |
//! | DTrace | – | 2.0 | by process | one process | integers and text; a `-` in a name is a `-` again |
//! | tplist of bcc | – | 0.37 | by file, by process | – | |
//!
//! What fires is watched in one of two processes: the semaphores of the other stay as they are, and what it fires is not
//! seen. The versions are Debian's 12 and sid's at the time of writing; the tests print what is there. SystemTap is not
//! in the table: also to list it wants the headers of the running kernel.

mod common;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use common::{ask, start_ticker, ticker, tracing};
use tempfile::TempDir;
use testkit::elf::Elf;
use testkit::subject::{Subject, semaphore_value};
use testkit::target::Target;
use testkit::toolbox::Toolbox;
use testkit::tools::Tools;
use testkit::tplist;
use testkit::watch::{self, Argument as Read, Tracer, Watch};
use testkit::{expect, readelf};

/// One time that a probe was seen, and its values.
type Hit = (String, Vec<String>);

/// What perf doesn't show.
const HIDDEN: [Argument; 2] = [Argument::Narrow, Argument::Text];

/// How an argument is to be shown.
#[derive(Clone, Copy, PartialEq)]
enum Argument {
    Signed,
    /// Signed, of 8 or 16 bits.
    Narrow,
    Unsigned,
    Text,
}

impl Argument {
    fn read(self) -> Read {
        match self {
            Self::Signed | Self::Narrow => Read::Signed,
            Self::Unsigned => Read::Unsigned,
            Self::Text => Read::Text,
        }
    }
}

/// A probe, where it is, and the values of each firing.
struct Probe {
    file: PathBuf,
    /// As notes write it, `provider:name`.
    name: &'static str,
    arguments: &'static [Argument],
    fired: &'static [&'static [&'static str]],
}

/// Two processes with the same probes, one of which is watched.
struct Case {
    watched: Option<Subject>,
    other: Subject,
    probes: Vec<Probe>,
    commands: &'static [&'static str],
    /// Whether the files are mapped by the library, not by the dynamic loader.
    mapped_by_hand: bool,
    _directory: Option<TempDir>,
}

impl Case {
    fn at_run_time() -> Case {
        use Argument::{Narrow, Signed, Text, Unsigned};
        let directory = tempfile::tempdir().expect("a directory");
        let owner_only = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(directory.path(), owner_only).expect("permissions");
        let mut command = Command::new(env!("CARGO_BIN_EXE_definer"));
        command.env("USDT_PROBES_DIR", directory.path());
        let mut start = || Subject::spawn(&mut command).expect("the definer starts");
        let (mut watched, mut other) = (start(), start());
        let shared = PathBuf::from(ask(&mut watched, "define"));
        let types = PathBuf::from(ask(&mut watched, "define-types"));
        assert_eq!(Path::new(&ask(&mut other, "define")), shared);
        assert_eq!(Path::new(&ask(&mut other, "define-types")), types);
        let probes = vec![
            Probe {
                file: shared.clone(),
                name: "shared:first",
                arguments: &[Unsigned, Text],
                fired: &[&["0", "definer"], &["0", "definer"], &["1", "definer"], &["2", "definer"]],
            },
            Probe { file: shared, name: "shared:second__one", arguments: &[Signed], fired: &[&["0"]] },
            Probe {
                file: types,
                name: "types:all",
                arguments: &[Unsigned, Narrow, Unsigned, Narrow, Unsigned, Signed],
                fired: &[&["255", "-128", "65535", "-32768", "4294967295", "-2147483648"]],
            },
        ];
        let commands = &["nested 1", "fire 3", "types"];
        Case {
            watched: Some(watched),
            other,
            probes,
            commands,
            mapped_by_hand: true,
            _directory: Some(directory),
        }
    }

    fn of_a_program() -> Case {
        use Argument::{Signed, Text, Unsigned};
        let probe = |name, arguments, fired| Probe { file: ticker().to_owned(), name, arguments, fired };
        let probes = vec![
            probe("numbers:tick", &[Unsigned, Signed], &[&["0", "-1"], &["1", "-1"], &["2", "-1"]]),
            probe("numbers:pair", &[Unsigned, Text], &[&["0", "id 0"], &["1", "id 1"]]),
        ];
        let commands = &["tick 3", "pair 2"];
        let (watched, other) = (Some(start_ticker()), start_ticker());
        Case { watched, other, probes, commands, mapped_by_hand: false, _directory: None }
    }

    fn watched(&mut self) -> &mut Subject {
        self.watched.as_mut().expect("it runs")
    }

    fn pid(&self) -> u32 {
        self.watched.as_ref().expect("it runs").pid()
    }

    /// The files with probes, each once.
    fn files(&self) -> Vec<&Path> {
        let mut files: Vec<&Path> = self.probes.iter().map(|probe| &*probe.file).collect();
        files.dedup();
        files
    }

    /// Fires everything in both processes while a tracer watches one of them.
    fn fire(&mut self) -> Result<()> {
        for command in self.commands {
            ask(self.watched(), command);
            ask(&mut self.other, command);
        }
        for probe in &self.probes {
            let note =
                Elf::open(&probe.file)?.notes()?.into_iter().find(|note| probe.name.ends_with(&*note.name));
            let address = note.context("the probe has a note")?.semaphore;
            let semaphores =
                [self.pid(), self.other.pid()].map(|pid| semaphore_value(pid, &probe.file, address).ok());
            ensure!(semaphores == [Some(1), Some(0)], "the semaphores of {} are {semaphores:?}", probe.name);
        }
        Ok(())
    }

    /// All probes of the files, as the notes have them or as `written`, sorted.
    fn listed(&self, written: impl Fn(&str) -> String) -> Vec<String> {
        let notes = self.files().into_iter().flat_map(|file| readelf::notes(file).expect("notes"));
        let mut names: Vec<_> =
            notes.map(|note| format!("{}:{}", note.provider, written(&note.name))).collect();
        names.sort();
        names
    }

    /// What a tracer should see, sorted.
    fn hits(&self, tracer: Tracer) -> Vec<Hit> {
        let of_probe = |probe: &Probe| {
            let hit = |fired: &&[&str]| {
                let shown = probe.arguments.iter().zip(*fired);
                let shown = shown.filter(|(argument, _)| shows(tracer, **argument));
                (tracer.writes(probe.name), shown.map(|(_, value)| (*value).to_owned()).collect())
            };
            probe.fired.iter().map(hit).collect::<Vec<_>>()
        };
        let mut hits: Vec<Hit> = self.probes.iter().flat_map(of_probe).collect();
        hits.sort();
        hits
    }
}

fn shows(tracer: Tracer, argument: Argument) -> bool {
    tracer != Tracer::Perf || !HIDDEN.contains(&argument)
}

fn toolbox() -> Toolbox {
    Toolbox::find().expect("the toolbox: `cargo xtask setup toolbox` makes it")
}

/// The directories that the files of all cases are in, but for temporary ones.
fn shared() -> [&'static Path; 1] {
    [ticker().parent().expect("a file is in a directory")]
}

#[test]
fn each_sees_a_provider_that_is_defined_at_run_time() {
    each_sees(Case::at_run_time);
}

#[test]
fn each_sees_the_provider_of_a_program() {
    each_sees(Case::of_a_program);
}

fn each_sees(case: fn() -> Case) {
    let Some(_alone) = tracing() else { return };
    let in_the_toolbox = Tools::of(&toolbox(), &shared());
    for tracer in Tracer::ALL {
        for (place, tools) in [("the machine", &Tools::Machine), ("the toolbox", &in_the_toolbox)] {
            if tracer.is_among(tools) {
                let version = tracer.version(tools).expect("a version");
                let who = format!("{} {version} of {place}", tracer.name());
                sees(tracer, tools, case()).unwrap_or_else(|error| panic!("{who}: {error:#}"));
            }
        }
    }
    tplist_lists(&in_the_toolbox, &case()).unwrap_or_else(|error| panic!("tplist: {error:#}"));
}

fn sees(tracer: Tracer, tools: &Tools, mut case: Case) -> Result<()> {
    let files: Vec<PathBuf> = case.probes.iter().map(|probe| probe.file.clone()).collect();
    let arguments: Vec<Vec<Read>> = case
        .probes
        .iter()
        .map(|probe| probe.arguments.iter().map(|argument| argument.read()).collect())
        .collect();
    let named = case.probes.iter().zip(&files).zip(&arguments);
    let probes: Vec<watch::Probe<'_>> =
        named.map(|((probe, file), arguments)| watch::Probe { file, name: probe.name, arguments }).collect();
    let process = Target::Process(case.pid());
    let mapped_by_hand = case.mapped_by_hand;
    let watch = |target| Watch { tracer, tools, target, probes: &probes, mapped_by_hand, stacks: false };

    // DTrace knows no files.
    let listed_of = if tracer == Tracer::DTrace { process } else { Target::File };
    let mut listed = watch(listed_of).list()?;
    listed.sort();
    expect::equal(tracer.name(), &case.listed(|name| tracer.writes(name)), &listed);

    let (seen, ()) = watch(process).observe(|| case.fire())?;
    let mut seen: Vec<Hit> = seen.into_iter().map(|hit| (hit.probe, hit.values)).collect();
    for (name, values) in &mut seen {
        let probe = case.probes.iter().find(|probe| tracer.writes(probe.name) == *name);
        let mut arguments = probe.context("a probe of ours")?.arguments.iter();
        values.retain(|_| arguments.next().is_some_and(|argument| shows(tracer, *argument)));
    }
    seen.sort();
    expect::equal(tracer.name(), &case.hits(tracer), &seen);
    Ok(())
}

fn tplist_lists(tools: &Tools, case: &Case) -> Result<()> {
    let mut probes = Vec::new();
    for file in case.files() {
        let listed = tplist::list(tools, file)?;
        let of_process = tplist::list_pid(tools, case.pid(), file)?;
        ensure!(listed == of_process, "of the file {listed:?}, of the process {of_process:?}");
        probes.extend(listed);
    }
    probes.sort();
    expect::equal("tplist", &case.listed(str::to_owned), &probes);
    Ok(())
}
