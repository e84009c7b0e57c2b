//! Everything that can come of registering and unregistering, on each system.

use super::fake::{DOF, Next, World, read};
use crate::helper::device::errno::*;
use crate::helper::{Refusal, Status, Step, System};

fn each(test: impl Fn(System, World)) {
    for system in System::ALL {
        test(system, World::new(system));
    }
}

fn unavailable(why: Refusal) -> Status {
    Status::Unavailable { why }
}

#[test]
fn registered_and_unregistered_each_once() {
    each(|_, world| {
        let mut registration = world.registration();
        assert_eq!(*registration.status(), Status::Unregistered);
        assert_eq!(world.state().opened, 0);

        // The first generation is 0.
        for _ in 0..2 {
            assert_eq!(*registration.register(), Status::Registered { generation: 0 });
        }
        assert_eq!(world.counts(), [1, 0, 1]);

        for _ in 0..2 {
            assert_eq!(registration.unregister(), Ok(()));
            assert_eq!(*registration.status(), Status::Unregistered);
        }
        assert_eq!(world.counts(), [1, 1, 0]);

        assert_eq!(*registration.register(), Status::Registered { generation: 1 });
        drop(registration);
        assert_eq!(world.counts(), [2, 2, 0]);
        let state = world.state();
        assert_eq!((state.opened, state.closed), (4, 4));
    });
}

#[test]
fn each_goes_by_its_own_generation() {
    each(|_, world| {
        let [first, mut second, third] = [(); 3].map(|()| world.registered());
        second.unregister().unwrap();
        let left: Vec<i32> = world.state().registered.iter().map(|&(generation, _)| generation).collect();
        assert_eq!(left, [0, 2]);
        drop((first, third));
        assert!(world.state().registered.is_empty());
    });
}

#[test]
fn no_device() {
    each(|system, world| {
        for errno in [ENOENT, ENXIO, ENODEV] {
            world.state().next_opens.push_back(errno);
            let mut registration = world.registration();
            assert_eq!(*registration.register(), unavailable(Refusal::Absent { system, errno }));
            assert!(!registration.dof().is_kept_forever());
            assert_eq!(registration.unregister(), Ok(()));
            // It is there later on.
            assert!(registration.register().is_registered());
        }
    });
}

#[test]
fn no_permission_to_open_it_or_to_register() {
    each(|system, world| {
        for errno in [EACCES, EPERM] {
            let restricted = |step| unavailable(Refusal::Restricted { system, step, errno });
            world.state().next_opens.push_back(errno);
            let mut registration = world.registration();
            assert_eq!(*registration.register(), restricted(Step::Open));
            world.calls([Next::Fail(errno)]);
            assert_eq!(*registration.register(), restricted(Step::Register));
        }
        let state = world.state();
        assert_eq!((state.opened, state.closed, state.removes), (2, 2, 0));
    });
}

#[test]
fn refused_for_another_reason() {
    each(|system, world| {
        for errno in [EFAULT, EINVAL, E2BIG, ENOMEM] {
            world.calls([Next::Fail(errno)]);
            let mut registration = world.registration();
            let why = Refusal::System { system, step: Step::Register, errno };
            assert_eq!(*registration.register(), unavailable(why));
        }
        world.state().next_opens.push_back(EMFILE);
        let why = Refusal::System { system, step: Step::Open, errno: EMFILE };
        assert_eq!(*world.registration().register(), unavailable(why));
        // What was refused takes no place, and is not unregistered.
        let all: Vec<_> = (0..system.limit()).map(|_| world.registered()).collect();
        assert_eq!(world.state().removes, 0);
        drop(all);
    });
}

#[test]
fn a_signal_interrupts_every_call() {
    each(|_, world| {
        world.state().next_opens.extend([EINTR; 3]);
        world.calls([Next::Fail(EINTR); 2]);
        // The request that was interrupted is spoilt by then; the kernel checks each.
        let mut registration = world.registered();
        assert_eq!(world.counts(), [3, 0, 1]);
        assert_eq!(world.state().opened, 1);

        world.state().next_opens.push_back(EINTR);
        world.calls([Next::Fail(EINTR); 2]);
        assert_eq!(registration.unregister(), Ok(()));
        assert_eq!(world.counts(), [3, 3, 0]);
    });
}

#[test]
fn what_can_not_be_unregistered_stays_registered() {
    each(|system, world| {
        let mut registration = world.registered();
        let address = registration.dof().address();
        world.state().next_opens.push_back(EACCES);
        let why = Refusal::Restricted { system, step: Step::Open, errno: EACCES };
        assert_eq!(registration.unregister(), Err(why));
        world.calls([Next::Fail(EINVAL)]);
        let why = Refusal::System { system, step: Step::Unregister, errno: EINVAL };
        assert_eq!(registration.unregister(), Err(why));
        assert_eq!(*registration.status(), Status::Registered { generation: 0 });

        // It keeps its memory, so that no other DOF gets its address, and its place.
        world.calls([Next::Fail(EINVAL)]);
        drop(registration);
        assert_eq!(read(address), DOF);
        let others: Vec<_> = (1..system.limit()).map(|_| world.registered()).collect();
        let too_many = unavailable(Refusal::TooMany { limit: system.limit() });
        assert_eq!(*world.registration().register(), too_many);
        assert_eq!(world.state().registered.len(), system.limit());
        drop(others);
    });
}

#[test]
fn the_memory_is_freed_where_no_kernel_reads_it_later() {
    for (system, forever) in [(System::Illumos, false), (System::FreeBsd, false), (System::MacOs, true)] {
        let world = World::new(system);
        let mut registration = world.registered();
        assert_eq!(registration.dof().is_kept_forever(), forever, "{system:?}");
        registration.unregister().unwrap();
        assert_eq!(registration.dof().is_kept_forever(), forever, "{system:?}");
        let address = registration.dof().address();
        drop(registration);
        if forever {
            assert_eq!(read(address), DOF);
        }
    }
}

/// macOS may have noted the address before it failed.
#[test]
fn the_memory_stays_where_the_kernel_may_have_noted_its_address() {
    let world = World::new(System::MacOs);
    world.calls([Next::Fail(EFAULT)]);
    let mut registration = world.registration();
    assert!(!registration.register().is_registered());
    assert!(registration.dof().is_kept_forever());
    // It can be registered all the same.
    assert_eq!(*registration.register(), Status::Registered { generation: 0 });
}
