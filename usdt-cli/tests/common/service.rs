//! The Rust service, which tells of its requests.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use testkit::build::{build_dir, target_dir, workspace};

/// `examples/kv-service`, built.
pub fn service() -> Result<PathBuf> {
    built(&target_dir(), &[])
}

/// The same with a recorder; elsewhere, since the other is in use.
pub fn service_with_recorder() -> Result<PathBuf> {
    built(&build_dir().join("recorder"), &["--features", "recorder"])
}

fn built(target: &Path, words: &[&str]) -> Result<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace()).args(["build", "--quiet", "--package", "kv-service"]).args(words);
    cargo.arg("--target-dir").arg(target);
    ensure!(cargo.status()?.success(), "kv-service can't be built");
    Ok(target.join("debug/kv-service"))
}

/// The answer to a request of its own connection.
pub fn http(address: &str, method: &str, path: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
