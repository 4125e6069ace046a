//! Words that attribute: verbs by lemma, phrases, nouns.

use std::collections::HashMap;
use std::sync::OnceLock;

use copydesk_types::CueClass;

use crate::extract::lexicon::has;

/// What the complement of a cue may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// A clause ("said that …"), or a quote.
    Clause,
    /// Also an infinitive ("promised to …").
    Infinitive,
    /// Also a noun phrase ("praised the …").
    Noun,
}

const CLASSES: [(CueClass, Takes, &str); 11] = [
    (
        CueClass::Say,
        Takes::Clause,
        "say add tell note state comment remark observe mention reply respond answer explain write \
        tweet post read recount recall relate reiterate repeat testify shout whisper quip joke muse opine continue elaborate \
        clarify report inform advise counter retort exclaim cry intone email text text-message blog lecture narrate \
        reflect interject confide scream yell mutter mumble murmur chant brag recite begin conclude go remind express quote confess echo voice articulate bark boom fume scoff demur gloat sing thank crack",
    ),
    (
        CueClass::Argue,
        Takes::Clause,
        "argue assert insist claim maintain contend allege suggest reason stress emphasize emphasise underscore \
        underline highlight imply speculate theorize hint declare proclaim complain lament boast rail conclude point suppose \
        contemplate estimate determine find show indicate reveal signal caution protest",
    ),
    (CueClass::Announce, Takes::Clause, "announce disclose reveal report declare publish release"),
    (
        CueClass::Confirm,
        Takes::Clause,
        "confirm acknowledge admit concede affirm reaffirm agree verify certify recognize recognise accept",
    ),
    (CueClass::Deny, Takes::Noun, "deny dispute reject dismiss refute rebut"),
    (CueClass::Ask, Takes::Clause, "ask wonder question inquire query"),
    (
        CueClass::Urge,
        Takes::Infinitive,
        "urge order demand request call warn advise tell ask encourage recommend propose instruct implore beg",
    ),
    (
        CueClass::Commit,
        Takes::Infinitive,
        "predict promise warn pledge vow swear threaten forecast guarantee offer refuse agree assure caution",
    ),
    (
        CueClass::Evaluate,
        Takes::Noun,
        "praise denounce tout reassure slam assail applaud rebuke bemoan chide credit liken invoke evoke congratulate compare challenge pan lambast scold berate celebrate criticize criticise blast slam condemn accuse blame hail laud commend mock attack describe \
        call decry deride ridicule characterize characterise label brand portray welcome defend blame cite dub",
    ),
    (
        CueClass::Think,
        Takes::Clause,
        "think believe expect hope feel know fear worry doubt assume consider realize realise imagine figure guess wish",
    ),
    (CueClass::Other, Takes::Clause, "mean"),
];

/// Class and complement of a verb, by its lemma; the first class that has it.
pub(super) fn verb(lemma: &str) -> Option<(CueClass, Takes)> {
    static VERBS: OnceLock<HashMap<&str, (CueClass, Takes)>> = OnceLock::new();
    VERBS.get_or_init(verbs).get(lemma).copied()
}

fn verbs() -> HashMap<&'static str, (CueClass, Takes)> {
    let mut out = HashMap::new();
    for (class, takes, list) in CLASSES {
        for lemma in list.split_ascii_whitespace() {
            let known = out.entry(lemma).or_insert((class, takes));
            // A verb of several classes takes what any of them takes; a noun phrase is the widest.
            if takes == Takes::Noun || (takes == Takes::Infinitive && known.1 == Takes::Clause) {
                known.1 = takes;
            }
        }
    }
    out
}

/// The verb of speaking that a word of a headline in title case is, taken for a noun by the tagger: "Brandt Says Library Will
/// Stay Open".
pub(super) fn of_headline(word: &str) -> Option<&'static str> {
    static FORMS: OnceLock<HashMap<String, &str>> = OnceLock::new();
    let forms = FORMS.get_or_init(|| {
        let verbs = CLASSES.iter().flat_map(|(_, _, list)| list.split_ascii_whitespace());
        let verbs = verbs.filter(|v| is_speaking(v) && !is_attitude(v));
        verbs.map(|v| (third_person(v), v)).collect()
    });
    forms.get(word).copied()
}

/// "says" of "say", "denies" of "deny", "stresses" of "stress".
fn third_person(verb: &str) -> String {
    let hissing = ["s", "sh", "ch", "x", "z", "o"].iter().any(|end| verb.ends_with(end));
    match verb.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if hissing => format!("{verb}es"),
        _ => format!("{verb}s"),
    }
}

/// Verbs of speaking proper, which may stand alone beside a quote.
pub(super) fn is_speaking(lemma: &str) -> bool {
    let weak = "find show indicate determine begin go mean read know feel hope expect agree consider recognize accept release publish";
    verb(lemma).is_some() && !has(weak, lemma)
}

/// Beliefs, wishes and attitudes: no claims, but beside a quote ("…," he thought).
pub(super) fn is_attitude(lemma: &str) -> bool {
    has(
        "think believe expect hope feel know fear worry doubt assume consider realize realise imagine figure guess wish find mean accept",
        lemma,
    )
}

/// Nouns with a clause: "his claim that".
pub(super) const NOUNS: &str = "claim statement assertion argument allegation accusation suggestion warning promise pledge vow insistence contention \
    remark comment declaration announcement admission denial assurance complaint charge";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        let check = |lemma: &str, expected: Option<(CueClass, Takes)>| {
            assert_eq!(verb(lemma), expected, "{lemma}");
        };
        check("say", Some((CueClass::Say, Takes::Clause)));
        check("promise", Some((CueClass::Commit, Takes::Infinitive)));
        check("praise", Some((CueClass::Evaluate, Takes::Noun)));
        check("call", Some((CueClass::Urge, Takes::Noun)));
        check("walk", None);
    }

    #[test]
    fn verbs_of_headlines() {
        let check = |word: &str, expected: Option<&str>| {
            assert_eq!(of_headline(word), expected, "{word}");
        };
        check("says", Some("say"));
        check("denies", Some("deny"));
        check("stresses", Some("stress"));
        check("say", None);
        check("thinks", None);
        check("walks", None);
    }
}
