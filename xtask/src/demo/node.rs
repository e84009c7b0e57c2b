//! `cargo xtask demo node`: an LDAP server in JavaScript, whose source knows nothing of probes.
//!
//! The image of its probes exists from the moment when the server loads ldapjs, so the tracer attaches to it then, by the
//! path of the image's file. (Who isn't root has the servers watch themselves.) A second server that starts later has the same image, and the tracer sees it as well: the demo
//! counts what it sends to both, and fails if the tracer saw anything else.

mod latency;
mod ldap;
mod process;
mod table;

use std::io::{self, Write, stdout};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};

use super::driver::Driver;
use super::paint::Paint;
use super::report::{self, Outcome, Sent};
use super::scratch::Scratch;
use super::stop::Stop;
use super::tracer::{self, Environment, Gate, Tracer};
use super::watch::watch;
use latency::Pairs;
use process::{Example, Server};
use table::TABLE;

const USAGE: &str = "\
usage: cargo xtask demo node [--seconds N]

  --seconds N      how long the traffic lasts; 10 by default, at most 60
";

/// Runs the whole demo.
pub(super) fn run(words: &[String]) -> Result<()> {
    let Some(traffic) = traffic(words)? else {
        print!("{USAGE}");
        return Ok(());
    };
    let stop = Stop::on_signals()?;
    let example = Example::install()?;
    let outcome = run_and_attach(&example, traffic, &stop)?;
    let (mut out, paint) = (stdout().lock(), Paint::for_stdout());
    outcome.write("Latency by operation, from server-*-start to server-*-done", &mut out, paint)?;
    by_hand(&example, &mut out, paint)?;
    outcome.verdict()
}

/// How long the traffic lasts; `None` is the wish for help.
fn traffic(words: &[String]) -> Result<Option<Duration>> {
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Ok(Some(super::DEFAULT_TRAFFIC)),
        ["--help"] => Ok(None),
        ["--seconds", number] => super::seconds(number).map(Some),
        _ => bail!("{} is not understood\n{USAGE}", words.join(" ")),
    }
}

/// Starts the server, attaches, lets the traffic run, shows what happens, and takes everything down again.
fn run_and_attach(example: &Example, traffic: Duration, stop: &Stop) -> Result<Outcome> {
    let scratch = Scratch::new()?;
    let images = scratch.path("probes");
    let (server, tracer) = if tracer::is_within() {
        within(example, &images, &scratch, stop)
    } else {
        attach(example, &images, stop)
    }?;
    let servers =
        Servers { example: example.clone(), environment: tracer.environment(), gate: tracer.gate(), images };
    let driver = Driver::start(stop, move |stop| servers.drive(server, traffic, stop));
    // `scratch` lives until everything has ended.
    watch(tracer, driver, Pairs::default(), stop)
}

/// A server, and `usdt` attached to the image that it has made.
fn attach(example: &Example, images: &Path, stop: &Stop) -> Result<(Server, Tracer)> {
    println!("starting the server");
    let server = example.start(images, &Environment::new())?;
    let image = image(images)?;
    println!("process {} listens on {}; attaching to {}", server.pid(), server.url, image.display());
    let tracer = Tracer::attach(&image, &TABLE, stop)?;
    println!("attached to {} probes; now there is traffic:\n", TABLE.probes.len());
    Ok((server, tracer))
}

/// A server that watches itself.
fn within(example: &Example, images: &Path, scratch: &Scratch, stop: &Stop) -> Result<(Server, Tracer)> {
    let tracer = Tracer::within(scratch.root(), &TABLE)?;
    println!("only root may attach to other processes, so the server will watch itself; starting it");
    let server = example.start(images, &tracer.environment())?;
    tracer.gate().wait(server.pid(), stop)?;
    println!("process {} listens on {}; now there is traffic:\n", server.pid(), server.url);
    Ok((server, tracer))
}

/// The file of ldapjs's probes.
fn image(images: &Path) -> Result<PathBuf> {
    let files = std::fs::read_dir(images).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let is_image = |file: &PathBuf| {
        file.file_name().is_some_and(|name| {
            let name = name.to_string_lossy();
            name.starts_with("ldapjs-") && name.ends_with(".so")
        })
    };
    match files.filter(is_image).collect::<Vec<_>>().as_slice() {
        [image] => Ok(image.clone()),
        [] => bail!("the server runs without probes: there is no image in {}", images.display()),
        several => bail!("one image was expected, and there are {}", several.len()),
    }
}

/// What servers are started with.
struct Servers {
    example: Example,
    environment: Environment,
    gate: Gate,
    images: PathBuf,
}

impl Servers {
    /// Half of the time one server works, then a second one beside it.
    fn drive(&self, first: Server, traffic: Duration, stop: &Stop) -> Result<Sent> {
        let half = traffic / 2;
        let mut sent = ldap::Counts::default();
        sent += self.example.traffic(&first.url, half, stop)?;
        let second = self.example.start(&self.images, &self.environment)?;
        self.gate.wait(second.pid(), stop)?;
        let both = std::thread::scope(|scope| {
            let beside = scope.spawn(|| self.example.traffic(&first.url, half, stop));
            let here = self.example.traffic(&second.url, half, stop);
            Ok::<_, anyhow::Error>([here?, beside.join().expect("waiting does not panic")?])
        })?;
        both.into_iter().for_each(|counts| sent += counts);
        first.stop()?;
        second.stop()?;
        sent.firings()
    }
}

/// What happened, and the commands that do the same.
fn by_hand(example: &Example, out: &mut impl Write, paint: Paint) -> io::Result<()> {
    let server = report::quoted(&example.dir().join("server.js").display().to_string());
    let image = "/tmp/ldap-probes/ldapjs-*.so";
    writeln!(out, "\n{}", paint.bold("What happened"))?;
    if tracer::is_within() {
        writeln!(
            out,
            "  Two servers watched themselves, the second one from half way on: a library that was loaded into"
        )?;
        writeln!(out, "  them found their probes. Everything is stopped and removed now.")?;
    } else {
        writeln!(
            out,
            "  A server put the image of its probes into a file, and usdt attached to that file. Half way a"
        )?;
        writeln!(
            out,
            "  second server started: it found the file, and usdt saw it too, without attaching again."
        )?;
        writeln!(out, "  Everything is stopped and removed now.")?;
    }
    writeln!(out, "\n{}", paint.bold("By hand"))?;
    writeln!(out, "  Start it, and use it:")?;
    writeln!(out, "      USDT_PROBES_DIR=/tmp/ldap-probes node {server} --port 1389")?;
    writeln!(out, "      ldapsearch -x -H ldap://127.0.0.1:1389 -b o=example '(sn=Euler)'")?;
    writeln!(out, "  Watch it:")?;
    writeln!(out, "      target/release/usdt list {image}")?;
    writeln!(out, "      sudo target/release/usdt watch server.js 'ldapjs:server-search-*'")?;
    writeln!(
        out,
        "      sudo target/release/usdt latency {image} server-search-start server-search-done --key arg0"
    )
}
