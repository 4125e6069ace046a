//! A corpus through `enrich` and through `run`: the same verdicts, stories and groups.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use copydesk_testkit::wait_until;
use copydesk_types::digest;
use serde_json::{Value, json};

use crate::desk::{Desk, lines, validate};
use crate::run::{comparable, output, start_run};

const EVENTS: usize = 40;
const LIMIT: Duration = Duration::from_mins(2);

const ACTORS: [[&str; 3]; 8] = [
    ["Transport Minister", "Ingrid Halvorsen", "Halvorsen"],
    ["Mayor", "Tomas Bellini", "Bellini"],
    ["union leader", "Grace Adeyemi", "Adeyemi"],
    ["President", "Milos Varga", "Varga"],
    ["spokesman", "Oren Castell", "Castell"],
    ["Finance Minister", "Hanna Lindgren", "Lindgren"],
    ["police chief", "Yusuf Demir", "Demir"],
    ["opposition leader", "Clara Montoya", "Montoya"],
];
const PLACES: [&str; 7] = ["Oslo", "Lisbon", "Nairobi", "Geneva", "Vilnius", "Quito", "Manila"];
const SUBJECTS: [[&str; 4]; 5] = [
    [
        "ferry",
        "sailings",
        "the ferry will not sail again before spring",
        "Crews had asked for new boats",
    ],
    ["bridge", "lorries", "the bridge is safe for heavy lorries", "Divers had looked at its piers"],
    [
        "mine",
        "miners",
        "the mine will be closed within two years",
        "Pumps had failed in the lower galleries",
    ],
    [
        "hospital",
        "beds",
        "the hospital will keep all of its wards",
        "Nurses had walked out over their shifts",
    ],
    [
        "tariff",
        "farmers",
        "the tariff on grain will be cut by half",
        "Mills had stopped buying at the old price",
    ],
];

/// Words that no other event has.
fn word(event: usize, k: usize) -> String {
    let mark = digest(&[b"word", &event.to_le_bytes(), &k.to_le_bytes()]);
    mark.bytes().take(7).map(|b| char::from(b'g' + b % 16)).collect()
}

struct Event {
    number: usize,
    place: &'static str,
    actor: [&'static str; 3],
    critic: [&'static str; 3],
    subject: [&'static str; 4],
}

impl Event {
    fn new(number: usize) -> Self {
        let at = number + number / ACTORS.len();
        Self {
            number,
            place: PLACES[number % PLACES.len()],
            actor: ACTORS[at % ACTORS.len()],
            critic: ACTORS[(at + 3) % ACTORS.len()],
            subject: SUBJECTS[number % SUBJECTS.len()],
        }
    }

    fn name(&self, k: usize) -> String {
        let word = word(self.number, k);
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    }

    /// The report of the agency, with this number of those concerned.
    fn wire(&self, count: usize) -> String {
        let ([title, name, surname], [subject, those, said, before]) = (self.actor, self.subject);
        format!(
            "{} - {title} {name} told reporters on Monday that {said}.\n\nThe decision over the {subject} of {} concerns {count} \
             {those}, {surname} said. \"We have gone through the papers of {} twice and stand by every word,\" {surname} said. \
             {before} since the {} closed in {}.\n\nThe council of {} meets again on Thursday. Shares of {} fell, and {} did \
             not answer calls.",
            self.place,
            self.name(1),
            self.name(2),
            word(self.number, 3),
            self.name(4),
            self.name(5),
            self.name(6),
            self.name(7),
        )
    }

    /// The same event in the words of another outlet, which has also asked somebody else.
    fn report(&self) -> String {
        let ([_, name, surname], [title, critic, criticised]) = (self.actor, self.critic);
        let [subject, those, said, _] = self.subject;
        format!(
            "Plans for the {subject} at {} have set off a quarrel in {}.\n\n{name} announced on Monday that {said}. {title} \
             {critic} rejected this. \"Nobody in {} was asked before {surname} spoke,\" {criticised} said, and called on the \
             {those} to write to {}.",
            self.name(1),
            self.place,
            self.name(5),
            self.name(2),
        )
    }

    /// Its articles: outlet, page, hour, title and text.
    fn articles(&self) -> Vec<[String; 5]> {
        let count = 300 + 17 * self.number;
        let [subject, ..] = self.subject;
        let wire = self.wire(count);
        let later = format!(
            "{}\n\nThe court of {} said late on Monday that it had taken up a complaint by {}, and that a ruling over the {subject} \
             would come within {} weeks.",
            self.wire(count + 450),
            self.name(8),
            self.name(9),
            self.number + 3,
        );
        let title = format!("Quarrel over {subject} of {}", self.name(1));
        let all = [
            ("wire.example", "first", "08", title.clone(), wire.clone()),
            ("post.example", "copied", "09", title.clone(), wire.clone()),
            (
                "lakes.example",
                "edited",
                "10",
                format!("{}: {title}", self.place),
                format!("{wire}\n\n{} of {} has edited this text.", self.name(10), self.name(11)),
            ),
            ("herald.example", "own", "11", format!("Anger in {}", self.place), self.report()),
            ("wire.example", "first", "13", title, later),
        ];
        all.map(|(outlet, page, hour, title, text)| {
            [outlet.into(), page.into(), hour.into(), title, text]
        })
        .into()
    }
}

/// A line of JSON for each article, day by day; within a day the events are mixed.
fn corpus() -> Vec<Value> {
    let mut keyed = BTreeMap::new();
    for event in (0..EVENTS).map(Event::new) {
        for (n, [outlet, page, hour, title, text]) in event.articles().into_iter().enumerate() {
            let day = event.number / 4 + 1;
            let mixed = digest(&[&event.number.to_le_bytes(), &n.to_le_bytes()]);
            let article = json!({
                "id": format!("{}-{n}", event.number), "title": title, "text": text,
                "url": format!("https://{outlet}/{}/{page}", event.number),
                "published": format!("2026-03-{day:02}T{hour}:00:00Z"),
            });
            keyed.insert((day, hour, mixed), article);
        }
    }
    keyed.into_values().collect()
}

fn count(records: &[Value], is: impl Fn(&Value) -> bool) -> usize {
    records.iter().filter(|record| is(record)).count()
}

/// The corpus is one in which something is found.
fn check_variety(records: &[Value]) {
    for (verdict, least) in [("new", 60), ("exact", 40), ("near", 40), ("revision", 40)] {
        let found = count(records, |r| r["dedup"]["verdict"] == verdict);
        assert!(found >= least, "{found} {verdict}");
    }
    let changed = count(records, |r| r["changes"].is_object());
    let stories: BTreeSet<&str> =
        records.iter().filter_map(|r| r["story"]["id"].as_str()).collect();
    let told = count(records, |r| r["story"].is_object());
    let claims: Vec<Value> =
        records.iter().flat_map(|r| r["claims"].as_array().unwrap().clone()).collect();
    let joined = count(&claims, |c| c["group"].is_object() && c["group"]["relation"] != "first");
    assert!(changed >= 30 && joined >= 40, "{changed} changed, {joined} joined");
    assert!((10..told / 2).contains(&stories.len()), "{told} articles, {} stories", stories.len());
}

#[test]
fn a_corpus_is_the_same_in_one_command_and_in_a_stream() {
    let desk = Desk::new();
    let corpus: Vec<String> = corpus().iter().map(ToString::to_string).collect();
    let corpus = corpus.join("\n") + "\n";
    desk.write("articles/corpus.jsonl", &corpus);
    let alone = lines(&desk.output(&["enrich", "--reproducible", "articles"]));
    validate(&alone);
    assert_eq!(alone.len(), corpus.lines().count());
    check_variety(&alone);

    let mut running = start_run(&desk);
    desk.write("inbox/corpus.jsonl", &corpus);
    wait_until("every record", LIMIT, || output(&desk, "out").len() >= alone.len());
    assert_eq!(running.stop(), Some(0));
    let by_place = |records: Vec<Value>| -> BTreeMap<String, Value> {
        records.into_iter().map(|r| (r["source"]["member"].to_string(), comparable(r))).collect()
    };
    let streamed = output(&desk, "out");
    assert_eq!(streamed.len(), alone.len());
    let mut streamed = by_place(streamed);
    for alone in alone {
        let place = alone["source"]["member"].to_string();
        let streamed = streamed.remove(&place).unwrap_or_else(|| panic!("{place} is missing"));
        for (section, value) in alone.as_object().unwrap() {
            assert_eq!(streamed[section], *value, "{section} of {place}");
        }
        assert_eq!(streamed, alone);
    }
}
