//! What makes the traffic, beside the thread that shows it.

use std::thread::{self, JoinHandle};

use anyhow::{Result, anyhow};

use super::report::Sent;
use super::stop::Stop;

/// Work in a thread that ends with this.
pub(super) struct Driver {
    thread: Option<JoinHandle<Result<Sent>>>,
    stop: Stop,
}

impl Driver {
    /// Begins `work`, which looks at the `Stop` that it gets.
    pub(super) fn start(stop: &Stop, work: impl FnOnce(&Stop) -> Result<Sent> + Send + 'static) -> Self {
        let its_stop = stop.clone();
        let thread = Some(thread::spawn(move || work(&its_stop)));
        Self { thread, stop: stop.clone() }
    }

    /// What was sent and answered, once, when that is known.
    pub(super) fn finished(&mut self) -> Option<Result<Sent>> {
        let thread = self.thread.take_if(|thread| thread.is_finished())?;
        Some(thread.join().unwrap_or_else(|_| Err(anyhow!("the load generator panicked"))))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.stop.ask();
            let _ = thread.join();
        }
    }
}
