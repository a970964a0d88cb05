//! Days and seconds as whole numbers.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Seconds in a day.
pub const DAY_SECONDS: i64 = 86_400;

/// A moment: seconds since 1970-01-01 00:00 on the shop's own clock (or UTC where the data carry a zone).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The day that the moment falls on.
    pub fn day(self) -> Day {
        Day(self.0.div_euclid(DAY_SECONDS) as i32)
    }

    /// The hour of the day, 0 to 23.
    pub fn hour(self) -> u8 {
        (self.0.rem_euclid(DAY_SECONDS) / 3600) as u8
    }
}

/// A calendar day: days since 1970-01-01. Written and serialised as `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// The day's first moment.
    pub fn start(self) -> Timestamp {
        Timestamp(i64::from(self.0) * DAY_SECONDS)
    }

    /// The calendar date (years −9999 to 9999; days beyond are clamped).
    pub fn date(self) -> Date {
        let span = jiff::Span::new().days(i64::from(self.0).clamp(-4_371_587, 2_932_896));
        Date::constant(1970, 1, 1).saturating_add(span)
    }

    /// The day of a calendar date.
    ///
    /// The inverse of [`Month::of`] (Hinnant 2013, `days_from_civil`), so that it may be asked of every order.
    pub fn from_date(date: Date) -> Self {
        let from_march = (i32::from(date.month()) + 9) % 12;
        let year = i32::from(date.year()) - i32::from(date.month() <= 2);
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * from_march + 2) / 5 + i32::from(date.day()) - 1;
        Self(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }

    /// The day of the week, 0 for Monday to 6 for Sunday.
    pub fn weekday(self) -> u8 {
        (i64::from(self.0) + 3).rem_euclid(7) as u8
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date())
    }
}

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "A calendar day.", "pattern": r"^-?[0-9]{4,6}-[0-9]{2}-[0-9]{2}$", "examples": ["2011-12-09"]})
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse::<Date>().map(Self::from_date).map_err(de::Error::custom)
    }
}

/// A calendar month as one number: `12 · year + month − 1`. Written and serialised as `YYYY-MM`.
///
/// ```
/// use habitue_core::time::{Day, Month};
/// let march = Month::of(Day(15_050));
/// assert_eq!((march.to_string().as_str(), march.first_day().to_string().as_str()), ("2011-03", "2011-03-01"));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub i32);

impl Month {
    /// The month that a day falls in (days beyond the years −9999 to 9999 are clamped, as in [`Day::date`]).
    ///
    /// By arithmetic on years that begin with March (Neri & Schneider 2023, "Euclidean affine functions and their
    /// application to calendar algorithms"): a few multiplications, so that it may be asked of every order.
    pub fn of(day: Day) -> Self {
        // Counted from a March far enough back that nothing is negative.
        const ERAS_BEFORE: i32 = 26;
        let since_start = (day.0.clamp(-4_371_587, 2_932_896) + 719_468 + ERAS_BEFORE * 146_097) as u32;
        let quarters = 4 * since_start + 3;
        let (century, of_century) = (quarters / 146_097, quarters % 146_097 / 4);
        let scaled = 2_939_745 * u64::from(4 * of_century + 3);
        let (year, of_year) = ((scaled >> 32) as u32, scaled as u32 / 2_939_745 / 4);
        let month = (2_141 * of_year + 197_913) >> 16;
        // March is 3 and February 14, so that the months of a year run on without a leap in between.
        Self((12 * (100 * century + year) + month) as i32 - 1 - ERAS_BEFORE * 400 * 12)
    }

    /// Its first day.
    pub fn first_day(self) -> Day {
        let (year, month) = (self.0.div_euclid(12).clamp(-9999, 9999), self.0.rem_euclid(12) + 1);
        Day::from_date(Date::constant(year as i16, month as i8, 1))
    }

    /// Its last day.
    pub fn last_day(self) -> Day {
        Day(Self(self.0 + 1).first_day().0 - 1)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

impl JsonSchema for Month {
    fn schema_name() -> Cow<'static, str> {
        "Month".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "A calendar month.", "pattern": r"^-?[0-9]{4,6}-[0-9]{2}$", "examples": ["2011-12"]})
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = text.rsplit_once('-').and_then(|(year, month)| {
            let (year, month) = (year.parse::<i32>().ok()?, month.parse::<i32>().ok()?);
            ((-9999..=9999).contains(&year) && (1..=12).contains(&month)).then_some(12 * year + month - 1)
        });
        number.map(Self).ok_or_else(|| de::Error::custom(format!("{text:?} is not a month such as 2011-03")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        assert_eq!(Day(0).to_string(), "1970-01-01");
        assert_eq!(Day(14_952).to_string(), "2010-12-09");
        for day in (-4_371_587..2_932_896).step_by(13).chain(-800..800).chain([-4_371_587, 14_952, 2_932_896])
        {
            let date = Day(day).date();
            assert_eq!(Day::from_date(date), Day(day));
            assert_eq!(date.duration_since(Date::constant(1970, 1, 1)).as_hours(), i64::from(day) * 24);
        }
    }

    #[test]
    fn a_moment_before_1970_belongs_to_the_day_before() {
        assert_eq!(Timestamp(-1).day(), Day(-1));
        assert_eq!(Timestamp(-1).hour(), 23);
    }

    #[test]
    fn the_first_of_january_1970_was_a_thursday() {
        assert_eq!(Day(0).weekday(), 3);
        assert_eq!(Day(-3).weekday(), 0);
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        for day in (-4_371_587..2_932_896).step_by(17).chain(-800..800).chain([-4_371_587, 2_932_896]) {
            let date = Day(day).date();
            let month = Month::of(Day(day));
            assert_eq!(month.0, i32::from(date.year()) * 12 + i32::from(date.month()) - 1, "{date}");
        }
        assert_eq!(Month::of(Day(i32::MAX)), Month::of(Day(2_932_896)));
    }

    #[test]
    fn a_month_has_a_first_and_a_last_day_and_survives_its_text() {
        let february = Month(12 * 2024 + 1);
        assert_eq!(
            (february.first_day().to_string(), february.last_day().to_string()),
            ("2024-02-01".to_owned(), "2024-02-29".to_owned())
        );
        for month in [february, Month(0), Month(-7), Month(12 * 9999)] {
            let text = serde_json::to_string(&month).unwrap();
            assert_eq!(serde_json::from_str::<Month>(&text).unwrap(), month, "{text}");
        }
        assert!(serde_json::from_str::<Month>("\"2024-13\"").is_err());
    }
}
