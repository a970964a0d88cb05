//! Amounts and quantities as people and programs write them.

use habitue_core::Money;

/// An exact decimal number: `mantissa / 10^decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    mantissa: i64,
    decimals: u8,
}

/// Why text is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberError {
    /// It is not written as a number, or is written in the other convention.
    NotANumber,
    /// It is a number beyond everything that can be an amount of money.
    TooLarge,
}

/// A number and the currency that stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parsed<'a> {
    pub(crate) value: Decimal,
    /// `£`, `EUR`, … as written; empty where there is none.
    pub(crate) currency: &'a str,
}

/// Largest number of decimals kept; further ones are rounded.
const MAX_DECIMALS: u8 = 9;

impl Decimal {
    pub(crate) const ZERO: Self = Self { mantissa: 0, decimals: 0 };

    pub(crate) fn from_int(value: i64) -> Self {
        Self { mantissa: value, decimals: 0 }
    }

    /// The decimal that the float stands for: `2.55`, not `2.54999999999999982236431605997495353221893310546875`.
    pub(crate) fn from_float(value: f64) -> Result<Self, NumberError> {
        if !value.is_finite() {
            return Err(NumberError::NotANumber);
        }
        if let Some(decimal) = Self::of_four_decimals(value) {
            return Ok(decimal);
        }
        if value.abs() > 9e14 {
            return Err(NumberError::TooLarge);
        }
        plain(format!("{value}").as_bytes(), b'.')
    }

    /// The decimal of at most four decimals that the float stands for, if there is one and no other: floats beyond
    /// 2³⁹ are further apart than 1/10,000.
    pub(crate) fn of_four_decimals(value: f64) -> Option<Self> {
        let scaled = (value * 10_000.0).round();
        #[expect(clippy::float_cmp, reason = "the nearest float of the decimal must be this very float")]
        let is_exact = scaled.abs() < 5e15 && scaled / 10_000.0 == value;
        is_exact.then_some(Self { mantissa: scaled as i64, decimals: 4 })
    }

    /// Writes the number with the decimals that it needs.
    pub(crate) fn write_text(self, text: &mut String) {
        let (mut fraction, mut decimals) = (self.mantissa.unsigned_abs(), usize::from(self.decimals));
        while decimals > 0 && fraction % 10 == 0 {
            (fraction, decimals) = (fraction / 10, decimals - 1);
        }
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(fraction);
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(decimals));
        text.push_str(if self.is_negative() { "-" } else { "" });
        text.push_str(if whole.is_empty() { "0" } else { whole });
        if decimals > 0 {
            text.push('.');
            text.extend(std::iter::repeat_n('0', decimals - fraction.len()));
            text.push_str(fraction);
        }
    }

    pub(crate) fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// The number in 1/`scale` parts, rounded half away from zero; `scale` is a power of ten.
    fn scaled(mantissa: i128, decimals: u32, scale_decimals: u32) -> Option<i64> {
        // Nearly all numbers have few digits and decimals.
        if let (Ok(mantissa), Some(missing)) = (i64::try_from(mantissa), scale_decimals.checked_sub(decimals))
        {
            return mantissa.checked_mul(10_i64.pow(missing));
        }
        let value = if decimals <= scale_decimals {
            mantissa.checked_mul(10_i128.pow(scale_decimals - decimals))?
        } else {
            let divisor = 10_i128.pow(decimals - scale_decimals);
            let half = if mantissa < 0 { -divisor / 2 } else { divisor / 2 };
            (mantissa + half) / divisor
        };
        i64::try_from(value).ok()
    }

    /// As an amount of money.
    #[inline]
    pub(crate) fn money(self) -> Option<Money> {
        Self::scaled(self.mantissa.into(), self.decimals.into(), 4).map(Money)
    }

    /// As a quantity in 1/1,000 of a unit.
    #[inline]
    pub(crate) fn units(self) -> Option<i64> {
        Self::scaled(self.mantissa.into(), self.decimals.into(), 3)
    }

    /// Price × quantity as an amount of money, rounded once.
    pub(crate) fn times(self, other: Self) -> Option<Money> {
        let mantissa = i128::from(self.mantissa) * i128::from(other.mantissa);
        Self::scaled(mantissa, u32::from(self.decimals) + u32::from(other.decimals), 4).map(Money)
    }
}

/// Reads a number: `2.55`, `1,234.50`, `1 234,50` (with `comma`), `£2.55`, `3.39 EUR`, `(12.50)`, `12.50-`, `1.5e3`.
///
/// `comma` says which sign parts the decimals; the other one, blanks and apostrophes may part thousands, in groups
/// of three only, so that `1.234,50` is never read as 1.234.
pub(crate) fn parse(text: &str, comma: bool) -> Result<Parsed<'_>, NumberError> {
    let point = if comma { b',' } else { b'.' };
    if let Ok(value) = plain(text.as_bytes(), point) {
        return Ok(Parsed { value, currency: "" });
    }
    let (body, negative) = sign(text.trim());
    let (body, currency) = currency(body);
    let (body, inner) = sign(body);
    let digits = ungroup(body, comma)?;
    let mut value = if digits.bytes().any(|b| matches!(b, b'e' | b'E')) {
        exponent(&digits)?
    } else {
        plain(digits.as_bytes(), b'.')?
    };
    if negative != inner {
        value.mantissa = -value.mantissa;
    }
    Ok(Parsed { value, currency })
}

/// A number of few digits and at most four decimals in 1/10,000; nothing for any other text.
#[inline]
pub(crate) fn ten_thousandths(text: &[u8], point: u8) -> Option<i64> {
    let (mut mantissa, mut decimals, mut n_digits) = (0, None, 0);
    for &byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            mantissa = mantissa * 10 + i64::from(digit);
            n_digits += 1;
        } else if byte == point && decimals.is_none() {
            decimals = Some(n_digits);
        } else {
            return None;
        }
        if n_digits > 12 {
            return None;
        }
    }
    let missing = 4_usize.checked_sub(decimals.map_or(0, |before| n_digits - before))?;
    (n_digits > 0).then(|| mantissa * [1, 10, 100, 1_000, 10_000][missing])
}

/// [`ten_thousandths`] of a text of one to eight bytes, the last bytes of a word, all of them at once.
///
/// `word` holds bytes of a text in their order, the first one lowest; those before the last `len` are anything.
#[inline]
pub(crate) fn ten_thousandths_of_word(word: u64, len: usize, point: u8) -> Option<i64> {
    const LOW: u64 = u64::from_le_bytes([1; 8]);
    const ZEROS: u64 = LOW * b'0' as u64;
    let before = (1_u64 << (8 * (7 - (len - 1)))) - 1;
    let word = word & !before | ZEROS & before;
    let unlike = word ^ (LOW * u64::from(point));
    // The lowest byte that is the point, if any is; what this says of higher bytes is not to be trusted.
    let points = unlike.wrapping_sub(LOW) & !unlike & (LOW << 7);
    let (digits, decimals) = if points == 0 {
        (word, 0)
    } else {
        let bits = points.trailing_zeros() - 7;
        let below = word & ((1 << bits) - 1);
        (word & u64::MAX << bits << 8 | below << 8 | u64::from(b'0'), 7 - bits as usize / 8)
    };
    let (high, sixes) = (LOW * 0xf0, LOW * 6);
    let are_digits = digits & high == ZEROS && digits.wrapping_add(sixes) & high == ZEROS;
    if !are_digits || decimals > 4 || points != 0 && len == 1 {
        return None;
    }
    // Neighbouring digits, pairs and fours are joined.
    let ones = digits & (LOW * 0x0f);
    let pairs = (ones * 10 + (ones >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let number = (fours * 10_000 + (fours >> 32)) & 0xffff_ffff;
    Some(number as i64 * [1, 10, 100, 1_000, 10_000][4 - decimals])
}

/// The whole number that is written as just this text, if it has no more than 18 digits.
#[inline]
pub(crate) fn as_written(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 18 || (text[0] == b'0' && text.len() > 1) {
        return None;
    }
    text.iter()
        .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

/// Digits with at most one decimal sign and a leading minus or plus.
fn plain(text: &[u8], point: u8) -> Result<Decimal, NumberError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (mut mantissa, mut decimals, mut seen_point, mut seen_digit) = (0_i64, 0_u8, false, false);
    for &byte in digits {
        if byte == point && !seen_point {
            seen_point = true;
        } else if byte.is_ascii_digit() {
            seen_digit = true;
            let digit = i64::from(byte - b'0');
            if decimals == MAX_DECIMALS {
                continue;
            }
            match mantissa.checked_mul(10).and_then(|m| m.checked_add(digit)) {
                Some(grown) => mantissa = grown,
                // Too many decimals cannot make a number too large; too many digits before them can.
                None if seen_point => continue,
                None => return Err(NumberError::TooLarge),
            }
            decimals += u8::from(seen_point);
        } else {
            return Err(NumberError::NotANumber);
        }
    }
    if !seen_digit {
        return Err(NumberError::NotANumber);
    }
    Ok(Decimal { mantissa: if negative { -mantissa } else { mantissa }, decimals })
}

/// `1.5e3`: through a float, which is exact enough for what is written so.
fn exponent(text: &str) -> Result<Decimal, NumberError> {
    let shaped = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    match text.parse::<f64>() {
        Ok(value) if shaped && value.is_infinite() => Err(NumberError::TooLarge),
        Ok(value) if shaped => Decimal::from_float(value),
        _ => Err(NumberError::NotANumber),
    }
}

/// Takes off one sign: a minus before or after, or the brackets of accountants.
fn sign(text: &str) -> (&str, bool) {
    if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        return (inner.trim(), true);
    }
    for minus in ['-', '\u{2212}'] {
        if let Some(rest) = text.strip_prefix(minus).or_else(|| text.strip_suffix(minus)) {
            return (rest.trim(), true);
        }
    }
    (text, false)
}

/// Takes off a currency sign or three-letter code before or after the number.
fn currency(text: &str) -> (&str, &str) {
    let is_mark =
        |c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',' | '-' | '+' | '(' | ')' | '\'' | '\u{2212}');
    let front = text.find(|c: char| !is_mark(c)).unwrap_or(text.len());
    let back = text
        .rfind(|c: char| !is_mark(c))
        .map_or(0, |i| i + text[i..].chars().next().map_or(1, char::len_utf8));
    let (before, after) = (text[..front].trim(), text[back.max(front)..].trim());
    let known = |mark: &str| {
        let code = mark.len() == 3 && mark.bytes().all(|b| b.is_ascii_uppercase());
        let sign = matches!(
            mark,
            "£" | "€" | "$" | "¥" | "₹" | "₽" | "₩" | "₺" | "kr" | "zł" | "R$" | "US$" | "CA$" | "A$"
        );
        code || sign
    };
    match (known(before), known(after)) {
        (true, false) if after.is_empty() => (text[front..].trim(), before),
        (false, true) if before.is_empty() => (text[..back].trim(), after),
        _ => (text, ""),
    }
}

/// Takes out the signs that part thousands and writes the decimal sign as a point.
fn ungroup(text: &str, comma: bool) -> Result<String, NumberError> {
    let (decimal, other) = if comma { (',', '.') } else { ('.', ',') };
    let is_group = |c: char| c == other || matches!(c, ' ' | '\'' | '\u{a0}' | '\u{202f}' | '\u{2019}');
    let (whole, fraction) = match text.rsplit_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let groups: Vec<&str> = whole.split(is_group).collect();
    let grouped = groups.len() > 1;
    if grouped && !(groups[0].len() <= 4 && !groups[0].is_empty() && groups[1..].iter().all(|g| g.len() == 3))
    {
        return Err(NumberError::NotANumber);
    }
    let mut plain = groups.concat();
    if let Some(fraction) = fraction {
        plain.push('.');
        plain.push_str(fraction);
    }
    Ok(plain)
}

/// Whether decimals are parted by a comma: true when some cell can only be read so and none only with a point.
///
/// `1,234` alone is read as one thousand two hundred and thirty-four.
pub(crate) fn uses_comma<'a>(cells: impl Iterator<Item = &'a str>) -> bool {
    let (mut only_comma, mut only_point) = (0, 0);
    for cell in cells {
        match (parse(cell, false), parse(cell, true)) {
            (Ok(_), Err(_)) => only_point += 1,
            (Err(_), Ok(_)) => only_comma += 1,
            _ => {}
        }
    }
    only_comma > only_point
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_word_is_read_as_byte_by_byte(before in "[ -~]{8}", text in "[0-9]{0,5}[.,]?[0-9]{0,3}|[0-9.,-]{1,8}") {
            prop_assume!((1..=8).contains(&text.len()));
            let whole = before + &text;
            let word = u64::from_le_bytes(*whole.as_bytes().last_chunk().unwrap());
            for point in [b'.', b','] {
                let slow = ten_thousandths(text.as_bytes(), point);
                prop_assert_eq!(ten_thousandths_of_word(word, text.len(), point), slow, "{}", text);
                if let (Some(slow), Ok(plain)) = (slow, plain(text.as_bytes(), point)) {
                    prop_assert_eq!(plain.money(), Some(Money(slow)));
                }
            }
        }
    }

    fn money(text: &str, comma: bool) -> Option<String> {
        parse(text, comma).ok().and_then(|p| p.value.money()).map(|m| m.to_string())
    }

    #[test]
    fn amounts_are_read_as_they_are_written() {
        let cases = [
            ("2.55", "2.55"),
            ("-12", "-12.00"),
            ("+7.5", "7.50"),
            ("1,234.50", "1234.50"),
            ("1 234.50", "1234.50"),
            ("1'234.50", "1234.50"),
            ("12,345,678", "12345678.00"),
            ("£2.55", "2.55"),
            ("$ 1.85", "1.85"),
            ("3.39 EUR", "3.39"),
            ("USD 5", "5.00"),
            ("-£2.55", "-2.55"),
            ("£-2.55", "-2.55"),
            ("(1,250.00)", "-1250.00"),
            ("(£12.50)", "-12.50"),
            ("12.50-", "-12.50"),
            ("1.5e3", "1500.00"),
            (".5", "0.50"),
            ("0.00005", "0.0001"),
        ];
        for (text, expected) in cases {
            assert_eq!(money(text, false).as_deref(), Some(expected), "{text}");
        }
        for (text, expected) in
            [("2,55", "2.55"), ("1.234,50", "1234.50"), ("1 234,5", "1234.50"), ("€ 3,39", "3.39")]
        {
            assert_eq!(money(text, true).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_in_the_convention_of_the_column_is_refused() {
        for text in [
            "",
            "-",
            "abc",
            "1.234,50",
            "NaN",
            "inf",
            "-Infinity",
            "1.2.3",
            "12,34.5",
            "1e",
            "e5",
            "£",
            "12 pieces",
        ] {
            assert_eq!(parse(text, false), Err(NumberError::NotANumber), "{text}");
        }
        for text in ["1e400", "1e308", "99999999999999999999"] {
            assert_eq!(parse(text, false), Err(NumberError::TooLarge), "{text}");
        }
    }

    #[test]
    fn the_column_decides_the_decimal_sign() {
        assert!(uses_comma(["2,55", "3,39", "12"].into_iter()));
        assert!(!uses_comma(["2.55", "1,234.50", "12"].into_iter()));
        assert!(!uses_comma(["1,234", "12"].into_iter()));
        assert!(!uses_comma(["1,234.50", "1.234,50", "1.85"].into_iter()));
    }

    #[test]
    fn floats_stand_for_the_decimals_that_people_typed() {
        for (float, text) in
            [(2.55, "2.55"), (11_062.06, "11062.06"), (0.001, "0.001"), (1e-5, "0.00"), (8_142.75, "8142.75")]
        {
            let decimal = Decimal::from_float(float).unwrap();
            assert_eq!(decimal.money().unwrap().to_string(), text);
        }
        assert_eq!(Decimal::from_float(f64::NAN), Err(NumberError::NotANumber));
        assert_eq!(Decimal::from_float(1e300), Err(NumberError::TooLarge));
    }

    #[test]
    fn price_times_quantity_is_rounded_once() {
        let third = parse("0.33333", false).unwrap().value;
        assert_eq!(third.times(Decimal::from_int(3)), Some(Money(10_000)));
        assert_eq!(third.times(Decimal::from_int(-3)), Some(Money(-10_000)));
    }
}
