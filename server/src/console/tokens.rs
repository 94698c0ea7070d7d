//! Holds `design/tokens.json` and `assets/tokens.css` equal, and every text readable on every ground it may stand on.
//!
//! After a change of the tokens: `ROUNDS_BLESS=1 cargo test --release -p rounds-server console::tokens`.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

const JSON: &str = include_str!("../../../design/tokens.json");
const CSS: &str = include_str!("../../assets/tokens.css");

#[derive(Clone, Copy, PartialEq)]
struct Colour([f64; 3]);

impl Colour {
    fn parse(hex: &str) -> Colour {
        let part = |at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("two hex digits"));
        assert!(hex.starts_with('#') && hex.len() == 7, "{hex} is not #RRGGBB");
        Colour([part(1), part(3), part(5)])
    }

    fn mix(self, other: Colour, share_of_other: f64) -> Colour {
        let mixed = |at: usize| (self.0[at] * (1.0 - share_of_other) + other.0[at] * share_of_other).round();
        Colour([mixed(0), mixed(1), mixed(2)])
    }

    fn hex(self) -> String {
        let [r, g, b] = self.0;
        format!("#{r:02X}{g:02X}{b:02X}", r = Whole(r), g = Whole(g), b = Whole(b))
    }

    /// Relative luminance, WCAG 2.2.
    fn luminance(self) -> f64 {
        let linear = |value: f64| {
            let value = value / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0[0]) + 0.7152 * linear(self.0[1]) + 0.0722 * linear(self.0[2])
    }

    /// Contrast ratio, WCAG 2.2.
    fn contrast(self, other: Colour) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

/// A channel that is a whole number by construction, printed in hex.
struct Whole(f64);

impl std::fmt::UpperHex for Whole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        std::fmt::UpperHex::fmt(&(self.0 as u8), f)
    }
}

fn tokens() -> Value {
    serde_json::from_str(JSON).expect("design/tokens.json is JSON")
}

fn entries<'v>(tokens: &'v Value, path: &str) -> Vec<(&'v str, &'v Value)> {
    let object = tokens.pointer(path).and_then(Value::as_object);
    object
        .unwrap_or_else(|| panic!("tokens have {path}"))
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .collect()
}

fn colour(tokens: &Value, name: &str, theme: &str) -> Colour {
    let hex = tokens.pointer(&format!("/color/{name}/{theme}")).and_then(Value::as_str);
    Colour::parse(hex.unwrap_or_else(|| panic!("a colour {name} in {theme}")))
}

/// The colours of a theme in the order of the table, then tint and word of every state and of the accent.
fn colours(tokens: &Value, theme: &str) -> Vec<(String, Colour)> {
    let share = |what: &str| {
        tokens.pointer(&format!("/tint/{what}/{theme}")).and_then(Value::as_f64).expect("a share")
    };
    let (card, ink) = (colour(tokens, "card", theme), colour(tokens, "ink", theme));
    let named = entries(tokens, "/color");
    let mut found: Vec<_> =
        named.iter().map(|(name, _)| ((*name).to_owned(), colour(tokens, name, theme))).collect();
    for (name, value) in named {
        if value["kind"] == "state" || name == "accent" {
            let state = colour(tokens, name, theme);
            found.push((format!("{name}-tint"), card.mix(state, share("ground"))));
            found.push((format!("{name}-word"), state.mix(ink, share("ink"))));
        }
    }
    found
}

/// How a value is written in CSS.
type Write<'w> = &'w dyn Fn(&Value) -> String;

fn css(tokens: &Value) -> String {
    let mut css =
        String::from("/* Written from design/tokens.json; a test holds the two equal. */\n\n:root {\n");
    for (name, colour) in colours(tokens, "light") {
        writeln!(css, "  --{name}: {};", colour.hex()).expect("a string grows");
    }
    let rem = |value: &Value| format!("{}rem", value.as_f64().expect("a number") / 16.0);
    let px = |value: &Value| format!("{value}px");
    let plain = Value::to_string;
    let groups: [(&str, &str, Write<'_>); 5] = [
        ("size", "/type/size", &rem),
        ("line", "/type/line", &rem),
        ("weight", "/type/weight", &plain),
        ("space", "/space", &px),
        ("radius", "/radius", &px),
    ];
    for (prefix, path, write) in groups {
        for (name, value) in entries(tokens, path) {
            writeln!(css, "  --{prefix}-{name}: {};", write(value)).expect("a string grows");
        }
    }
    writeln!(css, "  --motion: {}ms;\n}}\n", tokens["motion"]["ms"]).expect("a string grows");
    css.push_str("@media screen and (prefers-color-scheme: dark) {\n  :root {\n");
    for (name, colour) in colours(tokens, "dark") {
        writeln!(css, "    --{name}: {};", colour.hex()).expect("a string grows");
    }
    css.push_str("  }\n}\n");
    css
}

#[test]
fn the_style_sheet_says_what_the_tokens_say() {
    let written = css(&tokens());
    if std::env::var_os("ROUNDS_BLESS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/tokens.css");
        std::fs::write(path, &written).expect("the style sheet can be written");
        return;
    }
    assert_eq!(CSS, written, "assets/tokens.css is not what design/tokens.json says; bless it");
}

#[test]
fn every_text_reaches_the_least_contrast_on_every_ground_it_may_stand_on() {
    let tokens = tokens();
    let least = tokens["contrast"]["least"].as_f64().expect("a number");
    let mut pairs = 0;
    for theme in ["light", "dark"] {
        let all = colours(&tokens, theme);
        let find =
            |name: &str| all.iter().find(|(n, _)| n == name).map(|(_, c)| *c).expect("a colour of this name");
        let mut hold = |text: &str, ground: &str| {
            let ratio = find(text).contrast(find(ground));
            assert!(ratio >= least, "{text} on {ground} in {theme} reaches {ratio:.2}, less than {least}");
            pairs += 1;
        };
        for (name, value) in entries(&tokens, "/color") {
            match value["kind"].as_str().expect("every colour has a kind") {
                "text" | "state" => {
                    hold(name, "card");
                    hold(name, "paper");
                }
                "on" => hold(name, value["on"].as_str().expect("what it stands on")),
                "ground" | "line" => {}
                other => panic!("{name} is of an unknown kind {other}"),
            }
            if value["kind"] == "state" || name == "accent" {
                hold(&format!("{name}-word"), &format!("{name}-tint"));
                hold("ink", &format!("{name}-tint"));
            }
        }
        // The accent under a pointer.
        hold("on-accent", "accent-word");
    }
    assert_eq!(pairs, 2 * (9 * 2 + 1 + 7 * 2 + 1));
}

#[test]
fn contrast_is_computed_as_the_standard_says() {
    let (black, white) = (Colour::parse("#000000"), Colour::parse("#FFFFFF"));
    assert!((black.contrast(white) - 21.0).abs() < 1e-9);
    assert!((Colour::parse("#777777").contrast(white) - 4.478).abs() < 1e-3);
}

#[test]
fn nothing_is_set_smaller_than_thirteen_and_only_in_the_sizes_of_the_table() {
    let tokens = tokens();
    let mut sizes: Vec<f64> =
        entries(&tokens, "/type/size").iter().map(|(_, v)| v.as_f64().expect("a number")).collect();
    sizes.sort_by(f64::total_cmp);
    assert_eq!(sizes, [13.0, 15.0, 17.0, 22.0, 28.0]);
    for sheet in [include_str!("../../assets/console.css"), include_str!("../../assets/order.css")] {
        for rule in sheet.split("font-size:").skip(1) {
            let value = rule.split([';', '}']).next().unwrap_or_default().trim();
            // Icons and the printed page are sized in their own units.
            let allowed =
                value.starts_with("var(--size-") || rule_is_of_an_icon(sheet, rule) || value == "10pt";
            assert!(allowed, "font-size: {value} is not of the table");
        }
    }
}

fn rule_is_of_an_icon(sheet: &str, after: &str) -> bool {
    let at = sheet.len() - after.len();
    let before = &sheet[..sheet.find(after).unwrap_or(at)];
    let selector = before.rsplit('}').next().unwrap_or_default();
    selector.contains(".icon") || selector.contains(".slider-knob") || selector.contains(".dot")
}
