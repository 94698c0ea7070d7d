//! The tag code, its address, and what a payload means.

use proptest::prelude::*;
use rounds_tags::code::HostProblem;
use rounds_tags::{DamagedReason, Meaning, TagCode, TagError, draw, tag_url, understand, understand_typed};

const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const HOSTS: [&str; 2] = ["t.example.cn", "old.example.org"];

fn code() -> TagCode {
    TagCode::from_bits([0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x55, 0xAA])
}

/// The code with the symbol at `place` replaced by another, `shift` further in the alphabet.
fn altered(text: &str, place: usize, shift: usize) -> String {
    text.chars()
        .enumerate()
        .map(|(at, symbol)| {
            let value = ALPHABET.find(symbol).expect("a symbol of the alphabet");
            let value = if at == place { (value + shift) % 32 } else { value };
            char::from(ALPHABET.as_bytes()[value])
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_code_is_read_back_from_its_text_and_gives_back_its_bits(bits: [u8; 10]) {
        let code = TagCode::from_bits(bits);
        prop_assert_eq!(code.as_str().len(), 18);
        prop_assert_eq!(TagCode::parse(code.as_str()), Ok(code));
        prop_assert_eq!(code.bits(), bits);
    }

    #[test]
    fn any_one_altered_symbol_is_refused(bits: [u8; 10], place in 0..18usize, shift in 1..32usize) {
        let text = altered(TagCode::from_bits(bits).as_str(), place, shift);
        prop_assert_eq!(TagCode::parse(&text), Err(TagError::WrongCheck { seen: text }));
    }

    #[test]
    fn any_two_altered_symbols_are_refused(
        bits: [u8; 10],
        first in 0..18usize,
        further in 1..18usize,
        shifts in (1..32usize, 1..32usize),
    ) {
        let second = (first + further) % 18;
        let text = altered(&altered(TagCode::from_bits(bits).as_str(), first, shifts.0), second, shifts.1);
        prop_assert_eq!(TagCode::parse(&text), Err(TagError::WrongCheck { seen: text }));
    }

    #[test]
    fn any_two_swapped_symbols_are_refused(bits: [u8; 10], first in 0..18usize, second in 0..18usize) {
        let code = TagCode::from_bits(bits);
        let mut symbols: Vec<char> = code.as_str().chars().collect();
        symbols.swap(first, second);
        let text: String = symbols.into_iter().collect();
        prop_assert_eq!(TagCode::parse(&text).is_ok(), text == code.as_str());
    }

    #[test]
    fn no_payload_is_too_odd_to_be_understood(payload: String) {
        understand(&payload, &HOSTS);
        understand_typed(&payload, &HOSTS);
        let after_ours = format!("https://{}/T/{payload}", HOSTS[0]);
        let unknown = matches!(understand(&after_ours, &HOSTS), Meaning::Unknown { .. });
        prop_assert!(!unknown);
    }
}

#[test]
fn every_pair_of_altered_symbols_of_one_code_is_refused() {
    let code = code();
    let mut tried = 0;
    for first in 0..18 {
        for second in first + 1..18 {
            for shifts in 1..1024 {
                let text = altered(&altered(code.as_str(), first, shifts % 32), second, shifts / 32);
                assert!(TagCode::parse(&text).is_err(), "{text}");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 153 * 1023);
}

#[test]
fn the_code_of_known_bits_never_changes() {
    // Printed tags outlive this program: this text may never become another one.
    assert_eq!(code().as_str(), "04HMASW9NF6YYNDASV");
    assert_eq!(TagCode::from_bits([0; 10]).as_str(), "000000000000000000");
}

#[test]
fn a_typed_code_may_be_lower_case_grouped_and_confused_as_crockford_allows() {
    let code = code();
    assert_eq!(code.grouped().len(), 22);
    for typed in
        [code.grouped(), code.as_str().to_lowercase(), format!(" {} ", code.grouped().replace('-', " "))]
    {
        assert_eq!(TagCode::parse(&typed), Ok(code), "{typed}");
    }
    let zeros = "oO0000000000000000";
    assert_eq!(TagCode::parse(zeros), Ok(TagCode::from_bits([0; 10])));
    let one = TagCode::from_bits([0x08, 0x42, 0x10, 0x84, 0x21, 0x08, 0x42, 0x10, 0x84, 0x21]);
    assert_eq!(TagCode::parse(&one.as_str().replacen("11", "iL", 1)), Ok(one));
    assert_eq!("04HM".parse::<TagCode>(), Err(TagError::WrongLength { seen: "04HM".into(), symbols: 4 }));
    let wrong = TagCode::parse("04HMU").expect_err("U is in no tag");
    assert_eq!(wrong, TagError::WrongCharacter { seen: "04HMU".into(), character: 'U', place: 5 });
}

#[test]
fn an_address_with_a_host_of_eighteen_characters_fits_version_three() {
    let short = tag_url("abcdefghijklmno.cn", &code()).unwrap();
    assert_eq!((short.len(), draw(&short).unwrap().version()), (47, 3));
    let longer = tag_url("abcdefghijklmnop.cn", &code()).unwrap();
    assert_eq!(draw(&longer).unwrap().version(), 4);
    let longest = tag_url(&"a".repeat(38), &code()).unwrap();
    assert_eq!((longest.len(), draw(&longest).unwrap().version()), (67, 4));
}

#[test]
fn an_address_is_upper_case_and_made_only_from_a_host() {
    assert_eq!(
        tag_url("t.example.cn:8443", &code()).unwrap(),
        format!("HTTPS://T.EXAMPLE.CN:8443/T/{}", code())
    );
    for (host, expected) in [
        ("", HostProblem::Empty),
        ("t.example.cn/x", HostProblem::WrongCharacter),
        ("t..cn", HostProblem::WrongCharacter),
        ("t.cn:99999", HostProblem::WrongCharacter),
        ("标牌.cn", HostProblem::WrongCharacter),
        ("user@t.cn", HostProblem::WrongCharacter),
        ("a23456789012345678901234567890123456789", HostProblem::TooLong),
    ] {
        match tag_url(host, &code()) {
            Err(TagError::BadHost { problem, .. }) => assert_eq!(problem, expected, "{host}"),
            other => panic!("{host}: {other:?}"),
        }
    }
}

#[test]
fn our_address_means_our_tag_on_any_of_our_hosts_in_any_case() {
    let code = code();
    for payload in [
        tag_url(HOSTS[0], &code).unwrap(),
        tag_url(HOSTS[1], &code).unwrap(),
        tag_url(HOSTS[0], &code).unwrap().to_lowercase(),
        format!("http://T.Example.CN/t/{code}"),
    ] {
        assert_eq!(understand(&payload, &HOSTS), Meaning::OwnTag { code }, "{payload}");
    }
}

#[test]
fn our_address_with_a_wrong_code_is_a_damaged_tag() {
    let code = code();
    for (rest, expected) in [
        (altered(code.as_str(), 3, 1), DamagedReason::WrongCheck),
        (code.as_str()[..17].to_owned(), DamagedReason::TooShort),
        (String::new(), DamagedReason::TooShort),
        (format!("{code}?x=1"), DamagedReason::SomethingFollows),
        (format!("{code}/"), DamagedReason::SomethingFollows),
        (format!("{code}#a"), DamagedReason::SomethingFollows),
        (code.as_str().replacen('4', "U", 1), DamagedReason::WrongCharacter),
        (code.grouped(), DamagedReason::WrongCharacter),
    ] {
        let seen = format!("HTTPS://{}/T/{rest}", HOSTS[0]);
        assert_eq!(
            understand(&seen, &HOSTS),
            Meaning::DamagedOwnTag { seen: seen.clone(), reason: expected }
        );
    }
}

#[test]
fn what_is_not_ours_is_kept_as_it_is() {
    let code = code();
    for payload in [
        format!("https://t.example.cn.evil.com/T/{code}"),
        format!("https://x@t.example.cn/T/{code}"),
        format!("https://t.example.cn:8443/T/{code}"),
        format!("https://t.example.cn/X/{code}"),
        format!("ftp://t.example.cn/T/{code}"),
        format!(" https://t.example.cn/T/{code}"),
        code.to_string(),
        "设备 0042".to_owned(),
        String::new(),
    ] {
        assert_eq!(understand(&payload, &HOSTS), Meaning::Unknown { text: payload.clone() });
    }
    let ours = tag_url(HOSTS[0], &code).unwrap();
    assert_eq!(understand(&ours, &[]), Meaning::Unknown { text: ours.clone() });
    assert_eq!(understand(&ours, &[""]), Meaning::Unknown { text: ours.clone() });
}

#[test]
fn a_typed_code_means_our_tag_and_a_mistyped_one_is_not_guessed() {
    let code = code();
    assert_eq!(understand_typed(&code.grouped().to_lowercase(), &HOSTS), Meaning::OwnTag { code });
    let mistyped = altered(code.as_str(), 0, 1);
    assert_eq!(understand_typed(&mistyped, &HOSTS), Meaning::Unknown { text: mistyped.clone() });
}

#[test]
fn an_enrolment_text_is_passed_on_untouched() {
    let text = "ROUNDS-ENROL:anything at all\n".to_owned();
    assert_eq!(understand(&text, &HOSTS), Meaning::Enrolment { text: text.clone() });
}

#[test]
fn meanings_are_written_as_json_and_a_wrong_check_is_not_read_back() {
    let meaning = Meaning::OwnTag { code: code() };
    let json = serde_json::to_string(&meaning).unwrap();
    assert_eq!(json, r#"{"kind":"own_tag","code":"04HMASW9NF6YYNDASV"}"#);
    assert_eq!(serde_json::from_str::<Meaning>(&json).unwrap(), meaning);
    assert!(serde_json::from_str::<Meaning>(&json.replace("04H", "14H")).is_err());
}
