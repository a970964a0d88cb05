//! Features: one number of a customer, computed from the history before an as-of date. One file a family.

mod basket;
mod discount;
mod frequency;
mod recency;
mod returns;
mod rhythm;
mod tenure;
mod trend;
mod value;

use serde::{Deserialize, Serialize};

use crate::history::History;
use crate::table::{Feature, Unit};
use crate::{Error, Result};

/// Days in the window of the default features.
pub const YEAR_DAYS: i32 = 365;

/// One feature: what it is called, and how it is computed.
pub struct Definition {
    /// The name in files and settings.
    pub name: &'static str,
    /// The plain-language name.
    pub label: &'static str,
    /// What it is measured in.
    pub unit: Unit,
    /// What the data must hold for it to mean anything.
    pub needs: Needs,
    /// One sentence that says how it is computed.
    pub description: &'static str,
    /// The value; NaN where the customer has none.
    pub compute: fn(&History) -> f64,
}

/// What the data must hold for a feature to mean anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Customer, time and amount: every orders file has them.
    Nothing,
    /// Quantities.
    Units,
    /// Products.
    Products,
    /// Times of the day.
    Hours,
    /// Discounts.
    Discounts,
}

/// What a set of orders holds beside customer, time and amount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Holds {
    /// Quantities.
    pub units: bool,
    /// Products.
    pub products: bool,
    /// Times of the day.
    pub hours: bool,
    /// Discounts.
    pub discounts: bool,
}

impl Holds {
    /// What either of two sets of orders holds.
    pub fn or(self, other: Self) -> Self {
        Self {
            units: self.units || other.units,
            products: self.products || other.products,
            hours: self.hours || other.hours,
            discounts: self.discounts || other.discounts,
        }
    }

    fn satisfies(self, needs: Needs) -> bool {
        match needs {
            Needs::Nothing => true,
            Needs::Units => self.units,
            Needs::Products => self.products,
            Needs::Hours => self.hours,
            Needs::Discounts => self.discounts,
        }
    }
}

impl Definition {
    /// The feature's description for tables and reports.
    pub fn feature(&self) -> Feature {
        Feature {
            name: self.name.to_owned(),
            label: self.label.to_owned(),
            unit: self.unit,
            description: self.description.to_owned(),
        }
    }
}

/// Recency, orders and spend: the plain RFM features.
pub const RFM: [&str; 3] = ["recency_days", "orders", "spend"];
/// The default features.
pub const CORE: [&str; 4] = ["recency_days", "orders_12m", "spend_12m", "average_order_value"];
/// The default features and how customers behave beyond them.
pub const BEHAVIOUR: [&str; 12] = [
    "recency_days",
    "orders_12m",
    "spend_12m",
    "average_order_value",
    "tenure_days",
    "days_between_orders",
    "items_per_order",
    "distinct_products",
    "return_share",
    "spend_trend",
    "weekend_share",
    "discount_share",
];

/// Every feature, family by family.
pub fn all() -> impl Iterator<Item = &'static Definition> {
    [
        recency::FEATURES,
        frequency::FEATURES,
        value::FEATURES,
        tenure::FEATURES,
        basket::FEATURES,
        returns::FEATURES,
        trend::FEATURES,
        rhythm::FEATURES,
        discount::FEATURES,
    ]
    .into_iter()
    .flatten()
}

/// The features that data of this kind can give.
pub fn available(holds: Holds) -> Vec<&'static Definition> {
    all().filter(|d| holds.satisfies(d.needs)).collect()
}

/// The names behind a setting: `core`, `rfm`, `behaviour`, `all`, or names separated by commas.
///
/// Of a named set only what the data can give; a feature asked for by name must be available.
///
/// # Errors
/// [`Error::UnknownFeature`] for a name that is no feature or that these data cannot give.
pub fn resolve(setting: &str, holds: Holds) -> Result<Vec<&'static str>> {
    let known = available(holds);
    let of_set = |names: &[&str]| known.iter().map(|d| d.name).filter(|n| names.contains(n)).collect();
    match setting {
        "core" => Ok(of_set(&CORE)),
        "rfm" => Ok(of_set(&RFM)),
        "behaviour" => Ok(of_set(&BEHAVIOUR)),
        "all" => Ok(known.iter().map(|d| d.name).collect()),
        names => names.split(',').map(|name| by_name(name.trim(), &known)).collect(),
    }
}

fn by_name(name: &str, known: &[&'static Definition]) -> Result<&'static str> {
    known.iter().map(|d| d.name).find(|n| *n == name).ok_or_else(|| Error::UnknownFeature {
        name: name.to_owned(),
        suggestion: crate::math::text::closest(name, known.iter().map(|d| d.name)).map(str::to_owned),
    })
}

/// `part / whole`, or `otherwise` when there is no whole.
fn ratio(part: f64, whole: f64, otherwise: f64) -> f64 {
    if whole > 0.0 { part / whole } else { otherwise }
}

#[cfg(test)]
mod tests;
