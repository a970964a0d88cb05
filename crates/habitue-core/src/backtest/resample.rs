//! Sums over customers, each counted as often as a draw says.

use super::{Grouping, Later};
use crate::math::random::Random;

/// What one group's customers add up to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct GroupSums {
    pub(super) customers: f64,
    pub(super) bought: f64,
    pub(super) orders: f64,
    pub(super) spend: f64,
    pub(super) log_spend: f64,
}

/// What the groups of every grouping add up to.
pub(super) struct Sums {
    pub(super) groupings: Vec<Vec<GroupSums>>,
    /// Σ log²(1 + spend) over all customers.
    pub(super) log_spend_squared: f64,
}

impl Sums {
    pub(super) fn of(later: Later<'_>, groupings: &[Grouping], weights: &mut Weights) -> Self {
        let mut sums = Self {
            groupings: groupings.iter().map(|g| vec![GroupSums::default(); g.n_groups]).collect(),
            log_spend_squared: 0.0,
        };
        for (row, (&spend, &orders)) in later.spend.iter().zip(later.orders).enumerate() {
            let weight = weights.next();
            if weight == 0.0 {
                continue;
            }
            let log_spend = if spend > 0.0 { spend.ln_1p() } else { 0.0 };
            let bought = if orders > 0 { weight } else { 0.0 };
            sums.log_spend_squared += weight * log_spend * log_spend;
            for (sums, grouping) in sums.groupings.iter_mut().zip(groupings) {
                let group = &mut sums[grouping.labels[row] as usize];
                group.customers += weight;
                group.bought += bought;
                group.orders += weight * f64::from(orders);
                group.spend += weight * spend;
                group.log_spend += weight * log_spend;
            }
        }
        sums
    }
}

/// How often each customer counts, one after the other.
pub(super) enum Weights {
    Ones,
    Poisson(Random),
}

impl Weights {
    pub(super) fn ones() -> Self {
        Self::Ones
    }

    /// Poisson numbers with mean 1.
    pub(super) fn poisson(random: Random) -> Self {
        Self::Poisson(random)
    }

    fn next(&mut self) -> f64 {
        let Self::Poisson(random) = self else { return 1.0 };
        let (mut left, mut chance, mut count) = (random.uniform(), (-1.0_f64).exp(), 0.0);
        while left >= chance && count < 20.0 {
            left -= chance;
            count += 1.0;
            chance /= count;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_numbers_have_mean_and_variance_one() {
        let mut weights = Weights::poisson(Random::new(3));
        let drawn: Vec<f64> = (0..100_000).map(|_| weights.next()).collect();
        let mean = drawn.iter().sum::<f64>() / 1e5;
        let variance = drawn.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / 1e5;
        assert!((mean - 1.0).abs() < 0.01 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }
}
