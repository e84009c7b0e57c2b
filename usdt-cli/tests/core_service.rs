//! `usdt core` with the Rust service, under load until the end: what was fired last is what is printed.

mod common;

use std::collections::HashSet;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use common::service::{http, service_with_recorder};
use common::{path, stderr, stdout, usdt};
use serde_json::Value;
use testkit::core;
use testkit::subject::Subject;

const CLIENTS: usize = 3;

/// Asks for `/kv/cCLIENT-N` with N from 0 on until the service is gone, or it is to stop; gives how many were answered.
fn client<'scope>(
    scope: &'scope Scope<'scope, '_>,
    address: &'scope str,
    client: usize,
    stop: &'scope AtomicBool,
) -> ScopedJoinHandle<'scope, u64> {
    scope.spawn(move || {
        (0..)
            .find(|n| {
                let answer = http(address, "GET", &format!("/kv/c{client}-{n}"), "");
                stop.load(Ordering::Relaxed) || !answer.is_ok_and(|text| text.contains("404"))
            })
            .unwrap_or(0)
    })
}

/// All firings that the recorder still had.
fn firings(of: &str) -> Result<Vec<Value>> {
    let output = usdt(&["core", of, "--all", "--json"]).output()?;
    ensure!(output.status.success(), "{}", stderr(&output));
    let lines: Vec<Value> = stdout(&output).lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    Ok(lines.into_iter().filter(|line| line["type"] != "summary").collect())
}

/// The numbers of a client's requests that were recorded, in their order; each follows the one before. With the id of each.
fn requests(firings: &[Value], client: usize) -> Result<Vec<(u64, u64)>> {
    let start = format!("/kv/c{client}-");
    let number = |firing: &Value| {
        let args = &firing["args"];
        let n = args["path"].as_str()?.strip_prefix(&start)?.parse().ok()?;
        Some((n, args["id"].as_u64()?))
    };
    let all: Vec<(u64, u64)> =
        firings.iter().filter(|firing| firing["probe"] == "request_start").filter_map(number).collect();
    let (first, _) = *all.first().context("no request of the client")?;
    ensure!(all.iter().zip(first..).all(|((n, _), next)| *n == next), "{all:?}");
    Ok(all)
}

/// The ids of the requests that were answered.
fn done(firings: &[Value]) -> HashSet<u64> {
    let of_answers = firings.iter().filter(|it| it["probe"] == "request_done" && it["args"]["status"] == 404);
    of_answers.filter_map(|firing| firing["args"]["id"].as_u64()).collect()
}

#[test]
fn what_the_service_did_last_is_in_its_core() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut command = Command::new(service_with_recorder()?);
    command.args(["--data", "log", "--record", "65536"]);
    let mut subject = Subject::spawn(command.current_dir(dir.path()))?;
    let line = subject.wait_for("listening on http://")?;
    let address = line.rsplit('/').next().context("an address")?;
    let pid = subject.pid();
    core::allow(pid)?;
    let stop = AtomicBool::new(false);

    let (file, answered) = thread::scope(|scope| -> Result<_> {
        let clients: Vec<_> = (0..CLIENTS).map(|n| client(scope, address, n, &stop)).collect();
        let meanwhile = (|| {
            thread::sleep(Duration::from_millis(500));
            let living = firings(&pid.to_string())?;
            for n in 0..CLIENTS {
                requests(&living, n)?;
            }
            let running = firings(path(&core::of_living(pid, dir.path())?))?;
            let last = |firings: &[Value]| firings.last().map(|firing| firing["time"].clone());
            ensure!(last(&running) != last(&living), "the service has not gone on");
            for n in 0..CLIENTS {
                requests(&running, n)?;
            }
            core::of_dying(subject, dir.path(), || core::abort(pid))
        })();
        // Clients also end where the service doesn't.
        stop.store(true, Ordering::Relaxed);
        let answered = clients.into_iter().map(|client| client.join().ok().context("a client failed"));
        Ok((meanwhile?, answered.collect::<Result<Vec<u64>>>()?))
    })?;

    // gdb makes a core before the end.
    let is_whole = core::kernel_writes_them()?;
    let last = firings(path(&file))?;
    let done = done(&last);
    for (client, answered) in answered.into_iter().enumerate() {
        let requests = requests(&last, client)?;
        let (n, _) = *requests.last().context("no request")?;
        // The one after the last that was answered may have begun.
        let is_last = n + 1 == answered || n == answered;
        ensure!(is_last || !is_whole, "client {client}: {answered} were answered, {n} was fired");
        for (n, id) in requests.iter().take(requests.len() - 1) {
            ensure!(done.contains(id), "client {client}: request {n} was answered");
        }
        ensure!(
            n == answered || done.contains(&requests[requests.len() - 1].1) || !is_whole,
            "client {client}: {n}"
        );
    }
    let output = usdt(&["core", path(&file)]).output()?;
    ensure!(stderr(&output).contains("was killed by SIGABRT") == is_whole, "{output:?}");
    Ok(())
}
