use encoding_rs::{
    BIG5, EUC_KR, GBK, KOI8_R, SHIFT_JIS, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253,
};
use proptest::prelude::*;

use super::*;

fn reason(bytes: &[u8]) -> &'static str {
    match decode(bytes, None) {
        Ok(decoded) => panic!("decoded as {}: {:?}", decoded.encoding, decoded.text),
        Err(error) => error.reason(),
    }
}

#[test]
fn legacy_encodings_are_recognised() {
    let check = |encoding: &'static Encoding, text: &str, expected: &str| {
        let (bytes, _, unmappable) = encoding.encode(text);
        assert!(!unmappable, "{text}");
        let decoded = decode(&bytes, None).unwrap_or_else(|e| panic!("{}: {e:?}", encoding.name()));
        assert_eq!(decoded.text, text);
        assert_eq!(decoded.encoding, expected);
        assert!(!decoded.errors);
    };
    check(WINDOWS_1252, "The mayor said: “We’re not amused” — twice.", "windows-1252");
    check(WINDOWS_1252, "Le président a déclaré à Besançon que l’été était fini.", "windows-1252");
    check(WINDOWS_1252, "The café reopened at £3 a cup.", "windows-1252");
    check(WINDOWS_1251, "Министр заявил, что переговоры начнутся в четверг.", "windows-1251");
    check(KOI8_R, "Министр заявил, что переговоры начнутся в четверг.", "koi8-u");
    check(SHIFT_JIS, "外務大臣は木曜日に会談すると述べた。交渉は続く。", "shift_jis");
    check(GBK, "外交部长表示，会谈将于星期四举行，各方都会参加。", "gbk");
    check(BIG5, "外交部長表示，會談將於星期四舉行，各方都會參加。", "big5");
    check(EUC_KR, "외교부 장관은 목요일에 회담이 열린다고 말했다.", "euc-kr");
    check(WINDOWS_1253, "Ο υπουργός δήλωσε ότι οι συνομιλίες αρχίζουν την Πέμπτη.", "windows-1253");
    check(
        WINDOWS_1250,
        "Minister oświadczył, że rozmowy zaczną się w czwartek w Łodzi.",
        "windows-1250",
    );
}

#[test]
fn utf16_with_and_without_a_mark() {
    let text = "The mayor met the minister in Kraków on Monday.\n";
    let units: Vec<u16> = text.encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|u| u.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|u| u.to_be_bytes()).collect();
    let check = |bytes: &[u8], encoding: &str| {
        let decoded = decode(bytes, None).unwrap();
        assert_eq!((decoded.text.as_str(), decoded.encoding.as_str()), (text, encoding));
    };
    check(&little, "utf-16le");
    check(&big, "utf-16be");
    check(&[&[0xff, 0xfe], little.as_slice()].concat(), "utf-16le");
    check(&[&[0xfe, 0xff], big.as_slice()].concat(), "utf-16be");
}

#[test]
fn a_lone_surrogate_is_replaced_and_reported() {
    let mut units: Vec<u16> =
        "Ministers met again in the capital. ".repeat(5).encode_utf16().collect();
    units.push(0xd800);
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(units.iter().flat_map(|u| u.to_le_bytes()));
    let decoded = decode(&bytes, None).unwrap();
    assert!(decoded.errors);
    assert!(decoded.text.ends_with('\u{fffd}'));
}

#[test]
fn damage_is_an_error_and_not_another_encoding() {
    let check = |bytes: &[u8], expected: &str| assert_eq!(reason(bytes), expected, "{bytes:?}");
    let utf8 = "Zażółć gęślą jaźń, powiedział minister — „wczoraj”. ";
    check(&[utf8.as_bytes(), b"\xff\xfe\x80", utf8.as_bytes()].concat(), "bad_encoding");
    check(b"The mayor said \xff\xfe\x80 and left the room.", "bad_encoding");
    check(b"The mayor said \xc3\x28 and left \xa0\xa1 the room.", "bad_encoding");
    check(b"The mayor \xfe\xfe said \xff\xff so.", "bad_encoding");
    check(b"\xff\xfeThe mayor said so on Monday.", "bad_encoding");
    check(b"\xef\xbb\xbfThe mayor \xe9 said so.", "bad_encoding");
    check(b"Undefined \x81\x8d\x8f\x90 bytes.", "bad_encoding");
    check(b"\xff\xff\xff\xff\xff\xff\xff\xff", "bad_encoding");
    check(b"The mayor\0 said so.", "not_text");
    check(b"\x01\x02\x03\x04 not text", "not_text");
    let binary: Vec<u8> = (0..=255u8).cycle().take(2048).collect();
    check(&binary, "not_text");
}

#[test]
fn a_character_cut_at_the_end_may_be_incomplete() {
    let text = "Zażółć gęślą jaźń";
    let cut = text.as_bytes().get(..text.len() - 1).unwrap();
    let error = decode(cut, None).unwrap_err();
    assert!(error.may_be_incomplete(), "{error:?}");
    assert!(!decode(b"The mayor said \xff\xfe\x80.", None).unwrap_err().may_be_incomplete());
}

#[test]
fn a_page_declares_its_encoding() {
    let page = b"<p>Caf\xe9 owner.</p>";
    let decoded = decode(page, Some("ISO-8859-1")).unwrap();
    assert_eq!(
        (decoded.text.as_str(), decoded.encoding.as_str()),
        ("<p>Café owner.</p>", "windows-1252")
    );
    let mislabelled = decode("<p>Café</p>".as_bytes(), Some("iso-8859-1")).unwrap();
    assert_eq!(
        (mislabelled.text.as_str(), mislabelled.encoding.as_str()),
        ("<p>Café</p>", "utf-8")
    );
    let mut long = "<p>Zażółć gęślą jaźń.</p>".repeat(40).into_bytes();
    long.push(0xff);
    let decoded = decode(&long, Some("utf-8")).unwrap();
    assert!(decoded.errors && decoded.text.ends_with('\u{fffd}'));
}

proptest! {
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(decoded) = decode(&bytes, None) {
            let replaced = decoded.text.contains('\u{fffd}');
            prop_assert!(decoded.errors || !replaced || std::str::from_utf8(&bytes).is_ok());
        }
    }

    #[test]
    fn utf8_is_kept(text in "\\PC{0,60}") {
        let decoded = decode(text.as_bytes(), None);
        if let Ok(decoded) = decoded {
            prop_assert_eq!(decoded.text, text.strip_prefix('\u{feff}').unwrap_or(&text));
        }
    }
}
