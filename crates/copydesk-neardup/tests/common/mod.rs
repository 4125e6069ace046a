//! Made-up news: sentences of random words with a name and a number now and then, the same for the same seed.

const WORDS: &str = "river council bridge market report school harbour winter police engine theatre farmer museum budget \
    signal garden leader worker doctor window battle letter silver copper planet forest island journey village traffic \
    lawyer driver student weather kitchen factory railway airport teacher village contract station hospital election \
    closed opened raised moved warned found joined feared hoped built carried planned refused started stopped followed \
    after before under over against without during behind between through early late quiet heavy narrow broken common";
const NAMES: &str = "Albright Barlow Castellan Dunmore Ekholm Farrow Gillespie Hartmann Ivers Jarvis Keane Lindqvist \
    Marchetti Novak Okoye Pereira Quist Renner Sandoval Thackeray Ullman Vasquez Whitlock Yarrow Zeller";

/// A stream of numbers (Knuth's MMIX generator).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }

    fn pick(&mut self, list: &'static str) -> &'static str {
        let count = list.split_ascii_whitespace().count();
        list.split_ascii_whitespace().nth(self.below(count)).expect("below the count")
    }

    pub(crate) fn sentence(&mut self) -> String {
        let mut words: Vec<String> =
            (0..9 + self.below(10)).map(|_| self.pick(WORDS).to_owned()).collect();
        for _ in 0..2 {
            let at = self.below(words.len());
            self.pick(NAMES).clone_into(&mut words[at]);
        }
        let at = self.below(words.len());
        words[at] = (2 + self.below(900)).to_string();
        format!("The {}.", words.join(" "))
    }
}

/// Sentences of a story.
pub(crate) fn story(seed: u64, sentences: usize) -> Vec<String> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (0..sentences).map(|_| random.sentence()).collect()
}
