//! Processes.

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::bpftrace::Bpftrace;
use testkit::build::own_copy;
use testkit::subject::{Subject, load_bias, semaphore_value};
use testkit::{expect, machine};
use usdt_trace::find::{FindError, Finder, Loaded, Process};

use crate::subjects;

fn start(program: &Path, first_line: &str) -> Subject {
    let mut subject = Subject::spawn(&mut Command::new(program)).expect("it starts");
    assert_eq!(subject.line().expect("it speaks"), first_line);
    subject
}

fn names(process: &Process) -> Vec<String> {
    process.probes.iter().map(|loaded| loaded.probe.full_name()).collect()
}

fn find(pid: u32) -> Process {
    Finder::new().process(pid).expect("a process")
}

fn only<'a>(process: &'a Process, name: &str) -> &'a Loaded {
    let mut loaded = process.probes.iter().filter(|loaded| loaded.probe.full_name() == name);
    let first = loaded.next().unwrap_or_else(|| panic!("{name} in {:?}", names(process)));
    assert!(loaded.next().is_none(), "{name} once");
    first
}

#[test]
fn a_process_has_the_probes_of_its_program_at_their_addresses() {
    for flags in [&["-pie"][..], &["-no-pie"], &["-Wl,-z,noseparate-code"], &["-static-pie"]] {
        let program = own_copy(&subjects::shop(flags), "addresses").expect("a copy");
        let subject = start(&program, "open");
        let process = find(subject.pid());
        assert_eq!((process.name.as_str(), process.program.as_path()), ("program", program.as_path()));
        assert!(process.problems.is_empty(), "{:?}", process.problems);
        let sold = only(&process, "shop:sold");
        assert_eq!(sold.probe.object.path, program);
        assert_eq!(sold.probe.object.open, program);
        expect::equal("the finder", &load_bias(subject.pid(), &program).expect("a bias"), &sold.bias);
        // What is at the site is the nop.
        let code = memory(subject.pid(), sold.bias.wrapping_add(sold.probe.sites[0].address));
        assert_eq!(code, 0x90);
    }
}

fn memory(pid: u32, address: u64) -> u8 {
    use std::os::unix::fs::FileExt;
    let mut byte = [0];
    let memory = fs::File::open(format!("/proc/{pid}/mem")).expect("its memory");
    memory.read_exact_at(&mut byte, address).expect("a byte");
    byte[0]
}

#[test]
fn watchers_are_those_of_the_process() {
    if !machine::require_tracing() {
        return;
    }
    let program = own_copy(&subjects::shop(&[]), "watchers").expect("a copy");
    let (watched, other) = (start(&program, "open"), start(&program, "open"));
    let watchers = |subject: &Subject, name| only(&find(subject.pid()), name).watchers(subject.pid());
    assert_eq!(watchers(&watched, "shop:sold"), Some(0));
    let script = Bpftrace::new().pid(watched.pid()).usdt(&program, "shop:all", "printf(\"x\\n\")");
    let session = script.start().expect("bpftrace attaches");
    let all = only(&find(watched.pid()), "shop:all").probe.sites[0].semaphore.expect("a semaphore").address;
    let expected = semaphore_value(watched.pid(), &program, all).expect("its semaphore");
    assert!(expected > 0);
    expect::equal("the finder", &Some(expected), &watchers(&watched, "shop:all"));
    assert_eq!(watchers(&watched, "shop:sold"), Some(0));
    assert_eq!(watchers(&other, "shop:all"), Some(0));
    session.finish().expect("bpftrace ends");
    assert_eq!(watchers(&watched, "shop:all"), Some(0));
}

#[test]
fn libraries_are_found_where_they_were_loaded_from() {
    let library = own_copy(&subjects::library(), "loaded").expect("a copy");
    let mut subject = start(&subjects::loader(), "up");
    let before = find(subject.pid());
    assert!(!names(&before).contains(&"plug:in".to_owned()));
    subject.send(&format!("open {}", library.display())).expect("it reads");
    assert_eq!(subject.line().expect("it answers"), "loaded");
    let process = find(subject.pid());
    let plug = only(&process, "plug:in");
    assert_eq!(plug.probe.object.path, library);
    assert_eq!(plug.bias, load_bias(subject.pid(), &library).expect("a bias"));
    assert_eq!(plug.watchers(subject.pid()), Some(0));
}

#[test]
fn what_has_no_name_any_more_is_opened_through_the_mapping() {
    let library = own_copy(&subjects::library(), "deleted").expect("a copy");
    let mut subject = start(&subjects::loader(), "up");
    for words in [format!("open {}", library.display()), format!("memory {}", library.display())] {
        subject.send(&words).expect("it reads");
        assert_eq!(subject.line().expect("it answers"), "loaded");
    }
    fs::remove_file(&library).expect("it is there");
    // Another file of the same name must not be taken for it.
    fs::copy(subjects::shop(&[]), &library).expect("another");
    let process = find(subject.pid());
    let plugs: Vec<&Loaded> =
        process.probes.iter().filter(|loaded| loaded.probe.full_name() == "plug:in").collect();
    assert!(!names(&process).contains(&"shop:sold".to_owned()));
    let paths: Vec<String> =
        plugs.iter().map(|loaded| loaded.probe.object.path.display().to_string()).collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
    for path in [format!("{} (deleted)", library.display()), "/memfd:in memory (deleted)".to_owned()] {
        assert!(paths.contains(&path), "{path} in {paths:?}");
    }
    for plug in plugs {
        assert!(plug.probe.object.open.starts_with(format!("/proc/{}/map_files", subject.pid())));
        assert!(fs::File::open(&plug.probe.object.open).is_ok());
        assert_eq!(plug.watchers(subject.pid()), Some(0));
        assert_eq!(memory(subject.pid(), plug.bias.wrapping_add(plug.probe.sites[0].address)), 0x90);
    }
}

#[test]
fn a_library_that_is_mapped_twice_has_its_probes_twice() {
    let library = own_copy(&subjects::library(), "twice").expect("a copy");
    let mut subject = start(&subjects::loader(), "up");
    for word in ["open", "again"] {
        subject.send(&format!("{word} {}", library.display())).expect("it reads");
        assert_eq!(subject.line().expect("it answers"), "loaded");
    }
    let process = find(subject.pid());
    let plugs: Vec<&Loaded> =
        process.probes.iter().filter(|loaded| loaded.probe.full_name() == "plug:in").collect();
    assert_eq!(plugs.len(), 2);
    assert_ne!(plugs[0].bias, plugs[1].bias);
    assert!(std::sync::Arc::ptr_eq(&plugs[0].probe, &plugs[1].probe));
    for plug in plugs {
        assert_eq!(memory(subject.pid(), plug.bias.wrapping_add(plug.probe.sites[0].address)), 0x90);
        assert_eq!(plug.watchers(subject.pid()), Some(0));
    }
}

#[test]
fn a_file_that_only_the_process_sees_is_opened_as_it_sees_it() {
    let shop = own_copy(&subjects::shop(&[]), "namespace").expect("a copy");
    let other = own_copy(&subjects::library(), "namespace-other").expect("a copy");
    // In its mount namespace the shop lies over the other file; here the other file is what it was.
    let (over, under) = (shop.display(), other.display());
    let script = format!("mount --bind {over} {under} && exec {under}");
    let mut unshare = Command::new("unshare");
    let mut subject = Subject::spawn(unshare.args(["-m", "sh", "-c", &script])).expect("it starts");
    assert_eq!(subject.line().expect("it speaks"), "open");
    let process = find(subject.pid());
    assert!(!names(&process).contains(&"plug:in".to_owned()));
    let object = &only(&process, "shop:sold").probe.object;
    let opened = Finder::new().file(&object.open).expect("it can be opened");
    assert!(opened.iter().any(|probe| probe.full_name() == "shop:sold"), "{object:?}");
}

#[test]
fn a_process_of_another_root_is_opened_through_it() {
    let shop = own_copy(&subjects::shop(&["-static"]), "root").expect("a copy");
    let root = shop.parent().expect("a directory");
    let mut chroot = Command::new("chroot");
    let mut subject = Subject::spawn(chroot.arg(root).arg("/program")).expect("it starts");
    assert_eq!(subject.line().expect("it speaks"), "open");
    let process = find(subject.pid());
    let sold = only(&process, "shop:sold");
    // The kernel says what it is called from here if that can be said.
    assert!(sold.probe.object.path.ends_with("program"), "{:?}", sold.probe.object);
    assert!(fs::File::open(&sold.probe.object.open).is_ok(), "{:?}", sold.probe.object);
}

#[test]
fn all_processes_are_looked_at_and_those_that_end_meanwhile_are_no_error() {
    let subject = start(&subjects::shop(&[]), "open");
    let busy = std::thread::spawn(|| {
        for _ in 0..200 {
            assert!(Command::new("true").status().expect("it runs").success());
        }
    });
    let mut finder = Finder::new();
    while !busy.is_finished() {
        let processes = finder.processes().expect("processes");
        assert!(processes.is_sorted_by_key(|process| process.pid));
        let ours = processes.iter().find(|process| process.pid == subject.pid()).expect("it runs");
        assert_eq!(names(ours).iter().filter(|name| name.starts_with("shop:")).count(), 3);
        // Kernel threads run no program.
        assert!(processes.iter().all(|process| !process.program.as_os_str().is_empty()));
    }
    busy.join().expect("it ended well");
}

#[test]
fn processes_that_are_not_there_are_said_so() {
    let mut ended = Command::new("true").spawn().expect("it starts");
    // It has ended, and nobody has waited for it yet.
    while !fs::read_to_string(format!("/proc/{}/stat", ended.id())).expect("it is there").contains(") Z") {}
    let said = |pid| Finder::new().process(pid).expect_err("no program");
    assert!(matches!(said(ended.id()), FindError::NoProgram { .. }));
    ended.wait().expect("it has ended");
    assert!(matches!(said(ended.id()), FindError::NoProcess { .. }));
    assert_eq!(said(u32::MAX).to_string(), "there is no process 4294967295");
}

/// Somebody who only asks who watches must not take the recorder of the program for sixteen thousand tracers.
#[test]
fn a_recorder_is_no_tracer() {
    use usdt_probes::recorder::{self, Options};
    use usdt_probes::runtime::{Provider, ProviderDefinition};
    let probe = usdt_probes::runtime::ProbeDefinition::new("sold");
    let provider =
        Provider::define(ProviderDefinition::new("recorded_shop").probe(probe)).expect("a provider");
    recorder::start(Options::new().firings(8).providers(["recorded_shop"])).expect("it starts");
    assert!(provider.probes()[0].is_enabled());
    let process = Finder::new().process(std::process::id()).expect("this process");
    let sold = process.probes.iter().find(|loaded| loaded.probe.provider == "recorded_shop");
    let told = || {
        let watched = sold.and_then(|loaded| loaded.watched(std::process::id())).expect("a semaphore");
        (watched.tracers, watched.is_recorded)
    };
    assert_eq!(told(), (0, true));
    recorder::stop();
    assert_eq!(told(), (0, false));
}
