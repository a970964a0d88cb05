//! Numbers as people read them: one place for thousands, money, percent and days.
//!
//! The report, the terminal and the sentences of rules, evidence and actions all write numbers through these functions.

use crate::math::quantile::median;
use crate::table::{Feature, Unit};

/// A whole number with separators between thousands.
///
/// ```
/// assert_eq!(habitue_core::text::format_count(1_234_567), "1,234,567");
/// ```
pub fn format_count(count: usize) -> String {
    group_thousands(&count.to_string())
}

/// A number with as many digits as people care for: whole from 100, one decimal from 10, two significant below 1.
///
/// Zeros at the end are left out; NaN is "unknown".
///
/// ```
/// use habitue_core::text::format_number;
/// assert_eq!(format_number(1234.56), "1,235");
/// assert_eq!(format_number(12.34), "12.3");
/// assert_eq!(format_number(3.0), "3");
/// assert_eq!(format_number(0.0123), "0.012");
/// ```
pub fn format_number(value: f64) -> String {
    let magnitude = value.abs();
    let decimals = match magnitude {
        m if !(1e-9..100.0).contains(&m) => 0,
        m if m >= 10.0 => 1,
        m if m >= 1.0 => 2,
        m => (1.0 - m.log10().floor()) as usize,
    };
    let text = format_decimals(value, decimals);
    if decimals == 0 || !value.is_finite() {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// An amount of money: whole units from 100, two decimals below (none for whole amounts).
///
/// A currency sign stands before the amount, a word after it; the codes of the commonest currencies become their signs.
///
/// ```
/// use habitue_core::text::format_money;
/// assert_eq!(format_money(1234.5, Some("£")), "£1,235");
/// assert_eq!(format_money(12.5, Some("EUR")), "€12.50");
/// assert_eq!(format_money(-1200.0, Some("SEK")), "-1,200 SEK");
/// assert_eq!(format_money(99.0, None), "99");
/// ```
pub fn format_money(amount: f64, currency: Option<&str>) -> String {
    if !amount.is_finite() {
        return format_decimals(amount, 0);
    }
    let cents = (amount.abs() * 100.0).round();
    let decimals = if cents >= 10_000.0 || cents % 100.0 == 0.0 { 0 } else { 2 };
    let digits = format_decimals(amount.abs(), decimals);
    let sign = if amount < 0.0 && cents > 0.0 { "-" } else { "" };
    match currency.map(currency_sign) {
        None | Some("") => format!("{sign}{digits}"),
        Some(word) if word.chars().all(char::is_alphabetic) => format!("{sign}{digits} {word}"),
        Some(symbol) => format!("{sign}{symbol}{digits}"),
    }
}

/// A share between 0 and 1 in percent: whole from 1 %, one decimal below, and never "0 %" or "100 %" for a share that
/// is not.
///
/// ```
/// use habitue_core::text::format_share;
/// assert_eq!(format_share(0.374), "37 %");
/// assert_eq!(format_share(0.0042), "0.4 %");
/// assert_eq!(format_share(0.0001), "under 0.1 %");
/// assert_eq!(format_share(0.9999), "over 99 %");
/// ```
pub fn format_share(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        p if p > 0.0 && p < 0.05 => "under 0.1 %".to_owned(),
        p if p > 0.0 && p < 0.95 => format!("{p:.1} %"),
        p if (99.5..100.0).contains(&p) => "over 99 %".to_owned(),
        p => format!("{} %", format_decimals(p, 0)),
    }
}

/// A number of days, in whole days.
///
/// ```
/// assert_eq!(habitue_core::text::format_days(1.2), "1 day");
/// ```
pub fn format_days(days: f64) -> String {
    let text = format_decimals(days, 0);
    if text == "1" { "1 day".to_owned() } else { format!("{text} days") }
}

/// A value of a feature in its unit.
///
/// ```
/// use habitue_core::{table::Unit, text::format_value};
/// assert_eq!(format_value(Unit::Days, 41.0, None), "41 days");
/// assert_eq!(format_value(Unit::Share, 0.25, None), "25 %");
/// assert_eq!(format_value(Unit::Count, 2.53, None), "2.5");
/// ```
pub fn format_value(unit: Unit, value: f64, currency: Option<&str>) -> String {
    match unit {
        Unit::Money => format_money(value, currency),
        Unit::Days if value.is_finite() => format_days(value),
        Unit::Share if value.is_finite() => format_share(value),
        Unit::Count if value.fract().abs() > 0.0 => format_number((value * 10.0).round() / 10.0),
        _ => format_number(value),
    }
}

/// What a feature's values have in common that decides how they may be rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounding {
    unit: Unit,
    whole: bool,
}

impl Rounding {
    /// The rounding that suits a feature and its values.
    pub fn of(feature: &Feature, values: &[f64]) -> Self {
        let whole = values.iter().all(|v| v.is_nan() || v.fract().abs() < 1e-9);
        // A tenth of a day matters only where days are few.
        let long = || feature.unit == Unit::Days && median(values.iter().map(|v| v.abs())) >= 10.0;
        Self { unit: feature.unit, whole: whole || long() }
    }

    /// The number nearby that people would say: money with two significant digits, shares in whole percent, days and
    /// counts whole, anything else with three significant digits.
    ///
    /// Counts that are means (2.4 items per order) keep one decimal.
    pub fn round(self, value: f64) -> f64 {
        match self.unit {
            _ if self.whole && self.unit != Unit::Money => value.round(),
            Unit::Money => round_significant(value, 2),
            Unit::Share => (value * 100.0).round() / 100.0,
            Unit::Days | Unit::Count => (value * 10.0).round() / 10.0,
            Unit::Number | Unit::Category => round_significant(value, 3),
        }
    }
}

/// The number with so many significant digits.
pub fn round_significant(value: f64, digits: i32) -> f64 {
    if value.abs() < 1e-12 || !value.is_finite() {
        return value;
    }
    let exponent = digits - 1 - value.abs().log10().floor() as i32;
    // Dividing by a whole power of ten keeps 0.3 the number people write; multiplying by 0.1 would not.
    if exponent >= 0 {
        let power = 10_f64.powi(exponent);
        (value * power).round() / power
    } else {
        let power = 10_f64.powi(-exponent);
        (value / power).round() * power
    }
}

/// Several phrases as one: "a", "a and b", "a, b and c".
pub fn join_and(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}

/// How often, in words: "once", "twice", "9 times".
pub fn format_times(times: f64) -> String {
    match format_decimals(times, 0).as_str() {
        "1" => "once".to_owned(),
        "2" => "twice".to_owned(),
        text => format!("{text} times"),
    }
}

fn currency_sign(currency: &str) -> &str {
    match currency.trim() {
        "GBP" => "£",
        "EUR" => "€",
        "USD" => "$",
        "JPY" => "¥",
        "INR" => "₹",
        other => other,
    }
}

fn format_decimals(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "unknown".to_owned();
    }
    // Halves go up, as people round; the formatter alone would round them to even.
    let magnitude = if decimals == 0 { value.abs().round() } else { value.abs() };
    let text = format!("{magnitude:.decimals$}");
    let sign = if value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) { "-" } else { "" };
    match text.split_once('.') {
        Some((whole, parts)) => format!("{sign}{}.{parts}", group_thousands(whole)),
        None => format!("{sign}{}", group_thousands(&text)),
    }
}

fn group_thousands(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_with_its_currency_where_readers_expect_it() {
        assert_eq!(format_money(1_234_567.4, Some("£")), "£1,234,567");
        assert_eq!(format_money(99.994, Some("£")), "£99.99");
        assert_eq!(format_money(99.996, Some("£")), "£100");
        assert_eq!(format_money(-0.001, Some("$")), "$0");
        assert_eq!(format_money(-8.5, Some("$")), "-$8.50");
        assert_eq!(format_money(50.0, Some("kr")), "50 kr");
        assert_eq!(format_money(f64::NAN, Some("$")), "unknown");
    }

    #[test]
    fn thousands_are_grouped_at_every_length() {
        assert_eq!(
            [0, 12, 999, 1_000, 12_345, 100_000].map(format_count).join(" "),
            "0 12 999 1,000 12,345 100,000"
        );
        assert_eq!(format_number(-1_234.5), "-1,235");
        assert_eq!(format_number(0.0), "0");
    }

    #[test]
    fn cuts_are_rounded_to_numbers_people_say() {
        let feature =
            |unit| Feature { name: String::new(), label: String::new(), unit, description: String::new() };
        let round = |unit, values: &[f64], v| Rounding::of(&feature(unit), values).round(v);
        assert_eq!(round(Unit::Money, &[1.0], 1_234.0).total_cmp(&1_200.0), std::cmp::Ordering::Equal);
        assert_eq!(round(Unit::Money, &[1.0], 0.327).to_string(), "0.33");
        assert_eq!(round(Unit::Days, &[40.0, 41.5], 41.6).to_string(), "42");
        assert_eq!(round(Unit::Days, &[1.5, 2.5], 2.54).to_string(), "2.5");
        assert_eq!(round(Unit::Count, &[1.0, 2.0], 1.5).to_string(), "2");
        assert_eq!(round(Unit::Count, &[1.1, 2.0], 1.44).to_string(), "1.4");
        assert_eq!(round(Unit::Share, &[0.1], 0.333).to_string(), "0.33");
        assert_eq!(round(Unit::Number, &[0.5], 12.345).to_string(), "12.3");
    }

    #[test]
    fn phrases_are_joined_as_in_a_sentence() {
        let parts = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(
            (1..=3).map(|n| join_and(&parts[..n])).collect::<Vec<_>>().join("; "),
            "a; a and b; a, b and c"
        );
        assert_eq!([1.0, 2.4, 9.0].map(format_times).join(" "), "once twice 9 times");
    }
}
