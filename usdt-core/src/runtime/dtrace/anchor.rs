//! What keeps a process from being ended while its provider is registered again.
//!
//! # Safety
//!
//! `unsafe` is here because a kernel is told of instructions: those of a stub that nobody runs.
#![allow(unsafe_code)]

use crate::dof::Located;
use crate::helper::{self, Device as _, Kernel, Registration};
use crate::model::{Architecture, Probe};

use super::pool::Stub;

/// A provider without a meaning, which is registered while this lives.
///
/// An instruction that a tracer has put into a probe outlives the registration of its provider. The kernel looks for what belongs to
/// it only while the process has *any* provider; without one the process gets a SIGTRAP. So there is this one from before a
/// provider is taken back until it is there again. If the system refuses it, it was worth a try.
pub(super) struct Anchor {
    _registration: Option<Registration<'static, Kernel>>,
}

impl Anchor {
    pub(super) fn new() -> Anchor {
        let (Some(system), Some(architecture)) = (Kernel.system(), Architecture::HOST) else {
            return Anchor { _registration: None };
        };
        let anchor = Located {
            provider: "usdt_probes".to_owned(),
            probe: Probe::new("anchor"),
            function: "anchor".to_owned(),
            sites: vec![Stub::ANCHOR.site()],
            enabled_sites: vec![],
        };
        let dof = helper::describe(&[anchor], &helper::module(), system, architecture).ok();
        // SAFETY: it is a whole DOF of the kernel's system. Its site is in a stub, whose code is never unmapped.
        let registration = dof.map(|dof| unsafe { helper::register(dof) });
        Anchor { _registration: registration }
    }
}
