//! Customers far from all others in a feature, judged on the scale on which the feature is spread evenly.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::math::moments::moments;
use crate::math::quantile::{quantile_sorted, sorted};
use crate::prepare::checks::{FAR, Robust};
use crate::prepare::power::Transform;

/// How one feature is spread, and who lies far out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// What is known of all values.
    pub summary: SpreadSummary,
    /// What brings skewed values to a scale on which they spread evenly.
    transform: Transform,
    robust: Robust,
}

/// How one feature is spread, in its own unit.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
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
    /// ±3.5. `y` is the logarithm that preparation takes ([`Transform::Log`]) where the skewness is above 1, else `x`
    /// itself: on the plain
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
        let sorted = sorted(values.iter().copied().filter(|v| v.is_finite()));
        Self::of_sorted(&sorted, (values.len() - sorted.len()) as u64)
    }

    /// The same of finite values in ascending order, beside which so many are missing.
    pub fn of_sorted(sorted: &[f64], missing: u64) -> Option<Self> {
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        let found = moments(sorted);
        let on_logarithms = found.skewness > 1.0;
        let transform = if on_logarithms { Transform::logarithm(sorted) } else { Transform::None };
        let robust = Robust::of_sorted(&sorted.iter().map(|&v| transform.apply(v)).collect::<Vec<_>>());
        let bound = |side: f64| {
            let x = transform.undo(robust.centre + side * FAR * robust.unit);
            (robust.unit > 0.0 && x.is_finite()).then_some(x)
        };
        let mut spread = Self {
            summary: SpreadSummary {
                customers: sorted.len() as u64,
                missing,
                mean: found.mean,
                least,
                lower_quartile: quantile_sorted(sorted, 0.25),
                median: quantile_sorted(sorted, 0.5),
                upper_quartile: quantile_sorted(sorted, 0.75),
                most,
                on_logarithms,
                far_below: 0,
                // Less than nothing is no value that a customer can have.
                below: bound(-1.0).filter(|&x| x >= 0.0 || least < 0.0),
                far_above: 0,
                above: bound(1.0),
            },
            transform,
            robust,
        };
        // Scores rise with the values.
        spread.summary.far_below = sorted.partition_point(|&v| spread.score(v) < -FAR) as u64;
        spread.summary.far_above =
            (sorted.len() - sorted.partition_point(|&v| spread.score(v) <= FAR)) as u64;
        Some(spread)
    }

    /// Robust deviations of a value from the middle; NaN for a missing one.
    pub fn score(&self, value: f64) -> f64 {
        if value.is_finite() { self.robust.score(self.transform.apply(value)) } else { f64::NAN }
    }

    /// Whether a value lies far out.
    pub fn is_far(&self, value: f64) -> bool {
        self.score(value).abs() > FAR
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
        // The median is 4, so that ln(1 + x) is taken: ln 2, ln 4, ln 5, ln 10 and ln 100000. The middle deviation is ln 2.
        let values = [1.0, 3.0, 4.0, 9.0, 99_999.0];
        let spread = Spread::of(&values).unwrap();
        assert!(spread.summary.on_logarithms);
        assert!((spread.score(99_999.0) - 0.6745 * 2e4_f64.ln() / 2_f64.ln()).abs() < 1e-12);
        assert_eq!((spread.summary.far_above, spread.is_far(99_999.0), spread.is_far(9.0)), (1, true, false));
        assert!((spread.summary.above.unwrap() - (5.0 * 2_f64.powf(3.5 / 0.6745) - 1.0)).abs() < 1e-9);
        // In pence they are as far out as in pounds.
        let pence = Spread::of(&values.map(|v| v * 128.0)).unwrap();
        assert!((pence.score(128.0 * 99_999.0) - spread.score(99_999.0)).abs() < 1e-12);
    }

    #[test]
    fn a_little_below_zero_does_not_change_the_scale() {
        let values: Vec<f64> = (0..200).map(|i| 1.05_f64.powi(i)).chain([-1.0]).collect();
        let spread = Spread::of(&values).unwrap();
        assert!(spread.summary.on_logarithms);
        assert_eq!((spread.summary.far_above, spread.summary.far_below), (0, 0));
        assert!(spread.is_far(-1e9) && spread.is_far(1e9));
    }

    #[test]
    fn a_constant_feature_has_nobody_far_out_and_missing_values_are_counted() {
        let spread = Spread::of(&[2.0, f64::NAN, 2.0, f64::INFINITY]).unwrap();
        assert_eq!((spread.summary.missing, spread.summary.far_above, spread.summary.above), (2, 0, None));
        assert!(spread.score(f64::NAN).is_nan() && !spread.is_far(f64::NAN) && !spread.is_far(2.0));
        assert_eq!(Spread::of(&[f64::NAN]), None);
    }
}
