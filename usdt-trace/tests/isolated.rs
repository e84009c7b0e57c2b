//! Watches one process, and looks at what others notice of it: nothing.
#![cfg(target_os = "linux")]

mod shop;

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use usdt_trace::attach::{Counts, Options, Scope, Session};
use usdt_trace::find::Finder;

use shop::{Shop, shop, sold, sold_of, total, watch};

/// The definitions that a process has made, by its id.
fn definitions(pid: u32) -> Result<usize> {
    let all = std::fs::read_to_string("/sys/kernel/tracing/uprobe_events")?;
    Ok(all.lines().filter(|line| line.starts_with(&format!("p:usdt_probes/p{pid}_"))).count())
}

fn until(what: &str, condition: impl Fn() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !condition()? {
        ensure!(start.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

#[test]
fn another_process_of_the_program_is_not_touched() -> Result<()> {
    let program = shop("untouched")?;
    let (mut watched, mut other) = (Shop::start(&program)?, Shop::start(&program)?);
    let (events, lost) = watch(&sold(&program)?, Scope::Process(watched.pid()), Options::default(), || {
        let mut third = Shop::start(&program)?;
        assert_eq!((watched.semaphore()?, other.semaphore()?, third.semaphore()?), (1, 0, 0));
        let process = Finder::new().process(other.pid())?;
        let loaded = process.probes.iter().find(|loaded| loaded.probe.full_name() == "shop:sold");
        assert_eq!(loaded.context("shop:sold")?.watchers(other.pid()), Some(0));
        watched.say("go 10")?;
        other.say("go 10")?;
        third.say("threads 2 10")
    })?;
    assert_eq!((events.len(), total(&lost)), (10, 0));
    assert_eq!(watched.semaphore()?, 0);
    Ok(())
}

#[test]
fn threads_that_live_shortly() -> Result<()> {
    let program = shop("short")?;
    let mut shop = Shop::start(&program)?;
    let probe = sold(&program)?;
    let mut counts = Counts::new();
    counts.attach(&probe, Scope::Process(shop.pid()))?;
    let (events, lost) =
        watch(&probe, Scope::Process(shop.pid()), Options::default(), || shop.say("short 3000"))?;
    assert_eq!((events.len(), total(&lost)), (3000, 0));
    assert_eq!(counts.read()?, [3000]);
    Ok(())
}

/// Whether or not such a process can be watched alone, nothing is missed and nothing is seen twice.
#[test]
fn attaching_while_threads_start_and_end() -> Result<()> {
    let program = shop("busy")?;
    for _ in 0..10 {
        let mut shop = Shop::start(&program)?;
        let pid = shop.pid();
        let probe = sold(&program)?;
        let mut session = Session::new(Options::default())?;
        let mut counts = Counts::new();
        let busy = std::thread::spawn(move || shop.say("short 2000").map(|()| shop));
        session.attach(&probe, Scope::Process(pid))?;
        counts.attach(&probe, Scope::Process(pid))?;
        let mut shop = busy.join().expect("a thread that doesn't panic")?;
        let before = counts.read()?[0];
        shop.say("short 500")?;
        shop.say("threads 4 25")?;
        assert_eq!(counts.read()?[0] - before, 600);
        let (events, lost) = session.stop()?;
        assert_eq!(total(&lost), 0);
        // A thread of these fires once, and the last 600 firings are surely of after the attaching.
        let mut threads: Vec<u32> = events.iter().map(|event| event.tid).collect();
        threads.truncate(events.len() - 600);
        let all = threads.len();
        threads.dedup();
        assert_eq!(threads.len(), all, "seen twice");
    }
    Ok(())
}

#[test]
fn whatever_threads_lose_is_counted() -> Result<()> {
    let program = shop("threads-lose")?;
    let mut shop = Shop::start(&program)?;
    let options = Options { buffer: 4096, texts: vec!["arg5".to_owned()], ..Options::default() };
    let scope = Scope::Process(shop.pid());
    let (events, lost) = watch(&sold(&program)?, scope, options, || shop.say("threads 4 5000"))?;
    assert!(total(&lost) > 0);
    assert_eq!(events.len() as u64 + total(&lost), 20_000);
    Ok(())
}

#[test]
fn a_child_process_is_left_alone() -> Result<()> {
    let program = shop("child")?;
    let mut shop = Shop::start(&program)?;
    let (events, _) = watch(&sold(&program)?, Scope::Process(shop.pid()), Options::default(), || {
        shop.say("fork 10")?;
        let child = shop.ask("keep")?.parse()?;
        // It is a copy of what the parent's was.
        assert_eq!(shop.semaphore_in(child)?, 1);
        ensure!(Command::new("kill").arg(child.to_string()).status()?.success());
        shop.say("go 5")
    })?;
    assert_eq!(events.len(), 5);
    assert!(events.iter().all(|event| event.pid == shop.pid()));
    Ok(())
}

#[test]
fn after_exec_and_after_the_first_thread() -> Result<()> {
    let program = shop("exec")?;
    let mut shop = Shop::start(&program)?;
    let (events, lost) = watch(&sold(&program)?, Scope::Process(shop.pid()), Options::default(), || {
        shop.say("go 1")?;
        shop.exec()?;
        assert_eq!(shop.semaphore()?, 1);
        shop.say("go 10")?;
        shop.say("leave")?;
        shop.say("threads 4 25")
    })?;
    assert_eq!((events.len(), total(&lost)), (111, 0));
    Ok(())
}

#[test]
fn nothing_is_left_behind() -> Result<()> {
    let program = shop("behind")?;
    let mut shop = Shop::start(&program)?;
    let tracer = tracer(&program, shop.pid())?;
    let pid = tracer.id();
    until("no definition", || Ok(definitions(pid)? == 1 && shop.semaphore()? == 1))?;
    let ended = { tracer }.kill_and_wait();
    until("the semaphore stays up", || Ok(shop.semaphore()? == 0))?;
    ended?;
    // What a killed tracer leaves, the next one removes; and this one leaves nothing.
    watch(&sold(&program)?, Scope::Process(shop.pid()), Options::default(), || shop.say("short 20"))?;
    assert_eq!(definitions(pid)?, 0);
    Ok(())
}

#[test]
fn a_normal_end_leaves_nothing() -> Result<()> {
    let program = shop("normal")?;
    let shop = Shop::start(&program)?;
    let mut child = tracer(&program, shop.pid())?;
    until("no definition", || Ok(definitions(child.id())? == 1))?;
    drop(child.stdin.take());
    ensure!(child.wait()?.success());
    assert_eq!((definitions(child.id())?, shop.semaphore()?), (0, 0));
    Ok(())
}

trait KillAndWait {
    fn kill_and_wait(self) -> Result<()>;
}

impl KillAndWait for std::process::Child {
    fn kill_and_wait(mut self) -> Result<()> {
        self.kill()?;
        self.wait()?;
        Ok(())
    }
}

/// This test again, as a tracer of its own; it ends well when its input does.
fn tracer(program: &Path, pid: u32) -> Result<std::process::Child> {
    Ok(Command::new(std::env::current_exe()?)
        .args(["--ignored", "--exact", "watches_until_its_input_ends", "--nocapture"])
        .env("WATCHED_PROGRAM", program)
        .env("WATCHED_PROCESS", pid.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?)
}

#[test]
#[ignore = "the other half of tests that need a tracer to end"]
fn watches_until_its_input_ends() -> Result<()> {
    let Some(program) = std::env::var_os("WATCHED_PROGRAM") else { return Ok(()) };
    let pid = std::env::var("WATCHED_PROCESS")?.parse()?;
    let mut session = Session::new(Options::default())?;
    session.attach(&sold(Path::new(&program))?, Scope::Process(pid))?;
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

#[test]
fn files_whose_path_has_blanks_or_is_gone() -> Result<()> {
    let program = shop("paths")?;
    let blank = program.with_file_name("paths with blanks: a(b)");
    std::fs::copy(&program, &blank)?;
    let link = program.with_file_name("paths\nlink");
    let _ = std::fs::remove_file(&link);
    symlink(&blank, &link)?;
    for path in [&blank, &link] {
        let (mut shop, other) = (Shop::start(path)?, Shop::start(path)?);
        let (events, _) = watch(&sold(path)?, Scope::Process(shop.pid()), Options::default(), || {
            assert_eq!(other.semaphore()?, 0);
            shop.say("go 3")
        })?;
        assert_eq!(events.len(), 3);
    }
    let (mut shop, other) = (Shop::start(&blank)?, Shop::start(&blank)?);
    std::fs::remove_file(&link)?;
    std::fs::remove_file(&blank)?;
    let probe = sold_of(&Finder::new().process(shop.pid())?)?;
    let (events, _) = watch(&probe, Scope::Process(shop.pid()), Options::default(), || {
        assert_eq!((shop.semaphore()?, other.semaphore()?), (1, 0));
        shop.say("go 4")
    })?;
    assert_eq!(events.len(), 4);
    Ok(())
}

#[test]
fn a_program_in_memory() -> Result<()> {
    use std::os::fd::AsRawFd as _;
    let program = shop("memory")?;
    let memory = rustix::fs::memfd_create("a program", rustix::fs::MemfdFlags::empty())?;
    let mut memory = std::fs::File::from(memory);
    std::io::copy(&mut std::fs::File::open(&program)?, &mut memory)?;
    let path = format!("/proc/{}/fd/{}", std::process::id(), memory.as_raw_fd());
    // Nobody may run a file that is open for writing.
    let readable = std::fs::File::open(&path)?;
    drop(memory);
    let path = format!("/proc/{}/fd/{}", std::process::id(), readable.as_raw_fd());
    let (mut shop, other) = (Shop::start(Path::new(&path))?, Shop::start(Path::new(&path))?);
    let probe = sold_of(&Finder::new().process(shop.pid())?)?;
    let (events, _) = watch(&probe, Scope::Process(shop.pid()), Options::default(), || {
        assert_eq!((shop.semaphore()?, other.semaphore()?), (1, 0));
        shop.say("go 4")
    })?;
    assert_eq!(events.len(), 4);
    Ok(())
}
