//! The probes that a demo watches: what they are in the life of a request. Their types are the tracer's to know.

/// A provider, as its program defines it.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) provider: &'static str,
    pub(super) probes: &'static [Probe],
}

/// A probe: its name, what it tells of a request, and its arguments in order, under names for people.
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

/// How one argument is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// A number, a flag or text, as it came.
    Plain,
    /// Nanoseconds.
    Time,
    /// Of bytes, the length.
    Bytes,
    /// Not at all.
    Skipped,
}

impl Table {
    /// The probe of this name.
    pub(super) fn probe(&self, name: &str) -> Option<&'static Probe> {
        self.probes.iter().find(|probe| probe.name == name)
    }
}
