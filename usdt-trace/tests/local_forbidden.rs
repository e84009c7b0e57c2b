//! Systems that forbid one of the two ways to change code, or both. The kernel's filter for system calls plays them.

#![cfg(all(feature = "local", target_os = "linux", target_arch = "x86_64"))]
#![allow(unsafe_code)]

mod children;

use children::{WELL, in_child};
use usdt_trace::local::{AttachError, Tracer};

#[usdt_probes::provider]
mod forbidden {
    pub fn one(n: u64);
    pub fn two(n: u64);
}

/// From here on these system calls fail with `EACCES`, as where SELinux forbids them.
fn forbid(calls: &[libc::c_long]) {
    const LOAD: u16 = 0x20;
    const EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let mut program = vec![step(LOAD, 0, 0, 0)];
    for &call in calls {
        program.push(step(EQUAL, 0, 1, u32::try_from(call).unwrap()));
        program.push(step(RETURN, 0, 0, libc::SECCOMP_RET_ERRNO | libc::EACCES.cast_unsigned()));
    }
    program.push(step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW));
    let filter = libc::sock_fprog { len: program.len().try_into().unwrap(), filter: program.as_mut_ptr() };
    // SAFETY: the kernel copies the program, which ends with an answer.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter), 0);
    }
}

fn works() {
    for n in 0..3 {
        let tracer = Tracer::here(["forbidden:*"]).unwrap();
        forbidden::one(n);
        forbidden::two(n);
        assert_eq!(tracer.events().len(), 2);
        drop(tracer);
        assert!(!forbidden::one_enabled());
        forbidden::one(n);
    }
}

#[test]
fn either_way_will_do() {
    assert_eq!(in_child(works), WELL);
    let without = |calls: &[libc::c_long]| {
        in_child(|| {
            forbid(calls);
            works();
        })
    };
    assert_eq!(without(&[libc::SYS_pwrite64]), WELL);
    assert_eq!(without(&[libc::SYS_mprotect]), WELL);
    assert_eq!(without(&[libc::SYS_membarrier]), WELL);
}

#[test]
fn where_neither_will_do_nothing_is_changed() {
    let ended = in_child(|| {
        forbid(&[libc::SYS_pwrite64, libc::SYS_mprotect]);
        let error = Tracer::attach(["forbidden:*"]).unwrap_err();
        let AttachError::CodeIsProtected { memory_file, mprotect, .. } = &error else { panic!("{error:?}") };
        assert_eq!(memory_file.raw_os_error(), Some(libc::EACCES));
        assert_eq!(mprotect.raw_os_error(), Some(libc::EACCES));
        assert!(!forbidden::one_enabled());
        forbidden::one(1);
    });
    assert_eq!(ended, WELL);
}

/// It was allowed, and isn't any more when the tracer is dropped: the program goes on all the same.
#[test]
fn code_that_cannot_be_put_back_does_no_harm() {
    let ended = in_child(|| {
        let tracer = Tracer::here(["forbidden:one"]).unwrap();
        forbid(&[libc::SYS_pwrite64, libc::SYS_mprotect]);
        forbidden::one(1);
        assert_eq!(tracer.events().len(), 1);
        drop(tracer);
        forbidden::one(2);
        let again = Tracer::here(["forbidden:one"]).unwrap();
        forbidden::one(3);
        assert_eq!(again.events().len(), 1);
    });
    assert_eq!(ended, WELL);
}
