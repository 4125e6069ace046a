//! What the index decides over small streams.

mod common;

use common::{Random, story};
use copydesk_neardup::{Article, Error, Finding, Index, Options, Rule, Verdict};
use proptest::prelude::*;

const DAY: i64 = 86_400;

fn see(index: &mut Index, article: &Article<'_>) -> Finding {
    let sketch = index.sketch(article);
    let finding = index.decide(&sketch);
    index.insert(&sketch, finding).expect("a decision of this index fits it");
    finding
}

fn text(text: &str) -> Article<'_> {
    Article { text, ..Article::default() }
}

fn dated(text: &str, day: i64) -> Article<'_> {
    Article { text, published: Some(1_600_000_000 + day * DAY), ..Article::default() }
}

fn titled<'a>(title: &'a str, text: &'a str) -> Article<'a> {
    Article { text, title: Some(title), ..Article::default() }
}

/// The decision over `second` after `first`.
fn after(first: &Article<'_>, second: &Article<'_>) -> (Verdict, Rule) {
    let mut index = Index::new(Options::default());
    assert_eq!(see(&mut index, first).verdict, Verdict::New);
    let finding = see(&mut index, second);
    (finding.verdict, finding.rule)
}

#[test]
fn copies_of_a_story() {
    let base = story(1, 14);
    let whole = base.join(" ");
    let check = |copy: &str, verdict, rule| {
        assert_eq!(after(&text(&whole), &text(copy)), (verdict, rule), "{copy}");
    };
    check(&whole.to_uppercase(), Verdict::Exact, Rule::Body);
    check(&base.join("\n\n"), Verdict::Exact, Rule::Body);
    check(&base[..6].join(" "), Verdict::Near, Rule::Truncated);
    check(&base[3..].join(" "), Verdict::Near, Rule::Copy);
    check(&[base.clone(), story(2, 12)].concat().join(" "), Verdict::Near, Rule::Expanded);
    check(&[story(3, 1), base].concat().join(" "), Verdict::Near, Rule::Copy);
    check(&story(4, 14).join(" "), Verdict::New, Rule::None);
    check("", Verdict::New, Rule::Empty);
    check("?!", Verdict::New, Rule::Empty);
}

#[test]
fn what_is_not_in_its_parent_is_worth_reading() {
    let base = story(5, 10);
    let mut index = Index::new(Options::default());
    see(&mut index, &text(&base.join(" ")));
    let more = see(&mut index, &text(&[base.clone(), story(6, 12)].concat().join(" ")));
    assert_eq!((more.verdict, more.fresh), (Verdict::Near, true));
    assert!(more.containment < 600 && more.contained > 950, "{more:?}");
    let less = see(&mut index, &text(&base[..5].join(" ")));
    assert_eq!((less.verdict, less.fresh), (Verdict::Near, false));
}

#[test]
fn shared_background_and_shared_notices_are_no_evidence() {
    let background = story(7, 8).join(" ");
    let with = |seed| format!("{}\n\n{background}", story(seed, 7).join(" "));
    assert_eq!(after(&text(&with(8)), &text(&with(9))), (Verdict::New, Rule::Background));
}

#[test]
fn a_notice_of_an_outlet_is_learned() {
    let notice = story(10, 8).join("\n");
    let mut index = Index::new(Options::default());
    let mut see_brief = |seed| {
        let body = format!("{}\n\n{notice}", story(seed, 6).join(" "));
        let article = Article { text: &body, source: Some("The Gazette"), ..Article::default() };
        see(&mut index, &article)
    };
    assert!((11..16).all(|seed| see_brief(seed).verdict == Verdict::New));
    // Now that the notice is known, the body alone counts: with another notice it is the same body.
    let body = story(15, 6).join(" ");
    let article = Article { text: &body, source: Some("The Gazette"), ..Article::default() };
    assert_eq!(see(&mut index, &article).verdict, Verdict::Exact);
}

/// Nearly every word triple of a form is known to the outlet, and so may be all that the index has of it.
#[test]
fn a_form_with_other_facts_is_no_notice() {
    let mut index = Index::new(Options::default());
    let report = |town: &str, count: u32| {
        format!(
            "{town} - The minister told reporters on Monday that the ferry will not sail again before spring.\n\nThe decision over \
             the ferry of {town}ham concerns {count} sailings, she said. \"We have gone through the papers of {town}ton twice and \
             stand by every word,\" she said. Crews had asked for new boats since the yard closed in {town}wick.\n\nThe council of \
             {town}by meets again on Thursday. Shares of {town}stoke fell, and {town}ford did not answer calls."
        )
    };
    for (n, town) in (0_u32..).zip(["Arden", "Bexley", "Corby", "Dover", "Epsom", "Frome", "Gorey"])
    {
        let url = format!("https://gazette.example/{town}");
        let mut see_version = |count: u32, minute: i64| {
            let body = report(town, count);
            let article = Article {
                text: &body,
                title: Some(town),
                source: Some("The Gazette"),
                url: Some(&url),
                published: Some(1_600_000_000 + i64::from(n) * DAY + minute * 60),
            };
            see(&mut index, &article).verdict
        };
        assert_eq!(see_version(300 + 17 * n, 0), Verdict::New, "{town}");
        assert_eq!(see_version(900 + 31 * n, 90), Verdict::Revision, "{town}");
    }
}

#[test]
fn texts_of_one_mould() {
    let forecast = |town: &str, day: &str, high: u32, wind: u32| {
        format!(
            "{town} can expect a high of {high} degrees on {day}, with winds of up to {wind} km an hour from the west. \
             Showers will clear from the coast by the middle of the afternoon. Walkers in the hills should carry a map \
             and warm clothes, since the weather there may change within the hour. The next forecast is due at 6 pm."
        )
    };
    let first = forecast("Millport", "Monday", 18, 35);
    let check = |second: &str, rule| {
        assert_eq!(after(&text(&first), &text(second)), (Verdict::New, rule), "{second}");
    };
    check(&forecast("Millport", "Tuesday", 11, 52), Rule::Day);
    check(&forecast("Millport", "Monday", 11, 52), Rule::Numbers);
    let mut index = Index::new(Options::default());
    for (n, town) in (0_u32..).zip(["Arden", "Bexley", "Corby", "Dover", "Epsom", "Frome"]) {
        let finding = see(&mut index, &text(&forecast(town, "Monday", 10 + 2 * n, 30 + 3 * n)));
        assert_eq!(finding.verdict, Verdict::New, "{town}: {finding:?}");
    }
}

#[test]
fn a_roundup_is_none_of_its_stories() {
    let stories: Vec<_> = (20..23).map(|seed| story(seed, 9)).collect();
    let mut index = Index::new(Options::default());
    let titles = ["Ferry strike ends", "Museum roof repaired", "Orchard prizes awarded"];
    for (title, story) in titles.iter().zip(&stories) {
        see(&mut index, &titled(title, &story.join(" ")));
    }
    let parts: Vec<String> = stories.iter().flat_map(|s| s[..5].to_vec()).collect();
    let parts = parts.join(" ");
    let finding = index.decide(&index.sketch(&titled("The week", &parts)));
    assert_eq!((finding.verdict, finding.rule), (Verdict::New, Rule::Common));
    // Under the title of its first story, too.
    let finding = index.decide(&index.sketch(&titled("Ferry strike ends", &parts)));
    assert_eq!((finding.verdict, finding.rule), (Verdict::New, Rule::Roundup));
}

#[test]
fn versions_of_one_article() {
    let base = story(30, 10);
    let at = |text, hours: i64| Article {
        text,
        title: Some("Bridge shut at Millport"),
        source: Some("wire"),
        url: Some("https://example.org/bridge"),
        published: Some(1_700_000_000 + hours * 3600),
    };
    let (v1, v2) = (base.join(" "), [base.clone(), story(31, 5)].concat().join(" "));
    let v3 = [base, story(31, 5), story(32, 5)].concat().join(" ");
    let mut index = Index::new(Options::default());
    let found = [at(&v1, 0), at(&v2, 2), at(&v3, 5)].map(|a| see(&mut index, &a));
    let versions = found.map(|f| (f.verdict, f.version, f.root));
    assert_eq!(
        versions,
        [(Verdict::New, 1, None), (Verdict::Revision, 2, Some(0)), (Verdict::Revision, 3, Some(0))]
    );
    assert!(found[1].fresh && found[2].parent == Some(1), "{found:?}");
}

#[test]
fn dates_far_apart_ask_for_more() {
    let base = story(40, 12);
    let whole = base.join(" ");
    let again = format!("{whole} Read more.");
    let check = |copy: &str, day, expected| {
        assert_eq!(after(&dated(&whole, 0), &dated(copy, day)), expected);
    };
    check(&again, 1, (Verdict::Near, Rule::Copy));
    check(&again, 30, (Verdict::Near, Rule::Republished));
    check(&base[..5].join(" "), 30, (Verdict::New, Rule::Late));
}

#[test]
fn beyond_the_window_bodies_and_long_copies_are_found() {
    let mut index = Index::new(Options { window: 40 });
    let (brief, long) = (story(50, 4).join(" "), story(51, 60).join(" "));
    see(&mut index, &text(&brief));
    see(&mut index, &text(&long));
    for seed in 100..180 {
        assert_eq!(see(&mut index, &text(&story(seed, 8).join(" "))).verdict, Verdict::New);
    }
    let near = |t: &str| format!("{t} Read more.");
    assert_eq!(see(&mut index, &text(&near(&brief))).verdict, Verdict::New, "a brief is forgotten");
    assert_eq!(see(&mut index, &text(&brief)).verdict, Verdict::Exact);
    assert_eq!(see(&mut index, &text(&near(&long))).parent, Some(1));
    let again = Index::restore(&index.snapshot()).unwrap();
    let sketch = again.sketch(&text(&near(&long)));
    assert_eq!(again.decide(&sketch), index.decide(&sketch));
}

#[test]
fn damage_is_told() {
    let mut index = Index::new(Options::default());
    for seed in 0..5 {
        see(&mut index, &text(&story(seed, 6).join(" ")));
    }
    let whole = index.snapshot();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        let expected = if at == 4 { Error::Version } else { Error::Damaged };
        assert_eq!(Index::restore(&bytes).unwrap_err(), expected, "byte {at}");
        assert!(Index::restore(&whole[..at]).is_err());
    }
}

#[test]
fn a_decision_over_unknown_articles_is_refused() {
    let mut index = Index::new(Options::default());
    let sketch = index.sketch(&text("One small article."));
    let finding = Finding { parent: Some(3), ..index.decide(&sketch) };
    assert_eq!(index.insert(&sketch, finding), Err(Error::Unknown));
}

/// Streams of copies: which story, from which sentence, how many.
fn streams() -> impl Strategy<Value = Vec<(u64, usize, usize)>> {
    prop::collection::vec((0_u64..6, 0_usize..6, 1_usize..12), 1..25)
}

/// The stream of the committed snapshot: a story, a copy of a part, another one, the whole again.
fn committed() -> Vec<String> {
    vec![
        story(60, 12).join(" "),
        story(60, 5).join(" "),
        story(61, 30).join(" "),
        story(60, 12).join("\n"),
    ]
}

#[test]
fn a_snapshot_of_version_1_opens() {
    let bytes = include_bytes!("compat/v1/index.bin");
    let index = Index::restore(bytes).unwrap();
    let verdicts: Vec<_> = (0..index.len()).map(|n| index.finding(n).unwrap().verdict).collect();
    assert_eq!(verdicts, [Verdict::New, Verdict::Near, Verdict::New, Verdict::Exact]);
    for (n, body) in (0_u32..).zip(committed()) {
        let finding = index.decide(&index.sketch(&text(&body)));
        let root = index.finding(n).unwrap().root.unwrap_or(n);
        assert!(
            finding.verdict == Verdict::Exact && finding.root == Some(root),
            "{n}: {finding:?}"
        );
    }
    let edited = story(61, 30).join(" ").replace("The ", "A ");
    assert_eq!(index.decide(&index.sketch(&text(&edited))).parent, Some(2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_restored_index_decides_alike(stream in streams(), window in 1_u32..20, cut in 0_usize..25) {
        let mut whole = Index::new(Options { window });
        let mut restored = Index::new(Options { window });
        for (n, (seed, from, count)) in stream.into_iter().enumerate() {
            if n == cut {
                restored = Index::restore(&restored.snapshot()).unwrap();
            }
            let body = story(seed, 12).into_iter().skip(from).take(count).collect::<Vec<_>>().join(" ");
            let article = Article { text: &body, source: Some("one"), ..Article::default() };
            prop_assert_eq!(see(&mut whole, &article), see(&mut restored, &article));
        }
        prop_assert_eq!(whole.snapshot(), restored.snapshot());
    }

    #[test]
    fn loaded_articles_count_as_inserted_ones(stream in streams(), window in 1_u32..20, settled in prop::collection::vec(any::<bool>(), 25)) {
        let mut whole = Index::new(Options { window });
        let mut loaded = Index::new(Options { window });
        for ((seed, from, count), settles) in stream.into_iter().zip(settled) {
            let body = story(seed, 12).into_iter().skip(from).take(count).collect::<Vec<_>>().join(" ");
            let article = Article { text: &body, source: Some("one"), ..Article::default() };
            if settles {
                loaded.settle().unwrap();
                prop_assert_eq!(loaded.sketch(&article), whole.sketch(&article));
                prop_assert_eq!(loaded.decide(&whole.sketch(&article)), whole.decide(&whole.sketch(&article)));
            }
            let sketch = whole.sketch(&article);
            let finding = see(&mut whole, &article);
            loaded.load(&sketch.encode(), finding).unwrap();
        }
        loaded.settle().unwrap();
        prop_assert_eq!(whole.snapshot(), loaded.snapshot());
    }

    #[test]
    fn a_sketch_comes_back_and_any_bytes_are_read(seed in any::<u64>(), size in 0_usize..120, noise in prop::collection::vec(any::<u8>(), 0..200)) {
        let index = Index::new(Options::default());
        let body = story(seed, size).join(" ");
        let sketch = index.sketch(&Article { text: &body, title: Some("A Title"), url: Some("u"), published: Some(-5), ..Article::default() });
        let bytes = sketch.encode();
        prop_assert!(bytes.len() < 1500, "{} bytes", bytes.len());
        prop_assert_eq!(copydesk_neardup::Sketch::decode(&bytes), Ok(sketch));
        drop(copydesk_neardup::Sketch::decode(&noise));
        drop(Index::restore(&noise));
    }

    #[test]
    fn a_copy_with_some_words_changed_is_found(seed in 0_u64..1000, sentences in 8_usize..60) {
        let base = story(seed, sentences).join(" ");
        let mut random = Random(seed);
        let copy: Vec<&str> = base.split(' ').map(|w| if random.below(20) == 0 { "however" } else { w }).collect();
        prop_assert_eq!(after(&text(&base), &text(&copy.join(" "))).0, Verdict::Near);
    }
}
