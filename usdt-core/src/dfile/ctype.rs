//! C types: which ones a probe can carry, and what they are in Rust.
//!
//! `char` and `long` differ between targets, so they become `core::ffi::c_char`, `c_long` and `c_ulong`: the target that
//! the *generated* code is compiled for decides, and a probe carries what a C program's probe would carry there. All other
//! keywords have one size wherever Rust's `std` runs and become fixed Rust types. POSIX typedefs that differ between
//! systems (`dev_t`, `mode_t`) become what 64-bit Linux has: the caller converts, and the note that tracers read always
//! speaks of the Rust type.

use std::fmt;

use super::list;

/// The type of a probe's argument in a D file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CType {
    spelling: String,
    kind: CKind,
}

impl CType {
    /// What the type is.
    pub fn kind(&self) -> CKind {
        self.kind
    }

    /// The type in Rust, as the generated module writes it.
    pub fn rust(&self) -> String {
        match self.kind {
            CKind::Scalar(scalar) => scalar.rust().to_owned(),
            CKind::Str => "&str".to_owned(),
            CKind::Pointer(Some(scalar)) => format!("*const {}", scalar.rust()),
            CKind::Pointer(None) => "*const ::core::ffi::c_void".to_owned(),
        }
    }
}

/// The type as C writes it, in one line.
impl fmt::Display for CType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelling)
    }
}

/// The kinds of types that a probe can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CKind {
    /// A number.
    Scalar(Scalar),
    /// `string`, `char *` or `const char *`: text that ends with a NUL byte.
    Str,
    /// An address: of integers of this type, or of what Rust can't name.
    Pointer(Option<Scalar>),
}

/// A C type that is one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scalar {
    /// `int8_t`, `signed char`.
    I8,
    /// `int16_t`, `short`.
    I16,
    /// `int32_t`, `int`.
    I32,
    /// `int64_t`, `long long`.
    I64,
    /// `uint8_t`, `unsigned char`.
    U8,
    /// `uint16_t`, `unsigned short`.
    U16,
    /// `uint32_t`, `unsigned`.
    U32,
    /// `uint64_t`, `unsigned long long`.
    U64,
    /// `ssize_t`, `intptr_t`, `ptrdiff_t`.
    Isize,
    /// `size_t`, `uintptr_t`.
    Usize,
    /// `char`, whose sign the target decides.
    Char,
    /// `long`, whose size the target decides.
    Long,
    /// `unsigned long`.
    ULong,
    /// `bool`, `_Bool`.
    Bool,
    /// `float`: it travels as its bits.
    F32,
    /// `double`: it travels as its bits.
    F64,
}

impl Scalar {
    /// The type in Rust.
    pub const fn rust(self) -> &'static str {
        match self {
            Scalar::I8 => "i8",
            Scalar::I16 => "i16",
            Scalar::I32 => "i32",
            Scalar::I64 => "i64",
            Scalar::U8 => "u8",
            Scalar::U16 => "u16",
            Scalar::U32 => "u32",
            Scalar::U64 => "u64",
            Scalar::Isize => "isize",
            Scalar::Usize => "usize",
            Scalar::Char => "::core::ffi::c_char",
            Scalar::Long => "::core::ffi::c_long",
            Scalar::ULong => "::core::ffi::c_ulong",
            Scalar::Bool => "bool",
            Scalar::F32 => "f32",
            Scalar::F64 => "f64",
        }
    }

    fn is_integer(self) -> bool {
        !matches!(self, Scalar::Bool | Scalar::F32 | Scalar::F64)
    }
}

/// What C's keywords make of one another, each row's words in alphabetical order: C lets them stand in any.
const KEYWORDS: [(&str, Scalar); 29] = {
    use Scalar::*;
    [
        ("_Bool", Bool),
        ("char", Char),
        ("char signed", I8),
        ("char unsigned", U8),
        ("short", I16),
        ("short signed", I16),
        ("int short", I16),
        ("int short signed", I16),
        ("short unsigned", U16),
        ("int short unsigned", U16),
        ("int", I32),
        ("signed", I32),
        ("int signed", I32),
        ("unsigned", U32),
        ("int unsigned", U32),
        ("long", Long),
        ("long signed", Long),
        ("int long", Long),
        ("int long signed", Long),
        ("long unsigned", ULong),
        ("int long unsigned", ULong),
        ("long long", I64),
        ("long long signed", I64),
        ("int long long", I64),
        ("int long long signed", I64),
        ("long long unsigned", U64),
        ("int long long unsigned", U64),
        ("float", F32),
        ("double", F64),
    ]
};

/// The typedefs that a D file may use without saying what they are: a row for each Rust type.
const TYPEDEFS: [(Scalar, &str); 14] = {
    use Scalar::*;
    [
        (I8, "int8_t __s8 int_least8_t"),
        (U8, "uint8_t u_int8_t __u8 uint_least8_t uchar_t u_char uchar cc_t"),
        (I16, "int16_t __s16 int_least16_t"),
        (
            U16,
            "uint16_t u_int16_t __u16 uint_least16_t ushort_t u_short ushort in_port_t sa_family_t char16_t",
        ),
        (I32, "int32_t __s32 int_least32_t pid_t key_t clockid_t nl_item boolean_t"),
        (I32, "lwpid_t processorid_t psetid_t zoneid_t taskid_t projid_t poolid_t ctid_t"),
        (U32, "uint32_t u_int32_t __u32 uint_least32_t uint_t u_int uint uid_t gid_t id_t mode_t"),
        (U32, "useconds_t socklen_t in_addr_t char32_t"),
        (I64, "int64_t __s64 int_least64_t intmax_t longlong_t quad_t off_t off64_t loff_t time_t clock_t"),
        (I64, "suseconds_t blkcnt_t blksize_t hrtime_t"),
        (U64, "uint64_t u_int64_t __u64 uint_least64_t uintmax_t u_longlong_t u_quad_t dev_t ino_t ino64_t"),
        (U64, "nlink_t fsblkcnt_t fsfilcnt_t rlim_t"),
        (Isize, "ssize_t intptr_t ptrdiff_t"),
        (Usize, "size_t uintptr_t pthread_t"),
    ]
};

/// The typedefs that need a column of their own.
const OTHER_TYPEDEFS: [(&str, Scalar); 4] =
    [("bool", Scalar::Bool), ("ulong_t", Scalar::ULong), ("u_long", Scalar::ULong), ("ulong", Scalar::ULong)];

/// What people write who think of another language, and what C calls it.
const HINTS: [(&str, &str); 18] = [
    ("i8", "int8_t"),
    ("i16", "int16_t"),
    ("i32", "int32_t"),
    ("i64", "int64_t"),
    ("u8", "uint8_t"),
    ("u16", "uint16_t"),
    ("u32", "uint32_t"),
    ("u64", "uint64_t"),
    ("isize", "ssize_t"),
    ("usize", "size_t"),
    ("f32", "float"),
    ("f64", "double"),
    ("str", "char *"),
    ("String", "char *"),
    ("byte", "uint8_t"),
    ("boolean", "bool"),
    ("__int128", "uint64_t` twice, a half each; or `void *"),
    ("va_list", "the arguments one by one; or `void *"),
];

/// Whether the word belongs to C's types: it can't name an argument.
pub(super) fn is_keyword(word: &str) -> bool {
    is_qualifier(word) || is_aggregate(word) || is_arithmetic(word)
}

/// Whether the word may stand anywhere in a type and changes nothing here.
pub(super) fn is_qualifier(word: &str) -> bool {
    matches!(word, "const" | "volatile" | "restrict" | "__restrict" | "__const" | "__volatile__")
}

/// Whether a tag follows the word.
pub(super) fn is_aggregate(word: &str) -> bool {
    matches!(word, "struct" | "union" | "enum")
}

/// Whether the word combines with others into a type.
fn is_arithmetic(word: &str) -> bool {
    matches!(
        word,
        "void" | "char" | "short" | "int" | "long" | "signed" | "unsigned" | "float" | "double" | "_Bool"
    )
}

/// The words of a type as they are read.
#[derive(Debug, Default)]
pub(super) struct Words<'s> {
    /// C's keywords, in alphabetical order.
    arithmetic: Vec<&'s str>,
    name: Option<Name<'s>>,
    stars: usize,
    spelling: String,
}

#[derive(Clone, Copy, Debug)]
enum Name<'s> {
    Typedef(&'s str),
    /// `struct`, `union` or `enum`: its tag says nothing to a probe.
    Aggregate(&'s str),
}

/// What the words before an argument's name say.
#[derive(Debug)]
pub(super) enum Declared {
    /// `void`: no argument, if it stands alone.
    Void,
    /// A type that a probe can carry.
    Type(CType),
}

impl<'s> Words<'s> {
    /// Whether nothing has been read that says which type it is.
    pub(super) fn is_empty(&self) -> bool {
        self.arithmetic.is_empty() && self.name.is_none()
    }

    /// Takes the word in if it belongs to the type; else it is the argument's name, or a mistake.
    pub(super) fn take(&mut self, word: &'s str) -> bool {
        match word {
            _ if is_qualifier(word) => {}
            _ if is_arithmetic(word) && self.name.is_none() => {
                let place = self.arithmetic.partition_point(|before| *before <= word);
                self.arithmetic.insert(place, word);
            }
            _ if !self.is_empty() => return false,
            _ if is_aggregate(word) => self.name = Some(Name::Aggregate(word)),
            _ => self.name = Some(Name::Typedef(word)),
        }
        self.spell(word);
        true
    }

    /// Takes in the tag of a `struct`, `union` or `enum`, or what follows a `*`.
    pub(super) fn spell(&mut self, word: &str) {
        if !self.spelling.is_empty() && !self.spelling.ends_with('*') {
            self.spelling.push(' ');
        }
        self.spelling.push_str(word);
    }

    /// Takes in a `*`.
    pub(super) fn star(&mut self) {
        self.spell("*");
        self.stars += 1;
    }

    /// What the words mean, or why a probe can't carry it and what to write instead.
    pub(super) fn declared(self) -> Result<Declared, String> {
        let base = self.base();
        let kind = match (base, self.stars) {
            (Base::Void, 0) => return Ok(Declared::Void),
            (Base::Invalid, _) => return Err(self.invalid()),
            (Base::Opaque, 0) => return Err(self.opaque()),
            (Base::Scalar(Scalar::Char), 1) | (Base::Str, 0) => CKind::Str,
            (Base::Scalar(scalar), 0) => CKind::Scalar(scalar),
            (Base::Scalar(scalar), 1) if scalar.is_integer() => CKind::Pointer(Some(scalar)),
            (Base::Scalar(_) | Base::Str | Base::Void | Base::Opaque, _) | (Base::Address, _) => {
                CKind::Pointer(None)
            }
        };
        Ok(Declared::Type(CType { spelling: self.spelling, kind }))
    }

    fn base(&self) -> Base {
        match self.name {
            Some(Name::Typedef("string")) => Base::Str,
            Some(Name::Typedef("caddr_t")) => Base::Address,
            Some(Name::Typedef(name)) => typedef(name).map_or(Base::Opaque, Base::Scalar),
            Some(Name::Aggregate(_)) => Base::Opaque,
            None if self.arithmetic == ["void"] => Base::Void,
            None => {
                let mut words = String::new();
                for word in &self.arithmetic {
                    list(&mut words, " ", word);
                }
                let row = KEYWORDS.iter().find(|(keywords, _)| *keywords == words);
                row.map_or(Base::Invalid, |&(_, scalar)| Base::Scalar(scalar))
            }
        }
    }

    /// Why these keywords are no type.
    fn invalid(&self) -> String {
        let spelling = &self.spelling;
        if self.arithmetic.contains(&"double") && self.arithmetic.contains(&"long") {
            format!("`{spelling}` is larger than what a probe can carry: write `double`")
        } else {
            format!("`{spelling}` is not a type in C: write one, such as `int` or `uint64_t`")
        }
    }

    /// Why this type can't travel by value.
    fn opaque(&self) -> String {
        let spelling = &self.spelling;
        match self.name {
            Some(Name::Aggregate("enum")) => {
                format!("a probe knows nothing about `{spelling}`: write `int`, which is what C makes of it")
            }
            Some(Name::Typedef(name)) => match hint(name) {
                Some(hint) => format!("`{name}` is not a type that a probe knows: write `{hint}`"),
                None => format!(
                    "`{name}` is not a type that a probe knows: write what it stands for, such as `int` or \
                     `uint64_t`, or `{spelling} *` to pass its address"
                ),
            },
            _ => format!(
                "`{spelling}` can't be passed by value: write `{spelling} *` to pass its address, or its \
                 fields as arguments of their own"
            ),
        }
    }
}

/// What a type is without its stars.
#[derive(Clone, Copy)]
enum Base {
    Void,
    Scalar(Scalar),
    /// DTrace's `string`.
    Str,
    /// An address that hides its star.
    Address,
    /// A struct, a union, an enum or an unknown typedef.
    Opaque,
    /// Keywords that don't go together.
    Invalid,
}

/// The number that a typedef stands for, if it is one of the known ones.
fn typedef(name: &str) -> Option<Scalar> {
    let row = TYPEDEFS.iter().find(|(_, names)| names.split(' ').any(|known| known == name));
    let other = || OTHER_TYPEDEFS.iter().find(|&&(known, _)| known == name).map(|&(_, scalar)| scalar);
    row.map(|&(scalar, _)| scalar).or_else(other)
}

/// What somebody probably meant by an unknown name.
fn hint(name: &str) -> Option<String> {
    let known = HINTS.iter().find(|&&(other, _)| other == name).map(|&(_, c)| c.to_owned());
    known.or_else(|| Some(format!("{name}_t")).filter(|longer| typedef(longer).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a type that stands alone, its words and stars separated by blanks.
    fn read(source: &str) -> Result<CType, String> {
        let mut words = Words::default();
        let mut tag = false;
        for word in source.split(' ') {
            match word {
                "*" => words.star(),
                _ if tag => words.spell(word),
                _ => assert!(words.take(word), "{word} in {source}"),
            }
            tag = is_aggregate(word);
        }
        match words.declared()? {
            Declared::Type(ty) => Ok(ty),
            Declared::Void => Err("void".to_owned()),
        }
    }

    #[test]
    fn numbers() {
        for (c, rust) in [
            ("int8_t", "i8"),
            ("uint64_t", "u64"),
            ("char", "::core::ffi::c_char"),
            ("signed char", "i8"),
            ("char unsigned", "u8"),
            ("short", "i16"),
            ("unsigned short int", "u16"),
            ("unsigned", "u32"),
            ("const int", "i32"),
            ("int volatile", "i32"),
            ("long", "::core::ffi::c_long"),
            ("int unsigned long", "::core::ffi::c_ulong"),
            ("unsigned long int", "::core::ffi::c_ulong"),
            ("long unsigned long", "u64"),
            ("long long", "i64"),
            ("size_t", "usize"),
            ("ssize_t", "isize"),
            ("pid_t", "i32"),
            ("mode_t", "u32"),
            ("off_t", "i64"),
            ("bool", "bool"),
            ("_Bool", "bool"),
            ("ulong_t", "::core::ffi::c_ulong"),
            ("float", "f32"),
            ("double", "f64"),
        ] {
            assert_eq!(read(c).map(|ty| ty.rust()).as_deref(), Ok(rust), "{c}");
        }
    }

    #[test]
    fn addresses() {
        for (c, rust) in [
            ("string", "&str"),
            ("char *", "&str"),
            ("const char * const", "&str"),
            ("char const *", "&str"),
            ("unsigned char *", "*const u8"),
            ("uint8_t *", "*const u8"),
            ("const long * restrict", "*const ::core::ffi::c_long"),
            ("char * *", "*const ::core::ffi::c_void"),
            ("string *", "*const ::core::ffi::c_void"),
            ("int * *", "*const ::core::ffi::c_void"),
            ("void *", "*const ::core::ffi::c_void"),
            ("double *", "*const ::core::ffi::c_void"),
            ("bool *", "*const ::core::ffi::c_void"),
            ("caddr_t", "*const ::core::ffi::c_void"),
            ("const struct foo *", "*const ::core::ffi::c_void"),
            ("foo_t const *", "*const ::core::ffi::c_void"),
        ] {
            assert_eq!(read(c).map(|ty| ty.rust()).as_deref(), Ok(rust), "{c}");
        }
        assert_eq!(read("const char * const *").unwrap().to_string(), "const char *const *");
    }

    #[test]
    fn what_a_probe_cannot_carry() {
        for (c, advice) in [
            ("struct foo", "write `struct foo *`"),
            ("union foo", "write `union foo *`"),
            ("enum color", "write `int`"),
            ("foo_t", "`foo_t *`"),
            ("u64", "write `uint64_t`"),
            ("uint64", "write `uint64_t`"),
            ("String", "write `char *`"),
            ("long double", "write `double`"),
            ("int int", "not a type in C"),
            ("signed unsigned", "not a type in C"),
            ("long long long", "not a type in C"),
            ("unsigned float *", "not a type in C"),
            ("const", "not a type in C"),
        ] {
            let message = read(c).unwrap_err();
            assert!(message.contains(advice), "{c}: {message}");
        }
    }

    #[test]
    fn the_tables_hold_no_typedef_twice() {
        let mut names: Vec<&str> = TYPEDEFS.iter().flat_map(|(_, names)| names.split(' ')).collect();
        names.extend(OTHER_TYPEDEFS.iter().map(|&(name, _)| name));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(HINTS.iter().all(|(name, _)| typedef(name).is_none()));
    }
}
