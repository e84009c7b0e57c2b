//! Linux, where a probe is recorded while its semaphore is raised.
//!
//! ```text
//! start ──▶ control: Running { region, options } ──▶ semaphores: the high byte of each selected one
//! a firing ──▶ record: which probe? (table) ──▶ slot: claim, write, publish
//! ```

mod control;
mod region;
mod semaphores;
mod slot;
mod static_semaphores;
mod table;
mod thread;

#[cfg(feature = "runtime")]
pub(crate) use control::{image_mapped, image_unmapped};
pub(super) use control::{is_running, refresh, start, stop};

use self::control::RUNNING;
use self::table::Place;
use super::Recorded;
use crate::value::plan::Frame;

/// Records a firing, if a recorder runs. If it was a tracer that has raised the semaphore this is one load.
#[doc(hidden)]
#[inline]
pub fn record(probe: &impl Recorded, frame: &Frame) {
    // The region was made before the pointer was stored, and is never unmapped.
    if let Some(running) = RUNNING.get() {
        record_in(running, probe, frame);
    }
}

#[inline(never)]
fn record_in(running: &control::Running, probe: &impl Recorded, frame: &Frame) {
    match table::place(running, probe) {
        Place::Unselected => {}
        Place::Known(id) => slot::write(running, id, probe, frame),
    }
}
