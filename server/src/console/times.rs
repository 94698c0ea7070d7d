//! Times as people read them: how long ago, what o'clock, and the full moment with its zone.

use chrono::{DateTime, Datelike, FixedOffset, TimeZone, Timelike, Utc};

use super::Millis;
use super::words::{Language, Words, fill};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Reads moments for one person: in the site's zone, against one "now" for the whole page.
#[derive(Debug, Clone, Copy)]
pub struct Times<'w> {
    /// The words of the person's language.
    pub words: &'w Words,
    /// The moment the page was made.
    pub now: Millis,
    /// Minutes east of UTC of the site.
    pub offset_minutes: i32,
}

impl Times<'_> {
    fn local(&self, at: Millis) -> DateTime<FixedOffset> {
        let zone = FixedOffset::east_opt(self.offset_minutes * 60)
            .unwrap_or_else(|| FixedOffset::east_opt(0).expect("UTC"));
        let utc = Utc.timestamp_millis_opt(at).single().unwrap_or_default();
        utc.with_timezone(&zone)
    }

    /// A length of time in its two largest units: `47 s`, `12 min`, `1 h 05 min`, `3 d 4 h`.
    pub fn span(&self, length: Millis) -> String {
        let w = self.words;
        let length = length.abs();
        let put = |text: &str, a: i64, b: String| fill(text, &[("a", &a), ("b", &b)]);
        if length < MINUTE {
            put(w.span_seconds, length / 1000, String::new())
        } else if length < HOUR {
            put(w.span_minutes, length / MINUTE, String::new())
        } else if length < DAY {
            let minutes = length % HOUR / MINUTE;
            let text = if minutes == 0 { w.span_hours } else { w.span_hours_minutes };
            put(text, length / HOUR, format!("{minutes:02}"))
        } else {
            let hours = length % DAY / HOUR;
            let text = if hours == 0 { w.span_days } else { w.span_days_hours };
            put(text, length / DAY, hours.to_string())
        }
    }

    /// A length of time in its largest unit alone, where the rest would only be noise: `9 h`, `3 d`.
    pub fn about(&self, length: Millis) -> String {
        let unit = [DAY, HOUR, MINUTE].into_iter().find(|unit| length.abs() >= *unit).unwrap_or(1);
        self.span(length / unit * unit)
    }

    /// `12 min ago`; `just now` within a minute, and for a moment that claims to lie ahead.
    pub fn ago(&self, at: Millis) -> String {
        if self.now - at < MINUTE {
            return self.words.just_now.to_owned();
        }
        fill(self.words.ago, &[("span", &self.span(self.now - at))])
    }

    /// `02:14`, whatever the day.
    pub fn hour(&self, at: Millis) -> String {
        let local = self.local(at);
        format!("{:02}:{:02}", local.hour(), local.minute())
    }

    /// `02:14` on the day of the page, `20 Nov 02:14` on another.
    pub fn clock(&self, at: Millis) -> String {
        let local = self.local(at);
        let clock = self.hour(at);
        if local.date_naive() == self.local(self.now).date_naive() {
            clock
        } else {
            format!("{} {clock}", self.date(at))
        }
    }

    /// `20 Nov`, `11月20日`; with the year when it is another one.
    pub fn date(&self, at: Millis) -> String {
        let (local, now) = (self.local(at), self.local(self.now));
        let w = self.words;
        let text = if local.year() == now.year() { w.date } else { w.date_year };
        let month = match w.language {
            Language::En => MONTHS[local.month0() as usize].to_owned(),
            Language::Zh => local.month().to_string(),
        };
        fill(text, &[("day", &local.day()), ("month", &month), ("year", &local.year())])
    }

    /// A heading for a day: `Today`, `Yesterday`, `19 Nov`.
    pub fn day(&self, at: Millis) -> String {
        let days =
            self.local(self.now).date_naive().signed_duration_since(self.local(at).date_naive()).num_days();
        match days {
            0 => self.words.today.to_owned(),
            1 => self.words.yesterday.to_owned(),
            _ => self.date(at),
        }
    }

    /// The full moment with its zone, for a title or print: `2026-11-21 02:14:07 +08:00`.
    pub fn full(&self, at: Millis) -> String {
        self.local(at).format("%Y-%m-%d %H:%M:%S %:z").to_string()
    }

    /// For a machine: RFC 3339.
    pub fn iso(&self, at: Millis) -> String {
        self.local(at).to_rfc3339_opts(chrono::SecondsFormat::Secs, false)
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    // 2026-11-21 14:00:00 +08:00
    const NOW: Millis = 1_795_240_800_000;

    fn en() -> Times<'static> {
        Times { words: Language::En.words(), now: NOW, offset_minutes: 480 }
    }

    fn zh() -> Times<'static> {
        Times { words: Language::Zh.words(), ..en() }
    }

    #[test]
    fn a_span_names_its_two_largest_units() {
        assert_eq!(en().span(47_000), "47 s");
        assert_eq!(en().span(12 * MINUTE), "12 min");
        assert_eq!(en().span(HOUR + 5 * MINUTE), "1 h 05 min");
        assert_eq!(en().span(2 * HOUR), "2 h");
        assert_eq!(en().span(3 * DAY + 4 * HOUR), "3 d 4 h");
        assert_eq!(zh().span(HOUR + 5 * MINUTE), "1 小时 05 分钟");
    }

    #[test]
    fn about_keeps_the_largest_unit_alone() {
        assert_eq!(en().about(9 * HOUR + 4 * MINUTE), "9 h");
        assert_eq!(en().about(3 * DAY + 4 * HOUR), "3 d");
        assert_eq!(en().about(47_000), "47 s");
    }

    #[test]
    fn a_moment_that_claims_to_lie_ahead_is_just_now() {
        assert_eq!(en().ago(NOW + HOUR), "just now");
        assert_eq!(zh().ago(NOW - 12 * MINUTE), "12 分钟前");
    }

    #[test]
    fn the_day_changes_at_the_sites_midnight_not_at_utc() {
        let half_past_midnight = NOW - 13 * HOUR - 30 * MINUTE;
        assert_eq!(en().clock(half_past_midnight), "00:30");
        assert_eq!(en().clock(half_past_midnight - HOUR), "20 Nov 23:30");
        assert_eq!(zh().clock(half_past_midnight - HOUR), "11月20日 23:30");
        assert_eq!(en().day(half_past_midnight - HOUR), "Yesterday");
        assert_eq!(en().full(NOW), "2026-11-21 14:00:00 +08:00");
    }
}
