//! The probes that a demo watches: one table, from which both the tracer's script and the decoding of what it prints
//! follow.

use std::path::Path;

/// A provider, as its program defines it.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) provider: &'static str,
    pub(super) probes: &'static [Probe],
}

/// A probe: its name, what it tells of a request, and its arguments in order.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) args: &'static [(&'static str, Kind)],
}

/// What a firing is in the life of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Role {
    /// It begins. The first argument is its number.
    Start,
    /// It ends. The first argument is its number.
    End,
    /// Something is done for it.
    Step,
    /// None of that.
    Other,
}

/// How one argument is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Number,
    Flag,
    Text,
    /// Nanoseconds.
    Time,
    /// An address and a length: two operands, of which the length is shown.
    Bytes,
    /// Not read.
    Skipped,
}

impl Table {
    /// The script for all probes, in the program or the image at `file`: a line for each firing, its fields parted by tabs;
    /// and a count of the firings of each probe, kept in the kernel under the probe's place in the table.
    pub(super) fn script(&self, file: &Path) -> String {
        let mut script = String::from(r#"BEGIN { printf("attached\t0\t%llu\n", nsecs); }"#);
        for (place, probe) in self.probes.iter().enumerate() {
            let (format, values) = probe.line();
            // In a note, a `-` is `__`.
            let (provider, name) = (self.provider, probe.name.replace('-', "__"));
            script += &format!(
                "\nusdt:\"{}\":{provider}:{name} {{ @fired[{place}] = count(); printf(\"{format}\\n\", {values}); }}",
                file.display()
            );
        }
        script
    }

    /// The probe of this name.
    pub(super) fn probe(&self, name: &str) -> Option<&'static Probe> {
        self.probes.iter().find(|probe| probe.name == name)
    }
}

impl Probe {
    /// What `printf` gets: its format and its values.
    fn line(&self) -> (String, String) {
        let (mut format, mut values) = (format!(r"{}\t%d\t%llu", self.name), String::from("pid, nsecs"));
        let mut operand = 0;
        for &(_, kind) in self.args {
            let (spec, value) = match kind {
                Kind::Text => (r"\t%s", format!(", str(arg{operand})")),
                Kind::Bytes => (r"\t%llu", format!(", arg{}", operand + 1)),
                Kind::Number | Kind::Flag | Kind::Time => (r"\t%llu", format!(", arg{operand}")),
                Kind::Skipped => ("", String::new()),
            };
            format += spec;
            values += &value;
            operand += if kind == Kind::Bytes { 2 } else { 1 };
        }
        (format, values)
    }

    /// The names and kinds of the arguments that are read.
    pub(super) fn read_args(&self) -> impl Iterator<Item = (&'static str, Kind)> {
        self.args.iter().copied().filter(|&(_, kind)| kind != Kind::Skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_reads_what_its_probe_has() {
        use Kind::*;
        let probe = Probe {
            name: "store-write",
            role: Role::Step,
            args: &[("key", Text), ("peer", Skipped), ("value", Bytes), ("ok", Flag)],
        };
        let table = Table { provider: "kv", probes: Box::leak(Box::new([probe])) };
        let script = table.script(Path::new("/bin/kv"));
        let write = r#"usdt:"/bin/kv":kv:store__write { @fired[0] = count(); printf("store-write\t%d\t%llu\t%s\t%llu\t%llu\n", pid, nsecs, str(arg0), arg3, arg4); }"#;
        assert!(script.lines().any(|line| line == write), "{script}");
    }
}
