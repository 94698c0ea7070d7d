//! Times in words.

/// A moment in UTC, to the minute.
pub(crate) fn moment(ms: i64) -> String {
    let minutes = ms.div_euclid(60_000);
    let (days, of_day) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", of_day / 60, of_day % 60)
}

/// The civil date of a day counted from 1970-01-01 (proleptic Gregorian; eras of 400 years begin in March).
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A span in its largest unit.
pub(crate) fn ago(ms: i64) -> String {
    match ms / 1000 {
        s @ ..60 => format!("{s} s"),
        s @ 60..3600 => format!("{} min", s / 60),
        s @ 3600..86_400 => format!("{} h", s / 3600),
        s => format!("{} days", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_civil_dates_also_around_leap_days() {
        assert_eq!(moment(0), "1970-01-01 00:00 UTC");
        assert_eq!(moment(1_709_164_800_000), "2024-02-29 00:00 UTC");
        assert_eq!(moment(1_709_251_199_000), "2024-02-29 23:59 UTC");
        assert_eq!(moment(1_773_446_400_000), "2026-03-14 00:00 UTC");
    }
}
