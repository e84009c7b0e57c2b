//! A firing as a line for people.

use usdt_trace::{Event, Value};

use crate::printable::{self, printable};
use crate::terminal::{BAD, FAINT, NAME, STRONG, paint};
use usdt_trace::json::Clock;

/// `18:04:05.123456 shop[1234/1240] orders:request_done id=17 path="/api"`: time, process and its id, the thread's if it is
/// another one, what fired, what it carried. Nothing is cut.
pub(crate) fn line(event: &Event, process: &str, clock: &Clock) -> String {
    let thread = if event.tid == event.pid { String::new() } else { format!("/{}", event.tid) };
    let mut line = format!(
        "{} {}{} {}",
        paint(FAINT, clock.local(event.time)),
        printable(process),
        paint(FAINT, format_args!("[{}{thread}]", event.pid)),
        paint(NAME, printable(&event.probe.full_name())),
    );
    for (arg, read) in event.probe.args.iter().zip(&event.values) {
        let value = printable::read(read);
        let style = match &read.value {
            Value::Unreadable(_) => BAD,
            Value::None => FAINT,
            _ => STRONG,
        };
        line.push_str(&format!(" {}={}", printable(&arg.name), paint(style, value)));
    }
    line
}

#[cfg(test)]
mod tests {
    use usdt_core::model::ArgType;
    use usdt_trace::Read;

    use super::*;
    use crate::sample;

    fn plain(event: &Event, process: &str) -> String {
        anstream::adapter::strip_str(&line(event, process, &Clock::fixed())).to_string()
    }

    #[test]
    fn a_line_says_when_who_what() {
        let mut event = sample::event();
        assert_eq!(
            plain(&event, "shop"),
            r#"00:00:00.000005 shop[1234/1240] orders:request_done id=17 status=500 path="/api/orders""#
        );
        event.tid = event.pid;
        event.values[0] = Read::exact(Value::Unreadable("not in memory"));
        event.values[2] = Read { value: Value::Text("/api".to_owned()), late: true, cut: true };
        assert_eq!(
            plain(&event, "shop"),
            r#"00:00:00.000005 shop[1234] orders:request_done id=<not in memory> status=500 path="/api"…~"#
        );
    }

    #[test]
    fn a_probe_without_arguments() {
        let probe = sample::operands("libc", "setjmp", 0);
        assert_eq!(plain(&sample::firing(&probe, []), "x"), "00:00:00.000005 x[1234/1240] libc:setjmp");
    }

    #[test]
    fn nothing_that_is_traced_reaches_the_terminal() {
        let nasty = "\u{1b}]0;x\u{7}\u{9b}2J\n";
        let probe = sample::probe(nasty, nasty, &[(nasty, ArgType::Json)]);
        let event = sample::firing(&probe, [Read::exact(Value::Json(nasty.to_owned()))]);
        let line = line(&event, nasty, &Clock::fixed());
        // Styles are all that is left.
        assert!(!anstream::adapter::strip_str(&line).to_string().chars().any(char::is_control), "{line:?}");
        assert_eq!(line.matches(r"\u{1b}]0;x\u{7}\u{9b}2J\n").count(), 5, "{line:?}");
    }
}
