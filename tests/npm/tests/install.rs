//! The packages installed into an empty project, with no network, no cache and no compiler, and traced there.

use std::process::Command;

use npm_tests::{Project, Registry, package, packed};
use serde_json::Value;
use testkit::bpftrace::{Bpftrace, observe};
use testkit::expect;
use testkit::subject::Subject;

const MODERN: &str = r#"{ "name": "app", "private": true, "dependencies": { "usdt-probes": "*" } }"#;

/// Nobody asks for the replacement but the override.
const LEGACY: &str = r#"{
  "name": "app", "private": true,
  "dependencies": { "worker-library": "1.2.3" },
  "overrides": { "dtrace-provider": "npm:usdt-probes@*" }
}"#;

const LIBRARY: &str = r#"{
  "name": "worker-library", "version": "1.2.3", "main": "library.js",
  "dependencies": { "dtrace-provider": "~0.8" }
}"#;

fn modern() -> Project {
    Project::new(&[("package.json", MODERN), ("app.js", include_str!("../fixtures/orders.js"))])
        .expect("a project")
}

fn start(project: &Project) -> Subject {
    Subject::spawn(project.command("node").arg("app.js")).expect("the application starts")
}

fn fire(application: &mut Subject, count: u32) {
    application.send(&count.to_string()).expect("the application reads");
    assert_eq!(application.line().expect("the application answers"), format!("fired {count}"));
}

fn only_platform(project: &Project) {
    let expected = format!("linux-{}-gnu", if cfg!(target_arch = "x86_64") { "x64" } else { "arm64" });
    let installed = project.platforms();
    assert!(installed.contains(&expected), "{installed:?}");
    // An older npm doesn't compare the C library.
    assert!(installed.iter().all(|name| name.starts_with(expected.trim_end_matches("gnu"))), "{installed:?}");
}

#[test]
fn an_application_is_traced() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let registry = Registry::of(&packed().expect("packages")).expect("a registry");
    let project = modern();
    project.install(&registry, &[]).expect("it installs");
    only_platform(&project);
    let mut application = start(&project);
    let said: Value = serde_json::from_str(&application.line().expect("its status")).expect("JSON");
    expect::equal("backend", "linux", said["backend"].as_str().unwrap_or_default());
    expect::equal("loadError", &Value::Null, &said["loadError"]);
    let image = project.image("orders").expect("an image");
    expect::equal(
        "status.path",
        image.to_str().expect("text"),
        said["status"]["path"].as_str().unwrap_or_default(),
    );
    let script = Bpftrace::new()
        .usdt(&image, "orders:request__start", r#"@start = count(); printf("%d %s\n", arg0, str(arg1))"#)
        .usdt(
            &image,
            "orders:request__done",
            r#"@done = count(); printf("%d %d %s\n", arg0, arg1, str(arg2))"#,
        );
    fire(&mut application, 1000);
    let (output, ()) = observe(&script, || fire(&mut application, 3)).expect("bpftrace attaches");
    output.assert_lines(&[
        "0 /orders/0",
        "0 200 {\"ok\":true}",
        "1 /orders/1",
        "1 201 {\"ok\":false}",
        "2 /orders/2",
        "2 202 {\"ok\":true}",
    ]);
    let (output, ()) = observe(&script, || fire(&mut application, 2000)).expect("bpftrace attaches");
    assert_eq!((output.count("@start"), output.count("@done")), (2000, 2000));
}

#[test]
fn an_override_replaces_dtrace_provider() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let made = tempfile::tempdir().expect("a directory");
    let library = package(
        made.path(),
        &[("package.json", LIBRARY), ("library.js", include_str!("../fixtures/library.js"))],
    );
    let mut tarballs = packed().expect("packages");
    tarballs.push(library.expect("a library"));
    let registry = Registry::of(&tarballs).expect("a registry");
    let project =
        Project::new(&[("package.json", LEGACY), ("app.js", include_str!("../fixtures/legacy.js"))]);
    let project = project.expect("a project");
    project.install(&registry, &[]).expect("it installs");
    only_platform(&project);
    let mut application = start(&project);
    assert_eq!(application.line().expect("it starts"), "ready");
    let image = project.image("legacy").expect("an image");
    let script = Bpftrace::new()
        .usdt(&image, "legacy:work__start", r#"printf("%d %s\n", arg0, str(arg1))"#)
        .usdt(&image, "legacy:work__done", r#"printf("%d %s\n", arg0, str(arg1))"#);
    let (output, ()) = observe(&script, || fire(&mut application, 2)).expect("bpftrace attaches");
    output.assert_lines(&["0 job 0", "0 {\"took\":0}", "1 job 1", "1 {\"took\":2}"]);
}

/// As on a platform that has none.
#[test]
fn without_a_native_part_everything_runs_and_nothing_is_said() {
    let main = concat!("usdt-probes-", env!("CARGO_PKG_VERSION"), ".tgz");
    let mut tarballs = packed().expect("packages");
    tarballs.retain(|path| path.ends_with(main));
    assert_eq!(tarballs.len(), 1, "{tarballs:?}");
    let registry = Registry::of(&tarballs).expect("a registry");
    let project = modern();
    let said = project.install(&registry, &[]).expect("it installs");
    assert!(!said.to_lowercase().contains("warn"), "{said}");
    assert!(project.platforms().is_empty());

    let mut application = start(&project);
    let said: Value = serde_json::from_str(&application.line().expect("its status")).expect("JSON");
    expect::equal("backend", "none", said["backend"].as_str().unwrap_or_default());
    assert!(said["loadError"].as_str().is_some_and(|message| message.contains("@usdt-probes/")), "{said}");
    assert_eq!(said["status"]["kind"], "unavailable");
    fire(&mut application, 1000);
    assert!(application.finish().expect("it ends").0.success());

    let node = |script: &str, variable: Option<(&str, &str)>| {
        let mut command: Command = project.command("node");
        command.args(["-e", script]).envs(variable).output().expect("node starts")
    };
    let silent = node(
        "const { loadError } = require('usdt-probes'); process.exit(loadError instanceof Error ? 0 : 1)",
        None,
    );
    assert!(silent.status.success() && silent.stdout.is_empty() && silent.stderr.is_empty(), "{silent:?}");
    for name in ["USDT_PROBES_REQUIRE", "NODE_DTRACE_PROVIDER_REQUIRE"] {
        let required = node("require('usdt-probes')", Some((name, "hard")));
        assert!(!required.status.success(), "{name}: {required:?}");
    }
}
