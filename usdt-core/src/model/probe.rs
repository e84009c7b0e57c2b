//! Providers, probes and arguments.

use super::{ArgType, MAX_OPERANDS};

/// A named group of probes. On DTrace systems the process's id is appended to the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider<T> {
    /// The name as a tracer shows it.
    pub name: String,
    /// Its probes, in the order of their definition.
    pub probes: Vec<Probe<T>>,
}

/// A point in a program that a tracer can attach to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe<T> {
    /// The name as DTrace shows it, with `-` between words where the definition says `__`.
    pub name: String,
    /// The text that the author wrote about it; empty when there is none.
    pub doc: String,
    /// What each firing carries.
    pub args: Vec<Argument<T>>,
}

/// One value that a firing carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument<T> {
    /// Its name; `argN` where the definition has none.
    pub name: String,
    /// Its type, in the words of the definition.
    pub ty: T,
}

/// A definition that a program writes while it runs. Names are checked when it is used.
impl Provider<ArgType> {
    /// A provider without probes.
    pub fn new(name: impl Into<String>) -> Self {
        Provider { name: name.into(), probes: Vec::new() }
    }

    /// The provider with one more probe.
    #[must_use]
    pub fn probe(mut self, probe: Probe<ArgType>) -> Self {
        self.probes.push(probe);
        self
    }
}

impl Probe<ArgType> {
    /// A probe without arguments.
    pub fn new(name: impl Into<String>) -> Self {
        Probe { name: name.into(), doc: String::new(), args: Vec::new() }
    }

    /// The probe with a text about it, which our describing note shows to people.
    #[must_use]
    pub fn doc(mut self, doc: impl Into<String>) -> Self {
        self.doc = doc.into();
        self
    }

    /// The probe with one more argument.
    #[must_use]
    pub fn arg(mut self, name: impl Into<String>, ty: ArgType) -> Self {
        self.args.push(Argument { name: name.into(), ty });
        self
    }
}

/// How many arguments tracers can read, counted from the first: as many as fit [`MAX_OPERANDS`] operands, none of them by half.
pub fn described(args: &[Argument<ArgType>]) -> usize {
    let mut operands = 0;
    let fits = args.iter().take_while(|arg| {
        operands += arg.ty.operands_of_64_bits().len();
        operands <= MAX_OPERANDS
    });
    fits.count()
}

/// The first paragraph of a doc, on one line: what a describing note has of it.
pub fn first_paragraph(doc: &str) -> String {
    let mut paragraph = String::new();
    for line in doc.lines() {
        match line.trim() {
            "" if paragraph.is_empty() => continue,
            "" => break,
            _ if paragraph.is_empty() => {}
            _ => paragraph.push(' '),
        }
        paragraph.push_str(line.trim());
    }
    paragraph
}

#[cfg(test)]
mod tests {
    use super::first_paragraph;

    #[test]
    fn a_paragraph_is_one_line() {
        assert_eq!(first_paragraph("\n A request\n was accepted.\n\n More."), "A request was accepted.");
        assert_eq!(first_paragraph(""), "");
    }
}
