//! Our own tag's code: what is printed, scanned and typed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::check::{DATA_SYMBOLS, SYMBOLS, check_symbols};

/// Crockford's base32 alphabet: no I, L, O, U (<https://www.crockford.com/base32.html>).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Why a text is not one of our tag codes, or an address cannot be made from one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// Too few or too many symbols once spaces and hyphens are gone.
    #[error(
        "reading the tag code \"{seen}\": it has {symbols} characters, a tag has {SYMBOLS}; read it again from the label"
    )]
    WrongLength {
        /// The text as it came, at most 64 characters of it.
        seen: String,
        /// How many symbols were counted.
        symbols: usize,
    },
    /// A character that is in no tag.
    #[error(
        "reading the tag code \"{seen}\": '{character}' at place {place} is not in any tag; check that character on the label"
    )]
    WrongCharacter {
        /// The text as it came, at most 64 characters of it.
        seen: String,
        /// The character that is not in Crockford's alphabet.
        character: char,
        /// Where it stands, counted from 1.
        place: usize,
    },
    /// Eighteen good characters whose check does not hold: one or more of them are wrong.
    #[error(
        "reading the tag code \"{seen}\": its check characters do not fit, so at least one character is wrong; scan it again or report the tag as damaged"
    )]
    WrongCheck {
        /// The code in upper case, without spaces and hyphens.
        seen: String,
    },
    /// A tag host that cannot stand in a tag's address.
    #[error(
        "making a tag address for the host \"{host}\": {problem}; choose a short name of letters, digits, dots and hyphens"
    )]
    BadHost {
        /// The host as it was given.
        host: String,
        /// What is wrong with it.
        problem: HostProblem,
    },
}

/// What is wrong with a tag host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostProblem {
    /// Nothing was given.
    #[error("it is empty")]
    Empty,
    /// More characters than version 4 of the QR symbol has room for.
    #[error("it has more than {} characters", crate::url::LONGEST_HOST)]
    TooLong,
    /// A character that a host name may not have.
    #[error("it has a character that no host name has")]
    WrongCharacter,
}

/// Our own tag: 80 random bits as sixteen Crockford base32 symbols and two check symbols.
///
/// A value of this type always has a check that holds. Written in upper case without separators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TagCode([u8; SYMBOLS]);

impl TagCode {
    /// The tag with these random bits. The caller draws them: this crate has no randomness of its own.
    pub fn from_bits(bits: [u8; 10]) -> TagCode {
        let mut data = [0u8; DATA_SYMBOLS];
        for (five_bytes, eight_symbols) in bits.chunks_exact(5).zip(data.chunks_exact_mut(8)) {
            let word = five_bytes.iter().fold(0u64, |word, byte| (word << 8) | u64::from(*byte));
            for (place, symbol) in eight_symbols.iter_mut().enumerate() {
                *symbol = ((word >> (35 - 5 * place)) & 31) as u8;
            }
        }
        let check = check_symbols(&data);
        let mut text = [0u8; SYMBOLS];
        for (letter, value) in text.iter_mut().zip(data.iter().chain(&check)) {
            *letter = ALPHABET[usize::from(*value)];
        }
        TagCode(text)
    }

    /// The 80 random bits.
    pub fn bits(&self) -> [u8; 10] {
        let mut bits = [0u8; 10];
        for (eight_symbols, five_bytes) in
            self.0[..DATA_SYMBOLS].chunks_exact(8).zip(bits.chunks_exact_mut(5))
        {
            let word = eight_symbols
                .iter()
                .fold(0u64, |word, letter| (word << 5) | u64::from(value_of_letter(*letter)));
            five_bytes.copy_from_slice(&word.to_be_bytes()[3..]);
        }
        bits
    }

    /// The eighteen characters, upper case.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the alphabet is ASCII")
    }

    /// The code in groups, as a label shows it to people: `XXXX-XXXX-XXXX-XXXX-XX`.
    pub fn grouped(&self) -> String {
        let groups: Vec<&str> = self
            .0
            .chunks(4)
            .map(|group| std::str::from_utf8(group).expect("the alphabet is ASCII"))
            .collect();
        groups.join("-")
    }

    /// Reads a code that a person typed or a tag carries: lower case counts as upper, O as 0, I and L as 1,
    /// spaces and hyphens as nothing (Crockford's rules).
    ///
    /// # Errors
    /// [`TagError::WrongLength`], [`TagError::WrongCharacter`], and [`TagError::WrongCheck`] when one or two
    /// characters (or, 1023 times in 1024, more) are wrong.
    pub fn parse(text: &str) -> Result<TagCode, TagError> {
        let mut letters = Vec::with_capacity(SYMBOLS);
        let mut symbols = 0;
        for (at, character) in text.chars().enumerate() {
            if character == '-' || character == ' ' {
                continue;
            }
            symbols += 1;
            let Some(letter) = letter_of(character) else {
                return Err(TagError::WrongCharacter { seen: shortened(text), character, place: at + 1 });
            };
            if symbols <= SYMBOLS {
                letters.push(letter);
            }
        }
        let Ok(letters) = <[u8; SYMBOLS]>::try_from(letters) else {
            return Err(TagError::WrongLength { seen: shortened(text), symbols });
        };
        if symbols != SYMBOLS {
            return Err(TagError::WrongLength { seen: shortened(text), symbols });
        }
        let mut data = [0u8; DATA_SYMBOLS];
        for (value, letter) in data.iter_mut().zip(&letters) {
            *value = value_of_letter(*letter);
        }
        let code = TagCode(letters);
        let holds = check_symbols(&data)
            .iter()
            .zip(&letters[DATA_SYMBOLS..])
            .all(|(due, letter)| ALPHABET[usize::from(*due)] == *letter);
        if holds { Ok(code) } else { Err(TagError::WrongCheck { seen: code.as_str().to_owned() }) }
    }
}

/// The letter of the alphabet that a typed character stands for.
fn letter_of(character: char) -> Option<u8> {
    let upper = u8::try_from(character).ok()?.to_ascii_uppercase();
    let letter = match upper {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET.contains(&letter).then_some(letter)
}

/// The value of a letter that is known to be in the alphabet.
fn value_of_letter(letter: u8) -> u8 {
    let place = ALPHABET
        .iter()
        .position(|candidate| *candidate == letter)
        .expect("a code holds letters of its alphabet");
    u8::try_from(place).expect("the alphabet has 32 letters")
}

/// At most 64 characters of a text, for a message.
fn shortened(text: &str) -> String {
    if text.chars().count() <= 64 {
        return text.to_owned();
    }
    text.chars().take(63).chain(['…']).collect()
}

impl fmt::Display for TagCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TagCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TagCode({})", self.as_str())
    }
}

impl FromStr for TagCode {
    type Err = TagError;

    fn from_str(text: &str) -> Result<TagCode, TagError> {
        TagCode::parse(text)
    }
}

impl Serialize for TagCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TagCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<TagCode, D::Error> {
        let text = String::deserialize(deserializer)?;
        TagCode::parse(&text).map_err(serde::de::Error::custom)
    }
}
