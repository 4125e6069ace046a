//! Are two strings one person's name? Tokens are folded to how they sound, then aligned.
//!
//! Spellings of one name differ by transcription ("Sergey", "Sergei"), which Jaro–Winkler on the whole string takes for a
//! difference, and two people differ by one token ("Kim Jong Un", "Kim Jong Il"), which it does not. So tokens are
//! compared one by one, and a pair that does not fit costs more than its share.

use super::names::{self, PARTICLES};
use crate::extract::lexicon::has;

/// Transcriptions of one sound, applied in this order.
const SOUNDS: [(&str, &str); 29] = [
    ("sch", "sh"),
    ("tch", "ch"),
    ("sh", "s"),
    ("ch", "s"),
    ("zh", "z"),
    ("j", "i"),
    ("y", "i"),
    ("w", "v"),
    ("ph", "f"),
    ("kh", "h"),
    ("ou", "u"),
    ("oo", "u"),
    ("ei", "e"),
    ("ie", "e"),
    ("ii", "i"),
    ("ck", "k"),
    ("c", "k"),
    ("q", "k"),
    ("x", "ks"),
    ("th", "t"),
    ("dh", "d"),
    ("gh", "g"),
    ("tz", "ts"),
    ("ae", "a"),
    ("eu", "u"),
    ("oe", "o"),
    ("ue", "u"),
    ("ee", "i"),
    ("ah", "a"),
];
/// Family names that are written in several ways.
const SAME_FAMILY: [&str; 10] = [
    "ri lee yi rhee li",
    "choe choi chwe",
    "pak park bak",
    "kim gim",
    "jong jung chung cheong jeong",
    "paek baek paik",
    "ro roh noh",
    "yun yoon",
    "u woo",
    "hwang whang",
];
/// Forms of one given name.
const SAME_GIVEN: [&str; 23] = [
    "aleksandr alexander aleksander alex sasha",
    "mikhail michael mike",
    "nikolai nicholas nick nikolas",
    "bill william will",
    "bob robert rob",
    "jim james",
    "joe joseph",
    "tom thomas",
    "tony anthony antony anton",
    "dick richard rick",
    "mohammed muhammad mohamed mohammad mehmet muhammed",
    "yusuf youssef yousef yusef",
    "hussein husain hussain husseyn",
    "ahmed ahmad ahmet",
    "dave david",
    "dan daniel",
    "steve stephen steven",
    "chris christopher",
    "ed edward eddie",
    "mo mohammed muhammad mohamed",
    "george georgios giorgos",
    "hans johann johannes johan",
    "ally alistair alastair alasdair",
];

/// How a token sounds: transcriptions made one, double letters single.
pub(super) fn sound(token: &str) -> String {
    let mut out = token.to_owned();
    for (from, to) in SOUNDS {
        if out.contains(from) {
            out = out.replace(from, to);
        }
    }
    let mut single = String::with_capacity(out.len());
    for c in out.chars() {
        if !single.ends_with(c) {
            single.push(c);
        }
    }
    single
}

/// How alike two names of persons are, 0 to 1; from `SAME` on they name one person, as far as names can tell.
pub fn name_similarity(a: &str, b: &str) -> f64 {
    // "Ada 'Ink' Quill" is called Ada Quill and Ink Quill.
    let plain = |name: &str| {
        let rest = without_nickname(name);
        std::iter::once(name.to_owned()).chain(rest).map(|n| words(&n)).collect::<Vec<_>>()
    };
    let (a, b) = (plain(a), plain(b));
    let pairs = a.iter().flat_map(|x| b.iter().map(move |y| words_similarity(x, y)));
    pairs.fold(0.0, f64::max)
}

/// The name without what stands in quote marks or brackets within it, if anything does.
fn without_nickname(name: &str) -> Option<String> {
    let opens = |c: char| matches!(c, '\'' | '"' | '“' | '‘' | '(');
    let closes = |c: char| matches!(c, '\'' | '"' | '”' | '’' | ')');
    let words: Vec<&str> = name.split_whitespace().collect();
    let start = (1..words.len()).find(|&at| words[at].starts_with(opens))?;
    let end = (start..words.len() - 1).find(|&at| words[at].ends_with(closes))?;
    Some([&words[..start], &words[end + 1..]].concat().join(" "))
}

fn words_similarity(a: &[String], b: &[String]) -> f64 {
    let (tokens_a, tokens_b) = (tokens(a), tokens(b));
    if tokens_a.is_empty() || tokens_b.is_empty() {
        return 0.0;
    }
    if tokens_a.concat() == tokens_b.concat() {
        return 1.0;
    }
    let in_order = tokens_a.len() <= tokens_b.len();
    let (short, long) = if in_order { (tokens_a, tokens_b) } else { (tokens_b, tokens_a) };
    // "Suu Kyi", "Albert II": a run of several words of the longer name.
    if short.len() >= 2 && has_run(&long, &short) {
        return PART;
    }
    // "Van Rompuy": a family name with its particle says more than one without.
    if a.len() != b.len() && a.len().min(b.len()) >= 2 && (has_run(a, b) || has_run(b, a)) {
        return FAMILY_PART;
    }
    let joined = (long.len() > short.len() && short.len() >= 2).then(|| joined(&short, &long));
    aligned(&short, &joined.flatten().unwrap_or(long))
}

fn has_run(long: &[String], short: &[String]) -> bool {
    long.windows(short.len()).any(|run| run == short)
}

/// "Abdel Fattah" beside "Abdelfattah": the longer name with two tokens made one that the shorter name has.
fn joined(short: &[String], long: &[String]) -> Option<Vec<String>> {
    (1..long.len()).find_map(|at| {
        let both = long[at - 1].len() > 1 && long[at].len() > 1;
        let one = both.then(|| format!("{}{}", long[at - 1], long[at]))?;
        let known = short.iter().any(|t| t.len() >= 5 && token_similarity(t, &one) >= 0.9);
        known.then(|| [&long[..at - 1], &[one], &long[at + 1..]].concat())
    })
}

/// The score of two lists of tokens, the longer one last, each token beside the one that is most like it.
fn aligned(short: &[String], long: &[String]) -> f64 {
    // "Paul Justin" and "Justin Paul" are seldom one person.
    let swapped = short.len() == 2
        && long.len() == 2
        && token_similarity(&short[0], &long[1]) > 0.8
        && token_similarity(&short[1], &long[0]) > 0.8;
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (i, x) in short.iter().enumerate() {
        for (j, y) in long.iter().enumerate() {
            // Of equal pairs the one in the same place.
            pairs.push((token_similarity(x, y) - 0.001 * i.abs_diff(j) as f64, i, j));
        }
    }
    pairs.sort_by(|x, y| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1)).then(x.2.cmp(&y.2)));
    let (mut used_short, mut used_long) = (vec![false; short.len()], vec![false; long.len()]);
    let (mut sum, mut worst, mut full) = (0.0, 1.0_f64, 0);
    for (score, i, j) in pairs {
        if used_short[i] || used_long[j] {
            continue;
        }
        (used_short[i], used_long[j]) = (true, true);
        let score = score.max(0.0);
        sum += score;
        worst = worst.min(score);
        full += usize::from(score > 0.85 && short[i].len() > 1 && long[j].len() > 1);
    }
    // Between the same given name and the same family name others are often left out.
    let unmatched = if same_ends(short, long) { 0.15 } else { 0.35 };
    let mut score = sum / (short.len() as f64 + unmatched * (long.len() - short.len()) as f64);
    if worst < 0.6 {
        score *= 0.75;
    }
    // One token against several is a part of a name, no name.
    if short.len() == 1 && long.len() > 1 {
        score *= 0.75;
    } else if full < 2 && long.len() > 1 {
        score *= 0.93;
    }
    if swapped {
        score *= 0.75;
    }
    score.clamp(0.0, 1.0)
}

fn same_ends(short: &[String], long: &[String]) -> bool {
    let same = |a: Option<&String>, b: Option<&String>| {
        a.zip(b).is_some_and(|(a, b)| a.len() > 1 && token_similarity(a, b) >= 0.9)
    };
    short.len() >= 2 && same(short.first(), long.first()) && same(short.last(), long.last())
}

/// The score of a name that is a part of several words of another.
const PART: f64 = 0.95;
/// The score of a family name with its particle that is a part of another name.
const FAMILY_PART: f64 = 0.85;

/// The score from which two full names are taken for one.
pub(super) const SAME: f64 = 0.9;

/// The words of a name without titles.
fn words(name: &str) -> Vec<String> {
    let digits = |c: char| match c {
        '0' => 'o',
        '1' => 'i',
        '9' => 'g',
        c => c,
    };
    let title = |w: &String| has("mr mrs ms dr sheikh shaikh haji mullah jr sr llc ltd", w);
    let words = names::person_words(name).into_iter().filter(|w| !title(w));
    words.map(|w| w.chars().map(digits).collect()).collect()
}

/// The words that are compared: those that are no particles, unless only one is left.
fn tokens(words: &[String]) -> Vec<String> {
    let kept: Vec<String> = words.iter().filter(|w| !has(PARTICLES, w)).cloned().collect();
    if kept.len() < 2 { words.to_vec() } else { kept }
}

fn token_similarity(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.chars().count() == 1 {
        return if long.starts_with(short) { 0.9 } else { 0.0 };
    }
    if SAME_FAMILY.iter().chain(&SAME_GIVEN).any(|list| has(list, a) && has(list, b)) {
        return 0.95;
    }
    let (x, y) = (sound(a), sound(b));
    if x == y {
        return 0.97;
    }
    // "Pat", "Gabi": the beginning of a given name, a last vowel apart.
    let stem = short.trim_end_matches(['i', 'y', 'e']);
    if stem.len() >= 3 && short.len() <= 5 && long.starts_with(stem) {
        return 0.9;
    }
    let spelled = levenshtein_ratio(&x, &y);
    let (p, q) = (skeleton(&x), skeleton(&y));
    if p == q && p.len() > 1 {
        return spelled.max(if p.len() > 2 { 0.9 } else { 0.82 });
    }
    spelled
}

/// First letter and consonants.
fn skeleton(token: &str) -> String {
    let mut chars = token.chars();
    chars
        .next()
        .into_iter()
        .chain(chars.filter(|c| !matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'h')))
        .collect()
}

/// 1 − edits / length of the longer one; a swap of neighbours is one edit.
fn levenshtein_ratio(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    1.0 - last[b.len()] as f64 / a.len().max(b.len()).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs() {
        let check = |a: &str, b: &str, same: bool| {
            let score = name_similarity(a, b);
            assert_eq!(score >= SAME, same, "{a} / {b}: {score:.3}");
        };
        check("Sergey Lavrov", "Sergei Lavrov", true);
        check("Yuri Ushakov", "Yury Ushakov", true);
        check("Ri Yong Ho", "Lee Yong-ho", true);
        check("Bashar al-Assad", "Bashar Assad", true);
        check("Kim Jong Un", "Kim Jong Il", false);
        check("Ri Yong Ho", "Ri Yong Gil", false);
        check("Lavrov", "Sergey Lavrov", false);
        check("Abdelfattah Quillani", "Abdel Fattah Quillani", true);
        check("Ada 'Ink' Quill", "Ada Quill", true);
        check("Ada \"Ink\" Quill", "Ink Quill", true);
        check("Ada Maria Quill", "Ada Quill", true);
        check("Quill Ada", "Ada Quill", false);
        check("Jane Smith", "John Smith", false);
        check("", "John Smith", false);
    }

    #[test]
    fn parts_of_names() {
        let check = |a: &str, b: &str, expected: f64| {
            let score = name_similarity(a, b);
            assert!((score - expected).abs() < 1e-12, "{a} / {b}: {score:.3}");
        };
        check("Suu Kyi", "Aung San Suu Kyi", PART);
        check("Van Quillen", "Ada van Quillen", FAMILY_PART);
        check("Ben Quilli", "Adan El Farid Ben Quilli", FAMILY_PART);
        check("Ada Quill", "Ada Quill", 1.0);
    }

    #[test]
    fn symmetric() {
        for (a, b) in [
            ("Ada Quill", "Ada B. Quill"),
            ("Kim Jong Un", "Un Jong Kim"),
            ("José Ibáñez", "Jose Ibanes"),
        ] {
            assert!((name_similarity(a, b) - name_similarity(b, a)).abs() < 1e-12, "{a} / {b}");
        }
    }
}
