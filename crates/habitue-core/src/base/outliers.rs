//! Customers far from all others in a feature, judged on the scale on which the feature is spread evenly.

use serde::{Deserialize, Serialize};

use crate::math::moments::moments;
use crate::math::quantile::quantile_sorted;
use crate::prepare::checks::{FAR, Robust};

/// How one feature is spread, and who lies far out.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// What is known of all values.
    pub summary: SpreadSummary,
    /// Robust deviations of each customer from the middle; NaN where there is no value.
    pub scores: Vec<f64>,
}

/// How one feature is spread, in its own unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpreadSummary {
    /// Customers with a value.
    pub customers: u64,
    /// Customers without one.
    pub missing: u64,
    /// Arithmetic mean.
    pub mean: f64,
    /// The least value.
    pub least: f64,
    /// A quarter of the customers have this or less.
    pub lower_quartile: f64,
    /// Half of them.
    pub median: f64,
    /// Three quarters.
    pub upper_quartile: f64,
    /// The greatest value.
    pub most: f64,
    /// Whether far out is judged on logarithms, because the values are skewed.
    pub on_logarithms: bool,
    /// Customers whose value is far below the others.
    pub far_below: u64,
    /// Below this a value is far out; absent where the feature cannot reach it.
    pub below: Option<f64>,
    /// Customers whose value is far above the others.
    pub far_above: u64,
    /// Above this a value is far out; absent where all are equal.
    pub above: Option<f64>,
}

impl Spread {
    /// Looks at one feature of all customers; NaN and infinities are missing. `None` where there is no value.
    ///
    /// A value is far out when its robust z-score, `0.6745 (y − median) / MAD` (Iglewicz & Hoaglin 1993), is beyond
    /// ±3.5. `y` is `ln(1 + x)` where no value is negative and the skewness is above 1, else `x` itself: on the plain
    /// scale of skewed money a tenth of all customers would be far out. Where more than half of the values are one, the
    /// mean deviation takes the place of the median one.
    ///
    /// Costs `O(n log n)`.
    ///
    /// ```
    /// use habitue_core::base::outliers::Spread;
    /// let spread = Spread::of(&[1.0, 2.0, 3.0, 4.0, f64::NAN, 100.0]).ok_or("no values")?;
    /// assert_eq!((spread.summary.missing, spread.summary.median), (1, 3.0));
    /// # Ok::<(), &str>(())
    /// ```
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        let found = moments(&sorted);
        let on_logarithms = least >= 0.0 && found.skewness > 1.0;
        let shown = |v: f64| if on_logarithms { v.ln_1p() } else { v };
        let robust = Robust::fit(&sorted.iter().map(|&v| shown(v)).collect::<Vec<_>>());
        let score = |v: f64| if v.is_finite() { robust.score(shown(v)) } else { f64::NAN };
        let scores: Vec<f64> = values.iter().map(|&v| score(v)).collect();
        let bound = |side: f64| {
            let y = robust.centre + side * FAR * robust.unit;
            let x = if on_logarithms { y.exp_m1() } else { y };
            (robust.unit > 0.0 && x.is_finite()).then_some(x)
        };
        let far = |side: f64| scores.iter().filter(|s| **s * side > FAR).count() as u64;
        Some(Self {
            summary: SpreadSummary {
                customers: sorted.len() as u64,
                missing: (values.len() - sorted.len()) as u64,
                mean: found.mean,
                least,
                lower_quartile: quantile_sorted(&sorted, 0.25),
                median: quantile_sorted(&sorted, 0.5),
                upper_quartile: quantile_sorted(&sorted, 0.75),
                most,
                on_logarithms,
                far_below: far(-1.0),
                // A logarithm of less than nothing is no value that a customer can have.
                below: bound(-1.0).filter(|&x| x >= 0.0 || least < 0.0),
                far_above: far(1.0),
                above: bound(1.0),
            },
            scores,
        })
    }

    /// Whether a customer lies far out.
    pub fn is_far(&self, customer: usize) -> bool {
        self.scores[customer].abs() > FAR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_three_and_a_half_robust_deviations_from_the_middle() {
        // Median 3, MAD 1, hardly any skew.
        let spread = Spread::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let found = spread.summary;
        assert!(!found.on_logarithms);
        assert!((found.above.unwrap() - (3.0 + 3.5 / 0.6745)).abs() < 1e-12);
        // Below zero, where no customer can be.
        assert_eq!((found.below, found.far_above + found.far_below), (None, 0));
        assert_eq!((found.least, found.lower_quartile, found.mean, found.most), (1.0, 2.0, 3.0, 5.0));
    }

    #[test]
    fn skewed_values_are_judged_by_their_logarithms() {
        // ln(1 + x) is 1, 2, 3, 4, 5 and 30: median 3.5, deviations 0.5, 0.5, 1.5, 1.5, 2.5, 26.5, their median 1.5.
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 30.0].map(f64::exp_m1);
        let spread = Spread::of(&values).unwrap();
        assert!(spread.summary.on_logarithms);
        assert!((spread.scores[5] - 26.5 * 0.6745 / 1.5).abs() < 1e-9);
        assert_eq!((spread.summary.far_above, spread.is_far(5), spread.is_far(4)), (1, true, false));
        assert!((spread.summary.above.unwrap().ln_1p() - (3.5 + 3.5 * 1.5 / 0.6745)).abs() < 1e-9);
    }

    #[test]
    fn a_constant_feature_has_nobody_far_out_and_missing_values_are_counted() {
        let spread = Spread::of(&[2.0, f64::NAN, 2.0, f64::INFINITY]).unwrap();
        assert_eq!((spread.summary.missing, spread.summary.far_above, spread.summary.above), (2, 0, None));
        assert!(spread.scores[1].is_nan() && !spread.is_far(1) && !spread.is_far(0));
        assert_eq!(Spread::of(&[f64::NAN]), None);
    }
}
