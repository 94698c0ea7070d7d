//! Search by words in Chinese and English.
//!
//! The tokenizers that `SQLite` ships find nothing for 水泵 inside 循环水泵, so Han text is split here into single
//! characters and pairs before it is written. A query's Han text becomes pairs (one character alone stays one),
//! its other words become prefixes; all must be there.

use rounds_model::things::{Asset, Location, Order};
use rounds_model::{DocRef, Document, Kind};
use rusqlite::{Connection, params};

use crate::error::Fault;
use crate::store::doc_at;

/// More hits than this are cut off before they are ranked.
const CAP: i64 = 500;

/// What a query asks of a document's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Term {
    /// A word that begins with this.
    Prefix(String),
    /// Just this token: a Han character or a pair of them.
    Token(String),
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Runs of Han characters and other words, in lower case.
fn runs(text: &str) -> Vec<(bool, String)> {
    let mut found: Vec<(bool, String)> = Vec::new();
    let mut last = None;
    for c in text.chars() {
        let kind = if is_han(c) {
            Some(true)
        } else if c.is_alphanumeric() {
            Some(false)
        } else {
            None
        };
        match (kind, last, found.last_mut()) {
            (Some(kind), Some(before), Some((_, run))) if kind == before => run.extend(c.to_lowercase()),
            (Some(kind), _, _) => found.push((kind, c.to_lowercase().collect())),
            (None, _, _) => {}
        }
        last = kind;
    }
    found
}

/// The tokens a document is found by.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for (han, run) in runs(text) {
        if han {
            let chars: Vec<char> = run.chars().collect();
            tokens.extend(chars.iter().map(char::to_string));
            tokens.extend(chars.windows(2).map(|pair| pair.iter().collect::<String>()));
        } else {
            tokens.push(run);
        }
    }
    tokens
}

/// What a query asks for; empty for a query without words.
pub(crate) fn terms(query: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    for (han, run) in runs(query) {
        let chars: Vec<char> = run.chars().collect();
        if !han {
            terms.push(Term::Prefix(run));
        } else if let [one] = chars.as_slice() {
            terms.push(Term::Token(one.to_string()));
        } else {
            terms.extend(chars.windows(2).map(|pair| Term::Token(pair.iter().collect())));
        }
    }
    terms
}

/// Whether tokens answer all terms.
pub(crate) fn answers(tokens: &[String], terms: &[Term]) -> bool {
    terms.iter().all(|term| match term {
        Term::Prefix(prefix) => tokens.iter().any(|t| t.starts_with(prefix.as_str())),
        Term::Token(token) => tokens.iter().any(|t| t == token),
    })
}

/// The words of a document that can be searched for; none for kinds that are not looked for by words.
pub(crate) fn words(document: &Document) -> Option<String> {
    match &document.doc.kind {
        Kind::Asset => document.read::<Asset>().ok().map(|a| {
            [&a.code, &a.name.zh, &a.name.en, &a.class, &a.make, &a.model, &a.serial]
                .map(String::as_str)
                .join(" · ")
        }),
        Kind::Location => {
            document.read::<Location>().ok().map(|l| [l.code, l.name.zh, l.name.en].join(" · "))
        }
        Kind::Order => document.read::<Order>().ok().map(|o| [o.number, o.title].join(" · ")),
        Kind::Site
        | Kind::Tag
        | Kind::Person
        | Kind::Device
        | Kind::Evidence
        | Kind::Entry
        | Kind::Other(_) => None,
    }
}

/// Writes the words of a base document.
pub(crate) fn index(db: &Connection, n: i64, document: &Document) -> Result<(), Fault> {
    let Some(words) = words(document) else { return Ok(()) };
    forget(db, n)?;
    db.prepare_cached("INSERT INTO search (rowid, words) VALUES (?1, ?2)")?
        .execute(params![n, tokens(&words).join(" ")])?;
    Ok(())
}

/// Takes the words of a base document out.
pub(crate) fn forget(db: &Connection, n: i64) -> Result<(), Fault> {
    db.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([n])?;
    Ok(())
}

/// Base documents that answer all terms and have no overlay, in no particular order.
pub(crate) fn in_base(db: &Connection, terms: &[Term]) -> Result<Vec<DocRef>, Fault> {
    let matching = terms
        .iter()
        .map(|term| match term {
            // Tokens hold letters and digits only, so nothing needs escaping inside the quotes.
            Term::Prefix(prefix) => format!("\"{prefix}\"*"),
            Term::Token(token) => format!("\"{token}\""),
        })
        .collect::<Vec<_>>()
        .join(" AND ");
    let mut query = db.prepare_cached(
        "SELECT b.kind, b.id FROM (SELECT rowid FROM search WHERE search MATCH ?1 LIMIT ?2) AS s
         JOIN base AS b ON b.n = s.rowid
         WHERE NOT EXISTS (SELECT 1 FROM overlay AS o WHERE o.kind = b.kind AND o.id = b.id)",
    )?;
    let rows = query.query_map(params![matching, CAP], |row| doc_at(row, 0, 1))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(text: &str, query: &str) -> bool {
        answers(&tokens(text), &terms(query))
    }

    #[test]
    fn han_text_is_found_by_one_character_by_a_pair_and_by_more() {
        for query in ["泵", "水泵", "循环水泵", "环水泵"] {
            assert!(finds("P-101 · 循环水泵 · circulating pump", query), "{query}");
        }
        assert!(!finds("循环水泵", "泵水"));
    }

    #[test]
    fn other_words_are_found_by_their_beginning_in_any_case_and_mixed_with_han() {
        for query in ["circ", "PUMP", "p-10", "水泵 circ", "101"] {
            assert!(finds("P-101 · 循环水泵 · Circulating Pump", query), "{query}");
        }
        assert!(!finds("P-101 · Circulating Pump", "ump"));
    }
}
