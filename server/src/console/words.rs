//! Every sentence of the console, Chinese beside English, so that neither can lack one.
//!
//! A name in braces is a place for a value; a test holds the places of both languages equal.

use std::fmt::Display;

mod table;

pub use table::Words;

/// The languages of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Chinese, simplified.
    Zh,
    /// English.
    En,
}

impl Language {
    /// Both.
    pub const ALL: [Language; 2] = [Language::Zh, Language::En];

    /// The name in links, cookies and the page's `lang`.
    pub fn code(self) -> &'static str {
        match self {
            Language::Zh => "zh",
            Language::En => "en",
        }
    }

    /// The language's name in itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Language::Zh => "中文",
            Language::En => "English",
        }
    }

    /// For the page's `lang` attribute.
    pub fn tag(self) -> &'static str {
        match self {
            Language::Zh => "zh-Hans",
            Language::En => "en",
        }
    }

    /// The language a tag asks for: `zh`, `zh-CN`, `en-GB`.
    pub fn from_tag(tag: &str) -> Option<Language> {
        let first = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Language::ALL.into_iter().find(|language| first.eq_ignore_ascii_case(language.code()))
    }

    /// The page's language: the link just followed, else the remembered choice, else what the browser prefers, else
    /// English.
    pub fn choose(query: Option<&str>, cookie: Option<&str>, accept_language: Option<&str>) -> Language {
        let from = |value: Option<&str>| value.and_then(Language::from_tag);
        from(query).or_else(|| from(cookie)).or_else(|| preferred(accept_language?)).unwrap_or(Language::En)
    }

    /// The words of this language.
    pub fn words(self) -> &'static Words {
        match self {
            Language::Zh => &Words::ZH,
            Language::En => &Words::EN,
        }
    }
}

/// The most wanted language of an `Accept-Language` header (RFC 9110 §12.5.4) that we speak.
fn preferred(accept: &str) -> Option<Language> {
    let wanted = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';');
        let language = Language::from_tag(parts.next()?)?;
        let weight =
            parts.find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        (weight > 0.0).then_some((language, weight))
    });
    // The first of equal weight wins, as the header's order tells.
    wanted
        .fold(None, |best: Option<(Language, f32)>, next| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            Some(_) | None => Some(next),
        })
        .map(|(language, _)| language)
}

/// Puts values into the places of a text: `{name}` becomes the value called `name`. Values are never read as text
/// with places of their own.
pub fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        let after = &rest[open + 1..];
        let Some(close) = after.find('}') else {
            rest = &rest[open..];
            break;
        };
        match values.iter().find(|(name, _)| *name == &after[..close]) {
            Some((_, value)) => filled.push_str(&value.to_string()),
            None => filled.push_str(&rest[open..open + close + 2]),
        }
        rest = &after[close + 1..];
    }
    filled.push_str(rest);
    filled
}

/// The text for one or for many, with `{n}` filled.
pub fn count(one: &str, many: &str, n: usize) -> String {
    fill(if n == 1 { one } else { many }, &[("n", &n)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> =
            text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn both_languages_say_everything_with_the_same_places() {
        for (key, zh, en) in Words::table() {
            assert!(!zh.trim().is_empty() && !en.trim().is_empty(), "{key} is empty in one language");
            assert_eq!(places(zh), places(en), "{key} has other places in zh than in en");
        }
    }

    #[test]
    fn chinese_is_written_in_chinese() {
        let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for (key, zh, en) in Words::table() {
            assert!(!han(en), "{key} has Chinese in its English text: {en}");
            let outside_places =
                en.split('{').map(|part| part.split_once('}').map_or(part, |(_, after)| after));
            let says_words = outside_places.flat_map(str::chars).any(|c| c.is_ascii_alphabetic());
            assert!(han(zh) || !says_words || key == "product", "{key} is not translated: {zh}");
        }
    }

    #[test]
    fn a_value_that_looks_like_a_place_stays_as_it_is() {
        assert_eq!(fill("{who} wrote {what}", &[("who", &"{what}"), ("what", &"x")]), "{what} wrote x");
        assert_eq!(fill("{unknown} and {", &[]), "{unknown} and {");
    }

    #[test]
    fn the_link_beats_the_cookie_and_the_cookie_beats_the_browser() {
        let browser = Some("fr, en;q=0.4, zh-CN;q=0.9");
        assert_eq!(Language::choose(Some("en"), Some("zh"), browser), Language::En);
        assert_eq!(Language::choose(None, Some("en"), browser), Language::En);
        assert_eq!(Language::choose(None, None, browser), Language::Zh);
        assert_eq!(Language::choose(Some("xx"), None, Some("de")), Language::En);
        assert_eq!(Language::choose(None, None, Some("zh;q=0, en-US")), Language::En);
    }
}
