//! A condition against the probes that are watched: are its names there, and can its comparisons ever be true?

use std::ops::Range;
use std::sync::Arc;

use usdt_core::model::ArgType;
use usdt_core::stapsdt::operand::Sort;
use usdt_trace::{Arg, Kind, Probe};

use super::Name;
use super::comparable::Type;
use super::error::Problem;
use super::expression::{Expression, Operand, Term};
use super::name::position;

/// What is wrong with the first part of the expression that no firing of these probes can ever meet.
pub(super) fn check(expression: &Expression, probes: &[Arc<Probe>], texts: &[String]) -> Result<(), Problem> {
    let checker = Checker { probes, texts };
    match expression {
        Expression::And(left, right) | Expression::Or(left, right) => {
            check(left, probes, texts)?;
            check(right, probes, texts)
        }
        Expression::Not(inner) => check(inner, probes, texts),
        Expression::Compare(left, comparison, right) => {
            let place = left.place.start..right.place.end;
            checker.some_probe(&[left, right], place, |types| match *types {
                [left, right] if !comparison.is_possible(left, right) => Err(incomparable(left, right)),
                _ => Ok(()),
            })
        }
        Expression::Match(operand, _) => {
            checker.some_probe(&[operand], operand.place.clone(), |types| match types {
                [Type::Text] => Ok(()),
                [other, ..] => Err(format!("this is {other}: a regular expression is for text")),
                [] => Ok(()),
            })
        }
        Expression::Truth(operand) => {
            checker.some_probe(&[operand], operand.place.clone(), |types| match types {
                [Type::Bool] => Ok(()),
                [other, ..] => {
                    Err(format!("this is {other}, and not true or false: compare it with something"))
                }
                [] => Ok(()),
            })
        }
    }
}

fn incomparable(left: Type, right: Type) -> String {
    match (left, right) {
        (Type::Duration, Type::Number) | (Type::Number, Type::Duration) => {
            "a time is compared with a time, such as `5ms`, and a number with a number".to_owned()
        }
        (left, right) if left == right => format!("{left} can be equal or not, but not less or more"),
        (left, right) => format!("these can't be compared: {left} and {right}"),
    }
}

struct Checker<'p> {
    probes: &'p [Arc<Probe>],
    texts: &'p [String],
}

impl Checker<'_> {
    /// Asks whether types fit, for each probe that has all of the operands; one that fits is enough.
    fn some_probe(
        &self,
        operands: &[&Operand],
        place: Range<usize>,
        fits: impl Fn(&[Type]) -> Result<(), String>,
    ) -> Result<(), Problem> {
        operands.iter().try_for_each(|operand| self.is_somewhere(operand))?;
        let mut problem = "no probe has both of these".to_owned();
        for probe in self.probes {
            let types: Option<Vec<Type>> = operands.iter().map(|operand| self.ty(operand, probe)).collect();
            match types.as_deref().map(&fits) {
                Some(Ok(())) => return Ok(()),
                Some(Err(message)) => problem = message,
                None => {}
            }
        }
        Err(Problem::new(place, problem))
    }

    fn is_somewhere(&self, operand: &Operand) -> Result<(), Problem> {
        match &operand.term {
            Term::Name(name @ Name::Argument(text)) if !self.probes.iter().any(|probe| name.is_in(probe)) => {
                let names = Name::all(self.probes.iter().map(|probe| &**probe));
                let message = format!("there is no argument `{text}`; there are {names}");
                Err(Problem::new(operand.place.clone(), message))
            }
            _ => Ok(()),
        }
    }

    /// The type that a value has in firings of a probe; `None` if it has no such argument.
    fn ty(&self, operand: &Operand, probe: &Probe) -> Option<Type> {
        Some(match &operand.term {
            Term::Literal(value) => value.ty(),
            Term::Name(Name::Pid | Name::Tid) => Type::Number,
            Term::Name(Name::Comm | Name::Probe | Name::Provider) => Type::Text,
            Term::Name(Name::Argument(name)) => self.type_of(&probe.args[position(probe, name)?]),
        })
    }

    fn type_of(&self, arg: &Arg) -> Type {
        match arg.kind {
            Kind::Operand(width) if width.sort == Sort::Float => Type::Number,
            Kind::Operand(_) if self.texts.contains(&arg.name) => Type::Text,
            Kind::Operand(_) => Type::Number,
            Kind::Described(ty) => described(ty),
        }
    }
}

fn described(ty: ArgType) -> Type {
    match ty {
        ArgType::Bool => Type::Bool,
        ArgType::Char => Type::Char,
        ArgType::Str | ArgType::CStr | ArgType::Bytes | ArgType::Json | ArgType::JsonResult => Type::Text,
        ArgType::Nanoseconds => Type::Duration,
        // Integers, floats and addresses.
        _ => Type::Number,
    }
}
