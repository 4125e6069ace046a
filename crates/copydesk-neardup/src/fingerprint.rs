//! From an article to its sketch.

use std::sync::OnceLock;

use crate::sketch::{Parts, Sketch, zone_tokens};
use crate::tokens::{Token, hash_of, tokens};

/// An article as the index sees it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Article<'a> {
    /// Its text, with or without the title as first line.
    pub text: &'a str,
    /// Its title, where it is known apart from the text.
    pub title: Option<&'a str>,
    /// Its outlet, by any name that stays the same.
    pub source: Option<&'a str>,
    /// Its canonical address.
    pub url: Option<&'a str>,
    /// When it was published, seconds since 1970.
    pub published: Option<i64>,
}

/// An article cut into tokens and shingles, before anything is left out of it.
#[derive(Debug)]
pub(crate) struct Draft {
    tokens: Vec<Token>,
    title: Vec<Token>,
    /// One for each place where a word triple starts.
    shingles: Vec<u32>,
    source: u32,
    url: u32,
    minute: u32,
}

/// A line, or a sentence of one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unit<'a> {
    pub(crate) number: u32,
    /// The shingles that start in it.
    pub(crate) shingles: &'a [u32],
    /// Those of them that end in it, too; none of a unit of one or two words.
    pub(crate) own: &'a [u32],
}

/// The first of January of the year 1, in seconds since 1970.
const EPOCH: i64 = -62_135_596_800;

/// Boilerplate is left out when at least so many tokens stay.
const LEAST: usize = 30;

impl Draft {
    pub(crate) fn new(article: &Article<'_>) -> Self {
        let title = article.title.map(tokens).unwrap_or_default();
        let mut body = tokens(article.text);
        let starts_with_title = !title.is_empty()
            && body.len() >= title.len()
            && title.iter().zip(&body).all(|(a, b)| a.hash == b.hash);
        if starts_with_title && body.len() > title.len() {
            body.drain(..title.len());
        }
        let name = |text: Option<&str>| text.map_or(0, |t| narrow(whole(&tokens(t))).max(1));
        let minute = article.published.map_or(0, |s| u32::try_from((s - EPOCH) / 60).unwrap_or(0));
        let shingles = shingles(&body);
        Self {
            tokens: body,
            title,
            shingles,
            source: name(article.source),
            url: name(article.url),
            minute,
        }
    }

    pub(crate) fn source(&self) -> u32 {
        self.source
    }

    /// The units with a shingle, in order.
    pub(crate) fn units(&self) -> impl Iterator<Item = Unit<'_>> {
        let mut at = 0;
        self.tokens.chunk_by(|a, b| a.unit == b.unit).map(move |tokens| {
            let from = at.min(self.shingles.len());
            at += tokens.len();
            let part = |end: usize| {
                self.shingles.get(from..end.clamp(from, self.shingles.len())).unwrap_or_default()
            };
            let number = tokens.first().map_or(0, |t| t.unit);
            Unit { number, shingles: part(at), own: part((from + tokens.len()).saturating_sub(2)) }
        })
    }

    /// The sketch of what is left without the units in `left_out` (sorted); of all when too little is left.
    pub(crate) fn sketch(self, left_out: &[u32]) -> Sketch {
        let Self { mut tokens, title, mut shingles, source, url, minute } = self;
        let stays = |t: &Token| left_out.binary_search(&t.unit).is_err();
        if !left_out.is_empty() && tokens.iter().filter(|t| stays(t)).count() >= LEAST {
            tokens.retain(stays);
            shingles = self::shingles(&tokens);
        }
        let level = crate::sketch::level_of(shingles.len());
        let lead = tokens.get(..zone_tokens(level).min(tokens.len())).unwrap_or_default();
        let mut sketch = Sketch {
            body: body_hash(&tokens),
            words: u32::try_from(tokens.len()).expect("bounded by MAX_TOKENS"),
            days: lead.iter().filter_map(|t| weekday(t.hash)).fold(0, |days, day| days | 1 << day),
            source,
            url,
            minute,
            ..Sketch::default()
        };
        let names = Names::new(&title, &tokens);
        let short = |t: &Token| narrow(t.hash) >> 16;
        sketch.fill(Parts {
            numbers: tokens.iter().filter(|t| t.number).map(short).collect(),
            lead_names: title.iter().chain(lead).filter(|t| names.is_name(t)).map(short).collect(),
            names: tokens.iter().filter(|t| names.is_name(t)).map(short).collect(),
            title: title.iter().map(short).collect(),
            shingles,
        });
        sketch
    }
}

/// Hashes of three tokens each; of all tokens when there are fewer.
fn shingles(tokens: &[Token]) -> Vec<u32> {
    if tokens.len() < 3 {
        return if tokens.is_empty() { Vec::new() } else { vec![narrow(whole(tokens))] };
    }
    tokens.windows(3).map(|w| narrow(whole(w))).collect()
}

/// One hash of a run of tokens.
fn whole(tokens: &[Token]) -> u64 {
    tokens.iter().fold(0x2545_f491_4f6c_dd1d, |h: u64, t| {
        (h.rotate_left(23) ^ t.hash).wrapping_mul(0xff51_afd7_ed55_8ccd)
    })
}

/// The upper half, well mixed (the finaliser of `MurmurHash3`).
fn narrow(hash: u64) -> u32 {
    let mut h = hash;
    h ^= h >> 33;
    h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^= h >> 33;
    u32::try_from(h >> 32).expect("32 bits")
}

fn body_hash(tokens: &[Token]) -> u128 {
    let mut bytes = Vec::with_capacity(tokens.len() * 8);
    for token in tokens {
        bytes.extend_from_slice(&token.hash.to_le_bytes());
    }
    let hash = blake3::hash(&bytes);
    hash.as_bytes().iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

/// Tells names by their capital. In a text where most words have one it tells nothing.
struct Names {
    mute: bool,
    /// Words that the text writes with and without a capital, and a few more.
    plain: Vec<u64>,
}

impl Names {
    fn new(title: &[Token], tokens: &[Token]) -> Self {
        // A bit for each word with a capital, so that few of the others need be kept.
        let mut capitals = [0_u64; 64];
        let place =
            |hash: u64| (usize::try_from(hash >> 58).expect("6 bits"), 1_u64 << (hash >> 52 & 63));
        for token in title.iter().chain(tokens).filter(|t| t.capital) {
            let (at, bit) = place(token.hash);
            capitals.iter_mut().skip(at).take(1).for_each(|word| *word |= bit);
        }
        let (mut plain, mut count, mut words) = (Vec::new(), 0, 0);
        for token in tokens.iter().filter(|t| !t.number) {
            words += 1;
            if token.capital {
                continue;
            }
            count += 1;
            let (at, bit) = place(token.hash);
            if capitals.get(at).is_some_and(|word| word & bit != 0) {
                plain.push(token.hash);
            }
        }
        plain.sort_unstable();
        Self { mute: count * 5 < words * 2, plain }
    }

    fn is_name(&self, token: &Token) -> bool {
        token.capital
            && !self.mute
            && self.plain.binary_search(&token.hash).is_err()
            && function_words().binary_search(&token.hash).is_err()
            && weekday(token.hash).is_none()
    }
}

const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn weekday(hash: u64) -> Option<usize> {
    static HASHES: OnceLock<[u64; 7]> = OnceLock::new();
    HASHES.get_or_init(|| WEEKDAYS.map(hash_of)).iter().position(|h| *h == hash)
}

/// Words that start sentences and headlines and are no names; months, too.
const FUNCTION_WORDS: &str = "a about after all also although among an and another any are as at be because been before \
    both but by can could did do does during each even every few first following for from had has have he her here his how \
    however i if in instead into is it its last later like many may meanwhile might more most mr mrs ms much must my near \
    new next no not now of off on once one only or other our out over per she should since so some still such than that \
    the their them then there these they this those though three through thus to today two under until up update updates \
    us was we were what when where whether which while who why will with within without would yes yesterday yet you \
    your january february march april june july august september october november december jan feb mar apr jun jul aug \
    sep sept oct nov dec breaking exclusive watch video live";

fn function_words() -> &'static [u64] {
    static HASHES: OnceLock<Vec<u64>> = OnceLock::new();
    HASHES.get_or_init(|| {
        let mut hashes: Vec<u64> = FUNCTION_WORDS.split_ascii_whitespace().map(hash_of).collect();
        hashes.sort_unstable();
        hashes
    })
}
