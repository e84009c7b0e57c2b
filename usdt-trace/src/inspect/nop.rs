//! Instructions that do nothing, as the kernel's uprobes like them best.

use usdt_core::model::Architecture;

/// What stands at the location of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A nop that kernels skip.
    Nop,
    /// On x86_64, one of five bytes there, or right behind one of a byte.
    LongNop,
    /// Something else.
    Other,
}

/// The most bytes that are looked at.
pub(super) const LONGEST: u64 = 16;

/// Looks at the bytes of a location.
pub(super) fn look(architecture: Architecture, code: &[u8]) -> Found {
    match architecture {
        Architecture::X86_64 => match x86_64(code) {
            Some(5) => Found::LongNop,
            Some(1) if x86_64(&code[1..]) == Some(5) => Found::LongNop,
            Some(_) => Found::Nop,
            None => Found::Other,
        },
        // HINT #0, https://developer.arm.com/documentation/ddi0602/latest/Base-Instructions/NOP--No-Operation-
        Architecture::Aarch64 if code.starts_with(&0xD503_201F_u32.to_le_bytes()) => Found::Nop,
        Architecture::Aarch64 => Found::Other,
    }
}

/// How long the nop is: `90`, or `0F 1F /0` with what it addresses; `66` and segment prefixes may precede either.
fn x86_64(code: &[u8]) -> Option<usize> {
    let prefixes = code.iter().take_while(|&&byte| matches!(byte, 0x66 | 0x2E)).count();
    let rest = &code[prefixes..];
    let len = match rest {
        [0x90, ..] => 1,
        [0x0F, 0x1F, modrm, behind @ ..] => 3 + operand(*modrm, behind)?,
        _ => return None,
    };
    (prefixes + len <= code.len()).then_some(prefixes + len)
}

/// How many bytes follow a ModRM byte that names memory.
fn operand(modrm: u8, behind: &[u8]) -> Option<usize> {
    let (mode, register, memory) = (modrm >> 6, (modrm >> 3) & 7, modrm & 7);
    if register != 0 {
        return None;
    }
    let has_sib = mode != 3 && memory == 4;
    let displacement = match mode {
        0 if memory == 5 || (has_sib && behind.first()? & 7 == 5) => 4,
        1 => 1,
        2 => 4,
        _ => 0,
    };
    Some(usize::from(has_sib) + displacement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nops_of_every_length_are_known() {
        // As assemblers write them for `.nops 1` to `.nops 10`.
        let nops: [&[u8]; 10] = [
            &[0x90],
            &[0x66, 0x90],
            &[0x0F, 0x1F, 0x00],
            &[0x0F, 0x1F, 0x40, 0x00],
            &[0x0F, 0x1F, 0x44, 0x00, 0x00],
            &[0x66, 0x0F, 0x1F, 0x44, 0x00, 0x00],
            &[0x0F, 0x1F, 0x80, 0, 0, 0, 0],
            &[0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0],
            &[0x66, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0],
            &[0x66, 0x2E, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0],
        ];
        for (i, nop) in nops.iter().enumerate() {
            assert_eq!(x86_64(&[nop, &[0xC3][..]].concat()), Some(i + 1), "{nop:x?}");
            for len in 0..nop.len() {
                assert_ne!(x86_64(&nop[..len]), Some(i + 1), "{nop:x?}");
            }
        }
    }

    #[test]
    fn other_instructions_are_not() {
        for code in
            [&[0x55_u8][..], &[0x48, 0x89, 0xE5], &[0xC3], &[0x0F, 0x1E, 0xFA], &[0x0F, 0x1F, 0xC8], &[]]
        {
            assert_eq!(look(Architecture::X86_64, code), Found::Other, "{code:x?}");
        }
        assert_eq!(look(Architecture::Aarch64, &[0x1F, 0x20, 0x03, 0xD5]), Found::Nop);
        assert_eq!(look(Architecture::Aarch64, &[0x1F, 0x20, 0x03]), Found::Other);
    }

    #[test]
    fn a_nop_of_five_bytes_is_seen() {
        let five = [0x0F, 0x1F, 0x44, 0x00, 0x00, 0xC3];
        assert_eq!(look(Architecture::X86_64, &five), Found::LongNop);
        assert_eq!(look(Architecture::X86_64, &[&[0x90], &five[..]].concat()), Found::LongNop);
        let ours = [0x90, 0x66, 0x2E, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0];
        assert_eq!(look(Architecture::X86_64, &ours), Found::Nop);
    }
}
