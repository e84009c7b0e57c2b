//! Opening the inspector of a process, and closing it again whatever happens.

use std::net::SocketAddr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use super::port::{self, Door, Listener};
use super::process::Process;
use super::protocol::Client;
use super::signals::{self, Handler};
use crate::interrupt::Interrupt;

/// How often `/proc` is looked at for what should happen any moment.
const STEP: Duration = Duration::from_millis(10);
/// How long Node may take to close its inspector.
const CLOSING: Duration = Duration::from_secs(2);

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
        ensure!(
            process.shares_network(),
            "{process} is in another network namespace, where its inspector would listen: run this in it, with nsenter"
        );
        let (door, is_ours) = match already_open(process)? {
            Some(door) => (door, false),
            None => {
                check(process, force)?;
                knock(process, patience, &interrupt)?
            }
        };
        let client = Client::connect(&door, interrupt)?;
        Ok(Inspector { process, address: door.address, client: Some(client), is_ours })
    }

    pub(super) fn client(&mut self) -> &mut Client {
        self.client.as_mut().expect("only `close` takes it")
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
    wait_until(patience, || {
        let now = port::own(process).unwrap_or_default();
        found = now.iter().filter(|it| !before.contains(it)).find_map(port::ask);
        found.is_some() || interrupt.is_asked()
    });
    match (found, before.iter().find_map(port::ask)) {
        (Some(door), _) => Ok((door, true)),
        (None, Some(door)) => Ok((door, false)),
        (None, None) => bail!("{process} did not open its inspector within {patience:?} of SIGUSR1"),
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
