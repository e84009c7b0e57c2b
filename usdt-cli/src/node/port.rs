//! The ports that a process listens on, and which of them is its inspector's.

use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::process::Process;

/// The port of an inspector that isn't told another one.
const DEFAULT: u16 = 9229;
/// An inspector answers at once, whatever its program does; a stranger is not waited for.
const PATIENCE: Duration = Duration::from_millis(500);
/// More than any inspector says of itself.
const MOST_BYTES: u64 = 1 << 20;

/// A socket that somebody listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listener {
    pub(super) address: SocketAddr,
    inode: u64,
}

/// The inspector of a process.
#[derive(Clone, Debug)]
pub(super) struct Door {
    pub(super) address: SocketAddr,
    /// Of its WebSocket.
    pub(super) path: String,
}

/// All sockets of the process's network that somebody listens on.
pub(super) fn everybodys(process: &Process) -> Vec<Listener> {
    let read = |name: &str| fs::read_to_string(process.file(name)).unwrap_or_default();
    let tables = [read("net/tcp"), read("net/tcp6")];
    tables.iter().flat_map(|table| table.lines().filter_map(listener)).collect()
}

/// Those of the process itself.
pub(super) fn own(process: &Process) -> Result<Vec<Listener>> {
    let files = fs::read_dir(process.file("fd"));
    let files = files.with_context(|| format!("can't see the files of {process}"))?;
    let sockets: Vec<u64> = files
        .filter_map(|file| {
            let link = fs::read_link(file.ok()?.path()).ok()?;
            link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
        })
        .collect();
    let mut listeners = everybodys(process);
    listeners.retain(|listener| sockets.contains(&listener.inode));
    Ok(listeners)
}

/// Asks who listens there: an inspector names its WebSocket. One that is taken by a debugger already names none.
pub(super) fn ask(listener: &Listener) -> Option<Door> {
    let address = reachable(listener.address);
    let targets: Value = serde_json::from_slice(&get(address, "/json/list").ok()?).ok()?;
    let url = targets.get(0)?.get("webSocketDebuggerUrl")?.as_str()?;
    let path = url.strip_prefix("ws://")?.find('/').map(|at| &url["ws://".len()..][at..])?;
    Some(Door { address, path: path.to_owned() })
}

/// The port that the inspector of the process will open, and whether the process was told to have one open from its start.
pub(super) fn expected(process: &Process) -> (u16, bool) {
    let read = |name: &str| fs::read(process.file(name)).unwrap_or_default();
    let (words, variables) = (read("cmdline"), read("environ"));
    let words: Vec<&str> = words.split(|&byte| byte == 0).filter_map(|it| str::from_utf8(it).ok()).collect();
    let options = variables.split(|&byte| byte == 0).find_map(|it| it.strip_prefix(b"NODE_OPTIONS="));
    let options = options.and_then(|options| str::from_utf8(options).ok()).unwrap_or_default();
    // Node's own options end where its script begins. Later ones win.
    let own = words.iter().skip(1).take_while(|word| word.starts_with('-')).copied();
    let (mut port, mut is_open) = (DEFAULT, false);
    for option in options.split_ascii_whitespace().chain(own) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        is_open |= matches!(name, "--inspect" | "--inspect-brk" | "--inspect-wait");
        if matches!(
            name,
            "--inspect" | "--inspect-brk" | "--inspect-wait" | "--inspect-port" | "--debug-port"
        ) {
            port = value.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(port);
        }
    }
    (port, is_open)
}

/// Where a socket is reached that may be bound to all addresses.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// The body of what an HTTP server answers.
fn get(address: SocketAddr, path: &str) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    let mut limited = stream.take(MOST_BYTES);
    let mut chunk = [0; 4096];
    loop {
        if let Some(body) = whole_body(&answer) {
            return Ok(body.to_vec());
        }
        let read = limited.read(&mut chunk)?;
        ensure!(read > 0, "the answer is cut");
        answer.extend_from_slice(&chunk[..read]);
    }
}

/// The body of an answer, once all of it is there.
fn whole_body(answer: &[u8]) -> Option<&[u8]> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let head = str::from_utf8(&answer[..end]).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    })?;
    answer.get(end..)?.get(..length)
}

/// A line of `/proc/PID/net/tcp` or `tcp6`, if it is of a socket that listens.
fn listener(line: &str) -> Option<Listener> {
    const LISTEN: &str = "0A";
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let (local, state, inode) = (words.get(1)?, words.get(3)?, words.get(9)?);
    if *state != LISTEN {
        return None;
    }
    let (ip, port) = local.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    // Each group of four bytes is written as a number of this machine.
    let group = |i: usize| u32::from_str_radix(ip.get(i * 8..i * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    let ip: IpAddr = match ip.len() {
        8 => group(0)?.into(),
        32 => {
            let groups: Vec<[u8; 4]> = (0..4).map(group).collect::<Option<_>>()?;
            let bytes: [u8; 16] = groups.concat().try_into().ok()?;
            bytes.into()
        }
        _ => return None,
    };
    Some(Listener { address: (ip, port).into(), inode: inode.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_kernel() {
        let line = |local: &str, state: &str| {
            listener(&format!("  0: {local} 00000000:0000 {state} 00000000:00000000 00:0 0 1000 0 4242 1"))
        };
        let at = |address: &str| Some(Listener { address: address.parse().unwrap(), inode: 4242 });
        assert_eq!(line("0100007F:240D", "0A"), at("127.0.0.1:9229"));
        assert_eq!(line("00000000000000000000000001000000:0016", "0A"), at("[::1]:22"));
        assert_eq!(line("0100007F:240D", "01"), None);
        assert_eq!(line("0100007F", "0A"), None);
        assert_eq!(listener("  sl  local_address rem_address   st tx_queue"), None);
    }

    #[test]
    fn bodies() {
        let head = b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n";
        assert_eq!(whole_body(head), None);
        assert_eq!(whole_body(&[&head[..], b"[]rest"].concat()), Some(&b"[]"[..]));
        assert_eq!(whole_body(b"SSH-2.0"), None);
    }

    #[test]
    fn all_addresses_are_reached_here() {
        for (bound, reached) in
            [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("127.0.0.2:1", "127.0.0.2:1")]
        {
            assert_eq!(reachable(bound.parse().unwrap()), reached.parse().unwrap());
        }
    }
}
