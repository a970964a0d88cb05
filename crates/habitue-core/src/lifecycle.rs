//! Where a customer stands in their life with the shop, measured by their own rhythm.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::math::quantile::median;
use crate::table::Table;

/// A stage in a customer's life with the shop; the order is from the first order to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// First ordered less than the usual time between two orders ago.
    New,
    /// In rhythm, and spends at least twice of what it was.
    Growing,
    /// In rhythm.
    Active,
    /// Has waited longer than is usual for this customer: the moment to act.
    Slipping,
    /// Has missed several orders.
    Dormant,
    /// Has been away so long that nobody of this rhythm comes back unasked.
    Lost,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::New, Self::Growing, Self::Active, Self::Slipping, Self::Dormant, Self::Lost];

    /// The name in files.
    pub fn key(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Growing => "growing",
            Self::Active => "active",
            Self::Slipping => "slipping",
            Self::Dormant => "dormant",
            Self::Lost => "lost",
        }
    }
}

/// A customer in rhythm has waited at most so many of their own gaps.
const IN_RHYTHM: f64 = 1.5;
/// A slipping customer has waited at most so many.
const SLIPPING: f64 = 3.0;
/// A dormant customer has waited at most so many.
const DORMANT: f64 = 6.0;
/// Spend trend, `(new − old) / (new + old)`, of spending twice as much as in the quarter before.
const TWICE: f64 = 1.0 / 3.0;
/// Orders from which on a trend is more than a second order.
const TREND_ORDERS: f64 = 3.0;

/// What a customer's wait is measured against, learnt from all customers.
///
/// A customer's gap is the usual time between their orders, drawn towards the shop's by one observation:
/// `g = ((n − 1) · own + usual) / n` for `n` orders, so that who ordered once has the shop's gap and who ordered often
/// their own. The wait is `recency / g`. New: the first order is at most the shop's gap ago. Else by the wait: up to 1.5
/// in rhythm (growing, if with three orders or more the last 90 days brought at least twice the 90 before), up to 3
/// slipping, up to 6 dormant, beyond that lost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    /// Days between two orders of the typical customer who ordered more than once; above 0.
    pub usual_gap_days: f64,
}

impl Lifecycle {
    /// Learns the shop's rhythm: the median of the customers' `days_between_orders`.
    ///
    /// `None` where the table does not say when and how often customers order, or nobody came back.
    pub fn fit(table: &Table) -> Option<Self> {
        Columns::of(table)?;
        let usual_gap_days = median(table.numbers("days_between_orders")?.iter().copied());
        (usual_gap_days > 0.0).then_some(Self { usual_gap_days })
    }

    /// The stage of every customer of a table; `None` for who never ordered, and nothing at all where the table lacks a
    /// feature that it takes.
    pub fn stages(&self, table: &Table) -> Option<Vec<Option<Stage>>> {
        let columns = Columns::of(table)?;
        Some((0..table.n_rows()).map(|row| self.stage(&columns.customer(row))).collect())
    }

    fn stage(&self, customer: &Customer) -> Option<Stage> {
        let Customer { recency, orders, tenure, own_gap, trend } = *customer;
        if orders < 1.0 || recency.is_nan() {
            return None;
        }
        let gap = if own_gap > 0.0 {
            ((orders - 1.0) * own_gap + self.usual_gap_days) / orders
        } else {
            self.usual_gap_days
        };
        Some(match recency / gap {
            _ if tenure <= self.usual_gap_days => Stage::New,
            wait if wait <= IN_RHYTHM && trend >= TWICE && orders >= TREND_ORDERS => Stage::Growing,
            wait if wait <= IN_RHYTHM => Stage::Active,
            wait if wait <= SLIPPING => Stage::Slipping,
            wait if wait <= DORMANT => Stage::Dormant,
            _ => Stage::Lost,
        })
    }
}

/// What decides about a stage.
struct Customer {
    recency: f64,
    orders: f64,
    tenure: f64,
    own_gap: f64,
    trend: f64,
}

struct Columns<'a> {
    recency: &'a [f64],
    orders: &'a [f64],
    tenure: &'a [f64],
    own_gap: &'a [f64],
    trend: &'a [f64],
}

impl<'a> Columns<'a> {
    fn of(table: &'a Table) -> Option<Self> {
        Some(Self {
            recency: table.numbers("recency_days")?,
            orders: table.numbers("orders")?,
            tenure: table.numbers("tenure_days")?,
            own_gap: table.numbers("days_between_orders")?,
            trend: table.numbers("spend_trend")?,
        })
    }

    fn customer(&self, row: usize) -> Customer {
        Customer {
            recency: self.recency[row],
            orders: self.orders[row],
            tenure: self.tenure[row],
            own_gap: self.own_gap[row],
            trend: self.trend[row],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Column, Feature, Unit, Values};

    fn table(rows: &[[f64; 5]]) -> Table {
        let names = ["recency_days", "orders", "tenure_days", "days_between_orders", "spend_trend"];
        let column = |(at, name): (usize, &&str)| Column {
            feature: Feature {
                name: (*name).to_owned(),
                label: (*name).to_owned(),
                unit: Unit::Days,
                description: String::new(),
            },
            values: Values::Number(rows.iter().map(|row| row[at]).collect()),
        };
        let ids = (0..rows.len()).map(|i| format!("{i:03}")).collect();
        Table { ids, columns: names.iter().enumerate().map(column).collect() }
    }

    #[test]
    fn everybody_is_measured_by_their_own_rhythm() {
        let none = f64::NAN;
        let rows = [
            [20.0, 1.0, 20.0, none, 1.0],   // first order three weeks ago
            [10.0, 8.0, 300.0, 30.0, 0.5],  // in rhythm, and more than twice the spend
            [10.0, 2.0, 300.0, 30.0, 0.9],  // two orders are no trend
            [80.0, 4.0, 300.0, 30.0, -1.0], // own gap (3 · 30 + 40) / 4 = 32.5: has waited 2.5 of them
            [80.0, 2.0, 300.0, 90.0, 0.0],  // the same wait in a slower rhythm
            [130.0, 4.0, 300.0, 30.0, 0.0], // 4 gaps
            [241.0, 1.0, 300.0, none, 0.0], // the shop's gap of 40, six times and a day
            [none, 0.0, none, none, 0.0],   // never ordered
        ];
        let table = table(&rows);
        let lifecycle = Lifecycle { usual_gap_days: 40.0 };
        let stages = lifecycle.stages(&table).unwrap();
        use Stage::{Active, Dormant, Growing, Lost, New, Slipping};
        let expected = [
            Some(New),
            Some(Growing),
            Some(Active),
            Some(Slipping),
            Some(Active),
            Some(Dormant),
            Some(Lost),
            None,
        ];
        assert_eq!(stages, expected);
    }

    #[test]
    fn the_rhythm_of_the_shop_is_that_of_its_typical_returning_customer() {
        let none = f64::NAN;
        let rows = [[1.0, 2.0, 9.0, 30.0, 0.0], [1.0, 2.0, 9.0, 50.0, 0.0], [1.0, 1.0, 9.0, none, 0.0]];
        assert_eq!(Lifecycle::fit(&table(&rows)), Some(Lifecycle { usual_gap_days: 40.0 }));
        assert_eq!(Lifecycle::fit(&table(&rows[2..])), None);
        assert_eq!(Lifecycle::fit(&Table::default()), None);
    }
}
