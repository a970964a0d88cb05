//! BG/NBD: how often customers buy, and whether they still do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;
use super::likelihood::Likelihood;
use super::pattern::{Pattern, Patterns};
use crate::math::newton::{covariance, maximise};
use crate::{Error, Result};

/// With fewer customers who bought again, nothing is fitted.
pub const LEAST_REPEAT_BUYERS: usize = 30;
/// Parameters are looked for within these bounds; `α` within the same, times the mean days known.
const BOUNDS: (f64, f64) = (1e-5, 1e5);

/// When customers may stop buying for good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dropout {
    /// After each repeat: BG/NBD (Fader, Hardie & Lee 2005). Who bought once is taken to be alive for ever.
    #[default]
    BgNbd,
    /// After each purchase, the first too: MBG/NBD (Batislam, Denizel & Filiztekin 2007).
    MbgNbd,
}

impl Dropout {
    /// Chances to drop out beside those after repeats.
    pub(super) fn extra(self) -> u32 {
        u32::from(self == Self::MbgNbd)
    }

    /// How often a customer with so many repeats could have dropped out.
    pub(super) fn chances(self, repeats: u32) -> u32 {
        repeats + self.extra()
    }
}

/// The beta-geometric/NBD model, fitted by maximum likelihood.
///
/// While alive, a customer buys at random with a rate `λ` a day, which differs between customers as Gamma(`r`, `α`);
/// after each purchase they drop out with a probability `p`, which differs as Beta(`a`, `b`).
///
/// Newton's method on logarithms of the parameters, with analytic derivatives, over distinct patterns with their
/// counts. Costs some ten passes over the distinct patterns.
///
/// ```
/// use habitue_core::lifetime::{BgNbd, Pattern, Patterns};
/// let pattern = |repeats, active_days, known_days| Pattern { repeats, active_days, known_days };
/// let few = Patterns::count(vec![pattern(0, 0, 30), pattern(2, 9, 40)]);
/// assert!(BgNbd::default().fit(&few).is_err());
/// ```
///
/// Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, *Marketing Science* 24(2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BgNbd {
    /// When customers may drop out.
    pub dropout: Dropout,
}

/// BG/NBD with its parameters. Time is in days.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct FittedBgNbd {
    /// When customers may drop out.
    pub dropout: Dropout,
    /// Shape of the rates of purchase: the smaller, the more customers differ.
    pub r: Estimate,
    /// Scale of the rates of purchase, in days; `r / α` purchases a day is the mean rate.
    pub alpha: Estimate,
    /// First shape of the probabilities to drop out.
    pub a: Estimate,
    /// Second shape; `a / (a + b)` is the mean probability.
    pub b: Estimate,
    /// The logarithm of the likelihood, time in days.
    pub log_likelihood: f64,
    /// Customers that it was fitted on.
    pub customers: usize,
    /// Those with at least one repeat.
    pub repeat_buyers: usize,
    /// Whether the data tell how customers differ in dropping out. If not, `a` and `b` could as well be ten times as
    /// large or small: hardly anybody drops out, or all alike, and who has gone cannot be told.
    pub dropout_is_measured: bool,
}

impl BgNbd {
    /// Fits the parameters.
    ///
    /// # Errors
    /// [`Error::TooFewRepeatBuyers`]; [`Error::RunsOff`] when customers do not differ in how often they buy, or differ
    /// beyond all measure, so that no parameters are best.
    pub fn fit(&self, patterns: &Patterns) -> Result<FittedBgNbd> {
        let Patterns { customers, repeat_buyers, .. } = *patterns;
        if repeat_buyers < LEAST_REPEAT_BUYERS {
            return Err(Error::TooFewRepeatBuyers { got: repeat_buyers, least: LEAST_REPEAT_BUYERS });
        }
        let mean_days = patterns.known_days() / customers as f64;
        let likelihood = Likelihood::new(patterns, self.dropout);
        // Half of the customers' mean rate at first sight, as if nobody had dropped out.
        let alpha = 0.5 * patterns.known_days() / patterns.repeats();
        let start = [0.5, alpha, 0.5, 2.0].map(f64::ln);
        let scale = [0.0, mean_days.ln(), 0.0, 0.0];
        let bounds = std::array::from_fn(|i| (BOUNDS.0.ln() + scale[i], BOUNDS.1.ln() + scale[i]));
        let top = maximise(|logs| likelihood.at(logs), start, bounds);
        let errors = covariance(&top.point.hessian, &top.at_bound)
            .map(|inverse| std::array::from_fn::<f64, 4, _>(|i| inverse[i][i].sqrt()));
        let is_measured =
            |i: usize| !top.at_bound[i] && errors.is_some_and(|e| e[i] < 10_f64.ln()) && top.converged;
        for (i, parameter) in [(0, "r"), (1, "alpha")] {
            if !is_measured(i) {
                return Err(Error::RunsOff { model: "BG/NBD", parameter, at: top.at[i].exp() });
            }
        }
        let estimate = |i: usize| {
            let value = top.at[i].exp();
            let standard_error = errors.filter(|_| !top.at_bound[i]).map(|errors| value * errors[i]);
            Estimate { value, standard_error }
        };
        Ok(FittedBgNbd {
            dropout: self.dropout,
            r: estimate(0),
            alpha: estimate(1),
            a: estimate(2),
            b: estimate(3),
            log_likelihood: top.point.value,
            customers,
            repeat_buyers,
            dropout_is_measured: is_measured(2) && is_measured(3),
        })
    }
}

impl FittedBgNbd {
    /// `r, α, a, b`.
    pub(super) fn parameters(&self) -> [f64; 4] {
        [self.r.value, self.alpha.value, self.a.value, self.b.value]
    }

    /// The probability that a customer will ever buy again.
    ///
    /// `1 / (1 + a / (b + n − 1) · ((α + T) / (α + t))^(r+x))` with `n` chances to have dropped out; 1 without any,
    /// which in BG/NBD is said of everybody who bought once.
    pub fn probability_alive(&self, pattern: &Pattern) -> f64 {
        let [r, alpha, a, b] = self.parameters();
        let chances = self.dropout.chances(pattern.repeats);
        if chances == 0 {
            return 1.0;
        }
        let shape = r + f64::from(pattern.repeats);
        let silence = f64::from(pattern.known_days.saturating_sub(pattern.active_days))
            / (alpha + f64::from(pattern.active_days));
        let odds = a / (b + f64::from(chances) - 1.0) * (shape * silence.ln_1p()).exp();
        1.0 / (1.0 + odds)
    }
}

#[cfg(test)]
#[path = "bg_nbd_tests.rs"]
mod tests;
