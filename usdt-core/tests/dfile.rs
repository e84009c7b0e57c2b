//! D files as people write them, the mistakes they make, and files that no person writes.

#![cfg(feature = "std")]

use usdt_core::dfile::{DFile, DFileError, RustOptions, parse};
use usdt_core::model::name::{check_probe, check_provider};

/// All of the language in one file.
const EVERYTHING: &str = "#!/usr/sbin/dtrace -s
/*
 * A header that belongs to no probe.
 */

#include <sys/types.h>
#pragma ident \"%Z%\"
provider orders {
    /**
     * A request was accepted.
     *
     * Its path is as it came.
     */
    probe request__start(uint64_t id, const char *path);
    probe request__done(uint64_t, int status, string); // trailing
    // Two lines
    // about it.
    probe idle(void);

    /* too far away */

    probe gone();
    /* here */ probe pair(struct conn *const c, unsigned long int n, uint8_t const *bytes, char **argv);
};

provider other { };

#pragma D attributes Evolving/Evolving/Common provider orders provider
";

fn shape(file: &DFile) -> Vec<(String, String)> {
    let probes = file.providers.iter().flat_map(|provider| &provider.probes);
    let args = probes.map(|probe| {
        let args: Vec<String> = probe.args.iter().map(|arg| format!("{}: {}", arg.name, arg.ty)).collect();
        (format!("{}({})", probe.name, args.join(", ")), probe.doc.clone())
    });
    args.collect()
}

#[test]
fn the_whole_language() {
    let file = parse(EVERYTHING).unwrap();
    let names: Vec<&str> = file.providers.iter().map(|provider| provider.name.as_str()).collect();
    assert_eq!(names, ["orders", "other"]);
    let expected = [
        (
            "request-start(id: uint64_t, path: const char *)",
            "A request was accepted.\n\nIts path is as it came.",
        ),
        ("request-done(arg0: uint64_t, status: int, arg2: string)", ""),
        ("idle()", "Two lines\nabout it."),
        ("gone()", ""),
        ("pair(c: struct conn *const, n: unsigned long int, bytes: uint8_t const *, argv: char **)", "here"),
    ];
    assert_eq!(shape(&file), expected.map(|(probe, doc)| (probe.to_owned(), doc.to_owned())));
    let ignored: Vec<String> = file.ignored.iter().map(ToString::to_string).collect();
    assert_eq!(
        ignored,
        [
            "1:1: `#!/usr/sbin/dtrace -s` is ignored",
            "6:1: `#include <sys/types.h>` is ignored",
            "7:1: `#pragma ident \"%Z%\"` is ignored",
            "28:1: `#pragma D attributes Evolving/Evolving/Common provider orders provider` is ignored",
        ]
    );
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    let file = parse(EVERYTHING).unwrap();
    assert_eq!(parse(&EVERYTHING.replace('\n', "\r\n")).unwrap(), file);
    assert_eq!(parse(&format!("\u{feff}{EVERYTHING}")).unwrap(), file);
}

#[test]
fn an_unnamed_argument_avoids_the_names_of_others() {
    let file = parse("provider a { probe b(int arg1, int, int arg1_); };").unwrap();
    assert_eq!(shape(&file)[0].0, "b(arg1: int, arg1__: int, arg1_: int)");
}

#[test]
fn twelve_arguments_are_the_most() {
    let probe = |count| format!("provider a {{\n probe b({}); }};", vec!["int"; count].join(","));
    assert_eq!(parse(&probe(12)).unwrap().providers[0].probes[0].args.len(), 12);
    let error = parse(&probe(13)).unwrap_err();
    assert_eq!((error.line, error.column), (2, 10 + 12 * 4), "{error}");
    assert!(error.message.contains("more than 12 arguments"), "{error}");
}

#[test]
fn every_mistake_is_told_at_its_place() {
    for (source, line, column, message) in [
        ("x", 1, 1, "expected `provider NAME { … };`, found `x`"),
        ("provider", 1, 9, "expected the name of a provider, as in"),
        ("provider {}", 1, 10, "expected the name of a provider, as in"),
        ("provider a", 1, 11, "expected `{` after `provider a`"),
        ("provider 9a {};", 1, 10, "write `_9a`"),
        ("provider größe {};", 1, 10, "'ö' can't stand here"),
        ("provider self {};", 1, 10, "can't be a name in Rust: write another, such as `self_`"),
        ("provider a {};;", 1, 15, "remove this `;`"),
        ("provider a {};\n\nprovider a {};", 3, 10, "stands in line 1 already"),
        ("probe b();", 1, 1, "a probe belongs to a provider"),
        ("typedef int t;", 1, 1, "`typedef` can't be declared here"),
        ("struct s { int x; };", 1, 1, "`struct` can't be declared here"),
        ("translator t <s> {};", 1, 1, "`translator` is for scripts"),
        ("#ifdef X\n#endif", 1, 1, "run the file through `cpp`"),
        ("#define t int", 1, 1, "run the file through `cpp`"),
        ("provider a {\n /* x", 2, 2, "this comment never ends: write `*/`"),
        ("provider a {\n", 2, 1, "inside `provider a`, which begins in line 1: write `};`"),
    ] {
        check(source, line, column, message);
    }
}

#[test]
fn every_mistake_in_a_probe_is_told_at_its_place() {
    for (probe, column, message) in [
        ("@", 1, "expected `probe NAME(…);`, or `}` at the end of the provider, found `@`"),
        ("probe (int);", 7, "expected the name of a probe"),
        ("probe b;", 8, "write `b()` if it has no arguments, found `;`"),
        ("probe b-c-2d(int);", 8, "write `b__c__2d`"),
        ("probe self();", 7, "such as `self_`"),
        ("probe _();", 7, "such as `__`"),
        ("probe b()\n", 10, "write `;` here, after `probe b(…)` and before `}`"),
        ("probe b();\nprobe b();", 7, "the probe `b` of `a` stands in line 2 already"),
        ("probe b(int x) : (int y);", 16, "translated arguments"),
        (
            "probe b(conninfo_t *p : (int fd, char *name));",
            23,
            "write only the arguments that the program passes",
        ),
        ("probe b(int x", 1, "`,` and another argument, or `)` after the last one, found `}`"),
        ("probe b(int x y);", 15, "found `y`"),
        ("probe b(int x = 1);", 15, "an argument has no value"),
        ("probe b(int,);", 13, "expected the type of an argument, such as `uint64_t`"),
        ("probe b(,int);", 9, "expected the type of an argument"),
        ("probe b(int, ...);", 14, "write each, not `...`"),
        ("probe b(void, int);", 9, "write `()` for no arguments"),
        ("probe b(int, void);", 14, "write `()` for no arguments"),
        ("probe b(void p);", 9, "write `void *p`"),
        ("probe b(int x, struct foo y);", 16, "`struct foo` can't be passed by value: write `struct foo *`"),
        ("probe b(struct { int x; } y);", 16, "the name of the struct, as in `struct NAME *`"),
        ("probe b(const foo_t y);", 9, "`const foo_t *` to pass its address"),
        ("probe b(uint64 y);", 9, "write `uint64_t`"),
        ("probe b(long double y);", 9, "write `double`"),
        ("probe b(char y[16]);", 9, "an array can't be passed: write `char *y`"),
        ("probe b(void (*y)(int));", 14, "write `void *` for its address"),
        ("probe b(int int8);\nprobe c(size_t int);", 16, "write `int_`"),
        ("probe b(int ü);", 13, "write ASCII letters"),
        ("probe b(int x, long x);", 21, "two arguments are called `x`"),
        ("probe b(int `);", 13, "found a backquote"),
    ] {
        let line = 2 + probe.matches('\n').count() - usize::from(probe.ends_with('\n'));
        // An unfinished probe is noticed at the `}` below it.
        let line = if probe.ends_with('x') { line + 1 } else { line };
        check(&format!("provider a {{\n{probe}\n}};"), line, column, message);
    }
}

#[test]
fn long_names_are_refused() {
    let name = "n".repeat(64);
    check(&format!("provider {name} {{}};"), 1, 10, "accept at most 53: choose a shorter one");
    check(&format!("provider a {{ probe {name}(); }};"), 1, 20, "accept at most 63: choose a shorter one");
    // `__` is one character to a tracer.
    assert!(parse(&format!("provider a {{ probe {}__x(); }};", &name[..61])).is_ok());
}

#[test]
fn an_error_prints_its_place_first() {
    assert_eq!(parse("\n ;").unwrap_err().to_string(), "2:2: nothing ends here: remove this `;`");
}

fn check(source: &str, line: usize, column: usize, message: &str) {
    let error = parse(source).expect_err(source);
    assert_eq!((error.line, error.column), (line, column), "{error}\n{source}");
    assert!(error.message.contains(message), "{error}\nexpected: {message}\n{source}");
}

/// Numbers that look random and are the same each time.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// Damages the text in one place.
fn damage(text: &mut Vec<char>, random: &mut Lcg) {
    const WORDS: [&str; 24] = [
        "provider", "probe", "/*", "*/", "//", "\n", "\r", "#", "#if", "(", ")", "{", "}", ";", ",", "*",
        ":", "-", "void", "struct", "long", "\u{feff}", "ü", "\0",
    ];
    let at = random.below(text.len() + 1);
    let to = (at + random.below(12)).min(text.len());
    match random.below(4) {
        0 => drop(text.drain(at..to)),
        1 => drop(text.splice(at..at, WORDS[random.below(WORDS.len())].chars())),
        2 => drop(text.splice(at..to, WORDS[random.below(WORDS.len())].chars())),
        _ => {
            let copy = text[at..to].to_vec();
            let target = random.below(text.len() + 1);
            text.splice(target..target, copy);
        }
    }
}

/// What holds for any file.
fn survives(source: &str) -> bool {
    match parse(source) {
        Ok(file) => {
            for provider in &file.providers {
                assert_eq!(check_provider(&provider.name), Ok(()));
                assert!(provider.probes.iter().all(|probe| check_probe(&probe.name).is_ok()));
                assert!(provider.probes.iter().all(|probe| probe.args.len() <= 12));
            }
            assert_eq!(file.to_rust(&RustOptions::default()).is_ok(), !file.providers.is_empty());
            true
        }
        Err(error) => {
            assert!(is_inside(&error, source), "{error}\n{source}");
            false
        }
    }
}

fn is_inside(error: &DFileError, source: &str) -> bool {
    let line = source.split('\n').nth(error.line - 1);
    line.is_some_and(|line| (1..=line.chars().count() + 1).contains(&error.column))
}

#[test]
fn damaged_files_are_errors_and_never_panics() {
    let mut random = Lcg(1);
    let mut accepted = 0;
    for _ in 0..6_000 {
        let mut text: Vec<char> = EVERYTHING.chars().collect();
        for _ in 0..=random.below(3) {
            damage(&mut text, &mut random);
        }
        accepted += usize::from(survives(&text.iter().collect::<String>()));
    }
    assert!((500..5_500).contains(&accepted), "{accepted} of 6000 damaged files were accepted");
}

#[test]
fn every_beginning_of_a_file_is_survived() {
    for (end, _) in EVERYTHING.char_indices() {
        survives(&EVERYTHING[..end]);
    }
}

#[test]
fn huge_files_take_no_longer_than_their_size() {
    const COUNT: usize = 50_000;
    for part in ["(", "{", "*", "/*", "/**/", "//\n", "#\n", "#\\\n", "-", "a", "a ", "int ", "\n", "/", "ü"]
    {
        let many = part.repeat(COUNT);
        for (before, after) in [
            ("", ""),
            ("provider ", ""),
            ("provider a {", "};"),
            ("provider a { probe ", "};"),
            ("provider a { probe b", "(); };"),
            ("provider a { probe b(", "); };"),
            ("provider a { probe b(int ", "); };"),
            ("provider a { probe b(int *", "); };"),
            ("provider a { /*", "*/ probe b(); };"),
        ] {
            survives(&format!("{before}{many}{after}"));
        }
    }
    let probes: String = (0..COUNT / 10).map(|i| format!("probe p{i}();\n")).collect();
    assert!(survives(&format!("provider a {{ {probes} }}")));
    assert!(survives(&(0..COUNT / 10).map(|i| format!("provider p{i} {{}}")).collect::<String>()));
}
