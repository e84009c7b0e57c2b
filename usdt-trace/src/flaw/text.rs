//! The words for what is wrong: what it is, what comes of it, and what helps.

use std::fmt;

use super::{Problem, Severity, Shape};

/// What a problem is called, what comes of it, and what helps.
struct Words {
    severity: Severity,
    consequence: &'static str,
    remedy: &'static str,
}

const fn words(severity: Severity, consequence: &'static str, remedy: &'static str) -> Words {
    Words { severity, consequence, remedy }
}

use Severity::{Error, Hint, Warning};

impl Problem {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.words().severity
    }

    /// What comes of it.
    pub fn consequence(&self) -> &'static str {
        self.words().consequence
    }

    /// What helps.
    pub fn remedy(&self) -> &'static str {
        self.words().remedy
    }

    fn words(&self) -> Words {
        match self {
            Problem::NoSectionHeaders => words(
                Error,
                "every tracer lists nothing: section headers say where the notes are",
                "strip with `strip`, not with `sstrip` or a packer",
            ),
            Problem::UnreadableNotes { .. } => words(
                Error,
                "its probes are not found",
                "link again; if it stays, something writes sections by hand and wrong",
            ),
            Problem::DamagedNotes { .. } => words(
                Error,
                "what stands behind the damage is not found",
                "link again; if it stays, something writes notes by hand and wrong",
            ),
            Problem::NoBuildId => words(
                Warning,
                "perf doesn't list the probes",
                "link with `-Wl,--build-id` (Rust: `-Clink-arg=-Wl,--build-id`)",
            ),
            Problem::NoBase => words(
                Warning,
                "gdb lists no probes, and nobody sees if a tool has moved the code since",
                "link with GNU ld, or without --gc-sections; it keeps what `sys/sdt.h` defines",
            ),
            Problem::BaseAwayFromCode => words(
                Warning,
                "perf watches the wrong instructions",
                "link with GNU ld or, with lld, `-Wl,-z,separate-loadable-segments`",
            ),
            Problem::NotesBeforeSemaphores => words(
                Warning,
                "bcc 0.26 (`tplist`) finds no probes",
                "take a newer bcc, or link with another linker",
            ),
            Problem::DroppedCode => words(
                Warning,
                "the code was dropped and its note kept: tracers that attach to all sites fail here",
                "link with GNU ld, without --gc-sections, or with a library that ties its notes to their code",
            ),
            Problem::NotCode { .. } => words(
                Warning,
                "tracers can't attach here: most likely the code was dropped and its note kept",
                "link with GNU ld, without --gc-sections, or with a library that ties its notes to their code",
            ),
            Problem::NotNop { .. } => words(
                Warning,
                "a traced firing costs many times more: the kernel has to run the instruction elsewhere",
                "let the probe be a nop of one byte, as in `sys/sdt.h`",
            ),
            Problem::LongNop { .. } => words(
                Warning,
                "newer kernels put a call here, which may overwrite the program's stack and end forked children",
                "let the probe be a nop of one byte that no nop of five follows",
            ),
            Problem::UnreadableOperand { .. } => words(
                Warning,
                "its value can't be shown",
                "pass a copy of the value that is a variable of the function",
            ),
            Problem::Description => words(
                Warning,
                "the names and types of the arguments are not known",
                "let the library that describes the probe write its operands too",
            ),
            Problem::OnlyDescribed => {
                words(Warning, "no tracer finds it", "link with both sections of notes, or with none of them")
            }
            Problem::Operand { shape, .. } => shape_words(*shape),
            Problem::TooManyOperands { .. } => words(
                Warning,
                "libbpf and newer bpftrace refuse a probe with more than 12 operands",
                "pass fewer arguments, or the address of a structure",
            ),
            Problem::Name { .. } => words(
                Warning,
                "some tracers can't name the probe",
                "use letters, digits and `_`; at most 53 characters for the provider, 63 for the probe",
            ),
            Problem::SeveralSemaphores { .. } => words(
                Error,
                "a tracer raises some of them, and firings of the other sites are lost",
                "let all sites of a probe share one semaphore",
            ),
            Problem::SemaphoreNotInData { .. } => words(
                Error,
                "no tracer can raise it, so the probe never fires",
                "put it into the section `.probes`, with bytes of its own in the file",
            ),
            Problem::SemaphoreReadOnly { .. } => words(
                Error,
                "no tracer can raise it in a running process, so the probe doesn't fire",
                "put it into a section that is writable (`.probes`, \"aw\") and stays so",
            ),
            Problem::SemaphoreInCode { .. } => words(
                Warning,
                "bpftrace 0.27 refuses the file",
                "put the semaphores into a segment without code (no `-z noseparate-code`, no `-N`)",
            ),
            Problem::SemaphoresMappedTwice { .. } => words(
                Error,
                "each process that starts after a tracer attached raises the wrong copy: all of its firings are lost",
                "align `.probes` to a page, or link with GNU ld or, with lld, `-Wl,-z,separate-loadable-segments`",
            ),
            Problem::NoSemaphores { .. } => words(
                Hint,
                "the program can't see whether somebody watches, and always computes the arguments",
                "nothing to do, unless that is expensive",
            ),
        }
    }
}

fn shape_words(shape: Shape) -> Words {
    let integer = "pass the bits in an integer";
    match shape {
        Shape::Float => words(
            Warning,
            "bpftrace 0.17 reads no probe of the whole file, DTrace refuses this one, gdb doesn't show the value",
            integer,
        ),
        Shape::Vector => words(Warning, "bpftrace 0.17, DTrace and perf refuse the probe", integer),
        Shape::Symbol => words(
            Warning,
            "DTrace refuses the probe, bpftrace 0.17 and gdb don't show the value",
            "copy the value into a variable of the function first",
        ),
        Shape::Hexadecimal => words(
            Warning,
            "DTrace refuses the probe, gdb doesn't show the value",
            "let the assembler write decimal numbers",
        ),
        Shape::HighByte => words(
            Warning,
            "bpftrace 0.17 reads no probe of the whole file",
            "widen the value before it is passed",
        ),
        Shape::Wide => words(
            Warning,
            "bpftrace 0.17 aborts; DTrace, perf and gdb refuse the probe",
            "pass it as two values of eight bytes",
        ),
    }
}

/// What is wrong, in one line.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::NoSectionHeaders => f.write_str("there are no section headers"),
            Problem::UnreadableNotes { section, problem } => write!(f, "section {section}: {problem}"),
            Problem::DamagedNotes { section, error } => write!(f, "section {section} is damaged {error}"),
            Problem::NoBuildId => f.write_str("there is no build id"),
            Problem::NoBase => f.write_str("there is no section .stapsdt.base"),
            Problem::BaseAwayFromCode => f.write_str(".stapsdt.base is not in the segment of the code"),
            Problem::NotesBeforeSemaphores => {
                f.write_str(".note.stapsdt precedes .probes in the table of sections")
            }
            Problem::DroppedCode => f.write_str("its note has the location 0"),
            Problem::NotCode { address } => write!(f, "its location {address:#x} is in no code"),
            Problem::NotNop { address, bytes } => {
                write!(f, "there is no nop at {address:#x}, but")?;
                bytes.iter().try_for_each(|byte| write!(f, " {byte:02x}"))
            }
            Problem::LongNop { address } => write!(f, "there is a nop of five bytes at {address:#x}"),
            Problem::UnreadableOperand { site, error } => write!(f, "site {site}: {error}"),
            Problem::Description => f.write_str("the description of the arguments doesn't fit the operands"),
            Problem::OnlyDescribed => f.write_str("there is a description and no stapsdt note"),
            Problem::Operand { operand, shape } => {
                write!(f, "the operand {} is {}", operand.escape_debug(), shape_name(*shape))
            }
            Problem::TooManyOperands { count } => write!(f, "it has {count} operands"),
            Problem::Name { error } => write!(f, "{error}"),
            Problem::SeveralSemaphores { count } => {
                write!(f, "its sites look at {count} different semaphores")
            }
            Problem::SemaphoreNotInData { address } => {
                write!(f, "its semaphore {address:#x} is not in the file's data")
            }
            Problem::SemaphoreReadOnly { address } => write!(f, "its semaphore {address:#x} is read-only"),
            Problem::SemaphoreInCode { address } => {
                write!(f, "its semaphore {address:#x} is in a segment that holds code")
            }
            Problem::SemaphoresMappedTwice { page, probes } => write!(
                f,
                "the page of the file at {page:#x} is mapped twice, and the semaphores of {} are in it",
                match probes.as_slice() {
                    [one] => one.escape_debug().to_string(),
                    several => format!("{} probes", several.len()),
                }
            ),
            Problem::NoSemaphores { count: 1 } => f.write_str("a probe has no semaphore"),
            Problem::NoSemaphores { count } => write!(f, "{count} probes have no semaphore"),
        }
    }
}

fn shape_name(shape: Shape) -> &'static str {
    match shape {
        Shape::Float => "a float",
        Shape::Vector => "in a vector register",
        Shape::Symbol => "counted from a symbol",
        Shape::Hexadecimal => "hexadecimal",
        Shape::HighByte => "the high half of a register",
        Shape::Wide => "wider than eight bytes",
    }
}
