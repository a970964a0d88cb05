//! How many times as often one group of customers buys something as another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Two-sided 95 % of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A risk ratio with its interval.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Lift {
    /// How many times as often.
    pub ratio: f64,
    /// The lower end of the 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Lift {
    /// The ratio of the share `buyers / customers` to the share `other_buyers / others`.
    ///
    /// With a half added to all four counts (so that nobody buying it is no division by zero), as
    /// ```text
    /// R = (a + ½)/(n + ½) ÷ (b + ½)/(m + ½),   ln R ± 1.96 √(1/(a + ½) − 1/(n + ½) + 1/(b + ½) − 1/(m + ½))
    /// ```
    /// `None` where a group is empty or has more buyers than customers.
    /// Few buyers make the interval wide and pull the ratio towards 1, so that ranking by the lower end trusts no
    /// accident.
    ///
    /// Katz, Baptista, Azen & Pike 1978 for the interval, Walter 1975 for the halves.
    ///
    /// ```
    /// use habitue_core::goods::lift::Lift;
    /// let lift = Lift::new(60, 100, 150, 500).unwrap();
    /// assert!((lift.ratio - 2.0).abs() < 0.01 && lift.low > 1.6 && lift.high < 2.5);
    /// ```
    pub fn new(buyers: u64, customers: u64, other_buyers: u64, others: u64) -> Option<Self> {
        if customers == 0 || others == 0 || buyers > customers || other_buyers > others {
            return None;
        }
        let [a, n, b, m] = [buyers, customers, other_buyers, others].map(|count| count as f64 + 0.5);
        let log = (a / n / (b / m)).ln();
        let error = (1.0 / a - 1.0 / n + 1.0 / b - 1.0 / m).sqrt();
        Some(Self { ratio: log.exp(), low: (log - Z * error).exp(), high: (log + Z * error).exp() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_and_its_interval_are_what_the_formula_gives() {
        // 60.5/100.5 ÷ 150.5/500.5.
        let lift = Lift::new(60, 100, 150, 500).unwrap();
        let log = ((60.5_f64 / 100.5) / (150.5 / 500.5)).ln();
        let error = (1.0_f64 / 60.5 - 1.0 / 100.5 + 1.0 / 150.5 - 1.0 / 500.5).sqrt();
        assert!((lift.ratio - 2.001_967).abs() < 1e-6, "{lift:?}");
        assert!((lift.low.ln() - (log - 1.96 * error)).abs() < 1e-4);
        assert!((lift.high.ln() - (log + 1.96 * error)).abs() < 1e-4);
    }

    #[test]
    fn nobody_else_buying_it_is_a_large_but_finite_ratio_with_a_wide_interval() {
        let lift = Lift::new(3, 100, 0, 1000).unwrap();
        assert!(lift.ratio > 10.0 && lift.low < 5.0 && lift.high.is_finite(), "{lift:?}");
    }

    #[test]
    fn everybody_buying_it_is_once_as_often_without_doubt() {
        let lift = Lift::new(10, 10, 20, 20).unwrap();
        assert_eq!((lift.ratio, lift.low, lift.high), (1.0, 1.0, 1.0));
    }

    #[test]
    fn groups_that_cannot_be_compared_have_no_lift() {
        assert_eq!((Lift::new(0, 0, 1, 2), Lift::new(1, 2, 0, 0), Lift::new(3, 2, 0, 1)), (None, None, None));
    }
}
