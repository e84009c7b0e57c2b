//! Everything that the README and CI call.

mod demo;
mod setup;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["demo", ..] => demo::run(&words[1..]),
        _ => anyhow::bail!("usage: cargo xtask demo [--seconds N]"),
    }
}
