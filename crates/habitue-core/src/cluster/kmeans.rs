//! k-means: the default clustering.

use serde::{Deserialize, Serialize};

use super::Clusters;
use super::sweep::Sweep;
use crate::math::distance::check_spread;
use crate::{Matrix, Result};

/// k-means: a fixed point of Lloyd's map, the best that a search finds.
///
/// Minimises the inertia `Σᵢ min_c ‖xᵢ − μ_c‖²`.
///
/// - A cluster is never empty; equal rows are always in one cluster; ties go to the lower index.
/// - With `n_clusters` 1 the only centre is the mean of all rows.
/// - The answer is the same to the bit on any number of threads.
/// - Up to 20,000 different rows the search runs on the rows themselves, and more effort never gives a worse answer;
///   above, it runs on a weighted summary, and the best of what it finds is settled on all rows.
///
/// Costs some ten descents of `O(n k d)` an iteration at worst, on few rows or on the summary, a few on all rows, and
/// `O(n d)` memory. It is [`super::sweep::Sweep`] with one number of clusters.
///
/// Lloyd 1982; Arthur & Vassilvitskii 2007; Gribel & Vidal 2019.
///
/// ```
/// use habitue_core::{Matrix, cluster::kmeans::KMeans};
/// let x = Matrix::new(1, vec![1.0, 2.0, 10.0, 12.0])?;
/// let clusters = KMeans::new(2).fit(&x)?;
/// assert_eq!(clusters.inertia, 2.5);
/// assert_eq!(clusters.labels[0], clusters.labels[1]);
/// # Ok::<(), habitue_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KMeans {
    /// Number of clusters; at least 1, at most the number of distinct rows.
    pub n_clusters: usize,
    /// Effort: rounds of the search, each of a fresh start and children of the best so far; 1 is a single start.
    #[serde(default = "default_n_init")]
    pub n_init: usize,
    /// Passes of assignment after which a start ends even if labels still change.
    #[serde(default = "default_max_iterations")]
    pub max_iterations: usize,
    /// The same seed gives the same clusters.
    #[serde(default)]
    pub seed: u64,
}

impl KMeans {
    /// Ten starts, at most 300 iterations, seed 0.
    pub fn new(n_clusters: usize) -> Self {
        Self { n_clusters, n_init: default_n_init(), max_iterations: default_max_iterations(), seed: 0 }
    }

    /// Clusters the rows of `x`, `n × d`.
    ///
    /// # Errors
    /// [`crate::Error::SegmentCount`] if `n_clusters` is 0 or above the number of distinct rows,
    /// [`crate::Error::NoCustomers`] without rows, [`crate::Error::Setting`] if `n_init` or `max_iterations` is 0,
    /// [`crate::Error::Spread`] if distances would overflow or vanish.
    pub fn fit(&self, x: &Matrix) -> Result<Clusters> {
        self.fit_some(x, None)
    }

    /// Clusters the rows of `x`, each counted `weights` times; the inertia is weighted too.
    ///
    /// # Errors
    /// As [`KMeans::fit`]; [`crate::Error::Length`] or [`crate::Error::Setting`] if weights are not one finite value above 0 a row.
    pub fn fit_weighted(&self, x: &Matrix, weights: &[f64]) -> Result<Clusters> {
        self.fit_some(x, Some(weights))
    }

    fn fit_some(&self, x: &Matrix, weights: Option<&[f64]>) -> Result<Clusters> {
        let sweep = Sweep {
            k_min: self.n_clusters,
            k_max: self.n_clusters,
            n_init: self.n_init,
            max_iterations: self.max_iterations,
            seed: self.seed,
        };
        let found = sweep.fit_weighted(x, weights)?.pop();
        Ok(found.expect("there is one result for each number of clusters"))
    }

    /// Moves given centres, `n_clusters × d`, to a fixed point of Lloyd's map; `n_init` and `seed` play no part.
    ///
    /// # Errors
    /// As [`KMeans::fit`]; [`crate::Error::Shape`] if `start` is not `n_clusters × d`.
    pub fn fit_from(&self, x: &Matrix, start: &Matrix) -> Result<Clusters> {
        if start.n_cols() != x.n_cols() || start.n_rows() != self.n_clusters {
            return Err(crate::Error::Shape { values: start.values().len(), columns: x.n_cols() });
        }
        if x.n_rows() == 0 {
            return Err(crate::Error::NoCustomers);
        }
        if self.n_clusters == 0 {
            return Err(crate::Error::SegmentCount {
                k: 0,
                distinct: super::distinct_rows(x, x.n_rows().min(100)),
            });
        }
        check_spread(x)?;
        Ok(super::exact::settle(x, None, start, self.max_iterations))
    }
}

fn default_n_init() -> usize {
    10
}

fn default_max_iterations() -> usize {
    300
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use crate::math::random::Random;

    fn column(values: &[f64]) -> Matrix {
        Matrix::new(1, values.to_vec()).unwrap()
    }

    #[test]
    fn one_cluster_is_the_mean_of_all() {
        let found = KMeans::new(1).fit(&column(&[1.0, 2.0, 6.0])).unwrap();
        assert_eq!(found.centres.values(), [3.0]);
        assert_eq!((found.inertia, found.converged), (14.0, true));
    }

    #[test]
    fn as_many_clusters_as_distinct_rows_leave_no_inertia() {
        let found = KMeans::new(3).fit(&column(&[1.0, 1.0, 5.0, 9.0, 9.0])).unwrap();
        assert_eq!(found.inertia, 0.0);
        let mut sizes = found.sizes();
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 2, 2]);
    }

    #[test]
    fn more_clusters_than_distinct_rows_are_refused() {
        let x = column(&[1.0, 1.0, 2.0]);
        assert_eq!(KMeans::new(3).fit(&x), Err(Error::SegmentCount { k: 3, distinct: 2 }));
        assert_eq!(KMeans::new(0).fit(&x), Err(Error::SegmentCount { k: 0, distinct: 2 }));
        assert_eq!(KMeans::new(2).fit(&column(&[4.0; 5])), Err(Error::SegmentCount { k: 2, distinct: 1 }));
        assert_eq!(KMeans::new(2).fit(&column(&[])), Err(Error::NoCustomers));
    }

    #[test]
    fn a_setting_of_zero_is_refused_by_name() {
        let x = column(&[1.0, 2.0]);
        let refused = KMeans { n_init: 0, ..KMeans::new(2) }.fit(&x);
        assert!(matches!(refused, Err(Error::Setting { setting: "n_init", .. })), "{refused:?}");
        assert_eq!(KMeans::new(2).fit(&column(&[0.0, 1e200])), Err(Error::Spread { spread: 1e200 }));
    }

    #[test]
    fn more_starts_never_give_a_worse_answer() {
        let mut random = Random::new(5);
        let x = Matrix::new(2, (0..600).map(|_| random.uniform()).collect()).unwrap();
        let inertia = |n_init| KMeans { n_init, ..KMeans::new(9) }.fit(&x).unwrap().inertia;
        let found: Vec<f64> = (1..8).map(inertia).collect();
        assert!(found.is_sorted_by(|a, b| a >= b), "{found:?}");
    }
}
