//! Notes.

/// The probe's name as a stapsdt note spells it: `__` for `-`.
pub fn note_name(probe: &str) -> String {
    probe.replace('-', "__")
}
