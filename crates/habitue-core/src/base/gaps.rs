//! Time between orders: days from one day with an order to the next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::histogram::{Histogram, histogram_of_runs};
use crate::math::quantile::quantile_of_runs;
use crate::table::Unit;

/// Days up to which gaps are counted in an array, some eleven years; the few longer ones are kept in a list.
const SHORT: usize = 4096;

/// Counts gaps as customers pass by; any split of the customers, merged in any order, gives the same.
#[derive(Debug, Clone, Default)]
pub struct GapCounter {
    short: Vec<u64>,
    long: Vec<i32>,
}

/// The gaps of all customers together.
///
/// Every gap weighs the same, so that those who order often weigh more than those who order seldom; customers who have
/// not come back have no gap. Quantiles are interpolated as everywhere (type 7).
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Gaps {
    /// How many gaps.
    pub gaps: u64,
    /// Their mean, in days.
    pub mean_days: f64,
    /// A quarter of them is as long as this or shorter.
    pub lower_quartile_days: f64,
    /// Half of them are as long as this or shorter.
    pub median_days: f64,
    /// Three quarters.
    pub upper_quartile_days: f64,
    /// Nine of ten.
    pub ninth_decile_days: f64,
    /// How many are how long.
    pub histogram: Histogram,
}

impl GapCounter {
    /// Counts a gap; `days` is above 0.
    pub fn add(&mut self, days: i32) {
        match usize::try_from(days) {
            Ok(at) if at < SHORT => {
                if at >= self.short.len() {
                    self.short.resize(at + 1, 0);
                }
                self.short[at] += 1;
            }
            _ => self.long.push(days),
        }
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: &Self) {
        if other.short.len() > self.short.len() {
            self.short.resize(other.short.len(), 0);
        }
        for (mine, theirs) in self.short.iter_mut().zip(&other.short) {
            *mine += theirs;
        }
        self.long.extend(&other.long);
    }

    /// The gaps counted; `None` if there are none.
    pub fn finish(mut self) -> Option<Gaps> {
        self.long.sort_unstable();
        let short = self.short.iter().enumerate().filter(|(_, n)| **n > 0).map(|(days, &n)| (days as f64, n));
        let runs: Vec<(f64, u64)> = short.chain(self.long.iter().map(|&days| (f64::from(days), 1))).collect();
        let gaps: u64 = runs.iter().map(|r| r.1).sum();
        // Whole numbers of days: the sum is exact.
        let days: f64 = runs.iter().map(|r| r.0 * r.1 as f64).sum();
        Some(Gaps {
            gaps,
            mean_days: days / gaps as f64,
            lower_quartile_days: quantile_of_runs(&runs, 0.25),
            median_days: quantile_of_runs(&runs, 0.5),
            upper_quartile_days: quantile_of_runs(&runs, 0.75),
            ninth_decile_days: quantile_of_runs(&runs, 0.9),
            histogram: histogram_of_runs(&runs, Unit::Days)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_have_their_quartiles_however_they_are_split() {
        let days = [1, 3, 3, 10, 400, 5000];
        let mut all = GapCounter::default();
        days.iter().for_each(|&d| all.add(d));
        let (mut one, mut two) = (GapCounter::default(), GapCounter::default());
        days.iter().rev().enumerate().for_each(|(i, &d)| if i % 2 == 0 { one.add(d) } else { two.add(d) });
        one.merge(&two);
        let all = all.finish().unwrap();
        assert_eq!(one.finish().unwrap(), all);
        // Between 3 and 10 lies 6.5; a quarter of the way, 1.25 steps from the first, is still 3.
        assert_eq!((all.gaps, all.median_days, all.lower_quartile_days), (6, 6.5, 3.0));
        assert_eq!((all.upper_quartile_days, all.ninth_decile_days), (302.5, 2700.0));
        assert_eq!(all.mean_days, 5417.0 / 6.0);
        assert_eq!(all.histogram.bins.iter().map(|b| b.customers).sum::<u64>(), 6);
    }

    #[test]
    fn without_a_second_order_there_are_no_gaps() {
        assert_eq!(GapCounter::default().finish(), None);
    }
}
