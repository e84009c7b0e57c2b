//! Opening the inspector of a process, and closing it again whatever happens.

use std::net::SocketAddr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::port::{self, Door, Listener};
use super::process::Process;
use super::protocol::Client;
use super::signals::{self, Handler};
use crate::interrupt::Interrupt;

/// How often `/proc` is looked at for what should happen any moment.
const STEP: Duration = Duration::from_millis(10);
/// How long Node may take to close its inspector.
const CLOSING: Duration = Duration::from_secs(2);
/// How long somebody who has enough has to wait for an inspector that may open any moment.
const LATE: Duration = Duration::from_secs(1);

/// A connection to the inspector of a process. One that was opened for it is closed with it.
#[derive(Debug)]
pub(super) struct Inspector<'a> {
    process: &'a Process,
    address: SocketAddr,
    /// `None` once it is closed.
    client: Option<Client>,
    is_ours: bool,
}

impl<'a> Inspector<'a> {
    /// Connects to the inspector, which is opened if it isn't open yet.
    pub(super) fn open(
        process: &'a Process,
        patience: Duration,
        force: bool,
        interrupt: Interrupt,
    ) -> Result<Inspector<'a>> {
        let (door, is_ours) = match already_open(process)? {
            Some(door) => (door, false),
            None => {
                check(process, force)?;
                knock(process, patience, &interrupt)?
            }
        };
        let client = Client::connect(&door, interrupt).with_context(|| {
            let left = if is_ours { ", which stays open" } else { "" };
            format!("the inspector of {process} on {}{left}", door.address)
        })?;
        Ok(Inspector { process, address: door.address, client: Some(client), is_ours })
    }

    pub(super) fn client(&mut self) -> &mut Client {
        self.client.as_mut().expect("only `close` takes it")
    }

    /// Has the inspector closed at the end, though it was open before.
    pub(super) fn take_over(&mut self) {
        self.is_ours = true;
    }

    /// Ends the connection, and closes the inspector if it was opened for it. The error is where it still listens.
    pub(super) fn close(mut self) -> Result<(), SocketAddr> {
        self.shut()
    }

    fn shut(&mut self) -> Result<(), SocketAddr> {
        let Some(client) = self.client.take() else { return Ok(()) };
        if !self.is_ours {
            client.leave();
            return Ok(());
        }
        client.close_inspector();
        let is_closed =
            || port::own(self.process).map_or(true, |own| own.iter().all(|it| it.address != self.address));
        if wait_until(CLOSING, is_closed) { Ok(()) } else { Err(self.address) }
    }
}

impl Drop for Inspector<'_> {
    fn drop(&mut self) {
        if let Err(address) = self.shut() {
            crate::terminal::say(&format!("usdt: {} still listens on {address}", self.process));
        }
    }
}

/// The inspector that is open by now. Strangers' servers are left alone: only where an inspector should be is asked for it.
fn already_open(process: &Process) -> Result<Option<Door>> {
    let (expected, is_told) = port::expected(process);
    let own = port::own(process)?;
    Ok(own.iter().filter(|it| is_told || it.address.port() == expected).find_map(port::ask))
}

/// Whether SIGUSR1 would do what it is sent for.
fn check(process: &Process, force: bool) -> Result<()> {
    match signals::handler(process) {
        Handler::Nobody => bail!(
            "{process} has no handler for SIGUSR1, which would end it: its inspector is disabled (--disable-sigusr1), or it \
             has not started yet"
        ),
        Handler::Ignored => bail!("{process} ignores SIGUSR1, so it never opens its inspector"),
        Handler::Program if !force => bail!(
            "{process} handles SIGUSR1 itself: the signal would run that handler, and not open the inspector; --force sends it \
             all the same"
        ),
        Handler::Unknown(why) if !force => bail!(
            "can't tell whether {process} handles SIGUSR1 itself: {why}; if it does, the signal would run that handler, and \
             not open the inspector; --force sends it all the same"
        ),
        Handler::Node | Handler::Program | Handler::Unknown(_) => {}
    }
    let (port, _) = port::expected(process);
    let own = port::own(process)?;
    let is_taken = |it: &Listener| it.address.port() == port && port != 0;
    ensure!(
        !port::everybodys(process).iter().any(is_taken),
        "port {port}, where {process} would open its inspector, is taken by {}",
        if own.iter().any(is_taken) { "a server of its own" } else { "another process" }
    );
    Ok(())
}

/// Sends the signal and waits for the inspector. It is not ours if it turns out that it was open before, somewhere.
fn knock(process: &Process, patience: Duration, interrupt: &Interrupt) -> Result<(Door, bool)> {
    let before = port::own(process)?;
    process.signal()?;
    let mut found = None;
    let mut look = |patience, give_up: &dyn Fn() -> bool| {
        wait_until(patience, || {
            let now = port::own(process).unwrap_or_default();
            found = now.iter().filter(|it| !before.contains(it)).find_map(port::ask);
            found.is_some() || give_up()
        });
    };
    look(patience, &|| interrupt.is_asked());
    if interrupt.is_asked() {
        // What the signal opens any moment has to be closed.
        look(LATE, &|| false);
    }
    if let Some(door) = found {
        return Ok((door, true));
    }
    // Then it may have been open, on a port that nobody would expect.
    match before.iter().find_map(port::ask) {
        Some(door) => Ok((door, false)),
        None => bail!(
            "{process} did not open its inspector after SIGUSR1. If its main thread is in native code, it opens it once it is \
             back in JavaScript, and leaves it open: `usdt node stack --close {}` closes it then",
            process.pid
        ),
    }
}

fn wait_until(patience: Duration, mut is_done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + patience;
    loop {
        if is_done() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        sleep(STEP);
    }
}
