//! The lines of a map of code: start, size and name of a function. A process writes them, so nothing is taken for granted.

use std::collections::BTreeMap;
use std::ops::Range;

/// So many functions are kept.
const MOST_FUNCTIONS: usize = 1 << 20;
/// A longer name is cut.
const LONGEST_NAME: usize = 1024;

/// The functions of code that a process made itself, as the lines of its `/tmp/perf-PID.map` tell. No two overlap.
#[derive(Debug, Default)]
pub struct Functions(BTreeMap<u64, (u64, Box<str>)>);

impl Functions {
    /// Knows none.
    pub fn new() -> Functions {
        Functions::default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each function's addresses and name, in the order of the addresses.
    pub fn iter(&self) -> impl Iterator<Item = (Range<u64>, &str)> {
        self.0.iter().map(|(&start, (end, name))| (start..*end, &**name))
    }

    /// Where the function begins that has this address, and its name.
    pub fn find(&self, address: u64) -> Option<(u64, &str)> {
        let (&start, (end, name)) = self.0.range(..=address).next_back()?;
        (address < *end).then_some((start, &**name))
    }

    /// Adds lines; what isn't one of a map is passed over. A function takes the place of those that were at its addresses.
    pub fn add(&mut self, lines: &[u8]) {
        for (start, end, name) in lines.split(|&byte| byte == b'\n').filter_map(line) {
            self.make_room(start, end);
            if self.0.len() < MOST_FUNCTIONS {
                self.0.insert(start, (end, name));
            }
        }
    }

    /// What was at these addresses is gone: its memory is used again.
    fn make_room(&mut self, start: u64, end: u64) {
        while let Some((&last, &(last_end, _))) = self.0.range(..end).next_back()
            && last_end > start
        {
            self.0.remove(&last);
        }
    }
}

/// `3ef414c0 398 LazyCompile:~sell /srv/shop.js:7`
fn line(line: &[u8]) -> Option<(u64, u64, Box<str>)> {
    let mut words = line.splitn(3, |&byte| byte == b' ');
    let mut hex = || {
        let digits = std::str::from_utf8(words.next()?).ok()?;
        u64::from_str_radix(digits.strip_prefix("0x").unwrap_or(digits), 16).ok()
    };
    let (start, size) = (hex()?, hex()?);
    let name = words.next().filter(|name| !name.is_empty())?;
    let name = String::from_utf8_lossy(&name[..name.len().min(LONGEST_NAME)]);
    let end = start.checked_add(size).filter(|&end| end > start)?;
    Some((start, end, name.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn functions(lines: &[u8]) -> Functions {
        let mut functions = Functions::default();
        functions.add(lines);
        functions
    }

    #[test]
    fn lines_are_functions() {
        let found = functions(b"1000 10 JS:~sell /srv/my shop.js:7:14\n0x2000 8 b\n");
        assert_eq!(found.find(0x1000), Some((0x1000, "JS:~sell /srv/my shop.js:7:14")));
        assert_eq!(found.find(0x100f), found.find(0x1000));
        assert_eq!((found.find(0xfff), found.find(0x1010)), (None, None));
        assert_eq!(found.find(0x2007), Some((0x2000, "b")));
    }

    #[test]
    fn what_is_written_later_is_there_now() {
        let found = functions(b"1000 10 a\n1010 10 b\n1020 10 c\n1008 10 d\n");
        assert_eq!((found.find(0x1004), found.find(0x1008)), (None, Some((0x1008, "d"))));
        assert_eq!((found.find(0x1018), found.find(0x1020)), (None, Some((0x1020, "c"))));
    }

    #[test]
    fn what_is_no_line_is_passed_over() {
        let nonsense = b"\n \nx y z\n1000\n1000 10\n1000 10 \n1000 0 empty\nffffffffffffffff 2 wraps\n\
            -1 5 minus\n10000000000000000 1 large\n\xff\xfe\0\n2000 1 \xff\x1b\n";
        assert_eq!(functions(nonsense).len(), 1);
        let long = [b"1000 10 ".as_slice(), &[b'x'; 5000]].concat();
        assert_eq!(functions(&long).find(0x1000).unwrap().1.len(), LONGEST_NAME);
    }
}
