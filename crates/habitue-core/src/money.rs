//! Money as a whole number, so that sums are exact in any order.

use std::borrow::Cow;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An amount of money in 1/10,000 of the currency unit.
///
/// Sums are exact: no order of adding, no number of threads and no split of the input can change a total.
/// The range is ±922 trillion currency units. Written and serialised as a decimal string with at least two decimals.
///
/// ```
/// use habitue_core::Money;
/// assert_eq!((Money::from_units(2) + Money(5_500)).to_string(), "2.55");
/// assert_eq!(Money(-8_300_065_8140).to_string(), "-8300065.814");
/// assert_eq!("2.5".parse::<Money>(), Ok(Money(25_000)));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub i64);

impl Money {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// Parts of one currency unit.
    pub const SCALE: i64 = 10_000;

    /// Whole currency units.
    pub const fn from_units(units: i64) -> Self {
        Self(units * Self::SCALE)
    }

    /// The nearest float, for statistics and charts; never for totals.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / Self::SCALE as f64
    }

    /// The amount without its sign.
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (units, parts) = (magnitude / Self::SCALE as u64, magnitude % Self::SCALE as u64);
        if self.0 < 0 {
            f.write_str("-")?;
        }
        match parts {
            p if p % 100 == 0 => write!(f, "{units}.{:02}", p / 100),
            p if p % 10 == 0 => write!(f, "{units}.{:03}", p / 10),
            p => write!(f, "{units}.{p:04}"),
        }
    }
}

/// The text is not a decimal number with at most four decimals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an amount of money")]
pub struct ParseMoneyError(pub String);

impl std::str::FromStr for Money {
    type Err = ParseMoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseMoneyError(text.to_owned());
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (units, parts) = digits.split_once('.').unwrap_or((digits, ""));
        let only_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if units.is_empty() || parts.len() > 4 || !only_digits(units) || !only_digits(parts) {
            return Err(error());
        }
        let units: i64 = units.parse().map_err(|_| error())?;
        let parts: i64 = format!("{parts:0<4}").parse().map_err(|_| error())?;
        let value = units.checked_mul(Self::SCALE).and_then(|v| v.checked_add(parts)).ok_or_else(error)?;
        Ok(Self(if negative { -value } else { value }))
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

impl JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "description": "An amount of money, exact, as a decimal number.", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["1234.5"]})
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_survives_its_text() {
        for value in [0, 1, -1, 25_500, 999_999, -10_000, 83_000_658_140, i64::MAX] {
            assert_eq!(Money(value).to_string().parse(), Ok(Money(value)));
        }
    }

    #[test]
    fn text_that_is_no_amount_is_refused() {
        for text in ["", "-", ".5", "1.23456", "1e3", "12a", "99999999999999999999"] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
    }
}
