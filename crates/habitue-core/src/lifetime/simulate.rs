//! Customers drawn from the models, for tests.

use super::{Dropout, MoneySeen, Pattern};
use crate::math::random::Random;

/// A standard exponential draw.
fn exponential(random: &mut Random) -> f64 {
    -(1.0 - random.uniform()).ln()
}

/// A Gamma(shape, 1) draw (Marsaglia & Tsang 2000).
fn gamma(random: &mut Random, shape: f64) -> f64 {
    if shape < 1.0 {
        return gamma(random, shape + 1.0) * (1.0 - random.uniform()).powf(1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    loop {
        let (u, v) = (1.0 - random.uniform(), random.uniform());
        let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        let v = (1.0 + normal / (9.0 * d).sqrt()).powi(3);
        if v > 0.0 && (1.0 - random.uniform()).ln() < 0.5 * normal * normal + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

/// Customers who buy as BG/NBD or MBG/NBD says: pattern within `days`, and purchases in the `more` days after.
///
/// Days are so many that two purchases on one day are rare: `days` and `α` should be large.
pub(super) fn buyers(
    seed: u64,
    n: usize,
    dropout: Dropout,
    [r, alpha, a, b]: [f64; 4],
    (days, more): (u32, u32),
) -> Vec<(Pattern, u32)> {
    let mut random = Random::new(seed);
    let draw = |_| {
        let known_days = days / 2 + random.below(days as usize / 2) as u32;
        let rate = gamma(&mut random, r) / alpha;
        let (leave, stay) = (gamma(&mut random, a), gamma(&mut random, b));
        let leaves = leave / (leave + stay);
        let (mut pattern, mut later) = (Pattern { repeats: 0, active_days: 0, known_days }, 0);
        let mut time = 0.0;
        let mut is_gone = dropout == Dropout::MbgNbd && random.uniform() < leaves;
        while !is_gone {
            time += exponential(&mut random) / rate;
            if time > f64::from(known_days + more) {
                break;
            }
            if time <= f64::from(known_days) {
                pattern.repeats += 1;
                pattern.active_days = time as u32;
            } else {
                later += 1;
            }
            is_gone = random.uniform() < leaves;
        }
        (pattern, later)
    };
    (0..n).map(draw).collect()
}

/// Customers who spend as Gamma-Gamma says.
pub(super) fn spenders(seed: u64, n: usize, [p, q, scale]: [f64; 3]) -> Vec<MoneySeen> {
    let mut random = Random::new(seed);
    let draw = |_| {
        let repeats = random.below(6) as u32;
        let rate = gamma(&mut random, q) / scale;
        let total: f64 = (0..repeats).map(|_| gamma(&mut random, p) / rate).sum();
        MoneySeen { repeats, mean: if repeats > 0 { total / f64::from(repeats) } else { 0.0 } }
    };
    (0..n).map(draw).collect()
}
