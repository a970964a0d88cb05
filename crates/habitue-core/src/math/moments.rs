//! Mean, standard deviation and skewness of one column, safe for very large and very small values.

/// The first three moments of some values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation with divisor `n`.
    pub deviation: f64,
    /// `m₃ / m₂^(3/2)` with divisor `n`; 0 where there is no deviation.
    pub skewness: f64,
}

/// The moments of finite values; all 0 where there are none.
///
/// Values are first divided by a power of two near the largest of them, which is exact, so that squares
/// neither overflow nor vanish.
///
/// ```
/// use habitue_core::math::moments::moments;
/// let m = moments(&[0.0, 0.0, 3.0]);
/// assert_eq!((m.mean, m.deviation), (1.0, 2.0_f64.sqrt()));
/// assert!((m.skewness - 0.5_f64.sqrt()).abs() < 1e-15);
/// ```
pub fn moments(values: &[f64]) -> Moments {
    let none = Moments { mean: 0.0, deviation: 0.0, skewness: 0.0 };
    let largest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    if largest == 0.0 {
        return none;
    }
    let unit = 2.0_f64.powi(largest.log2().floor().clamp(-1022.0, 1023.0) as i32);
    let n = values.len() as f64;
    let mean = values.iter().map(|v| v / unit).sum::<f64>() / n;
    let (mut second, mut third) = (0.0, 0.0);
    for value in values {
        let centred = value / unit - mean;
        second += centred * centred;
        third += centred * centred * centred;
    }
    let variance = second / n;
    let skewness = if variance > 0.0 { third / n / (variance * variance.sqrt()) } else { 0.0 };
    let skewness = if skewness.is_finite() { skewness } else { 0.0 };
    Moments { mean: mean * unit, deviation: variance.sqrt() * unit, skewness }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_do_not_depend_on_the_unit_even_at_the_ends_of_the_range() {
        let plain = moments(&[1.0, 2.0, 4.0, 8.0]);
        for unit in [2.0_f64.powi(-1000), 2.0_f64.powi(1000)] {
            let m = moments(&[unit, 2.0 * unit, 4.0 * unit, 8.0 * unit]);
            assert_eq!(m.mean / unit, plain.mean);
            assert_eq!(m.deviation / unit, plain.deviation);
            assert_eq!(m.skewness, plain.skewness);
        }
    }

    #[test]
    fn no_values_and_zeros_have_no_moments() {
        assert_eq!(moments(&[]), Moments { mean: 0.0, deviation: 0.0, skewness: 0.0 });
        assert_eq!(moments(&[0.0; 3]), Moments { mean: 0.0, deviation: 0.0, skewness: 0.0 });
    }
}
