//! Whether the model reproduces what was seen: customers by number of repeats, expected and actual.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bg_nbd::FittedBgNbd;
use super::pattern::Patterns;

/// The customers with one number of repeats.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Frequency {
    /// Repeats; of the last entry this many or more.
    pub repeats: u32,
    /// Customers seen.
    pub actual: usize,
    /// Customers that the model expects, given for how long each is known.
    pub expected: f64,
}

/// Customers with 0, 1, …, `most − 1` repeats, and with `most` or more; expected and actual.
///
/// Equation 8 of Fader, Hardie & Lee (2005), summed over customers. Costs `most` operations a distinct `T`.
pub fn frequencies(model: &FittedBgNbd, patterns: &Patterns, most: u32) -> Vec<Frequency> {
    let mut actual = vec![0_usize; most as usize + 1];
    let mut known: std::collections::BTreeMap<u32, f64> = std::collections::BTreeMap::new();
    for (pattern, n) in &patterns.distinct {
        actual[pattern.repeats.min(most) as usize] += *n as usize;
        *known.entry(pattern.known_days).or_default() += f64::from(*n);
    }
    let mut expected = vec![0.0; most as usize + 1];
    for (days, customers) in known {
        let mut rest = 1.0;
        for (share, sum) in shares(model, f64::from(days), most).zip(&mut expected) {
            *sum += customers * share;
            rest -= share;
        }
        expected[most as usize] += customers * rest.max(0.0);
    }
    let entry = |(repeats, (actual, expected))| Frequency { repeats, actual, expected };
    (0..).zip(actual.into_iter().zip(expected)).map(entry).collect()
}

/// The probability of each number of repeats below `most` within `days` days of the first purchase.
fn shares(model: &FittedBgNbd, days: f64, most: u32) -> impl Iterator<Item = f64> {
    let [r, alpha, a, b] = model.parameters();
    let dropout = model.dropout;
    let stays = move |i: u32| (b + f64::from(i)) / (a + b + f64::from(i));
    // Purchases if nobody dropped out, and the probability to stay through all chances so far.
    let mut bought = (r * (alpha / (alpha + days)).ln()).exp();
    let mut before = 0.0;
    let mut stayed: f64 = (0..dropout.extra()).map(stays).product();
    (0..most).map(move |x| {
        let chances = dropout.chances(x);
        // Dropped out at the last chance, having stayed at all before it.
        let dropped = match chances {
            0 => 0.0,
            n => stayed * a / (b + f64::from(n) - 1.0),
        };
        let share = stayed * bought + dropped * (1.0 - before);
        before += bought;
        let next = f64::from(x);
        bought *= (r + next) / (next + 1.0) * days / (alpha + days);
        stayed *= stays(chances);
        share
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifetime::{Dropout, Estimate, Pattern};

    #[test]
    fn the_shares_of_all_numbers_add_up_to_one_and_to_the_expected_purchases() {
        let of = |value| Estimate { value, standard_error: None };
        for dropout in [Dropout::BgNbd, Dropout::MbgNbd] {
            let model = FittedBgNbd {
                dropout,
                r: of(0.8),
                alpha: of(20.0),
                a: of(1.5),
                b: of(3.0),
                log_likelihood: 0.0,
                customers: 1,
                repeat_buyers: 1,
                dropout_is_measured: true,
            };
            let all: Vec<f64> = shares(&model, 90.0, 2000).collect();
            assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{dropout:?}");
            let mean: f64 = all.iter().enumerate().map(|(x, share)| x as f64 * share).sum();
            let newcomer = Pattern::default();
            let expected = model.expected_purchases(&newcomer, 90.0);
            assert!((mean / expected - 1.0).abs() < 1e-6, "{dropout:?}: {mean} {expected}");
        }
    }

    #[test]
    fn what_is_seen_and_expected_add_up_to_all_customers() {
        let patterns = Patterns::count(
            (0..100).map(|i| Pattern { repeats: i % 7, active_days: i % 7, known_days: 60 + i }).collect(),
        );
        let model = crate::lifetime::BgNbd::default().fit(&patterns).unwrap();
        let table = frequencies(&model, &patterns, 3);
        assert_eq!(table.len(), 4);
        assert_eq!(table.iter().map(|f| f.actual).sum::<usize>(), 100);
        assert!((table.iter().map(|f| f.expected).sum::<f64>() - 100.0).abs() < 1e-9);
        assert_eq!(table[3].actual, 56);
    }
}
