//! What a tracer watches: every process of a file, one process, or a program that it starts itself.

use std::path::PathBuf;

/// Whom a tracer watches.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// Every process that has the file of a probe, now or later.
    File,
    /// The process of this number.
    Process(u32),
    /// The process that the tracer starts.
    Command(&'a Launch),
}

/// A program for a tracer to start.
#[derive(Debug, Clone, Default)]
pub struct Launch {
    /// Its file, without blanks: bpftrace and DTrace take one string.
    pub program: PathBuf,
    /// Its arguments, without blanks.
    pub arguments: Vec<String>,
    /// Variables for its environment; the tracer has them too.
    pub env: Vec<(String, String)>,
}

impl Launch {
    /// The program and its arguments as one string.
    #[must_use]
    pub fn line(&self) -> String {
        let program = self.program.display().to_string();
        std::iter::once(&program).chain(&self.arguments).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}
