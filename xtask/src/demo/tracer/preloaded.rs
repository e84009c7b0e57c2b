//! Programs that watch themselves: a library is loaded into each, and connects to a socket of ours.

use std::collections::{HashMap, HashSet};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::super::build;
use super::super::event::Message;
use super::super::stop::Stop;
use super::super::table::Table;
use super::Environment;

/// How long a process may take to define its probes and to watch them.
const PATIENCE: Duration = Duration::from_secs(30);

/// A listener to programs.
#[derive(Debug)]
pub(super) struct Preloaded {
    library: PathBuf,
    socket: PathBuf,
    watched: Arc<Watched>,
    stopped: Arc<AtomicBool>,
}

/// What each process watches by now.
#[derive(Debug, Default)]
pub(super) struct Watched {
    by_process: Mutex<HashMap<u32, HashSet<String>>>,
    changed: Condvar,
}

impl Preloaded {
    /// Listens in a directory that is this user's alone.
    pub(super) fn listen(scratch: &Path, table: &'static Table) -> Result<(Self, Receiver<Message>)> {
        let library = build::library("usdt-preload")?;
        let socket = scratch.join("firings");
        let listener = UnixListener::bind(&socket).context("cannot listen")?;
        let watched = Arc::new(Watched::default());
        let (sender, messages) = channel();
        let stopped = Arc::new(AtomicBool::new(false));
        let programs =
            Programs { watched: Arc::clone(&watched), stopped: Arc::clone(&stopped), table, sender };
        thread::spawn(move || programs.accept(&listener));
        Ok((Self { library, socket, watched, stopped }, messages))
    }

    /// Listens to no more programs. Those that are there have their say to the end.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Nobody else may be about to connect.
        let _ = UnixStream::connect(&self.socket);
    }

    /// What a program is started with to watch itself.
    pub(super) fn environment(&self, table: &Table) -> Environment {
        vec![
            ("LD_PRELOAD", self.library.display().to_string()),
            ("USDT_PRELOAD_PROBES", format!("{}:*", table.provider)),
            ("USDT_PRELOAD_OUTPUT", self.socket.display().to_string()),
        ]
    }

    /// What knows which process watches its probes.
    pub(super) fn watched(&self) -> Arc<Watched> {
        Arc::clone(&self.watched)
    }
}

/// What the thread has that listens.
struct Programs {
    watched: Arc<Watched>,
    stopped: Arc<AtomicBool>,
    table: &'static Table,
    sender: Sender<Message>,
}

impl Programs {
    /// Takes what the programs say, each in a thread of its own.
    fn accept(self, listener: &UnixListener) {
        for stream in listener.incoming().map_while(Result::ok) {
            if self.stopped.load(Ordering::Relaxed) {
                return;
            }
            let (sender, watched) = (self.sender.clone(), Arc::clone(&self.watched));
            super::read(stream, self.table, move |message| match message {
                Message::Watching { pid, probes } => {
                    watched.add(pid, probes);
                    true
                }
                other => sender.send(other).is_ok(),
            });
        }
    }
}

impl Watched {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, HashSet<String>>> {
        self.by_process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a process watches all probes of a table.
    pub(super) fn wait(&self, pid: u32, table: &Table, stop: &Stop) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut watched = self.lock();
        while Instant::now() < deadline {
            stop.check()?;
            let names = watched.entry(pid).or_default();
            let is_there =
                |name: &str| names.contains(&format!("{}:{}", table.provider, name.replace('-', "__")));
            if table.probes.iter().all(|probe| is_there(probe.name)) {
                return Ok(());
            }
            let wait = self.changed.wait_timeout(watched, Duration::from_millis(50));
            watched = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        bail!("process {pid} did not watch its probes within {} s", PATIENCE.as_secs())
    }

    fn add(&self, pid: u32, probes: Vec<String>) {
        self.lock().entry(pid).or_default().extend(probes);
        self.changed.notify_all();
    }
}
