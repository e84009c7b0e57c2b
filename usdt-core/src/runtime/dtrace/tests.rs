//! The pool and the registry, with a kernel that takes everything but some names.
//!
//! That the stubs do what a tracer makes of them is seen where a program patches them: `tests/selftrace`.
//!
//! # Safety
//!
//! `unsafe` is here to read a DOF as a kernel does, and the code that it names.
#![allow(unsafe_code)]

use std::slice;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::pool::{self, STUBS};
use crate::dof::{self, EncodeError};
use crate::helper::{self, Argument, Request, System, stand_in};
use crate::runtime::{ArgType, ProbeDefinition, Provider, ProviderDefinition, Refusal, Status};

/// The DOFs that the kernel has, by generation.
static REGISTERED: Mutex<Vec<(i32, dof::Dof)>> = Mutex::new(Vec::new());
static NEXT: Mutex<i32> = Mutex::new(0);

const EACCES: i32 = 13;
const EINVAL: i32 = 22;

/// That of illumos. It refuses providers whose name begins with `refused`, and those called `full` once they have two probes.
fn kernel(request: &mut Request) -> Result<i32, i32> {
    let mut registered = REGISTERED.lock().unwrap();
    match &request.argument {
        Argument::Structure(helper) => {
            let at = u64::from_le_bytes(helper[72..80].try_into().unwrap());
            // SAFETY: the request names a whole DOF, whose header says how long it is.
            let dof = unsafe {
                let header = slice::from_raw_parts(at as *const u8, 64);
                let length = u64::from_le_bytes(header[48..56].try_into().unwrap()).try_into().unwrap();
                dof::decode(slice::from_raw_parts(at as *const u8, length)).map_err(|_| EINVAL)?
            };
            let provider = &dof.providers[0];
            if provider.name.starts_with("refused") || (provider.name == "full" && provider.probes.len() > 1)
            {
                return Err(EACCES);
            }
            let mut next = NEXT.lock().unwrap();
            *next += 1;
            // The kernel's own counter would make it doubtful whether there is room.
            registered.push((*next % 30, dof));
            Ok(*next % 30)
        }
        Argument::Number(generation) => {
            let place = registered.iter().position(|(other, _)| other == generation).ok_or(EINVAL)?;
            registered.remove(place);
            Ok(0)
        }
        Argument::Pointer(_) => Err(EINVAL),
    }
}

/// One test at a time: they share the pool and the kernel.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    stand_in(System::Illumos, kernel);
    alone
}

/// The DOFs of a provider.
fn dofs(provider: &str) -> Vec<dof::Dof> {
    let registered = REGISTERED.lock().unwrap();
    let of = |(_, dof): &(i32, dof::Dof)| (dof.providers[0].name == provider).then(|| dof.clone());
    registered.iter().filter_map(of).collect()
}

fn definition(provider: &str, probes: usize) -> ProviderDefinition {
    let probe = |i| ProbeDefinition::new(format!("probe-{i}")).arg("x", ArgType::U64);
    ProviderDefinition { name: provider.into(), probes: (0..probes).map(probe).collect() }
}

fn defined(provider: &str, probes: usize) -> Provider {
    Provider::define(definition(provider, probes)).unwrap()
}

#[cfg(target_arch = "x86_64")]
fn check_code(enabled_site: u64, site: u64) {
    // SAFETY: both are in code of this library.
    let (enabled, at) = unsafe {
        (
            slice::from_raw_parts((enabled_site - 3) as *const u8, 5),
            slice::from_raw_parts(site as *const u8, 1),
        )
    };
    assert_eq!((enabled, at), (&[0x48, 0x33, 0xc0, 0x90, 0x90][..], &[0x90][..]));
}

#[cfg(target_arch = "aarch64")]
fn check_code(enabled_site: u64, site: u64) {
    // SAFETY: both are in code of this library.
    let code = unsafe { [*(enabled_site as *const u32), *(site as *const u32)] };
    assert_eq!(code, [0xd280_0000, 0xd503_201f]);
}

#[test]
fn a_provider_is_one_dof_and_each_probe_a_stub_of_its_own() {
    let _alone = alone();
    let provider = defined("one", 3);
    assert!(matches!(provider.status(), Status::Registered { status: helper::Status::Registered { .. } }));
    let [dof] = dofs("one").try_into().unwrap();
    let mut places = Vec::new();
    for probe in &dof.providers[0].probes {
        let [enabled, site] = [&probe.enabled_sites, &probe.sites].map(|offsets| {
            assert_eq!(offsets.len(), 1);
            probe.address.wrapping_add_signed(offsets[0])
        });
        check_code(enabled, site);
        places.extend([enabled, site]);
        assert_eq!(probe.function, probe.name.replace('-', "_"));
    }
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), 6);
    let probe = provider.probe("probe-1").unwrap();
    assert!(!probe.is_enabled());
    probe.fire_with(|| -> (u64,) { panic!("nobody watches") });
    drop(provider);
    assert_eq!(dofs("one").len(), 1, "a probe is still held");
    drop(probe);
    assert_eq!(dofs("one").len(), 0);
}

#[test]
fn what_is_added_is_registered_with_the_rest() {
    let _alone = alone();
    let provider = defined("grows", 1);
    for i in 0..5 {
        provider.add(ProbeDefinition::new(format!("added{i}"))).unwrap();
        assert_eq!(dofs("grows")[0].providers[0].probes.len(), i + 2);
        assert_eq!(dofs("grows").len(), 1);
    }
    assert!(provider.remove("added3"));
    let names: Vec<String> =
        dofs("grows")[0].providers[0].probes.iter().map(|probe| probe.name.clone()).collect();
    assert_eq!(names, ["added0", "added1", "added2", "added4", "probe-0"]);
}

#[test]
fn a_provider_that_is_refused_is_silent_and_keeps_no_stubs() {
    let _alone = alone();
    let free = pool::free();
    let refused = defined("refused", 2);
    let Status::Unavailable { why: why @ Refusal::Kernel(helper::Refusal::Restricted { .. }) } =
        refused.status()
    else {
        panic!("{:?}", refused.status())
    };
    assert!(why.to_string().contains("/dev/dtrace/helper"), "{why}");
    refused.probes()[0].fire((1_u64,));
    let reserved = defined("pid", 2);
    let why = Refusal::Dof(EncodeError::ReservedProvider("pid".into()));
    assert_eq!(reserved.status(), Status::Unavailable { why });
    assert_eq!(pool::free(), free);
}

#[test]
fn what_was_known_stays_known_if_more_is_refused() {
    let _alone = alone();
    let free = pool::free();
    let full = defined("full", 1);
    let more = full.add(ProbeDefinition::new("more")).unwrap();
    assert!(matches!(more.status(), Status::Unavailable { .. }), "{:?}", more.status());
    assert!(!more.is_enabled());
    assert_eq!(dofs("full").len(), 1);
    assert_eq!(dofs("full")[0].providers[0].probes.len(), 1);
    drop((full, more));
    assert_eq!((dofs("full").len(), pool::free()), (0, free));
}

#[test]
fn there_are_so_many_stubs_and_no_more() {
    let _alone = alone();
    let free = pool::free();
    let most = defined("most", free);
    assert!(matches!(most.status(), Status::Registered { .. }), "{:?}", most.status());
    let none = defined("none", 1);
    assert_eq!(none.status(), Status::Unavailable { why: Refusal::NoStubs { limit: STUBS } });
    // What another provider of the same name has is shared.
    assert!(matches!(defined("most", free).status(), Status::Registered { .. }));
    assert!(matches!(defined("most", free + 1).status(), Status::Unavailable { .. }));
    drop(most);
    assert_eq!(pool::free(), free);
}

#[test]
fn coming_and_going_uses_nothing_up() {
    let _alone = alone();
    let free = pool::free();
    for i in 0..10_000 {
        let provider = defined(if i % 2 == 0 { "even" } else { "odd" }, i % 5 + 1);
        assert!(matches!(provider.status(), Status::Registered { .. }));
    }
    assert_eq!((pool::free(), dofs("even").len(), dofs("odd").len()), (free, 0, 0));
}

#[test]
fn threads_fire_while_others_come_and_go() {
    let _alone = alone();
    let free = pool::free();
    let busy = defined("busy", 4);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for i in 0..20_000_u64 {
                    busy.probes().iter().for_each(|probe| probe.fire((i,)));
                }
            });
        }
        scope.spawn(|| {
            for i in 0..500 {
                let added = busy.add(ProbeDefinition::new(format!("added{i}"))).unwrap();
                busy.remove(added.name());
                drop(defined("busy", 6));
            }
        });
    });
    drop(busy);
    assert_eq!((pool::free(), dofs("busy").len()), (free, 0));
}

#[test]
fn a_definition_may_repeat_no_name_but_providers_may_share_one() {
    let _alone = alone();
    let one = defined("shared", 2);
    let other =
        ProviderDefinition::new("shared").probe(ProbeDefinition::new("probe-0").arg("x", ArgType::Str));
    let other = Provider::define(other).unwrap();
    let probes = dofs("shared").remove(0).providers.remove(0).probes;
    let shown: Vec<_> =
        probes.iter().map(|probe| (&*probe.name, &*probe.function, &*probe.native[0])).collect();
    assert_eq!(
        shown,
        [
            ("probe-0", "probe_0", "uint64_t"),
            ("probe-0", "probe_0'", "char *"),
            ("probe-1", "probe_1", "uint64_t")
        ]
    );
    drop(one);
    assert_eq!(dofs("shared")[0].providers[0].probes.len(), 1);
    drop(other);
}

#[test]
fn what_no_tracer_reads_is_left_out() {
    let _alone = alone();
    let many = (0..32).fold(ProbeDefinition::new("many"), |probe, i| probe.arg(format!("a{i}"), ArgType::U8));
    let wide = Provider::define(ProviderDefinition::new("wide").probe(many)).unwrap();
    assert_eq!(wide.left_out().len(), 20);
    assert_eq!(dofs("wide")[0].providers[0].probes[0].native.len(), 12);
}
