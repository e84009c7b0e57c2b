//! What the kernels report as success, and isn't.

use super::fake::{Next, World};
use crate::helper::{Refusal, Status, System};

#[test]
fn one_too_many() {
    for (system, limit) in [(System::Illumos, 32), (System::FreeBsd, 32), (System::MacOs, 64)] {
        let world = World::new(system);
        let mut all: Vec<_> = (0..limit).map(|_| world.registered()).collect();
        assert!(all.iter().all(|one| matches!(one.status(), Status::Registered { .. })));
        assert_eq!(world.state().registered.len(), limit);

        let mut another = world.registration();
        assert_eq!(*another.register(), Status::Unavailable { why: Refusal::TooMany { limit } });
        assert_eq!(world.state().adds, limit);

        // One that goes makes room, although the kernel's numbers no longer prove it.
        all.pop();
        let generation = i32::try_from(limit).unwrap();
        assert_eq!(*another.register(), Status::Doubtful { generation, limit });
        assert_eq!(world.state().registered.len(), limit);
        another.unregister().unwrap();
        assert_eq!(world.state().registered.len(), limit - 1);
    }
}

/// Threads that race for the last places get as many as there are.
#[test]
fn the_last_place_is_given_away_once() {
    for system in System::ALL {
        let world = World::new(system);
        let [first, second] = std::thread::scope(|scope| {
            let half = || -> Vec<_> {
                (0..system.limit())
                    .map(|_| {
                        let mut registration = world.registration();
                        registration.register();
                        registration
                    })
                    .collect()
            };
            [scope.spawn(half), scope.spawn(half)].map(|thread| thread.join().unwrap())
        });
        let registered = first.iter().chain(&second).filter(|one| one.status().is_registered()).count();
        assert_eq!(registered, system.limit());
        assert_eq!(world.state().registered.len(), system.limit());
    }
}

/// Other libraries of the process have registered DOFs that nobody has told this one of.
#[test]
fn others_may_have_taken_the_room() {
    for system in System::ALL {
        let world = World::new(system);
        let limit = system.limit();
        world.state().generation = i32::try_from(limit).unwrap() - 1;
        let [last_sure, unsure] = [(); 2].map(|()| world.registered());
        let generation = |more: i32| i32::try_from(limit).unwrap() - 1 + more;
        assert_eq!(*last_sure.status(), Status::Registered { generation: generation(0) });
        assert_eq!(*unsure.status(), Status::Doubtful { generation: generation(1), limit });
        drop(unsure);
        assert_eq!(world.state().registered.len(), 1);
    }
}

/// Were the memory of a registered DOF freed, the next would likely get its address, and be dropped.
#[test]
fn no_two_that_are_registered_have_the_same_address() {
    for system in System::ALL {
        let world = World::new(system);
        let mut all = Vec::new();
        for i in 0..system.limit() {
            all.push(world.registered());
            assert_eq!(world.state().registered.len(), i + 1);
        }
    }
}

#[test]
fn a_negative_generation_is_none() {
    for system in [System::FreeBsd, System::MacOs] {
        let world = World::new(system);
        for generation in [-1, -7, i64::from(i32::MIN)] {
            world.calls([Next::Generation(generation)]);
            let mut registration = world.registration();
            assert_eq!(
                *registration.register(),
                Status::Unavailable { why: Refusal::Nonsense { generation } },
                "{system:?}"
            );
            assert!(registration.dof().is_kept_forever());
            // There is no number to unregister it by.
            assert_eq!(registration.unregister(), Ok(()));
        }
        assert_eq!(world.state().removes, 0);
        // The kernel may have them, so they take a place.
        let all: Vec<_> = (3..system.limit()).map(|_| world.registered()).collect();
        let why = Refusal::TooMany { limit: system.limit() };
        assert_eq!(*world.registration().register(), Status::Unavailable { why });
        drop(all);
    }
    let world = World::new(System::Illumos);
    world.calls([Next::Generation(-7)]);
    let why = Refusal::Nonsense { generation: -7 };
    assert_eq!(*world.registration().register(), Status::Unavailable { why });
}

#[test]
fn a_generation_that_is_too_large_is_none() {
    let world = World::new(System::MacOs);
    let generation = i64::from(i32::MAX) + 1;
    world.calls([Next::Generation(generation), Next::Generation(generation - 1)]);
    let mut registration = world.registration();
    let why = Refusal::Nonsense { generation };
    assert_eq!(*registration.register(), Status::Unavailable { why });
    assert_eq!(*registration.register(), Status::Doubtful { generation: i32::MAX, limit: 64 });
    drop(registration);
}

#[test]
fn success_without_an_answer() {
    let silent = |system| {
        let world = World::new(system);
        world.calls([Next::Nothing]);
        let mut registration = world.registration();
        registration.register().clone()
    };
    assert_eq!(silent(System::MacOs), Status::Unavailable { why: Refusal::SwitchedOff });
    let why = Refusal::Nonsense { generation: -1 };
    assert_eq!(silent(System::FreeBsd), Status::Unavailable { why });
}
