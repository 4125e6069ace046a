use copydesk_testkit::article;
use copydesk_types::article_id;
use proptest::prelude::*;

use super::*;

const STORY: &str = "Grain prices rose for a third week after rain held up the harvest in Norvale, traders said. Maria Keane of \
    the growers' union put the loss at 40,000 tonnes. Mills in Ostrava and Linz have stopped buying until Friday. The \
    ministry said that it would release 12,000 tonnes from the reserve and talk to the railways about cheaper freight.";

fn see(stage: &mut Dedup, record: &mut Record) -> (Route, Option<Vec<u8>>) {
    let route = stage.run(record).unwrap();
    let decision = stage.take_decision();
    if let Some(decision) = &decision {
        stage.learn(decision).unwrap();
    }
    (route, decision)
}

/// An article of this text under another path.
fn at(path: &str, text: &str) -> Record {
    let mut record = article(text);
    record.source.path = path.into();
    record.id = article_id(path, &record.text.body);
    record
}

fn dedup() -> Dedup {
    Dedup::new(DedupOptions::default())
}

#[test]
fn verdicts_and_routes() {
    let mut stage = dedup();
    let more = "Shares of the two largest mills fell. ".repeat(3);
    let long = "The reserve was set up in 1974 by a law that parliament has changed twice since. Its silos stand along \
        the river between Linz and the delta, each with a keeper and a laboratory of its own, and may hold a third of \
        a good harvest. They were filled to the roof only once, in the dry years that followed the war in the south. \
        Under the law the minister may sell when the price has risen by a fifth within a month, and has to buy when \
        it falls by as much. Both have been disputed in the courts, the last time by a group of bakers who wanted \
        the grain to go to them first. The judges found that the law meant all buyers to be treated alike. Since then \
        every sale has been by auction, with the result read out in the old exchange and posted on its doors. The union \
        asks for a floor under the price instead, as farmers in other countries have, and for loans at a low rate.";
    let cases = [
        ("a.txt", STORY.to_owned(), Verdict::New, Route::On),
        ("b.txt", STORY.to_uppercase(), Verdict::Exact, Route::Aside),
        ("c.txt", format!("{STORY} {more}"), Verdict::Near, Route::Aside),
        ("d.txt", format!("{STORY}\n\n{long}"), Verdict::Near, Route::On),
        (
            "a.txt",
            STORY.replace("40,000", "55,000").replace("12,000", "20,000"),
            Verdict::Revision,
            Route::On,
        ),
        ("e.txt", "?".to_owned(), Verdict::New, Route::On),
    ];
    let root = at("a.txt", STORY).id;
    for (path, text, verdict, route) in cases {
        let mut record = at(path, &text);
        assert_eq!(see(&mut stage, &mut record).0, route, "{path}");
        let section = record.dedup.unwrap();
        assert_eq!(section.verdict, verdict, "{path}: {section:?}");
        assert_eq!(section.root == root, path != "e.txt", "{path}: {section:?}");
    }
}

#[test]
fn titles_and_boilerplate_are_left_out() {
    let mut plain = at("a", STORY);
    let text = format!("Grain dearer again\n\n{STORY}\n\nSign up for our letter");
    let mut page = at("b", &text);
    page.text.blocks.first_mut().unwrap().kind = copydesk_types::BlockKind::Title;
    page.text.blocks.last_mut().unwrap().kind = copydesk_types::BlockKind::Boilerplate;
    let mut stage = dedup();
    see(&mut stage, &mut plain);
    see(&mut stage, &mut page);
    assert_eq!(page.dedup.unwrap().verdict, Verdict::Exact);
}

#[test]
fn what_is_no_decision_is_refused() {
    let mut stage = dedup();
    let (_, decision) = see(&mut stage, &mut at("a", STORY));
    let mut other = dedup();
    let json = String::from_utf8(decision.unwrap()).unwrap();
    assert!(json.len() < 1500, "{} bytes", json.len());
    for bad in [
        json.replace("\"v\":1", "\"v\":2"),
        json.replace("\"none\"", "\"magic\""),
        json.replace("sketch", "scratch"),
        String::new(),
    ] {
        assert!(other.learn(bad.as_bytes()).is_err(), "{bad}");
    }
    let (_, copy) = see(&mut stage, &mut at("b", STORY));
    assert!(other.learn(&copy.unwrap()).is_err(), "its original is not known");
    assert_eq!(other.index.len(), 0);
    other.learn(json.as_bytes()).unwrap();
    assert_eq!(other.index.len(), 1);
}

#[test]
fn a_damaged_snapshot_is_refused_and_changes_nothing() {
    let mut stage = dedup();
    see(&mut stage, &mut at("a", STORY));
    let whole = stage.snapshot().unwrap();
    let mut other = dedup();
    for n in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[n] ^= 0x10;
        assert!(other.restore(&bytes).is_err() && other.restore(&whole[..n]).is_err(), "byte {n}");
    }
    assert_eq!(other.index.len(), 0);
    other.restore(&whole).unwrap();
    assert_eq!(other.snapshot().unwrap(), whole);
}

#[test]
fn a_snapshot_of_version_1_opens() {
    let mut stage = dedup();
    stage.restore(include_bytes!("../../tests/compat/v1/dedup.bin")).unwrap();
    let mut copy = at("new.txt", STORY);
    assert_eq!(see(&mut stage, &mut copy).0, Route::Aside);
    assert_eq!(copy.dedup.unwrap().of, Some(at("a.txt", STORY).id));
}

/// Articles of a stream: parts of [`STORY`] and of a second text, under a few paths.
fn articles() -> impl Strategy<Value = Vec<(u8, usize, usize)>> {
    prop::collection::vec((0_u8..4, 0_usize..4, 1_usize..5), 1..14)
}

fn record_of((path, from, sentences): (u8, usize, usize)) -> Record {
    let text: Vec<&str> = STORY.split_inclusive(". ").skip(from).take(sentences).collect();
    at(&format!("{path}.txt"), &text.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn deliveries_again_and_out_of_order_change_nothing(
        stream in articles(),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        cut in any::<prop::sample::Index>(),
    ) {
        // The stream once, in order.
        let mut once = dedup();
        let mut log = Vec::new();
        for article in &stream {
            log.extend(see(&mut once, &mut record_of(*article)).1);
        }
        // The same first arrivals, each followed by deliveries of what came before, over a restart in the middle.
        let mut twice = dedup();
        let mut log_twice: Vec<Vec<u8>> = Vec::new();
        let mut again = again.iter();
        for (n, article) in stream.iter().enumerate() {
            if n == cut.index(stream.len()) {
                let mut restarted = dedup();
                for decision in &log_twice {
                    restarted.learn(decision).unwrap();
                }
                prop_assert_eq!(restarted.snapshot(), twice.snapshot());
                twice.restore(&restarted.snapshot().unwrap()).unwrap();
            }
            log_twice.extend(see(&mut twice, &mut record_of(*article)).1);
            for pick in again.by_ref().take(2) {
                let mut known = record_of(stream[pick.index(n + 1)]);
                let mut first = known.clone();
                prop_assert!(see(&mut twice, &mut known).1.is_none(), "decided twice");
                once.run(&mut first).unwrap();
                prop_assert_eq!(&known, &first);
                prop_assert!(known.dedup.is_some_and(|d| d.of.as_ref() != Some(&known.id)));
            }
        }
        prop_assert_eq!(log, log_twice);
        prop_assert_eq!(once.snapshot(), twice.snapshot());
    }

    #[test]
    fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let mut stage = dedup();
        prop_assert!(stage.restore(&bytes).is_err());
        prop_assert!(stage.learn(&bytes).is_err());
    }
}
