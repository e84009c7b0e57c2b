//! What can be wrong with a file's probes, as data. The words for it are in `text`.
//!
//! [`find`](crate::find) tells what it couldn't read, [`inspect`](crate::inspect) what it judges besides.

mod text;

use std::fmt;

use usdt_core::model::name::NameError;
use usdt_core::stapsdt::NoteError;
use usdt_core::stapsdt::operand::OperandError;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The probe, as `provider:name`, if it is about one.
    pub probe: Option<String>,
    /// What it is.
    pub problem: Problem,
}

/// How bad a problem is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Firings are lost, or the probe can't be used.
    Error,
    /// Some tracers don't find it or don't show all of it, or tracing it costs more than it has to.
    Warning,
    /// Good to know.
    Hint,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Nothing says where the notes are.
    NoSectionHeaders,
    /// A section of notes can't be read at all.
    UnreadableNotes {
        /// Its name.
        section: &'static str,
        /// Why.
        problem: &'static str,
    },
    /// A section of notes is damaged; what follows the damage is not known.
    DamagedNotes {
        /// Its name.
        section: &'static str,
        /// What, and where.
        error: NoteError,
    },
    /// The file has no build id.
    NoBuildId,
    /// There is no `.stapsdt.base`.
    NoBase,
    /// `.stapsdt.base` is in a segment that is moved by something else than the code.
    BaseAwayFromCode,
    /// The notes precede `.probes` in the section table.
    NotesBeforeSemaphores,
    /// The location is 0.
    DroppedCode,
    /// The location is in no segment that holds code.
    NotCode {
        /// The location.
        address: u64,
    },
    /// There is no nop at the location.
    NotNop {
        /// The location.
        address: u64,
        /// What is there.
        bytes: Vec<u8>,
    },
    /// There is a nop of five bytes at the location, or behind a nop of one.
    LongNop {
        /// The location.
        address: u64,
    },
    /// An operand that can't be read here.
    UnreadableOperand {
        /// Of which of the probe's sites.
        site: usize,
        /// What is wrong with it.
        error: OperandError,
    },
    /// What a describing note says of the arguments doesn't fit the operands; it is ignored.
    Description,
    /// There is a describing note, and no stapsdt note for the same location.
    OnlyDescribed,
    /// An operand that some tracers can't parse.
    Operand {
        /// As the note has it.
        operand: String,
        /// What is odd about it.
        shape: Shape,
    },
    /// It has more operands than tracers read.
    TooManyOperands {
        /// How many.
        count: usize,
    },
    /// A name that tracers can't write.
    Name {
        /// Why.
        error: NameError,
    },
    /// The sites of the probe look at different words.
    SeveralSemaphores {
        /// How many, counting the sites without one as one.
        count: usize,
    },
    /// The semaphore is not among what the file's data is mapped from.
    SemaphoreNotInData {
        /// Its address.
        address: u64,
    },
    /// The semaphore is in memory that can't be written when the program runs.
    SemaphoreReadOnly {
        /// Its address.
        address: u64,
    },
    /// The semaphore is in a segment that holds code too.
    SemaphoreInCode {
        /// Its address.
        address: u64,
    },
    /// The page of the file that the semaphores are in is mapped before, at another address, from a segment that can be written.
    SemaphoresMappedTwice {
        /// The page's place in the file, in bytes.
        page: u64,
        /// Whose semaphores they are.
        probes: Vec<String>,
    },
    /// Probes without a semaphore.
    NoSemaphores {
        /// How many.
        count: usize,
    },
}

/// What is odd about an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shape {
    /// Its size has an `f` behind it: `8f@8(%rsp)`.
    Float,
    /// It is in a vector register: `8@%xmm0`.
    Vector,
    /// It is counted from a symbol: `8@counter(%rip)`.
    Symbol,
    /// A number in it is hexadecimal: `8@0x8(%rsp)`.
    Hexadecimal,
    /// It is the high half of a register of 16 bits: `1@%ah`.
    HighByte,
    /// It is wider than eight bytes.
    Wide,
}

/// It is about the file as a whole.
impl From<Problem> for Flaw {
    fn from(problem: Problem) -> Flaw {
        Flaw { probe: None, problem }
    }
}

/// In one line: of which probe, and what is wrong.
impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(probe) = &self.probe {
            write!(f, "{probe}: ")?;
        }
        write!(f, "{}", self.problem)
    }
}
