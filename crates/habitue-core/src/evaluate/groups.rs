//! The clusters that labels make: what most indices are computed from.

use rayon::prelude::*;

use super::check_labels;
use crate::math::chunks::rows_per_chunk;
use crate::math::distance::squared;
use crate::{Matrix, Result};

/// Numbers up to which every thread may keep sums of its own.
const SMALL: usize = 1 << 14;

/// Counts and means of clusters.
pub(super) struct Groups {
    /// Members of each cluster; 0 for a number that no row carries.
    pub(super) counts: Vec<usize>,
    /// `clusters × d`; 0 for a cluster without members.
    means: Vec<f64>,
    n_cols: usize,
}

/// How far members of each cluster are from their mean.
pub(super) struct Within {
    /// Sums of squared distances.
    pub(super) squared: Vec<f64>,
    /// Mean distances; 0 for a cluster without members.
    pub(super) mean: Vec<f64>,
}

impl Groups {
    /// Adds up clusters over fixed chunks of rows, so that threads do not change a bit.
    pub(super) fn new(x: &Matrix, labels: &[u32]) -> Result<Self> {
        let n_labels = check_labels(x, labels)?;
        let d = x.n_cols();
        let of_rows = |values: &[f64], labels: &[u32]| {
            let (mut counts, mut sums) = (vec![0_usize; n_labels], vec![0.0; n_labels * d]);
            for (row, &label) in values.chunks_exact(d).zip(labels) {
                let label = label as usize;
                counts[label] += 1;
                for (sum, value) in sums[label * d..(label + 1) * d].iter_mut().zip(row) {
                    *sum += value;
                }
            }
            (counts, sums)
        };
        let (counts, mut means) = if n_labels * d <= SMALL {
            let parts = chunked(x, labels, of_rows);
            (add_up(n_labels, parts.iter().map(|p| &p.0)), add_up(n_labels * d, parts.iter().map(|p| &p.1)))
        } else {
            of_rows(x.values(), labels)
        };
        for (mean, &count) in means.chunks_exact_mut(d).zip(&counts) {
            mean.iter_mut().for_each(|v| *v /= count.max(1) as f64);
        }
        Ok(Self { counts, means, n_cols: d })
    }

    pub(super) fn mean(&self, label: usize) -> &[f64] {
        &self.means[label * self.n_cols..(label + 1) * self.n_cols]
    }

    /// The clusters that have members.
    pub(super) fn present(&self) -> Vec<usize> {
        (0..self.counts.len()).filter(|&label| self.counts[label] > 0).collect()
    }

    /// A second pass over the rows.
    pub(super) fn within(&self, x: &Matrix, labels: &[u32]) -> Within {
        let n_labels = self.counts.len();
        let of_rows = |values: &[f64], labels: &[u32]| {
            let (mut squares, mut distances) = (vec![0.0; n_labels], vec![0.0; n_labels]);
            for (row, &label) in values.chunks_exact(self.n_cols).zip(labels) {
                let from_mean = squared(row, self.mean(label as usize));
                squares[label as usize] += from_mean;
                distances[label as usize] += from_mean.sqrt();
            }
            (squares, distances)
        };
        let (squared, mut mean) = if n_labels <= SMALL {
            let parts = chunked(x, labels, of_rows);
            (add_up(n_labels, parts.iter().map(|p| &p.0)), add_up(n_labels, parts.iter().map(|p| &p.1)))
        } else {
            of_rows(x.values(), labels)
        };
        for (mean, &count) in mean.iter_mut().zip(&self.counts) {
            *mean /= count.max(1) as f64;
        }
        Within { squared, mean }
    }
}

fn chunked<T: Send>(x: &Matrix, labels: &[u32], of_rows: impl Fn(&[f64], &[u32]) -> T + Sync) -> Vec<T> {
    let chunk = rows_per_chunk(x.n_rows());
    let parts = x.values().par_chunks(chunk * x.n_cols()).zip(labels.par_chunks(chunk));
    parts.map(|(values, labels)| of_rows(values, labels)).collect()
}

/// Adds vectors in their order.
fn add_up<'a, T>(n: usize, parts: impl Iterator<Item = &'a Vec<T>>) -> Vec<T>
where
    T: Copy + Default + std::ops::AddAssign + 'a,
{
    let mut sums = vec![T::default(); n];
    for part in parts {
        for (sum, &value) in sums.iter_mut().zip(part) {
            *sum += value;
        }
    }
    sums
}
