//! Asking each thread what it is doing: it is paused, says its frames, and runs on.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::frames::{Asked, Doing, Frame, Parent, Worker, path};
use super::protocol::{Client, Thread};
use super::values;

/// A thread that runs JavaScript mostly pauses within that time. One that waits is then woken, before a timer of its own does it.
const RUNNING: Duration = Duration::from_millis(50);
/// How long to wait for what may not come.
const GRACE: Duration = Duration::from_millis(300);
/// For how many functions variables are read.
const MOST_WITH_VARIABLES: usize = 32;
const MOST_PARENTS: usize = 32;
/// What our own expression is called among the scripts of the process.
const NUDGE: &str = "usdt-node-stack";

/// What is asked.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) locals: bool,
    pub(super) workers: bool,
    pub(super) patience: Duration,
}

/// Asks the main thread and then each worker. Only one of them stands still at a time.
pub(super) fn ask(client: &mut Client, question: &Question) -> Result<Vec<Asked>> {
    let doing = thread(client, &Thread::Main, question)?;
    let answers = doing != Doing::Silent;
    let mut asked = vec![Asked { worker: None, doing }];
    // What is said to workers goes through the main thread.
    if question.workers && answers {
        for (session, worker) in workers(client, question)? {
            let doing = thread(client, &Thread::Worker(session), question)?;
            asked.push(Asked { worker: Some(worker), doing });
        }
        client.ask(&Thread::Main, "NodeWorker.disable", json!({}), GRACE)?;
    }
    Ok(asked)
}

/// The sessions of all workers.
fn workers(client: &mut Client, question: &Question) -> Result<Vec<(String, Worker)>> {
    let params = json!({ "waitForDebuggerOnStart": false });
    client.ask(&Thread::Main, "NodeWorker.enable", params, question.patience)?;
    let mut workers = Vec::new();
    while let Some(event) = client.event(&Thread::Main, "NodeWorker.attachedToWorker", GRACE)? {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let info = &event["workerInfo"];
        workers.push((
            text(&event["sessionId"]),
            Worker { id: text(&info["workerId"]), file: path(&text(&info["url"])) },
        ));
    }
    Ok(workers)
}

fn thread(client: &mut Client, thread: &Thread, question: &Question) -> Result<Doing> {
    if client.ask(thread, "Debugger.enable", json!({}), question.patience)?.is_none() {
        return Ok(Doing::Silent);
    }
    // A thread that somebody holds already says so at once, and is left alone.
    if let Some(paused) = client.event(thread, "Debugger.paused", Duration::ZERO)? {
        let frames = frames(client, thread, question, &paused)?;
        client.ask(thread, "Debugger.disable", json!({}), GRACE)?;
        return Ok(Doing::Held { frames });
    }
    client.ask(thread, "Debugger.pause", json!({}), question.patience)?;
    let doing = match client.event(thread, "Debugger.paused", RUNNING)? {
        Some(paused) => running(client, thread, question, &paused)?,
        None => nudged(client, thread, question)?,
    };
    client.ask(thread, "Debugger.disable", json!({}), GRACE)?;
    Ok(doing)
}

fn running(client: &mut Client, thread: &Thread, question: &Question, paused: &Value) -> Result<Doing> {
    let since = Instant::now();
    let frames = frames(client, thread, question, paused)?;
    let parents = parents(client, thread, &paused["asyncStackTrace"]);
    client.ask(thread, "Debugger.resume", json!({}), question.patience)?;
    Ok(Doing::Running { frames, parents, paused: since.elapsed() })
}

/// A thread that waits pauses as soon as it runs something: an expression of ours, which says what it waits for.
fn nudged(client: &mut Client, thread: &Thread, question: &Question) -> Result<Doing> {
    let expression = format!("process.getActiveResourcesInfo()\n//# sourceURL={NUDGE}");
    let params = json!({ "expression": expression, "returnByValue": true });
    let id = client.send(thread, "Runtime.evaluate", params)?;
    let Some(paused) = client.event(thread, "Debugger.paused", question.patience)? else {
        return Ok(Doing::Silent);
    };
    let mut doing = running(client, thread, question, &paused)?;
    if let Doing::Running { frames, .. } = &mut doing {
        // It may have run JavaScript all the same, below ours.
        frames.retain(|frame| frame.file != NUDGE);
        if !frames.is_empty() {
            return Ok(doing);
        }
    }
    let answer = client.answer(id, question.patience)?.unwrap_or_default();
    let resources = answer["result"]["result"]["value"].as_array().map(Vec::as_slice).unwrap_or_default();
    let resources = resources.iter().filter_map(|name| name.as_str().map(str::to_owned));
    Ok(Doing::Idle { resources: resources.collect() })
}

fn frames(client: &mut Client, thread: &Thread, question: &Question, paused: &Value) -> Result<Vec<Frame>> {
    let all = paused["callFrames"].as_array().context("the inspector says no frames")?;
    let mut frames = Vec::new();
    for (depth, raw) in all.iter().enumerate() {
        let mut frame = frame(client, thread, raw, &raw["location"]);
        // Variables of Node's own functions say nothing of the program.
        let is_of_node = frame.file.starts_with("node:");
        if question.locals && !is_of_node && depth < MOST_WITH_VARIABLES {
            frame.scopes = values::scopes(client, thread, &raw["scopeChain"])?;
        }
        frames.push(frame);
    }
    Ok(frames)
}

/// A frame; `location` is where its position stands.
fn frame(client: &Client, thread: &Thread, raw: &Value, location: &Value) -> Frame {
    let script = location["scriptId"].as_str().and_then(|id| client.script(thread, id));
    let url = raw["url"].as_str().filter(|url| !url.is_empty()).or(script).unwrap_or_default();
    let number = |value: &Value| value.as_u64().unwrap_or(0).saturating_add(1);
    Frame {
        function: raw["functionName"].as_str().unwrap_or_default().to_owned(),
        file: path(url),
        line: number(&location["lineNumber"]),
        column: number(&location["columnNumber"]),
        scopes: Vec::new(),
    }
}

/// What V8 knows of who has started this; it only knows if somebody has told it to remember.
fn parents(client: &Client, thread: &Thread, mut trace: &Value) -> Vec<Parent> {
    let mut parents = Vec::new();
    while let (Some(frames), true) = (trace["callFrames"].as_array(), parents.len() < MOST_PARENTS) {
        parents.push(Parent {
            description: trace["description"].as_str().unwrap_or_default().to_owned(),
            frames: frames.iter().map(|raw| frame(client, thread, raw, raw)).collect(),
        });
        trace = &trace["parent"];
    }
    parents
}
