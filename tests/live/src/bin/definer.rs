//! Defines providers while it runs. It reads commands from its standard input, a line each, and answers each with a line:
//!
//! ```text
//! define         defines the provider `shared`; answers where it is
//! define-wide N  defines the provider `wide`, whose probe `wide` has N arguments; answers where it is
//! define-types   defines the provider `types`, whose probe `all` has one argument of each kind; answers where it is
//! fire N         fires `first` of the newest `shared` N times
//! wide           fires `wide` with 1, 2, 3, …
//! types          fires `all`
//! nested N       fires `first` N times, each time from within a firing of `second-one`
//! threads T N    fires `first` N times in each of T threads
//! add NAME       adds a probe to the newest `shared`, and fires it at once; answers where it is
//! added NAME     fires it
//! remove NAME    removes it
//! disable        disables the newest `shared`; `enable` enables it
//! drop           drops the newest `shared`
//! fork N         forks; parent and child fire `first` N times each
//! forks N        forks N children, which live as long as it does, as another thread defines and drops providers
//! load FILE N    loads a library, which defines `shared` too and fires it N times
//! race N         N times: two threads fire while a third disables, removes and drops what they fire
//! churn N        defines and drops N providers, all different
//! toggle N       disables and enables N times
//! forbid CALL …  forbids itself system calls: `mmap-exec`, `flock`, `memfd`, `openat`
//! resources      answers how many open files, mappings of images, and mappings it has
//! ```
//!
//! # Safety
//!
//! `unsafe` is here to call `fork` and to load a library: what a test of just that needs.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::CString;
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use live_tests::shared;
use usdt_probes::runtime::{ArgType, Dynamic, Probe, ProbeDefinition, Provider, ProviderDefinition, Status};

fn main() {
    let mut definer = Definer::default();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input");
        println!("{}", definer.obey(&line.split(' ').collect::<Vec<_>>()));
        std::io::stdout().flush().expect("standard output");
    }
}

#[derive(Default)]
struct Definer {
    shared: Vec<Provider>,
    others: BTreeMap<&'static str, Provider>,
    added: BTreeMap<String, Probe>,
}

impl Definer {
    fn obey(&mut self, words: &[&str]) -> String {
        let number = |i: usize| words[i].parse::<u64>().expect("a number");
        match words[0] {
            "define" => {
                self.shared.push(shared());
                return place(&self.newest().status());
            }
            "define-wide" => return self.define("wide", wide(number(1))),
            "define-types" => return self.define("types", types()),
            "fire" => fire(&self.probe("first"), number(1)),
            "wide" => {
                let values: Vec<_> = (1..=32).map(Dynamic::U64).collect();
                self.others["wide"].probes()[0].fire_values(&values);
            }
            "types" => fire_types(&self.others["types"].probes()[0]),
            "nested" => self.nested(number(1)),
            "threads" => self.threads(number(1), number(2)),
            "add" => return self.add(words[1]),
            "added" => self.added[words[1]].fire((1_u64,)),
            "remove" => return format!("removed {}", self.newest().remove(words[1])),
            "disable" => self.newest().disable(),
            "enable" => self.newest().enable(),
            "drop" => drop(self.shared.pop()),
            "fork" => return self.fork(number(1)),
            "forks" => forks(number(1)),
            "load" => load(words[1], number(2)),
            "race" => race(number(1)),
            "churn" => churn(number(1)),
            "toggle" => (0..number(1)).for_each(|_| {
                self.newest().disable();
                self.newest().enable();
            }),
            "forbid" => forbid(&words[1..]),
            "resources" => return resources(),
            other => panic!("unknown command {other}"),
        }
        "done".into()
    }

    fn newest(&self) -> &Provider {
        self.shared.last().expect("`define` comes first")
    }

    fn probe(&self, name: &str) -> Probe {
        self.newest().probe(name).expect("a probe of this name")
    }

    fn define(&mut self, name: &'static str, definition: ProviderDefinition) -> String {
        let provider = Provider::define(definition).expect("a definition without mistakes");
        let place = place(&provider.status());
        self.others.insert(name, provider);
        place
    }

    fn nested(&self, times: u64) {
        let (first, second) = (self.probe("first"), self.probe("second-one"));
        for id in 0..times {
            second.fire_with(|| {
                fire(&first, 1);
                (i32::try_from(id).unwrap_or(i32::MAX),)
            });
        }
    }

    fn threads(&self, threads: u64, times: u64) {
        let first = self.probe("first");
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| fire(&first, times));
            }
        });
    }

    fn add(&mut self, name: &str) -> String {
        let probe =
            self.newest().add(ProbeDefinition::new(name).arg("id", ArgType::U64)).expect("a new name");
        probe.fire((0_u64,));
        let place = place(&probe.status());
        self.added.insert(name.into(), probe);
        place
    }

    fn fork(&self, times: u64) -> String {
        let first = self.probe("first");
        // SAFETY: the program has one thread, and the child calls nothing that the parent could have locked.
        let child = unsafe { libc::fork() };
        fire(&first, times);
        if child == 0 {
            // SAFETY: ends the child at once; nothing of its parent's is flushed twice.
            unsafe { libc::_exit(0) };
        }
        let mut status = 0;
        // SAFETY: `child` is ours and `status` is a place for an int.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        format!("status {status}")
    }
}

fn place(status: &Status) -> String {
    match status {
        Status::Visible { path } => path.display().to_string(),
        Status::InMemory { why } => format!("memory: {why}"),
        Status::Unavailable { why } => format!("unavailable: {why}"),
        other => format!("{other:?}"),
    }
}

fn fire(probe: &Probe, times: u64) {
    for id in 0..times {
        probe.fire((id, "definer"));
    }
}

fn wide(arguments: u64) -> ProviderDefinition {
    let probe = (0..arguments)
        .fold(ProbeDefinition::new("wide"), |probe, i| probe.arg(format!("a{i}"), ArgType::U64));
    ProviderDefinition::new("wide").probe(probe)
}

fn types() -> ProviderDefinition {
    use ArgType::*;
    let types = [U8, I8, U16, I16, U32, I32, U64, I64, Bool, F64, Str];
    let all =
        types.into_iter().fold(ProbeDefinition::new("all"), |probe, ty| probe.arg(format!("{ty:?}"), ty));
    let texts = ProbeDefinition::new("texts").arg("bytes", Bytes).arg("path", CStr).arg("json", Json);
    ProviderDefinition::new("types").probe(all).probe(texts)
}

fn fire_types(all: &Probe) {
    all.fire((
        u8::MAX,
        i8::MIN,
        u16::MAX,
        i16::MIN,
        u32::MAX,
        i32::MIN,
        u64::MAX,
        i64::MIN,
        true,
        1.5_f64,
        "text",
    ));
}

/// Threads fire what another disables, removes and drops.
fn race(rounds: u64) {
    for _ in 0..rounds {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let provider = shared();
            let added =
                provider.add(ProbeDefinition::new("added").arg("id", ArgType::U64)).expect("a new name");
            for probe in provider.probes() {
                let (stop, first) = (&stop, provider.probe("first").expect("defined"));
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        probe.clone().fire_with(|| {
                            fire(&first, 1);
                            (1_u64, "race")
                        });
                    }
                });
            }
            provider.disable();
            provider.enable();
            provider.remove("added");
            drop(added);
            provider.remove("first");
            drop(provider);
            stop.store(true, Ordering::Relaxed);
        });
    }
}

fn churn(times: u64) {
    for i in 0..times {
        let probe = ProbeDefinition::new("once").arg("id", ArgType::U64);
        let provider =
            Provider::define(ProviderDefinition::new(format!("churn{i}")).probe(probe)).expect("defined");
        provider.probes()[0].fire((i,));
    }
}

fn forks(times: u64) {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                churn(1);
            }
        });
        for _ in 0..times {
            // SAFETY: the child does nothing but wait for its parent's end.
            unsafe {
                if libc::fork() == 0 {
                    libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                    libc::pause();
                }
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
}

fn load(file: &str, times: u64) {
    let file = CString::new(file).expect("a path");
    // SAFETY: the library is the test's own plugin, whose function has this signature; it is never unloaded.
    unsafe {
        let library = libc::dlopen(file.as_ptr(), libc::RTLD_NOW);
        assert!(!library.is_null(), "dlopen failed");
        let define = libc::dlsym(library, c"plugin_define".as_ptr());
        assert!(!define.is_null(), "no plugin_define");
        let define: extern "C" fn(u64) = std::mem::transmute(define);
        define(times);
    }
}

fn resources() -> String {
    let files = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let maps = std::fs::read_to_string("/proc/self/maps").expect("its mappings");
    let directory = std::env::var("USDT_PROBES_DIR").expect("the test says where images are");
    let images = maps.lines().filter(|line| line.contains(&directory)).count();
    let mappings = maps.lines().count();
    format!("{files} {images} {mappings}")
}

/// From now on these system calls fail with EPERM.
fn forbid(calls: &[&str]) {
    use seccompiler::{
        SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
        apply_filter,
    };
    let rule = |call: &&str| match *call {
        "mmap-exec" => {
            let exec = u64::try_from(libc::PROT_EXEC).expect("a bit");
            let is_exec =
                SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(exec), exec);
            let rule = SeccompRule::new(vec![is_exec.expect("a condition")]).expect("a rule");
            (libc::SYS_mmap, vec![rule])
        }
        "flock" => (libc::SYS_flock, vec![]),
        "memfd" => (libc::SYS_memfd_create, vec![]),
        "openat" => (libc::SYS_openat, vec![]),
        other => panic!("unknown call {other}"),
    };
    let eperm = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let arch = std::env::consts::ARCH.try_into().expect("an architecture");
    let filter = SeccompFilter::new(calls.iter().map(rule).collect(), SeccompAction::Allow, eperm, arch);
    let program: seccompiler::BpfProgram = filter.and_then(TryInto::try_into).expect("a filter");
    apply_filter(&program).expect("the kernel takes the filter");
}
