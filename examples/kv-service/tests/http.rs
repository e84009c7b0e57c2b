//! The service as its clients see it: the program itself, over a socket, from its start to its end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

struct Service {
    child: Child,
    address: String,
}

impl Service {
    fn start(data: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kv-service"));
        let mut child = command.arg("--data").arg(data).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on http://").expect(&line).to_owned();
        Self { child, address }
    }

    /// Status and body of the answer.
    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: kv\r\nConnection: close\r\nContent-Length: {length}");
        stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn stop(mut self, signal: &str) {
        let kill = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        assert!(self.child.wait().unwrap().success(), "ends by itself and well after {signal}");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Dir(PathBuf);

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_api_across_a_restart() {
    let dir = Dir(std::env::temp_dir().join(format!("kv-http-{}", std::process::id())));
    std::fs::create_dir(&dir.0).unwrap();
    let data = dir.0.join("log");

    let service = Service::start(&data);
    assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(service.ask("GET", "/kv/a", ""), (404, String::new()));
    assert_eq!(service.ask("PUT", "/kv/a", "one").0, 201);
    assert_eq!(service.ask("PUT", "/kv/a", "two").0, 204);
    assert_eq!(service.ask("PUT", "/kv/b%20c", "three").0, 201);
    assert_eq!(service.ask("PUT", "/kv/b%0a", "").0, 400);
    assert_eq!(service.ask("GET", "/kv/a", ""), (200, "two".into()));
    assert_eq!(service.ask("DELETE", "/kv/a", "").0, 204);
    assert_eq!(service.ask("DELETE", "/kv/a", "").0, 404);
    assert_eq!(service.ask("GET", "/nothing/here", "").0, 404);
    assert_eq!(service.ask("POST", "/kv/a", "").0, 405);
    service.stop("-TERM");

    let service = Service::start(&data);
    assert_eq!(service.ask("PUT", "/kv/bd", "x").0, 201);
    assert_eq!(service.ask("GET", "/keys?prefix=b%20", ""), (200, "b c\n".into()));
    assert_eq!(service.ask("GET", "/keys", ""), (200, "b c\nbd\n".into()));
    let report = "keys 2\nbytes 6\nzero bytes 0\nlargest b c\n";
    assert_eq!(service.ask("GET", "/report", ""), (200, report.into()));
    service.stop("-INT");
}
