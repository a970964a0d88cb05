//! Gamma-Gamma: how much customers spend on a day with a purchase.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;
use super::bg_nbd::LEAST_REPEAT_BUYERS;
use crate::math::gamma::{digamma, ln_gamma, trigamma};
use crate::math::newton::{Point, covariance, maximise};
use crate::{Error, Result};

/// The strongest correlation between (the logarithms of) repeats and mean spend with which the model may be used.
pub const MOST_CORRELATION: f64 = 0.5;
/// Parameters are looked for within these bounds; `γ` within the same, times the mean spend.
const BOUNDS: (f64, f64) = (1e-5, 1e5);
/// Customers of one chunk; partial sums are joined in the order of the chunks.
const CHUNK: usize = 8192;

/// What one customer spent on the days that they bought again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MoneySeen {
    /// Days with an order after the first such day.
    pub repeats: u32,
    /// Mean spend of those days, returns taken off.
    pub mean: f64,
}

/// The Gamma-Gamma model of spend, fitted by maximum likelihood.
///
/// A customer's spend on a day is Gamma(`p`, `ν`), and `ν` differs between customers as Gamma(`q`, `γ`); how much they
/// spend is taken to have nothing to do with how often they buy.
///
/// ```text
/// ln L = ln Γ(px + q) − ln Γ(px) − ln Γ(q) + q ln γ + (px − 1) ln z + px ln x − (px + q) ln(γ + xz)
/// ```
///
/// for `x` repeats of mean `z`. Customers without a repeat, or whose repeats came to nothing after returns, take no part.
/// Newton's method on logarithms of the parameters with analytic derivatives; costs some ten passes over the customers.
///
/// Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value, equation 1a.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GammaGamma;

/// Gamma-Gamma with its parameters. Spend is in units of the currency.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct FittedGammaGamma {
    /// Shape of a customer's spend: the larger, the more alike their days.
    pub p: Estimate,
    /// Shape of how customers differ: the larger, the more alike they are.
    pub q: Estimate,
    /// Scale of how customers differ.
    pub gamma: Estimate,
    /// The logarithm of the likelihood.
    pub log_likelihood: f64,
    /// Customers that it was fitted on.
    pub customers: usize,
    /// Those left out because their repeats came to nothing or less after returns.
    pub left_out: usize,
    /// Correlation between the logarithms of repeats and of mean spend; the model takes it to be 0.
    pub correlation: f64,
}

impl GammaGamma {
    /// Fits the parameters on customers with repeats; others are passed over.
    ///
    /// # Errors
    /// [`Error::TooFewRepeatBuyers`]; [`Error::SpendFollowsFrequency`] when spend depends on how often customers buy;
    /// [`Error::RunsOff`] when customers or days do not differ in spend, or differ so much that a mean does not exist.
    pub fn fit(&self, customers: &[MoneySeen]) -> Result<FittedGammaGamma> {
        let seen: Vec<MoneySeen> = customers
            .iter()
            .filter(|c| c.repeats > 0 && c.mean > 0.0 && c.mean.is_finite())
            .copied()
            .collect();
        let left_out = customers.iter().filter(|c| c.repeats > 0).count() - seen.len();
        if seen.len() < LEAST_REPEAT_BUYERS {
            return Err(Error::TooFewRepeatBuyers { got: seen.len(), least: LEAST_REPEAT_BUYERS });
        }
        let likelihood = Likelihood::new(&seen);
        let correlation = likelihood.correlation();
        if correlation.abs() > MOST_CORRELATION {
            return Err(Error::SpendFollowsFrequency { correlation, most: MOST_CORRELATION });
        }
        let mean = seen.iter().map(|c| c.mean).sum::<f64>() / seen.len() as f64;
        let bounds = std::array::from_fn(|i| {
            let scale = if i == 2 { mean.ln() } else { 0.0 };
            (BOUNDS.0.ln() + scale, BOUNDS.1.ln() + scale)
        });
        let top = maximise(|logs| likelihood.at(logs), [2.0, 3.0, mean].map(f64::ln), bounds);
        let at = top.at.map(f64::exp);
        let errors = covariance(&top.point.hessian, &top.at_bound)
            .map(|inverse| std::array::from_fn::<f64, 3, _>(|i| inverse[i][i].sqrt()));
        for (i, parameter) in [(0, "p"), (1, "q"), (2, "gamma")] {
            let is_sure = errors.is_some_and(|e| e[i] < 10_f64.ln());
            if top.at_bound[i] || !is_sure || !top.converged {
                return Err(Error::RunsOff { model: "Gamma-Gamma", parameter, at: at[i] });
            }
        }
        if at[1] <= 1.0 {
            return Err(Error::RunsOff { model: "Gamma-Gamma", parameter: "q", at: at[1] });
        }
        let estimate = |i: usize| Estimate { value: at[i], standard_error: errors.map(|e| at[i] * e[i]) };
        Ok(FittedGammaGamma {
            p: estimate(0),
            q: estimate(1),
            gamma: estimate(2),
            log_likelihood: top.point.value,
            customers: seen.len(),
            left_out,
            correlation,
        })
    }
}

impl FittedGammaGamma {
    /// The mean spend expected of a customer's next days with a purchase: between what they have spent and what all do.
    ///
    /// `p (γ + xz) / (px + q − 1)`: the mean of all customers for one without repeats (Fader & Hardie 2013, equation 5).
    /// A mean below zero counts as zero.
    pub fn expected_spend(&self, seen: MoneySeen) -> f64 {
        let x = f64::from(seen.repeats);
        let z = if seen.repeats == 0 { 0.0 } else { seen.mean.max(0.0) };
        self.p.value * (self.gamma.value + x * z) / (self.p.value * x + self.q.value - 1.0)
    }
}

/// Customers of one number of repeats, and the logarithms of their mean spend `z` against a fixed one.
#[derive(Default)]
struct OfRepeats {
    customers: f64,
    /// `Σ ln z − shift`.
    logs: f64,
    /// `Σ (ln z − shift)²`.
    squares: f64,
}

struct Likelihood<'a> {
    seen: &'a [MoneySeen],
    /// By number of repeats: only where there are any.
    counts: Vec<(f64, OfRepeats)>,
    /// `Σ ln z`, `Σ x ln z`, `Σ x ln x`.
    fixed: [f64; 3],
}

impl<'a> Likelihood<'a> {
    /// One logarithm a customer.
    fn new(seen: &'a [MoneySeen]) -> Self {
        let mut by_repeats = std::collections::BTreeMap::<u32, OfRepeats>::new();
        let shift = seen.first().map_or(0.0, |c| c.mean.ln());
        for customer in seen {
            let of = by_repeats.entry(customer.repeats).or_default();
            let log = customer.mean.ln() - shift;
            of.customers += 1.0;
            of.logs += log;
            of.squares += log * log;
        }
        let counts: Vec<_> = by_repeats.into_iter().map(|(x, of)| (f64::from(x), of)).collect();
        let mut fixed = [0.0; 3];
        for (x, of) in &counts {
            let logs = of.logs + of.customers * shift;
            fixed[0] += logs;
            fixed[1] += x * logs;
            fixed[2] += of.customers * x * x.ln();
        }
        Self { seen, counts, fixed }
    }

    /// Pearson's correlation between the logarithms of repeats and of mean spend; 0 where either is the same for all.
    fn correlation(&self) -> f64 {
        let n = self.seen.len() as f64;
        let sum = |of: &dyn Fn(f64, &OfRepeats) -> f64| -> f64 {
            self.counts.iter().map(|(x, group)| of(x.ln(), group)).sum()
        };
        let mean = sum(&|ln_x, of| of.customers * ln_x) / n;
        let logs = sum(&|_, of| of.logs);
        let xx = sum(&|ln_x, of| of.customers * (ln_x - mean) * (ln_x - mean));
        let xz = sum(&|ln_x, of| of.logs * (ln_x - mean));
        let zz = sum(&|_, of| of.squares) - logs * logs / n;
        let spread = (xx * zz.max(0.0)).sqrt();
        if spread > 1e-12 * n { xz / spread } else { 0.0 }
    }

    /// The log-likelihood of `ln p, ln q, ln γ`, with all derivatives.
    fn at(&self, logs: &[f64; 3]) -> Point<3> {
        let parameters = logs.map(f64::exp);
        let [p, q, gamma] = parameters;
        // Σ of ln s, x ln s, 1/s, x/s, 1/s², x/s² with s = γ + xz.
        let parts: Vec<[f64; 6]> = self.seen.par_chunks(CHUNK).map(|chunk| sums(chunk, gamma)).collect();
        let mut s = [0.0; 6];
        for part in &parts {
            s.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        let n = self.seen.len() as f64;
        let (ln_gamma_q, psi_q, psi1_q) = (ln_gamma(q), digamma(q), trigamma(q));
        let mut value =
            n * (q * gamma.ln() - ln_gamma_q) + p * self.fixed[1] - self.fixed[0] + p * self.fixed[2];
        value -= p * s[1] + q * s[0];
        let mut gradient = [
            self.fixed[1] + self.fixed[2] - s[1],
            n * (gamma.ln() - psi_q) - s[0],
            n * q / gamma - p * s[3] - q * s[2],
        ];
        let mut pp = 0.0;
        let mut pq = 0.0;
        let mut qq = -n * psi1_q;
        for (x, &OfRepeats { customers, .. }) in self.counts.iter().map(|(x, of)| (*x, of)) {
            let (px, all) = (p * x, p * x + q);
            value += customers * (ln_gamma(all) - ln_gamma(px));
            let psi = digamma(all);
            gradient[0] += customers * x * (psi - digamma(px));
            gradient[1] += customers * psi;
            let psi1 = trigamma(all);
            pp += customers * x * x * (psi1 - trigamma(px));
            pq += customers * x * psi1;
            qq += customers * psi1;
        }
        let (p_gamma, q_gamma) = (-s[3], n / gamma - s[2]);
        let gamma_gamma = -n * q / (gamma * gamma) + p * s[5] + q * s[4];
        let natural = [[pp, pq, p_gamma], [pq, qq, q_gamma], [p_gamma, q_gamma, gamma_gamma]];
        let gradient: [f64; 3] = std::array::from_fn(|i| parameters[i] * gradient[i]);
        let hessian = std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                let own = if i == j { gradient[i] } else { 0.0 };
                parameters[i] * parameters[j] * natural[i][j] + own
            })
        });
        Point { value, gradient, hessian }
    }
}

fn sums(customers: &[MoneySeen], gamma: f64) -> [f64; 6] {
    let mut sums = [0.0; 6];
    for customer in customers {
        let x = f64::from(customer.repeats);
        let s = gamma + x * customer.mean;
        let (ln, inverse) = (s.ln(), 1.0 / s);
        sums[0] += ln;
        sums[1] += x * ln;
        sums[2] += inverse;
        sums[3] += x * inverse;
        sums[4] += inverse * inverse;
        sums[5] += x * inverse * inverse;
    }
    sums
}

#[cfg(test)]
#[path = "gamma_gamma_tests.rs"]
mod tests;
