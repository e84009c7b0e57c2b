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
use testkit::bpftrace::{self, Bpftrace};
use testkit::dtrace::DTrace;
use testkit::elf::Elf;
use testkit::gdb::{self, Attached, Show};
use testkit::subject::{Subject, load_bias, semaphore_value};
use testkit::toolbox::Toolbox;
use testkit::tools::{Hit, Tools};
use testkit::tplist;
use testkit::{expect, perf, readelf};

/// A tracer, and what it can do.
struct Tracer {
    name: &'static str,
    version: &'static [&'static str],
    on_the_machine: bool,
    /// How it writes the `-` of a name.
    dash: &'static str,
    /// What it doesn't show.
    hides: &'static [Argument],
    lists: fn(&Tools, &Case) -> Result<Vec<String>>,
    fires: Option<Fires>,
}

/// Attaches to the watched process of a case, lets the case fire, and gives what was seen.
type Fires = fn(&Tools, &mut Case) -> Result<Vec<Hit>>;

const TRACERS: [Tracer; 5] = [
    Tracer {
        name: "bpftrace",
        version: &["bpftrace", "--version"],
        on_the_machine: true,
        dash: "__",
        hides: &[],
        lists: bpftrace_lists,
        fires: Some(bpftrace_fires),
    },
    Tracer {
        name: "gdb",
        version: &["gdb", "--version"],
        on_the_machine: true,
        dash: "__",
        hides: &[],
        lists: gdb_lists,
        fires: Some(gdb_fires),
    },
    Tracer {
        name: "perf",
        version: &["perf", "--version"],
        on_the_machine: true,
        dash: "__",
        hides: &[Argument::Narrow, Argument::Text],
        lists: perf_lists,
        fires: Some(perf_fires),
    },
    Tracer {
        name: "DTrace",
        version: &["sh", "-c", "dtrace -V | sed 's/D //'"],
        on_the_machine: false,
        dash: "-",
        hides: &[],
        lists: dtrace_lists,
        fires: Some(dtrace_fires),
    },
    Tracer {
        name: "tplist",
        version: &["python3", "-c", "import bcc; print(bcc.__version__)"],
        on_the_machine: false,
        dash: "__",
        hides: &[],
        lists: tplist_lists,
        fires: None,
    },
];

/// How an argument is to be shown.
#[derive(Clone, Copy, PartialEq)]
enum Argument {
    Signed,
    /// Signed, of 8 or 16 bits.
    Narrow,
    Unsigned,
    Text,
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

    /// Ends the watched process, for a tracer that ends with it.
    fn end(&mut self) -> Result<()> {
        let (status, _) = self.watched.take().context("it runs")?.finish()?;
        ensure!(status.success(), "the watched process: {status}");
        Ok(())
    }

    /// All probes of the files, as the notes have them, sorted.
    fn listed(&self, dash: &str) -> Vec<String> {
        let notes = self.files().into_iter().flat_map(|file| readelf::notes(file).expect("notes"));
        let mut names: Vec<_> =
            notes.map(|note| format!("{}:{}", note.provider, note.name.replace("__", dash))).collect();
        names.sort();
        names
    }

    /// What a tracer should see, sorted.
    fn hits(&self, tracer: &Tracer) -> Vec<Hit> {
        let of_probe = |probe: &Probe| {
            let hit = |fired: &&[&str]| {
                let shown = probe.arguments.iter().zip(*fired);
                let shown = shown.filter(|(argument, _)| !tracer.hides.contains(argument));
                let values = shown.map(|(_, value)| (*value).to_owned()).collect();
                Hit { probe: probe.name.replace("__", tracer.dash), values }
            };
            probe.fired.iter().map(hit).collect::<Vec<_>>()
        };
        let mut hits: Vec<Hit> = self.probes.iter().flat_map(of_probe).collect();
        hits.sort();
        hits
    }
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
    for tracer in &TRACERS {
        for (place, tools) in [("the machine", &Tools::Machine), ("the toolbox", &in_the_toolbox)] {
            if tracer.on_the_machine || place == "the toolbox" {
                let version = tools.version(tracer.version).expect("a version");
                let who = format!("{} {version} of {place}", tracer.name);
                sees(&who, tracer, tools, case());
            }
        }
    }
}

fn sees(who: &str, tracer: &Tracer, tools: &Tools, mut case: Case) {
    let mut listed = (tracer.lists)(tools, &case).unwrap_or_else(|error| panic!("{who}: {error:#}"));
    listed.sort();
    expect::equal(who, &case.listed(tracer.dash), &listed);
    if let Some(fires) = tracer.fires {
        let mut seen = fires(tools, &mut case).unwrap_or_else(|error| panic!("{who}: {error:#}"));
        seen.sort();
        expect::equal(who, &case.hits(tracer), &seen);
    }
}

/// Lines of names and values between tabs.
fn parse(lines: &[String]) -> Vec<Hit> {
    let hit = |line: &String| {
        let mut words = line.split('\t').map(str::to_owned);
        Hit { probe: words.next().unwrap_or_default(), values: words.collect() }
    };
    lines.iter().map(hit).collect()
}

fn bpftrace_lists(tools: &Tools, case: &Case) -> Result<Vec<String>> {
    let mut probes = Vec::new();
    for file in case.files() {
        let prefix = format!("usdt:{}:", file.display());
        let listed = bpftrace::list_with(tools, file)?;
        probes.extend(listed.iter().map(|line| line.trim_start_matches(&prefix).to_owned()));
    }
    Ok(probes)
}

fn bpftrace_fires(tools: &Tools, case: &mut Case) -> Result<Vec<Hit>> {
    let script = case.probes.iter().fold(Bpftrace::new().tools(tools).pid(case.pid()), |script, probe| {
        let (mut format, mut values) = (probe.name.to_owned(), String::new());
        for (i, argument) in probe.arguments.iter().enumerate() {
            let (conversion, value) = match argument {
                Argument::Signed | Argument::Narrow => ("%d", format!("arg{i}")),
                Argument::Unsigned => ("%u", format!("arg{i}")),
                Argument::Text => ("%s", format!("str(arg{i})")),
            };
            format += &format!("\\t{conversion}");
            values += &format!(", {value}");
        }
        script.usdt(&probe.file, probe.name, format!("printf(\"{format}\\n\"{values})"))
    });
    let session = script.start()?;
    case.fire()?;
    let output = session.finish()?;
    ensure!(output.lost == 0, "bpftrace lost {}", output.lost);
    Ok(parse(&output.lines))
}

fn gdb_lists(tools: &Tools, case: &Case) -> Result<Vec<String>> {
    let mut probes = Vec::new();
    for file in case.files() {
        let listed = gdb::info_probes_stap_with(tools, file)?;
        probes.extend(listed.iter().map(|probe| format!("{}:{}", probe.provider, probe.name)));
    }
    Ok(probes)
}

fn gdb_fires(tools: &Tools, case: &mut Case) -> Result<Vec<Hit>> {
    const ARGUMENTS: [&str; 6] =
        ["$_probe_arg0", "$_probe_arg1", "$_probe_arg2", "$_probe_arg3", "$_probe_arg4", "$_probe_arg5"];
    let show = |(argument, text): (&Argument, &'static str)| match argument {
        Argument::Text => Show::Text(text),
        Argument::Signed | Argument::Narrow | Argument::Unsigned => Show::Value(text),
    };
    let probe =
        |probe: &Probe| (probe.name.to_owned(), probe.arguments.iter().zip(ARGUMENTS).map(show).collect());
    let probes: Vec<_> = case.probes.iter().map(probe).collect();
    let mut objects = Vec::new();
    for file in case.files().into_iter().filter(|_| case.mapped_by_hand) {
        objects.push((file.to_owned(), load_bias(case.pid(), file)?));
    }
    let session = Attached::start(tools, case.pid(), &objects, &probes)?;
    case.fire()?;
    case.end()?;
    session.finish()
}

fn perf_lists(tools: &Tools, case: &Case) -> Result<Vec<String>> {
    let mut probes = Vec::new();
    for file in case.files() {
        probes.extend(perf::list_sdt_with(tools, file)?);
    }
    Ok(probes)
}

fn perf_fires(tools: &Tools, case: &mut Case) -> Result<Vec<Hit>> {
    let probes: Vec<(PathBuf, &str)> =
        case.probes.iter().map(|probe| (probe.file.clone(), probe.name)).collect();
    let probes: Vec<(&Path, &str)> = probes.iter().map(|(file, name)| (&**file, *name)).collect();
    let (mut hits, fired) = perf::observe(tools, case.pid(), &probes, || case.fire())?;
    fired?;
    // It shows all arguments; what it can't show is left out.
    for hit in &mut hits {
        let probe = case.probes.iter().find(|probe| probe.name == hit.probe).context("a probe of ours")?;
        let mut arguments = probe.arguments.iter();
        let shown = |argument: &Argument| matches!(argument, Argument::Signed | Argument::Unsigned);
        hit.values.retain(|_| arguments.next().is_some_and(shown));
    }
    Ok(hits)
}

/// The providers of a case, each once.
fn providers(case: &Case) -> Vec<&'static str> {
    let providers = case.probes.iter().filter_map(|probe| probe.name.split_once(':'));
    let mut providers: Vec<&str> = providers.map(|(provider, _)| provider).collect();
    providers.dedup();
    providers
}

fn dtrace_lists(tools: &Tools, case: &Case) -> Result<Vec<String>> {
    let mut probes = Vec::new();
    for provider in providers(case) {
        probes.extend(DTrace { tools, pid: case.pid() }.list(provider)?);
    }
    Ok(probes)
}

fn dtrace_fires(tools: &Tools, case: &mut Case) -> Result<Vec<Hit>> {
    let clause = |probe: &Probe| {
        let name = probe.name.replace("__", "-");
        let (provider, _) = name.split_once(':').expect("a probe is written provider:name");
        let (mut format, mut values) = (format!("{provider}:%s"), ", probename".to_owned());
        for (i, argument) in probe.arguments.iter().enumerate() {
            let text = *argument == Argument::Text;
            format += if text { "\\t%s" } else { "\\t%d" };
            values += &if text { format!(", copyinstr(arg{i})") } else { format!(", arg{i}") };
        }
        (name, format!("printf(\"{format}\\n\"{values});"))
    };
    let clauses: Vec<_> = case.probes.iter().map(clause).collect();
    let (lines, fired) = DTrace { tools, pid: case.pid() }.observe(&clauses, || case.fire())?;
    fired?;
    Ok(parse(&lines))
}

fn tplist_lists(tools: &Tools, case: &Case) -> Result<Vec<String>> {
    let mut probes = Vec::new();
    for file in case.files() {
        let listed = tplist::list(tools, file)?;
        let of_process = tplist::list_pid(tools, case.pid(), file)?;
        ensure!(listed == of_process, "of the file {listed:?}, of the process {of_process:?}");
        probes.extend(listed);
    }
    Ok(probes)
}
