//! What bpftrace, DTrace, gdb, perf and tplist say of a running program.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;
use testkit::bpftrace::{Bpftrace, list, observe};
use testkit::dtrace::DTrace;
use testkit::gdb::{self, Show};
use testkit::machine::require_tracing;
use testkit::perf;
use testkit::subject::{Subject, semaphore_value};
use testkit::target::{Launch, Target};
use testkit::toolbox::Toolbox;
use testkit::tools::Tools;
use testkit::tplist;
use testkit::watch::{Argument, Probe, Seen, Tracer, Watch};

use crate::{PROBES, long_text, subject};

fn runs(program: &Path, times: u32) -> impl FnMut() {
    move || {
        let status = Command::new(program).arg(times.to_string()).stdout(Stdio::null()).status();
        assert!(status.expect("the subject starts").success());
    }
}

#[test]
fn bpftrace_lists_the_probes() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = subject("bpftrace_lists_the_probes");
    let mut said = list(&program)?;
    said.sort();
    assert_eq!(said, PROBES.map(|probe| format!("usdt:{}:{probe}", program.display())));
    Ok(())
}

#[test]
fn bpftrace_prints_arguments_and_fills_maps() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = subject("bpftrace_prints_arguments_and_fills_maps");
    let script = Bpftrace::new()
        .usdt(
            &program,
            "kit:start",
            r#"printf("%d %d %s\n", arg0, arg1, str(arg2)); @count = count(); @by[arg0] = sum(2);"#,
        )
        .usdt(&program, "kit:twelve", "@sizes = hist(arg0);");
    let (output, ()) = observe(&script, runs(&program, 3))?;
    output.assert_lines(&["0 0 hello", "7 -1 hello", "14 -2 hello"]);
    output.assert_count("@count", 3);
    assert_eq!(output.maps["@by"], serde_json::json!({"0": 2, "7": 2, "14": 2}));
    assert!(output.maps.contains_key("@sizes"), "{output:#?}");
    Ok(())
}

#[test]
fn bpftrace_reads_strings_as_long_as_asked() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = subject("bpftrace_reads_strings_as_long_as_asked");
    let script = Bpftrace::new().strlen(200).usdt(&program, "kit:long", r#"printf("%s\n", str(arg0))"#);
    let (output, ()) = observe(&script, runs(&program, 1))?;
    output.assert_lines(&[&long_text()[..199]]);
    Ok(())
}

#[test]
fn nothing_is_lost_in_a_burst() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = subject("nothing_is_lost_in_a_burst");
    let script = Bpftrace::new().usdt(&program, "kit:start", r#"printf("%d\n", arg0 / 7)"#);
    let (output, ()) = observe(&script, runs(&program, 20_000))?;
    output.assert_lines_unordered(&(0..20_000).map(|n| n.to_string()).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn lost_events_are_told() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = subject("lost_events_are_told");
    let script = Bpftrace::new().env("BPFTRACE_PERF_RB_PAGES", "1").strlen(200);
    let script = script.usdt(&program, "kit:long", r#"printf("%s\n", str(arg0))"#);
    let (output, ()) = observe(&script, runs(&program, 20_000))?;
    assert!(
        output.lost > 0,
        "expected a loss, bpftrace said {} lines and: {}",
        output.lines.len(),
        output.stderr
    );
    Ok(())
}

#[test]
fn a_probe_that_is_not_there_is_an_error() {
    if !require_tracing() {
        return;
    }
    let program = subject("a_probe_that_is_not_there_is_an_error");
    let script = Bpftrace::new().usdt(&program, "kit:absent", "@ = count()");
    let error = format!("{:#}", script.start().expect_err("there is no such probe"));
    assert!(error.contains("kit:absent"), "{error}");
}

#[test]
fn the_semaphore_of_one_process_rises_while_it_is_watched() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = subject("the_semaphore_of_one_process_rises_while_it_is_watched");
    let note =
        testkit::readelf::notes(&program)?.into_iter().find(|note| note.name == "start").expect("kit:start");
    let mut watched = Subject::spawn(&mut Command::new(&program))?;
    let mut other = Subject::spawn(&mut Command::new(&program))?;
    watched.wait_for("up")?;
    other.wait_for("up")?;
    let value = |subject_of: &Subject| semaphore_value(subject_of.pid(), &program, note.semaphore);
    assert_eq!((value(&watched)?, value(&other)?), (0, 0));

    let script = Bpftrace::new().pid(watched.pid()).usdt(&program, "kit:start", r#"printf("%d\n", arg0)"#);
    let mut session = script.start()?;
    assert_eq!((value(&watched)?, value(&other)?), (1, 0));
    watched.send("2")?;
    other.send("5")?;
    session.wait_for_lines(2)?;
    session.finish()?.assert_lines(&["0", "7"]);
    assert_eq!((value(&watched)?, value(&other)?), (0, 0));

    let (status, stdout) = watched.finish()?;
    assert!(status.success());
    assert_eq!(stdout, "up\nfired 2\n");
    Ok(())
}

#[test]
fn gdb_lists_the_probes() -> Result<()> {
    let program = subject("gdb_lists_the_probes");
    let probes = gdb::info_probes_stap(&program)?;
    let notes = testkit::readelf::notes(&program)?;
    assert_eq!(probes.len(), PROBES.len(), "{probes:#?}");
    for note in notes {
        let row = gdb::only(&probes, &format!("{}:{}", note.provider, note.name))?;
        assert_eq!((row.location, row.semaphore), (note.location, Some(note.semaphore)));
        assert_eq!(row.object, program.display().to_string());
    }
    Ok(())
}

#[test]
fn gdb_reads_every_argument() -> Result<()> {
    let program = subject("gdb_reads_every_argument");
    let shown = ["$_probe_argc", "$_probe_arg0", "$_probe_arg11"].map(Show::Value);
    let hits = gdb::break_and_print(&program, "kit:twelve", &shown, &["2"])?;
    assert_eq!(hits, [["12", "0", "11"], ["12", "1", "12"]]);
    let shown = [Show::Value("$_probe_arg1"), Show::Text("$_probe_arg2")];
    let hits = gdb::break_and_print(&program, "kit:start", &shown, &["2"])?;
    assert_eq!(hits, [["0", "hello"], ["-1", "hello"]]);
    Ok(())
}

#[test]
fn gdb_reads_a_long_string_whole() -> Result<()> {
    let program = subject("gdb_reads_a_long_string_whole");
    let hits = gdb::break_and_print(&program, "kit:long", &[Show::Text("$_probe_arg0")], &["1"])?;
    assert!(hits == [[long_text()]], "{} bytes of {}", hits[0][0].len(), long_text().len());
    Ok(())
}

#[test]
fn gdb_without_the_probe_is_an_error() {
    let program = subject("gdb_without_the_probe_is_an_error");
    let error =
        gdb::break_and_print(&program, "kit:absent", &[], &["1"]).expect_err("there is no such probe");
    assert!(error.to_string().contains("kit:absent"), "{error}");
}

#[test]
fn perf_lists_and_records_twelve_arguments() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = subject("perf_lists_and_records_twelve_arguments");
    let mut listed = perf::list_sdt(&program)?;
    listed.sort();
    assert_eq!(listed, PROBES);
    let hits = perf::record(&program, "kit:twelve", &["2"])?;
    let expected = [0, 1].map(|n| (n..n + 12).map(|value| value.to_string()).collect::<Vec<_>>());
    assert_eq!(hits, expected);
    Ok(())
}

/// The toolbox's tools, for subjects of these tests.
fn newer(program: &Path) -> Result<Tools> {
    Ok(Tools::of(&Toolbox::find()?, &[program.parent().expect("a file is in a directory")]))
}

fn started(program: &Path) -> Result<Subject> {
    let mut subject = Subject::spawn(&mut Command::new(program))?;
    subject.wait_for("up")?;
    Ok(subject)
}

/// Each tracer that can be had, where it can be had.
fn each_tracer(program: &Path) -> Result<Vec<(Tracer, Tools)>> {
    let both = [Tools::Machine, newer(program)?];
    let pairs = Tracer::ALL.into_iter().flat_map(|tracer| both.clone().map(|tools| (tracer, tools)));
    Ok(pairs.filter(|(tracer, tools)| tracer.is_among(tools)).collect())
}

/// How the arguments of `kit:start` are read.
const START: [Argument; 3] = [Argument::Unsigned, Argument::Signed, Argument::Text];

/// Fails unless two firings of `kit:start` were seen; perf shows the text as an address, and usdt reads it a moment later: a program
/// that it has started may be gone by then.
fn two_firings(tracer: Tracer, seen: &[Seen], is_gone: bool) {
    let shown = match tracer {
        Tracer::Perf => 2,
        Tracer::Usdt if is_gone => 2,
        _ => 3,
    };
    let values: Vec<&[String]> = seen.iter().map(|hit| &hit.values[..shown]).collect();
    let expected = [["0", "0", "hello"], ["7", "-1", "hello"]];
    assert_eq!(values, expected.each_ref().map(|values| &values[..shown]), "{tracer:?}");
}

#[test]
fn dtrace_lists_and_prints() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = subject("dtrace_lists_and_prints");
    let (mut watched, tools) = (started(&program)?, newer(&program)?);
    let dtrace = DTrace { tools: &tools, target: Target::Process(watched.pid()) };
    let mut listed = dtrace.list("kit")?;
    listed.sort();
    assert_eq!(listed, PROBES);
    let action = r#"printf("%d %d %s\n", (int)arg0, (int)arg1, copyinstr(arg2));"#;
    let probes = [("kit:start".to_owned(), action.to_owned())];
    let run = || -> Result<()> {
        watched.send("2")?;
        watched.wait_for("fired")?;
        Ok(())
    };
    let (lines, ran) = dtrace.observe(&probes, run)?;
    ran?;
    assert_eq!(lines, ["0 0 hello", "7 -1 hello"]);
    let absent = [("kit:absent".to_owned(), action.to_owned())];
    let error = dtrace.observe(&absent, || ()).expect_err("there is no such probe");
    assert!(error.to_string().contains("absent"), "{error}");
    Ok(())
}

#[test]
fn dtrace_is_not_started_on_the_machine() {
    let dtrace = DTrace { tools: &Tools::Machine, target: Target::Process(std::process::id()) };
    let error = dtrace.list("kit").expect_err("it would leave mounts").to_string();
    assert!(error.contains("toolbox"), "{error}");
}

#[test]
fn tplist_lists_a_file_and_a_process() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = subject("tplist_lists_a_file_and_a_process");
    let (subject, tools) = (started(&program)?, newer(&program)?);
    for mut listed in [tplist::list(&tools, &program)?, tplist::list_pid(&tools, subject.pid(), &program)?] {
        listed.sort();
        assert_eq!(listed, PROBES);
    }
    Ok(())
}

#[test]
fn each_tracer_watches_a_process_and_lets_it_go() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = subject("each_tracer_watches_a_process_and_lets_it_go");
    let probes = [Probe { file: &program, name: "kit:start", arguments: &START }];
    for (tracer, tools) in each_tracer(&program)? {
        let mut watched = started(&program)?;
        let target = Target::Process(watched.pid());
        let watch =
            Watch { tracer, tools: &tools, target, probes: &probes, mapped_by_hand: false, stacks: false };
        let (seen, ()) = watch.observe(|| {
            watched.send("2")?;
            watched.wait_for("fired").map(drop)
        })?;
        two_firings(tracer, &seen, false);
        // Nobody sees these.
        watched.send("1")?;
        watched.wait_for("fired")?;
        assert!(watched.finish()?.0.success());
    }
    Ok(())
}

#[test]
fn each_tracer_starts_a_program() -> Result<()> {
    if !require_tracing() {
        return Ok(());
    }
    let program = subject("each_tracer_starts_a_program");
    let probes = [Probe { file: &program, name: "kit:start", arguments: &START }];
    let launch = Launch { program: program.clone(), arguments: vec!["2".to_owned()], env: Vec::new() };
    for (tracer, tools) in each_tracer(&program)? {
        let target = Target::Command(&launch);
        let watch =
            Watch { tracer, tools: &tools, target, probes: &probes, mapped_by_hand: false, stacks: true };
        let mut seen = watch.observe(|| Ok(()))?.0;
        for _ in 0..4 {
            // bpftrace may end with the program before it has printed anything.
            if seen.is_empty() {
                seen = watch.observe(|| Ok(()))?.0;
            }
        }
        two_firings(tracer, &seen, true);
        let has_stack = |hit: &Seen| tracer == Tracer::Usdt || !hit.stack.is_empty();
        assert!(seen.iter().all(has_stack), "{tracer:?}: {seen:?}");
    }
    Ok(())
}

#[test]
fn what_is_typed_has_nothing_of_ours() -> Result<()> {
    let probes = [Probe { file: Path::new("shop"), name: "kit:start", arguments: &START }];
    let typed = |tracer, target| {
        let tools = &Tools::Machine;
        Watch { tracer, tools, target, probes: &probes, mapped_by_hand: false, stacks: false }.typed()
    };
    assert_eq!(
        typed(Tracer::Bpftrace, Target::Process(7))?,
        r#"bpftrace -e 'usdt:shop:kit:start { printf("hit\tkit:start\t%d\t%lu\t%ld\t%s\n", pid, arg0, arg1, str(arg2)); }' -p 7"#
    );
    assert_eq!(
        typed(Tracer::Perf, Target::File)?,
        "perf buildid-cache --add shop\nperf probe sdt_kit:start\nperf record -e sdt_kit:start -a\nperf script"
    );
    let launch = Launch { program: "shop".into(), arguments: vec!["2".to_owned()], env: Vec::new() };
    assert!(typed(Tracer::DTrace, Target::Command(&launch))?.ends_with("-c 'shop 2'"));
    assert!(typed(Tracer::Gdb, Target::Command(&launch))?.starts_with("gdb --args shop 2\n(gdb) break"));
    Ok(())
}
