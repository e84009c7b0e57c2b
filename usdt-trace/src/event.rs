//! What a tracer is told.

use std::sync::Arc;
use std::time::Duration;

use crate::{Probe, Read, Value};

/// A moment, in nanoseconds of the system's monotonic clock (`CLOCK_MONOTONIC`), which all processors share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// How long it was since an earlier moment; nothing if that was later.
    pub fn since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// A firing.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub time: Time,
    /// The process, by the id that the tracer's namespace has for it.
    pub pid: u32,
    /// The thread.
    pub tid: u32,
    /// The processor.
    pub cpu: u32,
    /// What fired.
    pub probe: Arc<Probe>,
    /// Which of the probe's sites.
    pub site: usize,
    /// A value for each of the probe's arguments.
    pub values: Vec<Read>,
    /// The addresses of the program's frames: where it fired, then where each function was called that led there, as far as frame
    /// pointers lead. Empty if nobody asked for them.
    pub stack: Vec<u64>,
}

impl Event {
    /// The value of the argument with this name.
    pub fn value(&self, name: &str) -> Option<&Read> {
        self.values.get(self.probe.args.iter().position(|arg| arg.name == name)?)
    }
}

/// The value of the argument with this name. In a test: `assert_eq!(event["id"], 17)`.
///
/// It panics if the probe has none that is called so, and says which there are.
impl std::ops::Index<&str> for Event {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        match self.value(name) {
            Some(read) => &read.value,
            None => panic!("no argument {name:?} in {}", self.probe),
        }
    }
}

/// Firings of a probe that nobody was told of, since the tracer was too slow to read them.
#[derive(Clone, Debug)]
pub struct Lost {
    /// What fired.
    pub probe: Arc<Probe>,
    /// How often.
    pub count: u64,
}
