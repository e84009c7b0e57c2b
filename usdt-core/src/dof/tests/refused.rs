//! What a DOF can't hold and what a kernel would drop is refused, by name.

use super::super::*;
use super::{orders, probe};
use crate::model::Probe;
use crate::model::name::NameError;

fn refused(provider: DofProvider, flavour: Flavour) -> EncodeError {
    encode(&[provider], flavour).expect_err("it must be refused")
}

/// What is wrong with the only probe of a provider.
fn problem(probe: DofProbe, flavour: Flavour) -> ProbeProblem {
    match refused(DofProvider::new("o").probe(probe), flavour) {
        EncodeError::Probe { problem, provider, .. } => {
            assert_eq!(provider, "o");
            problem
        }
        other => panic!("{other}"),
    }
}

#[test]
fn providers() {
    for flavour in Flavour::ALL {
        assert_eq!(encode(&[], flavour), Err(EncodeError::NoProviders));
        assert_eq!(refused(DofProvider::new("o"), flavour), EncodeError::NoProbes("o".to_owned()));
        let named = |name: &str| refused(DofProvider::new(name).probe(probe("p", "f")), flavour);
        let error = NameError::TooLong { len: 54, max: 53 };
        let provider = "o".repeat(54);
        assert_eq!(named(&provider), EncodeError::ProviderName { provider, error });
        assert!(matches!(named("a-b"), EncodeError::ProviderName { error: NameError::BadChar('-'), .. }));
        assert_eq!(named("pid"), EncodeError::ReservedProvider("pid".to_owned()));
        let twice = encode(&[orders(), orders()], flavour);
        assert_eq!(twice, Err(EncodeError::SameProvider("orders".to_owned())));
    }
    for name in ["objc", "oneshot"] {
        let provider = DofProvider::new(name).probe(probe("p", "f"));
        assert!(encode(std::slice::from_ref(&provider), Flavour::FreeBsd).is_ok());
        assert_eq!(refused(provider, Flavour::MacOs), EncodeError::ReservedProvider(name.to_owned()));
    }
}

#[test]
fn names() {
    for flavour in Flavour::ALL {
        let name = |name: &str| problem(probe(name, "f"), flavour);
        assert_eq!(name(""), ProbeProblem::Name(NameError::Empty));
        assert_eq!(name(&"p".repeat(64)), ProbeProblem::Name(NameError::TooLong { len: 64, max: 63 }));
        assert_eq!(problem(probe("p", &"f".repeat(128)), flavour), ProbeProblem::LongFunction { len: 128 });
        assert_eq!(problem(probe("p", "f\0"), flavour), ProbeProblem::Nul);
        let twice =
            DofProvider::new("o").probe(probe("p", "f")).probe(probe("p", "g")).probe(probe("p", "f"));
        assert!(matches!(refused(twice, flavour), EncodeError::Probe { problem: ProbeProblem::Same, .. }));
    }
}

#[test]
fn sites() {
    let at = |offsets: &[i64]| DofProbe::new(&Probe::new("p"), "f", 0).sites(offsets.iter().copied());
    let asked =
        |offsets: &[i64]| DofProbe::new(&Probe::new("p"), "f", 0).enabled_sites(offsets.iter().copied());
    for flavour in Flavour::ALL {
        assert_eq!(problem(at(&[]), flavour), ProbeProblem::NoSites);
        for probe in [at(&[7, 1, 7]), asked(&[7, 1, 7])] {
            assert_eq!(problem(probe, flavour), ProbeProblem::SameOffset(7));
        }
        let many: Vec<i64> = (0..65_536).collect();
        for probe in [at(&many), asked(&many)] {
            assert_eq!(problem(probe, flavour), ProbeProblem::TooManySites { count: 65_536 });
        }
        let (low, high) = (*flavour.version().offsets().start(), *flavour.version().offsets().end());
        for offset in [low - 1, high + 1, i64::MIN, i64::MAX] {
            assert_eq!(problem(at(&[0, offset]), flavour), ProbeProblem::Offset(offset));
            assert_eq!(problem(asked(&[offset]), flavour), ProbeProblem::Offset(offset));
        }
        for offset in [low, high] {
            assert!(encode(&[DofProvider::new("o").probe(at(&[offset]))], flavour).is_ok());
        }
    }
}

#[test]
fn sites_that_a_kernel_sorts_wrongly() {
    let at = |offsets: [i64; 2]| DofProbe::new(&Probe::new("p"), "f", 0).sites(offsets);
    let asked = |offsets: [i64; 2]| DofProbe::new(&Probe::new("p"), "f", 0).enabled_sites(offsets);
    for flavour in Flavour::ALL {
        let low = *flavour.version().offsets().start();
        let far = low + (1 << 31);
        for probe in [at([far, low]), asked([low, far])] {
            assert_eq!(problem(probe, flavour), ProbeProblem::FarApart(low, far));
        }
        assert!(encode(&[DofProvider::new("o").probe(at([far - 1, low]))], flavour).is_ok());
    }
}

#[test]
fn sites_beyond_the_end_of_memory() {
    let mut end = DofProbe::new(&Probe::new("p"), "f", u64::MAX - 15).sites([0, 16]);
    for flavour in [Flavour::Illumos, Flavour::FreeBsd] {
        assert_eq!(problem(end.clone(), flavour), ProbeProblem::Address(16));
    }
    // There, the address means nothing.
    assert!(encode(&[DofProvider::new("o").probe(end.clone())], Flavour::MacOs).is_ok());
    end.address -= 1;
    for flavour in Flavour::ALL {
        assert!(encode(&[DofProvider::new("o").probe(end.clone())], flavour).is_ok());
    }
}

#[test]
fn arguments() {
    let with = |native: &[&str], translated: &[(&str, usize)]| DofProbe {
        native: native.iter().map(|&ty| ty.to_owned()).collect(),
        translated: translated.iter().map(|&(ty, native)| Translated { ty: ty.to_owned(), native }).collect(),
        ..probe("p", "f")
    };
    let long = "t".repeat(128);
    for flavour in Flavour::ALL {
        for probe in [with(&["int"; 256], &[]), with(&["int"], &[("int", 0); 256])] {
            assert_eq!(problem(probe, flavour), ProbeProblem::TooManyArguments { count: 256 });
        }
        for probe in [with(&["int", &long], &[]), with(&["int"], &[(&long, 0)])] {
            assert_eq!(problem(probe, flavour), ProbeProblem::LongType { len: 128 });
        }
        for probe in [with(&["in\0t"], &[]), with(&["int"], &[("in\0t", 0)])] {
            assert_eq!(problem(probe, flavour), ProbeProblem::Nul);
        }
        let wrong = with(&["int"], &[("int", 0), ("int", 1)]);
        assert_eq!(problem(wrong, flavour), ProbeProblem::Mapping { argument: 1, native: 1 });
    }
}

#[test]
fn more_than_a_kernel_takes() {
    // The kernels refuse what is as large as `dtrace_dof_maxsize`: 256 KiB, 8 MiB, 384 KiB.
    assert_eq!(Flavour::ALL.map(Flavour::max_size), [262_143, 8_388_607, 393_215]);
    for flavour in Flavour::ALL {
        let max = flavour.max_size();
        let sized = |sites: usize| {
            let offsets: Vec<i64> = (0..).take(sites).collect();
            let provider =
                offsets.chunks(60_000).enumerate().fold(DofProvider::new("o"), |provider, (i, part)| {
                    let probe = DofProbe::new(&Probe::new("p"), format!("f{i}"), 0);
                    provider.probe(probe.sites(part.iter().copied()))
                });
            encode(&[provider], flavour)
        };
        // Four bytes a site, and a little for each probe.
        let sites = (max - 512 - max / 240_000 * 64) / 4;
        let room = max - sized(sites).expect("it fits").len();
        // The size is a multiple of four, and probes are aligned to eight bytes.
        let size = sized(sites + room / 4).expect("it fits").len();
        assert!(max - size < 8, "{size} of {max}");
        assert_eq!(sized(sites + room / 4 + 2), Err(EncodeError::TooLarge { size: size + 8, max }));
    }
}

#[test]
fn errors_say_which_probe() {
    let error = refused(DofProvider::new("o").probe(probe("p", "main").sites([0x10])), Flavour::MacOs);
    assert_eq!(error.to_string(), "o:p in \"main\": two sites have the offset 0x10");
}
