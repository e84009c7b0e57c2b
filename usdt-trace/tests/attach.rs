//! Attaches to real programs, and compares what it is told with what they say that they fired.
#![cfg(target_os = "linux")]

mod shop;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use testkit::bpftrace::Bpftrace;
use testkit::build;
use usdt_trace::attach::{AttachError, Counts, Options, Scope, Session};
use usdt_trace::find::Finder;
use usdt_trace::{Event, Probe, Read, Value};

use shop::{SHOP, Shop, shop, sold, sold_of, total, watch};

fn in_order(events: &[Event]) -> bool {
    events.is_sorted_by_key(|event| event.time)
}

#[test]
fn values_are_what_the_program_fired() -> Result<()> {
    let program = shop("values")?;
    let mut shop = Shop::start(&program)?;
    let options = Options { texts: vec!["arg5".to_owned(), "arg6".to_owned()], ..Options::default() };
    let (events, lost) = watch(&sold(&program)?, Scope::Everywhere, options, || shop.say("go 3"))?;
    assert_eq!((events.len(), total(&lost)), (3, 0));
    for (id, event) in (0_i64..).zip(&events) {
        assert_eq!((event.pid, event.tid, event.site), (shop.pid(), shop.pid(), 0));
        let values: Vec<Value> = event.values.iter().map(|read| read.value.clone()).collect();
        let expected = [
            Value::Signed(id.into()),
            Value::Signed((-id).into()),
            Value::Signed(-5),
            Value::Signed(-2),
            Value::Float(2.5),
            Value::Text("a name".to_owned()),
            Value::Text("static text".to_owned()),
            Value::Signed(77),
        ];
        assert_eq!(values, expected, "{}", event.probe.sites[0].text);
        let late: Vec<bool> = event.values.iter().map(|read| read.late).collect();
        assert_eq!(late[5..7], [false, true], "text on the stack comes with the firing");
    }
    assert!(in_order(&events));
    Ok(())
}

/// A function that calls no other keeps its variables below the stack pointer, where samples have nothing.
#[test]
fn what_is_in_the_red_zone_is_not_made_up() -> Result<()> {
    let program = build::own_copy(&build::gcc(SHOP, &["-pthread", "-DWEIGHT=double"])?, "red-zone")?;
    let mut shop = Shop::start(&program)?;
    let (events, _) = watch(&sold(&program)?, Scope::Everywhere, Options::default(), || shop.say("go 1"))?;
    let probe = &events[0].probe;
    assert!(probe.sites[0].text.contains("@-"), "gcc didn't use it: {}", probe.sites[0].text);
    for value in &events[0].values[2..5] {
        assert!(matches!(value.value, Value::Unreadable(_)), "{value:?}");
    }
    Ok(())
}

#[test]
fn events_come_without_being_asked_to_stop() -> Result<()> {
    let program = shop("waits")?;
    let mut shop = Shop::start(&program)?;
    let mut session = Session::new(Options::default())?;
    session.attach(&sold(&program)?, Scope::Everywhere)?;
    assert!(session.wait(Duration::ZERO)?.is_empty());
    shop.say("go 5")?;
    let (mut events, start) = (Vec::new(), Instant::now());
    while events.len() < 5 && start.elapsed() < Duration::from_secs(20) {
        events.extend(session.wait(Duration::from_secs(1))?);
    }
    assert_eq!(events.len(), 5);
    Ok(())
}

#[test]
fn one_process_of_two_and_threads_that_start_later() -> Result<()> {
    let program = shop("process")?;
    let (mut watched, mut other) = (Shop::start(&program)?, Shop::start(&program)?);
    let mut session = Session::new(Options::default())?;
    let probe = sold(&program)?;
    session.attach(&probe, Scope::Process(watched.pid()))?;
    assert!(watched.semaphore()? > 0);
    // Twice is once.
    session.attach(&Arc::new(Probe::clone(&probe)), Scope::Process(watched.pid()))?;
    watched.say("go 10")?;
    other.say("go 10")?;
    watched.say("threads 4 25")?;
    watched.say("fork 10")?;
    let (events, lost) = session.stop()?;
    assert_eq!((events.len(), total(&lost)), (110, 0));
    assert!(events.iter().all(|event| event.pid == watched.pid()));
    assert!(in_order(&events));
    assert_eq!(watched.semaphore()?, 0);
    Ok(())
}

#[test]
fn everywhere_sees_processes_that_start_later_and_forks() -> Result<()> {
    let program = shop("everywhere")?;
    let mut session = Session::new(Options::default())?;
    session.attach(&sold(&program)?, Scope::Everywhere)?;
    let mut shop = Shop::start(&program)?;
    assert!(shop.semaphore()? > 0);
    shop.say("go 10")?;
    shop.say("fork 10")?;
    let (events, _) = session.stop()?;
    assert_eq!(events.len(), 20);
    assert_eq!(events.iter().filter(|event| event.pid == shop.pid()).count(), 10);
    assert_eq!(shop.semaphore()?, 0);
    Ok(())
}

#[test]
fn whatever_a_small_buffer_loses_is_counted() -> Result<()> {
    let program = shop("loses")?;
    let mut shop = Shop::start(&program)?;
    let options = Options { buffer: 4096, texts: vec!["arg5".to_owned()], ..Options::default() };
    let (events, lost) = watch(&sold(&program)?, Scope::Everywhere, options, || shop.say("threads 4 5000"))?;
    assert!(total(&lost) > 0);
    assert_eq!(events.len() as u64 + total(&lost), 20_000);
    Ok(())
}

#[test]
fn counts_are_exact() -> Result<()> {
    let program = shop("counts")?;
    let (mut shop, mut other) = (Shop::start(&program)?, Shop::start(&program)?);
    let probe = sold(&program)?;
    let mut counts = Counts::new();
    counts.attach(&probe, Scope::Everywhere)?;
    counts.attach(&probe, Scope::Process(shop.pid()))?;
    counts.attach(&probe, Scope::Process(other.pid()))?;
    shop.say("threads 8 1000")?;
    shop.say("fork 7")?;
    other.say("go 5")?;
    assert_eq!(counts.read()?, [8012, 8000, 5]);
    Ok(())
}

#[test]
fn a_file_that_was_deleted() -> Result<()> {
    let program = shop("deleted")?;
    let mut shop = Shop::start(&program)?;
    std::fs::remove_file(&program)?;
    let process = Finder::new().process(shop.pid())?;
    let probe = sold_of(&process)?;
    let (events, _) = watch(&probe, Scope::Process(shop.pid()), Options::default(), || shop.say("go 4"))
        .context(format!("{:?}", probe.object))?;
    assert_eq!(events.len(), 4);
    Ok(())
}

/// A program that never had a name in a file system.
#[test]
fn a_program_in_memory() -> Result<()> {
    let program = std::fs::read(build::gcc(SHOP, &["-pthread", "-DWEIGHT=double", "-mno-red-zone"])?)?;
    // Without CLOEXEC: the path below is looked up in the child.
    let memory = rustix::fs::memfd_create("shop", rustix::fs::MemfdFlags::empty())?;
    let mut memory = std::fs::File::from(memory);
    memory.write_all(&program)?;
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&memory));
    // A file that is open for writing can't be run: the child gets it read-only, by its own name.
    let read_only = std::fs::File::open(&path)?;
    drop(memory);
    let path = format!("/proc/{}/fd/{}", std::process::id(), std::os::fd::AsRawFd::as_raw_fd(&read_only));
    let mut shop = Shop::start(Path::new(&path))?;
    let probe = sold_of(&Finder::new().process(shop.pid())?)?;
    let (events, _) = watch(&probe, Scope::Process(shop.pid()), Options::default(), || shop.say("go 4"))
        .context(format!("{:?}", probe.object))?;
    assert_eq!(events.len(), 4);
    Ok(())
}

/// The provider of `examples/runtime.rs` is in a file that its definition was made into.
#[test]
fn a_provider_that_is_defined_while_the_program_runs() -> Result<()> {
    const SOURCE: &str = r#"
        use std::io::Read as _;
        use usdt_probes::runtime::{ArgType, ProbeDefinition, Provider, ProviderDefinition};
        fn main() {
            let probe = ProbeDefinition::new("said").arg("id", ArgType::I32).arg("text", ArgType::Str);
            let provider = Provider::define(ProviderDefinition::new("traced").probe(probe)).unwrap();
            let probe = provider.probe("said").unwrap();
            println!("{}", std::process::id());
            std::io::stdin().read(&mut [0]).unwrap();
            probe.fire((-7_i32, "at run time"));
        }
    "#;
    let program = build::CargoProject::program("traced-definer", SOURCE)
        .dependency(
            "usdt-probes",
            &format!("{{ path = {:?}, features = [\"runtime\"] }}", build::workspace()),
        )
        .build()?;
    let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("piped")?).read_line(&mut line)?;
    let process = Finder::new().process(child.id())?;
    let probe = process.probes.iter().find(|loaded| loaded.probe.full_name() == "traced:said");
    let probe = probe.context("no traced:said")?.probe.clone();
    let (events, _) = watch(&probe, Scope::Process(child.id()), Options::default(), || {
        drop(child.stdin.take());
        ensure!(child.wait()?.success());
        Ok(())
    })?;
    let values: Vec<Read> = events.iter().flat_map(|event| event.values.clone()).collect();
    assert_eq!(values, [Value::Signed(-7), Value::Text("at run time".to_owned())].map(Read::exact));
    Ok(())
}

/// Both watch the same run. bpftrace 0.17 refuses a probe with a float.
#[test]
fn bpftrace_says_the_same() -> Result<()> {
    let program = build::gcc(SHOP, &["-pthread", "-DWEIGHT=long", "-mno-red-zone"])?;
    let program = build::own_copy(&program, "bpftrace")?;
    let options = Options { texts: vec!["arg5".to_owned()], ..Options::default() };
    let action = r#"printf("%lld %lld %lld %lld %s", arg0, arg1, arg2, arg3, str(arg5))"#;
    let bpftrace = Bpftrace::new().usdt(&program, "shop:sold", action).start()?;
    let mut shop = Shop::start(&program)?;
    let (events, lost) = watch(&sold(&program)?, Scope::Everywhere, options, || shop.say("go 300"))?;
    let said = bpftrace.finish()?;
    let shown: Vec<String> = events
        .iter()
        .map(|event| {
            let integer = |i: usize| match event.values[i].value {
                Value::Signed(number) => number,
                _ => panic!("{event:?}"),
            };
            let Value::Text(name) = &event.values[5].value else { panic!("{event:?}") };
            format!("{} {} {} {} {name}", integer(0), integer(1), integer(2), integer(3))
        })
        .collect();
    assert_eq!(total(&lost), 0);
    said.assert_lines(&shown);
    Ok(())
}

#[test]
fn a_tracer_that_is_killed_leaves_no_semaphore_up() -> Result<()> {
    let program = shop("killed")?;
    let shop = Shop::start(&program)?;
    // This test again, as the tracer.
    let mut tracer = Command::new(std::env::current_exe()?)
        .args(["--ignored", "--exact", "watches_for_ever", "--nocapture"])
        .env("WATCHED_PROGRAM", &program)
        .stdout(Stdio::null())
        .spawn()?;
    let until = |raised: bool| -> Result<()> {
        let start = Instant::now();
        while (shop.semaphore()? > 0) != raised {
            ensure!(start.elapsed() < Duration::from_secs(20), "the semaphore is {}", shop.semaphore()?);
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    };
    let raised = until(true);
    tracer.kill()?;
    tracer.wait()?;
    raised?;
    until(false)
}

#[test]
#[ignore = "the other half of a_tracer_that_is_killed_leaves_no_semaphore_up"]
fn watches_for_ever() -> Result<()> {
    let Some(program) = std::env::var_os("WATCHED_PROGRAM") else { return Ok(()) };
    let mut session = Session::new(Options::default())?;
    session.attach(&sold(Path::new(&program))?, Scope::Everywhere)?;
    loop {
        session.wait(Duration::from_secs(1))?;
    }
}

#[test]
fn errors_say_what_is_wrong() -> Result<()> {
    let program = shop("errors")?;
    let mut session = Session::new(Options::default())?;
    let mut probe = Probe::clone(&*sold(&program)?);
    let gone = session.attach(&Arc::new(probe.clone()), Scope::Process(0x3FFF_FFFF));
    assert!(matches!(gone, Err(AttachError::NoSuchProcess(0x3FFF_FFFF))), "{gone:?}");
    // All sites or none: the second is beyond the file's end.
    let mut beyond = probe.sites[0].clone();
    beyond.offset = Some(1 << 40);
    probe.sites.push(beyond);
    let refused = session.attach(&Arc::new(probe.clone()), Scope::Everywhere);
    assert!(matches!(refused, Err(AttachError::Kernel { .. })), "{refused:?}");
    let mut shop = Shop::start(&program)?;
    assert_eq!(shop.semaphore()?, 0);
    shop.say("go 3")?;
    assert!(session.stop()?.0.is_empty());
    Ok(())
}

/// Text of this library's probes is on the stack, in a debug build and in a release build.
#[test]
fn text_of_this_library_comes_with_the_firing() -> Result<()> {
    const SOURCE: &str = r#"
        #[usdt_probes::provider]
        mod orders {
            pub fn request(id: u64, path: &str, ratio: f64, body: &[u8], wide: u128, sign: char);
            pub fn long(text: &str);
        }
        fn main() {
            let path = std::env::args().nth(1).unwrap();
            orders::request(7, &path, -0.5, &path.as_bytes()[..4], (9 << 64) + 8, 'ä');
            orders::long(&"x".repeat(3000));
        }
    "#;
    let text = "p".repeat(511);
    for release in [false, true] {
        let project =
            build::CargoProject::program("traced-orders", SOURCE).workspace_dependency("usdt-probes", ".");
        let project = if release { project.release() } else { project };
        let program = build::own_copy(&project.build()?, if release { "released" } else { "debugged" })?;
        let probes = Finder::new().file(&program)?;
        let mut session = Session::new(Options::default())?;
        for probe in &probes {
            session.attach(probe, Scope::Everywhere)?;
        }
        ensure!(Command::new(&program).arg(&text).status()?.success());
        let (events, lost) = session.stop()?;
        assert_eq!((events.len(), total(&lost)), (2, 0));
        let exact = |value| Read::exact(value);
        let request = &events[0].values;
        assert_eq!(request[0], exact(Value::Unsigned(7)));
        assert_eq!(request[1], exact(Value::Text(text.clone())), "release: {release}");
        assert_eq!(request[2], exact(Value::Float(-0.5)));
        // Bytes stay where they are, and the program has ended.
        assert!(matches!(request[3].value, Value::Unreadable(_)) || request[3].late);
        assert_eq!(request[4], exact(Value::Unsigned((9 << 64) + 8)));
        assert_eq!(request[5], exact(Value::Char(Ok('ä'))));
        assert!(matches!(events[1].values[0].value, Value::Unreadable("the process has ended")));
    }
    Ok(())
}
