//! The table of strings of a DOF that is written.

use std::collections::HashMap;

/// Strings that end with a NUL byte, and rows of them that follow one another; each is there once.
#[derive(Debug)]
pub(super) struct Strings {
    bytes: Vec<u8>,
    /// Where a string is, or several that follow one another, NUL bytes and all.
    places: HashMap<Vec<u8>, usize>,
}

impl Strings {
    pub(super) fn new() -> Strings {
        // Offset 0 is the empty string: what a probe without arguments has for its first type.
        Strings { bytes: vec![0], places: HashMap::from([(vec![0], 0), (Vec::new(), 0)]) }
    }

    /// The table.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The offset of a string without NUL bytes.
    pub(super) fn add(&mut self, string: &str) -> usize {
        self.add_all([string])
    }

    /// The offset of the first of several strings that follow one another. A string that is part of a row isn't there again
    /// for itself.
    pub(super) fn add_all<'s>(&mut self, strings: impl IntoIterator<Item = &'s str>) -> usize {
        let row: Vec<u8> = strings.into_iter().flat_map(|string| string.bytes().chain([0])).collect();
        if let Some(&place) = self.places.get(&row) {
            return place;
        }
        let place = self.bytes.len();
        let mut at = place;
        for string in row.split_inclusive(|&byte| byte == 0) {
            self.places.entry(string.to_vec()).or_insert(at);
            at += string.len();
        }
        self.bytes.extend(&row);
        self.places.insert(row, place);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::Strings;

    #[test]
    fn each_string_and_each_row_is_there_once() {
        let mut strings = Strings::new();
        assert_eq!(strings.add_all([]), 0);
        assert_eq!(strings.add(""), 0);
        assert_eq!(strings.add("ab"), 1);
        assert_eq!(strings.add_all(["int", "", "char *"]), 4);
        assert_eq!(strings.add_all(["int", "", "char *"]), 4);
        assert_eq!(strings.add("char *"), 9);
        assert_eq!(strings.add("ab"), 1);
        assert_eq!(strings.add_all(["char *", "int"]), 16);
        assert_eq!(strings.into_bytes(), b"\0ab\0int\0\0char *\0char *\0int\0");
    }
}
