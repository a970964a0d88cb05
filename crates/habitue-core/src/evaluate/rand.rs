//! The adjusted Rand index: how far two partitions agree.

use super::contingency::Contingency;
use crate::Result;

/// Agreement of two partitions of the same customers, 1 when equal and 0 on average by chance (Hubert &
/// Arabie 1985, eq. 5).
///
/// Over all pairs of rows: `(Σ C(n_ij, 2) − e) / ((Σ C(aᵢ, 2) + Σ C(b_j, 2)) / 2 − e)` with `e = Σ C(aᵢ, 2) Σ
/// C(b_j, 2) / C(n, 2)`.
///
/// - `first`, `second`: `n` labels each; the numbers themselves do not matter. The result is at most 1 and
///   may be below 0.
/// - 1 for partitions that both put all in one, both put each alone, or have fewer than two rows.
/// - Pairs are counted in whole numbers, so the answer does not depend on the order of rows.
///
/// Costs `O(n log n)`.
///
/// # Errors
/// [`crate::Error::Length`] if the two have different lengths.
///
/// ```
/// use habitue_core::evaluate::rand::adjusted_rand;
/// assert_eq!(adjusted_rand(&[0, 0, 1, 1], &[7, 7, 3, 3])?, 1.0);
/// assert_eq!(adjusted_rand(&[0, 0, 1, 1], &[0, 1, 0, 1])?, -0.5);
/// # Ok::<(), habitue_core::Error>(())
/// ```
pub fn adjusted_rand(first: &[u32], second: &[u32]) -> Result<f64> {
    let table = Contingency::new(first, second)?;
    let together_in_both = pairs(table.pairs.iter().map(|&(_, _, n)| n));
    let together_in_first = pairs(table.first.iter().copied());
    let together_in_second = pairs(table.second.iter().copied());
    let n = first.len() as i128;
    let first_only = together_in_first - together_in_both;
    let second_only = together_in_second - together_in_both;
    if first_only == 0 && second_only == 0 {
        return Ok(1.0);
    }
    // The same ratio multiplied out over the table of pairs, so that it is one division of whole numbers.
    let apart = n * (n - 1) / 2 - together_in_both - first_only - second_only;
    let agreement = 2 * (together_in_both * apart - first_only * second_only);
    let most = together_in_first * (first_only + apart) + together_in_second * (second_only + apart);
    Ok(agreement as f64 / most as f64)
}

/// Pairs of rows within groups of these sizes.
fn pairs(sizes: impl Iterator<Item = u64>) -> i128 {
    sizes.map(|n| i128::from(n) * (i128::from(n) - 1) / 2).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_counted_table_gives_its_index() {
        // Table [[2, 1], [0, 3]]: together in both 1 + 3 = 4, in the first 3 + 3 = 6, in the second 1 + 6 =
        // 7, of 15 pairs.
        let index = adjusted_rand(&[0, 0, 0, 1, 1, 1], &[0, 0, 1, 1, 1, 1]).unwrap();
        assert!((index - (4.0 - 42.0 / 15.0) / (6.5 - 42.0 / 15.0)).abs() < 1e-15);
    }

    #[test]
    fn trivial_partitions_agree_with_themselves_and_say_nothing_of_others() {
        assert_eq!(adjusted_rand(&[], &[]), Ok(1.0));
        assert_eq!(adjusted_rand(&[4], &[9]), Ok(1.0));
        assert_eq!(adjusted_rand(&[0, 0, 0], &[1, 1, 1]), Ok(1.0));
        assert_eq!(adjusted_rand(&[0, 1, 2], &[2, 0, 1]), Ok(1.0));
        assert_eq!(adjusted_rand(&[0, 0, 0], &[0, 1, 2]), Ok(0.0));
        assert!(adjusted_rand(&[0], &[0, 1]).is_err());
    }
}
