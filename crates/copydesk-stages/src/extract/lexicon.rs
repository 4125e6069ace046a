//! Word lists that entities and claims share. Each list is sorted by use, not by alphabet.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Whether `word` is in the space-separated `list`.
pub(super) fn has(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split_ascii_whitespace().any(|w| w == word)
}

/// Heads of titles and offices that stand before or behind a person's name, lower case.
pub(super) const TITLES: &str = "president minister chancellor premier leader secretary senator sen. sen gov. gov governor \
    spokesman spokeswoman spokesperson chairman chairwoman chair chief director ambassador adviser advisor envoy \
    mayor king queen prince princess emperor pope bishop archbishop cardinal imam rabbi sheikh ayatollah general gen. gen \
    colonel col. major captain lieutenant sergeant admiral commander marshal judge justice prosecutor attorney lawyer \
    congressman congresswoman representative rep. rep lawmaker mp speaker delegate deputy commissioner councillor \
    coach manager striker captain analyst economist professor prof. prof dr. dr doctor expert specialist scientist \
    researcher author writer editor reporter journalist correspondent columnist activist founder ceo cfo executive \
    officer official aide nominee candidate strategist pollster diplomat negotiator head boss owner";

/// Courtesy titles that are no part of a name.
pub(super) const COURTESY: &str = "mr. mr mrs. mrs ms. ms miss sir dame lord lady madam dr. dr prof. prof sen. sen rep. rep gov. gov gen. gen \
    col. col lt. lt sgt. sgt capt. capt rev. rev hon. president prime minister vice secretary senator governor chancellor";

/// Heads of noun phrases that name a medium.
pub(super) const MEDIA: &str = "media agency agencies newspaper newspapers website site broadcaster magazine outlet outlets wire paper \
    daily weekly channel network tabloid press";

/// Names of agencies and outlets, lower case, joined by `_` where they have several words.
pub(super) const OUTLETS: &str = "reuters tass itar-tass ria_novosti ria interfax xinhua afp agence_france-presse agence_france_presse ap \
    associated_press the_associated_press dpa ansa efe kyodo kyodo_news yonhap kcna korean_central_news_agency anadolu \
    anadolu_agency bloomberg bloomberg_news upi pti press_trust_of_india irna isna bbc the_bbc bbc_news cnn fox_news nbc \
    nbc_news cbs cbs_news abc abc_news msnbc npr pbs al_jazeera al-jazeera al_arabiya sky_news rt nhk deutsche_welle \
    new_york_times the_new_york_times washington_post the_washington_post wall_street_journal the_wall_street_journal \
    guardian the_guardian financial_times the_financial_times ft the_ft wsj nyt irish_times the_irish_times the_times daily_mail the_telegraph daily_telegraph le_monde \
    le_figaro der_spiegel spiegel die_zeit bild el_pais la_repubblica corriere_della_sera global_times people's_daily \
    south_china_morning_post the_economist politico axios buzzfeed usa_today los_angeles_times the_hill the_atlantic \
    time_magazine newsweek haaretz times_of_israel kommersant izvestia novaya_gazeta meduza rossiya ntv sputnik \
    sputnik_news press_association pa";

/// Bytes of a name of the list at most, with some to spare for spaces.
const LONGEST_OUTLET: usize = 40;

/// Whether a name is that of an agency or an outlet. Every name is asked for, so the list is looked up and not gone through.
pub(super) fn is_outlet(name: &str) -> bool {
    static KNOWN: LazyLock<HashSet<&str>> =
        LazyLock::new(|| OUTLETS.split_ascii_whitespace().collect());
    if name.len() > LONGEST_OUTLET {
        return false;
    }
    let mut joined = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !joined.is_empty() {
            joined.push('_');
        }
        joined.extend(word.chars().flat_map(char::to_lowercase));
    }
    KNOWN.contains(joined.as_str()) || KNOWN.contains(joined.trim_start_matches("the_"))
}
