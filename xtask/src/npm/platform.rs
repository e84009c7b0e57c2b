//! The table of platforms: what npm calls each, and how its native part is made.

/// A platform that has a package of its own.
pub(crate) struct Platform {
    /// The name of the package after `@usdt-probes/`.
    pub(crate) name: &'static str,
    /// What npm compares with `process.platform`.
    pub(crate) os: &'static str,
    /// What npm compares with `process.arch`.
    pub(crate) cpu: &'static str,
    /// Which C library, where there are several.
    pub(crate) libc: Option<&'static str>,
    pub(crate) made: Made,
}

/// Where its native part can be made.
pub(crate) enum Made {
    Here(Recipe),
    /// Why not, in words for a person.
    Elsewhere(&'static str),
}

/// How to build for a platform.
pub(crate) struct Recipe {
    /// The target in Rust's words.
    pub(crate) target: &'static str,
    /// The target of the linker: with the version of the C library that is enough.
    pub(crate) links_for: &'static str,
    /// Where the compiler and the standard library come from.
    pub(crate) compiler: Compiler,
    /// The newest version of glibc's symbols that may be asked for; none where that library isn't used.
    pub(crate) newest_glibc: Option<(u32, u32)>,
    /// The libraries that the file may ask for.
    pub(crate) needs: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compiler {
    /// This machine's.
    Machine,
    /// The toolbox's, with a standard library that Debian built.
    Toolbox,
    /// The toolbox's, and the standard library is built along.
    ToolboxWithStd,
}

/// What official builds of Node 18 need, the oldest that is supported.
const NODE_18_GLIBC: (u32, u32) = (2, 28);

const GLIBC_X64: Recipe = Recipe {
    target: "x86_64-unknown-linux-gnu",
    links_for: "x86_64-linux-gnu.2.17",
    compiler: Compiler::Machine,
    newest_glibc: Some(NODE_18_GLIBC),
    needs: &["libc.so.6", "ld-linux-x86-64.so.2", "libpthread.so.0", "libdl.so.2"],
};

const GLIBC_ARM64: Recipe = Recipe {
    target: "aarch64-unknown-linux-gnu",
    links_for: "aarch64-linux-gnu.2.17",
    compiler: Compiler::Toolbox,
    newest_glibc: Some(NODE_18_GLIBC),
    needs: &["libc.so.6", "ld-linux-aarch64.so.1", "libpthread.so.0", "libdl.so.2"],
};

const MUSL_X64: Recipe = Recipe {
    target: "x86_64-unknown-linux-musl",
    links_for: "x86_64-linux-musl",
    compiler: Compiler::ToolboxWithStd,
    newest_glibc: None,
    needs: &["libc.so"],
};

const MUSL_ARM64: Recipe = Recipe {
    target: "aarch64-unknown-linux-musl",
    links_for: "aarch64-linux-musl",
    compiler: Compiler::ToolboxWithStd,
    newest_glibc: None,
    needs: &["libc.so"],
};

/// All of them, in the order in which the packages list them.
pub(crate) const PLATFORMS: [Platform; 7] = [
    linux("linux-x64-gnu", "x64", "glibc", GLIBC_X64),
    linux("linux-x64-musl", "x64", "musl", MUSL_X64),
    linux("linux-arm64-gnu", "arm64", "glibc", GLIBC_ARM64),
    linux("linux-arm64-musl", "arm64", "musl", MUSL_ARM64),
    elsewhere("darwin-x64", "darwin", "x64", "it takes a Mac to link and to try"),
    elsewhere("darwin-arm64", "darwin", "arm64", "it takes a Mac to link and to try"),
    elsewhere("freebsd-x64", "freebsd", "x64", "it takes FreeBSD to link and to try"),
];

/// What is made first, and what this machine's own Node loads.
pub(crate) const OWN: &Recipe = &GLIBC_X64;

const fn linux(name: &'static str, cpu: &'static str, libc: &'static str, recipe: Recipe) -> Platform {
    Platform { name, os: "linux", cpu, libc: Some(libc), made: Made::Here(recipe) }
}

const fn elsewhere(name: &'static str, os: &'static str, cpu: &'static str, why: &'static str) -> Platform {
    Platform { name, os, cpu, libc: None, made: Made::Elsewhere(why) }
}

impl Platform {
    /// The name of its package.
    pub(crate) fn package(&self) -> String {
        format!("@usdt-probes/{}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_npm_compares() {
        for Platform { name, os, cpu, libc, .. } in &PLATFORMS {
            let libc = libc.map_or("", |libc| if libc == "glibc" { "-gnu" } else { "-musl" });
            assert_eq!(*name, format!("{os}-{cpu}{libc}"));
        }
    }
}
