//! `package.json` of every package: the main one's as it stands in the repository and what is added when it is packed, the
//! platforms' from the table.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use super::platform::{PLATFORMS, Platform};

/// The workspace's own words, which all its packages share.
const VERSION: &str = env!("CARGO_PKG_VERSION");
const LICENCE: &str = env!("CARGO_PKG_LICENSE");
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The name of the native part in a platform's package.
pub(crate) const NATIVE: &str = "usdt-probes.node";

/// The main package's `package.json`, in which nothing contradicts the workspace.
pub(crate) struct Main(Map<String, Value>);

impl Main {
    /// Reads and checks it.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    fn parse(text: &str) -> Result<Self> {
        let fields: Map<String, Value> = serde_json::from_str(text)?;
        for (field, expected) in [("name", "usdt-probes"), ("version", VERSION), ("license", LICENCE)] {
            let found = fields.get(field).and_then(Value::as_str).unwrap_or_default();
            ensure!(found == expected, "{field} is {found:?}, the workspace says {expected:?}");
        }
        for field in ["dependencies", "optionalDependencies", "bundleDependencies", "gypfile"] {
            ensure!(!fields.contains_key(field), "{field} has no place in it");
        }
        for script in ["preinstall", "install", "postinstall", "prepare", "prepublish"] {
            ensure!(
                fields.get("scripts").is_none_or(|s| s.get(script).is_none()),
                "it runs a script: {script}"
            );
        }
        Ok(Self(fields))
    }

    /// The files and directories that go into the package besides those that always do.
    pub(crate) fn files(&self) -> Result<Vec<&str>> {
        let files = self.0.get("files").and_then(Value::as_array).context("no list of files")?;
        files.iter().map(|file| file.as_str().context("a file's name is a string")).collect()
    }

    /// As it is packed: with the platforms' packages at its own version, without what only developers need.
    pub(crate) fn packed(&self) -> Value {
        let mut fields = self.0.clone();
        fields.retain(|name, _| !["scripts", "devDependencies", "private"].contains(&name.as_str()));
        fields.insert("repository".to_owned(), repository());
        let platforms = PLATFORMS.iter().map(|platform| (platform.package(), json!(VERSION)));
        fields.insert("optionalDependencies".to_owned(), Value::Object(platforms.collect()));
        Value::Object(fields)
    }
}

/// The `package.json` of a platform's package.
pub(crate) fn of_platform(platform: &Platform) -> Value {
    let mut fields = json!({
        "name": platform.package(),
        "version": VERSION,
        "description": format!("The native part of usdt-probes for {}", platform.name),
        "license": LICENCE,
        "repository": repository(),
        "os": [platform.os],
        "cpu": [platform.cpu],
        "main": NATIVE,
        "files": [NATIVE],
        "engines": { "node": ">=18" },
    });
    if let Some(libc) = platform.libc {
        fields["libc"] = json!([libc]);
    }
    fields
}

fn repository() -> Value {
    json!({ "type": "git", "url": format!("git+{REPOSITORY}.git") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn main(change: impl FnOnce(&mut Value)) -> Result<Main> {
        let mut value = json!({
            "name": "usdt-probes", "version": VERSION, "license": LICENCE,
            "files": ["lib"], "scripts": { "test": "node --test" },
        });
        change(&mut value);
        Main::parse(&value.to_string())
    }

    #[test]
    fn a_contradiction_is_refused() {
        main(|_| {}).expect("it agrees");
        for (field, value) in [
            ("version", json!("0.0.9")),
            ("license", json!("MIT")),
            ("name", json!("usdt")),
            ("dependencies", json!({ "left-pad": "1" })),
            ("scripts", json!({ "postinstall": "node-gyp rebuild" })),
        ] {
            assert!(main(|manifest| manifest[field] = value).is_err(), "{field}");
        }
    }

    #[test]
    fn the_main_package_asks_for_each_platform_at_its_own_version() {
        let packed = main(|_| {}).expect("it agrees").packed();
        let asked = packed["optionalDependencies"].as_object().expect("platforms");
        assert_eq!(asked.len(), PLATFORMS.len());
        for platform in &PLATFORMS {
            let made = of_platform(platform);
            assert_eq!(asked[made["name"].as_str().expect("a name")], made["version"]);
        }
        assert!(packed.get("scripts").is_none());
    }
}
