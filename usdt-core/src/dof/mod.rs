//! DOF: how programs describe their probes to the kernels that have DTrace.
//!
//! On illumos, FreeBSD and macOS a program hands its kernel a DOF, and the kernel makes probes of it. [`encode()`] writes one
//! of providers and of the places where their probes are; [`decode()`] reads one back, whoever wrote it; [`dump()`] shows it to
//! people. All three do the same on every host: nothing here asks what it runs on.
//!
//! The kernels are silent about most of what they dislike: they drop a probe, or all of them, and report success.
//! Everything that is known to end so is an [`EncodeError`].
//!
//! # The format
//!
//! The DTrace object format looks like ELF: a header, a table of sections, sections. Sections name one another by their
//! index in the table, strings are named by their offset in a table of strings. All numbers are in the byte order of the
//! machine; here they are little-endian, as on every 64-bit machine that these systems share. The names are those of the
//! systems' header, [`sys/dtrace.h`](https://github.com/illumos/illumos-gate/blob/master/usr/src/uts/common/sys/dtrace.h)
//! (FreeBSD's and macOS's `dtrace.h` have the same structures).
//!
//! The header, `dof_hdr_t`, 64 bytes:
//!
//! | bytes | field | |
//! |---|---|---|
//! | 0–3 | `DOF_ID_MAG0` … | `7f`, `DOF` |
//! | 4 | `DOF_ID_MODEL` | 1 for programs of 32 bits, 2 for 64 |
//! | 5 | `DOF_ID_ENCODING` | 1 for little-endian |
//! | 6 | `DOF_ID_VERSION` | the [`Version`] |
//! | 7, 8, 9 | `DOF_ID_DIFVERS`, `DIFIREG`, `DIFTREG` | D's virtual machine: version 2; at most 8 registers of each kind |
//! | 10–15 | `DOF_ID_PAD` | 0 |
//! | 16 | `dofh_flags` | 0 |
//! | 20, 24, 28 | `dofh_hdrsize`, `secsize`, `secnum` | 64, 32, and how many sections there are |
//! | 32 | `dofh_secoff`, 8 bytes | where the table of sections is; a multiple of 8 |
//! | 40 | `dofh_loadsz`, 8 bytes | how much of the DOF the kernel copies |
//! | 48 | `dofh_filesz`, 8 bytes | all of it |
//! | 56 | `dofh_pad`, 8 bytes | |
//!
//! A row of the table, `dof_sec_t`, 32 bytes: `dofs_type`, `dofs_align` (a power of two), `dofs_flags` (1 if the kernel reads
//! it), `dofs_entsize`, 4 bytes each; `dofs_offset` and `dofs_size`, 8 bytes each.
//!
//! | type | section | align | entry | |
//! |---|---|---|---|---|
//! | 8 | `DOF_SECT_STRTAB` | 1 | | strings that end with a NUL byte, and so does the section |
//! | 15 | `DOF_SECT_PROVIDER` | 4 | | one `dof_provider_t` |
//! | 16 | `DOF_SECT_PROBES` | 8 | 48 | a provider's `dof_probe_t` |
//! | 17 | `DOF_SECT_PRARGS` | 1 | 1 | for each translated argument, which native one it is |
//! | 18 | `DOF_SECT_PROFFS` | 4 | 4 | the offsets of sites |
//! | 26 | `DOF_SECT_PRENOFFS` | 4 | 4 | the offsets of is-enabled sites; since version 2 |
//!
//! Other types hold D programs, relocations and comments. They are skipped.
//!
//! A provider, `dof_provider_t`, 44 bytes, 40 in version 1:
//!
//! | bytes | field | |
//! |---|---|---|
//! | 0, 4, 8, 12 | `dofpv_strtab`, `probes`, `prargs`, `proffs` | sections |
//! | 16 | `dofpv_name` | string |
//! | 20, 24, 28, 32, 36 | `dofpv_provattr`, `mod`, `func`, `name`, `argsattr` | the [`Attributes`] |
//! | 40 | `dofpv_prenoffs` | section, or 0 for none; so section 0 can't be that one |
//!
//! A probe in a function, `dof_probe_t`, 48 bytes:
//!
//! | bytes | field | |
//! |---|---|---|
//! | 0 | `dofpr_addr`, 8 bytes | what the offsets add to, but for version 3 |
//! | 8, 12 | `dofpr_func`, `name` | strings |
//! | 16, 20 | `dofpr_nargv`, `xargv` | the first native and translated type; the others follow it in the table of strings |
//! | 24, 28 | `dofpr_argidx`, `offidx` | the first entry in `PRARGS`, in `PROFFS` |
//! | 32, 33 | `dofpr_nargc`, `xargc`, a byte each | how many types |
//! | 34 | `dofpr_noffs`, 2 bytes | how many offsets |
//! | 36 | `dofpr_enoffidx` | the first entry in `PRENOFFS` |
//! | 40 | `dofpr_nenoffs`, 2 bytes | how many |
//! | 42, 44 | `dofpr_pad1`, `pad2` | |
//!
//! What a kernel checks is in its `dtrace_dof_slurp` and `dtrace_helper_provider_validate` (`dtrace.c`), what it drops in
//! `fasttrap_meta_provide` and `fasttrap_meta_create_probe` (`fasttrap.c`).
//!
//! # Where a probe is
//!
//! | | illumos, FreeBSD | macOS |
//! |---|---|---|
//! | version | 2 | 3 |
//! | an offset is | unsigned, 32 bits | signed, 32 bits |
//! | and adds to | `dofpr_addr` | the address that the DOF is registered with; `dofpr_addr` means nothing |
//! | the kernel then adds | nothing | on x86_64 −1 at a site and 2 at an is-enabled site: name the byte behind the nop, and two bytes before it; on arm64 nothing |
//!
//! [`locate()`] does the sums.
//!
//! # What nobody can know beforehand
//!
//! All processes of a system share a number of sites: 250,000 on illumos and FreeBSD, unless they are told otherwise, and on
//! macOS 100,000 for each 256 MiB of memory. A probe that has more than are left is dropped without a word.
//!
//! Some versions of a kernel drop a probe, and older ones of macOS a provider, that another DOF of the process has too.

mod attributes;
mod check;
mod decode;
mod dump;
mod encode;
mod format;
mod located;
mod probe;
mod reader;
mod sections;
mod strings;
#[cfg(test)]
mod tests;
mod types;

pub use attributes::{Attributes, Class, Level, Stability};
pub use check::{EncodeError, ProbeProblem};
pub use decode::decode;
pub use dump::dump;
pub use encode::encode;
pub use format::{Flavour, Version};
pub use located::{Located, locate};
pub use probe::{Dof, DofProbe, DofProvider, Translated};
pub use reader::DofError;
pub use sections::length;
pub use types::types;
