//! What the arguments of a probe are called, and what they are.

use usdt_core::stapsdt::Described;
use usdt_core::stapsdt::operand::{Sort, Width, width};

use crate::probe::{Arg, Kind, Site};

/// The arguments, by their description; by the operands alone if there is none, or (`Err`) if it doesn't fit them.
pub(super) fn args(described: Option<&Described>, sites: &[Site]) -> Result<Vec<Arg>, Vec<Arg>> {
    let widths = widths(sites);
    match described {
        None => Ok(by_operands(&widths)),
        Some(described) => by_description(described, &widths).ok_or_else(|| by_operands(&widths)),
    }
}

/// The width of each operand: the widest that a site has in this place.
fn widths(sites: &[Site]) -> Vec<Width> {
    let most = sites.iter().map(|site| site.operands.len()).max().unwrap_or_default();
    let of_place = |place: usize| {
        let widths = sites.iter().filter_map(|site| match site.operands.get(place)? {
            Ok(operand) => Some(operand.width),
            Err(error) => width(&error.operand),
        });
        // Of equals the first.
        widths.reduce(|widest, other| if other.bytes > widest.bytes { other } else { widest })
    };
    (0..most).map(|place| of_place(place).unwrap_or(Width { bytes: 8, sort: Sort::Unsigned })).collect()
}

fn by_operands(widths: &[Width]) -> Vec<Arg> {
    let arg =
        |(i, &width)| Arg { name: format!("arg{i}"), kind: Kind::Operand(width), spelling: spelling(width) };
    widths.iter().enumerate().map(arg).collect()
}

/// `None` if the operands are fewer, or more. A type of a later version is taken for one operand, about which nothing more is
/// known than its name.
fn by_description(described: &Described, widths: &[Width]) -> Option<Vec<Arg>> {
    let mut rest = widths.iter();
    let mut args = Vec::new();
    for arg in &described.probe.args {
        let kind = match arg.ty.ty {
            Some(ty) => Kind::Described(ty),
            None => Kind::Operand(*rest.as_slice().first()?),
        };
        for _ in 0..kind.operands() {
            rest.next()?;
        }
        args.push(Arg { name: arg.name.clone(), kind, spelling: arg.ty.spelling.clone() });
    }
    rest.as_slice().is_empty().then_some(args)
}

/// `u64`, `i32`, `f64`.
fn spelling(width: Width) -> String {
    let sort = match width.sort {
        Sort::Unsigned => 'u',
        Sort::Signed => 'i',
        Sort::Float => 'f',
    };
    format!("{sort}{}", 8 * u32::from(width.bytes))
}
