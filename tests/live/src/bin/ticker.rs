//! Fires when it is told to. It reads commands from its standard input, a line each, and answers each with a line:
//!
//! ```text
//! tick N        fires `tick` N times
//! lazy N        fires `lazy` N times; answers how often the arguments were computed
//! pair N        fires `pair` N times
//! threads T N   fires `tick` N times in each of T threads
//! spin T        fires `pair` in T threads until `stop`
//! stop          ends `spin`
//! fork N        forks; parent and child fire `tick` N times each
//! exec N        replaces the process by itself with the argument N, which fires N times at its start
//! load FILE N   loads a library and calls it with N
//! ```
//!
//! # Safety
//!
//! `unsafe` is here to call `fork` and to load a library: what a test of just that needs.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use live_tests::numbers;

fn main() {
    if let Some(times) = std::env::args().nth(1) {
        let times = times.parse().expect("a number");
        tick(times);
        answer(&format!("fired {times} at the start"));
    }
    let mut spinning = Spinning::default();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("standard input");
        let words: Vec<&str> = line.split(' ').collect();
        answer(&obey(&words, &mut spinning));
    }
}

fn answer(text: &str) {
    println!("{text}");
    std::io::stdout().flush().expect("standard output");
}

fn obey(words: &[&str], spinning: &mut Spinning) -> String {
    let number = |i: usize| words[i].parse::<u64>().expect("a number");
    match words[0] {
        "tick" => tick(number(1)),
        "lazy" => return lazy(number(1)),
        "pair" => (0..number(1)).for_each(pair),
        "threads" => threads(number(1), number(2)),
        "spin" => spinning.start(number(1)),
        "stop" => return spinning.stop(),
        "fork" => return fork(number(1)),
        "exec" => exec(words[1]),
        "load" => load(words[1], number(2)),
        other => panic!("unknown command {other}"),
    }
    "done".into()
}

fn tick(times: u64) {
    for id in 0..times {
        numbers::tick(id, -1);
    }
}

fn lazy(times: u64) -> String {
    let computed = AtomicU64::new(0);
    for id in 0..times {
        numbers::lazy!(|| {
            computed.fetch_add(1, Ordering::Relaxed);
            id
        });
    }
    format!("computed {}", computed.into_inner())
}

fn pair(id: u64) {
    numbers::pair_with(|| {
        let text = format!("id {id}");
        (id, text, id.to_le_bytes())
    });
}

fn threads(threads: u64, times: u64) {
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| tick(times));
        }
    });
}

/// Threads that fire until they are told to stop.
#[derive(Default)]
struct Spinning {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<u64>>,
}

impl Spinning {
    fn start(&mut self, threads: u64) {
        self.stop.store(false, Ordering::Relaxed);
        for thread in 0..threads {
            let stop = self.stop.clone();
            self.threads.push(std::thread::spawn(move || {
                let ids = (0_u64..).take_while(|_| !stop.load(Ordering::Relaxed));
                ids.inspect(|i| pair(i * threads + thread)).count() as u64
            }));
        }
    }

    fn stop(&mut self) -> String {
        self.stop.store(true, Ordering::Relaxed);
        let fired: u64 = self.threads.drain(..).map(|t| t.join().expect("a thread")).sum();
        format!("fired {fired}")
    }
}

fn fork(times: u64) -> String {
    // SAFETY: the program has one thread, and the child calls nothing that the parent could have locked.
    let child = unsafe { libc::fork() };
    tick(times);
    if child == 0 {
        // SAFETY: ends the child at once; nothing of its parent's is flushed twice.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: `child` is ours and `status` is a place for an int.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    format!("status {status}")
}

fn exec(times: &str) {
    let program = std::env::current_exe().expect("own path");
    panic!("{}", std::process::Command::new(program).arg(times).exec());
}

fn load(file: &str, times: u64) {
    let file = CString::new(file).expect("a path");
    // SAFETY: the library is the test's own plugin, whose function has this signature; it is never unloaded.
    unsafe {
        let library = libc::dlopen(file.as_ptr(), libc::RTLD_NOW);
        assert!(!library.is_null(), "dlopen failed");
        let run = libc::dlsym(library, c"plugin_run".as_ptr());
        assert!(!run.is_null(), "no plugin_run");
        let run: extern "C" fn(u64) = std::mem::transmute(run);
        run(times);
    }
}
