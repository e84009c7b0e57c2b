//! D files in build scripts.

use std::path::{Path, PathBuf};

use usdt_core::dfile::{self, RustOptions};

use crate::Error;

/// Turns the providers of a D file into a Rust file, from a build script.
///
/// ```no_run
/// // build.rs
/// # fn example() -> Result<(), usdt_probes::Error> {
/// usdt_probes::Builder::new("orders.d").build()?;
/// # Ok(()) }
/// ```
///
/// and in the program `include!(concat!(env!("OUT_DIR"), "/orders.rs"));`. The build script needs this crate with the
/// feature `build` among the `[build-dependencies]`.
#[derive(Clone, Debug)]
pub struct Builder {
    source: PathBuf,
    out: PathBuf,
    options: RustOptions,
}

impl Builder {
    /// A builder for this D file. A relative path starts at the package's `Cargo.toml`.
    pub fn new(file: impl AsRef<Path>) -> Builder {
        let source = file.as_ref().to_path_buf();
        Builder { out: source.with_extension("rs"), source, options: RustOptions::default() }
    }

    /// The name of the Rust file in `OUT_DIR`. It is the D file's, with the extension `.rs`, unless said here.
    pub fn out_file(mut self, file: impl AsRef<Path>) -> Builder {
        self.out = file.as_ref().with_extension("rs");
        self
    }

    /// The name of the module, where it isn't to be the provider's. The file must then hold one provider.
    pub fn module(mut self, module: &str) -> Builder {
        self.options.module = Some(module.to_owned());
        self
    }

    /// How a probe's Rust name is made from `{provider}` and `{probe}`.
    pub fn probe_format(mut self, format: &str) -> Builder {
        self.options.probe_format = Some(format.to_owned());
        self
    }

    /// The path of this crate in the program, where it isn't `::usdt_probes`.
    pub fn crate_path(mut self, path: &str) -> Builder {
        self.options.krate = path.to_owned();
        self
    }

    /// Writes the Rust file. Cargo runs the build script again when the D file changes.
    ///
    /// # Errors
    ///
    /// Where the D file can't be read or has a mistake (the message has its place as `file:line:column`), the Rust file
    /// can't be written, or `OUT_DIR` isn't set.
    pub fn build(self) -> Result<(), Error> {
        println!("cargo::rerun-if-changed={}", self.source.display());
        let io = |path: &Path, source| Error::Io { path: path.to_owned(), source };
        let source = std::fs::read_to_string(&self.source).map_err(|e| io(&self.source, e))?;
        let parsed =
            dfile::parse(&source).map_err(|source| Error::Parse { path: self.source.clone(), source })?;
        for ignored in &parsed.ignored {
            println!("cargo::warning={}:{ignored}", self.source.display());
        }
        let rust = parsed
            .to_rust(&self.options)
            .map_err(|error| Error::Option(format!("{}: {error}", self.source.display())))?;
        let name =
            self.out.file_name().ok_or_else(|| Error::Option("the Rust file has no name".to_owned()))?;
        let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or(Error::Env("OUT_DIR"))?).join(name);
        std::fs::write(&out, rust).map_err(|e| io(&out, e))
    }
}
