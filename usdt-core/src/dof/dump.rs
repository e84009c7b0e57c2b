//! A DOF as people read it.

use std::fmt;

use super::decode::decode_sections;
use super::sections::Sections;
use super::{Dof, DofError, DofProbe, DofProvider, Version};

/// The sections of the one DOF that is in `bytes`, then its providers, probes and sites.
///
/// # Errors
///
/// Those of [`decode()`](super::decode()).
pub fn dump(bytes: &[u8]) -> Result<String, DofError> {
    let sections = Sections::read(bytes)?;
    let dof = decode_sections(&sections)?;
    Ok(format!("{sections}\n{dof}"))
}

impl fmt::Display for Dof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "DOF version {}", self.version as u8)?;
        for provider in &self.providers {
            write_provider(f, provider, self.version)?;
        }
        Ok(())
    }
}

fn write_provider(f: &mut fmt::Formatter<'_>, provider: &DofProvider, version: Version) -> fmt::Result {
    let of = provider.attributes;
    writeln!(f, "provider {}", Shown(&provider.name))?;
    writeln!(f, "  provider {}, module {}, function {}", of.provider, of.module, of.function)?;
    writeln!(f, "  name {}, arguments {}", of.name, of.args)?;
    provider.probes.iter().try_for_each(|probe| write_probe(f, probe, version))
}

fn write_probe(f: &mut fmt::Formatter<'_>, probe: &DofProbe, version: Version) -> fmt::Result {
    write!(f, "  probe {}(", Shown(&probe.name))?;
    for (i, ty) in probe.native.iter().enumerate() {
        write!(f, "{}{}", if i == 0 { "" } else { ", " }, Shown(ty))?;
    }
    writeln!(f, ") in {}", Shown(&probe.function))?;
    if !is_as_fired(probe) {
        for (i, seen) in probe.translated.iter().enumerate() {
            writeln!(f, "    args[{i}] is argument {} as {}", seen.native, Shown(&seen.ty))?;
        }
    }
    for (kind, sites) in [("site", &probe.sites), ("is-enabled site", &probe.enabled_sites)] {
        for &offset in sites {
            match version {
                Version::One | Version::Two => {
                    writeln!(f, "    {kind} at {:#x} + {offset:#x}", probe.address)?;
                }
                Version::Three => {
                    let sign = if offset < 0 { '-' } else { '+' };
                    writeln!(f, "    {kind} at DOF {sign} {:#x}", offset.unsigned_abs())?;
                }
            }
        }
    }
    Ok(())
}

/// Whether D programs see the arguments as the program fires them.
fn is_as_fired(probe: &DofProbe) -> bool {
    let seen = probe.translated.iter().map(|seen| (seen.native, &seen.ty));
    seen.eq(probe.native.iter().enumerate())
}

/// Text of a stranger: nothing in it moves a terminal's cursor.
struct Shown<'text>(&'text str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        Ok(())
    }
}
