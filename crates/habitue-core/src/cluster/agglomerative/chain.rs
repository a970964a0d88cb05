//! Complete and average linkage: the nearest-neighbour chain over a matrix of distances.

use rayon::prelude::*;

use super::Linkage;
use crate::Matrix;
use crate::cluster::dendrogram::Join;
use crate::math::distance::squared;

/// Bytes of the distances of `n` leaves, every pair once.
pub(super) fn bytes(n: usize) -> u128 {
    let n = n as u128;
    n * n.saturating_sub(1) / 2 * 8
}

/// The most leaves whose distances fit into some bytes.
pub(super) fn most_leaves(limit: usize) -> usize {
    // n (n − 1) ≤ limit / 4
    let mut n = (limit as f64 / 4.0).sqrt() as usize + 2;
    while n > 0 && bytes(n) > limit as u128 {
        n -= 1;
    }
    n
}

/// The joins of the hierarchy over weighted rows, lowest first (Murtagh 1985; Müllner 2011, algorithm 3).
///
/// A chain goes from each cluster to its nearest (the one before in the chain, else the lower number, of
/// equals) until two are nearest to each other; these are joined, and distances to them follow from the
/// formula of Lance & Williams 1967.
///
/// `O(n²)` time and `4 n (n − 1)` bytes.
pub(super) fn chain(rows: &Matrix, weights: &[f64], linkage: Linkage) -> Vec<Join> {
    let n = rows.n_rows();
    let mut distances = Condensed::new(rows);
    let mut weights = weights.to_vec();
    let mut living: Vec<u32> = (0..n as u32).collect();
    let mut joins = Vec::with_capacity(n.saturating_sub(1));
    let mut chain: Vec<u32> = Vec::new();
    while living.len() > 1 {
        let (mut tip, mut before) = match chain[..] {
            [.., before, tip] => (tip, Some(before)),
            [tip] => (tip, None),
            [] => {
                chain.push(living[0]);
                (living[0], None)
            }
        };
        let height = loop {
            let (height, nearest) = distances.nearest(tip, before, &living);
            if before == Some(nearest) {
                break height;
            }
            chain.push(nearest);
            (before, tip) = (Some(tip), nearest);
        };
        chain.truncate(chain.len() - 2);
        let other = before.unwrap_or(tip);
        let (a, b) = (tip.min(other), tip.max(other));
        joins.push(Join { a, b, height });
        let at = living.partition_point(|&l| l < b);
        living.remove(at);
        distances.join(a, b, [weights[a as usize], weights[b as usize]], linkage, &living);
        weights[a as usize] += weights[b as usize];
    }
    joins.sort_by(|one, other| one.height.total_cmp(&other.height));
    joins
}

/// The distances of all pairs `i < j`, row by row.
struct Condensed {
    n: usize,
    values: Vec<f64>,
}

impl Condensed {
    fn new(rows: &Matrix) -> Self {
        let n = rows.n_rows();
        let mut values = vec![0.0; n * n.saturating_sub(1) / 2];
        let mut left = values.as_mut_slice();
        let mut slices = Vec::with_capacity(n);
        for i in 0..n {
            let (row, rest) = left.split_at_mut(n - i - 1);
            slices.push((i, row));
            left = rest;
        }
        slices.into_par_iter().with_min_len(16).for_each(|(i, row)| {
            for (value, j) in row.iter_mut().zip(i + 1..) {
                *value = squared(rows.row(i), rows.row(j)).sqrt();
            }
        });
        Self { n, values }
    }

    fn at(&self, a: u32, b: u32) -> usize {
        let (i, j) = (a.min(b) as usize, a.max(b) as usize);
        i * (2 * self.n - i - 1) / 2 + j - i - 1
    }

    /// The nearest of the living and how far it is.
    fn nearest(&self, of: u32, preferred: Option<u32>, living: &[u32]) -> (f64, u32) {
        let mut best = match preferred {
            Some(other) => (self.values[self.at(of, other)], other),
            None => (f64::INFINITY, u32::MAX),
        };
        for &other in living.iter().filter(|&&other| other != of) {
            let distance = self.values[self.at(of, other)];
            if distance < best.0 {
                best = (distance, other);
            }
        }
        best
    }

    /// Puts the distances of the union of two clusters where those of the first were.
    fn join(&mut self, a: u32, b: u32, [weight_a, weight_b]: [f64; 2], linkage: Linkage, living: &[u32]) {
        let (share_a, share_b) = (weight_a / (weight_a + weight_b), weight_b / (weight_a + weight_b));
        for &other in living.iter().filter(|&&other| other != a) {
            let (to_a, to_b) = (self.at(a, other), self.values[self.at(b, other)]);
            let value = &mut self.values[to_a];
            *value = match linkage {
                Linkage::Complete => value.max(to_b),
                // The mean of two equal distances is that distance, whatever the rounding of the shares.
                _ => (share_a * *value + share_b * to_b).clamp(value.min(to_b), value.max(to_b)),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_bytes_is_kept_to_the_last_leaf() {
        assert_eq!([0, 7, 8, 23, 24, 47, 48].map(most_leaves), [1, 1, 2, 2, 3, 3, 4]);
        let most = most_leaves(1 << 30);
        assert!(bytes(most) <= 1 << 30 && bytes(most + 1) > 1 << 30);
    }
}
