//! A process that watches probes in it that other libraries have made.

#![cfg(all(feature = "local", target_os = "linux", target_arch = "x86_64"))]

mod strangers;

use usdt_trace::Value;
use usdt_trace::local::{AttachError, Tracer};

#[test]
fn operands_of_all_kinds() {
    let tracer = Tracer::here(["strangers:stranger_one"]).unwrap();
    let number = 77;
    strangers::one(-5, &number, 2.5);
    let events = tracer.events();
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!(event["arg0"], -5);
    assert_eq!(event["arg1"], std::ptr::from_ref(&number).addr());
    assert_eq!(event["arg2"], 2.5);
    assert_eq!(event["arg3"], 77);
    assert_eq!(event["arg4"], -3);
    // An address that leads nowhere doesn't end the program.
    assert_eq!(event["arg5"], Value::Unreadable("not mapped"));
}

#[test]
fn nops_of_any_length() {
    let tracer = Tracer::here(["strangers:stranger_two", "strangers:stranger_five"]).unwrap();
    strangers::two(2);
    strangers::five(5);
    strangers::two(22);
    let seen: Vec<Value> = tracer.events().iter().map(|event| event["arg0"].clone()).collect();
    assert_eq!(seen, [Value::Unsigned(2), Value::Unsigned(5), Value::Unsigned(22)]);
    drop(tracer);
    strangers::two(2);
    strangers::five(5);
}

#[test]
fn what_is_no_nop_is_refused() {
    let error = Tracer::here(["strangers:*"]).unwrap_err();
    assert!(error.to_string().starts_with("strangers:stranger_wrong: no nop at 0x"), "{error}");
    let AttachError::NotANop { found, .. } = error else { panic!("{error:?}") };
    assert!(found.starts_with(&[0x48, 0x89, 0xF8]), "{found:02x?}");
    assert_eq!(strangers::wrong(3), 3);
}
