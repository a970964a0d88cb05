//! The rules that decide which rows of a receipt count, and why the others do not.

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::time::{Day, Timestamp};

/// Why a row was rejected. Rules are tried in this order; the first that fits gives the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The row or its amount cannot be read.
    Unreadable,
    /// Nobody is named as the customer.
    NoCustomer,
    /// There is no date, or it is no date.
    NoTime,
    /// The date lies far beyond everything else in the data.
    Future,
    /// The date is the as-of date or later, where an earlier one was chosen than the data reach.
    AfterAsOf,
    /// The row is not in the currency that was chosen.
    OtherCurrency,
    /// The row is a visit, a view or a cart, not a purchase.
    NotAPurchase,
    /// The same row stands in the data already.
    Duplicate,
    /// The order was cancelled, voided or never paid.
    Cancelled,
    /// Postage, a fee or a correction, where those are not wanted.
    NonProduct,
    /// Nothing was paid, where such rows are not wanted.
    ZeroPrice,
    /// The price is below zero.
    NegativePrice,
    /// A return, where returns are not wanted.
    Return,
}

impl Reason {
    /// All reasons, in the order of the rules.
    pub const ALL: [Self; 13] = [
        Self::Unreadable,
        Self::NoCustomer,
        Self::NoTime,
        Self::Future,
        Self::AfterAsOf,
        Self::OtherCurrency,
        Self::NotAPurchase,
        Self::Duplicate,
        Self::Cancelled,
        Self::NonProduct,
        Self::ZeroPrice,
        Self::NegativePrice,
        Self::Return,
    ];

    /// The stable key used in files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NoCustomer => "no-customer",
            Self::NoTime => "no-time",
            Self::Future => "future",
            Self::AfterAsOf => "after-as-of",
            Self::OtherCurrency => "other-currency",
            Self::NotAPurchase => "not-a-purchase",
            Self::Duplicate => "duplicate",
            Self::Cancelled => "cancelled",
            Self::NonProduct => "non-product",
            Self::ZeroPrice => "zero-price",
            Self::NegativePrice => "negative-price",
            Self::Return => "return",
        }
    }

    /// The reason in words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Unreadable => "row or amount cannot be read",
            Self::NoCustomer => "no customer id",
            Self::NoTime => "no date, or not a date",
            Self::Future => "dated far beyond all other rows",
            Self::AfterAsOf => "dated on or after the as-of date",
            Self::OtherCurrency => "in another currency than the one chosen",
            Self::NotAPurchase => "a visit or a cart, not a purchase",
            Self::Duplicate => "exact duplicate of a row already read",
            Self::Cancelled => "cancelled, voided or never paid",
            Self::NonProduct => "postage, fee or correction",
            Self::ZeroPrice => "nothing was paid",
            Self::NegativePrice => "price below zero",
            Self::Return => "return or quantity not above zero",
        }
    }
}

/// Whether rows of one kind stay or go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// They count.
    Keep,
    /// They are rejected, counted and written out.
    Drop,
}

/// What becomes of exact duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duplicates {
    /// Dropped where rows carry an order number, kept where they do not: two equal purchases on one day are then genuine.
    Auto,
    /// Kept always.
    Keep,
    /// Dropped always.
    Drop,
}

/// The cleaning policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cleaning {
    /// Exact duplicates.
    pub duplicates: Duplicates,
    /// Orders that are marked as taken back by their number (a leading C before digits). Kept, they are netted as returns.
    pub cancellations: Keep,
    /// Returns: kept, they are taken off what the customer spent, and off the order they reverse where it can be told.
    pub returns: Keep,
    /// Postage, fees and corrections.
    pub non_product: Keep,
    /// Rows at price zero: kept, they carry no money and never make an order by themselves.
    pub zero_price: Keep,
    /// A date is in the future of the data's own clock when it lies more than this many days beyond the
    /// last date before it, and no more than one row in a thousand does.
    pub future_gap_days: u32,
}

impl Default for Cleaning {
    fn default() -> Self {
        Self {
            duplicates: Duplicates::Auto,
            cancellations: Keep::Keep,
            returns: Keep::Keep,
            non_product: Keep::Keep,
            zero_price: Keep::Keep,
            future_gap_days: 366,
        }
    }
}

/// How the number or status of an order marks it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mark {
    /// An ordinary order.
    #[default]
    None,
    /// A cancellation of an earlier order: its rows take goods and money back.
    Cancellation,
    /// An order that never took place: voided, failed, unpaid.
    Void,
    /// A visit, a view, a cart.
    Browsing,
}

/// What the rules look at in one row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Candidate {
    /// Whether a customer is named.
    pub customer: bool,
    /// When, if it could be read.
    pub time: Option<Timestamp>,
    /// How the order is marked.
    pub mark: Mark,
    /// Whether it is postage, a fee or a correction.
    pub service: bool,
    /// How much, in 1/1,000 of a unit; `None` where the data have no quantities.
    pub units: Option<i64>,
    /// The row's money; `None` if it cannot be read.
    pub amount: Option<Money>,
    /// Whether the row is in the chosen currency (or none was chosen).
    pub currency: bool,
    /// Whether a unit price is given and is below zero.
    pub negative_price: bool,
}

impl Cleaning {
    /// The usual cleaning of tutorials: customer known, not cancelled, quantity and price above zero, duplicates left in.
    pub fn classic() -> Self {
        Self {
            duplicates: Duplicates::Keep,
            cancellations: Keep::Drop,
            returns: Keep::Drop,
            zero_price: Keep::Drop,
            ..Self::default()
        }
    }

    /// The first rule that rejects the row, among those that need nothing but the row itself.
    ///
    /// [`Reason::Future`], [`Reason::AfterAsOf`] and [`Reason::Duplicate`] need more than the row and are decided in the fold.
    pub fn check(&self, row: &Candidate) -> Result<(), Reason> {
        let Some(amount) = row.amount else { return Err(Reason::Unreadable) };
        if !row.customer {
            return Err(Reason::NoCustomer);
        }
        if row.time.is_none() {
            return Err(Reason::NoTime);
        }
        if !row.currency {
            return Err(Reason::OtherCurrency);
        }
        match row.mark {
            Mark::Browsing => return Err(Reason::NotAPurchase),
            Mark::Void => return Err(Reason::Cancelled),
            Mark::Cancellation if self.cancellations == Keep::Drop => return Err(Reason::Cancelled),
            Mark::Cancellation | Mark::None => {}
        }
        if row.service && self.non_product == Keep::Drop {
            return Err(Reason::NonProduct);
        }
        if amount == Money::ZERO && self.zero_price == Keep::Drop {
            return Err(Reason::ZeroPrice);
        }
        if row.negative_price {
            return Err(Reason::NegativePrice);
        }
        let taken_back = amount < Money::ZERO || row.units.is_some_and(|u| u < 0);
        if taken_back && self.returns == Keep::Drop {
            return Err(Reason::Return);
        }
        Ok(())
    }

    /// The last credible day of the data, given how many rows fall on each day (ascending): days after it are
    /// [`Reason::Future`].
    ///
    /// It is the last day before a gap of more than `future_gap_days` beyond which lies at most one row in a thousand.
    /// `None` when there are no days.
    pub fn last_credible_day(&self, rows_by_day: &[(Day, u64)]) -> Option<Day> {
        let total: u64 = rows_by_day.iter().map(|d| d.1).sum();
        let mut beyond = 0;
        let mut last = rows_by_day.last()?.0;
        for pair in rows_by_day.windows(2).rev() {
            let [(day, _), (next, rows)] = pair else { continue };
            beyond += rows;
            if beyond * 1000 > total {
                break;
            }
            if next.0.saturating_sub(day.0) > self.future_gap_days as i32 {
                last = *day;
            }
        }
        Some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sale() -> Candidate {
        Candidate {
            customer: true,
            time: Some(Timestamp(0)),
            units: Some(1000),
            amount: Some(Money::from_units(5)),
            currency: true,
            ..Candidate::default()
        }
    }

    fn check(cleaning: Cleaning, row: Candidate) -> Option<Reason> {
        cleaning.check(&row).err()
    }

    #[test]
    fn each_rule_rejects_its_own_row_and_no_sale() {
        let default = Cleaning::default();
        assert_eq!(check(default, sale()), None);
        assert_eq!(check(default, Candidate { amount: None, ..sale() }), Some(Reason::Unreadable));
        assert_eq!(check(default, Candidate { customer: false, ..sale() }), Some(Reason::NoCustomer));
        assert_eq!(check(default, Candidate { time: None, ..sale() }), Some(Reason::NoTime));
        assert_eq!(check(default, Candidate { currency: false, ..sale() }), Some(Reason::OtherCurrency));
        assert_eq!(check(default, Candidate { mark: Mark::Void, ..sale() }), Some(Reason::Cancelled));
        assert_eq!(check(default, Candidate { mark: Mark::Browsing, ..sale() }), Some(Reason::NotAPurchase));
        assert_eq!(check(default, Candidate { negative_price: true, ..sale() }), Some(Reason::NegativePrice));
    }

    #[test]
    fn returns_and_free_items_stay_by_default_and_go_under_the_classic_rules() {
        let taken_back = Candidate { units: Some(-1000), amount: Some(Money::from_units(-5)), ..sale() };
        let cancelled = Candidate { mark: Mark::Cancellation, ..taken_back };
        let free = Candidate { amount: Some(Money::ZERO), ..sale() };
        for row in [taken_back, cancelled, free] {
            assert_eq!(check(Cleaning::default(), row), None);
        }
        assert_eq!(check(Cleaning::classic(), taken_back), Some(Reason::Return));
        assert_eq!(check(Cleaning::classic(), cancelled), Some(Reason::Cancelled));
        assert_eq!(check(Cleaning::classic(), free), Some(Reason::ZeroPrice));
    }

    #[test]
    fn the_first_rule_that_fits_gives_the_reason() {
        let nothing = Candidate::default();
        assert_eq!(check(Cleaning::default(), nothing), Some(Reason::Unreadable));
        let nobody = Candidate { amount: Some(Money::ZERO), ..nothing };
        assert_eq!(check(Cleaning::default(), nobody), Some(Reason::NoCustomer));
    }

    #[test]
    fn a_few_rows_decades_ahead_are_in_the_future_of_the_data() {
        let cleaning = Cleaning::default();
        let mut days: Vec<_> = (0..400).map(|d| (Day(d), 10)).collect();
        assert_eq!(cleaning.last_credible_day(&days), Some(Day(399)));
        days.push((Day(30_000), 2));
        assert_eq!(cleaning.last_credible_day(&days), Some(Day(399)));
        days.push((Day(30_001), 500));
        assert_eq!(cleaning.last_credible_day(&days), Some(Day(30_001)));
        assert_eq!(cleaning.last_credible_day(&[]), None);
    }
}
