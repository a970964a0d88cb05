//! Dates and times as people and programs write them.

use habitue_core::time::{DAY_SECONDS, Day, Timestamp};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Which comes first in dates such as 03/04/2011.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DayMonth {
    /// Day first: 3 April.
    Dmy,
    /// Month first: March 4th.
    Mdy,
}

/// How a bare number is read as a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberMeaning {
    /// `20101201`.
    Compact,
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMillis,
    /// Days since 1899-12-30, as spreadsheets count.
    ExcelSerial,
}

/// What text says about when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// One moment, however it is read.
    Certain(Timestamp),
    /// Two short numbers and a year: a moment for each order, where that order makes a date.
    Either { dmy: Option<Timestamp>, mdy: Option<Timestamp> },
}

impl Reading {
    /// The moment under a decision on the order of day and month.
    pub(crate) fn resolve(self, order: Option<DayMonth>) -> Option<Timestamp> {
        match (self, order) {
            (Self::Certain(moment), _) => Some(moment),
            (Self::Either { dmy, .. }, Some(DayMonth::Dmy)) => dmy,
            (Self::Either { mdy, .. }, Some(DayMonth::Mdy)) => mdy,
            (Self::Either { dmy, mdy }, None) => match (dmy, mdy) {
                (Some(a), Some(b)) if a == b => Some(a),
                (Some(only), None) | (None, Some(only)) => Some(only),
                _ => None,
            },
        }
    }
}

/// What a whole number of this size means as a moment, if anything.
pub(crate) fn meaning_of_number(value: f64) -> Option<NumberMeaning> {
    let whole = value.fract().abs() < f64::EPSILON;
    match value {
        v if whole && (19_000_101.0..=21_001_231.0).contains(&v) => {
            compact(v as i64).map(|_| NumberMeaning::Compact)
        }
        v if (20_000.0..80_000.0).contains(&v) => Some(NumberMeaning::ExcelSerial),
        v if (3e8..5e9).contains(&v) => Some(NumberMeaning::EpochSeconds),
        v if (3e11..5e12).contains(&v) => Some(NumberMeaning::EpochMillis),
        _ => None,
    }
}

/// The moment that a number stands for.
pub(crate) fn from_number(value: f64) -> Option<Timestamp> {
    Some(match meaning_of_number(value)? {
        NumberMeaning::Compact => compact(value as i64)?.start(),
        NumberMeaning::EpochSeconds => Timestamp(value.floor() as i64),
        NumberMeaning::EpochMillis => Timestamp((value / 1000.0).floor() as i64),
        NumberMeaning::ExcelSerial => excel(value),
    })
}

/// The moment of a spreadsheet's day number, to the nearest second.
pub(crate) fn excel(serial: f64) -> Timestamp {
    const EXCEL_EPOCH: i64 = 25_569;
    Timestamp(((serial - EXCEL_EPOCH as f64) * DAY_SECONDS as f64).round() as i64)
}

fn compact(value: i64) -> Option<Day> {
    day(value / 10_000, value / 100 % 100, value % 100)
}

fn day(year: i64, month: i64, day: i64) -> Option<Day> {
    if !(1..=9999).contains(&year) {
        return None;
    }
    Date::new(year as i16, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().map(Day::from_date)
}

/// Reads a date with or without time and zone. A time with a zone is moved to UTC; one without stays as it is.
pub(crate) fn parse(text: &str) -> Option<Reading> {
    let text = text.trim();
    if let Some(time) = iso(text.as_bytes()) {
        return Some(Reading::Certain(time));
    }
    parse_any(text)
}

/// `2011-12-09 08:26:00`, with a blank or a `T`, and nothing else: what programs write, and most files hold.
pub(crate) fn iso(text: &[u8]) -> Option<Timestamp> {
    let text: &[u8; 19] = text.try_into().ok()?;
    if ![(4, b'-'), (7, b'-'), (13, b':'), (16, b':')].iter().all(|&(at, sign)| text[at] == sign)
        || !matches!(text[10], b' ' | b'T')
    {
        return None;
    }
    let mut is_number = true;
    let mut two = |at: usize| {
        let [tens, ones] = [text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0')];
        is_number &= (tens < 10) & (ones < 10);
        i64::from(tens) * 10 + i64::from(ones)
    };
    let (century, year, month, day) = (two(0), two(2), two(5), two(8));
    let (hour, minute, second) = (two(11), two(14), two(17));
    if !is_number || hour >= 24 || minute >= 60 || second >= 60 {
        return None;
    }
    let date = Date::new((century * 100 + year) as i16, month as i8, day as i8).ok()?;
    Some(Timestamp(Day::from_date(date).start().0 + (hour * 60 + minute) * 60 + second))
}

/// Any other form.
fn parse_any(text: &str) -> Option<Reading> {
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !dotted(text) {
        return from_number(text.parse().ok()?).map(Reading::Certain);
    }
    let (date, rest) = split_date(text)?;
    let seconds = time_of_day(rest.trim())?;
    let at = |day: Day| Timestamp(day.start().0 + seconds);
    let parts = DateParts::split(date)?;
    Some(match parts.days()? {
        Days::Certain(day) => Reading::Certain(at(day)),
        Days::Either { dmy, mdy } => Reading::Either { dmy: dmy.map(at), mdy: mdy.map(at) },
    })
}

/// Whether digits and points are a date (`01.12.2010`) and no number.
fn dotted(text: &str) -> bool {
    text.bytes().filter(|&b| b == b'.').count() == 2
}

/// Parts the date from the time: at a `T`, or at the first blank before something with a colon.
fn split_date(text: &str) -> Option<(&str, &str)> {
    let colon = text.find(':').unwrap_or(text.len());
    let separator = |c: char| c.is_whitespace() || c == 'T' || c == 't';
    let cut = text[..colon].char_indices().rev().find(|(i, c)| {
        separator(*c)
            && text[i + c.len_utf8()..].starts_with(|d: char| d.is_ascii_digit())
            && text[..*i].ends_with(|d: char| d.is_alphanumeric() || d == ',')
    });
    match cut {
        Some((i, c)) if colon < text.len() => Some((&text[..i], &text[i + c.len_utf8()..])),
        _ if colon < text.len() => None,
        _ => Some((text, "")),
    }
}

/// Seconds from midnight, moved by the zone if there is one: `8:26`, `08:26:00.123`, `8:26 PM`, `08:34:00-08:00`, `08:26 UTC`.
fn time_of_day(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(text.len());
    let (clock, mut zone) = (&text[..end], text[end..].trim());
    let mut parts = clock.split(':');
    let hour: i64 = parts.next()?.parse().ok()?;
    let minute: i64 = parts.next()?.parse().ok()?;
    let second: f64 = parts.next().map_or(Some(0.0), |s| s.parse().ok())?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second >= 61.0 {
        return None;
    }
    let mut hour = hour;
    for (half, add) in [("AM", 0), ("PM", 12)] {
        if zone.len() >= 2 && zone.is_char_boundary(2) && zone[..2].eq_ignore_ascii_case(half) {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + add;
            zone = zone[2..].trim();
        }
    }
    Some(hour * 3600 + minute * 60 + second.floor() as i64 - offset_seconds(zone)?)
}

/// Seconds that a zone is ahead of UTC: `Z`, `UTC`, `+01:00`, `+0100`, `-08`.
fn offset_seconds(zone: &str) -> Option<i64> {
    if zone.is_empty() || ["z", "utc", "gmt"].iter().any(|u| zone.eq_ignore_ascii_case(u)) {
        return Some(0);
    }
    let sign = match zone.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = zone[1..].chars().filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i64 = digits[..2].parse().ok()?;
    let minutes: i64 = if digits.len() == 4 { digits[2..].parse().ok()? } else { 0 };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// The parts of a date as written.
struct DateParts<'a> {
    parts: [&'a str; 3],
    dotted: bool,
}

enum Days {
    Certain(Day),
    Either { dmy: Option<Day>, mdy: Option<Day> },
}

impl<'a> DateParts<'a> {
    fn split(date: &'a str) -> Option<Self> {
        if date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit()) {
            return Some(Self { parts: [&date[..4], &date[4..6], &date[6..]], dotted: false });
        }
        let mut parts = [""; 3];
        let mut n = 0;
        for part in date.split(|c: char| matches!(c, '-' | '/' | '.' | ',') || c.is_whitespace()) {
            if part.is_empty() {
                continue;
            }
            *parts.get_mut(n)? = part;
            n += 1;
        }
        (n == 3).then_some(Self { parts, dotted: date.contains('.') && !date.contains('/') })
    }

    fn days(&self) -> Option<Days> {
        let [a, b, c] = self.parts;
        let number = |s: &str| {
            (s.len() <= 4 && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<i64>().ok()).flatten()
        };
        if let Some(month) = month_name(a) {
            return day(year(c)?, month, number(b.trim_end_matches(char::is_alphabetic))?).map(Days::Certain);
        }
        if let Some(month) = month_name(b) {
            let (first, last) = if a.len() == 4 { (c, a) } else { (a, c) };
            return day(year(last)?, month, number(first.trim_end_matches(char::is_alphabetic))?)
                .map(Days::Certain);
        }
        let (x, y) = (number(a)?, number(b)?);
        if a.len() == 4 {
            return day(x, y, number(c)?).map(Days::Certain);
        }
        let year = year(c)?;
        let (dmy, mdy) = (day(year, y, x), day(year, x, y));
        if self.dotted {
            return dmy.map(Days::Certain);
        }
        if dmy.is_none() && mdy.is_none() {
            return None;
        }
        Some(Days::Either { dmy, mdy })
    }
}

/// A year of four digits, or of two: 70 to 99 are 19xx.
fn year(text: &str) -> Option<i64> {
    let value: i64 = text.parse().ok()?;
    match text.len() {
        4 => Some(value),
        2 => Some(if value >= 70 { 1900 + value } else { 2000 + value }),
        _ => None,
    }
}

fn month_name(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = text.get(..3)?.to_ascii_lowercase();
    let index = MONTHS.iter().position(|m| *m == start)?;
    text.bytes().all(|b| b.is_ascii_alphabetic()).then_some(index as i64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_programs_write_is_read_as_any_other_form_is(
            text in "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9][ T][0-2][0-9]:[0-6][0-9]:[0-6][0-9]",
        ) {
            if let Some(time) = super::iso(text.as_bytes()) {
                proptest::prop_assert_eq!(parse_any(&text), Some(Reading::Certain(time)));
            } else {
                proptest::prop_assert!(text[11..13] > *"23" || text[14..] > *"59" || text[17..] > *"59" || parse_any(&text).is_none());
            }
        }
    }

    fn iso(timestamp: Timestamp) -> String {
        let seconds = timestamp.0.rem_euclid(DAY_SECONDS);
        format!("{} {:02}:{:02}:{:02}", timestamp.day(), seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    fn certain(text: &str) -> Option<String> {
        match parse(text)? {
            Reading::Certain(moment) => Some(iso(moment)),
            Reading::Either { .. } => None,
        }
    }

    #[test]
    fn dates_that_can_be_read_in_one_way_only() {
        let cases = [
            ("2010-12-01 08:26:00", "2010-12-01 08:26:00"),
            ("2010-12-01T08:26:00Z", "2010-12-01 08:26:00"),
            ("2010-12-02T08:28:00+05:30", "2010-12-02 02:58:00"),
            ("2010-12-01T20:34:00-08:00", "2010-12-02 04:34:00"),
            ("2019-10-01 00:00:00 UTC", "2019-10-01 00:00:00"),
            ("2021-03-04 10:11:12 +0100", "2021-03-04 09:11:12"),
            ("2010-12-01", "2010-12-01 00:00:00"),
            ("2010/12/01 8:26", "2010-12-01 08:26:00"),
            ("2010-12-01 08:26:00.123456", "2010-12-01 08:26:00"),
            ("19970101", "1997-01-01 00:00:00"),
            ("20101201", "2010-12-01 00:00:00"),
            ("01.12.2010", "2010-12-01 00:00:00"),
            ("01.12.2010 08:26", "2010-12-01 08:26:00"),
            ("Dec 02, 2010", "2010-12-02 00:00:00"),
            ("December 2nd, 2010", "2010-12-02 00:00:00"),
            ("02-Dec-10", "2010-12-02 00:00:00"),
            ("2 Dec 2010 1:05 PM", "2010-12-02 13:05:00"),
            ("1291191960", "2010-12-01 08:26:00"),
            ("1291191960000", "2010-12-01 08:26:00"),
            ("40513.35138888889", "2010-12-01 08:26:00"),
            ("1/12/2010 12:00 AM", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(certain(text).as_deref(), Some(expected).filter(|e| !e.is_empty()), "{text}");
        }
    }

    #[test]
    fn short_dates_have_two_readings_until_the_column_decides() {
        let both = parse("3/4/2011 8:26").unwrap();
        assert_eq!(both.resolve(None), None);
        assert_eq!(both.resolve(Some(DayMonth::Dmy)).map(iso).unwrap(), "2011-04-03 08:26:00");
        assert_eq!(both.resolve(Some(DayMonth::Mdy)).map(iso).unwrap(), "2011-03-04 08:26:00");
        let one = parse("21-07-2015").unwrap();
        assert_eq!(one.resolve(Some(DayMonth::Mdy)), None);
        assert_eq!(one.resolve(None).map(iso).unwrap(), "2015-07-21 00:00:00");
        assert_eq!(parse("5/5/11").unwrap().resolve(None).map(iso).unwrap(), "2011-05-05 00:00:00");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "yesterday",
            "2010-02-30",
            "0000-00-00 00:00:00",
            "2010-12-01 25:61",
            "2010-12",
            "13/13/2010",
            "536365",
            "17.5",
            "12:30",
            "85123A",
            "2010-12-01 8h",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
