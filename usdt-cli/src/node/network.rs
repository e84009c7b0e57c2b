//! A process in another network, that of a container: its loopback is not ours.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::process::Process;

/// Does some work where the ports of the process are reached.
pub(super) fn within<T: Send>(process: &Process, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let theirs = process.file("ns/net");
    let name = |path: &Path| fs::read_link(path).ok();
    if name(&theirs) == name(Path::new("/proc/self/ns/net")) {
        return work();
    }
    // Only a thread that ends with the work moves there.
    let enter = || -> std::io::Result<()> {
        let network = File::open(&theirs)?;
        Ok(move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))?)
    };
    let refused =
        || format!("{process} is in another network namespace, and only root can reach its inspector");
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| enter().with_context(refused).and_then(|()| work()));
        thread.join().map_err(|_| anyhow!("the thread in the network of {process} has failed"))?
    })
}
