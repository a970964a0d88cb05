//! What is expected of a customer over a horizon, and what it is worth today.

use serde::{Deserialize, Serialize};

use super::bg_nbd::FittedBgNbd;
use super::pattern::Pattern;
use crate::{Error, Result};

/// How far to look ahead, and what waiting costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Horizon {
    /// Days to look ahead, at least 1.
    #[serde(rename = "horizon_days")]
    pub days: u32,
    /// What a year of waiting takes off money: 0.10 makes 110 in a year worth 100 today.
    pub yearly_discount: f64,
}

impl Default for Horizon {
    fn default() -> Self {
        Self { days: 365, yearly_discount: 0.10 }
    }
}

/// What is expected of one customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Probability that they will ever buy again.
    pub probability_alive: f64,
    /// Days with a purchase within the horizon.
    pub purchases: f64,
    /// The same, each weighed by what its waiting takes off.
    pub discounted: f64,
}

/// Gauss-Legendre nodes on (0, 1) with their weights.
const NODES: [(f64, f64); 4] = [
    (0.069_431_844_202_973_71, 0.173_927_422_568_726_92),
    (0.330_009_478_207_571_87, 0.326_072_577_431_273_07),
    (0.669_990_521_792_428_1, 0.326_072_577_431_273_07),
    (0.930_568_155_797_026_3, 0.173_927_422_568_726_92),
];

impl Horizon {
    /// Whether it can be looked at.
    ///
    /// # Errors
    /// [`Error::Setting`] for no day at all, more than a hundred years, or a discount below 0 or above 1,000 %.
    pub fn check(&self) -> Result<()> {
        if !(1..=36_525).contains(&self.days) {
            let allowed = "between 1 and 36525".to_owned();
            return Err(Error::Setting { setting: "horizon_days", allowed, got: self.days.to_string() });
        }
        if !(0.0..=10.0).contains(&self.yearly_discount) {
            let allowed = "between 0 and 10 (0.10 is ten per cent a year)".to_owned();
            let got = self.yearly_discount.to_string();
            return Err(Error::Setting { setting: "yearly_discount", allowed, got });
        }
        Ok(())
    }

    /// What is expected of a customer with this past.
    ///
    /// With `E(s)` purchases expected by day `s` and `δ = ln(1 + yearly discount) / 365`, purchases are worth
    /// `∫ e^(−δs) dE(s) = e^(−δH) E(H) + δ ∫ e^(−δs) E(s) ds`, discounted to the day.
    /// The integral is taken by Gauss-Legendre with four nodes: within 1e-4 of itself.
    pub fn forecast(&self, model: &FittedBgNbd, pattern: &Pattern) -> Forecast {
        let probability_alive = model.probability_alive(pattern);
        let days = f64::from(self.days);
        let purchases = probability_alive * model.expected_if_alive(pattern, days);
        let delta = self.yearly_discount.ln_1p() / 365.0;
        let discounted = if delta > 0.0 {
            let waiting: f64 = NODES
                .iter()
                .map(|(at, weight)| {
                    let day = at * days;
                    weight * (-delta * day).exp() * model.expected_if_alive(pattern, day)
                })
                .sum();
            (-delta * days).exp() * purchases + delta * days * probability_alive * waiting
        } else {
            purchases
        };
        Forecast { probability_alive, purchases, discounted }
    }
}
