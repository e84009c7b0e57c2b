//! Two small DOFs, byte for byte, put together by hand from the tables in the module's documentation; and one that another
//! program wrote.

use super::super::*;
use crate::model::Probe;

/// For illumos and FreeBSD: `p:a-b` in `f`, whose only argument for D programs is the second that it fires.
const VERSION_2: &str = "
    0000: 7f 44 4f 46               ; DOF_ID_MAG0…
    0004: 02 01 02                  ; 64 bits, little-endian, version 2
    0007: 02 08 08                  ; D's virtual machine: version 2, 8 and 8 registers
    000a: 00 00 00 00 00 00         ; DOF_ID_PAD
    0010: 00 00 00 00               ; dofh_flags
    0014: 40 00 00 00 20 00 00 00   ; dofh_hdrsize, dofh_secsize
    001c: 06 00 00 00               ; dofh_secnum
    0020: 40 00 00 00 00 00 00 00   ; dofh_secoff
    0028: 84 01 00 00 00 00 00 00   ; dofh_loadsz
    0030: 84 01 00 00 00 00 00 00   ; dofh_filesz
    0038: 00 00 00 00 00 00 00 00   ; dofh_pad
    ; 0: type, align, flags, entsize, offset, size
    0040: 08 00 00 00 01 00 00 00 01 00 00 00 00 00 00 00   ; STRTAB
    0050: 00 01 00 00 00 00 00 00 18 00 00 00 00 00 00 00
    0060: 11 00 00 00 01 00 00 00 01 00 00 00 01 00 00 00   ; 1: PRARGS
    0070: 18 01 00 00 00 00 00 00 01 00 00 00 00 00 00 00
    0080: 12 00 00 00 04 00 00 00 01 00 00 00 04 00 00 00   ; 2: PROFFS
    0090: 1c 01 00 00 00 00 00 00 08 00 00 00 00 00 00 00
    00a0: 1a 00 00 00 04 00 00 00 01 00 00 00 04 00 00 00   ; 3: PRENOFFS
    00b0: 24 01 00 00 00 00 00 00 04 00 00 00 00 00 00 00
    00c0: 10 00 00 00 08 00 00 00 01 00 00 00 30 00 00 00   ; 4: PROBES
    00d0: 28 01 00 00 00 00 00 00 30 00 00 00 00 00 00 00
    00e0: 0f 00 00 00 04 00 00 00 01 00 00 00 00 00 00 00   ; 5: PROVIDER
    00f0: 58 01 00 00 00 00 00 00 2c 00 00 00 00 00 00 00
    0100: 00                        ; STRTAB: the empty string
    0101: 70 00                     ; 1: p
    0103: 66 00                     ; 3: f
    0105: 61 2d 62 00               ; 5: a-b
    0109: 69 6e 74 33 32 5f 74 00   ; 9: int32_t
    0111: 63 68 61 72 20 2a 00      ; 17: char *
    0118: 01                        ; PRARGS: args[0] is argument 1
    0119: 00 00 00                  ; padding
    011c: 34 00 00 00 12 00 00 00   ; PROFFS
    0124: 09 00 00 00               ; PRENOFFS
    0128: 00 10 40 00 00 00 00 00   ; PROBES: dofpr_addr
    0130: 03 00 00 00 05 00 00 00   ; dofpr_func, dofpr_name
    0138: 09 00 00 00 11 00 00 00   ; dofpr_nargv, dofpr_xargv
    0140: 00 00 00 00 00 00 00 00   ; dofpr_argidx, dofpr_offidx
    0148: 02 01 02 00               ; dofpr_nargc, dofpr_xargc, dofpr_noffs
    014c: 00 00 00 00               ; dofpr_enoffidx
    0150: 01 00 00 00 00 00 00 00   ; dofpr_nenoffs, dofpr_pad1, dofpr_pad2
    0158: 00 00 00 00 04 00 00 00   ; PROVIDER: dofpv_strtab, dofpv_probes
    0160: 01 00 00 00 02 00 00 00   ; dofpv_prargs, dofpv_proffs
    0168: 01 00 00 00               ; dofpv_name
    016c: 00 04 05 05               ; dofpv_provattr: Evolving/Evolving/ISA
    0170: 00 00 01 01 00 00 01 01   ; dofpv_modattr, dofpv_funcattr: Private/Private/Unknown
    0178: 00 04 05 05 00 04 05 05   ; dofpv_nameattr, dofpv_argsattr
    0180: 03 00 00 00               ; dofpv_prenoffs";

/// For macOS: `q:c` without arguments, fired in `main` and asked about in `go`.
const VERSION_3: &str = "
    0000: 7f 44 4f 46 02 01 03 02 08 08 00 00 00 00 00 00   ; version 3
    0010: 00 00 00 00 40 00 00 00 20 00 00 00 06 00 00 00
    0020: 40 00 00 00 00 00 00 00 a4 01 00 00 00 00 00 00   ; dofh_secoff, dofh_loadsz
    0030: a4 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00   ; dofh_filesz
    0040: 08 00 00 00 01 00 00 00 01 00 00 00 00 00 00 00   ; 0: STRTAB
    0050: 00 01 00 00 00 00 00 00 0d 00 00 00 00 00 00 00
    0060: 11 00 00 00 01 00 00 00 01 00 00 00 01 00 00 00   ; 1: PRARGS, empty
    0070: 0d 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    0080: 12 00 00 00 04 00 00 00 01 00 00 00 04 00 00 00   ; 2: PROFFS
    0090: 10 01 00 00 00 00 00 00 04 00 00 00 00 00 00 00
    00a0: 1a 00 00 00 04 00 00 00 01 00 00 00 04 00 00 00   ; 3: PRENOFFS
    00b0: 14 01 00 00 00 00 00 00 04 00 00 00 00 00 00 00
    00c0: 10 00 00 00 08 00 00 00 01 00 00 00 30 00 00 00   ; 4: PROBES, two
    00d0: 18 01 00 00 00 00 00 00 60 00 00 00 00 00 00 00
    00e0: 0f 00 00 00 04 00 00 00 01 00 00 00 00 00 00 00   ; 5: PROVIDER
    00f0: 78 01 00 00 00 00 00 00 2c 00 00 00 00 00 00 00
    0100: 00                        ; STRTAB: the empty string
    0101: 71 00                     ; 1: q
    0103: 6d 61 69 6e 00            ; 3: main
    0108: 63 00                     ; 8: c
    010a: 67 6f 00                  ; 10: go
    010d: 00 00 00                  ; padding
    0110: c0 ff ff ff               ; PROFFS: −64
    0114: ff ff ff 7f               ; PRENOFFS: the largest that there is
    0118: 00 00 00 00 00 00 00 00   ; PROBES: the first's dofpr_addr
    0120: 03 00 00 00 08 00 00 00   ; main, c
    0128: 00 00 00 00 00 00 00 00   ; no types
    0130: 00 00 00 00 00 00 00 00   ; dofpr_argidx, dofpr_offidx
    0138: 00 00 01 00               ; no arguments, one site
    013c: 00 00 00 00 00 00 00 00   ; dofpr_enoffidx; no is-enabled sites
    0144: 00 00 00 00
    0148: 00 00 00 00 00 00 00 00   ; the second's dofpr_addr
    0150: 0a 00 00 00 08 00 00 00   ; go, c
    0158: 00 00 00 00 00 00 00 00
    0160: 00 00 00 00 01 00 00 00   ; dofpr_argidx, dofpr_offidx
    0168: 00 00 00 00               ; no arguments, no sites
    016c: 00 00 00 00 01 00 00 00   ; dofpr_enoffidx; one is-enabled site
    0174: 00 00 00 00
    0178: 00 00 00 00 04 00 00 00   ; PROVIDER: dofpv_strtab, dofpv_probes
    0180: 01 00 00 00 02 00 00 00   ; dofpv_prargs, dofpv_proffs
    0188: 01 00 00 00               ; dofpv_name
    018c: 00 04 05 05 00 00 01 01 00 00 01 01 00 04 05 05 00 04 05 05
    01a0: 03 00 00 00               ; dofpv_prenoffs";

/// What DTrace for Linux 2.0.7 makes of `provider orders { probe a__b(int x, char *y) : (char *y, int x); probe c(); };`
/// (`dtrace_dof_create` of libdtrace, without any object files: so there are no sites).
const LIBDTRACE: &str = "
    0000: 7f 44 4f 46 02 01 01 02 08 08 00 00 00 00 00 00   ; version 1
    0010: 00 00 00 00 40 00 00 00 20 00 00 00 07 00 00 00
    0020: 40 00 00 00 00 00 00 00 e0 01 00 00 00 00 00 00
    0030: e0 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    0040: 08 00 00 00 01 00 00 00 01 00 00 00 00 00 00 00   ; STRTAB
    0050: bc 01 00 00 00 00 00 00 24 00 00 00 00 00 00 00
    0060: 10 00 00 00 08 00 00 00 01 00 00 00 30 00 00 00   ; PROBES
    0070: 20 01 00 00 00 00 00 00 60 00 00 00 00 00 00 00
    0080: 11 00 00 00 01 00 00 00 01 00 00 00 01 00 00 00   ; PRARGS
    0090: 80 01 00 00 00 00 00 00 02 00 00 00 00 00 00 00
    00a0: 12 00 00 00 04 00 00 00 01 00 00 00 04 00 00 00   ; PROFFS, empty
    00b0: 84 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    00c0: 0f 00 00 00 04 00 00 00 01 00 00 00 00 00 00 00   ; PROVIDER
    00d0: 84 01 00 00 00 00 00 00 2c 00 00 00 00 00 00 00
    00e0: 0a 00 00 00 08 00 00 00 01 00 00 00 18 00 00 00   ; RELTAB
    00f0: b0 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    0100: 0c 00 00 00 04 00 00 00 01 00 00 00 00 00 00 00   ; URELHDR
    0110: b0 01 00 00 00 00 00 00 0c 00 00 00 00 00 00 00
    0120: 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00   ; the probes
    0130: 05 00 00 00 10 00 00 00 00 00 00 00 00 00 00 00
    0140: 02 02 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    0150: 00 00 00 00 00 00 00 00 00 00 00 00 1b 00 00 00
    0160: 1d 00 00 00 1d 00 00 00 02 00 00 00 00 00 00 00
    0170: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    0180: 01 00 00 00 00 00 00 00 01 00 00 00 02 00 00 00   ; PRARGS, then PROVIDER
    0190: 03 00 00 00 1d 00 00 00 00 05 04 04 00 05 04 04
    01a0: 00 05 04 04 00 05 04 04 00 05 04 04 00 00 00 00
    01b0: 00 00 00 00 05 00 00 00 01 00 00 00 00 61 2d 62   ; URELHDR, then the strings
    01c0: 00 69 6e 74 00 63 68 61 72 20 2a 00 63 68 61 72
    01d0: 20 2a 00 69 6e 74 00 63 00 6f 72 64 65 72 73 00";

/// The bytes of a dump, whose addresses must be right.
fn bytes(dump: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in dump.lines().map(|line| line.split_once(';').map_or(line, |(line, _)| line).trim()) {
        let Some((address, row)) = line.split_once(':') else { continue };
        assert_eq!(usize::from_str_radix(address, 16), Ok(bytes.len()), "{line}");
        bytes.extend(row.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("a byte")));
    }
    bytes
}

fn version_2() -> DofProvider {
    DofProvider::new("p").probe(DofProbe {
        name: "a-b".to_owned(),
        function: "f".to_owned(),
        address: 0x40_1000,
        sites: vec![0x34, 0x12],
        enabled_sites: vec![9],
        native: vec!["int32_t".to_owned(), "char *".to_owned()],
        translated: vec![Translated { ty: "char *".to_owned(), native: 1 }],
    })
}

fn version_3() -> DofProvider {
    let c = Probe::new("c");
    DofProvider::new("q")
        .probe(DofProbe::new(&c, "main", 0).sites([-64]))
        .probe(DofProbe::new(&c, "go", 0).enabled_sites([i64::from(i32::MAX)]))
}

#[test]
fn the_bytes_are_those_of_the_documentation() {
    assert_eq!(encode(&[version_2()], Flavour::Illumos), Ok(bytes(VERSION_2)));
    assert_eq!(encode(&[version_2()], Flavour::FreeBsd), Ok(bytes(VERSION_2)));
    assert_eq!(encode(&[version_3()], Flavour::MacOs), Ok(bytes(VERSION_3)));
}

#[test]
fn they_are_read() {
    for (dump, version, provider) in
        [(VERSION_2, Version::Two, version_2()), (VERSION_3, Version::Three, version_3())]
    {
        let bytes = bytes(dump);
        assert_eq!(length(&bytes), Ok(bytes.len()));
        assert_eq!(decode(&bytes), Ok(Dof { version, providers: vec![provider] }));
    }
}

/// What `dtrace -G` writes where there are no is-enabled sites.
#[test]
fn version_1_is_read_without_is_enabled_sites() {
    let mut bytes = bytes(VERSION_2);
    bytes[6] = 1;
    let mut provider = version_2();
    provider.probes[0].enabled_sites.clear();
    assert_eq!(decode(&bytes), Ok(Dof { version: Version::One, providers: vec![provider] }));
}

#[test]
fn what_libdtrace_wrote_is_read() {
    let mut bytes = bytes(LIBDTRACE);
    assert_eq!(decode(&bytes), Err(DofError { offset: 0x142, problem: "a probe without sites" }));
    // A site for each probe: `dofpr_noffs`, the second's `dofpr_offidx`, and `PROFFS` over the header's padding.
    (bytes[0x142], bytes[0x172], bytes[0x16C]) = (1, 1, 1);
    bytes[0xB0..0xC0].copy_from_slice(&[0x38, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0]);
    bytes[0x38..0x40].copy_from_slice(&[0x34, 0x12, 0, 0, 0x78, 0x56, 0, 0]);
    let dof = decode(&bytes).expect("whole");
    let orders = &dof.providers[0];
    assert_eq!((dof.version, dof.providers.len(), orders.name.as_str()), (Version::One, 1, "orders"));
    let of = orders.attributes;
    for stability in [of.provider, of.module, of.function, of.name, of.args] {
        assert_eq!(stability.to_string(), "Unstable/Unstable/Common");
    }
    let swapped = [("char *", 1), ("int", 0)].map(|(ty, native)| Translated { ty: ty.to_owned(), native });
    let [ab, c] = &orders.probes[..] else { panic!("two probes: {dof}") };
    assert_eq!((ab.name.as_str(), &ab.sites[..], &c.sites[..]), ("a-b", &[0x1234][..], &[0x5678][..]));
    assert_eq!(
        (&ab.native[..], &ab.translated[..]),
        (&["int".to_owned(), "char *".to_owned()][..], &swapped[..])
    );
    assert_eq!((c.name.as_str(), c.native.len(), c.translated.len()), ("c", 0, 0));
}

#[test]
fn people_read_it() {
    assert_eq!(
        dump(&bytes(VERSION_2)).expect("whole"),
        "\
section  type       loaded align entry   offset     size
      0  STRTAB     yes        1     0    0x100       24
      1  PRARGS     yes        1     1    0x118        1
      2  PROFFS     yes        4     4    0x11c        8
      3  PRENOFFS   yes        4     4    0x124        4
      4  PROBES     yes        8    48    0x128       48
      5  PROVIDER   yes        4     0    0x158       44

DOF version 2
provider p
  provider Evolving/Evolving/ISA, module Private/Private/Unknown, function Private/Private/Unknown
  name Evolving/Evolving/ISA, arguments Evolving/Evolving/ISA
  probe a-b(int32_t, char *) in f
    args[0] is argument 1 as char *
    site at 0x401000 + 0x34
    site at 0x401000 + 0x12
    is-enabled site at 0x401000 + 0x9
"
    );
    let macos = decode(&bytes(VERSION_3)).expect("whole").to_string();
    assert!(macos.ends_with(
        "  probe c() in main\n    site at DOF - 0x40\n  probe c() in go\n    is-enabled site at DOF + 0x7fffffff\n"
    ));
}
