//! `usdt completions` and `usdt man`: what a shell and `man` are told of this command. Both are made of the command line's own
//! description, so they never say anything else than it does.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;

/// What `usdt completions --help` ends with.
const COMPLETIONS: &str = "\
Examples:
  usdt completions bash > ~/.local/share/bash-completion/completions/usdt
  usdt completions zsh > ~/.zfunc/_usdt
  usdt completions fish > ~/.config/fish/completions/usdt.fish";

/// What `usdt man --help` ends with.
const MAN: &str = "\
Examples:
  usdt man | man -l -
  usdt man --dir /usr/local/share/man/man1    usdt.1, usdt-watch.1 and so on";

#[derive(Debug, clap::Args)]
#[command(after_help = COMPLETIONS)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

#[derive(Debug, clap::Args)]
#[command(after_help = MAN)]
pub(crate) struct Man {
    /// Write the pages of all sub-commands into this directory.
    #[arg(long)]
    dir: Option<PathBuf>,
}

pub(crate) fn completions(args: &Completions) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "usdt", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man(args: &Man) -> Result<ExitCode> {
    match &args.dir {
        Some(dir) => write_pages(dir).with_context(|| dir.display().to_string())?,
        None => std::io::stdout().write_all(&page(&command())?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn write_pages(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir)?;
    let command = command();
    for command in command.get_subcommands().chain([&command]) {
        let name = command.get_display_name().unwrap_or(command.get_name());
        std::fs::write(dir.join(format!("{name}.1")), page(command)?)?;
    }
    Ok(())
}

/// The command without `usdt help`, which says what the pages say.
fn command() -> clap::Command {
    let mut command = Cli::command().disable_help_subcommand(true);
    // Gives sub-commands their full names.
    command.build();
    command
}

/// A page. Its sections are put together here for the sake of the last: the examples have to stay as they are written.
fn page(command: &clap::Command) -> Result<Vec<u8>> {
    let man = clap_mangen::Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let behind = command.get_after_long_help().or(command.get_after_help());
    page.extend_from_slice(verbatim(&behind.map(ToString::to_string).unwrap_or_default()).as_bytes());
    Ok(page)
}

/// Text as it is, with a section at each line like `Examples:`. In roff, `\\` and a `.` or `'` at the begin of a line have a
/// meaning, and `-` is a hyphen.
fn verbatim(text: &str) -> String {
    let title = |line: &str| line.strip_suffix(':').filter(|_| !line.starts_with(' ')).map(str::to_uppercase);
    let mut page = String::new();
    for line in text.lines() {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        page += &match title(&line) {
            Some(title) => format!(".fi\n.SH {title}\n.nf\n"),
            None if line.starts_with(['.', '\'']) => format!("\\&{line}\n"),
            None => line + "\n",
        };
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_as_it_is() {
        assert_eq!(
            verbatim("Examples:\n  usdt man -l\n.x\nExit code:\n\\"),
            ".fi\n.SH EXAMPLES\n.nf\n  usdt man \\-l\n\\&.x\n.fi\n.SH EXIT CODE\n.nf\n\\e\n"
        );
    }
}
