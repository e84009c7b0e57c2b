//! A program that fires when it is told to, and what tests ask about it.

#![allow(dead_code, unreachable_pub)]

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use testkit::build;
use usdt_trace::attach::{Options, Scope, Session};
use usdt_trace::find::{Finder, Process};
use usdt_trace::{Event, Lost, Probe};

/// Fires when it reads a line: `go N` fires `shop:sold` N times, `threads T N` in T new threads, `fork N` in a child,
/// `short N` in N new threads one after the other. `keep` leaves a child behind that sleeps, and answers with its id; `exec`
/// starts the program again in its process; `leave` ends its first thread and goes on in another. It answers each with a line.
pub const SHOP: &str = r#"
#define _SDT_HAS_SEMAPHORES 1
#ifndef WEIGHT
#define WEIGHT double
#endif
#include <sys/sdt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
__extension__ unsigned short shop_sold_semaphore __attribute__((section(".probes"), used));
static int global = 77;
__attribute__((noinline)) static void fire(long id) {
    volatile struct { int price; short pair[2]; WEIGHT weight; char name[40]; } on_stack = { -5, { 1, -2 }, 2.5, "a name" };
    signed char small = (signed char)-id;
    STAP_PROBE8(shop, sold, id, small, on_stack.price, on_stack.pair[1], on_stack.weight, (char *)on_stack.name, "static text", global);
}
static void *many(void *count) { for (long i = 0; i < (long)count; i++) fire(i); return 0; }
static void threads(long number, long count) {
    pthread_t all[64];
    for (long i = 0; i < number; i++) pthread_create(&all[i], 0, many, (void *)count);
    for (long i = 0; i < number; i++) pthread_join(all[i], 0);
}
static void short_threads(long number) {
    for (long i = 0; i < number; i++) {
        pthread_t one;
        if (pthread_create(&one, 0, many, (void *)1)) { puts("no thread"); exit(1); }
        pthread_join(one, 0);
    }
}
static void child(long count) {
    pid_t pid = fork();
    if (pid == 0) { many((void *)count); _exit(0); }
    waitpid(pid, 0, 0);
}
static void *serve(void *unused) {
    char line[80]; long a = 0, b = 0;
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "go %ld", &a) == 1) many((void *)a);
        else if (sscanf(line, "threads %ld %ld", &a, &b) == 2) threads(a, b);
        else if (sscanf(line, "fork %ld", &a) == 1) child(a);
        else if (sscanf(line, "short %ld", &a) == 1) short_threads(a);
        else if (!strcmp(line, "exec\n")) execl("/proc/self/exe", "again", (char *)0);
        else if (!strcmp(line, "keep\n")) {
            pid_t pid = fork();
            if (pid == 0) for (;;) pause();
            printf("%d\n", pid); fflush(stdout);
            continue;
        } else if (!strcmp(line, "leave\n")) {
            pthread_t next;
            pthread_create(&next, 0, serve, 0);
            puts("done"); fflush(stdout);
            pthread_exit(0);
        }
        puts("done"); fflush(stdout);
    }
    exit(0);
}
int main(void) {
    setvbuf(stdin, 0, _IONBF, 0);
    printf("%p\n", (void *)&shop_sold_semaphore); fflush(stdout);
    serve(0);
}
"#;

/// A running shop; killed on drop.
pub struct Shop {
    child: Child,
    output: BufReader<ChildStdout>,
    semaphore: u64,
}

impl Shop {
    pub fn start(program: &Path) -> Result<Shop> {
        let mut command = Command::new(program);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = loop {
            match command.spawn() {
                // Another test forked while this one was copying the file: for a moment its child holds it open too.
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
                started => break started?,
            }
        };
        let output = BufReader::new(child.stdout.take().context("piped")?);
        let mut shop = Shop { child, output, semaphore: 0 };
        shop.semaphore = address(&shop.answer()?)?;
        Ok(shop)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn say(&mut self, line: &str) -> Result<()> {
        let answer = self.ask(line)?;
        ensure!(answer == "done", "the shop said {answer:?}");
        Ok(())
    }

    pub fn ask(&mut self, line: &str) -> Result<String> {
        writeln!(self.child.stdin.as_mut().context("piped")?, "{line}")?;
        self.answer()
    }

    fn answer(&mut self) -> Result<String> {
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        Ok(answer.trim_end().to_owned())
    }

    /// Starts the program again in its process.
    pub fn exec(&mut self) -> Result<()> {
        self.semaphore = address(&self.ask("exec")?)?;
        Ok(())
    }

    pub fn semaphore(&self) -> Result<u16> {
        self.semaphore_in(self.pid())
    }

    /// The semaphore in a child that it left behind.
    pub fn semaphore_in(&self, pid: u32) -> Result<u16> {
        let mut bytes = [0; 2];
        std::fs::File::open(format!("/proc/{pid}/mem"))?.read_exact_at(&mut bytes, self.semaphore)?;
        Ok(u16::from_ne_bytes(bytes))
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn address(text: &str) -> Result<u64> {
    u64::from_str_radix(text.trim_start_matches("0x"), 16).with_context(|| format!("no address: {text:?}"))
}

/// The shop's program, for one test alone.
pub fn shop(test: &str) -> Result<std::path::PathBuf> {
    build::own_copy(&build::gcc(SHOP, &["-pthread", "-mno-red-zone"])?, test)
}

pub fn sold(program: &Path) -> Result<Arc<Probe>> {
    let probes = Finder::new().file(program)?;
    probes.into_iter().find(|probe| probe.full_name() == "shop:sold").context("no shop:sold")
}

pub fn sold_of(process: &Process) -> Result<Arc<Probe>> {
    let mut probes = process.probes.iter().map(|loaded| loaded.probe.clone());
    probes.find(|probe| probe.full_name() == "shop:sold").context("no shop:sold")
}

pub fn total(lost: &[Lost]) -> u64 {
    lost.iter().map(|lost| lost.count).sum()
}

/// Watches while something is done.
pub fn watch(
    probe: &Arc<Probe>,
    scope: Scope,
    options: Options,
    action: impl FnOnce() -> Result<()>,
) -> Result<(Vec<Event>, Vec<Lost>)> {
    let mut session = Session::new(options)?;
    session.attach(probe, scope)?;
    action()?;
    Ok(session.stop()?)
}
