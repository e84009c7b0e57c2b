//! What arguments are to D programs.

use crate::model::ArgType;

/// The types of an argument's operands, as D names them on every system: one for each operand of the argument.
///
/// D has no `bool`, and can't calculate with floats: these travel as their bits, so they are integers.
pub const fn types(ty: ArgType) -> &'static [&'static str] {
    use ArgType::*;
    match ty {
        U8 | Bool => &["uint8_t"],
        I8 => &["int8_t"],
        U16 => &["uint16_t"],
        I16 => &["int16_t"],
        U32 | Char | F32 => &["uint32_t"],
        I32 => &["int32_t"],
        U64 | F64 | Nanoseconds => &["uint64_t"],
        I64 => &["int64_t"],
        U128 => &["uint64_t", "uint64_t"],
        I128 => &["uint64_t", "int64_t"],
        Pointer => &["void *"],
        Str | CStr | Json | JsonResult => &["char *"],
        Bytes => &["uint8_t *", "uint64_t"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size in bytes of a type's values on a 64-bit machine, negative where they are signed.
    fn size(ty: &str) -> i8 {
        let (signed, bits) = match ty.strip_suffix("_t") {
            Some(number) => {
                (number.starts_with("int"), number.trim_start_matches("uint").trim_start_matches("int"))
            }
            None => (false, "64"),
        };
        let bytes = bits.parse::<i8>().expect("a number of bits") / 8;
        if signed { -bytes } else { bytes }
    }

    #[test]
    fn there_is_a_type_of_the_right_size_for_each_operand() {
        for ty in ArgType::ALL {
            let sizes: Vec<i8> = types(ty).iter().map(|ty| size(ty)).collect();
            assert_eq!(sizes, ty.operands_of_64_bits(), "{ty:?}");
        }
    }

    #[cfg(feature = "dfile")]
    #[test]
    fn a_d_file_knows_them_too() {
        for ty in ArgType::ALL.into_iter().flat_map(types) {
            let file = format!("provider p {{ probe q({ty}); }};");
            let read = crate::dfile::parse(&file).expect("a D file");
            assert_eq!(read.providers[0].probes[0].args[0].ty.to_string(), *ty);
        }
    }
}
