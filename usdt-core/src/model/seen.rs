//! The names that a definition has used already.

/// The names that a definition has used already, each with something to remember about it.
///
/// A sorted list: it looks names up as fast as they come in, and unlike a hash table it is nothing to wait for when
/// `usdt-macros` is compiled.
#[derive(Clone, Debug)]
pub struct Seen<T> {
    names: Vec<(String, T)>,
}

impl<T> Seen<T> {
    /// No names.
    pub const fn new() -> Seen<T> {
        Seen { names: Vec::new() }
    }

    /// What is remembered about a name, if it has been used.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.place(name).ok().map(|place| &self.names[place].1)
    }

    /// Remembers a name. One that has been used already keeps what was said about it first, and that is returned.
    pub fn insert(&mut self, name: &str, about: T) -> Option<&T> {
        match self.place(name) {
            Ok(place) => Some(&self.names[place].1),
            Err(place) => {
                self.names.insert(place, (name.to_owned(), about));
                None
            }
        }
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.names.binary_search_by(|(other, _)| other.as_str().cmp(name))
    }
}

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Seen::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn the_first_of_a_name_is_remembered() {
        let mut seen = Seen::new();
        for (name, about, before) in [("b", 1, None), ("a", 2, None), ("b", 3, Some(1)), ("c", 4, None)] {
            assert_eq!(seen.insert(name, about).copied(), before);
        }
        assert_eq!(
            ["a", "b", "c", "d"].map(|name| seen.get(name).copied()),
            [Some(2), Some(1), Some(4), None]
        );
    }
}
