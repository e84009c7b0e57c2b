//! What a thousand sites cost: bytes of the program's file, notes, and time to compile.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use super::tools::{cargo, finish, progress, root, stdout, workshop};

const SITES: usize = 1000;

/// How the sites of a program are spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Layout {
    /// A thousand sites of one probe, each in a function that calls others too, as functions with something to say do.
    Sites,
    /// A thousand sites of one probe, each in a function that calls nothing: the site's call makes it need a stack frame.
    LeafSites,
    /// A thousand probes with one site each, in functions that call others.
    Probes,
}

impl Layout {
    const ALL: [Self; 3] = [Self::Sites, Self::LeafSites, Self::Probes];

    fn name(self) -> &'static str {
        match self {
            Self::Sites => "sites",
            Self::LeafSites => "leaf-sites",
            Self::Probes => "probes",
        }
    }

    fn probe(self, site: usize) -> String {
        match self {
            Self::Sites | Self::LeafSites => "two".to_owned(),
            Self::Probes => format!("two_{site}"),
        }
    }

    /// A function with the site in it, unlike all others.
    fn function(self, number: usize, site: &str) -> String {
        let factor = 2 * number + 3;
        let body = match self {
            Self::LeafSites => format!("{site}\n    a.wrapping_mul({factor}).wrapping_add(b as u64)"),
            Self::Sites | Self::Probes => {
                format!("let a = before(a, {factor});\n    {site}\n    after(a, b).wrapping_mul({factor})")
            }
        };
        format!("#[inline(never)]\nfn work_{number}(a: u64, b: i32) -> u64 {{\n    {body}\n}}\n")
    }
}

/// What the functions call.
const OTHERS: &str = "
#[inline(never)]
fn before(a: u64, factor: u64) -> u64 {
    std::hint::black_box(a ^ factor)
}
#[inline(never)]
fn after(a: u64, b: i32) -> u64 {
    std::hint::black_box(a).wrapping_add(b as u64)
}
";

/// How one peer writes its probes.
#[derive(Clone, Copy)]
struct Peer {
    name: &'static str,
    dependency: &'static str,
    provider: fn(&[String]) -> String,
    site: fn(&str) -> String,
    flags: &'static str,
}

const NO_PROBE: Peer =
    Peer { name: "none", dependency: "", provider: |_| String::new(), site: |_| String::new(), flags: "" };

const OURS: Peer = Peer {
    name: "ours",
    dependency: "usdt-probes = { path = \"{root}\" }",
    provider: |probes| {
        module("#[usdt_probes::provider]\npub mod bench", probes, "    pub fn {}(a: u64, b: i32);\n")
    },
    site: |probe| format!("bench::{probe}(a, b);"),
    flags: "",
};

const PEERS: [Peer; 6] = [
    NO_PROBE,
    Peer {
        name: "usdt",
        dependency: "usdt = \"0.6\"",
        provider: |probes| module("#[usdt::provider]\nmod bench", probes, "    fn {}(a: u64, b: i32) {}\n"),
        site: |probe| format!("bench::{probe}!(|| (a, b));"),
        flags: "",
    },
    Peer {
        name: "probe",
        dependency: "probe = \"0.5\"",
        provider: |_| String::new(),
        site: |probe| format!("probe::probe!(bench, {probe}, a, b);"),
        flags: "",
    },
    Peer {
        name: "probe_lazy",
        dependency: "probe = \"0.5\"",
        provider: |_| String::new(),
        site: |probe| format!("probe::probe_lazy!(bench, {probe}, a, b);"),
        flags: "",
    },
    OURS,
    Peer { name: "ours_undescribed", flags: "--cfg usdt_probes_undescribed", ..OURS },
];

fn module(head: &str, probes: &[String], line: &str) -> String {
    let lines: String = probes.iter().map(|probe| line.replacen("{}", probe, 1)).collect();
    format!("{head} {{\n{lines}}}\n")
}

/// One program, without what the same program without probes has.
pub(super) struct Size {
    pub(super) peer: &'static str,
    pub(super) layout: Layout,
    pub(super) file: i64,
    pub(super) stripped: i64,
    pub(super) notes: usize,
    /// Seconds for the last crate, linking included; of the program without probes too.
    pub(super) compile: f64,
}

pub(super) fn measure(builds: usize) -> Result<Vec<Size>> {
    let mut sizes = Vec::new();
    for layout in Layout::ALL {
        let measured: Result<Vec<Built>> =
            PEERS.iter().map(|peer| Built::new(peer, layout, builds)).collect();
        let measured = measured?;
        let empty = measured.first().context("nothing was built")?;
        sizes.extend(measured.iter().map(|built| Size {
            peer: built.peer,
            layout,
            file: built.file - empty.file,
            stripped: built.stripped - empty.stripped,
            notes: built.notes,
            compile: built.compile,
        }));
    }
    Ok(sizes)
}

struct Built {
    peer: &'static str,
    file: i64,
    stripped: i64,
    notes: usize,
    compile: f64,
}

impl Built {
    fn new(peer: &Peer, layout: Layout, builds: usize) -> Result<Self> {
        progress(&format!("{SITES} {} of {}", layout.name(), peer.name));
        // One name for all: it is part of every symbol.
        let name = "bench-size";
        let directory = workshop().join("size").join(format!("{}-{}", layout.name(), peer.name));
        let target =
            workshop().join("size").join(if peer.flags.is_empty() { "target" } else { "target-flags" });
        write_crate(&directory, name, peer.dependency)?;
        let source = source(peer, layout);
        let build = || -> Result<f64> {
            // Written anew, it is compiled anew.
            fs::write(directory.join("src/main.rs"), &source)?;
            let begin = Instant::now();
            finish(
                cargo(&directory, &target)
                    .args(["build", "--release", "--offline"])
                    .env("RUSTFLAGS", peer.flags),
            )?;
            Ok(begin.elapsed().as_secs_f64())
        };
        // The first one compiles the dependencies too.
        build()?;
        let compile =
            (0..builds).map(|_| build()).try_fold(f64::INFINITY, |least, time| time.map(|t| least.min(t)))?;
        let program = target.join("release").join(name);
        let stripped = program.with_extension("stripped");
        finish(Command::new("strip").arg("-o").arg(&stripped).arg(&program))?;
        let notes = stdout("readelf", ["--notes".as_ref(), program.as_os_str()])?;
        let notes = notes.lines().filter(|line| line.trim_start().starts_with("Provider:")).count();
        Ok(Self { peer: peer.name, file: length(&program)?, stripped: length(&stripped)?, notes, compile })
    }
}

fn length(path: &PathBuf) -> Result<i64> {
    Ok(i64::try_from(fs::metadata(path)?.len())?)
}

/// A crate of its own, in no workspace, whose dependencies have been fetched.
pub(super) fn write_crate(directory: &Path, name: &str, dependency: &str) -> Result<()> {
    let dependency = dependency.replace("{root}", &root().display().to_string());
    let manifest = format!(
        "[workspace]\n\n[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{dependency}\n"
    );
    fs::create_dir_all(directory.join("src"))?;
    fs::write(directory.join("Cargo.toml"), manifest)?;
    fs::write(directory.join("src/main.rs"), "fn main() {}\n")?;
    finish(cargo(directory, &directory.join("target")).arg("fetch"))?;
    Ok(())
}

/// A program of many functions, each unlike the others, with one site each.
fn source(peer: &Peer, layout: Layout) -> String {
    let mut probes: Vec<String> = (0..SITES).map(|site| layout.probe(site)).collect();
    let sites: Vec<String> = probes.iter().map(|probe| (peer.site)(probe)).collect();
    probes.dedup();
    let mut text = (peer.provider)(&probes);
    text.push_str(OTHERS);
    let functions = sites.iter().enumerate().map(|(number, site)| layout.function(number, site));
    text.extend(functions);
    // Writing to a `String` can't fail.
    let names: String = (0..SITES).map(|number| format!("work_{number}, ")).collect();
    let _ = writeln!(
        text,
        "static WORK: [fn(u64, i32) -> u64; {SITES}] = [{names}];\nfn main() {{\n    \
         let count = std::env::args().count() as u64;\n    \
         println!(\"{{}}\", WORK.iter().fold(0, |sum, work| sum ^ work(count, 7)));\n}}"
    );
    text
}
