//! The programs that every tracer is to list and to see: what each is, and what is asked about it.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use testkit::readelf;
use testkit::target::Target;
use testkit::watch::{Argument, Probe, Seen, Watch};

use super::answer::{Answer, Column, Section};
use super::node;
use super::program::{Fires, Program, Running, TIMES};
use super::progress;

pub(super) const SERVICE: &str = "The Rust service";
pub(super) const DFILE: &str = "The program with a D file";
pub(super) const RUNTIME: &str = "The provider that is defined at run time";
pub(super) const NODE: &str = "The Node program";

pub(super) const LISTS_FILE: &str = "lists the probes of the file";
pub(super) const LISTS_PROCESS: &str = "lists the probes of the process";
pub(super) const BEFORE: &str = "sees a process that starts after an attach by path";
pub(super) const AFTER: &str = "sees a process that ran before an attach by path";
pub(super) const BY_PID: &str = "sees a process that it attaches to by number";
pub(super) const BY_COMMAND: &str = "sees a process that it starts itself";

/// How long a program that fires ten times a second is watched; if nothing was seen, once more and longer.
const SPANS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// In how many processes something is tried that is asked of one process, before it is a "no".
const PROCESSES: usize = 8;

/// A program, one of its probes, and where they are.
pub(super) struct Subject {
    pub(super) title: &'static str,
    note: &'static str,
    provider: &'static str,
    /// As notes write it, `provider:name`.
    probe: &'static str,
    arguments: &'static [Argument],
    program: Program,
    /// Where its images are, if its probes are in one.
    images: Option<PathBuf>,
}

/// The four of them; `built` finds a program by its name, `scratch` is for their files.
pub(super) fn all(built: impl Fn(&str) -> PathBuf, scratch: &Path) -> Result<Vec<Subject>> {
    use Argument::{Text, Unsigned};
    let example = node::install()?;
    let rounds = |file| Program {
        file,
        arguments: Vec::new(),
        env: Vec::new(),
        fires: Fires::Rounds,
        port_after: None,
    };
    let service = Program {
        arguments: vec!["--data".to_owned(), scratch.join("kv.log").display().to_string()],
        fires: Fires::Requests,
        port_after: Some("--listen"),
        ..rounds(built("kv-service"))
    };
    let (of_runtime, of_node) = (images(scratch, "runtime")?, images(scratch, "node")?);
    let runtime = Program { env: kept_in(&of_runtime), ..rounds(built("runtime")) };
    let node = Program {
        arguments: vec![example.source.display().to_string()],
        env: kept_in(&of_node),
        fires: Fires::Requests,
        ..rounds(example.node)
    };
    let orders = |title, note, program, images| Subject {
        title,
        note,
        provider: "orders",
        probe: "orders:request__start",
        arguments: &[Unsigned, Text],
        program,
        images,
    };
    Ok(vec![
        Subject {
            provider: "kv",
            probe: "kv:request_start",
            arguments: &[Unsigned, Text, Text],
            ..orders(SERVICE, "`examples/kv-service`: probes of `#[provider]`.", service, None)
        },
        orders(DFILE, "`examples/dfile.rs`: probes of `dtrace_provider!`.", rounds(built("dfile")), None),
        orders(
            RUNTIME,
            "`examples/runtime.rs`. The file is the image that the program maps when it defines the provider.",
            runtime,
            Some(of_runtime),
        ),
        orders(
            NODE,
            "`examples/node-quickstart`: `defineProvider` in JavaScript. The file is an image here too. DTrace finds it only in \
             some processes, see [below](#good-to-know).",
            node,
            Some(of_node),
        ),
    ])
}

/// A directory for images; they are kept nowhere that others can write.
fn images(scratch: &Path, name: &str) -> Result<PathBuf> {
    let directory = scratch.join(name);
    fs::DirBuilder::new().mode(0o700).create(&directory)?;
    Ok(directory)
}

fn kept_in(images: &Path) -> Vec<(String, String)> {
    vec![("USDT_PROBES_DIR".to_owned(), images.display().to_string())]
}

impl Subject {
    /// The table about it.
    pub(super) fn measure(&self, columns: &[Column]) -> Result<Section> {
        let running = self.program.start()?;
        let file = self.file()?;
        let mut rows: Vec<(&'static str, Vec<Answer>)> = Vec::new();
        for row in [LISTS_FILE, LISTS_PROCESS, BEFORE, AFTER, BY_PID, BY_COMMAND] {
            progress(&format!("{}: {row}", self.title));
            let answers = columns.iter().map(|column| self.ask(column, row, &file, &running));
            rows.push((row, answers.collect::<Result<_>>()?));
        }
        Ok(Section { title: self.title, note: self.note, rows })
    }

    /// The file that holds its probes; an image is there as soon as the program is.
    fn file(&self) -> Result<PathBuf> {
        let Some(images) = &self.images else { return Ok(self.program.file.clone()) };
        let files = fs::read_dir(images)?.filter_map(|entry| Some(entry.ok()?.path()));
        let mut images = files.filter(|file| file.extension().is_some_and(|end| end == "so"));
        images.next().with_context(|| format!("{} has no image", self.title))
    }

    fn ask(&self, column: &Column, row: &'static str, file: &Path, running: &Running) -> Result<Answer> {
        let answer = match row {
            LISTS_FILE => self.lists(&self.watch(column, Target::File, &[self.probe_in(file)])),
            LISTS_PROCESS => self.in_some_process(running, |running| {
                self.lists(&self.watch(column, Target::Process(running.pid()), &[self.probe_in(file)]))
            }),
            BY_PID => self.in_some_process(running, |running| {
                self.sees_in_time(column, row, file, running, &SPANS[..1])
            }),
            _ => self.sees_in_time(column, row, file, running, &SPANS),
        }?;
        Ok(Answer::whether(answer))
    }

    /// Whether it is so in this process, or else in one of some new ones: where the kernel has put things may matter.
    fn in_some_process(&self, running: &Running, is_so: impl Fn(&Running) -> Result<bool>) -> Result<bool> {
        if is_so(running)? {
            return Ok(true);
        }
        for _ in 1..PROCESSES {
            if is_so(&self.program.start()?)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Asked again before it is a "no".
    fn sees_in_time(
        &self,
        column: &Column,
        row: &str,
        file: &Path,
        running: &Running,
        spans: &[Duration],
    ) -> Result<bool> {
        for span in spans {
            if self.sees(column, row, file, running, *span)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn sees(
        &self,
        column: &Column,
        row: &str,
        file: &Path,
        running: &Running,
        span: Duration,
    ) -> Result<bool> {
        let probes = [self.probe_in(file)];
        let observe =
            |target, run: &mut dyn FnMut() -> Result<u32>| observe(&self.watch(column, target, &probes), run);
        let mut fire_again = || running.fire(span).map(|()| running.pid());
        let (seen, pid) = match row {
            BEFORE => observe(Target::File, &mut || {
                let later = self.program.start()?;
                later.fire(span).map(|()| later.pid())
            })?,
            AFTER => observe(Target::File, &mut fire_again)?,
            BY_PID => observe(Target::Process(running.pid()), &mut fire_again)?,
            BY_COMMAND => {
                let (launch, port) = self.program.launch()?;
                let mut drive = || self.program.drive(&launch, port).map(|()| 0);
                let (seen, _) = observe(Target::Command(&launch), &mut drive)?;
                return Ok(self.ours(column, &seen, None) == TIMES);
            }
            other => bail!("no question is {other}"),
        };
        let hits = self.ours(column, &seen, Some(pid));
        Ok(match self.program.fires {
            Fires::Requests => hits == TIMES,
            Fires::Rounds => hits > 0,
        })
    }

    /// How often its probe was seen, in this process where the tracer says in which.
    fn ours(&self, column: &Column, seen: &[Seen], pid: Option<u32>) -> usize {
        let probe = column.tracer.writes(self.probe);
        let of_process = |hit: &&Seen| pid.is_none() || hit.pid.is_none() || hit.pid == pid;
        seen.iter().filter(|hit| hit.probe == probe).filter(of_process).count()
    }

    /// Whether all probes are listed, and nothing else.
    fn lists(&self, watch: &Watch<'_>) -> Result<bool> {
        let notes = readelf::notes(watch.probes[0].file)?;
        let ours = notes.iter().filter(|note| note.provider == self.provider);
        let mut expected: Vec<String> =
            ours.map(|note| format!("{}:{}", note.provider, watch.tracer.writes(&note.name))).collect();
        let mut listed = watch.list().unwrap_or_else(|error| {
            progress(&format!("{}: {error:#}", watch.tracer.name()));
            Vec::new()
        });
        expected.sort();
        listed.sort();
        Ok(expected == listed)
    }

    pub(super) fn probe_in<'a>(&'a self, file: &'a Path) -> Probe<'a> {
        Probe { file, name: self.probe, arguments: self.arguments }
    }

    pub(super) fn watch<'a>(
        &self,
        column: &'a Column,
        target: Target<'a>,
        probes: &'a [Probe<'a>],
    ) -> Watch<'a> {
        let Column { tracer, tools, .. } = column;
        Watch { tracer: *tracer, tools, target, probes, mapped_by_hand: self.images.is_some(), stacks: false }
    }
}

/// What was seen while `run` ran, and what it gave. A tracer that fails saw nothing; it is an error if `run` fails.
pub(super) fn observe<R: Default>(
    watch: &Watch<'_>,
    run: &mut dyn FnMut() -> Result<R>,
) -> Result<(Vec<Seen>, R)> {
    let mut failed = None;
    let observed = watch.observe(|| match run() {
        Ok(result) => Ok(result),
        Err(error) => {
            failed = Some(error);
            bail!("the subject failed")
        }
    });
    if let Some(error) = failed {
        return Err(error.context(format!("while {} watched", watch.tracer.name())));
    }
    Ok(observed.unwrap_or_else(|error| {
        progress(&format!("{}: {error:#}", watch.tracer.name()));
        Default::default()
    }))
}
