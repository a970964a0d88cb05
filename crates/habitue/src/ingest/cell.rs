//! One cell of a source, in whatever type the source holds it.

use habitue_core::time::{DAY_SECONDS, Timestamp};

use super::moment::{self, DayMonth, Reading};
use super::number::{self, Decimal, NumberError, Parsed};

/// A cell as it stands in the source: text in text files, typed in Parquet, Excel and JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Nothing.
    Empty,
    /// Text without blanks around it.
    Text(&'a str),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A moment.
    Time(Timestamp),
}

/// A cell that outlives its source: samples and small sheets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OwnedCell {
    Empty,
    Text(String),
    Int(i64),
    Float(f64),
    Time(Timestamp),
}

impl OwnedCell {
    pub(crate) fn borrow(&self) -> Cell<'_> {
        match self {
            Self::Empty => Cell::Empty,
            Self::Text(text) => Cell::text(text),
            Self::Int(value) => Cell::Int(*value),
            Self::Float(value) => Cell::Float(*value),
            Self::Time(value) => Cell::Time(*value),
        }
    }
}

impl From<Cell<'_>> for OwnedCell {
    fn from(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Empty => Self::Empty,
            Cell::Text(text) => Self::Text(text.to_owned()),
            Cell::Int(value) => Self::Int(value),
            Cell::Float(value) => Self::Float(value),
            Cell::Time(value) => Self::Time(value),
        }
    }
}

/// A value of a list that many rows share: equal only to itself, as long as its rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shared {
    /// Which list.
    pub(crate) list: usize,
    /// Which value of it.
    pub(crate) index: usize,
}

/// What was done to an id so that it names the same customer everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdNote {
    /// Taken as it is.
    AsIs,
    /// `17850.0` became `17850`.
    Float,
    /// `1.785E+04`: kept, but digits are lost for good.
    Scientific,
}

impl<'a> Cell<'a> {
    /// Text without the blanks around it; nothing if nothing is left.
    pub(crate) fn text(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let padded = bytes.first().is_some_and(|b| *b <= b' ' || *b >= 0x80)
            || bytes.last().is_some_and(|b| *b <= b' ' || *b >= 0x80);
        let trimmed =
            if padded { text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}') } else { text };
        if trimmed.is_empty() { Self::Empty } else { Self::Text(trimmed) }
    }

    /// Whether the cell says that there is nothing: empty, or a word for nothing.
    pub(crate) fn is_nothing(self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => is_null_word(text),
            Self::Float(value) => value.is_nan(),
            Self::Int(_) | Self::Time(_) => false,
        }
    }

    /// Writes the cell as an id: the file's own digits, `17850.0` as `17850`. False if there is no id.
    pub(crate) fn write_id(self, id: &mut String) -> Option<IdNote> {
        id.clear();
        match self {
            Self::Empty => None,
            Self::Text(text) if is_null_word(text) => None,
            Self::Text(text) => {
                let (whole, note) = strip_float(text);
                id.push_str(whole);
                Some(note)
            }
            Self::Int(value) => {
                id.push_str(itoa::Buffer::new().format(value));
                Some(IdNote::AsIs)
            }
            Self::Float(value) if !value.is_finite() => None,
            Self::Float(value) if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 => {
                id.push_str(itoa::Buffer::new().format(value as i64));
                Some(IdNote::Float)
            }
            Self::Float(value) => {
                id.push_str(&value.to_string());
                Some(IdNote::Float)
            }
            Self::Time(value) => {
                id.push_str(&value.day().to_string());
                Some(IdNote::AsIs)
            }
        }
    }

    /// The cell as a number; `Ok(None)` if there is nothing in it.
    pub(crate) fn number(self, comma: bool) -> Result<Option<Parsed<'a>>, NumberError> {
        let value = match self {
            Self::Empty => return Ok(None),
            Self::Text(text) => {
                return match number::parse(text, comma) {
                    Ok(parsed) => Ok(Some(parsed)),
                    Err(_) if is_null_word(text) => Ok(None),
                    Err(error) => Err(error),
                };
            }
            Self::Int(value) => Decimal::from_int(value),
            Self::Float(value) if value.is_nan() => return Ok(None),
            Self::Float(value) => Decimal::from_float(value)?,
            Self::Time(_) => return Err(NumberError::NotANumber),
        };
        Ok(Some(Parsed { value, currency: "" }))
    }

    /// The cell as a plain float, for tables of customers; `None` if it is no number.
    pub(crate) fn float(self, comma: bool) -> Option<f64> {
        match self {
            Self::Int(value) => Some(value as f64),
            Self::Float(value) => Some(value),
            Self::Text(text)
                if !comma
                    && text
                        .bytes()
                        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E')) =>
            {
                text.parse().ok()
            }
            Self::Text(text) => {
                number::parse(text, comma).ok().and_then(|p| p.value.money()).map(habitue_core::Money::to_f64)
            }
            Self::Empty | Self::Time(_) => None,
        }
    }

    /// What the cell says about when.
    pub(crate) fn reading(self) -> Option<Reading> {
        match self {
            Self::Empty => None,
            Self::Text(text) => moment::parse(text),
            Self::Int(value) => moment::from_number(value as f64).map(Reading::Certain),
            Self::Float(value) => moment::from_number(value).map(Reading::Certain),
            Self::Time(value) => Some(Reading::Certain(value)),
        }
    }

    /// The moment, under a decision on the order of day and month.
    pub(crate) fn moment(self, order: Option<DayMonth>) -> Option<Timestamp> {
        self.reading()?.resolve(order)
    }

    /// The cell as text for people: what `rejects.csv` shows.
    pub(crate) fn write_text(self, text: &mut String) {
        use std::fmt::Write;
        let written = match self {
            Self::Empty => Ok(()),
            Self::Text(value) => {
                text.push_str(value);
                Ok(())
            }
            Self::Int(value) => {
                text.push_str(itoa::Buffer::new().format(value));
                Ok(())
            }
            Self::Float(value) => match Decimal::of_four_decimals(value) {
                Some(decimal) if value != 0.0 => {
                    decimal.write_text(text);
                    Ok(())
                }
                _ => write!(text, "{value}"),
            },
            Self::Time(value) => {
                let (date, seconds) = (value.day().date(), value.0.rem_euclid(DAY_SECONDS));
                if let Ok(year @ 1000..) = u16::try_from(date.year()) {
                    text.push_str(itoa::Buffer::new().format(year));
                    let (month, day) = (date.month() as u8, date.day() as u8);
                    let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map(|part| part as u8);
                    for (before, part) in
                        ['-', '-', ' ', ':', ':'].into_iter().zip([month, day].into_iter().chain(clock))
                    {
                        text.extend([before, char::from(b'0' + part / 10), char::from(b'0' + part % 10)]);
                    }
                    return;
                }
                write!(
                    text,
                    "{} {:02}:{:02}:{:02}",
                    value.day(),
                    seconds / 3600,
                    seconds / 60 % 60,
                    seconds % 60
                )
            }
        };
        written.expect("writing to a String cannot fail");
    }
}

fn is_null_word(text: &str) -> bool {
    const WORDS: [&str; 12] =
        ["nan", "null", "none", "n/a", "na", "nat", "unknown", "(null)", "#n/a", "<na>", "undefined", "\\n"];
    // Most cells are numbers, and none of the words starts like one.
    text.len() <= 9
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && WORDS.iter().any(|w| text.eq_ignore_ascii_case(w))
}

/// `17850.0` without its decimals; the note says what was seen.
fn strip_float(text: &str) -> (&str, IdNote) {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !text.contains('.') {
        return (text, IdNote::AsIs);
    }
    if let Some((whole, fraction)) = text.split_once('.') {
        if digits(whole) && !fraction.is_empty() && fraction.bytes().all(|b| b == b'0') {
            return (whole, IdNote::Float);
        }
        if let Some((tail, exponent)) = fraction.split_once(['e', 'E'])
            && digits(whole)
            && digits(tail)
            && digits(exponent.trim_start_matches(['+', '-']))
        {
            return (text, IdNote::Scientific);
        }
    }
    (text, IdNote::AsIs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(cell: Cell<'_>) -> Option<String> {
        let mut text = String::new();
        cell.write_id(&mut text).map(|_| text)
    }

    #[test]
    fn an_id_is_the_same_text_whatever_type_held_it() {
        for cell in [Cell::Text("17850"), Cell::Text("17850.0"), Cell::Int(17850), Cell::Float(17850.0)] {
            assert_eq!(id(cell).as_deref(), Some("17850"));
        }
        assert_eq!(id(Cell::Text("00017")).as_deref(), Some("00017"));
        assert_eq!(id(Cell::Int(9_007_199_254_740_993)).as_deref(), Some("9007199254740993"));
        assert_eq!(id(Cell::Text("1.785E+04")).as_deref(), Some("1.785E+04"));
        assert_eq!(Cell::Text("1.785E+04").write_id(&mut String::new()), Some(IdNote::Scientific));
    }

    proptest::proptest! {
        #[test]
        fn numbers_and_moments_are_written_as_they_are_shown(
            mantissa in -9_000_000_000_000_000_i64..9_000_000_000_000_000,
            decimals in 0..12,
            seconds in -99_999_999_999_i64..99_999_999_999,
        ) {
            let value = mantissa as f64 / 10_f64.powi(decimals);
            let mut text = String::new();
            Cell::Float(value).write_text(&mut text);
            proptest::prop_assert_eq!(&text, &value.to_string());
            text.clear();
            let moment = Timestamp(seconds);
            Cell::Time(moment).write_text(&mut text);
            let rest = seconds.rem_euclid(DAY_SECONDS);
            let shown = format!("{} {:02}:{:02}:{:02}", moment.day(), rest / 3600, rest / 60 % 60, rest % 60);
            proptest::prop_assert_eq!(text, shown);
        }
    }

    #[test]
    fn words_for_nothing_are_no_id() {
        for cell in
            [Cell::Empty, Cell::Text("nan"), Cell::Text("NULL"), Cell::Text("Unknown"), Cell::Float(f64::NAN)]
        {
            assert_eq!(id(cell), None);
            assert!(cell.is_nothing());
        }
    }

    #[test]
    fn blanks_around_text_are_taken_off() {
        assert_eq!(Cell::text("  a b "), Cell::Text("a b"));
        assert_eq!(Cell::text("\u{a0}x\t"), Cell::Text("x"));
        assert_eq!(Cell::text("   "), Cell::Empty);
    }
}
