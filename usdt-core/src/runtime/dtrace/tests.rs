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

use super::pool::{self, PROBES};
use crate::dof::{self, EncodeError};
use crate::helper::{self, Argument, Request, System, stand_in};
use crate::runtime::{ArgType, ProbeDefinition, Provider, ProviderDefinition, Refusal, Status};

/// The DOFs that the kernel has, by generation.
static REGISTERED: Mutex<Vec<(i32, dof::Dof)>> = Mutex::new(Vec::new());
static NEXT: Mutex<i32> = Mutex::new(0);
/// What the kernel was asked to do, by the providers' names.
static ASKED: Mutex<Vec<String>> = Mutex::new(Vec::new());

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
            ASKED.lock().unwrap().push(format!("add {}", provider.name));
            let mut next = NEXT.lock().unwrap();
            *next += 1;
            // The kernel's own counter would make it doubtful whether there is room.
            registered.push((*next % 30, dof));
            Ok(*next % 30)
        }
        Argument::Number(generation) => {
            let place = registered.iter().position(|(other, _)| other == generation).ok_or(EINVAL)?;
            let (_, dof) = registered.remove(place);
            ASKED.lock().unwrap().push(format!("remove {}", dof.providers[0].name));
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
    assert_eq!(none.status(), Status::Unavailable { why: Refusal::NoStubs { limit: PROBES } });
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

/// The addresses at which a tracer would replace an instruction of a provider's probe.
fn sites(provider: &str, probe: &str) -> [u64; 2] {
    let probes = dofs(provider).remove(0).providers.remove(0).probes;
    let probe = probes.into_iter().find(|one| one.name == probe).expect("it is registered");
    [&probe.enabled_sites, &probe.sites].map(|offsets| probe.address.wrapping_add_signed(offsets[0]))
}

/// Does what a kernel does when a tracer watches, and when it lets go: writes an instruction, of which a byte is enough.
fn write_code(at: u64, byte: u8) -> u8 {
    let (address, page) = (at as *mut u8, 4096);
    let start = address.map_addr(|address| address / page * page).cast();
    let protect = |protection| {
        // SAFETY: it is the page that the stub is in. It stays readable and executable for all who run it.
        assert_eq!(unsafe { libc::mprotect(start, page, protection) }, 0);
    };
    protect(libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC);
    // SAFETY: it is writable now, and nobody runs this stub meanwhile.
    let old = unsafe { address.replace(byte) };
    protect(libc::PROT_READ | libc::PROT_EXEC);
    old
}

#[test]
fn a_probe_that_is_watched_gets_another_stub_when_its_provider_is_registered_again() {
    let _alone = alone();
    let free = pool::free();
    let provider = defined("watched", 2);
    let [watched, other] = ["probe-0", "probe-1"].map(|name| sites("watched", name));
    let compiled = write_code(watched[0], 0xcc);
    ASKED.lock().unwrap().clear();
    provider.add(ProbeDefinition::new("added")).unwrap();
    assert_eq!(
        *ASKED.lock().unwrap(),
        ["add usdt_probes", "remove watched", "add watched", "remove usdt_probes"]
    );
    let moved = sites("watched", "probe-0");
    assert_ne!(moved, watched);
    assert_eq!(sites("watched", "probe-1"), other);
    check_code(moved[0], moved[1]);
    // It runs the new one: the old one would end the process.
    assert!(!provider.probe("probe-0").unwrap().is_enabled());
    drop(provider);
    assert_eq!(pool::free(), free);

    // As long as the tracer's instruction is there nobody gets the stub.
    let all = pool::free() - 1;
    let most = defined("most", all);
    assert!((0..all).all(|i| sites_of(&most, i) != watched));
    assert!(matches!(defined("none", 1).status(), Status::Unavailable { why: Refusal::NoStubs { .. } }));
    write_code(watched[0], compiled);
    let last = defined("last", 1);
    assert_eq!(sites("last", "probe-0"), watched);
    drop((most, last));
    assert_eq!(pool::free(), free);
}

fn sites_of(provider: &Provider, probe: usize) -> [u64; 2] {
    sites(provider.name(), provider.probes()[probe].name())
}
