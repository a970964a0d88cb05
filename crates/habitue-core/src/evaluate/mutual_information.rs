//! Adjusted mutual information: how far two partitions tell each other, beyond chance.

use std::collections::BTreeMap;

use super::contingency::{Contingency, entropy};
use crate::Result;

/// What the mutual information is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Average {
    /// The mean of the two entropies.
    Arithmetic,
    /// The greater entropy: the strictest.
    Max,
}

/// Agreement of two partitions of the same customers, 1 when equal and 0 on average by chance: `(I − E[I]) /
/// (avg(H₁, H₂) − E[I])` (Vinh, Epps & Bailey 2010, §4.2).
///
/// `I` is the mutual information, `H` the entropy, and `E[I]` the expectation over partitions with the same
/// sizes (their eq. 24a). Where sizes differ much, this is fairer to small clusters than the adjusted Rand
/// index (Romano et al. 2016).
///
/// - `first`, `second`: `n` labels each; the numbers themselves do not matter. The result is at most 1 and
///   may be below 0.
/// - 1 for equal partitions, also trivial ones and without rows; 0 if only one of them is a single cluster.
///
/// The expectation is summed from the mode of each hypergeometric distribution outwards, by ratios and until
/// terms vanish, once for each pair of different sizes: no factorials, so nothing cancels at any `n`.
/// Costs `O(n log n)` and, for `r` and `s` different sizes, `O(r s √n)`.
///
/// # Errors
/// [`crate::Error::Length`] if the two have different lengths.
///
/// ```
/// use habitue_core::evaluate::mutual_information::{Average, adjusted_mutual_information};
/// let found = adjusted_mutual_information(&[0, 0, 1, 1], &[7, 7, 3, 3], Average::Arithmetic)?;
/// assert_eq!(found, 1.0);
/// # Ok::<(), habitue_core::Error>(())
/// ```
pub fn adjusted_mutual_information(first: &[u32], second: &[u32], average: Average) -> Result<f64> {
    let table = Contingency::new(first, second)?;
    if table.pairs.len() == table.first.len() && table.pairs.len() == table.second.len() {
        return Ok(1.0);
    }
    if table.first.len() == 1 || table.second.len() == 1 {
        return Ok(0.0);
    }
    let (h1, h2) = (entropy(&table.first), entropy(&table.second));
    let normal = match average {
        Average::Arithmetic => (h1 + h2) / 2.0,
        Average::Max => h1.max(h2),
    };
    let expected = expected_mutual_information(&table.first, &table.second, table.n);
    let least = |difference: f64| difference.abs().max(f64::EPSILON).copysign(difference);
    Ok(least(table.mutual_information() - expected) / least(normal - expected))
}

/// The mean mutual information of partitions with these sizes, in nats.
fn expected_mutual_information(first: &[u64], second: &[u64], n: u64) -> f64 {
    let different = |sizes: &[u64]| {
        let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
        sizes.iter().for_each(|&size| *counts.entry(size).or_default() += 1);
        counts
    };
    let (first, second) = (different(first), different(second));
    let pairs = first.iter().flat_map(|a| second.iter().map(move |b| (a, b)));
    pairs.map(|((&a, &times_a), (&b, &times_b))| (times_a * times_b) as f64 * of_sizes(a, b, n)).sum()
}

/// The mean of `x/n · ln(n x / (a b))`, where `x` is how many of `b` rows drawn from `n` are among `a` marked.
fn of_sizes(a: u64, b: u64, n: u64) -> f64 {
    let (lowest, highest) = ((a + b).saturating_sub(n), a.min(b));
    let (a, b, n) = (a as f64, b as f64, n as f64);
    let mode = (((a + 1.0) * (b + 1.0) / (n + 2.0)) as u64).clamp(lowest, highest);
    let value = |x: f64| if x > 0.0 { x / n * (n * x / (a * b)).ln() } else { 0.0 };
    // P(x + 1) / P(x).
    let ratio = |x: f64| (a - x) * (b - x) / ((x + 1.0) * (n - a - b + x + 1.0));
    let (mut total, mut sum) = (1.0, value(mode as f64));
    let mut weight = 1.0;
    for x in mode..highest {
        weight *= ratio(x as f64);
        (total, sum) = (total + weight, sum + weight * value((x + 1) as f64));
        if weight < 1e-20 * total {
            break;
        }
    }
    weight = 1.0;
    for x in (lowest..mode).rev() {
        weight /= ratio(x as f64);
        (total, sum) = (total + weight, sum + weight * value(x as f64));
        if weight < 1e-20 * total {
            break;
        }
    }
    sum / total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ami(first: &[u32], second: &[u32]) -> f64 {
        adjusted_mutual_information(first, second, Average::Arithmetic).unwrap()
    }

    #[test]
    fn trivial_partitions_agree_with_themselves_and_say_nothing_of_others() {
        assert_eq!(ami(&[], &[]), 1.0);
        assert_eq!(ami(&[4], &[9]), 1.0);
        assert_eq!(ami(&[0, 0, 0], &[1, 1, 1]), 1.0);
        assert_eq!(ami(&[0, 1, 2], &[2, 0, 1]), 1.0);
        assert_eq!(ami(&[0, 0, 0], &[0, 1, 2]), 0.0);
        assert!(adjusted_mutual_information(&[0], &[0, 1], Average::Max).is_err());
    }

    #[test]
    fn the_expectation_is_the_mean_over_all_arrangements() {
        // All 120 orders of the second partition against the first.
        let (first, second) = ([0_u32, 0, 0, 1, 1], [0_u32, 0, 1, 1, 2]);
        let (mut sum, mut n) = (0.0, 0.0);
        for order in 0..5_usize.pow(5) {
            let places: Vec<usize> = (0..5).map(|i| order / 5_usize.pow(i) % 5).collect();
            let seen: std::collections::BTreeSet<_> = places.iter().collect();
            if seen.len() == 5 {
                let turned: Vec<u32> = places.iter().map(|&at| second[at]).collect();
                sum += Contingency::new(&first, &turned).unwrap().mutual_information();
                n += 1.0;
            }
        }
        assert_eq!(n, 120.0);
        let expected = expected_mutual_information(&[3, 2], &[2, 2, 1], 5);
        assert!((expected - sum / n).abs() < 1e-14, "{expected} {}", sum / n);
    }

    #[test]
    fn independent_partitions_of_many_rows_score_zero() {
        let n = 1_000_000;
        let first: Vec<u32> = (0..n).map(|i| i % 7).collect();
        let second: Vec<u32> = (0..n).map(|i| i / 7 % 11).collect();
        assert!(ami(&first, &second).abs() < 1e-4);
    }
}
