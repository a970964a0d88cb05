//! How often each pair of labels meets in two partitions of the same rows.

use crate::{Error, Result};

/// The table of two partitions; only labels and pairs that occur.
pub(super) struct Contingency {
    /// Rows together in both: index of the first label, index of the second, rows; ascending.
    pub(super) pairs: Vec<(usize, usize, u64)>,
    /// Rows of each label of the first partition.
    pub(super) first: Vec<u64>,
    /// Rows of each label of the second partition.
    pub(super) second: Vec<u64>,
    /// All rows.
    pub(super) n: u64,
}

impl Contingency {
    /// Costs `O(n log n)`.
    pub(super) fn new(first: &[u32], second: &[u32]) -> Result<Self> {
        if first.len() != second.len() {
            let what = "labels of the second partition".to_owned();
            return Err(Error::Length { what, expected: first.len(), got: second.len() });
        }
        let mut both: Vec<u64> =
            first.iter().zip(second).map(|(&a, &b)| u64::from(a) << 32 | u64::from(b)).collect();
        both.sort_unstable();
        let mut seconds = second.to_vec();
        seconds.sort_unstable();
        seconds.dedup();
        let mut table = Self {
            pairs: Vec::new(),
            first: Vec::new(),
            second: vec![0; seconds.len()],
            n: first.len() as u64,
        };
        for of_first in both.chunk_by(|a, b| a >> 32 == b >> 32) {
            for of_both in of_first.chunk_by(|a, b| a == b) {
                let at = seconds.partition_point(|&label| label < of_both[0] as u32);
                table.pairs.push((table.first.len(), at, of_both.len() as u64));
                table.second[at] += of_both.len() as u64;
            }
            table.first.push(of_first.len() as u64);
        }
        Ok(table)
    }

    /// Mutual information in nats: `Σ_ij n_ij / n · ln(n n_ij / (aᵢ b_j))`; never below 0.
    pub(super) fn mutual_information(&self) -> f64 {
        let n = self.n as f64;
        let term = |&(i, j, both): &(usize, usize, u64)| {
            let (a, b, both) = (self.first[i] as f64, self.second[j] as f64, both as f64);
            both / n * (n * both / (a * b)).ln()
        };
        self.pairs.iter().map(term).sum::<f64>().max(0.0)
    }
}

/// Entropy in nats of a partition with these sizes: `−Σ nᵢ / n · ln(nᵢ / n)`.
pub(super) fn entropy(sizes: &[u64]) -> f64 {
    let n = sizes.iter().sum::<u64>() as f64;
    -sizes.iter().map(|&size| size as f64 / n * (size as f64 / n).ln()).sum::<f64>()
}
