//! How good a clustering is: indices that need only the rows and their labels.
//!
//! Labels are whole numbers from 0; a number that no row carries is no cluster.
//! An index that has no meaning (one cluster, say) is `None`, never a number that looks like praise.

pub mod calinski_harabasz;
pub mod davies_bouldin;
pub mod inertia;
pub mod rand;
pub mod silhouette;

use crate::math::distance::check_spread;
use crate::{Error, Matrix, Result};

/// The clusters that labels make: counts and means.
struct Groups {
    /// Members of each cluster; 0 for a number that no row carries.
    counts: Vec<usize>,
    /// Means, `clusters × d`; 0 for a cluster without members.
    means: Vec<Vec<f64>>,
}

impl Groups {
    fn new(x: &Matrix, labels: &[u32]) -> Result<Self> {
        let n_labels = check_labels(x, labels)?;
        let mut groups = Self { counts: vec![0; n_labels], means: vec![vec![0.0; x.n_cols()]; n_labels] };
        for (row, &label) in x.rows().zip(labels) {
            groups.counts[label as usize] += 1;
            for (sum, value) in groups.means[label as usize].iter_mut().zip(row) {
                *sum += value;
            }
        }
        for (mean, &count) in groups.means.iter_mut().zip(&groups.counts) {
            mean.iter_mut().for_each(|v| *v /= count.max(1) as f64);
        }
        Ok(groups)
    }

    /// The clusters that have members.
    fn present(&self) -> Vec<usize> {
        (0..self.counts.len()).filter(|&label| self.counts[label] > 0).collect()
    }
}

/// One above the highest label, having checked that there is a label for each row and that distances can be
/// trusted.
fn check_labels(x: &Matrix, labels: &[u32]) -> Result<usize> {
    if labels.len() != x.n_rows() {
        return Err(Error::Length { what: "labels".to_owned(), expected: x.n_rows(), got: labels.len() });
    }
    check_spread(x)?;
    let n_labels = labels.iter().max().map_or(0, |&highest| highest as usize + 1);
    // Tables are made by label, so a wild number must not decide how much memory is taken.
    if n_labels > x.n_rows() {
        let allowed = format!("below the number of customers, {}", x.n_rows());
        return Err(Error::Setting { setting: "labels", allowed, got: (n_labels - 1).to_string() });
    }
    Ok(n_labels)
}
