//! The command `usdt` with an application for Node: by the id of the process, by the name of its script and by the image, and bpftrace
//! beside it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use testkit::bpftrace::Bpftrace;
use testkit::expect;
use testkit::subject::Subject;
use testkit::usdt::{self, Watching};

/// An application that was started, its directory, and the image of its probes.
struct Application {
    process: Subject,
    image: PathBuf,
    _files: npm_tests::Application,
}

impl Application {
    fn start(script: &str) -> Application {
        let files = npm_tests::Application::new(script, include_str!("../fixtures/orders.js"));
        let files = files.expect("its files");
        let mut node = files.command().expect("a native part");
        let mut process = Subject::spawn(&mut node).expect("the application starts");
        let said: Value = serde_json::from_str(&process.line().expect("its status")).expect("JSON");
        let image = said["status"]["path"].as_str().unwrap_or_else(|| panic!("{said}")).into();
        Application { process, image, _files: files }
    }

    fn fire(&mut self, count: u32) {
        self.process.send(&count.to_string()).expect("the application reads");
        assert_eq!(self.process.line().expect("the application answers"), format!("fired {count}"));
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

/// A firing as the application fires it: `requestStart` and `requestDone` in turn.
fn expected(id: u64) -> [Value; 2] {
    [
        json!({"id": id, "path": format!("/orders/{id}")}),
        json!({"id": id, "status": 200 + id, "reply": {"ok": id.is_multiple_of(2)}}),
    ]
}

#[test]
fn values_have_the_names_and_types_of_the_definition() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let mut application = Application::start("usdt-names.js");
    let pid = application.process.pid().to_string();
    let image = text(&application.image).to_owned();
    for target in [pid.as_str(), "usdt-names.js", &image] {
        let watching = Watching::start(&[target, "orders:*"]).expect("it attaches");
        application.fire(20);
        let (firings, summary) = watching.finish().expect("it ends");
        expect::equal(target, &json!([]), &summary["lost"]);
        let seen: Vec<Value> = firings.iter().map(|firing| firing["args"].clone()).collect();
        expect::equal(target, &(0..20).flat_map(expected).collect::<Vec<_>>(), &seen);
        let late = firings.iter().find(|firing| firing.get("late").is_some());
        assert!(late.is_none(), "{late:?}");
    }
    let listed = usdt::list(&pid).expect("a list");
    let done = listed.iter().find(|probe| probe["probe"] == "request__done").expect("a probe");
    let types: Vec<&str> =
        done["args"].as_array().expect("arguments").iter().filter_map(|arg| arg["name"].as_str()).collect();
    assert_eq!(types, ["id", "status", "reply"]);
}

#[test]
fn it_sees_what_bpftrace_sees() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let mut application = Application::start("usdt-beside.js");
    let script = Bpftrace::new()
        .usdt(
            &application.image,
            "orders:request__start",
            r#"printf("%d start %lu %s\n", pid, arg0, str(arg1))"#,
        )
        .usdt(
            &application.image,
            "orders:request__done",
            r#"printf("%d done %lu %u\n", pid, arg0, (uint16)arg1)"#,
        );
    let bpftrace = script.start().expect("bpftrace attaches");
    let pid = application.process.pid();
    let watching = Watching::start(&[&pid.to_string(), "orders:*"]).expect("it attaches");
    application.fire(300);
    let (firings, _) = watching.finish().expect("it ends");
    let output = bpftrace.finish().expect("bpftrace ends");
    let shown = |firing: &Value| {
        let args = &firing["args"];
        let path = args["path"].as_str().unwrap_or_default();
        match firing["probe"].as_str() {
            Some("request__start") => format!("{} start {} {path}", firing["pid"], args["id"]),
            _ => format!("{} done {} {}", firing["pid"], args["id"], args["status"]),
        }
    };
    let seen: Vec<String> = firings.iter().map(shown).collect();
    assert_eq!(seen.len(), 600);
    output.assert_lines_unordered(&seen);
}

#[test]
fn it_times_requests_writes_a_script_and_finds_nothing_wrong() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let mut application = Application::start("usdt-others.js");
    let image = text(&application.image).to_owned();
    let usdt = |words: &[&str]| {
        let mut command = Command::new(usdt::program().expect("the command"));
        command.args(words);
        command
    };
    let pid = application.process.pid().to_string();
    let words = ["latency", "--json", &pid, "request-start", "request-done", "--key", "id", "-n", "50"];
    let mut latency = usdt(&words);
    let latency = latency.stdout(std::process::Stdio::piped()).spawn().expect("it starts");
    // It says when it watches on its error output, which is the test's: so the application fires until there were enough.
    let output = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| latency.wait_with_output().expect("it ends"));
        while !waiting.is_finished() {
            application.fire(10);
        }
        waiting.join().expect("no panic")
    });
    let said = String::from_utf8_lossy(&output.stdout);
    let summary: Value = serde_json::from_str(said.lines().last().expect("lines")).expect("JSON");
    assert_eq!(summary["pairs"], 50, "{summary}");

    let output = usdt(&["script", "bpftrace", &image, "request-start"]).output().expect("it runs");
    let script = String::from_utf8_lossy(&output.stdout);
    assert!(script.contains("id=%lu path=%s"), "{script}");
    let output = usdt(&["doctor", &image]).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
