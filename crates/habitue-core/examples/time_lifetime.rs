//! Fits BG/NBD, MBG/NBD and Gamma-Gamma on customers from a file and prints estimates, expectations and times as JSON.
//!
//! ```text
//! time_lifetime CUSTOMERS.csv HORIZON_DAYS
//! ```
//!
//! Each line holds repeats, days from first to last, days known, mean spend; no header. Reading is outside the time.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::error::Error;
use std::time::Instant;

use habitue_core::lifetime::{BgNbd, Dropout, GammaGamma, Horizon, MoneySeen, Pattern, Patterns};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let text = std::fs::read_to_string(&args[1])?;
    let horizon = Horizon { days: args[2].parse()?, ..Horizon::default() };
    let (mut seen, mut money) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let cells: Vec<f64> = line.split(',').map(str::parse).collect::<Result<_, _>>()?;
        let [repeats, active_days, known_days] = [0, 1, 2].map(|i| cells[i] as u32);
        seen.push(Pattern { repeats, active_days, known_days });
        money.push(MoneySeen { repeats, mean: cells[3] });
    }
    let clock = Instant::now();
    let patterns = Patterns::count(seen.clone());
    let bg = BgNbd::default().fit(&patterns)?;
    let bg_seconds = clock.elapsed().as_secs_f64();
    let clock = Instant::now();
    let mbg = BgNbd { dropout: Dropout::MbgNbd }.fit(&patterns)?;
    let mbg_seconds = clock.elapsed().as_secs_f64();
    let clock = Instant::now();
    let spend = GammaGamma.fit(&money)?;
    let spend_seconds = clock.elapsed().as_secs_f64();
    let clock = Instant::now();
    let purchases: f64 = patterns
        .distinct
        .iter()
        .map(|(p, n)| f64::from(*n) * bg.expected_purchases(p, f64::from(horizon.days)))
        .sum();
    let by_mbg: f64 = patterns
        .distinct
        .iter()
        .map(|(p, n)| f64::from(*n) * mbg.expected_purchases(p, f64::from(horizon.days)))
        .sum();
    let expected_seconds = clock.elapsed().as_secs_f64();
    let clock = Instant::now();
    let worth: f64 = seen
        .iter()
        .zip(&money)
        .map(|(pattern, money)| horizon.forecast(&bg, pattern).discounted * spend.expected_spend(*money))
        .sum();
    let forecast_seconds = clock.elapsed().as_secs_f64();
    let out = serde_json::json!({
        "customers": seen.len(), "distinct": patterns.distinct.len(),
        "bg-nbd": bg, "bg-nbd seconds": bg_seconds,
        "mbg-nbd": mbg, "mbg-nbd seconds": mbg_seconds,
        "gamma-gamma": spend, "gamma-gamma seconds": spend_seconds,
        "expected purchases": purchases, "expected purchases by mbg-nbd": by_mbg, "expected seconds": expected_seconds,
        "lifetime value": worth, "forecast seconds": forecast_seconds,
    });
    println!("{out:#}");
    Ok(())
}
