//! From the records of sites to probes and the addresses of their sites.

use std::collections::BTreeMap;
use std::ptr;

use crate::dof::Located;
use crate::model::name::probe_from_ident;
use crate::model::{Argument, Probe};
use crate::site::{Definition, Record};

/// A probe for each definition that is recorded. Records of nothing, and of kinds that are not known, are left out.
pub(super) fn located(records: &[Record]) -> Vec<Located> {
    let mut probes: BTreeMap<*const Definition, Located> = BTreeMap::new();
    for record in records {
        let Some(definition) = record.definition else { continue };
        let probe = probes.entry(ptr::from_ref(definition)).or_insert_with(|| without_sites(definition));
        match record.kind {
            Record::SITE => probe.sites.push(record.address as u64),
            Record::ENABLED_SITE => probe.enabled_sites.push(record.address as u64),
            _ => {}
        }
    }
    probes.into_values().filter(|probe| !probe.sites.is_empty() || !probe.enabled_sites.is_empty()).collect()
}

fn without_sites(definition: &Definition) -> Located {
    let arguments = definition.arguments().enumerate();
    let args = arguments.map(|(i, ty)| Argument { name: format!("arg{i}"), ty }).collect();
    Located {
        provider: definition.provider.to_owned(),
        probe: Probe { name: probe_from_ident(definition.probe), doc: String::new(), args },
        function: definition.function.trim_start_matches("r#").to_owned(),
        sites: Vec::new(),
        enabled_sites: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ArgType, MAX_OPERANDS};

    const fn definition(probe: &'static str, first: u8) -> Definition {
        let mut types = [0; MAX_OPERANDS];
        types[0] = first;
        Definition { provider: "orders", probe, function: "r#type", types }
    }

    #[test]
    fn records_of_one_definition_are_one_probe() {
        static A: Definition = definition("a__b", ArgType::Str as u8);
        static B: Definition = definition("c", 0);
        let record = |address, definition, kind| Record { address, definition, kind };
        let records = [
            record(0, None, 0),
            record(8, Some(&A), Record::ENABLED_SITE),
            record(9, Some(&B), 2),
            record(4, Some(&A), Record::SITE),
            record(2, Some(&A), Record::ENABLED_SITE),
        ];
        let [probe] = located(&records).try_into().unwrap();
        assert_eq!((&*probe.provider, &*probe.probe.name, &*probe.function), ("orders", "a-b", "type"));
        assert_eq!(probe.probe.args, [Argument { name: "arg0".into(), ty: ArgType::Str }]);
        assert_eq!((&*probe.sites, &*probe.enabled_sites), (&[4][..], &[8, 2][..]));
    }
}
