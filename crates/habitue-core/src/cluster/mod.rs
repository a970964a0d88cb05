//! Groups of customers: the result every clustering gives, and k-means.
//!
//! **Engines.** All give the labels of the plain one, [`lloyd`], from equal starts:
//! - up to 12 columns a tree whose nodes know their sums (10⁶ × 4, `k` = 20, 172 iterations: 0.6 s of processor
//!   time; × 8, 179 iterations: 1.5 s; tree included);
//! - above, two bounds a row (10⁶ × 32, `k` = 64, 170 iterations: 5.4 s, where the tree takes 22 s).
//!
//! **Search.** Up to 20,000 different rows (12,000 for several numbers of clusters) on the rows themselves; above, on
//! a weighted summary of 768 means a column, the candidates compared on a finer one, and the best settled on all rows.
//! See [`sweep`].
//!
//! **Placing.** [`assign`] gives the nearest centre of many rows and the distance to it, [`labels`] the centre alone.

pub mod agglomerative;
pub mod algorithm;
pub mod assign;
pub mod assigner;
pub mod bisecting;
mod bounds;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod contract_shapes;
pub mod dbscan;
pub mod dendrogram;
mod distinct;
mod exact;
pub mod hdbscan;
pub mod kmeans;
pub mod labels;
pub mod lloyd;
pub mod mini_batch;
pub mod mixture;
mod search;
pub mod seeds;
mod spanning;
pub mod sweep;
mod tree;
pub mod trimmed;
mod union;

pub use assigner::{Assigner, Grouping, Membership, NOISE};

use crate::Matrix;
use crate::math::distance::squared;

/// What a clustering finds: a centre and a label for everybody.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    /// One row a cluster, in the columns of the data.
    pub centres: Matrix,
    /// The cluster of each row, 0-based; always the nearest centre, the lower index where two are equally
    /// near.
    pub labels: Vec<u32>,
    /// Sum of squared distances to the nearest centre.
    pub inertia: f64,
    /// How many times all rows were assigned.
    pub iterations: usize,
    /// Whether the labels had stopped changing; then every centre is the mean of its members, to rounding.
    pub converged: bool,
}

impl Clusters {
    /// Number of clusters.
    pub fn n_clusters(&self) -> usize {
        self.centres.n_rows()
    }

    /// Members of each cluster.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.n_clusters()];
        for &label in &self.labels {
            sizes[label as usize] += 1;
        }
        sizes
    }
}

/// The nearest centre of a row, and how near the runner-up is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// Index of the nearest centre; the lower index where two are equally near.
    pub index: usize,
    /// Squared distance to it.
    pub squared: f64,
    /// Squared distance to the second nearest; infinite where there is one centre only.
    pub second_squared: f64,
}

/// Finds the centre nearest to a row, by squared Euclidean distance. Costs `O(k d)`.
///
/// ```
/// use habitue_core::{Matrix, cluster::nearest};
/// let centres = Matrix::new(1, vec![0.0, 10.0])?;
/// let found = nearest(&centres, &[4.0]);
/// assert_eq!((found.index, found.squared, found.second_squared), (0, 16.0, 36.0));
/// # Ok::<(), habitue_core::Error>(())
/// ```
pub fn nearest(centres: &Matrix, row: &[f64]) -> Nearest {
    let mut found = Nearest { index: 0, squared: f64::INFINITY, second_squared: f64::INFINITY };
    for (index, centre) in centres.rows().enumerate() {
        let distance = squared(row, centre);
        if distance < found.squared {
            found = Nearest { index, squared: distance, second_squared: found.squared };
        } else if distance < found.second_squared {
            found.second_squared = distance;
        }
    }
    found
}

/// The number of different rows, counted up to `at_most`. Costs `O(n d at_most)` at worst.
pub fn distinct_rows(x: &Matrix, at_most: usize) -> usize {
    let mut found: Vec<&[f64]> = Vec::new();
    for row in x.rows() {
        if found.len() >= at_most {
            break;
        }
        if found.iter().all(|seen| squared(seen, row) > 0.0) {
            found.push(row);
        }
    }
    found.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_equally_near_centres_give_the_lower_index() {
        let centres = Matrix::new(1, vec![2.0, 0.0, 2.0]).unwrap();
        assert_eq!(nearest(&centres, &[1.0]), Nearest { index: 0, squared: 1.0, second_squared: 1.0 });
        assert_eq!(nearest(&centres, &[2.0]).index, 0);
    }

    #[test]
    fn a_lone_centre_has_no_runner_up() {
        let centres = Matrix::new(1, vec![2.0]).unwrap();
        assert_eq!(
            nearest(&centres, &[5.0]),
            Nearest { index: 0, squared: 9.0, second_squared: f64::INFINITY }
        );
    }

    #[test]
    fn distinct_rows_are_counted_up_to_a_limit() {
        let x = Matrix::new(1, vec![1.0, 1.0, 2.0, 0.0, -0.0, 3.0]).unwrap();
        assert_eq!(distinct_rows(&x, 10), 4);
        assert_eq!(distinct_rows(&x, 2), 2);
    }
}
