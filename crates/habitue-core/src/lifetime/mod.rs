//! What customers will buy next: how often (BG/NBD), for how much (Gamma-Gamma), and what that is worth today.
//!
//! The unit is the day: several orders of one day are one purchase, as in the papers.
//! Time runs from a customer's first purchase, which itself is not counted.

mod pattern;
mod likelihood;
mod bg_nbd;
mod expected;
mod gamma_gamma;
mod value;
mod buying;
mod model;
mod calibration;
#[cfg(test)]
mod simulate;

pub use bg_nbd::{BgNbd, Dropout, FittedBgNbd, LEAST_REPEAT_BUYERS};
pub use buying::Buying;
pub use calibration::{Frequency, frequencies};
pub use gamma_gamma::{FittedGammaGamma, GammaGamma, MOST_CORRELATION, MoneySeen};
pub use model::{Expected, LifetimeModel};
pub use pattern::{Pattern, Patterns};
pub use value::{Forecast, Horizon};

/// A parameter and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[schemars(rename = "ParameterEstimate")]
pub struct Estimate {
    /// The value of highest likelihood.
    pub value: f64,
    /// Its standard error, from the curvature of the likelihood; absent where the data do not pin it down.
    pub standard_error: Option<f64>,
}
