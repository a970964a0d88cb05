//! What a careful analyst looks for before clustering: features that say the same, and customers far from all
//! others.

use crate::Matrix;
use crate::math::distance::means;
use crate::math::quantile::{quantile_sorted, sorted};

/// Two prepared columns that say nearly the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearDuplicate {
    /// Index of the first column.
    pub first: usize,
    /// Index of the second; above `first`.
    pub second: usize,
    /// Pearson's correlation of the two, −1 to 1.
    pub correlation: f64,
}

/// Pairs of columns whose Pearson correlation is beyond ±`threshold`; 0.95 is usual.
///
/// Together such columns count twice in every distance. A constant column correlates with nothing.
/// Pairs come in the order of their columns. Costs `O(n d²)`.
///
/// ```
/// use habitue_core::{Matrix, prepare::checks::near_duplicates};
/// let x = Matrix::new(3, vec![1.0, -2.0, 5.0, 2.0, -4.0, 1.0, 3.0, -6.0, 4.0])?;
/// let found = near_duplicates(&x, 0.95);
/// assert_eq!((found.len(), found[0].first, found[0].second), (1, 0, 1));
/// assert!((found[0].correlation + 1.0).abs() < 1e-15);
/// # Ok::<(), habitue_core::Error>(())
/// ```
pub fn near_duplicates(x: &Matrix, threshold: f64) -> Vec<NearDuplicate> {
    let means = means(x);
    let d = x.n_cols();
    let mut products = vec![0.0; d * d];
    for row in x.rows() {
        for first in 0..d {
            for second in first..d {
                products[first * d + second] += (row[first] - means[first]) * (row[second] - means[second]);
            }
        }
    }
    let mut found = Vec::new();
    for first in 0..d {
        for second in first + 1..d {
            let scale = products[first * d + first].sqrt() * products[second * d + second].sqrt();
            let correlation = products[first * d + second] / scale;
            if scale > 0.0 && correlation.abs() > threshold {
                found.push(NearDuplicate { first, second, correlation: correlation.clamp(-1.0, 1.0) });
            }
        }
    }
    found
}

/// Which values lie far from the others: `0.6745 |x − median| / MAD > 3.5` (Iglewicz & Hoaglin 1993, p.
/// 11–13).
///
/// `MAD` is the median of `|x − median|`; where more than half of the values are one, it is 0 and the mean of
/// `|x − median|` takes its place, with `0.7979 = √(2/π)` for 0.6745. Missing values are not flagged; a
/// constant column has no outliers.
///
/// ```
/// use habitue_core::prepare::checks::outliers;
/// assert_eq!(outliers(&[1.0, 2.0, 3.0, 4.0, 100.0]), [false, false, false, false, true]);
/// ```
pub fn outliers(values: &[f64]) -> Vec<bool> {
    let robust = Robust::fit(values);
    values.iter().map(|&v| v.is_finite() && robust.score(v).abs() > FAR).collect()
}

/// Robust deviations beyond which a value lies far from the others.
pub const FAR: f64 = 3.5;

/// The middle of some values and the unit in which they stray from it, neither moved by a few wild ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Robust {
    /// The median of the finite values; NaN where there are none.
    pub centre: f64,
    /// `MAD / 0.6745`, or what takes its place; 0 where all are equal.
    pub unit: f64,
}

impl Robust {
    /// Learns from finite values; the others are passed over.
    pub fn fit(values: &[f64]) -> Self {
        Self::of_sorted(&sorted(values.iter().copied().filter(|v| v.is_finite())))
    }

    /// The same of finite values in ascending order, without sorting again.
    pub fn of_sorted(sorted: &[f64]) -> Self {
        let centre = quantile_sorted(sorted, 0.5);
        // The deviations of both sides are in order, seen from the middle.
        let split = sorted.partition_point(|&v| v < centre);
        let mut below = sorted[..split].iter().rev().map(|v| centre - v).peekable();
        let mut above = sorted[split..].iter().map(|v| v - centre).peekable();
        let deviations: Vec<f64> = std::iter::from_fn(|| match (below.peek(), above.peek()) {
            (Some(b), Some(a)) if b <= a => below.next(),
            (Some(_), None) => below.next(),
            _ => above.next(),
        })
        .collect();
        let mad = quantile_sorted(&deviations, 0.5);
        let n = sorted.len().max(1) as f64;
        let mean = deviations.iter().map(|v| v / n).sum::<f64>();
        Self {
            centre,
            unit: if mad > 0.0 { mad / 0.6745 } else { mean * std::f64::consts::FRAC_PI_2.sqrt() },
        }
    }

    /// How many units a value lies above the middle (below: negative); 0 where all values are equal.
    pub fn score(self, value: f64) -> f64 {
        if self.unit > 0.0 { (value - self.centre) / self.unit } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_of_an_outlier_is_three_and_a_half_robust_deviations() {
        // Median 3, MAD 1: the bound is 3 ± 3.5 / 0.6745 = 3 ± 5.189.
        let flags = outliers(&[1.0, 2.0, 3.0, 4.0, 8.18]);
        assert!(flags.iter().all(|f| !f));
        assert_eq!(outliers(&[1.0, 2.0, 3.0, 4.0, 8.2]), [false, false, false, false, true]);
    }

    #[test]
    fn a_column_mostly_of_one_value_still_has_outliers() {
        let mut values = vec![1.0; 99];
        values.push(50.0);
        assert_eq!(outliers(&values).iter().filter(|&&f| f).count(), 1);
        assert_eq!(outliers(&[2.0; 5]), [false; 5]);
        assert_eq!(outliers(&[f64::NAN, 2.0]), [false; 2]);
        assert_eq!(outliers(&[]), [false; 0]);
    }

    #[test]
    fn a_constant_column_duplicates_nothing() {
        let x = Matrix::new(2, vec![1.0, 7.0, 2.0, 7.0, 3.0, 7.0]).unwrap();
        assert_eq!(near_duplicates(&x, 0.95), []);
    }
}
