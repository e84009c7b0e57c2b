//! The clients of the service: a bounded load over loopback, mixed as a real one would be.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::super::stop::Stop;
use super::http::Client;

const CLIENTS: u64 = 4;
/// How many keys there are.
const KEYS: u64 = 2_000;
/// The longest time between two requests of one client.
const LONGEST_PAUSE_MICROS: u64 = 12_000;

/// Gives the store its keys, and writes some of them again, so that its log holds what no longer counts. Returns the number
/// of requests.
pub(super) fn fill(address: SocketAddr, stop: &Stop) -> Result<u64> {
    let mut caller = Caller::new(address, 0)?;
    for n in (0..KEYS).chain((0..KEYS).step_by(4)) {
        stop.check()?;
        caller.put(n)?;
    }
    Ok(caller.sent)
}

/// Lets all clients work for as long as `time` and returns the number of their requests.
pub(super) fn mix(address: SocketAddr, time: Duration, stop: &Stop) -> Result<u64> {
    let end = Instant::now() + time;
    let mut callers = (1..=CLIENTS).map(|seed| Caller::new(address, seed)).collect::<Result<Vec<_>>>()?;
    thread::scope(|scope| {
        let work = |caller| scope.spawn(move || work(caller, end, stop));
        let threads: Vec<_> = callers.iter_mut().map(work).collect();
        threads.into_iter().map(|thread| thread.join().expect("a client does not panic")).sum()
    })
}

fn work(caller: &mut Caller, end: Instant, stop: &Stop) -> Result<u64> {
    while Instant::now() < end {
        stop.check()?;
        caller.any()?;
        let pause = caller.below(LONGEST_PAUSE_MICROS);
        thread::sleep(Duration::from_micros(pause));
    }
    Ok(caller.sent)
}

/// A client that knows what it wants next, and what the answer must be.
struct Caller {
    client: Client,
    random: u64,
    sent: u64,
}

impl Caller {
    fn new(address: SocketAddr, seed: u64) -> Result<Self> {
        let client = Client::connect(address).context("cannot connect to the service")?;
        Ok(Self { client, random: (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15), sent: 0 })
    }

    fn any(&mut self) -> Result<()> {
        let key = self.below(KEYS);
        match self.below(100) {
            0..70 => self.ask("GET", &path(key), b"", &[200, 404]),
            70..84 => self.put(key),
            84..88 => self.ask("DELETE", &path(key), b"", &[204, 404]),
            88..92 => self.ask("GET", "/kv/nobody", b"", &[404]),
            92..95 => self.ask("GET", "/favicon.ico", b"", &[404]),
            95..98 => self.ask("GET", &format!("/keys?prefix=user:{}", key % 10), b"", &[200]),
            _ => self.ask("GET", "/report", b"", &[200]),
        }
    }

    fn put(&mut self, key: u64) -> Result<()> {
        let value = vec![b'v'; usize::try_from(64 + self.below(4000))?];
        self.ask("PUT", &path(key), &value, &[201, 204])
    }

    fn ask(&mut self, method: &str, path: &str, body: &[u8], expected: &[u16]) -> Result<()> {
        let status = self.client.ask(method, path, body).with_context(|| format!("{method} {path}"))?;
        ensure!(expected.contains(&status), "{method} {path}: the service answered {status}");
        self.sent += 1;
        Ok(())
    }

    /// A number below `limit`; the same ones each time the demo runs (xorshift64).
    fn below(&mut self, limit: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % limit
    }
}

fn path(key: u64) -> String {
    format!("/kv/user:{key}")
}
