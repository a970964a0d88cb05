//! Bisecting k-means: a clustering by splitting in two again and again.

use serde::{Deserialize, Serialize};

use super::kmeans::KMeans;
use super::{Clusters, distinct_rows, exact};
use crate::math::distance::squared;
use crate::{Error, Matrix, Result};

/// Splits the cluster of the greatest inertia in two until there are enough, then lets Lloyd's iterations settle
/// (Steinbach, Karypis & Kumar 2000).
///
/// Each split is [`KMeans`] with two clusters on the members alone, so no step looks at all rows and all centres.
/// The last iterations make the labels those of the nearest centres, as everywhere else; the tree of splits is not
/// kept.
///
/// Costs about `log k` fits with two clusters on all rows.
///
/// ```
/// use habitue_core::{Matrix, cluster::bisecting::Bisecting};
/// let x = Matrix::new(1, vec![1.0, 2.0, 10.0, 12.0])?;
/// assert_eq!(Bisecting::new(2).fit(&x)?.inertia, 2.5);
/// # Ok::<(), habitue_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bisecting {
    /// Number of clusters; at least 1, at most the number of distinct rows.
    pub n_clusters: usize,
    /// Effort of each split, see [`KMeans::n_init`].
    pub n_init: usize,
    /// Passes of assignment after which the last iterations end even if labels still change.
    pub max_iterations: usize,
    /// The same seed gives the same clusters.
    pub seed: u64,
}

/// The members of a cluster on the way, and what it adds to the inertia.
struct Part {
    rows: Vec<usize>,
    centre: Vec<f64>,
    inertia: f64,
}

impl Bisecting {
    /// Effort 3 a split, at most 300 iterations, seed 0.
    pub fn new(n_clusters: usize) -> Self {
        Self { n_clusters, n_init: 3, max_iterations: 300, seed: 0 }
    }

    /// Clusters the rows of `x`, `n × d`.
    ///
    /// # Errors
    /// As [`KMeans::fit`].
    pub fn fit(&self, x: &Matrix) -> Result<Clusters> {
        let distinct = distinct_rows(x, self.n_clusters);
        if x.n_rows() > 0 && distinct < self.n_clusters {
            return Err(Error::SegmentCount { k: self.n_clusters, distinct });
        }
        let split = KMeans {
            n_init: self.n_init,
            max_iterations: self.max_iterations,
            seed: self.seed,
            ..KMeans::new(self.n_clusters.min(1))
        };
        let whole = split.fit(x)?;
        let split = KMeans { n_clusters: 2, ..split };
        let mut parts = vec![Part {
            rows: (0..x.n_rows()).collect(),
            centre: whole.centres.values().to_vec(),
            inertia: whole.inertia,
        }];
        while parts.len() < self.n_clusters {
            let widest =
                (0..parts.len()).rev().max_by(|&a, &b| parts[a].inertia.total_cmp(&parts[b].inertia));
            let part = parts.swap_remove(widest.unwrap_or(0));
            let members = x.select(&part.rows);
            let halves = split.fit(&members)?;
            for label in 0..2 {
                let centre = halves.centres.row(label as usize).to_vec();
                let is_member = |at: &usize| halves.labels[*at] == label;
                let rows: Vec<usize> =
                    (0..part.rows.len()).filter(is_member).map(|at| part.rows[at]).collect();
                let inertia = rows.iter().map(|&row| squared(x.row(row), &centre)).sum();
                parts.push(Part { rows, centre, inertia });
            }
        }
        let centres: Vec<f64> = parts.into_iter().flat_map(|part| part.centre).collect();
        let start = Matrix::new(x.n_cols(), centres)?;
        Ok(exact::settle(x, None, &start, self.max_iterations))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_groups_are_told_apart() {
        let values: Vec<f64> = (0..60).map(|at| f64::from(at % 4) * 100.0 + f64::from(at / 4)).collect();
        let x = Matrix::new(1, values).unwrap();
        let found = Bisecting::new(4).fit(&x).unwrap();
        assert_eq!(found.sizes(), [15; 4]);
        assert!((found.inertia - KMeans::new(4).fit(&x).unwrap().inertia).abs() < 1e-9);
    }

    #[test]
    fn every_different_row_can_be_a_cluster_and_no_more() {
        let x = Matrix::new(1, vec![1.0, 1.0, 5.0, 9.0, 9.0]).unwrap();
        assert_eq!(Bisecting::new(3).fit(&x).unwrap().inertia, 0.0);
        assert_eq!(Bisecting::new(4).fit(&x), Err(Error::SegmentCount { k: 4, distinct: 3 }));
        assert_eq!(Bisecting::new(0).fit(&x), Err(Error::SegmentCount { k: 0, distinct: 3 }));
        assert_eq!(Bisecting::new(1).fit(&x).unwrap().centres.values(), [5.0]);
        assert_eq!(Bisecting::new(2).fit(&Matrix::new(1, vec![]).unwrap()), Err(Error::NoCustomers));
    }
}
