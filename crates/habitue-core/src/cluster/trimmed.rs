//! Trimmed k-means: clusters that a few odd rows cannot pull away.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::assign::{Assigned, assign};
use super::seeds::plus_plus;
use crate::math::distance::check_spread;
use crate::math::random::Random;
use crate::{Error, Matrix, Result};

/// k-means that sets aside the rows farthest from all centres (Cuesta-Albertos, Gordaliza & Matrán 1997;
/// García-Escudero & Gordaliza 1999).
///
/// Minimises `Σ min_c ‖xᵢ − μ_c‖²` over the `n − ⌊share · n⌋` rows nearest to a centre, by concentration: every row
/// goes to its nearest centre, the farthest are set aside (the higher row of equals), centres become the means of
/// the rest; until nothing changes. The best of several starts, by turns from rows drawn evenly and from greedy k-means++.
///
/// - With `share` 0 this is k-means from those starts.
/// - A centre whose rows are all set aside stays where it is.
///
/// Costs `O(n k d)` time an iteration and `O(n)` memory for each start.
///
/// ```
/// use habitue_core::{Matrix, cluster::trimmed::Trimmed};
/// let x = Matrix::new(1, vec![1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 900.0])?;
/// let found = Trimmed { share: 0.15, ..Trimmed::new(2) }.fit(&x)?;
/// assert_eq!(found.labels[6], None);
/// assert_eq!(found.inertia, 4.0);
/// # Ok::<(), habitue_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trimmed {
    /// Number of clusters; at least 1, at most the number of distinct rows.
    pub n_clusters: usize,
    /// Share of rows that are set aside; at least 0, below 1.
    pub share: f64,
    /// Independent starts; the one with the lowest inertia is kept, the earliest of equals.
    pub n_init: usize,
    /// Passes of assignment after which a start ends even if labels still change.
    pub max_iterations: usize,
    /// The same seed gives the same clusters.
    pub seed: u64,
}

/// Clusters, and rows that belong to none.
#[derive(Debug, Clone, PartialEq)]
pub struct TrimmedClusters {
    /// One row a cluster.
    pub centres: Matrix,
    /// The cluster of each row; `None` where it was set aside.
    pub labels: Vec<Option<u32>>,
    /// Sum of squared distances to the nearest centre, over the rows that were kept.
    pub inertia: f64,
    /// The greatest squared distance of a row that was kept: a new row beyond it fits none.
    pub reach: f64,
    /// How many times all rows were assigned.
    pub iterations: usize,
    /// Whether the labels had stopped changing.
    pub converged: bool,
}

impl Trimmed {
    /// One row in twenty set aside, ten starts, at most 300 iterations, seed 0.
    pub fn new(n_clusters: usize) -> Self {
        Self { n_clusters, share: 0.05, n_init: 10, max_iterations: 300, seed: 0 }
    }

    /// Clusters the rows of `x`, `n × d`.
    ///
    /// # Errors
    /// [`Error::SegmentCount`] if `n_clusters` is 0 or above the number of distinct rows,
    /// [`Error::NoCustomers`] without rows, [`Error::Setting`] if `share` is not in `[0, 1)` or `n_init` or
    /// `max_iterations` is 0, [`Error::Spread`] if distances would overflow or vanish.
    pub fn fit(&self, x: &Matrix) -> Result<TrimmedClusters> {
        let wrong = |setting, allowed: &str, got: String| {
            Err(Error::Setting { setting, allowed: allowed.to_owned(), got })
        };
        if !(0.0..1.0).contains(&self.share) {
            return wrong("share", "at least 0 and below 1", self.share.to_string());
        }
        for (setting, value) in [("n_init", self.n_init), ("max_iterations", self.max_iterations)] {
            if value == 0 {
                return wrong(setting, "at least 1", "0".to_owned());
            }
        }
        check_spread(x)?;
        let run = |start: usize| -> Result<TrimmedClusters> {
            let mut random = Random::stream(self.seed, start as u64);
            // Greedy k-means++ likes odd rows, which are to be set aside: every other start is of rows drawn evenly.
            let seeds = match drawn(x, self.n_clusters, &mut random) {
                Some(rows) if start.is_multiple_of(2) => x.select(&rows),
                _ => plus_plus(x, self.n_clusters, &mut random)?,
            };
            self.concentrate(x, seeds)
        };
        let found: Vec<TrimmedClusters> = (0..self.n_init).into_par_iter().map(run).collect::<Result<_>>()?;
        let best =
            found.into_iter().reduce(|best, next| if next.inertia < best.inertia { next } else { best });
        Ok(best.expect("n_init is at least 1"))
    }

    fn concentrate(&self, x: &Matrix, start: Matrix) -> Result<TrimmedClusters> {
        let n_kept = x.n_rows() - ((self.share * x.n_rows() as f64) as usize).min(x.n_rows() - 1);
        let mut centres = start;
        let mut labels: Vec<Option<u32>> = Vec::new();
        let mut iterations = 0;
        loop {
            iterations += 1;
            let found = assign(x, &centres)?;
            let kept = nearest_rows(&found.squared, n_kept);
            let next = labels_of(&found, &kept);
            let converged = next == labels;
            labels = next;
            if converged || iterations >= self.max_iterations {
                let distances = || kept.iter().map(|&row| found.squared[row as usize]);
                let (inertia, reach) = (distances().sum(), distances().fold(0.0, f64::max));
                return Ok(TrimmedClusters { centres, labels, inertia, reach, iterations, converged });
            }
            centres = means(x, &labels, &centres)?;
        }
    }
}

/// `k` different rows drawn evenly; none if a few draws more do not find as many.
fn drawn(x: &Matrix, k: usize, random: &mut Random) -> Option<Vec<usize>> {
    let mut rows: Vec<usize> = Vec::with_capacity(k);
    for _ in 0..4 * k {
        let row = random.below(x.n_rows().max(1));
        if row < x.n_rows() && rows.iter().all(|&known| x.row(known) != x.row(row)) {
            rows.push(row);
        }
        if rows.len() == k {
            return Some(rows);
        }
    }
    None
}

/// The `n_kept` rows of the least distances, ascending.
fn nearest_rows(squared: &[f64], n_kept: usize) -> Vec<u32> {
    let mut rows: Vec<u32> = (0..squared.len() as u32).collect();
    if n_kept < rows.len() {
        rows.select_nth_unstable_by(n_kept, |&a, &b| {
            squared[a as usize].total_cmp(&squared[b as usize]).then(a.cmp(&b))
        });
        rows.truncate(n_kept);
        rows.sort_unstable();
    }
    rows
}

fn labels_of(found: &Assigned, kept: &[u32]) -> Vec<Option<u32>> {
    let mut labels = vec![None; found.labels.len()];
    for &row in kept {
        labels[row as usize] = Some(found.labels[row as usize]);
    }
    labels
}

fn means(x: &Matrix, labels: &[Option<u32>], old: &Matrix) -> Result<Matrix> {
    let d = x.n_cols();
    let (mut sums, mut counts) = (vec![0.0; old.values().len()], vec![0_usize; old.n_rows()]);
    for (row, label) in x.rows().zip(labels) {
        let Some(label) = label.map(|label| label as usize) else { continue };
        counts[label] += 1;
        sums[label * d..(label + 1) * d].iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    for (label, sum) in sums.chunks_exact_mut(d).enumerate() {
        match counts[label] {
            0 => sum.copy_from_slice(old.row(label)),
            n => sum.iter_mut().for_each(|sum| *sum /= n as f64),
        }
    }
    Matrix::new(d, sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::kmeans::KMeans;

    #[test]
    fn odd_rows_are_set_aside_and_pull_nothing() {
        let mut values: Vec<f64> = (0..40).map(|at| f64::from(at % 2) * 50.0 + f64::from(at % 5)).collect();
        values.extend([5000.0, -7000.0]);
        let x = Matrix::new(1, values).unwrap();
        let found = Trimmed { share: 0.05, ..Trimmed::new(2) }.fit(&x).unwrap();
        assert_eq!((found.labels[40], found.labels[41]), (None, None));
        assert_eq!(found.labels.iter().flatten().count(), 40);
        assert!(found.converged && found.reach <= 4.0);
    }

    #[test]
    fn nothing_set_aside_is_k_means() {
        let x = Matrix::new(1, vec![1.0, 2.0, 10.0, 12.0, 30.0]).unwrap();
        let found = Trimmed { share: 0.0, ..Trimmed::new(3) }.fit(&x).unwrap();
        assert_eq!(found.inertia, KMeans::new(3).fit(&x).unwrap().inertia);
        assert!(found.labels.iter().all(Option::is_some));
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let x = Matrix::new(1, vec![1.0, 2.0]).unwrap();
        for share in [-0.1, 1.0, f64::NAN] {
            let refused = Trimmed { share, ..Trimmed::new(1) }.fit(&x);
            assert!(matches!(refused, Err(Error::Setting { setting: "share", .. })), "{refused:?}");
        }
        assert_eq!(Trimmed::new(3).fit(&x), Err(Error::SegmentCount { k: 3, distinct: 2 }));
    }
}
