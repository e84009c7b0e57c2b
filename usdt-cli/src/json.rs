//! What [`usdt_trace::json`] writes, of the firings that the tests here have.

pub(crate) use usdt_trace::json::*;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use usdt_core::model::ArgType;
    use usdt_trace::{Read, Value};

    use super::*;
    use crate::sample;

    #[test]
    fn a_firing_is_a_line() {
        assert_eq!(
            event(&sample::event(), "shop", &Clock::fixed()),
            r#"{"time":"1970-01-01T00:00:00.000005000Z","monotonic":5000,"pid":1234,"tid":1240,"process":"shop","provider":"orders","probe":"request_done","args":{"id":17,"status":500,"path":"/api/orders"}}"#
        );
    }

    #[test]
    fn what_is_wrong_with_values_is_said() {
        let typed = typed_event(&sample::event(), "shop", &Clock::fixed());
        assert!(typed.starts_with(r#"{"type":"firing","time":"#), "{typed}");
        let mut firing = sample::event();
        firing.values[0] = Read::exact(Value::Unreadable("not in memory"));
        firing.values[2].late = true;
        firing.values[2].cut = true;
        let line = event(&firing, "shop", &Clock::fixed());
        let parsed: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(parsed["late"], serde_json::json!(["path"]));
        assert_eq!(parsed["cut"], serde_json::json!(["path"]));
        assert_eq!(parsed["unreadable"], serde_json::json!({"id": "not in memory"}));
        assert!(parsed["args"]["id"].is_null());
    }

    #[test]
    fn values_of_every_kind() {
        for (given, expected) in [
            (Value::Unsigned(u128::MAX), "340282366920938463463374607431768211455"),
            (Value::Signed(-1), "-1"),
            (Value::Float(0.5), "0.5"),
            (Value::Float(f64::NEG_INFINITY), r#""-inf""#),
            (Value::Float(f64::NAN), r#""NaN""#),
            (Value::Bool(true), "true"),
            (Value::Char(Ok('é')), r#""é""#),
            (Value::Char(Err(0xd800)), "55296"),
            (Value::Address(0x7f00), r#""0x7f00""#),
            (Value::Bytes(vec![0, 0xff]), r#""00ff""#),
            (Value::Duration(Duration::from_micros(12)), "12000"),
            (Value::None, "null"),
            (Value::Unreadable("why"), "null"),
            (
                Value::Json("{\"n\": 1e400,\n\"m\":12345678901234567890123}".to_owned()),
                r#"{"n": 1e400, "m":12345678901234567890123}"#,
            ),
            (Value::Json("{\"cut".to_owned()), r#""{\"cut""#),
            (Value::Json(String::new()), r#""""#),
        ] {
            assert_eq!(value(&given), expected, "{given:?}");
        }
    }

    #[test]
    fn no_control_character_gets_through() {
        let nasty = "\u{1b}[2J\u{9b}1m\u{7f}\n\"";
        let escaped = r#""\u001b[2J\u009b1m\u007f\n\"""#;
        assert_eq!(value(&Value::Text(nasty.to_owned())), escaped);
        assert_eq!(value(&Value::Json("\"\u{9b}1m\"".to_owned())), r#""\u009b1m""#);
        let probe = sample::probe("p", "q", &[("a\u{1b}", ArgType::U8)]);
        let line = event(&sample::firing(&probe, [Read::exact(Value::Unsigned(1))]), nasty, &Clock::fixed());
        assert!(!line.chars().any(char::is_control), "{line:?}");
        let parsed: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(parsed["process"], nasty);
        assert_eq!(parsed["args"]["a\u{1b}"], 1);
    }
}
