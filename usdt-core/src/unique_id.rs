//! A number that ties the firings of several probes together.

use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::value::Arg;

/// A number that ties the firings of several probes together, as the start and the end of one piece of work.
///
/// Making one costs nothing. It takes its number when a watched probe carries it for the first time, or when it is cloned;
/// a clone has the same number, so that work that goes on in another thread can be followed. The numbers are unique in the
/// process and never 0.
///
/// It is not `Sync`: clone it to give it to another thread.
///
/// ```
/// # use usdt_core::unique_id::UniqueId;
/// let id = UniqueId::new();
/// let theirs = id.clone();
/// std::thread::spawn(move || assert_eq!(theirs.as_u64(), id.as_u64())).join().unwrap();
/// ```
#[derive(Debug, Default)]
pub struct UniqueId {
    /// 0 until it is asked for.
    number: Cell<u64>,
}

impl UniqueId {
    /// A new identity, without a number yet.
    pub const fn new() -> UniqueId {
        UniqueId { number: Cell::new(0) }
    }

    /// Its number, taken now if it has none yet.
    pub fn as_u64(&self) -> u64 {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        if self.number.get() == 0 {
            // On 32-bit targets the numbers come round after four billion; 0 stays "none".
            let number = LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1).max(1);
            self.number.set(number as u64);
        }
        self.number.get()
    }
}

impl Clone for UniqueId {
    /// The same identity: it has its number from now on.
    fn clone(&self) -> UniqueId {
        UniqueId { number: Cell::new(self.as_u64()) }
    }
}

impl Arg for UniqueId {
    type Value<'a> = u64;
    fn value(&self) -> u64 {
        self.as_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_agree_and_others_differ() {
        let (a, b) = (UniqueId::new(), UniqueId::new());
        let clone = a.clone();
        assert_eq!(a.as_u64(), clone.as_u64());
        assert_ne!(a.as_u64(), b.as_u64());
        assert_ne!(b.as_u64(), 0);
    }
}
