//! The protocol of V8's inspector, as a client: JSON over a WebSocket, for the main thread and through it for the workers.
//!
//! What comes is another process's bytes: messages are limited in size, and nothing is waited for forever.

use std::collections::{HashMap, VecDeque};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message, WebSocket};

use super::port::Door;
use crate::interrupt::Interrupt;

/// A script may carry its source map with it, in the message that names it.
const LARGEST_MESSAGE: usize = 64 << 20;
const MOST_SCRIPTS: usize = 100_000;
const MOST_EVENTS: usize = 10_000;
/// How long a single write or the first answer may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a wait is interrupted to look whether it should end.
const STEP: Duration = Duration::from_millis(20);

/// A thread of the process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Thread {
    Main,
    /// The session of a worker.
    Worker(String),
}

/// Something that a thread says without being asked.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) thread: Thread,
    pub(super) method: String,
    pub(super) params: Value,
}

/// A connection to an inspector.
#[derive(Debug)]
pub(super) struct Client {
    socket: WebSocket<TcpStream>,
    interrupt: Interrupt,
    last_id: u64,
    /// Those that nobody waited for yet.
    events: VecDeque<Event>,
    answers: HashMap<u64, Value>,
    /// What scripts are called.
    scripts: HashMap<(Thread, String), String>,
}

impl Client {
    pub(super) fn connect(door: &Door, interrupt: Interrupt) -> Result<Client> {
        let stream =
            TcpStream::connect_timeout(&door.address, PATIENCE).context("can't reach the inspector")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let url = format!("ws://{}{}", door.address, door.path);
        let limits = WebSocketConfig::default()
            .max_message_size(Some(LARGEST_MESSAGE))
            .max_frame_size(Some(LARGEST_MESSAGE));
        let connected = tungstenite::client::client_with_config(url, stream, Some(limits));
        let (socket, _) =
            connected.map_err(|error| anyhow::anyhow!("can't talk to the inspector: {error}"))?;
        socket.get_ref().set_read_timeout(Some(STEP))?;
        Ok(Client {
            socket,
            interrupt,
            last_id: 0,
            events: VecDeque::new(),
            answers: HashMap::new(),
            scripts: HashMap::new(),
        })
    }

    /// Asks a thread, and waits for its answer: `None` if it doesn't come in time.
    pub(super) fn ask(
        &mut self,
        thread: &Thread,
        method: &str,
        params: Value,
        patience: Duration,
    ) -> Result<Option<Value>> {
        let id = self.send(thread, method, params)?;
        self.answer(id, patience)
    }

    /// Asks a thread; the number is for [`Client::answer`].
    pub(super) fn send(&mut self, thread: &Thread, method: &str, params: Value) -> Result<u64> {
        self.last_id += 1;
        let id = self.last_id;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Thread::Worker(session) = thread {
            self.last_id += 1;
            let params = json!({ "sessionId": session, "message": message.to_string() });
            message =
                json!({ "id": self.last_id, "method": "NodeWorker.sendMessageToWorker", "params": params });
        }
        self.socket.send(Message::text(message.to_string())).context("the inspector is gone")?;
        Ok(id)
    }

    /// The answer to what was sent under this number.
    pub(super) fn answer(&mut self, id: u64, patience: Duration) -> Result<Option<Value>> {
        let end = Instant::now() + patience;
        loop {
            if let Some(answer) = self.answers.remove(&id) {
                return Ok(Some(answer));
            }
            if !self.receive(end)? {
                return Ok(None);
            }
        }
    }

    /// The first event of this name that a thread has sent, or sends in time.
    pub(super) fn event(
        &mut self,
        thread: &Thread,
        method: &str,
        patience: Duration,
    ) -> Result<Option<Value>> {
        let end = Instant::now() + patience;
        loop {
            let is_it = |event: &Event| event.thread == *thread && event.method == method;
            if let Some(at) = self.events.iter().position(is_it) {
                return Ok(self.events.remove(at).map(|event| event.params));
            }
            if !self.receive(end)? {
                return Ok(None);
            }
        }
    }

    /// What a script of a thread is called.
    pub(super) fn script(&self, thread: &Thread, id: &str) -> Option<&str> {
        self.scripts.get(&(thread.clone(), id.to_owned())).map(String::as_str)
    }

    /// Lets everything run, and goes.
    pub(super) fn leave(mut self) {
        // An inspector that is gone needs no goodbye.
        let _ = self.send(&Thread::Main, "Debugger.disable", json!({}));
        let _ = self.socket.close(None);
        self.drain();
    }

    /// Lets everything run, and has Node close its inspector, which ends the connection.
    pub(super) fn close_inspector(mut self) {
        let _ = self.send(&Thread::Main, "Debugger.disable", json!({}));
        let expression = json!({ "expression": "process._debugEnd()" });
        let _ = self.send(&Thread::Main, "Runtime.evaluate", expression);
        self.drain();
    }

    /// Reads until the other side has closed the connection, or takes too long for it.
    fn drain(&mut self) {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            match self.socket.read() {
                Ok(_) => {}
                Err(Error::Io(error)) if is_timeout(&error) => {}
                Err(_) => return,
            }
        }
    }

    /// Receives a message, and keeps it; `false` if none has come until then.
    fn receive(&mut self, end: Instant) -> Result<bool> {
        loop {
            if self.interrupt.is_asked() {
                bail!("interrupted");
            }
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    let message = serde_json::from_str(&text).context("the inspector doesn't speak JSON")?;
                    self.keep(Thread::Main, message);
                    return Ok(true);
                }
                Ok(Message::Close(_)) => bail!("the process has closed its inspector"),
                Ok(_) => {}
                Err(Error::Io(error)) if is_timeout(&error) => {}
                Err(error) => return Err(error).context("the connection to the inspector broke"),
            }
            if Instant::now() >= end {
                return Ok(false);
            }
        }
    }

    fn keep(&mut self, thread: Thread, mut message: Value) {
        if let Some(id) = message["id"].as_u64() {
            self.answers.insert(id, message);
            return;
        }
        let params = message["params"].take();
        match message["method"].as_str() {
            Some("Debugger.scriptParsed") => self.keep_script(thread, &params),
            Some("NodeWorker.receivedMessageFromWorker") => {
                let (Some(session), Some(text)) = (params["sessionId"].as_str(), params["message"].as_str())
                else {
                    return;
                };
                // Workers have no workers here: only the main thread passes messages on.
                if let (Thread::Main, Ok(message)) = (&thread, serde_json::from_str(text)) {
                    self.keep(Thread::Worker(session.to_owned()), message);
                }
            }
            Some(method) if self.events.len() < MOST_EVENTS => {
                self.events.push_back(Event { thread, method: method.to_owned(), params });
            }
            _ => {}
        }
    }

    fn keep_script(&mut self, thread: Thread, params: &Value) {
        let (Some(id), Some(url)) = (params["scriptId"].as_str(), params["url"].as_str()) else { return };
        if self.scripts.len() < MOST_SCRIPTS && !url.is_empty() {
            self.scripts.insert((thread, id.to_owned()), url.to_owned());
        }
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}
