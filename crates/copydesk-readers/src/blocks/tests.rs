use copydesk_types::Precision;
use proptest::prelude::*;

use super::*;
use BlockKind::{Boilerplate, Byline, Paragraph, Title, Transcript};

/// The blocks of `body` as `kind: text` lines.
fn shown(body: &str, title: Option<&str>) -> Vec<String> {
    let found = classify(body, &paragraphs(body, 0), title);
    let block = |b: &Block| format!("{:?}: {}", b.kind, body.get(b.start..b.end).unwrap());
    found.blocks.iter().map(block).collect()
}

fn kinds_of(body: &str) -> Vec<BlockKind> {
    classify(body, &paragraphs(body, 0), None).blocks.iter().map(|b| b.kind).collect()
}

/// A story whose first paragraph is plain, so that what is tested stands in the middle.
fn kind_inside(piece: &str) -> BlockKind {
    let body = format!(
        "Ministers met in the capital on Monday to discuss the budget.\n\n{piece}\n\nThe talks go on in the autumn, the ministry said.\n\nNo date was set."
    );
    kinds_of(&body)[1]
}

const STORY: &str = "The mayor opened the bridge on Monday, two years after the flood.";

#[test]
fn paragraphs_by_blank_lines_by_lines_and_by_wrapping() {
    let check = |body: &str, expected: &[&str]| {
        let pieces = paragraphs(body, 0);
        let texts: Vec<&str> = pieces.iter().map(|p| body.get(p.start..p.end).unwrap()).collect();
        assert_eq!(texts, expected);
    };
    check("One.\n\nTwo.\n \n\nThree.\n", &["One.", "Two.", "Three."]);
    check(
        "One sentence.\nAnother one that is rather longer.\nThird.",
        &["One sentence.", "Another one that is rather longer.", "Third."],
    );
    let wrapped = "The council met on Monday evening to discuss the new bridge\nover the river, which has been closed since the flood of two\nyears ago and which the city wants to open again before the\nsummer.\n\nNobody spoke against it, but the money has still to be found\nsomewhere, the mayor said.";
    let paragraphs: Vec<&str> = wrapped.split("\n\n").collect();
    check(wrapped, &paragraphs);
    let listed = format!("{wrapped}\n- first item of a list\n- second item of that list");
    assert_eq!(super::paragraphs(&listed, 0).len(), 4);
    check("  indented  \n\tmore\t", &["indented", "more"]);
    check("", &[]);
}

#[test]
fn captions() {
    let check =
        |piece: &str, expected: BlockKind| assert_eq!(kind_inside(piece), expected, "{piece}");
    for caption in [
        "The minister arrives for talks last week (Reuters)",
        "The minister arrives for talks, in Lund, Sweden, on May 2, 2019 Jane Doe / Pool via Reuters",
        "A man walks his dog along the river on Friday. (AP Photo/Jane Doe)",
        "A man walks his dog along the river on Friday. Jane Doe/AP",
        "Firefighters at the scene. REUTERS/Jane Doe",
        "REUTERS / Jane Doe",
        "FILE PHOTO : The ministry in the capital , September 9 , 2019 .",
        "FILE - In this May 2, 2019, file photo, the minister speaks to reporters.",
        "In this image made from video, smoke rises over the harbour.",
        "The bridge in winter. Photo: Jane Doe",
        "The bridge in winter Getty Images",
        "Jane Doe, AP",
        "The bridge in winter [Jane Doe/Al Jazeera, Courtesy photo]",
        "The ministers shake hands. (Reuters)",
    ] {
        check(caption, BlockKind::Caption);
    }
    for paragraph in [
        "He spoke to the Associated Press (AP)",
        "The file belongs to the patient (ePA)",
        "They were filmed at the gate. (WARNING: The video holds graphic images.)",
        "\"We will not go,\" he told the agency on Friday. (Reuters)",
        "The shop is open 24/7, the owner said.",
        "The company's photo of the bridge drew 2,000 comments.",
        "In this election, the image of the party has suffered, he said.",
        "The deal was first reported by Reuters.",
        "Shares of Getty Images fell 3 percent.",
    ] {
        check(paragraph, Paragraph);
    }
    let end = format!("{STORY}\n\nThe next bridge will be opened in the spring. (Reuters)");
    assert_eq!(kinds_of(&end), [Paragraph, Paragraph], "an agency ends a story");
}

#[test]
fn crossheads_lists_and_furniture() {
    let check =
        |piece: &str, expected: BlockKind| assert_eq!(kind_inside(piece), expected, "{piece}");
    check("Shared worries", BlockKind::Crosshead);
    check("'A long way to go'", BlockKind::Crosshead);
    check("What happens next?", BlockKind::Crosshead);
    check("The mayor added:", Paragraph);
    check("She was happy. \"", Paragraph);
    check("\"Nobody came.\"", Paragraph);
    check("\"No,\" he said", Paragraph);
    check("It was over", Paragraph);
    check("They left.", Paragraph);
    check("and so on", Paragraph);
    check("A heading of more than six plain words", Paragraph);
    check("- the first point", BlockKind::List);
    check("• the first point", BlockKind::List);
    check("2. the second point", BlockKind::List);
    check("- The bridge will be closed for two more years, the mayor said.", Paragraph);
    check("Last updated: 31 May, 10:30", Boilerplate);
    check("2.4 percent of all voters stayed at home.", Paragraph);
    check("-5 degrees were measured in the valley.", Paragraph);
    check("READ MORE: The bridge that nobody wanted", Boilerplate);
    check("Sign up for our newsletter.", Boilerplate);
    check("Advertisement", Boilerplate);
    check("© 2019 The Example Herald. All rights reserved.", Boilerplate);
    check("* * *", Boilerplate);
    check("Related parties were asked to comment, the ministry said.", Paragraph);
    check("Subscribers left the magazine in droves, he said.", Paragraph);
    check("For more than two years nobody could cross the river there.", Paragraph);
}

#[test]
fn titles() {
    let title = "Bridge reopens two years after flood";
    let body = format!("{title}\n\n{STORY}\n\nNobody was hurt, he said.");
    assert_eq!(shown(&body, None)[0], format!("Title: {title}"));
    assert_eq!(
        shown(&body, Some("BRIDGE REOPENS, two years after flood"))[0],
        format!("Title: {title}")
    );
    let found = classify(&body, &paragraphs(&body, 0), None);
    assert_eq!(found.title.as_deref(), Some(title));
    let stopped = format!("{title}.\n\n{STORY}");
    assert_eq!(kinds_of(&stopped)[0], Paragraph);
    assert_eq!(shown(&stopped, Some(title))[0], format!("Title: {title}."));
    let lead_as_title = format!(
        "{STORY} It was built in 1911 and had been closed to all but walkers since the spring.\n\nMore."
    );
    let lead = lead_as_title.lines().next().unwrap();
    assert_eq!(
        shown(&lead_as_title, Some(lead))[0],
        format!("Paragraph: {lead}"),
        "a lead is no title"
    );
    assert_eq!(kinds_of("One line only"), [Paragraph]);
}

#[test]
fn bylines_and_date_lines() {
    let body = format!(
        "Bridge reopens\n\nBy Jane Doe and John Roe, Example Wire\n\nMay 31, 2018\n\n{STORY}\n\nThe end.\n\n(Reporting by Ann Poe; Editing by Max Moe)"
    );
    let found = classify(&body, &paragraphs(&body, 0), None);
    let kinds: Vec<BlockKind> = found.blocks.iter().map(|b| b.kind).collect();
    assert_eq!(kinds, [Title, Byline, Boilerplate, Paragraph, Paragraph, Byline]);
    assert_eq!(found.authors, ["Jane Doe", "John Roe"]);
    assert_eq!(found.published.unwrap().at.as_deref(), Some("2018-05-31"));
    for paragraph in ["By Monday the river had risen by two metres.", "By then Jane Doe had left"] {
        let body = format!("{STORY}\n\n{paragraph}\n\n{STORY}");
        assert_eq!(kinds_of(&body)[1], Paragraph, "{paragraph}");
    }
}

#[test]
fn transcripts() {
    let body = "The mayor spoke to the council on Monday.\n\nMAYOR DOE: The bridge is open.\n\nQUESTION: Who pays?\n\nMAYOR DOE: We all do.\n\nQUESTION: When?";
    assert_eq!(kinds_of(body), [Paragraph, Transcript, Transcript, Transcript, Transcript]);
    let mixed = "An interview.\n\nJane Doe: Who pays?\n\nJohn Roe: We all do.\n\nJane Doe: When?\n\nJohn Roe: Soon.";
    assert_eq!(kinds_of(mixed)[1..], [Transcript; 4]);
    assert_eq!(kind_inside("DALLAS: The bridge was closed for two years."), Paragraph);
}

#[test]
fn datelines() {
    let check = |head: &str, place: Option<&str>, country: Option<&str>| {
        let body = format!("{head} The mayor opened the bridge.");
        let (end, found) = dateline::parse(&body).unwrap_or_else(|| panic!("{head}: no dateline"));
        assert_eq!((found.place.as_deref(), found.country.as_deref()), (place, country), "{head}");
        assert_eq!((end, found.text.as_str()), (head.len(), head));
    };
    check("Lund, Sweden --", Some("Lund"), Some("SE"));
    check("LUND, Sweden (AP) —", Some("LUND"), Some("SE"));
    check("VIENNA (Reuters) -", Some("VIENNA"), None);
    check("VIENNA ( Reuters ) -", Some("VIENNA"), None);
    check("Vienna (dpa) -", Some("Vienna"), None);
    check("SIOUX CITY, Iowa –", Some("SIOUX CITY"), Some("US"));
    check("RAPID CITY, S.D. –", Some("RAPID CITY"), Some("US"));
    check("MOSCOW, May 31 (Xinhua) --", Some("MOSCOW"), None);
    check("MOSCOW, May 31. /TASS/.", Some("MOSCOW"), None);
    check("MOSCOW. May 31 (Interfax) -", Some("MOSCOW"), None);
    check("PORT-AU-PRINCE, Haiti (AP) _", Some("PORT-AU-PRINCE"), Some("HT"));
    check("SEOUL/TOKYO (Reuters) -", Some("SEOUL/TOKYO"), None);
    check("WASHINGTON —", Some("WASHINGTON"), None);
    check("SINGAPORE (Reuters) -", Some("SINGAPORE"), Some("SG"));
    check("TBILISI, Georgia (AP) -", Some("TBILISI"), None);
    check("(Reuters) -", None, None);
    check("VIENNA (AP)", Some("VIENNA"), None);
    check("LONDON (AFP)", Some("LONDON"), None);

    let own_line = "VIENNA, May 31 (Xinhua) --\n\nThe mayor opened the bridge.\n\nMore came.";
    assert_eq!(kinds_of(own_line), [BlockKind::Dateline, Paragraph, Paragraph]);
    let alone = "NAIROBI, Kenya (AP) _";
    assert_eq!(dateline::parse(alone).unwrap().0, alone.len());
    let tight = dateline::parse("BERLIN—The mayor opened the bridge.").unwrap();
    assert_eq!((tight.0, tight.1.text.as_str()), (9, "BERLIN—"));
    for sentence in [
        "The mayor - who was late - opened the bridge.",
        "Kim (pictured) - the mayor - opened the bridge.",
        "Jane Doe, the mayor -- opened the bridge.",
        "BANK OF EXAMPLE SEES PROFIT - SOURCES",
        "UPDATE 2 - The mayor opened the bridge.",
        "BREAKING - The mayor opened the bridge.",
        "NATO — the alliance — agreed.",
        "US - The mayor opened the bridge.",
        "Washington - which had been slow to act - agreed.",
        "On Monday, May 31, the mayor -- late as ever -- came.",
        "Monday, May 31 was cold.",
        "",
        "--",
        "- the first point",
    ] {
        assert_eq!(dateline::parse(sentence), None, "{sentence}");
    }
}

#[test]
fn a_dateline_splits_the_lead_and_may_date_the_article() {
    let body = "Bridge reopens after flood\n\nLUND, Sweden, May 31, 2018 (AP) -- The mayor opened the bridge.\n\nMore came.";
    let found = classify(body, &paragraphs(body, 0), None);
    let dateline = found.dateline.unwrap();
    assert_eq!(dateline.text, "LUND, Sweden, May 31, 2018 (AP) --");
    let date = dateline.date.unwrap();
    assert_eq!((date.at.as_deref(), date.precision), (Some("2018-05-31"), Some(Precision::Day)));
    assert_eq!(
        shown(body, None)[1..3],
        [
            "Dateline: LUND, Sweden, May 31, 2018 (AP) --".to_owned(),
            "Paragraph: The mayor opened the bridge.".to_owned(),
        ]
    );
    let undated = "MOSCOW, May 31 (Xinhua) -- The mayor came.";
    assert_eq!(
        dateline::parse(undated).unwrap().1.date,
        None,
        "a day without a year is not settled"
    );
}

/// The property of all blocks: within the body, on characters, not empty, in order, no overlap.
pub(crate) fn check_blocks(body: &str, blocks: &[Block]) {
    let mut end = 0;
    for block in blocks {
        assert!(block.start >= end && block.end > block.start, "{blocks:?} of {body:?}");
        let text = body.get(block.start..block.end).expect("on character boundaries");
        assert_eq!(text, text.trim());
        end = block.end;
    }
}

proptest! {
    #[test]
    fn blocks_lie_in_order_within_the_body(
        body in "([A-Z]{2,8}|[a-z]{1,9}|[ \n,.():/\"“”—–-]|é|\u{3000}|May 31|AP|2018|By |Photo: |\\PC){0,60}",
        title in proptest::option::of("[a-z ]{0,20}"),
    ) {
        let found = classify(&body, &paragraphs(&body, 0), title.as_deref());
        check_blocks(&body, &found.blocks);
        let shown = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        let covered: usize = found.blocks.iter().map(|b| shown(body.get(b.start..b.end).unwrap())).sum();
        prop_assert_eq!(covered, shown(&body), "every word is in a block");
    }
}
