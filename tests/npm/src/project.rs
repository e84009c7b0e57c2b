//! A user's project.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::Registry;

/// A project in a directory of its own, and a home that is empty; both go on drop.
#[derive(Debug)]
pub struct Project {
    directory: TempDir,
}

impl Project {
    /// A project with these files.
    ///
    /// # Errors
    ///
    /// If they can't be written.
    pub fn new(files: &[(&str, &str)]) -> Result<Self> {
        // Inside the workspace's own directory, so that the toolbox can share it.
        let parent = testkit::build::build_dir();
        fs::create_dir_all(&parent)?;
        let project = Self { directory: tempfile::Builder::new().prefix("project-").tempdir_in(parent)? };
        for directory in ["home", "bin"] {
            fs::create_dir(project.path().join(directory))?;
        }
        for program in ["node", "npm", "sh", "env"] {
            symlink(on_path(program)?, project.path().join("bin").join(program))?;
        }
        for (name, text) in files {
            fs::write(project.path().join(name), text)?;
        }
        Ok(project)
    }

    /// Its directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Where its programs' images are.
    #[must_use]
    pub fn probes(&self) -> PathBuf {
        self.path().join("probes")
    }

    /// `program` in the project, with an environment that holds nothing of this machine's.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.path().join("bin").join(program));
        command.current_dir(self.path()).env_clear();
        self.environment(&mut command);
        command
    }

    /// Sets what [`Project::command`] sets for another command.
    pub fn environment(&self, command: &mut Command) {
        command.env("PATH", self.path().join("bin")).env("HOME", self.path().join("home"));
        command.env("USDT_PROBES_DIR", self.probes());
    }

    /// Installs what its package.json asks for, with these arguments besides, and gives what npm said.
    ///
    /// # Errors
    ///
    /// What npm said, if it failed.
    pub fn install(&self, registry: &Registry, arguments: &[&str]) -> Result<String> {
        let mut npm = self.command("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--registry", registry.url()]).args(arguments);
        let output = npm.output()?;
        let said = text(&output);
        ensure!(output.status.success(), "npm install: {}\n{said}", output.status);
        Ok(said)
    }

    /// The directories below `node_modules/@usdt-probes`: the platforms whose native part was installed.
    #[must_use]
    pub fn platforms(&self) -> Vec<String> {
        let entries =
            fs::read_dir(self.path().join("node_modules/@usdt-probes")).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The file of the image of `provider`.
    ///
    /// # Errors
    ///
    /// If there isn't exactly one.
    pub fn image(&self, provider: &str) -> Result<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.probes())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with(&format!("{provider}-")) && name.ends_with(".so") {
                found.push(path);
            }
        }
        match &found[..] {
            [image] => Ok(image.clone()),
            _ => bail!("one image of {provider} is expected in {}: {found:?}", self.probes().display()),
        }
    }
}

fn on_path(program: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file());
    // npm finds its own files from where it really is.
    let file = found.with_context(|| format!("no {program}: `cargo xtask setup node` installs it"))?;
    file.canonicalize().with_context(|| file.display().to_string())
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
