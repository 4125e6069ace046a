//! Inputs of all formats through the one entrance, good, broken and hostile.

use std::io::{Cursor, Read, Write};

use copydesk_readers::{Document, DocumentError, Limits, ReadError, formats, open};
use copydesk_types::{BlockKind, Origin, TextMethod, WarningCode};
use proptest::prelude::*;

use BlockKind::{Caption, Crosshead, Dateline, Paragraph, Title};

const STORY: &str = "Bridge reopens after flood\n\nLUND, Sweden, May 31, 2018 (AP) -- The mayor opened the bridge.\n\n\
    \"It took long,\" she said.\n\nThe bridge at night (Reuters)\n\nMoney worries\n\nThe council has yet to find the money for it.\n";

fn read_with(
    name: &str,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Vec<Result<Document, DocumentError>>, ReadError> {
    Ok(open(name, Box::new(Cursor::new(bytes.to_vec())), limits)?.collect())
}

fn read(name: &str, bytes: &[u8]) -> Result<Vec<Result<Document, DocumentError>>, ReadError> {
    read_with(name, bytes, &Limits::default())
}

/// The one document of an input.
fn one(name: &str, bytes: &[u8]) -> Document {
    let mut documents = read(name, bytes).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    assert_eq!(documents.len(), 1, "{name}");
    documents.remove(0).unwrap_or_else(|e| panic!("{name}: {e:?}"))
}

/// The error of an input that yields nothing else.
fn refusal(name: &str, bytes: &[u8]) -> ReadError {
    match read(name, bytes) {
        Err(error) => error,
        Ok(mut documents) => {
            assert_eq!(documents.len(), 1, "{name}");
            documents.remove(0).expect_err(name).error
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("a vector takes all bytes");
    encoder.finish().expect("a vector takes all bytes")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn a_story_in_plain_text() {
    let document = one("wire/a.txt", STORY.as_bytes());
    assert_eq!(document.text.body, STORY);
    assert_eq!(document.text.method, TextMethod::Plain);
    let kinds: Vec<BlockKind> = document.text.blocks.iter().map(|b| b.kind).collect();
    assert_eq!(kinds, [Title, Dateline, Paragraph, Paragraph, Caption, Crosshead, Paragraph]);
    let article = &document.article;
    assert_eq!(article.title.as_deref(), Some("Bridge reopens after flood"));
    assert_eq!(article.from.get("title"), Some(&Origin::Body));
    let dateline = article.dateline.as_ref().unwrap();
    assert_eq!(
        (dateline.place.as_deref(), dateline.country.as_deref()),
        (Some("LUND"), Some("SE"))
    );
    assert_eq!(article.published.at.as_deref(), Some("2018-05-31"));
    assert_eq!(article.from.get("published"), Some(&Origin::Dateline));
    assert_eq!(article.language.code, "en");
    assert_eq!((document.media_type, document.encoding.as_str()), ("text/plain", "utf-8"));
    assert_eq!(document.warnings, []);
    assert_eq!(document.identity("wire/a.txt"), "wire/a.txt");
}

#[test]
fn the_same_story_in_every_format_and_compression() {
    let html = format!(
        "<html><body><article>{}</article></body></html>",
        STORY.trim().replace("\n\n", "</p>\n<p>")
    );
    let record = format!("{}\n", serde_json::json!({"text": STORY}));
    for (name, content) in [
        ("a.txt", STORY),
        ("a", STORY),
        ("a.md", STORY),
        ("a.html", &html),
        ("a.xhtml", &html),
        ("a.json", &record),
        ("a.jsonl", &record),
        ("a.ndjson", &record),
        ("-", STORY),
        ("-", &record),
        ("-", &html),
    ] {
        let plain = one(name, content.as_bytes());
        assert!(plain.text.body.contains("The mayor opened the bridge."), "{name}");
        assert_eq!(
            plain.article.dateline.as_ref().and_then(|d| d.country.as_deref()),
            Some("SE"),
            "{name}"
        );
        assert_eq!(
            one(name, content.as_bytes()),
            plain,
            "{name}: the same bytes, the same document"
        );
        for (end, bytes) in [
            (".gz", gzip(content.as_bytes())),
            (".zst", zstd(content.as_bytes())),
            ("", gzip(content.as_bytes())),
        ] {
            assert_eq!(one(&format!("{name}{end}"), &bytes), plain, "{name}{end}");
        }
    }
}

#[test]
fn several_members_and_frames() {
    let halves: Vec<&[u8]> = STORY.as_bytes().chunks(STORY.len().div_ceil(2)).collect();
    let members: Vec<u8> = halves.iter().flat_map(|half| gzip(half)).collect();
    assert_eq!(one("a.txt.gz", &members).text.body, STORY);
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let mut frames = skippable.to_vec();
    frames.extend(halves.iter().flat_map(|half| zstd(half)));
    frames.extend(skippable);
    assert_eq!(one("a.txt.zst", &frames).text.body, STORY);
}

#[test]
fn json_lines() {
    let lines = "{\"text\": \"The first.\"}\n\n{\"id\": \"own\", \"text\": \"The second.\"}\nnonsense\n{\"title\": \"no text\"}\n\
        {\"text\": \"The last.\", \"url\": \"https://example.org/a\"}";
    let found = read("d.jsonl", lines.as_bytes()).unwrap();
    let shown: Vec<String> = found
        .iter()
        .map(|item| match item {
            Ok(d) => format!("{:?} {}", d.line, d.identity("d.jsonl")),
            Err(e) => {
                let bytes = String::from_utf8_lossy(&e.bytes);
                format!(
                    "{:?} {:?} {} {bytes} {}",
                    e.member,
                    e.offset,
                    e.error.reason(),
                    e.fatal || e.error.may_be_incomplete()
                )
            }
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Some(1) d.jsonl#L1",
            "Some(3) own",
            &format!("Some(\"L4\") {:?} bad_json nonsense false", lines.find("nonsense")),
            &format!(
                "Some(\"L5\") {:?} no_text {{\"title\": \"no text\"}} false",
                lines.find("{\"title")
            ),
            "Some(6) https://example.org/a",
        ]
    );
}

#[test]
fn a_last_line_without_its_end_may_go_on() {
    let found = read("d.jsonl", b"{\"text\": \"The first.\"}\n{\"text\": \"The se").unwrap();
    let error = found[1].as_ref().unwrap_err();
    assert!(error.error.may_be_incomplete() && !error.fatal, "{error:?}");
    let ended = read("d.jsonl", b"{\"text\": \"The first.\"}\n{\"text\": \"The se\n").unwrap();
    assert!(!ended[1].as_ref().unwrap_err().error.may_be_incomplete());
}

#[test]
fn arrays() {
    let array = r#"[{"text": "The first."}, 5, {"id": 7, "text": "The third."}, {"text": "   "}]"#;
    let found = read("a.json", array.as_bytes()).unwrap();
    let shown: Vec<String> = found
        .iter()
        .map(|item| match item {
            Ok(d) => d.identity("a.json"),
            Err(e) => format!("{:?} {:?} {}", e.member, e.offset, e.error.reason()),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "a.json#rec1",
            &format!("Some(\"rec2\") {:?} no_text", array.find('5')),
            "7",
            &format!("Some(\"rec4\") {:?} no_text", array.find("{\"text\": \"   "))
        ]
    );
    assert_eq!(refusal("a.json", b"[]").reason(), "no_text");
}

#[test]
fn compressed_lines_are_streamed_up_to_the_damage() {
    let lines: Vec<String> = (0..3000)
        .map(|n| format!("{{\"id\": {n}, \"text\": \"Story number {n} of the day.\"}}\n"))
        .collect();
    let lines = lines.concat();
    let packed = gzip(lines.as_bytes());
    assert_eq!(read("d.jsonl.gz", &packed).unwrap().len(), 3000);
    let cut = packed.get(..packed.len() / 2).unwrap();
    let found = read("d.jsonl.gz", cut).unwrap();
    let (last, before) = found.split_last().unwrap();
    assert!(before.len() > 100 && before.iter().all(Result::is_ok));
    let error = last.as_ref().unwrap_err();
    assert!(error.fatal && error.error.may_be_incomplete());
    assert_eq!(error.error.reason(), "truncated");
    assert_eq!(error.member.as_deref(), Some(format!("L{}", before.len() + 1).as_str()));
}

#[test]
fn every_cut_of_a_compressed_file_is_truncated() {
    for (name, packed) in
        [("a.txt.gz", gzip(STORY.as_bytes())), ("a.txt.zst", zstd(STORY.as_bytes()))]
    {
        for end in 4..packed.len() {
            let error = refusal(name, packed.get(..end).unwrap());
            assert_eq!(
                (error.reason(), error.may_be_incomplete()),
                ("truncated", true),
                "{name} {end}: {error:?}"
            );
        }
    }
}

#[test]
fn damaged_and_misnamed_compression() {
    let mut packed = gzip(STORY.as_bytes());
    let check_sum = packed.len() - 6;
    packed[check_sum] ^= 0xff;
    assert_eq!(refusal("a.txt.gz", &packed).reason(), "corrupt");
    assert_eq!(refusal("a.txt.gz", STORY.as_bytes()).reason(), "corrupt");
    assert_eq!(refusal("a.txt.zst", &gzip(STORY.as_bytes())).reason(), "corrupt");
}

#[test]
fn expansion_is_capped() {
    let bomb = gzip(&vec![b'a'; 20_000_000]);
    assert_eq!(refusal("a.json.gz", &bomb).reason(), "expansion");
    let found = read("a.jsonl.gz", &bomb).unwrap();
    assert_eq!(found[0].as_ref().unwrap_err().error.reason(), "expansion");
    let limits = Limits { expanded_bytes: 1000, ..Limits::default() };
    let text = read_with("a.txt.gz", &gzip(&b"Words of many kinds. ".repeat(100)), &limits);
    assert_eq!(text.unwrap_err().reason(), "expansion");
}

#[test]
fn what_goes_to_quarantine() {
    let check = |name: &str, bytes: &[u8], reason: &str| {
        let error = refusal(name, bytes);
        assert_eq!(error.reason(), reason, "{name}: {error:?}");
    };
    check("a.txt", b"", "empty");
    check("a.txt", b" \n\t\n", "empty");
    check("a.jsonl", b"\n\n", "empty");
    check("a.json", b"", "empty");
    check("a.txt.gz", b"", "empty");
    check("a.txt.gz", &gzip(b""), "empty");
    check("a.txt", b"--- *** ---", "no_text");
    check("a.txt", b"The mayor\x00came.", "not_text");
    check("a.txt", &[0u8; 5000], "not_text");
    check("a.txt", b"The mayor said \xff\xfe\x80 and left.", "bad_encoding");
    check("a.html", &b"<div>".repeat(200_000), "depth");
    check("a.html", b"<html><body><script>x</script></body></html>", "no_text");
    check("a.txt", b"%PDF-1.7 rest", "unsupported_format");
    check("a.pdf", b"%PDF-1.7 rest", "unsupported_format");
    check("a.docx", b"PK\x03\x04", "unsupported_format");
    check("a.json", b"{\"text\": ", "bad_json");
    check("a.json", b"{\"title\": \"x\"}", "no_text");
    check("a.txt", "word ".repeat(700_000).as_bytes(), "too_large");
    check("a.txt", "word ".repeat(3_000_000).as_bytes(), "too_large");
}

/// A file as big as its name says, without its bytes.
struct Sparse(u64);

impl Read for Sparse {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = buf.len().min(usize::try_from(self.0).unwrap_or(usize::MAX));
        buf[..n].fill(0);
        self.0 -= n as u64;
        Ok(n)
    }
}

#[test]
fn a_sparse_gigabyte_ends_soon() {
    for name in ["a.txt", "a.html", "a.json", "a.jsonl", "a"] {
        let result = open(name, Box::new(Sparse(1 << 30)), &Limits::default());
        let error = match result {
            Err(error) => error,
            Ok(mut documents) => documents.next().unwrap().unwrap_err().error,
        };
        assert!(matches!(error.reason(), "too_large" | "not_text"), "{name}: {error:?}");
    }
}

/// Fails as a directory does that is read like a file.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::IsADirectory.into())
    }
}

#[test]
fn an_input_that_cannot_be_read() {
    let error = open("x.txt", Box::new(Broken), &Limits::default()).unwrap_err();
    assert_eq!((error.reason(), error.may_be_incomplete()), ("io", false));
}

#[test]
fn a_line_beyond_the_cap_costs_only_itself() {
    let limits = Limits { record_bytes: 100, error_bytes: 10, ..Limits::default() };
    let lines = format!("{{\"text\": \"{}\"}}\n{{\"text\": \"Short.\"}}\n", "x".repeat(500));
    let found = read_with("d.jsonl", lines.as_bytes(), &limits).unwrap();
    let error = found[0].as_ref().unwrap_err();
    assert_eq!((error.error.reason(), error.bytes.len()), ("too_large", 10));
    assert_eq!(found[1].as_ref().unwrap().line, Some(2));
}

#[test]
fn warnings() {
    let codes = |document: &Document| document.warnings.iter().map(|w| w.code).collect::<Vec<_>>();
    assert_eq!(codes(&one("a.txt", b"The mayor came to the town.")), [WarningCode::DateMissing]);
    let mut page = "<html><head><meta charset=utf-8></head><body><p>".to_owned().into_bytes();
    page.extend(
        "Za\u{17c}\u{f3}\u{142}\u{107} g\u{119}\u{15b}l\u{105} ja\u{17a}\u{144}. "
            .repeat(40)
            .into_bytes(),
    );
    page.extend(b"\xff</p></body></html>");
    let document = one("a.html", &page);
    assert!(document.encoding_errors);
    assert!(codes(&document).contains(&WarningCode::EncodingErrors));
}

#[test]
fn encodings() {
    let (bytes, _, _) =
        encoding_rs::WINDOWS_1252.encode("The café said: “No.” And that was that – for good.");
    let document = one("a.txt", &bytes);
    assert_eq!(document.encoding, "windows-1252");
    assert_eq!(document.text.body, "The café said: “No.” And that was that – for good.");
    let record = b"\xef\xbb\xbf{\"text\": \"caf\\u00e9 e\\u0301\"}";
    assert_eq!(one("a.json", record).text.body, "café é");
    assert_eq!(one("a.jsonl", record).text.body, "café é");
}

/// Within the body, on characters, not empty, in order, no overlap.
fn check_blocks(document: &Document) {
    let mut end = 0;
    for block in &document.text.blocks {
        assert!(block.start >= end && block.start < block.end, "{:?}", document.text);
        assert!(document.text.body.get(block.start..block.end).is_some(), "{:?}", document.text);
        end = block.end;
    }
    assert_eq!(document.text.body, copydesk_types::clean(&document.text.body));
}

fn names() -> impl Strategy<Value = String> {
    let extensions: Vec<&str> =
        formats().iter().flat_map(|f| f.extensions.iter().copied()).chain(["", "bin"]).collect();
    let ends = prop::sample::select(vec!["", "", "", ".gz", ".zst"]);
    (prop::sample::select(extensions), ends)
        .prop_map(|(extension, end)| format!("a.{extension}{end}"))
}

proptest! {
    #[test]
    fn any_bytes_under_any_name(name in names(), bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for document in read(&name, &bytes).into_iter().flatten().flatten() {
            check_blocks(&document);
        }
    }

    #[test]
    fn any_text_under_any_name(name in names(), packed in any::<bool>(), text in "([A-Z]{2,6}|[a-z]{1,7}|[ \n{}\\[\\]<>:\"',.#*-]|</?p>|\"text\":|é|e\u{301}|\u{feff}|\r\n|\\PC){0,60}") {
        let bytes = if packed { gzip(text.as_bytes()) } else { text.clone().into_bytes() };
        let found = read(&name, &bytes);
        for document in found.into_iter().flatten().flatten() {
            check_blocks(&document);
            if document.text.method == TextMethod::Plain {
                prop_assert_eq!(&document.text.body, &copydesk_types::clean(&text));
            }
        }
    }

    #[test]
    fn a_body_in_json_is_the_body(text in "([a-z]{1,6}|[ \n]|é|\u{301}|\\PC){1,40}") {
        let record = serde_json::json!({"text": &text}).to_string();
        for document in read("a.json", record.as_bytes()).into_iter().flatten().flatten() {
            prop_assert_eq!(document.text.body, copydesk_types::clean(&text));
        }
    }

    #[test]
    fn a_flipped_byte_in_a_compressed_file(at in 0usize..200, with in 1u8..255) {
        for (name, mut packed) in [("a.txt.gz", gzip(STORY.as_bytes())), ("a.txt.zst", zstd(STORY.as_bytes()))] {
            let at = at % packed.len();
            packed[at] ^= with;
            for document in read(name, &packed).into_iter().flatten().flatten() {
                check_blocks(&document);
            }
        }
    }
}
