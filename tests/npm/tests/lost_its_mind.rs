//! The page "A Node process has lost its mind": each command on it is typed here, as it stands there.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use npm_tests::Application;
use testkit::subject::Subject;
use testkit::{core, usdt};

const PAGE: &str = include_str!("../../../docs/lost-its-mind.md");

/// What the page says to type, in its order. Those that attach or read are typed by the tests below, and the others are how these start
/// and end their server.
const COMMANDS: [&str; 13] = [
    "usdt node stack 1234",
    "usdt node stack 1234 --locals",
    "NODE_OPTIONS='--require usdt-probes/node' npm start",
    "usdt latency 1234 node:http-server-request node:http-server-response --key id --by url --for 3s",
    "usdt watch 1234 node:http-server-request -n 1",
    "USDT_PROBES_WATCHDOG_MS=500 node --require usdt-probes/watchdog app.js",
    "usdt watch 1234 node:loop-blocked -n 1",
    "ulimit -c unlimited",
    "NODE_OPTIONS='--require usdt-probes/recorder --require usdt-probes/node --require usdt-probes/watchdog' npm start",
    "kill -ABRT 1234",
    "usdt core core",
    "usdt core 1234",
    "usdt watch 1234 node:http-server-request --stack -n 1",
];

/// The number that the page has for a process.
const PID: &str = "1234";

/// The server of the tests, and where it listens.
struct Server {
    process: Subject,
    port: u16,
    application: Application,
}

impl Server {
    /// Starts it with these options of Node.
    fn start(options: &str) -> Server {
        let application = Application::new("server.js", include_str!("../fixtures/server.js"));
        let application = application.expect("its files");
        let mut node = application.command().expect("a native part");
        node.env("NODE_OPTIONS", options);
        let mut process = Subject::spawn(&mut node).expect("the server starts");
        let port = process.line().expect("its port").parse().expect("a number");
        Server { process, port, application }
    }

    /// Sends a request, and doesn't wait for an answer.
    fn ask(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").expect("it reads");
        stream
    }

    /// Sends requests that are answered until the command has ended, and gives what it wrote.
    fn serve_until_the_end_of(&self, mut command: Child) -> String {
        while command.try_wait().expect("a child").is_none() {
            let mut answer = String::new();
            self.ask("/hello").read_to_string(&mut answer).expect("an answer");
            assert!(answer.ends_with("hello\n"), "{answer}");
            std::thread::sleep(Duration::from_millis(5));
        }
        end_of(command)
    }

    /// What a command of the page writes, typed for this server.
    fn typed(&self, command: &str) -> Child {
        assert!(commands_of_the_page().any(|it| it == command), "{command} isn't on the page");
        let pid = self.process.pid().to_string();
        let words = command.split(' ').skip(1).map(|word| if word == PID { &pid } else { word });
        let mut usdt = Command::new(usdt::program().expect("the command is built"));
        usdt.args(words).current_dir(self.application.path());
        usdt.stdout(Stdio::piped()).spawn().expect("it starts")
    }
}

fn commands_of_the_page() -> impl Iterator<Item = &'static str> {
    let typed = PAGE.lines().filter_map(|line| line.strip_prefix("$ "));
    typed.map(|command| command.strip_prefix("sudo ").unwrap_or(command))
}

fn end_of(command: Child) -> String {
    let output = command.wait_with_output().expect("it ends");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{}: {text}", output.status);
    text
}

#[test]
fn the_page_says_nothing_else_to_type() {
    assert_eq!(commands_of_the_page().collect::<Vec<_>>(), COMMANDS);
}

#[test]
fn which_javascript_is_it_in_and_why_does_it_spin() {
    let server = Server::start("");
    let waits = end_of(server.typed("usdt node stack 1234"));
    assert!(!waits.contains("pickPort"), "{waits}");
    let _unanswered = server.ask("/deploy");
    std::thread::sleep(Duration::from_millis(300));
    let spins = end_of(server.typed("usdt node stack 1234"));
    assert!(spins.contains("pickPort") && spins.contains("server.js:1"), "{spins}");
    assert!(spins.contains("deploy"), "{spins}");
    let why = end_of(server.typed("usdt node stack 1234 --locals"));
    assert!(why.contains("min = 8080") && why.contains("max = 8080"), "{why}");
}

#[test]
fn what_requests_does_it_serve_and_how_long_do_they_take() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let server = Server::start("--require usdt-probes/node");
    let latency = server.typed(
        "usdt latency 1234 node:http-server-request node:http-server-response --key id --by url --for 3s",
    );
    let times = server.serve_until_the_end_of(latency);
    assert!(times.contains("/hello") && times.contains("p99"), "{times}");
    let watch = server.typed("usdt watch 1234 node:http-server-request -n 1");
    let request = server.serve_until_the_end_of(watch);
    assert!(request.contains(r#"method="GET" url="/hello""#), "{request}");
}

#[test]
fn when_does_the_loop_stop_turning_and_where() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let server = Server::start("--require usdt-probes/watchdog");
    let _unanswered = server.ask("/deploy");
    std::thread::sleep(Duration::from_secs(1));
    let where_ = end_of(server.typed("usdt watch 1234 node:loop-blocked -n 1"));
    assert!(where_.contains("pickPort") && where_.contains("server.js:"), "{where_}");
    assert!(where_.contains(r#"locals={"min":8080,"max":8080"#), "{where_}");
}

#[test]
fn what_did_it_do_before_it_died() {
    let mut server = Server::start(
        "--require usdt-probes/recorder --require usdt-probes/node --require usdt-probes/watchdog",
    );
    server.ask("/hello").read_to_string(&mut String::new()).expect("an answer");
    let _unanswered = server.ask("/deploy");
    std::thread::sleep(Duration::from_millis(1500));
    assert_last_moments(&end_of(server.typed("usdt core 1234")));

    let pid = server.process.pid();
    core::allow(pid).expect("this user may");
    let kernel = core::kernel_writes_them().expect("it is said");
    if !kernel {
        let made = core::of_living(pid, server.application.path()).expect("gdb is there");
        std::fs::rename(made, server.application.path().join("core")).expect("it was made");
    }
    let killed = Command::new("kill").args(["-ABRT", &pid.to_string()]).status().expect("kill");
    assert!(killed.success());
    let status = server.process.end().expect("it ends");
    assert_eq!(status.core_dumped(), kernel, "{status}");
    core::left_in(server.application.path()).expect("a core");
    assert_last_moments(&end_of(server.typed("usdt core core")));
}

/// What the page shows.
fn assert_last_moments(text: &str) {
    let order =
        [r#"method="GET" url="/hello""#, "status=200", r#"method="GET" url="/deploy""#, "node:loop__blocked"];
    let mut rest = text;
    for part in order {
        let at = rest.find(part).unwrap_or_else(|| panic!("no {part} in its place: {text}"));
        rest = &rest[at..];
    }
    assert!(rest.contains(r#"top="pickPort" locals={"min":8080,"max":8080,"#), "{text}");
}

#[test]
fn who_calls_it() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let server = Server::start("--require usdt-probes/node --perf-basic-prof");
    let watch = server.typed("usdt watch 1234 node:http-server-request --stack -n 1");
    let stack = server.serve_until_the_end_of(watch);
    assert!(stack.contains("parserOnIncoming"), "{stack}");
}
