//! The example's processes: its server and its traffic, both run by Node.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::super::child::Child;
use super::super::stop::Stop;
use super::super::tracer::Environment;
use super::ldap::Counts;
use crate::{npm, setup};

/// `examples/ldap-server` with everything that it needs.
#[derive(Debug, Clone)]
pub(super) struct Example {
    dir: PathBuf,
}

/// A server, listening.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    pub(super) url: String,
}

impl Example {
    /// Builds the native part and installs what the example depends on.
    pub(super) fn install() -> Result<Self> {
        setup::own_node()?;
        npm::build_locally()?;
        let dir = testkit::build::workspace().join("examples/ldap-server");
        setup::npm_packages("what the example depends on", &dir)?;
        Ok(Self { dir })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Starts a server that keeps its images of probes in `images`.
    pub(super) fn start(&self, images: &Path, environment: &Environment) -> Result<Server> {
        let mut command = self.node("server.js");
        command.args(["--port", "0"]).env("USDT_PROBES_DIR", images).envs(environment.iter().cloned());
        let mut child = Child::start(&mut command, Signal::TERM).context("cannot start node")?;
        let mut line = String::new();
        BufReader::new(child.stdout()).read_line(&mut line)?;
        let url = line
            .trim_end()
            .strip_prefix("listening on ")
            .context("the server did not say where it listens")?;
        Ok(Server { url: url.to_owned(), child })
    }

    /// Lets the clients work for as long as `time`, and returns what they sent.
    pub(super) fn traffic(&self, url: &str, time: Duration, stop: &Stop) -> Result<Counts> {
        let mut command = self.node("traffic.js");
        command.args(["--url", url, "--seconds", &time.as_secs_f64().to_string()]);
        let mut child = Child::start(&mut command, Signal::TERM).context("cannot start node")?;
        let status = child.wait(stop)?;
        ensure!(status.success(), "the traffic failed: {status}");
        let mut said = String::new();
        child.stdout().read_to_string(&mut said)?;
        serde_json::from_str(&said).with_context(|| format!("the traffic said {said:?}"))
    }

    fn node(&self, script: &str) -> Command {
        let mut command = Command::new("node");
        command.current_dir(&self.dir).arg(script).stdout(Stdio::piped());
        command
    }
}

impl Server {
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn stop(mut self) -> Result<()> {
        let status = self.child.end()?;
        ensure!(status.success(), "the server did not stop well: {status}");
        Ok(())
    }
}
