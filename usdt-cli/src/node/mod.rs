//! `usdt node`: what a running Node process is doing, one that was started with no preparation at all.
//!
//! SIGUSR1 makes Node open its inspector. `process`, `image` and `signals` say whether the signal may be sent, `port` finds what the
//! process listens on, and `network` goes where that is reached. `open` sends the signal, and closes the inspector again;
//! `protocol` talks to it, `pause` asks each thread, `values` reads variables, `frames` is what was said. `text` shows it to
//! people, `json` to programs.

mod frames;
mod image;
mod json;
mod network;
mod open;
mod pause;
mod port;
mod process;
mod protocol;
mod signals;
mod text;
mod values;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::Subcommand;

use self::frames::Asked;
use self::open::Inspector;
use self::pause::Question;
use self::process::Process;
use crate::arguments::duration;
use crate::interrupt::Interrupt;
use crate::terminal::Screen;

/// What `usdt node --help` ends with.
const EXAMPLES: &str = "\
Examples:
  usdt node stack 1234            which JavaScript it is in, in each of its threads
  usdt node stack --locals 1234   and the variables of each function";

/// What `usdt node stack --help` ends with.
const STACK_EXAMPLES: &str = "\
Examples:
  usdt node stack 1234            which JavaScript it is in, in each of its threads
  usdt node stack --locals 1234   and the variables of each function
  usdt node stack --json 1234     the same for programs

The process needs no preparation: SIGUSR1 makes Node open its inspector on
loopback, each thread is paused for some milliseconds, and the inspector is
closed again. Node writes a few lines about it on its standard error. An
inspector that is open already is used, without a signal, and stays open.

Exit code:
  0 if the process was asked, 1 if it was not, or if its inspector could not
  be closed again.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the JavaScript stack of each thread.
    Stack(Stack),
}

#[derive(Debug, clap::Args)]
#[command(after_help = STACK_EXAMPLES)]
struct Stack {
    /// The number of the process
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pid: u32,

    /// Show the variables of each function, too
    #[arg(long)]
    locals: bool,

    /// Ask the main thread alone, and no worker
    #[arg(long)]
    main: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,

    /// How long to wait for the inspector, and for each thread
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    timeout: Duration,

    /// Send SIGUSR1 even if the process handles that signal itself, or if that can't be told
    #[arg(long)]
    force: bool,

    /// Close the inspector at the end even if it was open before
    #[arg(long)]
    close: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Command::Stack(args) = &args.command;
    stack(args)
}

fn stack(args: &Stack) -> anyhow::Result<ExitCode> {
    let interrupt = Interrupt::listen()?;
    let process = Process::find(args.pid)?;
    let (threads, closed) = network::within(&process, || ask(&process, args, interrupt))?;
    let mut screen = Screen::new();
    let lines =
        if args.json { vec![json::line(&process, &threads)] } else { text::lines(&process, &threads) };
    lines.iter().try_for_each(|line| screen.line(line))?;
    screen.flush()?;
    if let Err(address) = closed {
        bail!(
            "{process} still listens on {address}: it closes that once it runs JavaScript again, or ends; until then any \
             program of this machine can control it"
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// What its threads say; and whether its inspector is closed, or where it still listens.
fn ask(
    process: &Process,
    args: &Stack,
    interrupt: Interrupt,
) -> anyhow::Result<(Vec<Asked>, Result<(), SocketAddr>)> {
    let mut inspector = Inspector::open(process, args.timeout, args.force, interrupt)?;
    if args.close {
        inspector.take_over();
    }
    let question = Question { locals: args.locals, workers: !args.main, patience: args.timeout };
    let threads = pause::ask(inspector.client(), &question)?;
    Ok((threads, inspector.close()))
}
