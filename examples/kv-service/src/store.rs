//! A store of values by key: a log file that only grows, and an index in memory of where in it each value stands.
//!
//! The log is read when the store opens. What was overwritten or removed since is dropped then, by writing a new file that
//! takes the old one's name. A write is in the log when it returns, and on the disk after [`Store::sync`]; a crash may cut
//! the last record, which is noticed and dropped. One process at a time may have a log open.

mod record;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::ops::{Bound, Range};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::probes::probes;
use record::Found;

/// An open store.
#[derive(Debug)]
pub(crate) struct Store {
    log: File,
    /// Where the next record goes.
    end: u64,
    index: BTreeMap<String, Span>,
}

/// Where a value stands in the log.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u64,
    end: u64,
}

/// What [`Store::scan`] found.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Summary {
    /// Number of values.
    pub(crate) keys: u64,
    /// Their sizes, added.
    pub(crate) bytes: u64,
    /// The key of the largest one.
    pub(crate) largest: Option<String>,
    /// How many of their bytes are zero.
    pub(crate) zeros: u64,
}

impl Store {
    /// Opens the log at `path`, or begins one that only its owner may read.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut log =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut bytes = fs::read(path)?;
        let mut live = replay(path, &bytes)?;
        if live.values().map(Range::len).sum::<usize>() != bytes.len() {
            log = compact(path, &bytes, &live)?;
            bytes = fs::read(path)?;
            live = replay(path, &bytes)?;
        }
        let index = live
            .iter()
            .map(|(key, record)| {
                (key.clone(), Span::of_value(key, &(record.start as u64..record.end as u64)))
            })
            .collect();
        Ok(Self { log, end: bytes.len() as u64, index })
    }

    /// The value of `key`.
    pub(crate) fn get(&self, key: &str) -> io::Result<Option<Vec<u8>>> {
        let value = self.index.get(key).map(|&span| self.read(span)).transpose()?;
        probes::store_read(key, value.as_ref().map(|value| value.len() as u64));
        Ok(value)
    }

    /// Sets `key` to `value`, and says whether it had one before.
    pub(crate) fn put(&mut self, key: &str, value: &[u8]) -> io::Result<bool> {
        let record = self.append(key, Some(value))?;
        probes::store_write(key, value);
        Ok(self.index.insert(key.to_owned(), Span::of_value(key, &record)).is_some())
    }

    /// Removes `key`, and says whether it was there.
    pub(crate) fn delete(&mut self, key: &str) -> io::Result<bool> {
        let existed = self.index.contains_key(key);
        if existed {
            self.append(key, None)?;
            self.index.remove(key);
        }
        probes::store_delete(key, existed);
        Ok(existed)
    }

    /// The keys that begin with `prefix`, in order.
    pub(crate) fn keys<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        self.index
            .range::<str, _>(from)
            .map(|(key, _)| key.as_str())
            .take_while(move |key| key.starts_with(prefix))
    }

    /// Reads every value from the log again, which takes as long as it takes.
    pub(crate) fn scan(&self) -> io::Result<Summary> {
        let start = Instant::now();
        let mut summary = Summary::default();
        let mut largest = 0;
        for (key, &span) in &self.index {
            let value = self.read(span)?;
            summary.keys += 1;
            summary.bytes += value.len() as u64;
            summary.zeros += value.iter().map(|&byte| u64::from(byte == 0)).sum::<u64>();
            if summary.largest.is_none() || value.len() > largest {
                largest = value.len();
                summary.largest = Some(key.clone());
            }
        }
        probes::store_scan_with(|| (summary.keys, summary.bytes, start.elapsed()));
        Ok(summary)
    }

    /// Waits until everything written is on the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.log.sync_data()
    }

    fn read(&self, span: Span) -> io::Result<Vec<u8>> {
        let len = usize::try_from(span.end - span.start).map_err(|_| ErrorKind::FileTooLarge)?;
        let mut value = vec![0; len];
        self.log.read_exact_at(&mut value, span.start)?;
        Ok(value)
    }

    /// Writes one record and returns where it is. If it can't be written whole, nothing of it stays in the log.
    fn append(&mut self, key: &str, value: Option<&[u8]>) -> io::Result<Range<u64>> {
        let record = record::encode(key, value).ok_or(ErrorKind::FileTooLarge)?;
        let start = self.end;
        if let Err(error) = self.log.write_all_at(&record, start) {
            self.log.set_len(start)?;
            return Err(error);
        }
        self.end += record.len() as u64;
        Ok(start..self.end)
    }
}

impl Span {
    /// Where the value stands in a record of `key`.
    fn of_value(key: &str, record: &Range<u64>) -> Self {
        Self { start: record.start + (record::HEADER + key.len()) as u64, end: record.end }
    }
}

/// Where the last record of each key that has a value stands in the log.
type Live = BTreeMap<String, Range<usize>>;

fn replay(path: &Path, log: &[u8]) -> io::Result<Live> {
    let (mut live, mut at) = (Live::new(), 0);
    loop {
        match record::decode(&log[at..]) {
            Found::Record { key, value, len } => {
                match value {
                    Some(_) => live.insert(key.to_owned(), at..at + len),
                    None => live.remove(key),
                };
                at += len;
            }
            Found::End => return Ok(live),
            Found::Torn => {
                probes::log_torn(at as u64, (log.len() - at) as u64);
                return Ok(live);
            }
            Found::Damaged => {
                let message = format!("{}: damaged at byte {at}; not a log of this program?", path.display());
                return Err(io::Error::new(ErrorKind::InvalidData, message));
            }
        }
    }
}

/// Puts a log of the live records, and of nothing else, in the place of the one at `path`.
fn compact(path: &Path, log: &[u8], live: &Live) -> io::Result<File> {
    let start = Instant::now();
    let beside = beside(path);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut new = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&beside)?;
    let records: Vec<&[u8]> = live.values().map(|record| &log[record.clone()]).collect();
    new.write_all(&records.concat())?;
    new.sync_all()?;
    fs::rename(&beside, path)?;
    // The new name must be on the disk before anything is written under it.
    File::open(fs::canonicalize(path)?.with_file_name("."))?.sync_all()?;
    probes::log_compacted_with(|| (live.len() as u64, start.elapsed()));
    Ok(new)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".compacting");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory of its own for each test, removed at its end.
    struct Dir(PathBuf);

    impl Dir {
        fn new(test: &str) -> Self {
            let dir = std::env::temp_dir().join(format!("kv-store-{}-{test}", std::process::id()));
            fs::create_dir(&dir).unwrap();
            Self(dir)
        }
        fn log(&self) -> PathBuf {
            self.0.join("log")
        }
        fn open(&self) -> Store {
            Store::open(&self.log()).unwrap()
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// What a tracer is told. The test watches its own process: no privilege, no other program.
    #[test]
    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn each_access_fires_its_probe() {
        let dir = Dir::new("probes");
        let mut store = dir.open();
        let tracer = usdt_trace::local::Tracer::here(["kv:store_*"]).unwrap();
        store.put("a", b"one").unwrap();
        store.get("a").unwrap();
        store.get("b").unwrap();
        store.delete("a").unwrap();

        let events = tracer.events();
        let names: Vec<&str> = events.iter().map(|event| event.probe.name.as_str()).collect();
        assert_eq!(names, ["store_write", "store_read", "store_read", "store_delete"]);
        assert_eq!(events[0]["key"], "a");
        assert_eq!(events[0]["value"], b"one");
        assert_eq!(events[1]["bytes"], 3);
        assert_eq!(events[2]["key"], "b");
        assert_eq!(events[2]["bytes"], 0);
        assert_eq!(events[3]["existed"], true);
    }

    #[test]
    fn what_was_put_is_there_until_it_is_deleted() {
        let dir = Dir::new("put");
        let mut store = dir.open();
        assert!(!store.put("b", b"1").unwrap());
        assert!(!store.put("a", b"").unwrap());
        assert!(store.put("b", b"two").unwrap());
        assert_eq!(store.get("a").unwrap().unwrap(), b"");
        assert_eq!(store.get("b").unwrap().unwrap(), b"two");
        assert!(store.delete("a").unwrap());
        assert!(!store.delete("a").unwrap());
        assert_eq!(store.get("a").unwrap(), None);
    }

    #[test]
    fn it_is_there_after_opening_again() {
        let dir = Dir::new("again");
        let mut store = dir.open();
        store.put("z", b"last key first").unwrap();
        store.put("a", b"x").unwrap();
        drop(store);
        let mut store = dir.open();
        store.put("m", b"more").unwrap();
        drop(store);
        let store = dir.open();
        assert_eq!(store.keys("").collect::<Vec<_>>(), ["a", "m", "z"]);
        assert_eq!(store.get("z").unwrap().unwrap(), b"last key first");
        assert_eq!(store.get("m").unwrap().unwrap(), b"more");
    }

    #[test]
    fn opening_drops_what_no_longer_counts() {
        let dir = Dir::new("compact");
        let mut store = dir.open();
        for n in 0..100 {
            store.put("b", format!("value {n}").as_bytes()).unwrap();
        }
        store.put("a", b"kept").unwrap();
        store.put("c", b"gone").unwrap();
        store.delete("c").unwrap();
        drop(store);
        let before = fs::metadata(dir.log()).unwrap().len();
        let mut store = dir.open();
        assert!(fs::metadata(dir.log()).unwrap().len() * 20 < before);
        assert_eq!(store.get("b").unwrap().unwrap(), b"value 99");
        store.put("d", b"after").unwrap();
        drop(store);
        let store = dir.open();
        assert_eq!(store.keys("").collect::<Vec<_>>(), ["a", "b", "d"]);
        assert_eq!(store.get("d").unwrap().unwrap(), b"after");
    }

    #[test]
    fn a_crash_costs_the_last_record_alone() {
        let dir = Dir::new("torn");
        let mut store = dir.open();
        store.put("whole", b"value").unwrap();
        let whole = store.end;
        store.put("torn", b"value").unwrap();
        drop(store);
        let bytes = fs::read(dir.log()).unwrap();
        for cut in usize::try_from(whole).unwrap()..bytes.len() {
            fs::write(dir.log(), &bytes[..cut]).unwrap();
            let mut store = dir.open();
            assert_eq!(store.keys("").collect::<Vec<_>>(), ["whole"], "cut at {cut}");
            store.put("next", b"v").unwrap();
            drop(store);
            assert_eq!(dir.open().get("next").unwrap().unwrap(), b"v");
        }
    }

    #[test]
    fn damage_in_the_middle_is_an_error_and_changes_nothing() {
        let dir = Dir::new("damage");
        let mut store = dir.open();
        store.put("a", b"1").unwrap();
        store.put("b", b"2").unwrap();
        drop(store);
        let mut bytes = fs::read(dir.log()).unwrap();
        bytes[0] ^= 1;
        fs::write(dir.log(), &bytes).unwrap();
        let error = Store::open(&dir.log()).unwrap_err();
        assert!(error.to_string().contains("damaged at byte 0"), "{error}");
        assert_eq!(fs::read(dir.log()).unwrap(), bytes);
    }

    #[test]
    fn keys_by_prefix_and_a_summary() {
        let dir = Dir::new("keys");
        let mut store = dir.open();
        for (key, value) in [("ab", &b"1"[..]), ("a", b"22\0"), ("b", b""), ("abc", b"\0\0\0\0")] {
            store.put(key, value).unwrap();
        }
        assert_eq!(store.keys("ab").collect::<Vec<_>>(), ["ab", "abc"]);
        assert_eq!(store.keys("c").count(), 0);
        let expected = Summary { keys: 4, bytes: 8, largest: Some("abc".into()), zeros: 5 };
        assert_eq!(store.scan().unwrap(), expected);
    }
}
