//! Small programs, built for one test: a Cargo package, or a C file.
//!
//! Everything is under `target/testkit`, named after a hash of what it is made of: the same program is built once, two
//! programs never share a file, and what a failed test built can be looked at.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use rustix::fs::FlockOperation;
use serde_json::Value;

use crate::tool;

/// The directory of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("testkit stands in the workspace").to_owned()
}

/// Cargo's directory for what it builds; ours for what is fetched and made.
#[must_use]
pub fn target_dir() -> PathBuf {
    workspace().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Where everything is built.
#[must_use]
pub fn build_dir() -> PathBuf {
    target_dir().join("testkit")
}

/// A package of one file, and how to build it.
#[derive(Debug, Clone, Hash)]
pub struct CargoProject {
    name: String,
    file: &'static str,
    source: String,
    library: Option<String>,
    files: Vec<(String, String)>,
    dependencies: Vec<(String, String)>,
    toml: String,
    rustflags: Vec<String>,
    release: bool,
    arguments: Vec<String>,
    env: Vec<(String, String)>,
}

impl CargoProject {
    /// A program; `main_rs` is its source.
    #[must_use]
    pub fn program(name: &str, main_rs: &str) -> Self {
        Self {
            name: name.to_owned(),
            file: "src/main.rs",
            source: main_rs.to_owned(),
            library: None,
            files: Vec::new(),
            dependencies: Vec::new(),
            toml: String::new(),
            rustflags: Vec::new(),
            release: false,
            arguments: Vec::new(),
            env: Vec::new(),
        }
    }

    /// A library of a crate type that gives a file of its own (`cdylib`, `dylib`, `staticlib`, `rlib`).
    #[must_use]
    pub fn library(name: &str, lib_rs: &str, crate_type: &str) -> Self {
        let library = Some(crate_type.to_owned());
        Self { file: "src/lib.rs", library, ..Self::program(name, lib_rs) }
    }

    /// Adds a file (`build.rs`, `src/other.rs`, `orders.d`).
    #[must_use]
    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.to_owned(), text.to_owned()));
        self
    }

    /// Adds a dependency; `toml` is the right side in Cargo.toml: `"1"` with its quotes, or `{ path = "…" }`.
    #[must_use]
    pub fn dependency(mut self, name: &str, toml: &str) -> Self {
        self.dependencies.push((name.to_owned(), toml.to_owned()));
        self
    }

    /// Depends on the package in `directory` of the workspace (`"."` is its root package).
    #[must_use]
    pub fn workspace_dependency(self, name: &str, directory: &str) -> Self {
        let path = workspace().join(directory);
        self.dependency(name, &format!("{{ path = {:?} }}", path.display().to_string()))
    }

    /// Appends to Cargo.toml, e.g. `[profile.release]` with `lto = "fat"`.
    #[must_use]
    pub fn toml(mut self, text: &str) -> Self {
        self.toml.push_str(text);
        self.toml.push('\n');
        self
    }

    /// Adds flags for rustc, one a string; a flag may hold spaces.
    #[must_use]
    pub fn rustflags(mut self, flags: &[&str]) -> Self {
        self.rustflags.extend(flags.iter().map(|&flag| flag.to_owned()));
        self
    }

    /// Links with what `-fuse-ld=NAME` of the C compiler selects (`bfd`, `lld`, `gold`).
    #[must_use]
    pub fn linker(self, name: &str) -> Self {
        self.rustflags(&["-Clinker-features=-lld", &format!("-Clink-arg=-fuse-ld={name}")])
    }

    /// Links with the `ld` in `directory`, as `gcc -B` takes it.
    #[must_use]
    pub fn linker_in(self, directory: &Path) -> Self {
        self.rustflags(&["-Clinker-features=-lld", &format!("-Clink-arg=-B{}", directory.display())])
    }

    /// Builds with the release profile.
    #[must_use]
    pub fn release(mut self) -> Self {
        self.release = true;
        self
    }

    /// Adds arguments to `cargo build` (`--target`, `--features`).
    #[must_use]
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// Sets a variable of cargo's environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Builds it and gives the program or the library.
    ///
    /// # Errors
    ///
    /// What the compiler said.
    pub fn build(&self) -> Result<PathBuf> {
        let dir = self.write()?;
        // Two builds that share a target directory put their results in one place: until the copy is made, it's ours.
        let _lock = lock()?;
        let output = tool::output_of(&mut self.command(&dir))?;
        let messages = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            bail!(
                "cargo build of {}:\n{}{}",
                dir.display(),
                rendered(&messages),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let built =
            artifact(&messages, &self.name).with_context(|| format!("cargo built no {}", self.name))?;
        let copy = dir.join(built.file_name().context("a built file has a name")?);
        install(&built, &copy)?;
        Ok(copy)
    }

    fn write(&self) -> Result<PathBuf> {
        let dir = build_dir().join("projects").join(format!("{}-{:016x}", self.name, hash(self)));
        write_if_changed(&dir.join("Cargo.toml"), &self.manifest())?;
        write_if_changed(&dir.join(self.file), &self.source)?;
        for (path, text) in &self.files {
            write_if_changed(&dir.join(path), text)?;
        }
        // The versions that the workspace was tested with.
        let (ours, theirs) = (workspace().join("Cargo.lock"), dir.join("Cargo.lock"));
        if ours.exists() && !theirs.exists() {
            fs::copy(ours, theirs)?;
        }
        Ok(dir)
    }

    fn manifest(&self) -> String {
        let Self { name, toml, .. } = self;
        let library = self
            .library
            .as_ref()
            .map(|kind| format!("[lib]\ncrate-type = [\"{kind}\"]\n"))
            .unwrap_or_default();
        let dependencies: String =
            self.dependencies.iter().map(|(name, toml)| format!("{name} = {toml}\n")).collect();
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
             [workspace]\n\n{library}\n[dependencies]\n{dependencies}\n{toml}"
        )
    }

    fn command(&self, dir: &Path) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(dir).args(["build", "--quiet", "--message-format=json"]);
        command.arg("--target-dir").arg(build_dir().join("target"));
        if self.release {
            command.arg("--release");
        }
        command.args(&self.arguments);
        command.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", self.rustflags.join("\x1f"));
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// Compiles a C program (or, with `-shared -fPIC`, a library) with `gcc -O2`.
///
/// # Errors
///
/// What the compiler said.
pub fn gcc(source: &str, flags: &[&str]) -> Result<PathBuf> {
    let dir = build_dir().join("c").join(format!("{:016x}", hash(&(source, flags))));
    let program = dir.join("program");
    let _lock = lock()?;
    if !program.exists() {
        let file = dir.join("program.c");
        write_if_changed(&file, source)?;
        let unfinished = dir.join("unfinished");
        tool::stdout_of(Command::new("gcc").arg("-O2").arg(&file).arg("-o").arg(&unfinished).args(flags))?;
        fs::rename(unfinished, &program)?;
    }
    Ok(program)
}

/// A copy of the built file `path` for the test called `test` alone.
///
/// A tracer that attaches by path sees every process that runs the file: two tests that run at the same time would see
/// each other's.
///
/// # Errors
///
/// If it can't be copied.
pub fn own_copy(path: &Path, test: &str) -> Result<PathBuf> {
    let name = path.file_name().context("a built file has a name")?;
    let copy = path.parent().context("a built file stands in a directory")?.join(test).join(name);
    fs::create_dir_all(copy.parent().context("it was made of a directory")?)?;
    let _lock = lock()?;
    install(path, &copy)?;
    Ok(copy)
}

/// Keeps every other build out until the returned file is closed.
fn lock() -> Result<File> {
    fs::create_dir_all(build_dir())?;
    let file = File::create(build_dir().join("lock"))?;
    rustix::fs::flock(&file, FlockOperation::LockExclusive)?;
    Ok(file)
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Leaves the time of a file alone that holds `text` already, so that cargo takes it for unchanged.
fn write_if_changed(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().context("a file stands in a directory")?)?;
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

/// Puts a copy of `from` at `to`, unless it is there; a running program keeps its own file.
fn install(from: &Path, to: &Path) -> Result<()> {
    let new = fs::read(from)?;
    if fs::read(to).is_ok_and(|old| old == new) {
        return Ok(());
    }
    copy(from, to)
}

/// Puts a copy of a program, or of a library, at `to`; whoever runs an old one keeps it.
///
/// By another process: what is open for writing can't be run, and a child that some other test starts at that moment would hold
/// it open.
///
/// # Errors
///
/// If it can't be copied.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    // Ids of threads are those of one process.
    let who = format!("unfinished-{}-{:?}", std::process::id(), std::thread::current().id());
    let unfinished = to.with_extension(who);
    tool::stdout_of(Command::new("cp").arg("--").args([from, &unfinished]))?;
    Ok(fs::rename(unfinished, to)?)
}

/// The file that cargo says it built for the package `name`.
fn artifact(messages: &str, name: &str) -> Result<PathBuf> {
    let mut messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_package = |message: &Value| {
        let target = message["target"]["name"].as_str().unwrap_or_default();
        message["reason"] == "compiler-artifact" && target.replace('-', "_") == name.replace('-', "_")
    };
    let built = messages.rfind(of_package).context("no message about it")?;
    let path = built["executable"].as_str().or_else(|| built["filenames"][0].as_str()).context("no file")?;
    ensure!(Path::new(path).is_file(), "{path} is no file");
    Ok(path.into())
}

/// The compiler's own words among cargo's messages.
fn rendered(messages: &str) -> String {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages.filter_map(|message| message["message"]["rendered"].as_str().map(str::to_owned)).collect()
}
