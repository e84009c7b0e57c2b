//! What an argument is to a tracer.

/// What an argument is to a tracer. The numbers are part of the describing note's format and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum ArgType {
    /// An unsigned integer of 8 bits.
    U8 = 1,
    /// A signed integer of 8 bits.
    I8 = 2,
    /// An unsigned integer of 16 bits.
    U16 = 3,
    /// A signed integer of 16 bits.
    I16 = 4,
    /// An unsigned integer of 32 bits.
    U32 = 5,
    /// A signed integer of 32 bits.
    I32 = 6,
    /// An unsigned integer of 64 bits.
    U64 = 7,
    /// A signed integer of 64 bits.
    I64 = 8,
    /// An unsigned integer of 128 bits: two operands, the low half first.
    U128 = 9,
    /// A signed integer of 128 bits: two operands, the low half first.
    I128 = 10,
    /// 0 or 1 in one byte.
    Bool = 11,
    /// A Unicode scalar value in four bytes.
    Char = 12,
    /// The bits of an `f32` in an integer register.
    F32 = 13,
    /// The bits of an `f64` in an integer register.
    F64 = 14,
    /// An address.
    Pointer = 15,
    /// The address of UTF-8 text that ends with a NUL byte; 0 for `None`.
    Str = 16,
    /// The address of bytes that end with a NUL byte and may not be UTF-8 (a C string, a path); 0 for `None`.
    CStr = 17,
    /// Bytes: two operands, the address and the length in bytes; both 0 for `None`.
    Bytes = 18,
    /// The address of JSON text that ends with a NUL byte: the value alone.
    Json = 19,
    /// The address of JSON text that ends with a NUL byte: `{"ok": value}` or `{"err": "message"}`.
    JsonResult = 20,
    /// A length of time in nanoseconds, unsigned, 64 bits.
    Nanoseconds = 21,
}

impl ArgType {
    /// Every type, in the order of their numbers.
    pub const ALL: [ArgType; 21] = {
        use ArgType::*;
        [
            U8,
            I8,
            U16,
            I16,
            U32,
            I32,
            U64,
            I64,
            U128,
            I128,
            Bool,
            Char,
            F32,
            F64,
            Pointer,
            Str,
            CStr,
            Bytes,
            Json,
            JsonResult,
            Nanoseconds,
        ]
    };

    /// The type with this number in a describing note, if there is one.
    pub const fn from_code(code: u8) -> Option<ArgType> {
        let mut i = 0;
        while i < Self::ALL.len() {
            if Self::ALL[i] as u8 == code {
                return Some(Self::ALL[i]);
            }
            i += 1;
        }
        None
    }

    /// The size in bytes of each of its operands, negative where it is signed, as a stapsdt note writes it.
    pub const fn operands(self) -> &'static [i8] {
        if cfg!(target_pointer_width = "64") {
            self.operands_of_64_bits()
        } else {
            self.operands_of_32_bits()
        }
    }

    /// The same for a target of 64 bits, whatever this one is.
    pub const fn operands_of_64_bits(self) -> &'static [i8] {
        use ArgType::*;
        match self {
            U8 | Bool => &[1],
            I8 => &[-1],
            U16 => &[2],
            I16 => &[-2],
            U32 | Char | F32 => &[4],
            I32 => &[-4],
            U64 | F64 | Nanoseconds => &[8],
            I64 => &[-8],
            U128 => &[8, 8],
            I128 => &[8, -8],
            Pointer | Str | CStr | Json | JsonResult => &[8],
            Bytes => &[8, 8],
        }
    }

    const fn operands_of_32_bits(self) -> &'static [i8] {
        use ArgType::*;
        match self {
            Pointer | Str | CStr | Json | JsonResult => &[4],
            Bytes => &[4, 4],
            number => number.operands_of_64_bits(),
        }
    }

    /// How a describing note spells it where no source does.
    pub const fn spelling(self) -> &'static str {
        use ArgType::*;
        match self {
            U8 => "u8",
            I8 => "i8",
            U16 => "u16",
            I16 => "i16",
            U32 => "u32",
            I32 => "i32",
            U64 => "u64",
            I64 => "i64",
            U128 => "u128",
            I128 => "i128",
            Bool => "bool",
            Char => "char",
            F32 => "f32",
            F64 => "f64",
            Pointer => "*const ()",
            Str => "str",
            CStr => "CStr",
            Bytes => "[u8]",
            Json => "json",
            JsonResult => "Result<json>",
            Nanoseconds => "Duration",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_dense_and_read_back() {
        for (i, ty) in ArgType::ALL.into_iter().enumerate() {
            assert_eq!(ty as usize, i + 1);
            assert_eq!(ArgType::from_code(ty as u8), Some(ty));
        }
        assert_eq!(ArgType::from_code(0), None);
        assert_eq!(ArgType::from_code(22), None);
    }

    #[test]
    fn each_type_has_a_spelling_of_its_own() {
        let mut spellings = ArgType::ALL.map(ArgType::spelling).to_vec();
        spellings.sort_unstable();
        spellings.dedup();
        assert_eq!(spellings.len(), ArgType::ALL.len());
    }
}
