//! Stability: is each cluster found again in other samples of the customers?

use rayon::prelude::*;

use super::{NONE, at_least, mean_and_error};
use crate::math::random::{Random, mix};
use crate::{Error, Matrix, Result};

/// A cluster with at least this stability is valid (Hennig 2008).
pub const VALID: f64 = 0.75;

/// A cluster with less stability is dissolved (Hennig 2007, §4; 2008).
pub const DISSOLVED: f64 = 0.5;

/// Bootstrap stability of every cluster (Hennig 2007, §3.1).
///
/// Each draw takes as many rows as there are, with replacement, and clusters those drawn, each once; that is
/// 63 % of them. A cluster is as stable as its most similar cluster there, by the Jaccard coefficient `|A ∩ B|
/// / |A ∪ B|` over the rows drawn; the result is the mean over draws. As a rule (Hennig 2007; 2008): below
/// 0.5 a cluster dissolves, from 0.6 there is a pattern, from 0.75 it is valid, from 0.85 highly stable.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    /// Draws; at least 1.
    pub n_draws: usize,
    /// At most so many rows are clustered in a draw; at least 2. Above, a draw is a plain random sample of
    /// this many, so clusters of many rows look less stable than they are.
    pub max_rows: usize,
    /// Decides draws and starts.
    pub seed: u64,
}

/// How stable one cluster is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stability {
    /// Mean Jaccard coefficient over the draws that held a member, 0 to 1.
    pub mean: f64,
    /// Standard error of that mean.
    pub error: f64,
}

impl Bootstrap {
    /// The stability of each cluster of some labelings, by its number; `None` for a number without members,
    /// or without any in a draw. A label of `u32::MAX` is no cluster, here and from `fit`.
    ///
    /// `fit` clusters some rows with a seed as the whole was clustered, whatever the algorithm, and gives a
    /// labeling for each of `labelings`; where it gives fewer, nothing was found again.
    /// Costs `n_draws` calls of `fit`.
    ///
    /// # Errors
    /// [`Error::Length`] if a labeling has not one label a row, [`Error::Setting`] for settings out of range;
    /// those of `fit`.
    ///
    /// ```
    /// use habitue_core::{Matrix, choose_k::stability::Bootstrap, cluster::kmeans::KMeans};
    /// let x = Matrix::new(1, (0..60).map(|i| f64::from(i % 2 * 100 + i)).collect())?;
    /// let labels: Vec<u32> = (0..60).map(|i| i % 2).collect();
    /// let bootstrap = Bootstrap { n_draws: 10, max_rows: 1000, seed: 0 };
    /// let found = bootstrap.compute(&x, &[&labels], |x, seed| {
    ///     Ok(vec![KMeans { seed, ..KMeans::new(2) }.fit(x)?.labels])
    /// })?;
    /// assert!(found[0].iter().all(|cluster| cluster.is_some_and(|c| c.mean == 1.0)));
    /// # Ok::<(), habitue_core::Error>(())
    /// ```
    pub fn compute(
        &self,
        x: &Matrix,
        labelings: &[&[u32]],
        fit: impl Fn(&Matrix, u64) -> Result<Vec<Vec<u32>>> + Sync,
    ) -> Result<Vec<Vec<Option<Stability>>>> {
        at_least("n_draws", 1, self.n_draws)?;
        at_least("max_rows", 2, self.max_rows)?;
        let n_labels: Vec<usize> =
            labelings.iter().map(|labels| count_labels(x, labels)).collect::<Result<_>>()?;
        let draw = |number: usize| -> Result<Vec<Vec<Option<f64>>>> {
            let rows = self.rows(x.n_rows(), number as u64);
            let again = fit(&x.select(&rows), mix(self.seed ^ mix(number as u64)))?;
            let of_labeling = |at: usize| {
                let first: Vec<u32> = rows.iter().map(|&row| labelings[at][row]).collect();
                match again.get(at) {
                    Some(second) => jaccard(&first, second, n_labels[at]),
                    None => jaccard(&first, &vec![NONE; first.len()], n_labels[at]),
                }
            };
            Ok((0..labelings.len()).map(of_labeling).collect())
        };
        let draws: Vec<_> = (0..self.n_draws).into_par_iter().map(draw).collect::<Result<_>>()?;
        let of_cluster = |at: usize, label: usize| {
            let values: Vec<f64> = draws.iter().filter_map(|draw: &Vec<Vec<_>>| draw[at][label]).collect();
            let (mean, error) = mean_and_error(&values);
            (!values.is_empty()).then_some(Stability { mean, error })
        };
        let of_labeling = |at: usize| (0..n_labels[at]).map(|label| of_cluster(at, label)).collect();
        Ok((0..labelings.len()).map(of_labeling).collect())
    }

    /// The rows of a draw, ascending.
    fn rows(&self, n_rows: usize, number: u64) -> Vec<usize> {
        let mut random = Random::stream(self.seed, number);
        // 1 − 1/e of the rows are drawn at least once.
        if self.max_rows < n_rows - (n_rows as f64 * (-1.0_f64).exp()) as usize {
            return random.sample(n_rows, self.max_rows);
        }
        let mut rows: Vec<usize> = (0..n_rows).map(|_| random.below(n_rows)).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }
}

/// One above the highest label that is a cluster.
fn count_labels(x: &Matrix, labels: &[u32]) -> Result<usize> {
    if labels.len() != x.n_rows() {
        return Err(Error::Length { what: "labels".to_owned(), expected: x.n_rows(), got: labels.len() });
    }
    let highest = labels.iter().filter(|&&label| label != NONE).max();
    let n_labels = highest.map_or(0, |&highest| highest as usize + 1);
    if n_labels > x.n_rows() {
        let allowed = format!("below the number of customers, {}", x.n_rows());
        return Err(Error::Setting { setting: "labels", allowed, got: (n_labels - 1).to_string() });
    }
    Ok(n_labels)
}

/// For each label of `first`, its greatest Jaccard coefficient with a label of `second`; `None` if no row
/// carries it.
fn jaccard(first: &[u32], second: &[u32], n_labels: usize) -> Vec<Option<f64>> {
    let n_second = second.iter().filter(|&&label| label != NONE).max().map_or(0, |&h| h as usize + 1);
    let mut sizes = vec![0_usize; n_second];
    second.iter().filter(|&&label| label != NONE).for_each(|&label| sizes[label as usize] += 1);
    let mut pairs: Vec<(u32, u32)> = first.iter().copied().zip(second.iter().copied()).collect();
    pairs.sort_unstable();
    let mut found = vec![None; n_labels];
    for cluster in pairs.chunk_by(|a, b| a.0 == b.0).filter(|cluster| cluster[0].0 != NONE) {
        let overlaps = cluster.chunk_by(|a, b| a.1 == b.1).filter(|both| both[0].1 != NONE);
        let coefficient = |both: &[(u32, u32)]| {
            let union = cluster.len() + sizes[both[0].1 as usize] - both.len();
            both.len() as f64 / union as f64
        };
        found[cluster[0].0 as usize] = Some(overlaps.map(coefficient).fold(0.0, f64::max));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::kmeans::KMeans;

    #[test]
    fn coefficients_are_counted_by_hand_and_noise_is_no_cluster() {
        let found = jaccard(&[0, 0, 0, 1, 1, 3, NONE], &[5, 5, 2, 2, NONE, NONE, 5], 4);
        // {0, 1, 2} against {0, 1, 6}: 2 of 4; {3, 4} against {2, 3}: 1 of 3; {5} only became noise.
        assert_eq!(found, [Some(0.5), Some(1.0 / 3.0), None, Some(0.0)]);
    }

    #[test]
    fn a_group_that_is_cut_in_two_is_less_stable_than_one_that_is_not() {
        let mut random = Random::new(2);
        let x = Matrix::new(1, (0..300).map(|i| (i % 2) as f64 * 50.0 + random.uniform()).collect()).unwrap();
        let clusters = KMeans::new(3).fit(&x).unwrap();
        let bootstrap = Bootstrap { n_draws: 20, max_rows: 1000, seed: 3 };
        let fit = |x: &Matrix, seed| Ok(vec![KMeans { seed, n_init: 2, ..KMeans::new(3) }.fit(x)?.labels]);
        let found = bootstrap.compute(&x, &[&clusters.labels], fit).unwrap().remove(0);
        let sizes = clusters.sizes();
        let whole = sizes.iter().position(|&size| size == 150).unwrap();
        let means: Vec<f64> = found.iter().map(|cluster| cluster.unwrap().mean).collect();
        assert!((0..3).all(|label| label == whole || means[label] < means[whole]), "{means:?}");
        assert!(bootstrap.compute(&x, &[&[0, 1]], fit).is_err());
        let few = Bootstrap { max_rows: 50, ..bootstrap };
        assert_eq!(few.rows(300, 0).len(), 50);
        assert!(few.compute(&x, &[&clusters.labels], fit).unwrap()[0][whole].unwrap().mean > 0.6);
    }
}
