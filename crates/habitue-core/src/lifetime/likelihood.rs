//! The likelihood of BG/NBD and its derivatives.

use rayon::prelude::*;

use super::bg_nbd::Dropout;
use super::pattern::{Pattern, Patterns};
use crate::math::newton::Point;

/// Patterns of one chunk; partial sums are joined in the order of the chunks.
const CHUNK: usize = 4096;

/// The log-likelihood of `ln r, ln α, ln a, ln b`, with all first and second derivatives.
///
/// With `x, t, T` of a customer and `n` chances to drop out (`n = x` in BG/NBD, `x + 1` in MBG/NBD):
///
/// ```text
/// ln L = Σ_{i<x} ln(r + i) + r ln α + Σ_{i<n} ln((b + i) / (a + b + i))
///        + ln( (α + T)^−(r+x) + [n > 0] a / (b + n − 1) · (α + t)^−(r+x) )
/// ```
///
/// This is equation 6 of Fader, Hardie & Lee (2005) with the ratios of gamma and beta functions written out, which
/// whole numbers of purchases allow: no special function is needed, and nothing can overflow.
/// The sums over `i` depend on `x` alone and are taken from running totals, logarithms of `α + days` from a table,
/// so that a pattern costs one exponential.
pub(super) struct Likelihood<'a> {
    patterns: &'a Patterns,
    dropout: Dropout,
    /// How many customers have each number of repeats.
    by_repeats: Vec<f64>,
    longest: u32,
}

impl<'a> Likelihood<'a> {
    pub(super) fn new(patterns: &'a Patterns, dropout: Dropout) -> Self {
        let most = patterns.distinct.iter().map(|(p, _)| p.repeats).max().unwrap_or(0);
        let mut by_repeats = vec![0.0; most as usize + 1];
        for (pattern, n) in &patterns.distinct {
            by_repeats[pattern.repeats as usize] += f64::from(*n);
        }
        let longest = patterns.distinct.iter().map(|(p, _)| p.known_days).max().unwrap_or(0);
        Self { patterns, dropout, by_repeats, longest }
    }

    pub(super) fn at(&self, logs: &[f64; 4]) -> Point<4> {
        let parameters = logs.map(f64::exp);
        let mut sums = self.by_count(parameters);
        let tables = Tables::new(self, parameters);
        let parts: Vec<Sums> = self
            .patterns
            .distinct
            .par_chunks(CHUNK)
            .map(|chunk| {
                let mut sums = Sums::default();
                for (pattern, n) in chunk {
                    sums.add_ends(pattern, f64::from(*n), parameters, &tables);
                }
                sums
            })
            .collect();
        for part in &parts {
            sums.join(part);
        }
        sums.in_logs(parameters)
    }

    /// The part of the likelihood that depends on numbers of purchases alone.
    fn by_count(&self, [r, alpha, a, b]: [f64; 4]) -> Sums {
        let mut sums = Sums::default();
        let mut rate = Running::default();
        let mut stay = [Running::default(), Running::default()];
        for _ in 0..self.dropout.extra() {
            stay[0].add(b);
            stay[1].add(a + b);
        }
        let (mut customers, extra) = (0.0, f64::from(self.dropout.extra()));
        for (x, &weight) in self.by_repeats.iter().enumerate() {
            customers += weight;
            sums.value += weight * (rate.logs + stay[0].logs - stay[1].logs);
            sums.gradient[0] += weight * rate.inverses;
            sums.gradient[2] -= weight * stay[1].inverses;
            sums.gradient[3] += weight * (stay[0].inverses - stay[1].inverses);
            sums.hessian[0] -= weight * rate.squares;
            sums.hessian[3] += weight * stay[1].squares;
            sums.hessian[4] += weight * stay[1].squares;
            sums.hessian[5] += weight * (stay[1].squares - stay[0].squares);
            let x = x as f64;
            rate.add(r + x);
            stay[0].add(b + x + extra);
            stay[1].add(a + b + x + extra);
        }
        sums.value += customers * r * alpha.ln();
        sums.gradient[0] += customers * alpha.ln();
        sums.gradient[1] += customers * r / alpha;
        sums.hessian[1] += customers / alpha;
        sums.hessian[2] -= customers * r / (alpha * alpha);
        sums
    }
}

/// What patterns share: a pattern only looks it up.
struct Tables {
    /// `ln(α + d)` and `1 / (α + d)` of each number of days.
    days: Vec<(f64, f64)>,
    /// `ln(a / (b + n − 1))` and `1 / (b + n − 1)` of each number of repeats; −∞ without a chance to drop out.
    chances: Vec<(f64, f64)>,
}

impl Tables {
    fn new(likelihood: &Likelihood<'_>, [_, alpha, a, b]: [f64; 4]) -> Self {
        let day = |day| {
            let scale = alpha + f64::from(day);
            (scale.ln(), 1.0 / scale)
        };
        let chance = |repeats: usize| match likelihood.dropout.chances(repeats as u32) {
            0 => (f64::NEG_INFINITY, 0.0),
            n => {
                let stay = b + f64::from(n) - 1.0;
                ((a / stay).ln(), 1.0 / stay)
            }
        };
        Self {
            days: (0..=likelihood.longest).map(day).collect(),
            chances: (0..likelihood.by_repeats.len()).map(chance).collect(),
        }
    }
}

/// Totals of logarithms, inverses and inverse squares of numbers.
#[derive(Default)]
struct Running {
    logs: f64,
    inverses: f64,
    squares: f64,
}

impl Running {
    fn add(&mut self, value: f64) {
        self.logs += value.ln();
        self.inverses += 1.0 / value;
        self.squares += 1.0 / (value * value);
    }
}

/// Value and derivatives by `r, α, a, b`.
#[derive(Default)]
struct Sums {
    value: f64,
    gradient: [f64; 4],
    /// `rr, rα, αα, aa, ab, bb`.
    hessian: [f64; 6],
    /// `ra, rb, αa, αb`.
    cross: [f64; 4],
}

impl Sums {
    /// Adds the last term: bought no more because nothing came up, or because the customer had gone.
    #[inline]
    fn add_ends(&mut self, pattern: &Pattern, weight: f64, [r, _, a, _]: [f64; 4], tables: &Tables) {
        let shape = r + f64::from(pattern.repeats);
        let (ln_end, per_end) = tables.days[pattern.known_days as usize];
        let (ln_last, per_last) = tables.days[pattern.active_days as usize];
        let (ln_odds, per_stay) = tables.chances[pattern.repeats as usize];
        if ln_odds == f64::NEG_INFINITY {
            self.value -= weight * shape * ln_end;
            self.gradient[0] -= weight * ln_end;
            self.gradient[1] -= weight * shape * per_end;
            self.hessian[1] -= weight * per_end;
            self.hessian[2] += weight * shape * per_end * per_end;
            return;
        }
        // The logarithm of gone against alive; the larger of the two is taken out of the sum.
        let odds = ln_odds + shape * (ln_end - ln_last);
        let less = (-odds.abs()).exp();
        let gone = if odds > 0.0 { 1.0 / (1.0 + less) } else { less / (1.0 + less) };
        let alive = 1.0 - gone;
        self.value += weight * (odds.max(0.0) + less.ln_1p() - shape * ln_end);
        self.gradient[0] -= weight * (alive * ln_end + gone * ln_last);
        self.gradient[1] -= weight * shape * (alive * per_end + gone * per_last);
        self.gradient[2] += weight * gone / a;
        self.gradient[3] -= weight * gone * per_stay;
        // Second derivatives of both ends, and the square of their difference.
        let both = weight * alive * gone;
        let (d_r, d_alpha) = (ln_end - ln_last, shape * (per_end - per_last));
        let (d_a, d_b) = (1.0 / a, -per_stay);
        self.hessian[0] += both * d_r * d_r;
        self.hessian[1] += both * d_r * d_alpha - weight * (alive * per_end + gone * per_last);
        self.hessian[2] += both * d_alpha * d_alpha
            + weight * shape * (alive * per_end * per_end + gone * per_last * per_last);
        self.hessian[3] += both * d_a * d_a - weight * gone * d_a * d_a;
        self.hessian[4] += both * d_a * d_b;
        self.hessian[5] += both * d_b * d_b + weight * gone * d_b * d_b;
        self.cross[0] += both * d_r * d_a;
        self.cross[1] += both * d_r * d_b;
        self.cross[2] += both * d_alpha * d_a;
        self.cross[3] += both * d_alpha * d_b;
    }

    fn join(&mut self, other: &Self) {
        self.value += other.value;
        let add = |mine: &mut [f64], theirs: &[f64]| mine.iter_mut().zip(theirs).for_each(|(m, t)| *m += t);
        add(&mut self.gradient, &other.gradient);
        add(&mut self.hessian, &other.hessian);
        add(&mut self.cross, &other.cross);
    }

    /// By the chain rule: `∂/∂ln φ = φ ∂/∂φ`.
    fn in_logs(&self, parameters: [f64; 4]) -> Point<4> {
        let [rr, ra, aa, da, dadb, db] = self.hessian;
        let [r_a, r_b, alpha_a, alpha_b] = self.cross;
        let natural = [
            [rr, ra, r_a, r_b],
            [ra, aa, alpha_a, alpha_b],
            [r_a, alpha_a, da, dadb],
            [r_b, alpha_b, dadb, db],
        ];
        let gradient: [f64; 4] = std::array::from_fn(|i| parameters[i] * self.gradient[i]);
        let hessian = std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                let own = if i == j { gradient[i] } else { 0.0 };
                parameters[i] * parameters[j] * natural[i][j] + own
            })
        });
        Point { value: self.value, gradient, hessian }
    }
}
