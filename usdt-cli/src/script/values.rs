//! A probe's arguments as a script shows them: which operands they are, and how these are to be read.

use usdt_core::model::ArgType;
use usdt_core::stapsdt::operand::{Place, Sort, Width};
use usdt_trace::{Kind, Probe};

use super::words::is_plain;

/// An argument in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// What it is called.
    pub(super) label: String,
    /// The number of its first operand, which is what tracers count.
    pub(super) operand: usize,
    /// How it is read.
    pub(super) shown: Shown,
}

/// How an argument is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Signed,
    Unsigned,
    Bool,
    /// A Unicode scalar value.
    Char,
    /// The bits of a float, of so many bytes.
    Bits(u8),
    Address,
    /// The address of text that ends with NUL; 0 is `None`.
    Text,
    /// An address, and a length in the next operand.
    Bytes,
    /// The low half; the high one is the next operand.
    Wide,
    Nanoseconds,
    /// A float in a vector register, or an operand that nobody understands: no tracer shows it.
    Nothing,
}

impl Field {
    /// How many operands it takes.
    pub(super) fn operands(&self) -> usize {
        if matches!(self.shown, Shown::Bytes | Shown::Wide) { 2 } else { 1 }
    }

    /// Whether all of its operands are among the first ones.
    pub(super) fn is_within(&self, operands: usize) -> bool {
        self.operand + self.operands() <= operands
    }
}

/// The fields of a probe.
pub(super) fn fields(probe: &Probe) -> Vec<Field> {
    let mut operand = 0;
    let field = |(i, arg): (usize, &usdt_trace::Arg)| {
        let first = operand;
        operand += arg.kind.operands();
        let label = if is_plain(&arg.name) { arg.name.clone() } else { format!("arg{i}") };
        let readable = (first..operand).all(|i| is_readable(probe, i));
        Field { label, operand: first, shown: if readable { shown(arg.kind) } else { Shown::Nothing } }
    };
    probe.args.iter().enumerate().map(field).collect()
}

/// Whether the operand is an integer somewhere, at each site.
fn is_readable(probe: &Probe, operand: usize) -> bool {
    probe.sites.iter().all(|site| match site.operands.get(operand) {
        Some(Ok(operand)) => operand.width.sort != Sort::Float || matches!(operand.place, Place::Constant(_)),
        _ => false,
    })
}

fn shown(kind: Kind) -> Shown {
    match kind {
        Kind::Described(ty) => described(ty),
        Kind::Operand(Width { sort: Sort::Signed, .. }) => Shown::Signed,
        Kind::Operand(Width { sort: Sort::Unsigned, .. }) => Shown::Unsigned,
        Kind::Operand(Width { sort: Sort::Float, .. }) => Shown::Nothing,
    }
}

fn described(ty: ArgType) -> Shown {
    match ty {
        ArgType::I8 | ArgType::I16 | ArgType::I32 | ArgType::I64 => Shown::Signed,
        ArgType::U8 | ArgType::U16 | ArgType::U32 | ArgType::U64 => Shown::Unsigned,
        ArgType::U128 | ArgType::I128 => Shown::Wide,
        ArgType::Bool => Shown::Bool,
        ArgType::Char => Shown::Char,
        ArgType::F32 => Shown::Bits(4),
        ArgType::F64 => Shown::Bits(8),
        ArgType::Pointer => Shown::Address,
        ArgType::Str | ArgType::CStr | ArgType::Json | ArgType::JsonResult => Shown::Text,
        ArgType::Bytes => Shown::Bytes,
        ArgType::Nanoseconds => Shown::Nanoseconds,
        // A type of a later version, of which the number of operands is known.
        other if other.operands_of_64_bits().len() == 2 => Shown::Wide,
        _ => Shown::Unsigned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::sample;

    #[test]
    fn operands_are_counted_not_arguments() {
        let probe = sample::probe(
            "shop",
            "sold",
            "",
            &[("id", ArgType::U64), ("raw", ArgType::Bytes), ("wide", ArgType::U128), ("ok", ArgType::Bool)],
        );
        let numbers: Vec<_> = fields(&probe).iter().map(|field| (field.operand, field.shown)).collect();
        assert_eq!(numbers, [(0, Shown::Unsigned), (1, Shown::Bytes), (3, Shown::Wide), (5, Shown::Bool)]);
    }

    #[test]
    fn a_label_that_means_something_is_replaced() {
        let probe = sample::probe("shop", "sold", "", &[("%s\"); system(\"id", ArgType::U64)]);
        assert_eq!(fields(&probe)[0].label, "arg0");
    }

    #[test]
    fn what_no_tracer_reads_is_not_shown() {
        let mut probe = (*sample::probe("shop", "sold", "", &[("id", ArgType::U64)])).clone();
        probe.sites[0].operands.clear();
        assert_eq!(fields(&probe)[0].shown, Shown::Nothing);
    }
}
