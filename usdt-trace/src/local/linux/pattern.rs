//! Names with `*` and `?` in them.

use usdt_core::model::glob;

use crate::Probe;

/// Whether a probe is one of those that a pattern means.
///
/// A pattern is matched with `provider:name`, spelled as the note spells it, and with `-` in the place of `__`.
pub(super) fn matches(pattern: &str, probe: &Probe) -> bool {
    let as_noted = probe.full_name();
    let as_shown = format!("{}:{}", probe.provider, probe.name.replace("__", "-"));
    glob(pattern.as_bytes(), as_noted.as_bytes()) || glob(pattern.as_bytes(), as_shown.as_bytes())
}
