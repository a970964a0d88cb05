//! How many purchases BG/NBD expects of a customer.

use super::bg_nbd::FittedBgNbd;
use super::pattern::Pattern;

/// Terms after which the series is taken to have ended; it converges like `z^k`.
const MOST_TERMS: u32 = 100_000;

impl FittedBgNbd {
    /// Expected days with a purchase in the next `days` days, of a customer with this past.
    ///
    /// Equation 10 of Fader, Hardie & Lee (2005). With `n` chances to have dropped out, `z = days / (α + T + days)`,
    /// `c = a + b + n − 1` and `ε = a − 1` it reads
    ///
    /// ```text
    /// P(alive) · c / ε · (1 − (1 − z)^(r+x) ₂F₁(r + x, b + n; c; z))
    /// ```
    ///
    /// which loses all digits near `a = 1`, overflows for many repeats, and has no value at `c = 0`.
    /// By Euler's transformation the product is `(1 − z)^ε ₂F₁(c − r − x, ε; c; z)`; with the first term of the series
    /// taken out, `c` and `ε` cancel:
    ///
    /// ```text
    /// P(alive) · ( c (1 − (1 − z)^ε) / ε  −  (1 − z)^ε d z Σ_j (d + 1)_j (a)_j / ((c + 1)_j (j + 1)!) z^j ),   d = c − r − x
    /// ```
    ///
    /// `d` does not depend on `x`. Where terms of both signs would cancel (`d` far below 0) or grow large (`a` above 4)
    /// the same is integrated over the probability to drop out instead.
    /// Within 1e-10 of itself. Costs tens to hundreds of multiplications.
    pub fn expected_purchases(&self, pattern: &Pattern, days: f64) -> f64 {
        self.probability_alive(pattern) * self.expected_if_alive(pattern, days)
    }

    /// Expected days with a purchase in the next `days` days of a customer who is alive now.
    pub(super) fn expected_if_alive(&self, pattern: &Pattern, days: f64) -> f64 {
        if days <= 0.0 {
            return 0.0;
        }
        let [r, alpha, a, b] = self.parameters();
        let stay = b + f64::from(self.dropout.chances(pattern.repeats));
        let shape = r + f64::from(pattern.repeats);
        let c = a + stay - 1.0;
        let d = c - shape;
        let known = alpha + f64::from(pattern.known_days);
        if d < -4.0 || a > 4.0 {
            return by_integral(shape, a, stay, days / known);
        }
        by_series(c, d, a - 1.0, days / (known + days))
    }
}

fn by_series(c: f64, d: f64, epsilon: f64, z: f64) -> f64 {
    let log = (-z).ln_1p();
    // (1 − (1 − z)^ε) / ε, which tends to −ln(1 − z).
    let first = if epsilon.abs() < 1e-150 { -log } else { -(epsilon * log).exp_m1() / epsilon };
    let (mut term, mut sum) = (1.0, 0.0);
    for j in 0..MOST_TERMS {
        sum += term;
        let j = f64::from(j);
        let ratio = (d + 1.0 + j) * (epsilon + 1.0 + j) / ((c + 1.0 + j) * (j + 2.0)) * z;
        term *= ratio;
        if term.abs() < 1e-14 * sum.abs() && ratio.abs() < 0.999 {
            break;
        }
    }
    c * first - (epsilon * log).exp() * d * z * sum
}

/// `∫ (1 − (1 + p u)^−s) / p · Beta(p; a, m) dp` with `u = days / (α + T)`: all of one sign, for any parameters.
///
/// The double exponential rule (Takahasi & Mori 1974) with `p = 1 / (1 + exp(−π sinh v))`, which bears the
/// singularities at both ends.
fn by_integral(shape: f64, a: f64, m: f64, u: f64) -> f64 {
    const STEP: f64 = 1.0 / 64.0;
    let pi = std::f64::consts::PI;
    // Where p^a (1 − p)^m has fallen to nothing on either side.
    let reach = |power: f64| (45.0 / power.min(1.0) / pi).asinh() + 1.0;
    let (left, right) = ((reach(a) / STEP) as i32, (reach(m) / STEP) as i32);
    let logs = |v: f64| {
        let s = pi * v.sinh();
        // ln p and ln(1 − p), each exact where it is near zero.
        (-soft(-s), -soft(s))
    };
    let weight = |v: f64| {
        let (p, q) = logs(v);
        a * p + m * q + v.cosh().ln()
    };
    let nodes = || (-left..=right).map(|i| f64::from(i) * STEP);
    let most = nodes().map(weight).fold(f64::NEG_INFINITY, f64::max);
    let (mut total, mut sum) = (0.0, 0.0);
    for v in nodes() {
        let w = (weight(v) - most).exp();
        let p = logs(v).0.exp();
        let bought = if p < 1e-300 { shape * u } else { -(-shape * (p * u).ln_1p()).exp_m1() / p };
        total += w;
        sum += w * bought;
    }
    sum / total
}

/// `ln(1 + e^s)` without overflow.
fn soft(s: f64) -> f64 {
    s.max(0.0) + (-s.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_and_integral_agree_wherever_the_series_is_used() {
        for a in [0.01, 0.3, 0.999_999_999, 1.0, 1.3, 2.0, 4.0] {
            for b in [0.02, 0.7, 2.4, 30.0] {
                for (r, repeats) in [(0.1, 0.0), (0.24, 1.0), (0.8, 7.0), (2.0, 0.0), (3.0, 400.0)] {
                    for u in [1e-3, 0.2, 1.0, 9.0, 60.0] {
                        let (c, stay) = (a + b + repeats - 1.0, b + repeats);
                        let d = c - r - repeats;
                        if d < -4.0 {
                            continue;
                        }
                        let series = by_series(c, d, a - 1.0, u / (1.0 + u));
                        let integral = by_integral(r + repeats, a, stay, u);
                        assert!(
                            (series / integral - 1.0).abs() < 1e-9,
                            "a {a} b {b} r {r} x {repeats} u {u}: {series} {integral}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn who_never_drops_out_buys_at_their_rate() {
        let expected = by_integral(3.0, 1e-5, 1e5, 0.5);
        assert!((expected - 1.5).abs() < 1e-6, "{expected}");
    }
}
