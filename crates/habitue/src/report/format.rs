//! Numbers as people write them.

use habitue_core::Money;
use habitue_core::table::Unit;
use habitue_core::time::Day;

/// What stands where there is no number.
pub(crate) const NONE: &str = "–";

/// How money is written.
#[derive(Debug, Clone)]
pub(crate) struct Format {
    before: String,
    decimals: usize,
}

/// A column of amounts that add up as they are written.
#[derive(Debug)]
pub(crate) struct MoneyColumn<'a> {
    format: &'a Format,
    rounded: Vec<i64>,
    decimals: usize,
}

impl MoneyColumn<'_> {
    /// The amounts.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.rounded.iter().map(|&n| self.text(n)).collect()
    }

    /// The sum of the first `n` amounts.
    pub(crate) fn sum(&self, n: usize) -> String {
        self.text(self.rounded.iter().take(n).fold(0, |sum, &part| sum.saturating_add(part)))
    }

    /// The sum of the amounts at the places for which `wanted` holds.
    pub(crate) fn sum_of(&self, wanted: impl Fn(usize) -> bool) -> String {
        let parts = self.rounded.iter().enumerate().filter(|(at, _)| wanted(*at));
        self.text(parts.fold(0, |sum, (_, &part)| sum.saturating_add(part)))
    }

    /// The sum of all.
    pub(crate) fn total(&self) -> String {
        self.sum(self.rounded.len())
    }

    /// The sum of some of the amounts.
    pub(crate) fn range(&self, of: std::ops::Range<usize>) -> String {
        self.text(self.rounded[of].iter().fold(0, |sum, &part| sum.saturating_add(part)))
    }

    fn text(&self, rounded: i64) -> String {
        self.format.with_symbol(rounded as f64 / 10_f64.powi(self.decimals as i32), self.decimals)
    }
}

impl Format {
    /// The format of a currency, given as its code or symbol; without one, amounts are bare numbers.
    pub(crate) fn new(currency: Option<&str>) -> Self {
        let code = currency.unwrap_or("").trim();
        let symbol = match code.to_ascii_uppercase().as_str() {
            "GBP" => "£",
            "EUR" => "€",
            "USD" => "$",
            "JPY" | "CNY" => "¥",
            "INR" => "₹",
            "KRW" => "₩",
            "AUD" => "A$",
            "CAD" => "C$",
            "NZD" => "NZ$",
            "BRL" => "R$",
            "TRY" => "₺",
            "PLN" => "zł\u{a0}",
            _ => "",
        };
        let before = match (symbol, code.chars().count()) {
            ("", 0) => String::new(),
            ("", 1) => code.to_owned(),
            ("", n) if n <= 5 => format!("{code}\u{a0}"),
            ("", _) => String::new(),
            (symbol, _) => symbol.to_owned(),
        };
        let decimals = if matches!(code.to_ascii_uppercase().as_str(), "JPY" | "KRW") { 0 } else { 2 };
        Self { before, decimals }
    }

    /// An amount: whole units from a thousand upwards, cents below.
    pub(crate) fn money(&self, amount: Money) -> String {
        self.amount(amount.to_f64())
    }

    /// Amounts that are read together with their sum: all in the same step, and rounded so that they add up.
    pub(crate) fn money_column(&self, amounts: &[Money]) -> MoneyColumn<'_> {
        let largest = amounts.iter().map(|a| a.0.unsigned_abs()).max().unwrap_or(0);
        let decimals = if largest >= 1_000 * Money::SCALE as u64 { 0 } else { self.decimals };
        let step = Money::SCALE / 10_i64.pow(decimals as u32);
        let parts: Vec<f64> = amounts.iter().map(|a| a.0 as f64 / step as f64).collect();
        MoneyColumn { format: self, rounded: round_together(&parts), decimals }
    }

    /// A value of a feature in its unit; the label beside it says what it counts.
    pub(crate) fn value(&self, value: f64, unit: Unit) -> String {
        if !value.is_finite() {
            return NONE.to_owned();
        }
        match unit {
            Unit::Money => self.amount(value),
            Unit::Share => share(value),
            Unit::Days | Unit::Count | Unit::Category => {
                decimal(value, if value.abs() < 100.0 { 1 } else { 0 })
            }
            Unit::Number if value.abs() < 10.0 => decimal(value, 2),
            Unit::Number => decimal(value, if value.abs() < 1_000.0 { 1 } else { 0 }),
        }
    }

    fn amount(&self, amount: f64) -> String {
        self.with_symbol(amount, if amount.abs() < 1_000.0 { self.decimals } else { 0 })
    }

    fn with_symbol(&self, amount: f64, decimals: usize) -> String {
        let digits = grouped(amount, decimals);
        match digits.strip_prefix('−') {
            Some(magnitude) => format!("−{}{magnitude}", self.before),
            None => format!("{}{digits}", self.before),
        }
    }

    /// What stands before an amount on the axis of a chart.
    pub(crate) fn symbol(&self) -> &str {
        &self.before
    }
}

/// A count: `4,334`.
pub(crate) fn count(n: impl TryInto<u64>) -> String {
    grouped_digits(&n.try_into().unwrap_or(u64::MAX).to_string())
}

/// A count and its noun: `1 order`, `4,334 customers`.
pub(crate) fn counted(n: impl TryInto<u64>, noun: &str) -> String {
    let n = n.try_into().unwrap_or(u64::MAX);
    format!("{}\u{a0}{noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A share between 0 and 1: `17.2%`.
pub(crate) fn share(share: f64) -> String {
    if share.is_finite() { format!("{}%", grouped(share * 100.0, 1)) } else { NONE.to_owned() }
}

/// Shares that are read together: rounded so that they add up to what their sum rounds to.
pub(crate) fn share_column(shares: &[f64]) -> Vec<String> {
    let parts: Vec<f64> = shares.iter().map(|s| s * 1_000.0).collect();
    round_together(&parts).into_iter().map(|n| format!("{}%", grouped(n as f64 / 10.0, 1))).collect()
}

/// A share as so many of a hundred, never claiming all or none when it is not so.
pub(crate) fn of_hundred(share: f64) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    match (share * 100.0).round() as u32 {
        0 if share > 0.0 => "fewer than 1".to_owned(),
        100 if share < 1.0 => "more than 99".to_owned(),
        n => n.to_string(),
    }
}

/// A number with at most so many decimals, trailing zeros dropped.
pub(crate) fn decimal(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    let text = grouped(value, decimals);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A day as people write it: `9 December 2011`.
pub(crate) fn day(day: Day) -> String {
    let date = day.date();
    format!("{}\u{a0}{}\u{a0}{}", date.day(), month_name(date.month()), date.year())
}

/// A month given as `2011-03`: `March 2011`; anything else as it is.
pub(crate) fn month(month: &str) -> String {
    let named = month.split_once('-').and_then(|(year, m)| Some((year, m.parse::<i8>().ok()?)));
    match named {
        Some((year, m @ 1..=12)) => format!("{}\u{a0}{year}", month_name(m)),
        _ => month.to_owned(),
    }
}

fn month_name(month: i8) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    NAMES[(month - 1).clamp(0, 11) as usize]
}

/// Rounds numbers so that they add up to their rounded sum: largest remainder, ties to the first.
pub(crate) fn round_together(parts: &[f64]) -> Vec<i64> {
    let finite: Vec<f64> = parts.iter().map(|&p| if p.is_finite() { p } else { 0.0 }).collect();
    let mut rounded: Vec<i64> = finite.iter().map(|p| p.floor() as i64).collect();
    let missing = finite.iter().zip(&rounded).map(|(p, &r)| p - r as f64).sum::<f64>().round() as usize;
    let mut order: Vec<usize> = (0..finite.len()).collect();
    let remainder = |i: usize| finite[i] - finite[i].floor();
    order.sort_by(|&a, &b| remainder(b).total_cmp(&remainder(a)).then(a.cmp(&b)));
    for &i in order.iter().take(missing) {
        rounded[i] = rounded[i].saturating_add(1);
    }
    rounded
}

fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (units, parts) = text.split_once('.').unwrap_or((&text, ""));
    let negative = value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    let mut out = if negative { "−".to_owned() } else { String::new() };
    out.push_str(&grouped_digits(units));
    if !parts.is_empty() {
        out.push('.');
        out.push_str(parts);
    }
    out
}

fn grouped_digits(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_its_symbol_and_cents_only_while_they_matter() {
        let pounds = Format::new(Some("GBP"));
        assert_eq!(pounds.money(Money(83_000_658_140)), "£8,300,066");
        assert_eq!(pounds.money(Money(-3_652_000)), "−£365.20");
        assert_eq!(pounds.money(Money(-1)), "£0.00");
        assert_eq!(Format::new(Some("CHF")).money(Money::from_units(5)), "CHF\u{a0}5.00");
        assert_eq!(Format::new(None).money(Money::from_units(1_234)), "1,234");
        assert_eq!(Format::new(Some("JPY")).money(Money::from_units(12)), "¥12");
    }

    #[test]
    fn a_column_of_money_adds_up_to_its_total() {
        let third = Money(33_333_333);
        let pounds = Format::new(Some("GBP"));
        let column = pounds.money_column(&[third, third, third]);
        assert_eq!(column.texts(), ["£3,334", "£3,333", "£3,333"]);
        assert_eq!((column.sum(2), column.total()), ("£6,667".to_owned(), "£10,000".to_owned()));
        let bare = Format::new(None);
        let netted = bare.money_column(&[Money(-15_000), Money(25_000)]);
        assert_eq!(netted.texts(), ["−1.50", "2.50"]);
        assert_eq!(netted.total(), "1.00");
    }

    #[test]
    fn shares_add_up_to_a_hundred() {
        assert_eq!(share_column(&[1.0 / 3.0; 3]), ["33.4%", "33.3%", "33.3%"]);
        assert_eq!(share_column(&[1.0]), ["100.0%"]);
        assert_eq!(share_column(&[]), Vec::<String>::new());
    }

    #[test]
    fn values_are_written_in_their_unit() {
        let plain = Format::new(None);
        assert_eq!(plain.value(41.0, Unit::Days), "41");
        assert_eq!(plain.value(4.25, Unit::Count), "4.2");
        assert_eq!(plain.value(0.1234, Unit::Share), "12.3%");
        assert_eq!(plain.value(12_345.6, Unit::Number), "12,346");
        assert_eq!(plain.value(f64::NAN, Unit::Money), NONE);
    }

    #[test]
    fn nearly_all_is_not_all() {
        assert_eq!(of_hundred(0.999), "more than 99");
        assert_eq!(of_hundred(1.0), "100");
        assert_eq!(of_hundred(0.001), "fewer than 1");
        assert_eq!(of_hundred(0.0), "0");
        assert_eq!(of_hundred(f64::NAN), "0");
    }

    #[test]
    fn dates_are_written_out() {
        assert_eq!(day(Day(14_952)), "9\u{a0}December\u{a0}2010");
        assert_eq!(month("2011-03"), "March\u{a0}2011");
        assert_eq!(month("all"), "all");
    }
}
