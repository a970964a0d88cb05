//! Days and seconds as whole numbers.

use std::fmt;

use jiff::civil::Date;
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
    pub fn from_date(date: Date) -> Self {
        let days = date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
        Self(days as i32)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        assert_eq!(Day(0).to_string(), "1970-01-01");
        assert_eq!(Day(14_952).to_string(), "2010-12-09");
        for day in [-400_000, -1, 0, 14_952, 2_000_000] {
            assert_eq!(Day::from_date(Day(day).date()), Day(day));
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
}
