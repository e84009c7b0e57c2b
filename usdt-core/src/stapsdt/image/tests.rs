//! What must be true of every image. What tracers make of them is tested with the tracers.

use std::collections::HashMap;

use super::*;
use crate::stapsdt::Notes;

fn provider(probes: Vec<Probe<ArgType>>) -> Provider<ArgType> {
    Provider { name: "orders".to_owned(), probes }
}

fn probe(name: &str, types: impl IntoIterator<Item = ArgType>) -> Probe<ArgType> {
    let args =
        types.into_iter().enumerate().map(|(i, ty)| Argument { name: format!("arg{i}"), ty }).collect();
    Probe { name: name.to_owned(), doc: String::new(), args }
}

/// The bytes of a section, found by its name in the headers.
fn section<'image>(image: &'image Image, name: &str) -> &'image [u8] {
    let u64_at = |at: usize| {
        let bytes = image.bytes[at..][..8].try_into().expect("eight bytes");
        usize::try_from(u64::from_le_bytes(bytes)).expect("it is in memory")
    };
    let header = |index: usize| u64_at(0x28) + 64 * index;
    let contents = |header: usize| &image.bytes[u64_at(header + 24)..][..u64_at(header + 32)];
    let names = contents(header(9));
    let is_called = |&header: &usize| {
        let offset = usize::from(image.bytes[header]);
        names[offset..].starts_with(format!("{name}\0").as_bytes())
    };
    contents((1..10).map(header).find(is_called).expect(name))
}

fn stapsdt(image: &Image) -> Vec<StapsdtProbe<'_>> {
    let notes = Notes::new(section(image, ".note.stapsdt"));
    notes.map(|note| StapsdtProbe::read(&note.expect("a note")).expect("ours").expect("whole")).collect()
}

fn describing(image: &Image) -> Vec<Described> {
    let notes = Notes::new(section(image, ".note.usdt-probes"));
    notes.map(|note| Described::read(&note.expect("a note")).expect("ours").expect("whole")).collect()
}

#[test]
fn the_smallest_image_has_these_bytes() {
    let definition = provider(vec![probe("a-b", [ArgType::I32])]);
    let image = Image::build(&definition, Architecture::X86_64);
    assert_eq!(
        section(&image, ".text"),
        b"\xf3\x0f\x1e\xfa\x55\x48\x89\xe5\x90\x66\x2e\x0f\x1f\x84\0\0\0\0\0\x5d\xc3\
          \xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc"
    );
    assert_eq!(
        section(&image, ".note.stapsdt"),
        b"\x08\0\0\0\x2c\0\0\0\x03\0\0\0stapsdt\0\
          \x08\x10\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\
          orders\0a__b\0-4@%rdi\0"
    );
    assert_eq!(
        section(&image, ".note.usdt-probes"),
        b"\x0c\0\0\0\x30\0\0\0\x01\0\0\0usdt-probes\0\
          \x08\x10\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\
          orders\0a__b\0\0\x01\x06arg0\0i32\0"
    );
    assert_eq!(section(&image, ".probes"), [0; 8]);

    let image = Image::build(&definition, Architecture::Aarch64);
    assert_eq!(
        section(&image, ".text"),
        b"\xfd\x7b\xbf\xa9\xfd\x03\0\x91\xa8\x27\x41\xa9\xaa\x2f\x42\xa9\x1f\x20\x03\xd5\xfd\x7b\xc1\xa8\xc0\x03\x5f\xd6\
          \0\0\0\0"
    );
    assert_eq!(
        section(&image, ".note.stapsdt"),
        b"\x08\0\0\0\x2a\0\0\0\x03\0\0\0stapsdt\0\
          \x10\x10\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\
          orders\0a__b\0-4@x0\0\0\0"
    );
}

#[test]
fn what_does_not_fit_twelve_operands_is_left_out() {
    use ArgType::*;
    for (types, described, operands) in [
        (vec![], 0, ""),
        (vec![U64; 12], 12, "8@x0 8@x1 8@x2 8@x3 8@x4 8@x5 8@x6 8@x7 8@x8 8@x9 8@x10 8@x11"),
        (vec![U8; 32], 12, "1@x0 1@x1 1@x2 1@x3 1@x4 1@x5 1@x6 1@x7 1@x8 1@x9 1@x10 1@x11"),
        (vec![I128; 7], 6, "8@x0 -8@x1 8@x2 -8@x3 8@x4 -8@x5 8@x6 -8@x7 8@x8 -8@x9 8@x10 -8@x11"),
        // Half of the bytes would fit, and the number behind them.
        (
            [vec![Bool; 11], vec![Bytes, U8]].concat(),
            11,
            "1@x0 1@x1 1@x2 1@x3 1@x4 1@x5 1@x6 1@x7 1@x8 1@x9 1@x10",
        ),
    ] {
        let image = Image::build(&provider(vec![probe("p", types.iter().copied())]), Architecture::Aarch64);
        assert_eq!(image.sites[0].described, described, "{types:?}");
        assert_eq!(stapsdt(&image)[0].operands, operands, "{types:?}");
        let args = &describing(&image)[0].probe.args;
        assert_eq!(
            args.iter().map(|arg| arg.ty.ty).collect::<Option<Vec<_>>>(),
            Some(types[..described].to_vec())
        );
    }
}

#[test]
fn the_same_definition_has_the_same_image_and_any_other_another_id() {
    let original = || {
        let mut definition = provider(vec![probe("a", [ArgType::U64; 13]), probe("b", [ArgType::Str])]);
        definition.probes[0].doc = "A doc.\n\nMore of it.".to_owned();
        definition
    };
    let changes: [fn(&mut Provider<ArgType>); 11] = [
        |p| p.name = "order".to_owned(),
        |p| p.probes[0].name = "c".to_owned(),
        |p| p.probes[0].doc = "A doc.\n\nLess of it.".to_owned(),
        |p| p.probes[0].doc = "A\ndoc.\n\nMore of it.".to_owned(),
        |p| p.probes[0].args[12].name = "left_out".to_owned(),
        |p| p.probes[0].args[12].ty = ArgType::I64,
        |p| p.probes[0].args[0].ty = ArgType::F64,
        |p| p.probes[1].args[0].name = "text".to_owned(),
        |p| p.probes.swap(0, 1),
        |p| p.probes.truncate(1),
        |p| p.probes.push(probe("c", [])),
    ];
    let mut ids = Vec::new();
    for architecture in Architecture::ALL {
        let image = Image::build(&original(), architecture);
        assert_eq!(image, Image::build(&original(), architecture));
        ids.push(image.id);
        for change in changes {
            let mut changed = original();
            change(&mut changed);
            ids.push(Image::build(&changed, architecture).id);
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn the_id_is_the_build_id() {
    let image = Image::build(&provider(Vec::new()), Architecture::X86_64);
    let note = Notes::new(section(&image, ".note.gnu.build-id")).next().expect("one").expect("whole");
    assert_eq!(note, Note { owner: "GNU", ty: 3, desc: &image.id });
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("it is below a usize")
    }

    /// Mostly what a name may be, sometimes what nobody should pass.
    fn text(&mut self, longest: usize) -> String {
        let alphabet: Vec<char> = "abcdefghijklmnopqrstuvwxyz_-ABC019 \n\0ä日".chars().collect();
        (0..self.below(longest + 1)).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }

    fn definition(&mut self) -> Provider<ArgType> {
        let probes = 0..self.below(4);
        Provider { name: self.text(53), probes: probes.map(|_| self.probe()).collect() }
    }

    fn probe(&mut self) -> Probe<ArgType> {
        let args = 0..self.below(33);
        let arg = |random: &mut Random| Argument {
            name: random.text(8),
            ty: ArgType::ALL[random.below(ArgType::ALL.len())],
        };
        Probe { name: self.text(63), doc: self.text(200), args: args.map(|_| arg(self)).collect() }
    }
}

#[test]
fn thousands_of_definitions_have_images_that_read_back() {
    let mut random = Random(0x5eed);
    let mut seen = HashMap::new();
    for _ in 0..4000 {
        let definition = random.definition();
        let architecture = Architecture::ALL[random.below(2)];
        let image = Image::build(&definition, architecture);
        let (sites, stapsdt, described) = (&image.sites, stapsdt(&image), describing(&image));
        assert_eq!([sites.len(), stapsdt.len(), described.len()], [definition.probes.len(); 3]);
        for ((probe, site), (note, described)) in
            definition.probes.iter().zip(sites).zip(stapsdt.iter().zip(described))
        {
            assert_eq!(note.semaphore, site.semaphore.address());
            assert!((site.stub.address()..site.stub.address() + 32).contains(&note.location));
            assert_eq!((note.location, note.semaphore), (described.location, described.semaphore));
            let types: Vec<ArgType> = described.probe.args.iter().filter_map(|arg| arg.ty.ty).collect();
            let expected: Vec<ArgType> = probe.args.iter().map(|arg| arg.ty).take(site.described).collect();
            assert_eq!(types, expected);
            let operands: usize = types.iter().map(|ty| ty.operands_of_64_bits().len()).sum();
            assert_eq!(note.operands.split_whitespace().count(), operands);
        }
        if let Some(other) = seen.insert(image.id, (definition.clone(), architecture)) {
            assert_eq!(other, (definition, architecture), "two definitions with one id");
        }
    }
    assert!(seen.len() > 3500, "the definitions differ: {}", seen.len());
}

#[test]
fn ten_thousand_probes_have_places_of_their_own() {
    let definition = provider((0..10_000).map(|i| probe(&format!("probe{i}"), [ArgType::U64])).collect());
    for architecture in Architecture::ALL {
        let image = Image::build(&definition, architecture);
        let page = architecture.page();
        assert!(image.code.end.is_multiple_of(page) && image.data.end.is_multiple_of(page));
        assert_eq!((image.code.start, image.code.end), (0, image.data.start));
        for pair in image.sites.windows(2) {
            assert_eq!(pair[0].stub.offset() + 32, pair[1].stub.offset());
            assert_eq!(pair[0].semaphore.offset() + 2, pair[1].semaphore.offset());
        }
        let (first, last) = (image.sites[0], image.sites[9999]);
        assert!(image.code.contains(&first.stub.offset()) && image.code.contains(&(last.stub.offset() + 31)));
        assert_eq!(first.semaphore.offset(), image.data.start);
        assert!(last.semaphore.offset() + 2 <= image.users.offset());
        assert!(image.users.offset() + 4 <= image.data.end);
        // The last page begins within the file, so that all of it can be touched.
        assert!(image.bytes.len() > image.data.end - page);
        assert!(image.bytes[image.data.start..image.users.offset() + 4].iter().all(|&byte| byte == 0));
        assert_eq!(stapsdt(&image)[9999].probe, "probe9999");
    }
}
