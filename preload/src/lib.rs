//! A library for `LD_PRELOAD`: the program that is started with it watches its own probes, and writes down what they say. That takes
//! no privilege and nothing of the system's, so it works where nobody may trace: in a container, as any user.
//!
//! ```console
//! $ LD_PRELOAD=libusdt_preload.so USDT_PRELOAD_PROBES='orders:*' USDT_PRELOAD_OUTPUT=/tmp/orders.json ./service
//! ```
//!
//! | variable | what |
//! |---|---|
//! | `USDT_PRELOAD_PROBES` | patterns, parted by blanks; without it nothing is done |
//! | `USDT_PRELOAD_OUTPUT` | a file, to which lines are appended, or a socket of a listener; standard error if it isn't set |
//!
//! The lines are JSON, as `usdt watch --json` writes it: objects of the type `watching` whenever there is more to watch, of the type
//! `firing`, and a `summary` at the end, with what was lost. Probes of the program and its libraries are watched before `main` begins;
//! those of providers that are defined later a few moments after that. What fired just before a process was killed, or called
//! `_exit`, is not written.
//!
//! # Safety
//!
//! `unsafe` is here to be called before `main`, to be called at the end, and to keep signals away from a thread.
#![allow(unsafe_code)]

mod output;
mod watch;

use output::Output;
use watch::Watch;

/// Called by the loader once the program and its libraries are in memory, before `main`.
#[used]
// SAFETY: an array of functions without results is what the loader expects in this section.
#[unsafe(link_section = ".init_array")]
static START: extern "C" fn() = start;

extern "C" fn start() {
    let Ok(probes) = std::env::var("USDT_PRELOAD_PROBES") else { return };
    let patterns: Vec<String> = probes.split_whitespace().map(str::to_owned).collect();
    if patterns.is_empty() {
        return;
    }
    // The program must run as if this weren't here: what can't be done is said and left.
    match Output::open(std::env::var_os("USDT_PRELOAD_OUTPUT").as_deref()) {
        Ok(output) => watch::begin(Watch::new(patterns, output)),
        Err(error) => eprintln!("usdt-preload: $USDT_PRELOAD_OUTPUT: {error}"),
    }
    // SAFETY: `finish` may be called whenever the program ends by itself: it takes what it needs by a lock.
    unsafe { libc::atexit(finish) };
}

extern "C" fn finish() {
    watch::finish();
}
