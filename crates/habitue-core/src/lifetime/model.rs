//! Both models together: what a customer is expected to bring.

use serde::{Deserialize, Serialize};

use super::bg_nbd::FittedBgNbd;
use super::buying::Buying;
use super::gamma_gamma::FittedGammaGamma;
use super::value::Horizon;

/// Everything needed to say what a customer will bring.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LifetimeModel {
    /// How far to look ahead.
    pub horizon: Horizon,
    /// How often customers buy.
    pub orders: FittedBgNbd,
    /// How much they spend; absent where it could not be fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spend: Option<FittedGammaGamma>,
}

/// What one customer is expected to bring within the horizon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// Probability that they will ever buy again.
    pub probability_alive: f64,
    /// Days with an order.
    pub orders: f64,
    /// Spend; NaN where it is not known.
    pub spend: f64,
    /// Spend, each amount worth less the longer it is waited for; NaN where it is not known.
    pub value: f64,
}

impl Expected {
    /// A customer who will more likely not buy again than do so.
    pub fn is_likely_gone(&self) -> bool {
        self.probability_alive < 0.5
    }
}

impl LifetimeModel {
    /// What a customer is expected to bring. Costs up to five sums of tens to hundreds of terms.
    pub fn expect(&self, buying: &Buying) -> Expected {
        let forecast = self.horizon.forecast(&self.orders, &buying.pattern);
        let spend = self.spend.map_or(f64::NAN, |model| model.expected_spend(buying.money()));
        Expected {
            probability_alive: forecast.probability_alive,
            orders: forecast.purchases,
            spend: forecast.purchases * spend,
            value: forecast.discounted * spend,
        }
    }
}
