//! Writes every page in both languages to `target/console-preview` for the browser tests, and holds what each must say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::*;

/// A code drawn like the server's: one path, no style. Its content does not matter here.
fn qr_svg() -> String {
    let eye = |x: i32, y: i32| {
        (x.abs() == 3 && y.abs() <= 3) || (y.abs() == 3 && x.abs() <= 3) || (x.abs() <= 1 && y.abs() <= 1)
    };
    let centres: [(i32, i32); 3] = [(3, 3), (17, 3), (3, 17)];
    let mut path = String::new();
    for (x, y) in (0..21).flat_map(|y: i32| (0..21).map(move |x| (x, y))) {
        let near = centres.into_iter().find(|(cx, cy)| (x - cx).abs() <= 4 && (y - cy).abs() <= 4);
        let dark = near.map_or((x * 7 + y * 13 + x * y) % 3 == 0, |(cx, cy)| eye(x - cx, y - cy));
        if dark {
            write!(path, "M{x} {y}h1v1h-1z").expect("a string grows");
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 21 21\" shape-rendering=\"crispEdges\">\
         <path fill=\"#000\" d=\"{path}\"/></svg>"
    )
}

fn pages(language: Language) -> BTreeMap<&'static str, String> {
    let w = language.words();
    let filtered = BoardPage {
        filter: Filter::from_query(Some("turbine"), Some("in-review"), None, None),
        ..samples::board()
    };
    let empty = BoardPage { rows: Vec::new(), ..samples::board() };
    let mut compact = samples::board();
    compact.desk.density = Density::Compact;
    let calm = SetAsidePage { rows: Vec::new(), alarms: Vec::new(), ..samples::set_aside() };
    let message = MessagePage {
        desk: samples::desk("/orders/x"),
        trouble: Trouble::NotFound { what: "K7-9999".into() },
        back: "/".into(),
    };
    let made = [
        ("sign-in", samples::sign_in(None).render(w)),
        ("sign-in-wrong", samples::sign_in(Some(SignInTrouble::WrongPair)).render(w)),
        ("board", samples::board().render(w)),
        ("board-compact", compact.render(w)),
        ("board-nothing", filtered.render(w)),
        ("board-empty", empty.render(w)),
        ("order", samples::order().render(w)),
        ("order-ready", samples::ready_order().render(w)),
        ("order-late-files", samples::late_files_order().render(w)),
        ("order-young", samples::young_order().render(w)),
        ("phones", samples::phones(None).render(w)),
        ("phones-enrol", samples::phones(Some(qr_svg())).render(w)),
        ("people", samples::people().render(w)),
        ("set-aside", samples::set_aside().render(w)),
        ("set-aside-empty", calm.render(w)),
        ("message", message.render(w)),
    ];
    made.into_iter().map(|(name, page)| (name, page.expect("a page is written"))).collect()
}

#[test]
fn every_page_is_written_for_the_browser_tests() {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/console-preview");
    let folder = std::env::var_os("ROUNDS_PREVIEW").map_or_else(default, PathBuf::from);
    std::fs::create_dir_all(folder.join("assets")).expect("the folder can be made");
    for language in Language::ALL {
        for (name, page) in pages(language) {
            std::fs::write(folder.join(format!("{name}.{}.html", language.code())), page)
                .expect("a page is kept");
        }
    }
    for asset in ASSETS {
        std::fs::write(folder.join("assets").join(asset.name), asset.body).expect("a file is kept");
    }
    let headers: BTreeMap<_, _> = SECURITY_HEADERS.iter().copied().collect();
    let headers = serde_json::to_vec_pretty(&headers).expect("headers are text");
    std::fs::write(folder.join("headers.json"), headers).expect("the headers are kept");
}

#[test]
fn no_page_holds_script_style_or_handler_of_its_own() {
    for language in Language::ALL {
        for (name, page) in pages(language) {
            for forbidden in ["<style", " style=", "javascript:", " onclick", " onload", "<script>"] {
                assert!(!page.contains(forbidden), "{name} holds {forbidden}");
            }
        }
    }
}

#[test]
fn every_form_that_changes_something_carries_the_token() {
    for (name, page) in pages(Language::En) {
        for form in page.split("<form ").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            if form.contains("method=\"post\"") {
                assert!(
                    form.contains("name=\"csrf\" value=\"t0ken-of-this-session\""),
                    "{name}: <form {form}"
                );
            }
        }
    }
}

#[test]
fn what_people_wrote_is_never_read_as_markup() {
    let mut page = samples::order();
    let nasty = "<script>alert(1)</script>\"'&{who}";
    page.title = nasty.into();
    page.items[0].name = nasty.into();
    page.timeline[0].who = nasty.into();
    page.timeline[0].note = Some(nasty.into());
    page.holder = Some(nasty.into());
    let html = page.render(Language::En.words()).expect("a page is written");
    assert!(!html.contains("<script>alert"), "markup came through");
    assert!(html.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "the text is still to be read");
}

/// Pages hold no sentence of their own: a page in Chinese reads the same as its template with Chinese words.
#[test]
fn no_sentence_stands_in_a_template() {
    let templates = [
        include_str!("../../templates/layout.html"),
        include_str!("../../templates/board.html"),
        include_str!("../../templates/order.html"),
        include_str!("../../templates/phones.html"),
        include_str!("../../templates/people.html"),
        include_str!("../../templates/set_aside.html"),
        include_str!("../../templates/sign_in.html"),
        include_str!("../../templates/message.html"),
        include_str!("../../templates/parts.html"),
    ];
    // Keys are named by what is printed on them.
    let keys = ["Enter", "j", "k", "a", "r"];
    for template in templates {
        let mut text = String::new();
        let (mut rest, mut depth) = (template, 0);
        while let Some(c) = rest.chars().next() {
            if rest.starts_with("{{") || rest.starts_with("{%") {
                let end = if rest.starts_with("{{") { "}}" } else { "%}" };
                rest = rest.split_once(end).map_or("", |(_, after)| after);
                text.push(' ');
                continue;
            }
            match c {
                '<' => depth += 1,
                '>' => depth -= 1,
                _ if depth == 0 => text.push(c),
                _ => {}
            }
            rest = &rest[c.len_utf8()..];
        }
        for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
            assert!(keys.contains(&word), "a template says `{word}` itself");
        }
    }
}

#[test]
fn every_word_of_the_table_is_said_somewhere() {
    let sources = [
        include_str!("../../templates/layout.html"),
        include_str!("../../templates/board.html"),
        include_str!("../../templates/order.html"),
        include_str!("../../templates/phones.html"),
        include_str!("../../templates/people.html"),
        include_str!("../../templates/set_aside.html"),
        include_str!("../../templates/sign_in.html"),
        include_str!("../../templates/message.html"),
        include_str!("../../templates/parts.html"),
        include_str!("board.rs"),
        include_str!("clock.rs"),
        include_str!("desk.rs"),
        include_str!("evidence.rs"),
        include_str!("held.rs"),
        include_str!("message.rs"),
        include_str!("order.rs"),
        include_str!("people.rs"),
        include_str!("phones.rs"),
        include_str!("review.rs"),
        include_str!("set_aside.rs"),
        include_str!("sign_in.rs"),
        include_str!("state.rs"),
        include_str!("timeline.rs"),
        include_str!("times.rs"),
    ]
    .concat();
    let said: std::collections::HashSet<&str> = sources
        .split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.')
        .flat_map(|word| word.split('.').skip(1))
        .collect();
    let silent: Vec<_> =
        Words::table().into_iter().map(|(key, _, _)| key).filter(|key| !said.contains(key)).collect();
    assert_eq!(silent, Vec::<&str>::new(), "no page says these");
}

#[test]
fn an_after_photo_that_is_still_on_a_phone_is_said_with_person_time_and_phone() {
    let en = samples::order().render(Language::En.words()).expect("a page is written");
    assert!(en.contains("Taken by Li Wei 李伟 at 02:50 on phone K7; not yet on the server."));
    let zh = samples::order().render(Language::Zh.words()).expect("a page is written");
    assert!(zh.contains("Li Wei 李伟 于 02:50 用手机 K7 拍摄，尚未到达服务器。"));
}

#[test]
fn the_close_button_works_only_when_nothing_stands_in_the_way_and_says_what_does() {
    let button = |page: &str| {
        let at = page.find("/close\">").expect("a close form");
        page[at..].split("</button>").next().expect("a button").contains(" disabled")
    };
    let blocked = samples::order().render(Language::En.words()).expect("a page is written");
    assert!(button(&blocked));
    assert!(blocked.contains("“Pressure gauge 压力表” has no after photo here"));
    assert!(!blocked.contains("without_evidence"), "open items are no matter of missing files");
    let late = samples::late_files_order().render(Language::En.words()).expect("a page is written");
    assert!(button(&late));
    assert!(late.contains("“Bolts, pump 2”: not every file has arrived"));
    assert!(late.contains("name=\"without_evidence\" value=\"yes\""));
    let ready = samples::ready_order().render(Language::En.words()).expect("a page is written");
    assert!(!button(&ready));
    assert!(!ready.contains("without_evidence"));
}

#[test]
fn the_board_shows_first_what_waits_for_the_desk_and_then_what_is_late() {
    let page = samples::board().render(Language::En.words()).expect("a page is written");
    let at = |number: &str| page.find(number).unwrap_or_else(|| panic!("{number} stands on the board"));
    assert!(at("K7-0042") < at("M3-0107") && at("M3-0107") < at("D1-0233"));
    assert!(at("P2-0016") < at("M3-0109") && at("M3-0109") < at("M3-0098") && at("M3-0098") < at("D1-0237"));
    assert!(at("D1-0237") < at("M3-0104"));
}
