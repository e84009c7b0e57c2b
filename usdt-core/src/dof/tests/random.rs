//! Providers that are made up, the same in every run.

use super::super::{Attributes, Class, DofProbe, DofProvider, Flavour, Level, Stability, Translated};

/// Numbers that are the same in every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("it is below a usize")
    }

    /// How many: mostly few, sometimes as many as there may be.
    fn count(&mut self, few: usize, most: usize) -> usize {
        if self.below(100) == 0 { most } else { self.below(few + 1) }
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// A name of these characters, not the same as any before, of up to `longest` bytes.
    fn name(&mut self, alphabet: &str, longest: usize, unique: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        let mut name = format!("n{unique}_");
        for _ in 0..self.count(10, longest) {
            let c = alphabet[self.below(alphabet.len())];
            if name.len() + c.len_utf8() <= longest {
                name.push(c);
            }
        }
        name
    }

    fn ty(&mut self) -> String {
        const TYPES: [&str; 6] = ["int", "char *", "uint64_t", "", "struct größe *", "int32_t"];
        if self.below(50) == 0 { "t".repeat(127) } else { TYPES[self.below(TYPES.len())].to_owned() }
    }

    /// Offsets that a flavour allows, none twice, none too far apart, in any order.
    fn offsets(&mut self, count: usize, flavour: Flavour) -> Vec<i64> {
        let low = flavour.version().offsets().start() + [0, 1 << 30, 1 << 31][self.below(3)];
        let high = low + i64::from(i32::MAX);
        let step = (high - low) / i64::try_from(count.max(1)).expect("few");
        let mut offsets: Vec<i64> = (0..)
            .take(count)
            .map(|i: i64| {
                let within = i64::try_from(self.next() % step.unsigned_abs()).expect("it is below an i64");
                low + i * step + within
            })
            .collect();
        for i in (1..offsets.len()).rev() {
            offsets.swap(i, self.below(i + 1));
        }
        offsets
    }

    fn probe(&mut self, unique: usize, flavour: Flavour) -> DofProbe {
        let native: Vec<String> = (0..self.count(6, 255)).map(|_| self.ty()).collect();
        let translated = match native.len() {
            0 => Vec::new(),
            natives => {
                let one = |random: &mut Random| Translated { ty: random.ty(), native: random.below(natives) };
                (0..self.count(6, 255)).map(|_| one(self)).collect()
            }
        };
        let (sites, enabled_sites) = (self.count(4, 300), self.below(3));
        let enabled_sites = enabled_sites.max(usize::from(sites == 0));
        DofProbe {
            name: self.name("abc_-09", 63, unique / 2),
            function: self.name("abcäß:<>$ 日", 127, unique),
            address: self.next() >> 1,
            sites: self.offsets(sites, flavour),
            enabled_sites: self.offsets(enabled_sites, flavour),
            native,
            translated,
        }
    }

    fn stability(&mut self) -> Stability {
        Stability { name: Level(self.byte()), data: Level(self.byte()), class: Class(self.byte()) }
    }

    fn provider(&mut self, unique: usize, flavour: Flavour) -> DofProvider {
        let probes = 1 + self.count(4, 40);
        DofProvider {
            name: self.name("abcXYZ_019", 53, unique),
            attributes: Attributes::from_order([(); 5].map(|()| self.stability())),
            probes: (0..probes).map(|i| self.probe(i, flavour)).collect(),
        }
    }

    /// What a flavour's DOF can hold.
    pub(super) fn providers(&mut self, flavour: Flavour) -> Vec<DofProvider> {
        (0..1 + self.below(4)).map(|i| self.provider(i, flavour)).collect()
    }
}
