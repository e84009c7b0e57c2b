//! Programs that watch themselves: what is seen, by whom, and what is left behind.

#![cfg(all(feature = "local", target_os = "linux"))]

use std::time::Duration;

use usdt_trace::Value;
use usdt_trace::local::{AttachError, Options, Tracer};

#[usdt_probes::provider(name = "seen")]
mod seen {
    pub fn numbers(a: u8, b: i32, c: u64, d: i128, e: bool, f: char, g: f64, h: std::time::Duration);
    pub fn texts(a: &str, b: &[u8], c: Option<&str>, d: &std::ffi::CStr, e: &std::path::Path);
    pub fn plain(id: u64);
    pub fn with__dash(id: u64);
}

#[test]
fn values_of_each_type() {
    let tracer = Tracer::here(["seen:numbers", "seen:texts"]).unwrap();
    seen::numbers(255, -7, u64::MAX, i128::MIN, true, 'ß', -2.5, Duration::new(1, 5));
    seen::texts_with(|| ("text", b"bytes\0", None, c"c text", std::path::Path::new("/a/path")));
    let events = tracer.events();
    assert_eq!(events.len(), 2);
    let numbers = &events[0];
    assert_eq!(numbers.probe.full_name(), "seen:numbers");
    assert_eq!(numbers["a"], 255_u8);
    assert_eq!(numbers["b"], -7);
    assert_eq!(numbers["c"], u64::MAX);
    assert_eq!(numbers["d"], i128::MIN);
    assert_eq!(numbers["e"], true);
    assert_eq!(numbers["f"], 'ß');
    assert_eq!(numbers["g"], -2.5);
    assert_eq!(numbers["h"], Duration::new(1, 5));
    let texts = &events[1];
    assert_eq!(texts["a"], "text");
    assert_eq!(texts["b"], b"bytes\0");
    assert_eq!(texts["c"], Value::None);
    assert_eq!(texts["d"], "c text");
    assert_eq!(texts["e"], "/a/path");
    assert!(numbers.values.iter().chain(&texts.values).all(|read| !read.late && !read.cut), "{events:?}");
    assert!(tracer.lost().is_empty());
    assert_eq!(events[0].pid, std::process::id());
    assert!(events[0].time <= events[1].time);
}

#[test]
fn names_may_have_stars_and_dashes() {
    let tracer = Tracer::here(["seen:pl?in", "*:with-*"]).unwrap();
    let mut names: Vec<String> = tracer.probes().iter().map(|probe| probe.full_name()).collect();
    names.sort_unstable();
    assert_eq!(names, ["seen:plain", "seen:with__dash"]);
    seen::plain(1);
    seen::with__dash(2);
    let ids: Vec<Value> = tracer.events().iter().map(|event| event["id"].clone()).collect();
    assert_eq!(ids, [Value::Unsigned(1), Value::Unsigned(2)]);
}

#[test]
fn who_asks_for_nothing_that_is_there_learns_what_is() {
    let error = Tracer::here(["seen:plain", "seen:plane"]).unwrap_err();
    let AttachError::NoSuchProbe { pattern, there, .. } = &error else { panic!("{error:?}") };
    assert_eq!(pattern, "seen:plane");
    assert!(there.contains(&"seen:plain".to_owned()), "{there:?}");
    assert!(error.to_string().starts_with("no probe seen:plane in this process: there are "), "{error}");
}

#[usdt_probes::provider(name = "left")]
mod left {
    pub fn behind(id: u64);
}

#[test]
fn nothing_is_left_behind() {
    for round in 0..3 {
        assert!(!left::behind_enabled());
        left::behind(1);
        let first = Tracer::here(["left:behind"]).unwrap();
        let second = Tracer::here(["left:*"]).unwrap();
        assert!(left::behind_enabled());
        left::behind(2);
        drop(first);
        assert!(left::behind_enabled());
        left::behind(3);
        let seen: Vec<Value> = second.events().iter().map(|event| event["id"].clone()).collect();
        assert_eq!(seen, [Value::Unsigned(2), Value::Unsigned(3)], "round {round}");
        drop(second);
        assert!(!left::behind_enabled());
    }
    assert_eq!(int3s_of("left"), 0);
}

/// How many sites of a provider have something else than a nop now.
fn int3s_of(provider: &str) -> usize {
    let process = usdt_trace::find::Finder::new().process(std::process::id()).unwrap();
    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    let own = process.probes.iter().filter(|loaded| loaded.probe.provider == provider);
    let changed = own.filter(|loaded| {
        let site = &loaded.probe.sites[0];
        let read = |bytes: &mut [u8], file: &std::fs::File, at| {
            std::os::unix::fs::FileExt::read_exact_at(file, bytes, at).unwrap();
        };
        let (mut now, mut linked) = ([0; 16], [0; 16]);
        read(&mut now, &memory, site.address + loaded.bias);
        read(&mut linked, &std::fs::File::open(&loaded.probe.object.open).unwrap(), site.offset.unwrap());
        now != linked
    });
    changed.count()
}

#[usdt_probes::provider(name = "full")]
mod full {
    pub fn up(id: u64, text: &str);
}

#[test]
fn what_is_lost_is_counted_and_what_is_cut_is_marked() {
    let mut options = Options::default();
    options.events = 10;
    options.text = 16;
    options.threads = usdt_trace::local::Threads::This;
    let tracer = Tracer::with_options(options, ["full:up"]).unwrap();
    for id in 0..25 {
        full::up(id, "0123456789abcdef0123456789");
    }
    let events = tracer.take();
    assert_eq!(events.len(), 10);
    assert_eq!(events[9]["text"], "0123456789abcdef");
    assert!(events[9].value("text").unwrap().cut);
    let lost: Vec<_> = tracer.lost().iter().map(|lost| (lost.probe.full_name(), lost.count)).collect();
    assert_eq!(lost, [("full:up".to_owned(), 15)]);
    // There is room again.
    full::up(25, "0123456789abcde");
    let events = tracer.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["id"], 25);
    assert_eq!(events[0]["text"], "0123456789abcde");
    assert!(!events[0].value("text").unwrap().cut);
}

#[test]
fn texts_share_the_room_that_there_is() {
    let with_room = |text| {
        let mut options = Options::default();
        options.text = text;
        options.threads = usdt_trace::local::Threads::This;
        let tracer = Tracer::with_options(options, ["seen:texts"]).unwrap();
        let (text, bytes) = ("a".repeat(50), [b'b'; 50]);
        seen::texts(&text, &bytes, None, c"c", std::path::Path::new("/a/path"));
        tracer.take().remove(0)
    };
    let event = with_room(80);
    // A fifth of all; a quarter of what is left then; and so on.
    assert_eq!(event["a"], "a".repeat(16));
    assert_eq!(event["b"], [b'b'; 16]);
    assert_eq!(event["d"], "c");
    assert_eq!(event["e"], "/a/path");
    let cut: Vec<bool> = event.values.iter().map(|read| read.cut).collect();
    assert_eq!(cut, [true, true, false, false, false]);
    assert_eq!(with_room(0)["a"], Value::Unreadable("no room was left for it"));
}

#[test]
fn providers_that_are_defined_while_the_program_runs() {
    use usdt_probes::runtime::{ArgType, ProbeDefinition, Provider, ProviderDefinition};
    let probe = ProbeDefinition::new("request-start").arg("id", ArgType::U64).arg("path", ArgType::Str);
    let define = |name: &str| Provider::define(ProviderDefinition::new(name).probe(probe.clone())).unwrap();
    let first = define("defined_first");
    let mut tracer = Tracer::here(["defined_*:request-start"]).unwrap();
    let second = define("defined_second");
    first.probe("request-start").unwrap().fire((1_u64, "/first"));
    assert_eq!(tracer.refresh().unwrap(), 1);
    assert_eq!(tracer.refresh().unwrap(), 0);
    second.probe("request-start").unwrap().fire((2_u64, "/second"));
    // An image that is unmapped while it is watched takes its breakpoints along.
    drop(first);
    let events = tracer.events();
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!((&events[0]["id"], &events[0]["path"]), (&Value::Unsigned(1), &Value::Text("/first".into())));
    assert_eq!(events[1].probe.provider, "defined_second");
    assert_eq!(events[1]["path"], "/second");
    drop(tracer);
    second.probe("request-start").unwrap().fire((3_u64, "/nobody"));
}
