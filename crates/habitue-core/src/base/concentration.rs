//! How revenue is spread over customers: Lorenz curve, Gini coefficient, what the best customers bring.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Money;

/// Revenue from the best customer to the least, and how unequal it is.
///
/// With amounts `x₍₁₎ ≤ … ≤ x₍ₙ₎` of customers, all of them zero or more, the Gini coefficient is
///
/// ```text
/// G = Σᵢ (2i − n − 1) x₍ᵢ₎ / (n Σᵢ xᵢ)
/// ```
///
/// (Sen 1973; half the relative mean absolute difference): 0 when all bring the same, `1 − 1/n` when one brings all.
/// The sums are whole numbers of 1/10,000 of the currency unit, so that only the last division rounds.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Concentration {
    /// Customers.
    pub customers: u64,
    /// What they brought together.
    pub revenue: Money,
    /// Gini coefficient, 0 to 1.
    pub gini: f64,
    /// The fewest customers who bring half of the revenue.
    pub customers_for_half: u64,
    /// What the best customers bring, for each full percent of the customers from 1 to 100.
    pub best: Vec<Best>,
}

/// What the best customers bring.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Best {
    /// How many percent of the customers.
    pub percent: u8,
    /// How many customers these are: rounded to the nearest, halves up, at least 1.
    pub customers: u64,
    /// What they brought.
    pub revenue: Money,
    /// Their share of the revenue, 0 to 1.
    pub share: f64,
}

impl Concentration {
    /// The concentration of what customers brought, in any order.
    ///
    /// `None` where there are no customers, where they brought nothing, or where one brought less than nothing: shares
    /// of such a sum mean nothing. Costs `O(n log n)`.
    ///
    /// ```
    /// use habitue_core::{Money, base::concentration::Concentration};
    /// let all = Concentration::of(&[1, 1, 1, 1, 6].map(Money::from_units)).ok_or("nothing")?;
    /// assert_eq!((all.gini, all.customers_for_half, all.best[19].share), (0.4, 1, 0.6));
    /// # Ok::<(), &str>(())
    /// ```
    pub fn of(amounts: &[Money]) -> Option<Self> {
        let mut sorted: Vec<i64> = amounts.iter().map(|a| a.0).collect();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        let n = sorted.len();
        let total: i128 = sorted.iter().map(|&x| i128::from(x)).sum();
        if total <= 0 || *sorted.last()? < 0 {
            return None;
        }
        // From the best down, rank `i` from below is `n − at`, so that `2i − n − 1` is `n − 1 − 2 at`.
        let weighted: i128 =
            sorted.iter().enumerate().map(|(at, &x)| (n as i128 - 1 - 2 * at as i128) * i128::from(x)).sum();
        let mut cumulated = Vec::with_capacity(n);
        let mut sum = 0;
        for &x in &sorted {
            sum += i128::from(x);
            cumulated.push(sum);
        }
        let best = |percent: u8| {
            let customers = ((n * usize::from(percent) + 50) / 100).max(1);
            let revenue = cumulated[customers - 1];
            Best {
                percent,
                customers: customers as u64,
                revenue: Money(revenue as i64),
                share: revenue as f64 / total as f64,
            }
        };
        Some(Self {
            customers: n as u64,
            revenue: Money(total as i64),
            gini: weighted as f64 / (n as i128 * total) as f64,
            customers_for_half: cumulated.partition_point(|&c| 2 * c < total) as u64 + 1,
            best: (1..=100).map(best).collect(),
        })
    }

    /// What the best so many percent of the customers bring; `percent` is 1 to 100.
    pub fn best(&self, percent: u8) -> Option<&Best> {
        self.best.iter().find(|b| b.percent == percent)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(units: &[i64]) -> Option<Concentration> {
        Concentration::of(&units.iter().map(|&u| Money::from_units(u)).collect::<Vec<_>>())
    }

    #[test]
    fn a_small_shop_by_hand() {
        // Ranked 1, 2, 3, 4: (−3·1 − 1·2 + 1·3 + 3·4) / (4 · 10) = 10 / 40.
        let all = of(&[4, 1, 3, 2]).unwrap();
        assert_eq!(all.gini, 0.25);
        // 4 is less than half of 10, 4 + 3 is more.
        assert_eq!(all.customers_for_half, 2);
        let best = |percent| all.best(percent).map(|b| (b.customers, b.share));
        assert_eq!(
            [1, 20, 50, 100].map(best),
            [Some((1, 0.4)), Some((1, 0.4)), Some((2, 0.7)), Some((4, 1.0))]
        );
        // Halves go up: 62 % and 63 % of 4 are 2.48 and 2.52.
        assert_eq!([62, 63].map(|p| best(p).unwrap().0), [2, 3]);
    }

    #[test]
    fn equal_customers_are_not_concentrated_and_one_who_brings_all_is_nearly_one() {
        assert_eq!(of(&[5; 10]).unwrap().gini, 0.0);
        assert_eq!(of(&[0, 0, 0, 8]).unwrap().gini, 0.75);
        let one = of(&[3]).unwrap();
        assert_eq!((one.gini, one.customers_for_half, one.best(1).unwrap().share), (0.0, 1, 1.0));
    }

    #[test]
    fn sums_without_meaning_have_no_concentration() {
        assert_eq!([of(&[]), of(&[0, 0]), of(&[5, -1])], [None, None, None]);
    }

    proptest! {
        #[test]
        fn the_formula_is_half_the_mean_difference_over_the_mean(amounts in prop::collection::vec(0..1000_i64, 1..30)) {
            prop_assume!(amounts.iter().sum::<i64>() > 0);
            let n = amounts.len() as f64;
            let differences: i64 = amounts.iter().flat_map(|a| amounts.iter().map(move |b| (a - b).abs())).sum();
            let plain = differences as f64 / (2.0 * n * amounts.iter().sum::<i64>() as f64);
            let found = of(&amounts).unwrap();
            prop_assert!((found.gini - plain).abs() < 1e-12, "{} instead of {plain}", found.gini);
            prop_assert!(found.best.windows(2).all(|w| w[0].revenue <= w[1].revenue));
            prop_assert_eq!(found.best[99].revenue, found.revenue);
        }
    }
}
