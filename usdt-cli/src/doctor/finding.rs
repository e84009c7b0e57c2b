//! What was found, and how it is shown.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::printable::printable;
use crate::terminal::{BAD, FAINT, GOOD, STRONG, paint};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) state: State,
    /// What was looked at, in a word or two; the probe, where it is about one.
    pub(super) topic: String,
    /// How it is.
    pub(super) what: String,
    /// What helps, where something has to.
    pub(super) remedy: Option<String>,
}

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// It stands in the way of something.
    Warn,
    /// It stands in the way of everything.
    Fail,
}

impl Finding {
    pub(super) fn ok(topic: &str, what: impl Into<String>) -> Finding {
        Finding { state: State::Ok, topic: topic.to_owned(), what: what.into(), remedy: None }
    }

    pub(super) fn warn(topic: &str, what: impl Into<String>, remedy: impl Into<String>) -> Finding {
        let remedy = Some(remedy.into());
        Finding { state: State::Warn, topic: topic.to_owned(), what: what.into(), remedy }
    }

    pub(super) fn fail(topic: &str, what: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding { state: State::Fail, ..Finding::warn(topic, what, remedy) }
    }
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "fail",
        }
    }

    fn painted(self) -> String {
        let style = match self {
            State::Ok => GOOD,
            State::Warn => STRONG,
            State::Fail => BAD,
        };
        paint(style, format_args!("{:4}", self.word()))
    }
}

/// The widest topic that the others are aligned with.
const TOPIC_MOST: usize = 36;

/// Lines for people: a state, a topic, what it is; what helps is in a line of its own.
pub(super) fn text(findings: &[Finding]) -> String {
    let widths = findings.iter().map(|finding| finding.topic.chars().count());
    let width = widths.max().unwrap_or(0).min(TOPIC_MOST);
    let mut text = String::new();
    for finding in findings {
        let (state, topic, what) =
            (finding.state.painted(), printable(&finding.topic), printable(&finding.what));
        // Writing to a string can't fail.
        let _ = writeln!(text, "{state}  {topic:width$}  {what}");
        if let Some(remedy) = &finding.remedy {
            let _ = writeln!(text, "{:6}{:width$}  {}", "", "", paint(FAINT, printable(remedy)));
        }
    }
    text
}

/// The same for programs.
pub(super) fn json(findings: &[Finding]) -> Value {
    let one = |finding: &Finding| {
        json!({
            "state": finding.state.word(),
            "topic": finding.topic,
            "what": finding.what,
            "remedy": finding.remedy,
        })
    };
    findings.iter().map(one).collect()
}

/// Whether something fails.
pub(super) fn fails(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.state == State::Fail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_aligned_and_remedies_stand_below() {
        let findings =
            [Finding::ok("kernel", "has uprobes"), Finding::fail("privileges", "none", "become root")];
        let plain = anstream::adapter::strip_str(&text(&findings)).to_string();
        assert_eq!(
            plain,
            "ok    kernel      has uprobes\nfail  privileges  none\n                  become root\n"
        );
    }

    #[test]
    fn a_hostile_name_reaches_no_terminal() {
        let text = text(&[Finding::ok("\u{1b}[2J", "\u{7}a\nb")]);
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(plain, "ok    \\u{1b}[2J  \\u{7}a\\nb\n");
    }

    #[test]
    fn json_has_the_same() {
        let value = json(&[Finding::warn("tracefs", "not mounted", "mount it")]);
        let expected =
            json!([{"state": "warn", "topic": "tracefs", "what": "not mounted", "remedy": "mount it"}]);
        assert_eq!(value, expected);
    }
}
