//! The images of providers that are defined while a program runs: files as any other, of each architecture.

use std::path::Path;

use usdt_core::model::{Architecture, ArgType, Argument, Probe, Provider};
use usdt_core::stapsdt::image::Image;
use usdt_trace::Kind;
use usdt_trace::find::inspect_bytes;
use usdt_trace::flaw::{Flaw, Problem};

fn provider() -> Provider<ArgType> {
    let arg = |(i, ty)| Argument { name: format!("a{i}"), ty };
    let args: Vec<_> = ArgType::ALL.into_iter().enumerate().map(arg).collect();
    // As many as fit into twelve operands.
    let probes = args.chunks(6).map(<[_]>::to_vec).enumerate();
    let probe = |(i, args)| Probe { name: format!("probe-{i}"), doc: format!("Number {i}."), args };
    Provider { name: "orders".to_owned(), probes: probes.map(probe).collect() }
}

#[test]
fn an_image_has_the_probes_of_its_definition() {
    let provider = provider();
    for architecture in Architecture::ALL {
        let image = Image::build(&provider, architecture);
        let inspected = inspect_bytes(Path::new("image.so"), &image.bytes).expect("an ELF file");
        assert_eq!(inspected.flaws, []);
        assert_eq!(inspected.object.architecture, architecture);
        assert_eq!(inspected.object.build_id, image.id);
        assert_eq!(inspected.probes.len(), provider.probes.len());
        for (found, defined) in inspected.probes.iter().zip(&provider.probes) {
            assert_eq!(found.name, defined.name.replace('-', "__"));
            assert_eq!(found.doc, defined.doc);
            assert_eq!(found.sites.len(), 1);
            assert!(found.sites[0].semaphore.is_some_and(|semaphore| semaphore.offset.is_some()));
            let args: Vec<_> = found.args.iter().map(|arg| (arg.name.as_str(), arg.kind)).collect();
            let expected: Vec<_> =
                defined.args.iter().map(|arg| (arg.name.as_str(), Kind::Described(arg.ty))).collect();
            assert_eq!(args, expected);
        }
    }
}

/// The image of a probe with one argument, `a0: u64`.
fn small() -> (Vec<u8>, usize) {
    let args = vec![Argument { name: "a0".to_owned(), ty: ArgType::U64 }];
    let probes = vec![Probe { name: "x".to_owned(), doc: "A doc.".to_owned(), args }];
    let bytes = Image::build(&Provider { name: "orders".to_owned(), probes }, Architecture::X86_64).bytes;
    let described = b"A doc.\0\x01\x07a0\0u64\0";
    let at = bytes.windows(described.len()).position(|window| window == described).expect("the description");
    (bytes, at)
}

#[test]
fn a_description_that_does_not_fit_the_operands_is_ignored_and_reported() {
    let (mut bytes, at) = small();
    // Bytes are two operands.
    bytes[at + 8] = ArgType::Bytes as u8;
    let inspected = inspect_bytes(Path::new("image.so"), &bytes).expect("an ELF file");
    assert_eq!(inspected.flaws, [Flaw { probe: Some("orders:x".to_owned()), problem: Problem::Description }]);
    assert_eq!(inspected.probes[0].to_string(), "orders:x(arg0: u64)");
    assert_eq!(inspected.probes[0].doc, "A doc.");
}

#[test]
fn a_type_of_a_later_version_is_an_operand_with_a_name() {
    let (mut bytes, at) = small();
    bytes[at + 8] = 200;
    let inspected = inspect_bytes(Path::new("image.so"), &bytes).expect("an ELF file");
    assert_eq!(inspected.flaws, []);
    assert_eq!(inspected.probes[0].to_string(), "orders:x(a0: u64)");
    assert!(matches!(inspected.probes[0].args[0].kind, Kind::Operand(_)));
}
