//! Operands that some tracer can't parse.
//!
//! What each tracer does with them was tried on x86_64, with a program whose notes were written by hand.

use usdt_core::model::Architecture;

use crate::flaw::Shape;

/// The words of a note that are operands.
pub(super) fn words(operands: &str) -> impl Iterator<Item = &str> {
    operands.split_ascii_whitespace()
}

/// What is odd about an operand, if anything is. Nothing is known of how tracers take those of other architectures.
pub(super) fn odd(architecture: Architecture, operand: &str) -> Option<Shape> {
    if architecture != Architecture::X86_64 {
        return None;
    }
    let (size, place) = operand.split_once('@').unwrap_or(("", operand));
    let bytes = size.trim_start_matches('-').trim_end_matches('f');
    if bytes.parse::<u64>().is_ok_and(|bytes| bytes > 8) {
        Some(Shape::Wide)
    } else if size.ends_with('f') {
        Some(Shape::Float)
    } else if ["%xmm", "%ymm", "%zmm"].iter().any(|register| place.starts_with(register)) {
        Some(Shape::Vector)
    } else if ["%ah", "%bh", "%ch", "%dh"].contains(&place) {
        Some(Shape::HighByte)
    } else if place.trim_start_matches(['$', '-', '+']).starts_with("0x") {
        Some(Shape::Hexadecimal)
    } else if place.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '.') {
        Some(Shape::Symbol)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_operands_are_told_from_usual_ones() {
        for usual in ["8@%rax", "-4@$-3", "1@%al", "8@-8(%rbp)", "8@(%rsp,%rbx,8)", "%rax", "4@$5", ""] {
            assert_eq!(odd(Architecture::X86_64, usual), None, "{usual}");
        }
        for (operand, shape) in [
            ("8f@%xmm0", Shape::Float),
            ("8f@8(%rsp)", Shape::Float),
            ("8@%xmm0", Shape::Vector),
            ("8@counter(%rip)", Shape::Symbol),
            ("8@counter+8(%rip)", Shape::Symbol),
            ("8@0x8(%rsp)", Shape::Hexadecimal),
            ("8@$0x10", Shape::Hexadecimal),
            ("8@-0x10(%rbp)", Shape::Hexadecimal),
            ("1@%ah", Shape::HighByte),
            ("16@%rax", Shape::Wide),
        ] {
            assert_eq!(odd(Architecture::X86_64, operand), Some(shape), "{operand}");
        }
    }
}
