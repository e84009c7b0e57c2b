//! What a tracer shows of the arguments, and what else can be asked of one program in two processes: `kinds`, which fires a
//! probe of each kind when it is told to, and says what it fired.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use testkit::readelf;
use testkit::subject::{Subject, semaphore_value};
use testkit::target::Target;
use testkit::watch::{Argument, Probe, Seen, Watch};

use super::answer::{Answer, Column, Section};
use super::progress;
use super::subjects::observe;

pub(super) const ARGUMENTS: &str = "Arguments";
pub(super) const OTHERS: &str = "Semaphores, processes, stacks";

const NOTE_OF_ARGUMENTS: &str = "\
\"Yes\" is: the value that was shown is the one that the program says it fired. The values of integers have their highest bit
set, so a lost sign or a wrong width shows.";
const NOTE_OF_OTHERS: &str = "\
A semaphore is the word that a probe's site looks at. It is read in the memory of two processes of one program while a tracer
is attached to one of them, and after it let go. The program of the stack is built with `-Cforce-frame-pointers=yes`.";

pub(super) const TWELVE: &str = "arguments of a probe that has twelve";
pub(super) const TEXT: &str = "text";
pub(super) const BYTES: &str = "bytes: pointer and length";
pub(super) const JSON: &str = "JSON text";
pub(super) const I8: &str = "`i8`";
pub(super) const I16: &str = "`i16`";

pub(super) const RAISED: &str = "raises the semaphore of the process that it attaches to by number";
pub(super) const ALONE: &str = "leaves the semaphore of another process alone then";
pub(super) const LOWERED: &str = "lowers the semaphore when it lets go";
pub(super) const BOTH: &str = "sees two processes after an attach by path, and says which fired";
pub(super) const STACK: &str = "shows the function that fired in the stack";

/// Each kind: the probe, its row, and how its operands are read.
const KINDS: [(&str, &str, &[Argument]); 20] = {
    use Argument::{Bytes, Signed, Text, Unsigned};
    [
        ("of_u8", "`u8`", &[Unsigned]),
        ("of_u16", "`u16`", &[Unsigned]),
        ("of_u32", "`u32`", &[Unsigned]),
        ("of_u64", "`u64`", &[Unsigned]),
        ("of_i8", I8, &[Signed]),
        ("of_i16", I16, &[Signed]),
        ("of_i32", "`i32`", &[Signed]),
        ("of_i64", "`i64`", &[Signed]),
        ("of_bool", "`bool`", &[Unsigned]),
        ("of_char", "`char`", &[Unsigned]),
        ("of_f32", "`f32`, its bits", &[Unsigned]),
        ("of_f64", "`f64`, its bits", &[Unsigned]),
        ("of_pointer", "pointer", &[Unsigned]),
        ("of_str", TEXT, &[Text]),
        ("of_bytes", BYTES, &[Bytes]),
        ("of_u128", "`u128`: the low half, then the high one", &[Unsigned, Unsigned]),
        ("of_duration", "`Duration`, nanoseconds", &[Unsigned]),
        ("of_json", JSON, &[Text]),
        ("of_none", "`None` of a number: 0", &[Unsigned]),
        ("of_no_text", "`None` of text: a null pointer", &[Unsigned]),
    ]
};

/// Operands of the probe `twelve`.
const ALL: [Argument; 12] = [Argument::Unsigned; 12];

/// The function that `kinds` fires `deep` from.
const FIRES_HERE: &str = "fires_here";

/// Two processes of the program.
pub(super) struct Kinds {
    file: PathBuf,
    watched: Subject,
    other: Subject,
}

impl Kinds {
    pub(super) fn start(file: PathBuf) -> Result<Self> {
        let start = || -> Result<Subject> {
            let mut subject = Subject::spawn(&mut Command::new(&file))?;
            subject.wait_for("ready")?;
            Ok(subject)
        };
        let (watched, other) = (start()?, start()?);
        Ok(Self { file, watched, other })
    }

    /// Both tables about it.
    pub(super) fn measure(&mut self, columns: &[Column]) -> Result<Vec<Section>> {
        let mut kinds: Vec<_> = KINDS.iter().map(|(_, row, _)| (*row, Vec::new())).collect();
        kinds.push((TWELVE, Vec::new()));
        let mut others: Vec<_> = [RAISED, ALONE, LOWERED, BOTH, STACK].map(|row| (row, Vec::new())).into();
        for column in columns {
            progress(&format!("arguments, semaphores and stacks with {}", column.title()));
            let mut answers = self.kinds(column)?;
            answers.push(self.twelve(column)?);
            kinds.iter_mut().zip(answers).for_each(|((_, row), answer)| row.push(answer));
            let mut answers = self.semaphores(column)?.to_vec();
            if answers.contains(&false) {
                answers = self.semaphores(column)?.to_vec();
            }
            answers.extend([twice(|| self.both(column))?, twice(|| self.stack(column))?]);
            others.iter_mut().zip(answers).for_each(|((_, row), yes)| row.push(Answer::whether(yes)));
        }
        Ok(vec![
            Section { title: ARGUMENTS, note: NOTE_OF_ARGUMENTS, rows: kinds },
            Section { title: OTHERS, note: NOTE_OF_OTHERS, rows: others },
        ])
    }

    /// Each kind with an attach of its own, so that one which a tracer can't read spoils no other.
    fn kinds(&mut self, column: &Column) -> Result<Vec<Answer>> {
        let ask = |(probe, _, arguments): &(&'static str, _, &'static [Argument])| {
            twice(|| {
                let (seen, fired) = self.observe(column, probe, arguments, false)?;
                let expected = fired_by(&fired, probe)?;
                Ok(matches!(&seen[..], [hit] if hit.values == expected))
            })
            .map(Answer::whether)
        };
        KINDS.iter().map(ask).collect()
    }

    /// How many of twelve arguments are shown right, of as many as the tracer lets a script name.
    fn twelve(&mut self, column: &Column) -> Result<Answer> {
        for named in (1..=ALL.len()).rev() {
            let (seen, fired) = self.observe(column, "twelve", &ALL[..named], false)?;
            if let [hit] = &seen[..] {
                let expected = fired_by(&fired, "twelve")?;
                let right = hit.values.iter().zip(&expected).take_while(|(shown, fired)| shown == fired);
                return Ok(Answer::Of(right.count(), ALL.len()));
            }
        }
        Ok(Answer::Of(0, ALL.len()))
    }

    /// Whether the semaphore is raised here, not there, and lowered afterwards.
    fn semaphores(&mut self, column: &Column) -> Result<[bool; 3]> {
        let address = {
            let notes = readelf::notes(&self.file)?;
            notes.iter().find(|note| note.name == "of_u8").context("the probe has a note")?.semaphore
        };
        let file = self.file.clone();
        let pids = [self.watched.pid(), self.other.pid()];
        let values = || -> Result<[u16; 2]> {
            Ok([semaphore_value(pids[0], &file, address)?, semaphore_value(pids[1], &file, address)?])
        };
        let probe = [Probe { file: &file, name: "kinds:of_u8", arguments: &[Argument::Unsigned] }];
        let watched = &mut self.watched;
        let (_, [here, there]) =
            observe(&watch(column, Target::Process(pids[0]), &probe, false), &mut || {
                // gdb lets the process go on only when all is set.
                fire(watched)?;
                values()
            })?;
        let [afterwards, _] = values()?;
        Ok([here > 0, here > 0 && there == 0, here > 0 && afterwards == 0])
    }

    fn both(&mut self, column: &Column) -> Result<bool> {
        let probe = [Probe { file: &self.file, name: "kinds:of_u8", arguments: &[Argument::Unsigned] }];
        let (watched, other) = (&mut self.watched, &mut self.other);
        let (seen, _) = observe(&watch(column, Target::File, &probe, false), &mut || {
            fire(watched)?;
            fire(other)
        })?;
        let seen: Vec<Option<u32>> = seen.iter().map(|hit| hit.pid).collect();
        Ok(seen == [Some(self.watched.pid()), Some(self.other.pid())])
    }

    fn stack(&mut self, column: &Column) -> Result<bool> {
        let (seen, _) = self.observe(column, "deep", &[Argument::Unsigned], true)?;
        Ok(seen.iter().flat_map(|hit| &hit.stack).any(|line| line.contains(FIRES_HERE)))
    }

    /// What is seen of one probe of the watched process while it fires all of them, and what it says that it fired.
    fn observe(
        &mut self,
        column: &Column,
        probe: &str,
        arguments: &[Argument],
        stacks: bool,
    ) -> Result<(Vec<Seen>, Vec<String>)> {
        let name = format!("kinds:{probe}");
        let probes = [Probe { file: &self.file, name: &name, arguments }];
        let target = Target::Process(self.watched.pid());
        let watched = &mut self.watched;
        observe(&watch(column, target, &probes, stacks), &mut || fire(watched))
    }
}

fn watch<'a>(column: &'a Column, target: Target<'a>, probes: &'a [Probe<'a>], stacks: bool) -> Watch<'a> {
    Watch { tracer: column.tracer, tools: &column.tools, target, probes, mapped_by_hand: false, stacks }
}

/// Asks again before it is a "no": a tracer may fail to end, or lose what it has not yet printed.
fn twice(mut ask: impl FnMut() -> Result<bool>) -> Result<bool> {
    Ok(ask()? || ask()?)
}

/// Has a process fire everything, and gives its lines.
fn fire(subject: &mut Subject) -> Result<Vec<String>> {
    subject.send("fire")?;
    let mut lines = Vec::new();
    loop {
        match subject.line()? {
            line if line == "done" => return Ok(lines),
            line => lines.push(line),
        }
    }
}

/// The values that a process says it fired a probe with; nothing if the tracer didn't let it.
fn fired_by(lines: &[String], probe: &str) -> Result<Vec<String>> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let line = lines.iter().find(|line| line.split('\t').next() == Some(probe));
    let line = line.with_context(|| format!("the subject doesn't say what it fired {probe} with"))?;
    Ok(line.split('\t').skip(1).map(str::to_owned).collect())
}
