//! `cargo xtask demo node`: an LDAP server in JavaScript, whose source knows nothing of probes.
//!
//! The image of its probes exists from the moment when the server loads ldapjs, so the tracer attaches to it then, by the
//! path of the image's file. A second server that starts later has the same image, and the tracer sees it as well: the demo
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
use super::tracer::Tracer;
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
    if !rustix::process::geteuid().is_root() {
        let again = report::as_root(&["demo", "node"])?;
        bail!("only root may attach bpftrace. Type this:\n\n    {again}\n");
    }
    crate::setup::bpftrace()?;
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
    println!("starting the server");
    let server = example.start(&images)?;
    let image = image(&images)?;
    println!("process {} listens on {}; attaching bpftrace to {}", server.pid(), server.url, image.display());
    let tracer = Tracer::attach(&image, &TABLE, stop)?;
    println!("attached to {} probes; now there is traffic:\n", TABLE.probes.len());
    let example = example.clone();
    let driver = Driver::start(stop, move |stop| drive(&example, server, &images, traffic, stop));
    // `scratch` lives until everything has ended.
    watch(tracer, driver, Pairs::default(), stop)
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

/// Half of the time one server works, then a second one beside it.
fn drive(example: &Example, first: Server, images: &Path, traffic: Duration, stop: &Stop) -> Result<Sent> {
    let half = traffic / 2;
    let mut sent = ldap::Counts::default();
    sent += example.traffic(&first.url, half, stop)?;
    let second = example.start(images)?;
    let both = std::thread::scope(|scope| {
        let beside = scope.spawn(|| example.traffic(&first.url, half, stop));
        let here = example.traffic(&second.url, half, stop);
        Ok::<_, anyhow::Error>([here?, beside.join().expect("waiting does not panic")?])
    })?;
    both.into_iter().for_each(|counts| sent += counts);
    first.stop()?;
    second.stop()?;
    sent.firings()
}

/// What happened, and the commands that do the same.
fn by_hand(example: &Example, out: &mut impl Write, paint: Paint) -> io::Result<()> {
    writeln!(out, "\n{}", paint.bold("What happened"))?;
    writeln!(
        out,
        "  A server started, which put the image of its probes into a file. bpftrace attached to that file."
    )?;
    writeln!(
        out,
        "  Half way a second server started: it found the file, and bpftrace saw it too, without attaching"
    )?;
    writeln!(out, "  again. Everything is stopped and removed now.")?;
    writeln!(out, "\n{}", paint.bold("By hand"))?;
    writeln!(out, "  Start it, and use it:")?;
    let server = report::quoted(&example.dir().join("server.js").display().to_string());
    writeln!(out, "      USDT_PROBES_DIR=/tmp/ldap-probes node {server} --port 1389")?;
    writeln!(out, "      ldapsearch -x -H ldap://127.0.0.1:1389 -b o=example '(sn=Euler)'")?;
    let start = "ldapjs:server__search__start { printf(\"%s %s\\n\", str(arg3), str(arg5)); }";
    writeln!(out, "  Watch it:")?;
    writeln!(out, "      sudo bpftrace -l 'usdt:/tmp/ldap-probes/ldapjs-*.so:*'")?;
    writeln!(out, "      sudo bpftrace -e 'usdt:/tmp/ldap-probes/ldapjs-*.so:{start}'")
}
