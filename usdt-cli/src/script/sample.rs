//! Probes made by hand, for tests.

use std::sync::Arc;

use usdt_core::model::{Architecture, ArgType};
use usdt_core::stapsdt::operand::{Operand, Place, Register, RegisterName, Sort, Width};
use usdt_trace::{Arg, Kind, Object, Probe, Site};

/// A described probe of `/usr/bin/kv`, with its operands in registers.
pub(super) fn probe(provider: &str, name: &str, doc: &str, args: &[(&str, ArgType)]) -> Arc<Probe> {
    let object = Object {
        path: "/usr/bin/kv".into(),
        open: "/usr/bin/kv".into(),
        identity: (1, 2),
        architecture: Architecture::X86_64,
        build_id: vec![1; 20],
    };
    let operands = args.iter().flat_map(|(_, ty)| ty.operands_of_64_bits()).map(|&size| Ok(operand(size)));
    let site = Site {
        address: 0x1000,
        offset: Some(0x1000),
        semaphore: None,
        operands: operands.collect(),
        text: String::new(),
    };
    let arg = |&(name, ty): &(&str, ArgType)| Arg {
        name: name.to_owned(),
        kind: Kind::Described(ty),
        spelling: ty.spelling().to_owned(),
    };
    Arc::new(Probe {
        object: Arc::new(object),
        provider: provider.to_owned(),
        name: name.to_owned(),
        doc: doc.to_owned(),
        args: args.iter().map(arg).collect(),
        sites: vec![site],
    })
}

fn operand(size: i8) -> Operand {
    let bytes = size.unsigned_abs();
    let sort = if size < 0 { Sort::Signed } else { Sort::Unsigned };
    let register = Register { name: RegisterName::General(0), shift: 0, bytes };
    Operand { width: Width { bytes, sort }, place: Place::Register(register) }
}
