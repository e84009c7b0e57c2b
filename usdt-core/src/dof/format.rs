//! The numbers of the format, under the names that `sys/dtrace.h` gives them, and what differs between systems.

use std::ops::RangeInclusive;

pub(super) const DOF_MAG_STRING: [u8; 4] = *b"\x7FDOF";
/// Where the bytes of the header's identification are.
pub(super) const DOF_ID_MODEL: usize = 4;
pub(super) const DOF_ID_ENCODING: usize = 5;
pub(super) const DOF_ID_VERSION: usize = 6;
pub(super) const DOF_ID_DIFVERS: usize = 7;
pub(super) const DOF_ID_DIFIREG: usize = 8;
pub(super) const DOF_ID_DIFTREG: usize = 9;
pub(super) const DOF_ID_PAD: usize = 10;
pub(super) const DOF_ID_SIZE: usize = 16;

pub(super) const DOF_MODEL_ILP32: u8 = 1;
pub(super) const DOF_MODEL_LP64: u8 = 2;
pub(super) const DOF_ENCODE_LSB: u8 = 1;
pub(super) const DIF_VERSION_2: u8 = 2;
pub(super) const DIF_DIR_NREGS: u8 = 8;
pub(super) const DIF_DTR_NREGS: u8 = 8;

pub(super) const DOF_SECF_LOAD: u32 = 1;
pub(super) const DOF_SECT_NONE: u32 = 0;
pub(super) const DOF_SECT_STRTAB: u32 = 8;
pub(super) const DOF_SECT_PROVIDER: u32 = 15;
pub(super) const DOF_SECT_PROBES: u32 = 16;
pub(super) const DOF_SECT_PRARGS: u32 = 17;
pub(super) const DOF_SECT_PROFFS: u32 = 18;
pub(super) const DOF_SECT_PRENOFFS: u32 = 26;

pub(super) const SECTIONS_OF_PROVIDERS: [u32; 6] = [
    DOF_SECT_STRTAB,
    DOF_SECT_PROVIDER,
    DOF_SECT_PROBES,
    DOF_SECT_PRARGS,
    DOF_SECT_PROFFS,
    DOF_SECT_PRENOFFS,
];

/// The sizes of the structures, in bytes.
pub(super) const HEADER: usize = 64;
pub(super) const SECTION: usize = 32;
pub(super) const PROVIDER: usize = 44;
/// Without `dofpv_prenoffs`.
pub(super) const PROVIDER_1: usize = 40;
pub(super) const PROBE: usize = 48;
pub(super) const OFFSET: usize = 4;

/// The longest texts that all kernels accept, in bytes without the NUL: `DTRACE_PROVNAMELEN` and so on, less one. They put the
/// process's id behind a provider's name, so 53 is the most that one may have ([`check_provider`](crate::model::name)).
pub(super) const MAX_PROVIDER: usize = 63;
pub(super) const MAX_PROBE: usize = 63;
pub(super) const MAX_FUNCTION: usize = 127;
/// What FreeBSD's accepts.
pub(super) const MAX_FUNCTION_OF_ANY: usize = 191;
pub(super) const MAX_TYPE: usize = 127;

/// The names of the sections' types, without `DOF_SECT_`, in the order of their numbers.
pub(super) const SECTION_NAMES: [&str; 27] = [
    "NONE",
    "COMMENTS",
    "SOURCE",
    "ECBDESC",
    "PROBEDESC",
    "ACTDESC",
    "DIFOHDR",
    "DIF",
    "STRTAB",
    "VARTAB",
    "RELTAB",
    "TYPTAB",
    "URELHDR",
    "KRELHDR",
    "OPTDESC",
    "PROVIDER",
    "PROBES",
    "PRARGS",
    "PROFFS",
    "INTTAB",
    "UTSNAME",
    "XLTAB",
    "XLMEMBERS",
    "XLIMPORT",
    "XLEXPORT",
    "PREXPORT",
    "PRENOFFS",
];

/// The version of a DOF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Version {
    /// Without is-enabled sites.
    One = 1,
    /// With is-enabled sites.
    Two = 2,
    /// The same structures; offsets are signed and add to the address that the DOF is registered with.
    Three = 3,
}

impl Version {
    /// The version with this number, if there is one.
    pub const fn from_number(number: u8) -> Option<Version> {
        match number {
            1 => Some(Version::One),
            2 => Some(Version::Two),
            3 => Some(Version::Three),
            _ => None,
        }
    }

    /// The offsets that this version can hold, in bytes.
    pub const fn offsets(self) -> RangeInclusive<i64> {
        match self {
            Version::One | Version::Two => 0..=u32::MAX as i64,
            Version::Three => i32::MIN as i64..=i32::MAX as i64,
        }
    }

    /// What the four bytes of an offset mean.
    pub(super) fn offset(self, bytes: [u8; OFFSET]) -> i64 {
        match self {
            Version::One | Version::Two => u32::from_le_bytes(bytes).into(),
            Version::Three => i32::from_le_bytes(bytes).into(),
        }
    }
}

/// Whose kernel a DOF is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// illumos.
    Illumos,
    /// FreeBSD. The same bytes as for illumos, and more of them.
    FreeBsd,
    /// macOS.
    MacOs,
}

impl Flavour {
    /// Every flavour.
    pub const ALL: [Flavour; 3] = [Flavour::Illumos, Flavour::FreeBsd, Flavour::MacOs];

    /// The version that its kernel reads.
    pub const fn version(self) -> Version {
        match self {
            Flavour::Illumos | Flavour::FreeBsd => Version::Two,
            Flavour::MacOs => Version::Three,
        }
    }

    /// The largest DOF that its kernel takes unless it is told otherwise, in bytes: one less than `dtrace_dof_maxsize`.
    pub const fn max_size(self) -> usize {
        match self {
            Flavour::Illumos => 256 * 1024 - 1,
            Flavour::FreeBsd => 8 * 1024 * 1024 - 1,
            Flavour::MacOs => 384 * 1024 - 1,
        }
    }

    /// The providers that its kernel keeps for itself.
    pub(super) const fn reserved(self) -> &'static [&'static str] {
        match self {
            Flavour::Illumos | Flavour::FreeBsd => &["pid"],
            Flavour::MacOs => &["pid", "objc", "oneshot"],
        }
    }
}
