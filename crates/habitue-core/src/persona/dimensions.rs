//! Which column says what a customer is worth, how often they come and when they last came.

use serde::{Deserialize, Serialize};

use crate::math::quantile::{quantile_sorted, sorted};
use crate::segmented::Segmented;
use crate::table::{Table, Unit, Values};

/// The columns that stand for value, frequency, recency and income; `None` where the table has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dimensions {
    /// What a customer is worth: `spend_12m`, `spend`, or whatever the table calls it.
    pub value: Option<String>,
    /// How often they come: `orders` or the like; more is better.
    pub frequency: Option<String>,
    /// Time since they last came: `recency_days` or the like; less is better.
    pub recency: Option<String>,
    /// What they could spend, where it is not already the value.
    pub income: Option<String>,
    /// The customer's own usual time between orders, in the unit of recency: `days_between_orders`.
    pub rhythm: Option<String>,
}

/// Days between orders below which nobody is called late.
const SHORTEST_RHYTHM: f64 = 7.0;
/// Words for value, the surest first.
const VALUE: [&str; 13] = [
    "monetary", "spend", "spending", "spent", "revenue", "sales", "turnover", "amount", "clv", "ltv",
    "value", "profit", "income",
];
const FREQUENCY: [&str; 7] =
    ["frequency", "orders", "purchases", "transactions", "invoices", "visits", "bookings"];
const INCOME: [&str; 4] = ["income", "salary", "earnings", "budget"];
/// Words of columns that speak of a dimension without being it: `average_order_value`, `days_between_orders`.
const NOT_A_TOTAL: [&str; 17] = [
    "average", "avg", "mean", "median", "per", "between", "share", "ratio", "rate", "trend", "days",
    "largest", "max", "min", "last", "first", "spread",
];

impl Dimensions {
    /// The columns whose names say what they are, numeric ones only.
    ///
    /// The features of orders come first (`spend_12m` before `spend`; `orders`; `recency_days`). In other tables a name is
    /// read word by word: value is the first column with the surest of the words monetary, spend, revenue, sales, amount,
    /// value, income …; averages, shares and ratios are passed over.
    ///
    /// ```
    /// # use habitue_core::{persona::Dimensions, table::*};
    /// # let column = |name: &str| Column {
    /// #     feature: Feature { name: name.into(), label: name.into(), unit: Unit::Number, description: String::new() },
    /// #     values: Values::Number(vec![1.0]),
    /// # };
    /// let names = ["Age", "Annual Income (k$)", "Spending Score (1-100)"];
    /// let table = Table { ids: vec!["1".into()], columns: names.map(column).to_vec() };
    /// let dimensions = Dimensions::find(&table);
    /// assert_eq!(dimensions.value.as_deref(), Some("Spending Score (1-100)"));
    /// assert_eq!(dimensions.income.as_deref(), Some("Annual Income (k$)"));
    /// assert_eq!(dimensions.frequency, None);
    /// ```
    pub fn find(table: &Table) -> Self {
        let known =
            |names: &[&str]| names.iter().find(|n| table.numbers(n).is_some()).map(|n| (*n).to_owned());
        let value = known(&["spend_12m", "spend"]).or_else(|| by_words(table, &VALUE));
        let recency = known(&["recency_days"]).or_else(|| by_recency_words(table));
        let frequency = known(&["orders", "orders_12m"]).or_else(|| by_words(table, &FREQUENCY));
        let income = by_words(table, &INCOME).filter(|name| Some(name) != value.as_ref());
        let rhythm = known(&["days_between_orders"]).filter(|_| recency.as_deref() == Some("recency_days"));
        let frequency = frequency.filter(|name| Some(name) != recency.as_ref());
        Self { value, frequency, recency, income, rhythm }
    }

    /// The values of a dimension's column.
    pub(crate) fn numbers<'a>(segmented: &Segmented<'a>, name: Option<&String>) -> Option<&'a [f64]> {
        name.and_then(|name| segmented.table().numbers(name))
    }

    /// Each customer's time since the last order over their own usual time between orders; NaN where either is unknown.
    ///
    /// A usual time of less than a week counts as a week: nobody is late after two days.
    pub(crate) fn overdue(&self, segmented: &Segmented<'_>) -> Option<Vec<f64>> {
        self.waits(segmented, SHORTEST_RHYTHM)
    }

    /// Each customer's time since the last order over their usual time, which counts as `shortest` where it is less.
    fn waits(&self, segmented: &Segmented<'_>, shortest: f64) -> Option<Vec<f64>> {
        let recency = Self::numbers(segmented, self.recency.as_ref())?;
        let rhythm = Self::numbers(segmented, self.rhythm.as_ref())?;
        let late = |(since, usual): (&f64, &f64)| {
            let counted = usual.max(shortest);
            if usual.is_nan() || counted <= 0.0 { f64::NAN } else { since / counted }
        };
        Some(recency.iter().zip(rhythm).map(late).collect())
    }

    /// The typical customer's [`Dimensions::overdue`], where at least half of the segment has one.
    pub(crate) fn typical_overdue(&self, segmented: &Segmented<'_>, segment: usize) -> Option<f64> {
        self.typical(segmented, segment, SHORTEST_RHYTHM)
    }

    /// The typical customer's time since the last order over exactly their own usual time between orders, where at least
    /// half of the segment has one.
    pub(crate) fn typical_wait(&self, segmented: &Segmented<'_>, segment: usize) -> Option<f64> {
        self.typical(segmented, segment, 0.0)
    }

    fn typical(&self, segmented: &Segmented<'_>, segment: usize, shortest: f64) -> Option<f64> {
        let waits = self.waits(segmented, shortest)?;
        let known = sorted(segmented.values_of(segment, &waits));
        (2 * known.len() >= segmented.sizes()[segment].max(1)).then(|| quantile_sorted(&known, 0.5))
    }
}

fn by_words(table: &Table, wanted: &[&str]) -> Option<String> {
    let candidates: Vec<(&str, Vec<String>)> = numeric_names(table)
        .filter(|(_, unit)| !matches!(unit, Unit::Days | Unit::Share))
        .map(|(name, _)| (name, words(name)))
        .filter(|(_, words)| !words.iter().any(|w| NOT_A_TOTAL.contains(&w.as_str())))
        .collect();
    wanted.iter().find_map(|word| {
        let found = candidates.iter().find(|(_, words)| words.iter().any(|w| w == word));
        found.map(|(name, _)| (*name).to_owned())
    })
}

fn by_recency_words(table: &Table) -> Option<String> {
    let says = |words: &[String], word: &str| words.iter().any(|w| w == word);
    let found = numeric_names(table).find(|(name, _)| {
        let words = words(name);
        says(&words, "recency") || (says(&words, "since") && (says(&words, "last") || says(&words, "days")))
    });
    found.map(|(name, _)| name.to_owned())
}

fn numeric_names(table: &Table) -> impl Iterator<Item = (&str, Unit)> {
    let numeric = table.columns.iter().filter(|column| matches!(column.values, Values::Number(_)));
    numeric.map(|column| (column.feature.name.as_str(), column.feature.unit))
}

/// The words of a name in lower case: `NumWebPurchases` is num, web, purchases.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && after_lower) {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        after_lower = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}
