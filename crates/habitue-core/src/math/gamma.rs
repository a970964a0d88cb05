//! The logarithm of the gamma function and its first two derivatives.

/// Where Stirling's series is accurate to the last bits.
const LARGE: f64 = 15.0;

/// `ln Γ(z)` for `z > 0`, to about 1e-14 of the larger of itself and 1.
///
/// The recurrence `Γ(z + 1) = z Γ(z)` up to 15, then Stirling's series (Abramowitz & Stegun 1964, 6.1.41).
///
/// ```
/// assert!((habitue_core::math::gamma::ln_gamma(5.0) - 24_f64.ln()).abs() < 1e-14);
/// ```
pub fn ln_gamma(z: f64) -> f64 {
    let (mut z, mut product) = (z, 1.0);
    while z < LARGE {
        product *= z;
        z += 1.0;
    }
    let inverse = 1.0 / z;
    let series = in_squares(
        inverse,
        [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0],
    );
    let half_ln_tau = 0.5 * std::f64::consts::TAU.ln();
    (z - 0.5) * z.ln() - z + half_ln_tau + inverse * series - f64::ln(product)
}

/// `ψ(z) = d ln Γ(z) / dz` for `z > 0`, to about 1e-14 of the larger of itself and 1 (6.3.18).
pub fn digamma(z: f64) -> f64 {
    let (mut z, mut below) = (z, 0.0);
    while z < LARGE {
        below += 1.0 / z;
        z += 1.0;
    }
    let inverse = 1.0 / z;
    let series = in_squares(
        inverse,
        [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32_760.0],
    );
    z.ln() - 0.5 * inverse - inverse * inverse * series - below
}

/// `ψ′(z)` for `z > 0`, to about 1e-14 of itself (6.4.12).
pub fn trigamma(z: f64) -> f64 {
    let (mut z, mut below) = (z, 0.0);
    while z < LARGE {
        below += 1.0 / (z * z);
        z += 1.0;
    }
    let inverse = 1.0 / z;
    let series =
        in_squares(inverse, [1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0]);
    below + inverse + inverse * inverse * (0.5 + inverse * series)
}

/// `c₀ + c₁ y² + c₂ y⁴ + …`.
fn in_squares(y: f64, coefficients: [f64; 6]) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * y * y + c)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EULER: f64 = 0.577_215_664_901_532_9;

    #[test]
    fn values_that_are_known_exactly_come_out() {
        let pi = std::f64::consts::PI;
        let close = |found: f64, expected: f64| {
            assert!((found - expected).abs() < 2e-14 * expected.abs().max(1.0), "{found} {expected}");
        };
        close(ln_gamma(0.5), 0.5 * pi.ln());
        close(ln_gamma(1.0), 0.0);
        close(ln_gamma(101.0), 363.739_375_555_563_47);
        close(digamma(1.0), -EULER);
        close(digamma(0.5), -EULER - 2.0 * 2_f64.ln());
        close(trigamma(1.0), pi * pi / 6.0);
        close(trigamma(0.5), pi * pi / 2.0);
        close(trigamma(1e-4), 1e8 + pi * pi / 6.0 - 2.404_113_806_319_188_6e-4);
    }

    #[test]
    fn each_is_the_slope_of_the_one_before() {
        for z in [0.03, 0.7, 3.3, 14.9, 15.1, 200.0, 1e5] {
            let h = 1e-4 * z;
            let slope = |f: fn(f64) -> f64| {
                (f(z - 2.0 * h) - 8.0 * f(z - h) + 8.0 * f(z + h) - f(z + 2.0 * h)) / (12.0 * h)
            };
            assert!((slope(ln_gamma) / digamma(z) - 1.0).abs() < 1e-8, "{z}");
            assert!((slope(digamma) / trigamma(z) - 1.0).abs() < 1e-8, "{z}");
        }
    }
}
