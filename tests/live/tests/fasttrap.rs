//! Systems with DTrace, none of which is here: their sites are built for Linux, and a program plays their kernels' part with
//! its own probes. Each address comes from the DOF that it has registered.

mod common;

use std::path::Path;

use common::selftrace::{Built, Place, Profile, printed};
use testkit::expect;
use testkit::toolbox::Toolbox;

const FLAGS: &str = "--cfg usdt_probes_dtrace";

/// Probes that the program has, and of which it defines the same again.
const BOTH: &str = "\
bytes:bytes(uint8_t *, uint64_t, uint8_t) \"bytes\" 5 9
long_text:long_text(char *, uint64_t) \"long long \"…1000 1000
others:others(uint8_t, uint32_t, uint32_t, uint64_t, uint64_t) 1 223 1069547520 13836183955189006336 3000000005
signed:signed(int8_t, int16_t, int32_t, int64_t, int64_t, uint64_t, int64_t) -128 -32768 -2147483648 -9223372036854775808 -9223372036854775808 0 -9223372036854775808
texts:texts(char *, char *, char *, char *, uint32_t) \"text\" \"c text\" \"/a/path\" 0 7
twelve:twelve(uint64_t, int8_t, uint64_t, char *, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, int32_t, uint8_t) 1 -2 3 \"four\" 5 6 7 8 9 10 -11 12
unsigned:unsigned(uint8_t, uint16_t, uint32_t, uint64_t, uint64_t, uint64_t, uint64_t) 255 65535 4294967295 18446744073709551615 18446744073709551615 18446744073709551614 18446744073709551615
";

/// The program's other probes, and behind them what it defines; then those of the library.
const OWN: &str = "\
own:with__dash:with-dash()
places:counted:counted(uint64_t) 0
places:generic:generic(uint64_t, char *) 2 \"u16\"
places:generic:generic(uint64_t, char *) 8 \"u64\"
places:twice:twice(uint32_t) 1
places:twice:twice(uint32_t) 2
";
const DEFINED: &str = "\
defined:with_dash:with-dash()
defined:added:added(int8_t) -7
defined:with_dash':with-dash(uint8_t) 9
";
const LIBRARY: &str = "\
library:called:called(uint32_t, char *) 7 \"the program\"
";

/// What the kernels of x86_64 see, and any kernel that reads arguments where the C convention has them.
fn expected() -> String {
    let of = |provider: &str| BOTH.lines().map(|line| format!("{provider}:{line}\n")).collect::<String>();
    [&of("own"), OWN, &of("defined"), DEFINED, LIBRARY].concat()
}

/// The ends of the lines that have more than five arguments, and what the kernel of macOS gives D programs of them on arm64.
const ONLY_FIVE: [(&str, &str); 3] = [
    (" 5 6 7 8 9 10 -11 12\n", " 5 0 0 0 0 0 0 0\n"),
    (" -9223372036854775808 0 -9223372036854775808\n", " -9223372036854775808 0 0\n"),
    (" 18446744073709551614 18446744073709551615\n", " 0 0\n"),
];

fn check(built: &Built<'_>, system: &str, expected: &str) {
    let printed = printed(&mut built.run(&[Path::new(system), &built.library]));
    expect::equal(system, expected, &*printed);
}

#[test]
fn each_probe_fires_on_x86_64() {
    for profile in Profile::ALL {
        let built = Place::Machine.build("fasttrap", profile, FLAGS);
        for system in ["illumos", "freebsd", "macos"] {
            check(&built, system, &expected());
        }
    }
}

#[test]
fn each_probe_fires_on_aarch64_under_an_emulator() {
    if !testkit::machine::require_tracing() {
        return;
    }
    let only_five = ONLY_FIVE.iter().fold(expected(), |text, (all, five)| {
        assert!(text.contains(all));
        text.replace(all, five)
    });
    let toolbox = Toolbox::find().expect("the toolbox: `cargo xtask setup toolbox` makes it");
    for profile in Profile::ALL {
        let built = Place::Aarch64(&toolbox).build("fasttrap-aarch64", profile, FLAGS);
        check(&built, "macos", &only_five);
        check(&built, "macos-abi", &expected());
    }
}
