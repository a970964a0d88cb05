//! The proof of a grouping: what each group did after the date at which it was formed, and how well groups tell later
//! customers apart, beside other ways to group the same customers.

mod resample;
mod skill;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::math::quantile::{quantile_sorted, sorted};
use crate::math::random::Random;
use crate::{Error, Result};

use self::resample::{Sums, Weights};
pub use self::skill::Skill;

/// What customers did in the period after the date at which they were grouped; one entry a customer.
#[derive(Debug, Clone, Copy)]
pub struct Later<'a> {
    /// Orders in the period.
    pub orders: &'a [u32],
    /// Net spend in the period, in currency units.
    pub spend: &'a [f64],
}

/// Customers in groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// The group of each customer, below `n_groups`.
    pub labels: Vec<u32>,
    /// Number of groups; some may be empty.
    pub n_groups: usize,
}

/// An estimate with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

/// What one group did in the later period.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupLater {
    /// Customers of the group.
    pub customers: usize,
    /// The share of them who ordered, 0 to 1.
    pub bought: Estimate,
    /// Orders per customer.
    pub orders: Estimate,
    /// Net spend per customer, in currency units.
    pub spend: Estimate,
    /// The group's share of what all customers spent.
    pub spend_share: Estimate,
}

/// How well a grouping tells later customers apart, and how far that is from the first one.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Groups with customers.
    pub n_groups: usize,
    /// Its skill.
    pub skill: Skill<Estimate>,
    /// The first grouping's skill less this one's; of the first one itself, nothing.
    pub lead: Option<Skill<Estimate>>,
}

impl Skill<f64> {
    /// The explained share as it would be for other customers of the same kind: `1 − (1 − η²)(n − 1)/(n − k)`
    /// (Kelley 1935), which more groups do not raise by luck.
    pub fn explained_adjusted(&self, n_customers: usize, n_groups: usize) -> f64 {
        let (n, k) = (n_customers as f64, n_groups as f64);
        if n > k { 1.0 - (1.0 - self.explained) * (n - 1.0) / (n - k) } else { f64::NAN }
    }
}

/// What came of the groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// The groups of the first grouping.
    pub groups: Vec<GroupLater>,
    /// The first grouping, and after it the others.
    pub groupings: Vec<Compared>,
}

/// How a grouping is checked against what customers did later.
///
/// Intervals are percentiles of `draws` bootstrap draws, in which every customer counts a Poisson(1) number of times
/// (Hanley & `MacGibbon` 2006); the same draws serve all groupings, so that differences between them are compared
/// customer by customer.
///
/// Cost: `draws · n` for each grouping; on more than a hundred thousand customers fewer draws are made, forty at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backtest {
    /// Bootstrap draws.
    pub draws: usize,
    /// The same seed gives the same intervals.
    pub seed: u64,
}

impl Default for Backtest {
    fn default() -> Self {
        Self { draws: 400, seed: 0 }
    }
}

/// Customers times draws that are worth their time.
const MOST_DRAWN: usize = 40_000_000;
const LEAST_DRAWS: usize = 40;

impl Backtest {
    /// Checks `groupings` against `later`; groups are described of the first one.
    ///
    /// A grouping without a single customer who bought later has no skill to measure: its figures are NaN.
    ///
    /// # Errors
    /// [`Error::Length`] if a grouping has not one label a customer, [`Error::NoCustomers`] if there are none.
    pub fn run(&self, later: Later<'_>, groupings: &[Grouping]) -> Result<Proof> {
        check(later, groupings)?;
        let n = later.spend.len();
        let draws = self.draws.min((MOST_DRAWN / n).max(LEAST_DRAWS)).max(2);
        let whole = Sums::of(later, groupings, &mut Weights::ones());
        let drawn: Vec<Sums> = (0..draws)
            .into_par_iter()
            .map(|draw| {
                Sums::of(later, groupings, &mut Weights::poisson(Random::stream(self.seed, draw as u64)))
            })
            .collect();
        let groups = (0..groupings[0].n_groups).map(|group| whole.group(&drawn, group)).collect();
        Ok(Proof { groups, groupings: (0..groupings.len()).map(|at| whole.compare(&drawn, at)).collect() })
    }
}

fn check(later: Later<'_>, groupings: &[Grouping]) -> Result<()> {
    let n = later.spend.len();
    if n == 0 || groupings.is_empty() {
        return Err(Error::NoCustomers);
    }
    let mut lengths = groupings.iter().map(|g| g.labels.len()).chain([later.orders.len()]);
    match lengths.find(|&length| length != n) {
        Some(got) => Err(Error::Length { what: "labels".to_owned(), expected: n, got }),
        None => Ok(()),
    }
}

impl Sums {
    fn group(&self, drawn: &[Self], group: usize) -> GroupLater {
        let of = |value: fn(&Self, usize) -> f64| {
            Estimate::new(value(self, group), drawn.iter().map(|sums| value(sums, group)))
        };
        GroupLater {
            customers: self.groupings[0][group].customers as usize,
            bought: of(|s, g| s.groupings[0][g].bought / s.groupings[0][g].customers),
            orders: of(|s, g| s.groupings[0][g].orders / s.groupings[0][g].customers),
            spend: of(|s, g| s.groupings[0][g].spend / s.groupings[0][g].customers),
            spend_share: of(|s, g| {
                s.groupings[0][g].spend / s.groupings[0].iter().map(|g| g.spend).sum::<f64>()
            }),
        }
    }

    fn compare(&self, drawn: &[Self], at: usize) -> Compared {
        let own = self.skill(at);
        let skills: Vec<Skill<f64>> = drawn.iter().map(|sums| sums.skill(at)).collect();
        let lead = (at > 0).then(|| {
            let first = drawn.iter().map(|sums| sums.skill(0));
            let leads: Vec<Skill<f64>> = first.zip(&skills).map(|(a, b)| a.less(*b)).collect();
            self.skill(0).less(own).with(&leads, Estimate::new)
        });
        Compared {
            n_groups: self.groupings[at].iter().filter(|g| g.customers > 0.0).count(),
            skill: own.with(&skills, Estimate::new),
            lead,
        }
    }
}

impl Estimate {
    /// A value with the 2.5th and 97.5th percentiles of its draws; draws without a value are left out.
    fn new(value: f64, draws: impl IntoIterator<Item = f64>) -> Self {
        let draws = sorted(draws);
        Self { value, low: quantile_sorted(&draws, 0.025), high: quantile_sorted(&draws, 0.975) }
    }

    /// Whether the whole interval is above zero.
    pub fn is_above_zero(&self) -> bool {
        self.low > 0.0
    }

    /// Whether the whole interval is below zero.
    pub fn is_below_zero(&self) -> bool {
        self.high < 0.0
    }
}

impl Grouping {
    /// How well the groups tell later customers apart, without intervals.
    ///
    /// # Errors
    /// As [`Backtest::run`].
    pub fn skill(&self, later: Later<'_>) -> Result<Skill<f64>> {
        check(later, std::slice::from_ref(self))?;
        Ok(Sums::of(later, std::slice::from_ref(self), &mut Weights::ones()).skill(0))
    }

    /// The same customers dealt out by lot, with groups of the same sizes: what chance alone tells apart.
    #[must_use]
    pub fn shuffled(&self, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut labels = self.labels.clone();
        for last in (1..labels.len()).rev() {
            labels.swap(last, random.below(last + 1));
        }
        Self { labels, n_groups: self.n_groups }
    }

    /// Customers in `n_groups` groups of equal size by a value, the highest first; equal values stay together, so
    /// that groups may be larger, smaller or empty.
    pub fn quantiles(values: &[f64], n_groups: usize) -> Self {
        let ascending = sorted(values.iter().copied());
        let group = |value: &f64| {
            let up_to = ascending.partition_point(|v| v <= value);
            let above = (ascending.len() - up_to) * n_groups / ascending.len().max(1);
            above.min(n_groups.saturating_sub(1)) as u32
        };
        Self { labels: values.iter().map(group).collect(), n_groups }
    }
}

#[cfg(test)]
mod tests;
