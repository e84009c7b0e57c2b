//! This host, none of whose kernels takes DOF.
#![allow(unsafe_code)]

use crate::helper::{DofMemory, Refusal, Registration, Status, register};

#[test]
fn a_host_without_dtrace_says_so() {
    let unavailable = Status::Unavailable { why: Refusal::Unsupported };
    // SAFETY: no kernel reads it.
    let mut registration: Registration<'_, _> = unsafe { register(DofMemory::reserve("orders", 64)) };
    assert_eq!(*registration.status(), unavailable);
    assert_eq!(*registration.register(), unavailable);
    assert_eq!(registration.unregister(), Ok(()));
    assert_eq!(crate::helper::BACKEND, "none");
}
