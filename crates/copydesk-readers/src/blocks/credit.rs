//! Captions: a picture's text, told by the credit at its end or the words that open it.

/// Words of a caption at most.
const CAPTION_WORDS: usize = 80;
/// Words of a caption that ends in no more than an agency's name behind a full stop: running text ends like that too.
const PLAIN_CREDIT_WORDS: usize = 40;

/// News and picture agencies, lower case.
const AGENCIES: &[&str] = &[
    "aa",
    "aap",
    "afp",
    "afp photo",
    "agence france-presse",
    "alamy",
    "anadolu",
    "anadolu agency",
    "ani",
    "ansa",
    "ap",
    "ap photo",
    "apa",
    "associated press",
    "belga",
    "bloomberg",
    "canadian press",
    "contributed photo",
    "courtesy photo",
    "cp",
    "dpa",
    "efe",
    "epa",
    "epa-efe",
    "file",
    "file photo",
    "file photos",
    "getty",
    "getty images",
    "handout",
    "imago",
    "interfax",
    "irna",
    "istock",
    "itar-tass",
    "kcna",
    "keystone",
    "kyodo",
    "kyodo news",
    "lehtikuva",
    "magnum",
    "novosti",
    "ntb",
    "nurphoto",
    "pa",
    "pa images",
    "pa wire",
    "pap",
    "picture alliance",
    "pool",
    "pool photo",
    "press association",
    "pti",
    "pti photo",
    "reuters",
    "reuters photo",
    "rex",
    "rex features",
    "ria novosti",
    "ritzau",
    "scanpix",
    "shutterstock",
    "sipa",
    "sputnik",
    "stringer",
    "supplied",
    "tass",
    "the associated press",
    "the canadian press",
    "tt",
    "unsplash",
    "upi",
    "usa today sports",
    "wana",
    "wikimedia commons",
    "xinhua",
    "yonhap",
    "zuma",
    "zuma press",
];

/// Agencies that only carry pictures: their bare name at the end is a credit.
const PICTURES: &[&str] = &[
    "getty images",
    "epa-efe",
    "shutterstock",
    "istock",
    "alamy stock photo",
    "alamy",
    "nurphoto",
    "afp photo",
    "ap photo",
    "zuma press",
    "anadolu via getty images",
    "reuters photo",
    "pti photo",
    "pool photo",
    "file photo",
];

/// Whether `name` is an agency.
pub(super) fn is_agency(name: &str) -> bool {
    let name = name.trim();
    let odd = name.starts_with(char::is_lowercase) && name.chars().any(char::is_uppercase);
    !odd && AGENCIES.contains(&name.to_lowercase().as_str())
}

/// Whether `text` is a caption. `is_last`: nothing follows it in the article.
pub(super) fn is_caption(text: &str, is_last: bool) -> bool {
    if text.split_whitespace().count() > CAPTION_WORDS {
        return false;
    }
    let lower = text.to_lowercase();
    opens_a_caption(&lower) || ends_in_bracket_credit(text, is_last) || ends_in_bare_credit(text)
}

fn opens_a_caption(lower: &str) -> bool {
    const STARTS: &[&str] = &[
        "caption:",
        "credit:",
        "file -",
        "file image",
        "file photo",
        "file picture",
        "file –",
        "file —",
        "image caption",
        "image copyright",
        "image credit",
        "image source",
        "image:",
        "media caption",
        "photo credit",
        "photo:",
        "photo by ",
        "photograph:",
        "picture:",
        "undated file photo",
        "undated handout",
    ];
    if STARTS.iter().any(|start| lower.starts_with(start)) {
        return true;
    }
    // "In this May 31, 2018, file photo, …", "In this image made from video …"
    let head: String = lower.chars().take(70).collect();
    head.strip_prefix("in this ").is_some_and(|rest| {
        let shown = [" photo", "image ", " image", "picture ", "photo "]
            .iter()
            .any(|word| rest.contains(word));
        shown
            && (rest.starts_with(|c: char| c.is_ascii_digit())
                || rest.contains("photo")
                || rest.contains("made from")
                || rest.contains("provided by")
                || rest.contains("taken from"))
    })
}

/// `… last month (Reuters)`, `… on Friday. (AP Photo/Jane Doe)`, `… [Photo: Jane Doe]`.
fn ends_in_bracket_credit(text: &str, is_last: bool) -> bool {
    let text = text.trim_end_matches('.').trim_end();
    let open = match text.chars().last() {
        Some(')') => '(',
        Some(']') => '[',
        _ => return false,
    };
    let Some((before, inner)) = text.rsplit_once(open).filter(|(_, inner)| {
        !inner.contains(". ") && !inner.trim_end_matches([')', ']']).ends_with('.')
    }) else {
        return false;
    };
    let inner = inner.trim_end_matches([')', ']']).trim();
    let before = before.trim_end();
    if before.is_empty() || inner.split_whitespace().count() > 10 || spells(before, inner) {
        return false;
    }
    if !is_agency(inner) {
        return names_a_picture(inner);
    }
    // A bare agency behind a full stop is as well the end of a story.
    let stopped = before.ends_with(['.', '!', '?', '"', '”', '’']);
    let quoted = before.contains(['"', '“', '”']);
    let long = before.split_whitespace().count() > PLAIN_CREDIT_WORDS;
    !stopped || !(is_last || quoted || long)
}

/// A credit that speaks of a picture: `AP Photo/Jane Doe`, `Jane Doe/Reuters`, `Photo: Jane Doe`, `via AP`.
fn names_a_picture(credit: &str) -> bool {
    let lower = credit.to_lowercase();
    let worded =
        ["photo", "image", "picture", "courtesy", "credit", "handout", "screenshot", "screengrab"]
            .iter()
            .any(|word| {
                lower
                    .split(|c: char| !c.is_alphabetic())
                    .any(|w| w == *word || w.strip_suffix('s') == Some(word))
            });
    let parts = credit.split(['/', '|', ',']).map(agency_part);
    worded
        || (credit.contains(['/', '|', ',']) && parts.into_iter().any(|part| part))
        || ends_via(&lower)
}

fn agency_part(part: &str) -> bool {
    is_agency(part) || ends_via(&part.to_lowercase())
}

fn ends_via(lower: &str) -> bool {
    lower.rsplit_once("via ").is_some_and(|(_, agency)| is_agency(agency))
}

/// Whether `short` abbreviates the words before it: `the Associated Press (AP)` explains a name.
fn spells(before: &str, short: &str) -> bool {
    let letters: Vec<char> = short.chars().filter(|c| c.is_alphabetic()).collect();
    let words: Vec<&str> = before.split([' ', '-']).filter(|w| !w.is_empty()).collect();
    let Some(tail) = words.len().checked_sub(letters.len()).and_then(|at| words.get(at..)) else {
        return false;
    };
    letters.len() >= 2
        && letters.iter().all(|c| c.is_uppercase())
        && tail.iter().zip(&letters).all(|(word, letter)| {
            word.chars().next().is_some_and(|c| c.to_uppercase().eq(letter.to_uppercase()))
        })
}

/// A credit without brackets and without a full stop: `… Jane Doe / Pool via Reuters`, `REUTERS/Jane Doe`, `… Getty Images`.
fn ends_in_bare_credit(text: &str) -> bool {
    if text.ends_with(['.', '!', '?', '"', '”', ':', ';', ',']) {
        return false;
    }
    let lower = text.to_lowercase();
    if PICTURES.iter().any(|agency| lower.ends_with(agency)) || ends_via(&lower) {
        return true;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let tail = words.get(words.len().saturating_sub(10)..).unwrap_or_default().join(" ");
    if [
        "Photo: ",
        "Photo by ",
        "Photograph: ",
        "Photo credit",
        "Photo courtesy",
        "Picture: ",
        "Image: ",
        "Credit: ",
    ]
    .iter()
    .any(|mark| tail.contains(mark))
    {
        return true;
    }
    if words.len() <= 6
        && text
            .rsplit_once(',')
            .is_some_and(|(name, agency)| is_agency(agency) && is_short_name(name))
    {
        return true;
    }
    tail.rsplit_once(['/', '|', '©']).is_some_and(|(left, right)| {
        let right = right.trim();
        let credited = left.split(['/', '|']).next_back().is_some_and(ends_in_agency);
        is_agency(right) || (credited && is_short_name(right))
    })
}

/// Whether the last one or two words are an agency: `… on Monday. REUTERS`, `AP Photo`.
fn ends_in_agency(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    (1..=3).any(|n| {
        let tail = words.get(words.len().saturating_sub(n)..).unwrap_or_default().join(" ");
        // Written out in full in running text ("Reuters"), in capitals or as a picture agency in a credit.
        is_agency(&tail)
            && (tail.chars().all(|c| !c.is_lowercase())
                || tail.contains("hoto")
                || tail.contains("Images"))
    })
}

fn is_short_name(text: &str) -> bool {
    let count = text.split_whitespace().count();
    (1..=5).contains(&count)
        && text.split_whitespace().all(|w| w.chars().next().is_some_and(char::is_uppercase))
}
