//! How stable a provider's author says that it is. D programs may ask for it, and `dtrace -v` shows it.

use std::fmt;

/// What is said of each part of a probe's name, and of its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// Of the provider.
    pub provider: Stability,
    /// Of the module: the file that the probe is in.
    pub module: Stability,
    /// Of the function.
    pub function: Stability,
    /// Of the probe's name.
    pub name: Stability,
    /// Of the arguments.
    pub args: Stability,
}

/// Evolving, Evolving, ISA for provider, name and arguments; Private, Private, Unknown for module and function: what
/// DTrace's documentation advises for probes in programs.
impl Default for Attributes {
    fn default() -> Self {
        let public = Stability { name: Level::EVOLVING, data: Level::EVOLVING, class: Class::ISA };
        let private = Stability { name: Level::PRIVATE, data: Level::PRIVATE, class: Class::UNKNOWN };
        Attributes { provider: public, module: private, function: private, name: public, args: public }
    }
}

impl Attributes {
    /// All of them, in the order that a DOF has them.
    pub(super) fn in_order(&self) -> [Stability; 5] {
        [self.provider, self.module, self.function, self.name, self.args]
    }

    pub(super) fn from_order([provider, module, function, name, args]: [Stability; 5]) -> Attributes {
        Attributes { provider, module, function, name, args }
    }
}

/// Three attributes of one thing. Its `Display` is that of `dtrace -v`: `Evolving/Evolving/ISA`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stability {
    /// How stable its name is.
    pub name: Level,
    /// How stable its meaning is.
    pub data: Level,
    /// What it depends on.
    pub class: Class,
}

impl Stability {
    /// `dof_attr_t`.
    pub(super) fn encode(self) -> u32 {
        u32::from_be_bytes([self.name.0, self.data.0, self.class.0, 0])
    }

    /// The reverse. The last byte means nothing.
    pub(super) fn decode(number: u32) -> Stability {
        let [name, data, class, _] = number.to_be_bytes();
        Stability { name: Level(name), data: Level(data), class: Class(class) }
    }
}

impl fmt::Display for Stability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.name, self.data, self.class)
    }
}

/// How stable something is: `DTRACE_STABILITY_…`. Some writers use numbers that have no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(pub u8);

impl Level {
    /// For its author alone.
    pub const PRIVATE: Level = Level(1);
    /// May change in a minor release.
    pub const EVOLVING: Level = Level(5);
    /// Changes in a major release only.
    pub const STABLE: Level = Level(6);
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 8] =
            ["Internal", "Private", "Obsolete", "External", "Unstable", "Evolving", "Stable", "Standard"];
        named(f, &NAMES, self.0)
    }
}

/// What something depends on: `DTRACE_CLASS_…`. Some writers use numbers that have no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class(pub u8);

impl Class {
    /// Nobody knows.
    pub const UNKNOWN: Class = Class(0);
    /// The processor's instruction set.
    pub const ISA: Class = Class(4);
    /// Nothing. The kernels make [`ISA`](Class::ISA) of it for probes in programs.
    pub const COMMON: Class = Class(5);
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        named(f, &["Unknown", "CPU", "Platform", "Group", "ISA", "Common"], self.0)
    }
}

fn named(f: &mut fmt::Formatter<'_>, names: &[&str], number: u8) -> fmt::Result {
    match names.get(usize::from(number)) {
        Some(name) => f.write_str(name),
        None => write!(f, "{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_name_data_class_and_nothing() {
        let public = Attributes::default().provider;
        assert_eq!((public.encode(), public.to_string().as_str()), (0x0505_0400, "Evolving/Evolving/ISA"));
        let private = Attributes::default().module;
        assert_eq!(
            (private.encode(), private.to_string().as_str()),
            (0x0101_0000, "Private/Private/Unknown")
        );
        assert_eq!(Stability::decode(0x0505_0400), public);
        assert_eq!(Stability::decode(0x0709_06FF).to_string(), "Standard/9/6");
    }
}
