//! What a thread says of itself.

use std::borrow::Cow;
use std::time::Duration;

use percent_encoding::percent_decode_str;

/// A thread that was asked.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    /// `None`: the main thread.
    pub(super) worker: Option<Worker>,
    pub(super) doing: Doing,
}

/// A worker thread.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Worker {
    pub(super) id: String,
    /// The file that it was started with.
    pub(super) file: String,
}

/// What a thread was doing.
#[derive(Debug, PartialEq)]
pub(super) enum Doing {
    /// It ran JavaScript, and stood still for that time.
    Running { frames: Vec<Frame>, parents: Vec<Parent>, paused: Duration },
    /// It waited for something to happen: for one of these.
    Idle { resources: Vec<String> },
    /// It didn't answer: it runs native code.
    Silent,
    /// Another debugger holds it.
    Held { frames: Vec<Frame> },
}

/// A function that is running.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Frame {
    /// Empty if it has no name.
    pub(super) function: String,
    /// A path, or the URL if it isn't a file's. Empty if it has none.
    pub(super) file: String,
    /// From 1 on.
    pub(super) line: u64,
    /// From 1 on.
    pub(super) column: u64,
    pub(super) scopes: Vec<Scope>,
}

/// What has led to the innermost function, asynchronously.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parent {
    /// `await`, `Promise.then`, `setTimeout`.
    pub(super) description: String,
    pub(super) frames: Vec<Frame>,
}

/// Variables that a function sees.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scope {
    /// `local`, `block`, `closure` …
    pub(super) kind: String,
    /// Names, and values as JavaScript writes them.
    pub(super) variables: Vec<(String, String)>,
    /// Whether there are more.
    pub(super) is_cut: bool,
}

/// The path of a `file:` URL; other names stay as they are.
pub(super) fn path(url: &str) -> String {
    let Some(path) = url.strip_prefix("file://") else { return url.to_owned() };
    // What is no path stays as it is, too.
    percent_decode_str(path).decode_utf8().map_or_else(|_| url.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_urls() {
        assert_eq!(path("file:///srv/my%20app/%C3%A9.js"), "/srv/my app/é.js");
        assert_eq!(path("file:///a%zz%4"), "/a%zz%4");
        assert_eq!(path("file:///%ff"), "file:///%ff");
        assert_eq!(path("node:internal/timers"), "node:internal/timers");
    }
}
