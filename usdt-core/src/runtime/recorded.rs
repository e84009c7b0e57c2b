//! What a recorder is told of a probe: everything with the feature `recorder`, else nothing.

use crate::model::{ArgType, Argument};
#[cfg(feature = "recorder")]
use crate::recorder::{Id, Recorded, record};
use crate::value::plan::Frame;

/// A probe as a recorder knows it.
#[cfg(feature = "recorder")]
pub(super) struct Recording {
    id: Id,
    provider: String,
    probe: String,
    args: Vec<Argument<ArgType>>,
}

#[cfg(feature = "recorder")]
impl Recording {
    pub(super) fn new(provider: &str, probe: &str, args: &[Argument<ArgType>]) -> Self {
        Recording {
            id: Id::new(),
            provider: provider.to_owned(),
            probe: probe.to_owned(),
            args: args.to_vec(),
        }
    }

    #[inline]
    pub(super) fn record(&self, frame: &Frame) {
        record(self, frame);
    }
}

#[cfg(feature = "recorder")]
impl Recorded for Recording {
    fn id(&self) -> &Id {
        &self.id
    }

    fn provider(&self) -> &str {
        &self.provider
    }

    fn probe(&self) -> &str {
        &self.probe
    }

    fn ty(&self, index: usize) -> Option<ArgType> {
        self.args.get(index).map(|arg| arg.ty)
    }

    fn name(&self, index: usize) -> &str {
        &self.args[index].name
    }
}

/// There is no recorder.
#[cfg(not(feature = "recorder"))]
pub(super) struct Recording;

#[cfg(not(feature = "recorder"))]
impl Recording {
    pub(super) fn new(_: &str, _: &str, _: &[Argument<ArgType>]) -> Self {
        Recording
    }

    #[inline(always)]
    pub(super) fn record(&self, _: &Frame) {}
}
