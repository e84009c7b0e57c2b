//! Everything that the README and CI call.

mod bench;
mod setup;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["bench", ..] => bench::run(&words[1..]),
        ["setup", "tracing"] => setup::tracing(),
        ["setup", "toolbox"] => setup::toolbox().map(drop),
        ["setup"] => setup::all(),
        _ => anyhow::bail!(
            "usage: cargo xtask setup [tracing|toolbox] | bench [--quick] [--write] [--only PARTS]"
        ),
    }
}
