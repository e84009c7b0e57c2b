//! What may stand on the command line.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
A key-value store over HTTP, with probes.

Usage: kv-service [--listen ADDR] [--data FILE] [--record COUNT]

  --listen ADDR    where to listen; 127.0.0.1:0 by default, which takes a free port and prints it
  --data FILE      the log that holds the data; kv.log by default, created if it is not there
  --record COUNT   keep the last COUNT firings in memory, for `usdt core`; needs the feature `recorder`
  --help           this text

  GET, PUT, DELETE /kv/{key}    a value
  GET /keys?prefix=PREFIX       keys, one a line
  GET /report                   reads everything; slow
";

/// The command line, understood.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    /// How many firings are kept.
    pub(crate) record: Option<usize>,
}

impl Options {
    /// `None` is the wish for help.
    pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Option<Self>, String> {
        let mut options =
            Self { listen: (Ipv4Addr::LOCALHOST, 0).into(), data: "kv.log".into(), record: None };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{} wants a value", word.display()));
            match word.to_str() {
                Some("--help" | "-h") => return Ok(None),
                Some("--data") => options.data = value()?.into(),
                Some("--listen") => options.listen = address(&value()?)?,
                Some("--record") => options.record = Some(count(&value()?)?),
                _ => return Err(format!("unknown argument {}", word.display())),
            }
        }
        Ok(Some(options))
    }
}

fn address(text: &OsString) -> Result<SocketAddr, String> {
    let parsed = text.to_str().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| format!("{} is not an address such as 127.0.0.1:8080", text.display()))
}

fn count(text: &OsString) -> Result<usize, String> {
    let parsed = text.to_str().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| format!("{} is not a count of firings", text.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Options>, String> {
        Options::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn defaults_values_and_mistakes() {
        let defaults = parse("").unwrap().unwrap();
        assert_eq!(defaults.listen.to_string(), "127.0.0.1:0");
        assert_eq!(defaults.record, None);
        let given = parse("--data x --listen [::1]:80 --record 9").unwrap().unwrap();
        assert_eq!((given.data, given.listen.port(), given.record), ("x".into(), 80, Some(9)));
        assert_eq!(parse("--data x --help").unwrap(), None);
        assert!(parse("--listen").unwrap_err().contains("--listen wants a value"));
        assert!(parse("--listen here").unwrap_err().contains("here is not an address"));
        assert!(parse("--record all").unwrap_err().contains("all is not a count"));
        assert!(parse("more").unwrap_err().contains("unknown argument more"));
    }
}
