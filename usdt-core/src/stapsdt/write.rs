//! Writing notes: the other direction of what the neighbouring files read, for notes that no assembler writes.

use super::describing::{DESCRIBING_OWNER, DESCRIBING_VERSION, Described};
use super::note::Note;
use super::probe::{STAPSDT_OWNER, STAPSDT_TYPE, StapsdtProbe};
use crate::model::name::probe_to_note;

impl Note<'_> {
    /// Appends it to a section of notes, with the padding that puts the next one on a multiple of four bytes.
    ///
    /// # Panics
    ///
    /// If the note has 4 GiB or more.
    pub fn write(&self, section: &mut Vec<u8>) {
        let number = |n: usize| u32::try_from(n).expect("a note has less than 4 GiB").to_le_bytes();
        section.extend(number(self.owner.len() + 1));
        section.extend(number(self.desc.len()));
        section.extend(self.ty.to_le_bytes());
        section.extend(self.owner.bytes().chain([0]));
        align(section);
        section.extend(self.desc);
        align(section);
    }
}

impl StapsdtProbe<'_> {
    /// Appends it to a section of notes.
    pub fn write(&self, section: &mut Vec<u8>) {
        let mut desc = Vec::new();
        numbers(&mut desc, [self.location, self.base, self.semaphore]);
        text(&mut desc, self.provider);
        text(&mut desc, self.probe);
        text(&mut desc, self.operands);
        Note { owner: STAPSDT_OWNER, ty: STAPSDT_TYPE, desc: &desc }.write(section);
    }
}

impl Described {
    /// Appends it to a section of notes: at most 255 arguments, those behind them are left out.
    pub fn write(&self, section: &mut Vec<u8>) {
        let mut desc = Vec::new();
        numbers(&mut desc, [self.location, self.base, self.semaphore]);
        text(&mut desc, &self.provider);
        text(&mut desc, &probe_to_note(&self.probe.name));
        text(&mut desc, &self.probe.doc);
        let count = u8::try_from(self.probe.args.len()).unwrap_or(u8::MAX);
        desc.push(count);
        for arg in self.probe.args.iter().take(count.into()) {
            // 0 is no type, now or later.
            desc.push(arg.ty.ty.map_or(0, |ty| ty as u8));
            text(&mut desc, &arg.name);
            text(&mut desc, &arg.ty.spelling);
        }
        Note { owner: DESCRIBING_OWNER, ty: DESCRIBING_VERSION, desc: &desc }.write(section);
    }
}

fn align(section: &mut Vec<u8>) {
    section.resize(section.len().next_multiple_of(4), 0);
}

fn numbers(desc: &mut Vec<u8>, numbers: [u64; 3]) {
    desc.extend(numbers.into_iter().flat_map(u64::to_le_bytes));
}

/// Text with its end. A NUL in it would end it early: a blank takes its place.
fn text(desc: &mut Vec<u8>, text: &str) {
    desc.extend(text.bytes().map(|byte| if byte == 0 { b' ' } else { byte }).chain([0]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ArgType, Argument, Probe};
    use crate::stapsdt::{Notes, TypeName};

    fn described() -> Described {
        let arg = |name: &str, ty: Option<ArgType>, spelling: &str| Argument {
            name: name.to_owned(),
            ty: TypeName { ty, spelling: spelling.to_owned() },
        };
        Described {
            location: 1 << 40,
            base: 2,
            semaphore: u64::MAX,
            provider: "orders".to_owned(),
            probe: Probe {
                name: "request-start".to_owned(),
                doc: "Größe.".to_owned(),
                args: vec![arg("id", Some(ArgType::U64), "u64"), arg("later", None, "f16")],
            },
        }
    }

    fn read(section: &[u8]) -> Vec<Note<'_>> {
        Notes::new(section).map(|note| note.expect("a note")).collect()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let stapsdt = StapsdtProbe {
            location: 1,
            base: 2,
            semaphore: 3,
            provider: "orders",
            probe: "request__start",
            operands: "8@%rdi -4@16(%rbp)",
        };
        let mut section = Vec::new();
        stapsdt.write(&mut section);
        described().write(&mut section);
        Note { owner: "GNU", ty: 3, desc: b"12345" }.write(&mut section);
        let notes = read(&section);
        assert_eq!(StapsdtProbe::read(&notes[0]), Some(Ok(stapsdt)));
        assert_eq!(Described::read(&notes[1]), Some(Ok(described())));
        assert_eq!(notes[2], Note { owner: "GNU", ty: 3, desc: b"12345" });
        assert_eq!(notes.len(), 3);
    }

    #[test]
    fn a_nul_does_not_end_a_text_early() {
        let mut torn = described();
        torn.probe.doc = "before\0behind".to_owned();
        let mut section = Vec::new();
        torn.write(&mut section);
        let whole = Described::read(&read(&section)[0]).expect("ours").expect("whole");
        assert_eq!(whole.probe.doc, "before behind");
        assert_eq!(whole.probe.args, torn.probe.args);
    }

    #[test]
    fn arguments_that_can_not_be_counted_are_left_out() {
        let mut long = described();
        long.probe.args = vec![long.probe.args[0].clone(); 300];
        let mut section = Vec::new();
        long.write(&mut section);
        let read = Described::read(&read(&section)[0]).expect("ours").expect("whole");
        assert_eq!(read.probe.args, long.probe.args[..255]);
    }
}
