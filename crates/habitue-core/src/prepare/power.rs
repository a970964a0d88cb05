//! Transforms that undo skew: logarithms and Yeo-Johnson.

use serde::{Deserialize, Serialize};

use crate::math::quantile::quantile_sorted;

use crate::math::{minimise, moments::moments};

/// A monotone transform of one column.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transform {
    /// `x`.
    None,
    /// `ln(1 + x)`, and `−ln(1 − x)` for negative `x`, so that it is defined everywhere.
    Log1p,
    /// `ln(1 + x / unit)`, mirrored for negative `x`: straight below the unit, a logarithm above it.
    Log {
        /// What counts as little; above 0.
        unit: f64,
    },
    /// The Yeo-Johnson transform of power `lambda` (Yeo & Johnson 2000, eq. 2.1):
    /// `((x + 1)^λ − 1) / λ` for `x ≥ 0`, `−((1 − x)^(2−λ) − 1) / (2 − λ)` below, and logarithms where the
    /// divisor is 0.
    YeoJohnson {
        /// The power; 1 leaves values as they are.
        lambda: f64,
    },
}

impl Transform {
    /// The logarithm whose unit is a quarter of the median of what is above 0 in ascending values.
    pub fn logarithm(sorted: &[f64]) -> Self {
        let above = &sorted[sorted.partition_point(|&v| v <= 0.0)..];
        let unit = quantile_sorted(above, 0.5) / 4.0;
        if unit > 0.0 && unit.is_finite() { Self::Log { unit } } else { Self::Log1p }
    }

    /// The transformed value; may overflow to an infinity far outside the values the transform was fitted on.
    pub fn apply(self, x: f64) -> f64 {
        match self {
            Self::None => x,
            Self::Log1p => x.abs().ln_1p().copysign(x),
            Self::Log { unit } => (x.abs() / unit).ln_1p().copysign(x),
            Self::YeoJohnson { lambda } => yeo_johnson(x.is_sign_negative(), x.abs().ln_1p(), lambda),
        }
    }

    /// The value that [`Transform::apply`] takes to `y`; not finite where there is none.
    pub fn undo(self, y: f64) -> f64 {
        match self {
            Self::None => y,
            Self::Log1p => y.abs().exp_m1().copysign(y),
            Self::Log { unit } => (y.abs().exp_m1() * unit).copysign(y),
            Self::YeoJohnson { lambda } => {
                let power = if y < 0.0 { 2.0 - lambda } else { lambda };
                let size = y.abs();
                let log = if power.abs() < f64::EPSILON { size } else { (power * size).ln_1p() / power };
                log.exp_m1().copysign(y)
            }
        }
    }
}

/// Yeo-Johnson from the sign of `x` and `ln(1 + |x|)`.
fn yeo_johnson(negative: bool, log: f64, lambda: f64) -> f64 {
    let power = if negative { 2.0 - lambda } else { lambda };
    let size = if power.abs() < f64::EPSILON { log } else { (power * log).exp_m1() / power };
    if negative { -size } else { size }
}

/// The Yeo-Johnson power of highest likelihood for finite values; `None` if there is none that floating point
/// can bear.
///
/// Maximises `−n/2 · ln(variance of the transformed) + (λ − 1) Σ sign(xᵢ) ln(1 + |xᵢ|)` (Yeo & Johnson 2000,
/// eq. 3.1), which has one peak, by Brent's method within the bounds of `SciPy` (`yeojohnson_normmax`): those
/// that keep twenty times the largest value clear of overflow. Costs some twenty passes over the values.
pub fn best_lambda(values: &[f64]) -> Option<f64> {
    let logs: Vec<(bool, f64)> = values.iter().map(|x| (*x < 0.0, x.abs().ln_1p())).collect();
    let largest = values.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    if largest == 0.0 {
        return None;
    }
    let reach = (20.0 * largest).ln_1p();
    let low = (f64::MIN_POSITIVE.ln() - f64::EPSILON.ln()) / 2.0 / reach;
    let high = (f64::MAX.ln() + f64::EPSILON.ln()) / 2.0 / reach;
    let n_negative = logs.iter().filter(|(negative, _)| *negative).count();
    let (low, high) = match n_negative {
        0 => (low, high),
        all if all == values.len() => (2.0 - high, 2.0 - low),
        _ => (low.max(2.0 - high), high.min(2.0 - low)),
    };
    if low.total_cmp(&high).is_ge() {
        return None;
    }
    let signed: f64 = logs.iter().map(|&(negative, log)| if negative { -log } else { log }).sum();
    let n = values.len() as f64;
    let mut transformed = vec![0.0; values.len()];
    let minus_likelihood = |lambda: f64| {
        for (y, &(negative, log)) in transformed.iter_mut().zip(&logs) {
            *y = yeo_johnson(negative, log, lambda);
        }
        let deviation = moments(&transformed).deviation;
        let value = n * deviation.ln() - (lambda - 1.0) * signed;
        if value.is_finite() { value } else { f64::INFINITY }
    };
    let lambda = minimise::bounded(minus_likelihood, low, high, 1.48e-8);
    lambda.is_finite().then_some(lambda)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transform_is_undone() {
        let powers = [-2.0, 0.0, 0.5, 1.0, 2.0, 3.0].map(|lambda| Transform::YeoJohnson { lambda });
        for transform in
            powers.into_iter().chain([Transform::None, Transform::Log1p, Transform::Log { unit: 12.5 }])
        {
            for x in [-20.0, -1.0, -0.3, 0.0, 1e-300, 0.7, 1.0, 30.0] {
                let back = transform.undo(transform.apply(x));
                assert!((back - x).abs() <= 1e-9 * x.abs(), "{transform:?}: {x} came back as {back}");
            }
        }
    }

    #[test]
    fn yeo_johnson_has_its_published_branches() {
        let at = |lambda, x| Transform::YeoJohnson { lambda }.apply(x);
        assert!((at(2.0, 3.0) - 7.5).abs() < 1e-14); // (4² − 1) / 2
        assert!((at(0.0, 3.0) - 4.0_f64.ln()).abs() < 1e-15);
        assert!((at(0.0, -3.0) + 7.5).abs() < 1e-14);
        assert!((at(2.0, -3.0) + 4.0_f64.ln()).abs() < 1e-15);
        assert!((at(1.0, -3.0) + 3.0).abs() < 1e-15);
    }

    #[test]
    fn a_lognormal_shape_asks_for_a_power_near_zero_and_a_straight_one_for_one() {
        let normal = |i: usize| (((i as f64 + 0.5) / 200.0) / (1.0 - (i as f64 + 0.5) / 200.0)).ln();
        let straight: Vec<f64> = (0..200).map(normal).collect();
        let skewed: Vec<f64> = straight.iter().map(|z| (5.0 + z).exp()).collect();
        assert!((best_lambda(&straight).unwrap() - 1.0).abs() < 0.01);
        assert!(best_lambda(&skewed).unwrap().abs() < 0.05);
    }

    #[test]
    fn values_at_the_ends_of_the_range_have_a_bearable_power_or_none() {
        assert_eq!(best_lambda(&[0.0; 4]), None);
        assert_eq!(best_lambda(&[-1e300, 1.0, 1e300]), None);
        assert!(best_lambda(&[1.0, 1e300, 1e299]).unwrap().is_finite());
        assert!(best_lambda(&[1e-300, 2e-300, 9e-300]).unwrap().is_finite());
    }
}
