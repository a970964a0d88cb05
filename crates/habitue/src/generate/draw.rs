//! Draws from the distributions that purchases follow.

use std::f64::consts::TAU;

use habitue_core::math::random::Random;

/// A draw from (0, 1], for logarithms.
fn above_zero(random: &mut Random) -> f64 {
    1.0 - random.uniform()
}

/// An exponential draw with mean 1.
pub(super) fn exponential(random: &mut Random) -> f64 {
    -above_zero(random).ln()
}

/// A standard normal draw (Box & Muller 1958).
pub(super) fn normal(random: &mut Random) -> f64 {
    (2.0 * exponential(random)).sqrt() * (TAU * random.uniform()).cos()
}

/// A gamma draw with this shape, at least 1, and scale 1 (Marsaglia & Tsang 2000).
pub(super) fn gamma(random: &mut Random, shape: f64) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(random);
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && above_zero(random).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

/// A Poisson draw; costs as many steps as the mean (Knuth, *The Art of Computer Programming* 2, §3.4.1).
pub(super) fn poisson(random: &mut Random, mean: f64) -> u32 {
    let limit = (-mean).exp();
    let (mut n, mut product) = (0, random.uniform());
    while product > limit {
        n += 1;
        product *= random.uniform();
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of many draws.
    fn moments(mut draw: impl FnMut(&mut Random) -> f64) -> (f64, f64) {
        let mut random = Random::new(11);
        let draws: Vec<f64> = (0..50_000).map(|_| draw(&mut random)).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        (mean, variance)
    }

    #[test]
    fn draws_have_the_mean_and_variance_of_their_distribution() {
        let near = |(mean, variance): (f64, f64), (m, v): (f64, f64)| {
            assert!((mean - m).abs() < 0.05 && (variance / v - 1.0).abs() < 0.05, "{mean} {variance}");
        };
        near(moments(exponential), (1.0, 1.0));
        near(moments(normal), (0.0, 1.0));
        near(moments(|r| gamma(r, 4.0)), (4.0, 4.0));
        near(moments(|r| f64::from(poisson(r, 2.5))), (2.5, 2.5));
    }
}
