//! Recency, frequency and monetary scores, and the conventional grid of eleven segment names.
//!
//! The scores are quintiles of values, not of ranks: customers with equal values always get equal scores, whatever the
//! order of the rows. (Ranking ties by row order, as `NTILE` does, gives two customers with one order each an F of 1 and 3.)

mod grid;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::math::quantile::sorted;
use crate::{Error, Result};

pub use grid::{GridSegment, grid};

/// The scores of one customer, 1 to 5 each, 5 best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rfm {
    /// 5 for the customers who bought last.
    pub recency: u8,
    /// 5 for the customers with most orders.
    pub frequency: u8,
    /// 5 for the customers who spent most.
    pub monetary: u8,
}

impl fmt::Display for Rfm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.recency, self.frequency, self.monetary)
    }
}

/// Where the scores change, so that a new customer is scored as the old ones were.
///
/// Four ascending thresholds per axis, in original units.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct RfmThresholds {
    /// Days since the last order: up to the first threshold scores 5, beyond the last scores 1.
    pub recency_days: [f64; 4],
    /// Orders: up to the first threshold scores 1, beyond the last scores 5.
    pub orders: [f64; 4],
    /// Spend: up to the first threshold scores 1, beyond the last scores 5.
    pub spend: [f64; 4],
}

impl RfmThresholds {
    /// The thresholds of these customers: on each axis the least value that at least 20, 40, 60, 80 % of them do not exceed.
    ///
    /// A value scores 1 + the number of thresholds strictly below it (recency: 5 − that number), so equal customers get
    /// equal scores. Where values repeat a lot, thresholds coincide and the scores between them are not given: when 60 %
    /// of the customers have one order and the thresholds are 1, 1, 1, 3, one order scores 1, two and three score 4, more
    /// score 5. A threshold is never the greatest value but the greatest below it, so that the ends of the scale are always
    /// given: the least value scores 1 and the greatest 5 (recency: 5 and 1). Where all customers have one value, it
    /// separates nobody and scores 3.
    ///
    /// Missing values (NaN) are left out. Cost: one sort an axis.
    ///
    /// ```
    /// use habitue_core::rfm::RfmThresholds;
    /// let ten: Vec<f64> = (1..=10).map(f64::from).collect();
    /// let thresholds = RfmThresholds::fit(&ten, &ten, &ten)?;
    /// assert_eq!(thresholds.spend, [2.0, 4.0, 6.0, 8.0]);
    /// assert_eq!(thresholds.score(1.0, 10.0, 9.0).to_string(), "555");
    /// assert_eq!(thresholds.score(10.0, 5.0, 2.0).to_string(), "131");
    /// # Ok::<(), habitue_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// An axis has no values.
    pub fn fit(recency_days: &[f64], orders: &[f64], spend: &[f64]) -> Result<Self> {
        Ok(Self { recency_days: cuts(recency_days)?, orders: cuts(orders)?, spend: cuts(spend)? })
    }

    /// The scores of one customer. A missing value (NaN) scores 1.
    pub fn score(&self, recency_days: f64, orders: f64, spend: f64) -> Rfm {
        let recency = if recency_days.is_nan() { 1 } else { 5 - n_below(&self.recency_days, recency_days) };
        Rfm {
            recency,
            frequency: 1 + n_below(&self.orders, orders),
            monetary: 1 + n_below(&self.spend, spend),
        }
    }
}

fn n_below(thresholds: &[f64; 4], value: f64) -> u8 {
    thresholds.iter().map(|threshold| u8::from(*threshold < value)).sum()
}

fn cuts(values: &[f64]) -> Result<[f64; 4]> {
    let sorted = sorted(values.iter().copied());
    let Some(&greatest) = sorted.last() else { return Err(Error::NoCustomers) };
    let n_below_greatest = sorted.partition_point(|v| *v < greatest);
    if n_below_greatest == 0 {
        // One value only: two thresholds below it and two at it, which is a score of 3 on either axis.
        return Ok([greatest - 1.0, greatest - 1.0, greatest, greatest]);
    }
    // In whole numbers, because 0.2 × 15 in floats may be a little more than 3.
    let order_statistic = |fifths: usize| (fifths * sorted.len()).div_ceil(5) - 1;
    Ok([1, 2, 3, 4].map(|fifths| sorted[order_statistic(fifths).min(n_below_greatest - 1)]))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the hand computes these values exactly")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scores(thresholds: &RfmThresholds, orders: &[f64]) -> Vec<u8> {
        orders.iter().map(|o| thresholds.score(0.0, *o, 0.0).frequency).collect()
    }

    fn fit_orders(orders: &[f64]) -> RfmThresholds {
        RfmThresholds::fit(&[0.0], orders, &[0.0]).unwrap()
    }

    #[test]
    fn a_customer_who_is_best_on_every_axis_is_a_champion() {
        let recency = [300.0, 12.0, 90.0, 2.0, 45.0, 150.0];
        let orders = [1.0, 4.0, 1.0, 20.0, 2.0, 1.0];
        let spend = [10.0, 400.0, 30.0, 9_000.0, 80.0, 20.0];
        let thresholds = RfmThresholds::fit(&recency, &orders, &spend).unwrap();
        let best = thresholds.score(2.0, 20.0, 9_000.0);
        assert_eq!(best.to_string(), "555");
        assert_eq!(grid(best), GridSegment::Champions);
        let worst = thresholds.score(300.0, 1.0, 10.0);
        assert_eq!(worst.to_string(), "111");
        assert_eq!(grid(worst), GridSegment::Lost);
    }

    #[test]
    fn one_order_customers_in_the_majority_share_the_lowest_score() {
        // 60 % have one order, 20 % two or three, 20 % more.
        let orders = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 5.0, 9.0];
        let thresholds = fit_orders(&orders);
        assert_eq!(thresholds.orders, [1.0, 1.0, 1.0, 3.0]);
        assert_eq!(scores(&thresholds, &[1.0, 2.0, 3.0, 5.0, 9.0]), [1, 4, 4, 5, 5]);
    }

    #[test]
    fn the_best_score_is_given_even_when_the_best_value_is_common() {
        let thresholds = fit_orders(&[1.0, 1.0, 2.0, 2.0, 2.0]);
        assert_eq!(thresholds.orders, [1.0; 4]);
        assert_eq!(scores(&thresholds, &[1.0, 2.0, 7.0]), [1, 5, 5]);
    }

    #[test]
    fn a_value_that_all_share_scores_three() {
        let same = [4.0, 4.0, f64::NAN];
        let thresholds = RfmThresholds::fit(&same, &same, &same).unwrap();
        assert_eq!(thresholds.score(4.0, 4.0, 4.0).to_string(), "333");
        assert_eq!(thresholds.score(1.0, 9.0, 9.0).to_string(), "555");
    }

    #[test]
    fn missing_values_score_worst_and_an_empty_axis_is_refused() {
        let thresholds = fit_orders(&[1.0, 2.0, 3.0]);
        assert_eq!(thresholds.score(f64::NAN, f64::NAN, f64::NAN).to_string(), "111");
        assert_eq!(RfmThresholds::fit(&[1.0], &[f64::NAN], &[1.0]), Err(Error::NoCustomers));
    }

    proptest! {
        #[test]
        fn scores_follow_values_and_both_ends_are_given(values in prop::collection::vec(0_u8..12, 1..80)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let thresholds = RfmThresholds::fit(&values, &values, &values).unwrap();
            let score = |v: f64| thresholds.score(v, v, v);
            for &a in &values {
                prop_assert_eq!(score(a).frequency + score(a).recency, 6);
                for &b in &values {
                    prop_assert!(a > b || score(a).monetary <= score(b).monetary);
                }
            }
            let (least, greatest) = (sorted(values.iter().copied())[0], sorted(values.iter().copied())[values.len() - 1]);
            if least < greatest {
                prop_assert_eq!((score(least).frequency, score(greatest).frequency), (1, 5));
                prop_assert_eq!((score(least).recency, score(greatest).recency), (5, 1));
            }
        }
    }
}
