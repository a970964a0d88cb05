//! Which features rise and fall together.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Two features and how they go together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Index of the first column.
    pub first: usize,
    /// Index of the second; above `first`.
    pub second: usize,
    /// Customers who have both.
    pub customers: usize,
    /// Spearman's rank correlation, −1 to 1.
    pub correlation: f64,
}

/// Spearman's rank correlation of every pair of columns (Spearman 1904): Pearson's correlation of the ranks
///
/// ```text
/// ρ = Σ (rᵢ − r̄)(sᵢ − s̄) / √( Σ (rᵢ − r̄)² Σ (sᵢ − s̄)² )
/// ```
///
/// where equal values share the mean of their ranks. Unlike Pearson's it does not care for scale or skew.
/// A pair is ranked among the rows that have both values; NaN and infinities are missing. Pairs with fewer than three
/// such rows, or with a column that is constant on them, are left out. Pairs come in the order of their columns.
/// Equals `scipy.stats.spearmanr` on those rows.
///
/// Costs `O(d n log n + d² n)` time and `O(d n)` memory.
///
/// ```
/// use habitue_core::base::correlation::spearman;
/// let pairs = spearman(&[&[1.0, 2.0, 3.0, 4.0], &[1.0, 8.0, 27.0, 64.0]]);
/// assert_eq!((pairs.len(), pairs[0].correlation), (1, 1.0));
/// ```
pub fn spearman(columns: &[&[f64]]) -> Vec<Pair> {
    let orders: Vec<Vec<u32>> = columns.par_iter().map(|values| order(values)).collect();
    let d = columns.len();
    let pairs: Vec<(usize, usize)> = (0..d).flat_map(|a| (a + 1..d).map(move |b| (a, b))).collect();
    let pair = |&(first, second): &(usize, usize)| {
        let (a, b) = (columns[first], columns[second]);
        let both = |row: u32| a[row as usize].is_finite() && b[row as usize].is_finite();
        let ranks_a = ranks(a, orders[first].iter().copied().filter(|&r| both(r)));
        let ranks_b = ranks(b, orders[second].iter().copied().filter(|&r| both(r)));
        let customers = orders[first].iter().filter(|&&r| both(r)).count();
        let correlation = pearson_of_ranks(&ranks_a, &ranks_b, customers)?;
        Some(Pair { first, second, customers, correlation })
    };
    pairs.par_iter().filter_map(pair).collect()
}

/// The rows with a finite value, by value.
fn order(values: &[f64]) -> Vec<u32> {
    let mut rows: Vec<u32> = (0..values.len() as u32).filter(|&r| values[r as usize].is_finite()).collect();
    rows.sort_unstable_by(|&a, &b| values[a as usize].total_cmp(&values[b as usize]).then(a.cmp(&b)));
    rows
}

/// Twice the rank of each row among `rows`, which come by value: a whole number, also where equal values share the
/// mean of their ranks. Rows that do not come have 0.
fn ranks(values: &[f64], rows: impl Iterator<Item = u32>) -> Vec<u64> {
    let rows: Vec<u32> = rows.collect();
    let mut ranks = vec![0; values.len()];
    let mut below = 0;
    // −0 and 0 are one value.
    #[expect(clippy::float_cmp, reason = "equal values share a rank, nearly equal ones do not")]
    for ties in rows.chunk_by(|&a, &b| values[a as usize] == values[b as usize]) {
        let twice = 2 * below + ties.len() as u64 + 1;
        ties.iter().for_each(|&row| ranks[row as usize] = twice);
        below += ties.len() as u64;
    }
    ranks
}

/// Pearson's correlation of ranks given twofold, over the rows that have one. The sums are whole numbers.
fn pearson_of_ranks(a: &[u64], b: &[u64], n: usize) -> Option<f64> {
    if n < 3 {
        return None;
    }
    // Twice the mean rank is n + 1.
    let middle = n as i128 + 1;
    let (mut product, mut square_a, mut square_b) = (0_i128, 0_i128, 0_i128);
    for (&x, &y) in a.iter().zip(b).filter(|(x, _)| **x > 0) {
        let (x, y) = (i128::from(x) - middle, i128::from(y) - middle);
        product += x * y;
        square_a += x * x;
        square_b += y * y;
    }
    let scale = (square_a as f64 * square_b as f64).sqrt();
    (scale > 0.0).then(|| (product as f64 / scale).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_the_mean_of_their_ranks() {
        // Ranks 1, 2.5, 2.5, 4 and 2, 1, 3, 4: products of deviations 0.75 + 0 + 0 + 2.25 = 3, squares 4.5 and 5.
        let pairs = spearman(&[&[1.0, 5.0, 5.0, 9.0], &[20.0, 10.0, 30.0, 40.0]]);
        assert!((pairs[0].correlation - 3.0 / 22.5_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn rows_without_both_values_do_not_count() {
        let nan = f64::NAN;
        let pairs = spearman(&[&[1.0, nan, 3.0, 2.0, 9.0], &[5.0, 0.0, 1.0, 3.0, nan], &[7.0; 5]]);
        assert_eq!(pairs.len(), 1);
        assert_eq!((pairs[0].customers, pairs[0].correlation), (3, -1.0));
    }

    #[test]
    fn too_few_rows_say_nothing() {
        assert_eq!(spearman(&[&[1.0, 2.0], &[1.0, 2.0]]), []);
        assert_eq!(spearman(&[]), []);
        assert_eq!(spearman(&[&[1.0, 2.0, 3.0]]), []);
    }
}
