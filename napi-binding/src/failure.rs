//! What can go wrong in a call from JavaScript, and how it is told there.

use usdt_core::runtime::DefinitionError;

use crate::env::{Env, ErrorKind, Status};

/// The `code` of the error for a definition that can't be.
const BAD_DEFINITION: &str = "ERR_USDT_DEFINITION";

/// Why a call gives nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The definition can't be, and the text says why.
    Definition(String),
    /// The engine refused; it may have an exception waiting.
    Engine(Status),
    /// There is no memory for it.
    Memory,
    /// A mistake in this library.
    Internal(&'static str),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Failure::Engine(status)
    }
}

impl From<DefinitionError> for Failure {
    fn from(error: DefinitionError) -> Self {
        Failure::Definition(error.to_string())
    }
}

impl Failure {
    /// Throws it, unless an exception waits already: that one goes on to the caller, as if we had thrown it.
    pub(crate) fn throw(self, env: Env<'_>) {
        let (kind, message) = match self {
            Failure::Definition(problem) => (ErrorKind::Type { code: BAD_DEFINITION }, problem),
            Failure::Engine(status) if status.is_pending_exception() => return,
            Failure::Engine(status) => (ErrorKind::Plain, format!("Node-API: status {}", status.number())),
            Failure::Memory => (ErrorKind::Plain, "out of memory".to_owned()),
            Failure::Internal(problem) => (ErrorKind::Plain, format!("a mistake in usdt-probes: {problem}")),
        };
        if env.is_exception_pending() != Ok(true) {
            // It fails only where no JavaScript runs any more (a worker that is being terminated), so nobody would catch it.
            let _ = env.throw(&kind, &message);
        }
    }
}
