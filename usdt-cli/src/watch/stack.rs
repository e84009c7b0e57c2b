//! The frames of a firing, for people and for programs.

use std::sync::Arc;

use usdt_trace::json::{Object, array};
use usdt_trace::symbols::Frame;

use crate::printable::printable;
use crate::terminal::{FAINT, STRONG, paint};

/// `    sell+0x1c (/srv/shop)`; an address in the place of a function that has no name. How far it is into a function of a virtual
/// machine tells nobody anything.
pub(super) fn line(frame: &Frame) -> String {
    let file = frame.file.as_ref().map(|file| file.to_string_lossy());
    let offset = frame.offset.map(|offset| format!("+{offset:#x}")).unwrap_or_default();
    match (&frame.symbol, file) {
        (Some(symbol), Some(file)) => {
            let place = paint(FAINT, format_args!("{offset} ({})", printable(&file)));
            format!("    {}{place}", paint(STRONG, printable(symbol)))
        }
        (Some(symbol), None) => format!("    {}", paint(STRONG, printable(symbol))),
        (None, Some(file)) => {
            let place = paint(FAINT, format_args!(" ({}{offset})", printable(&file)));
            format!("    {:#x}{place}", frame.address)
        }
        (None, None) => format!("    {:#x}", frame.address),
    }
}

/// All of them, as an array.
pub(super) fn json(frames: &[Arc<Frame>]) -> String {
    array(frames.iter().map(|frame| {
        let mut object = Object::new();
        object.text("address", &format!("{:#x}", frame.address));
        match &frame.symbol {
            Some(symbol) => object.text("symbol", symbol),
            None => object.raw("symbol", "null"),
        };
        object.raw("offset", &frame.offset.map_or_else(|| "null".to_owned(), |offset| offset.to_string()));
        match &frame.file {
            Some(file) => object.text("file", &file.to_string_lossy()),
            None => object.raw("file", "null"),
        };
        object.end()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(symbol: Option<&str>, offset: Option<u64>, file: Option<&str>) -> Frame {
        let mut frame = Frame::default();
        frame.address = 0x7f00;
        frame.symbol = symbol.map(str::to_owned);
        frame.offset = offset;
        frame.file = file.map(Into::into);
        frame
    }

    #[test]
    fn a_frame_is_a_line() {
        for (frame, expected) in [
            (frame(Some("sell"), Some(0x1c), Some("/srv/shop")), "    sell+0x1c (/srv/shop)"),
            (frame(Some("sell /srv/shop.js:7:14"), Some(9), None), "    sell /srv/shop.js:7:14"),
            (frame(None, Some(0x40), Some("/srv/shop")), "    0x7f00 (/srv/shop+0x40)"),
            (frame(None, None, None), "    0x7f00"),
            (frame(Some("\u{1b}[2J"), None, Some("/\u{1b}")), r"    \u{1b}[2J (/\u{1b})"),
        ] {
            assert_eq!(anstream::adapter::strip_str(&line(&frame)).to_string(), expected);
        }
    }

    #[test]
    fn frames_are_an_array() {
        let frames =
            [frame(Some("sell"), Some(28), Some("/srv/shop")), frame(None, None, None)].map(Arc::new);
        assert_eq!(
            json(&frames),
            r#"[{"address":"0x7f00","symbol":"sell","offset":28,"file":"/srv/shop"},{"address":"0x7f00","symbol":null,"offset":null,"file":null}]"#
        );
    }
}
