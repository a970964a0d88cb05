//! Prediction strength: do the clusters of one half of the customers foretell those of the other?

use rayon::prelude::*;

use super::{NONE, Places, at_least, mean_and_error};
use crate::math::random::Random;
use crate::{Matrix, Result};

/// A number of clusters whose prediction strength is at least this is well founded (Tibshirani & Walther
/// 2005, §3: 0.8 to 0.9).
pub const WELL_FOUNDED: f64 = 0.8;

/// Prediction strength by repeated halves (Tibshirani & Walther 2005).
///
/// The rows are split at random into two halves and both are clustered. For each cluster of one half: the
/// share of its pairs of rows that the clusters of the other half put together too. The strength of a split is
/// the least share over clusters, the mean of both directions; the result is the mean over splits.
///
/// 1 for a single cluster; near 1 while clusters are found again, and low as soon as one cluster is cut
/// differently each time. A cluster of one row in a half has no pairs to part and counts 1; rows in no cluster
/// are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictionStrength {
    /// Random splits; at least 1.
    pub n_splits: usize,
    /// Above this many rows, each split is one of a new random sample of this many; at least 4.
    pub max_rows: usize,
    /// Decides samples, halves and starts.
    pub seed: u64,
}

/// The strength of one clustering.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strength {
    /// Mean over splits, 0 to 1.
    pub mean: f64,
    /// Standard error of that mean; 0 for one split.
    pub error: f64,
}

impl PredictionStrength {
    /// The strength of ways to cluster: `fit` receives rows and a seed and gives one clustering a way, say
    /// one for each number of clusters. One strength a way; `None` where a half was too small for it, so that
    /// `fit` gave fewer.
    ///
    /// Costs two calls of `fit` a split, on half of the rows each.
    ///
    /// # Errors
    /// [`crate::Error::Setting`] for settings out of range; those of `fit`.
    pub fn compute<C: Places>(
        &self,
        x: &Matrix,
        fit: impl Fn(&Matrix, u64) -> Result<Vec<C>> + Sync,
    ) -> Result<Vec<Option<Strength>>> {
        at_least("n_splits", 1, self.n_splits)?;
        at_least("max_rows", 4, self.max_rows)?;
        let split = |number: usize| -> Result<Vec<f64>> {
            let mut random = Random::stream(self.seed, number as u64);
            let rows = random.sample(x.n_rows(), self.max_rows);
            let mut in_first = vec![false; rows.len()];
            random.sample(rows.len(), rows.len() / 2).into_iter().for_each(|at| in_first[at] = true);
            let half = |which: bool| -> Matrix {
                let rows = rows.iter().zip(&in_first).filter(|(_, first)| **first == which);
                x.select(&rows.map(|(&row, _)| row).collect::<Vec<_>>())
            };
            let (first, second) = (half(true), half(false));
            let of_first = fit(&first, random.next_u64())?;
            let of_second = fit(&second, random.next_u64())?;
            let both = of_first.iter().zip(&of_second);
            Ok(both.map(|(a, b)| (foretold(&first, a, b) + foretold(&second, b, a)) / 2.0).collect())
        };
        let splits: Vec<Vec<f64>> = (0..self.n_splits).into_par_iter().map(split).collect::<Result<_>>()?;
        let most = splits.iter().map(Vec::len).max().unwrap_or(0);
        let strength = |at: usize| {
            let values: Vec<f64> =
                splits.iter().map(|split| split.get(at).copied()).collect::<Option<_>>()?;
            let (mean, error) = mean_and_error(&values);
            Some(Strength { mean, error })
        };
        Ok((0..most).map(strength).collect())
    }
}

/// The least share of pairs of a cluster that the other clustering puts together; 1 without clusters.
fn foretold<C: Places>(rows: &Matrix, own: &C, other: &C) -> f64 {
    let foretold: Vec<u32> = rows.rows().map(|row| other.place(row)).collect();
    let mut pairs: Vec<(u32, u32)> = own.labels().iter().copied().zip(foretold).collect();
    pairs.retain(|&(own, _)| own != NONE);
    pairs.sort_unstable();
    let together = |n: usize| (n * (n - 1)) as f64;
    let share = |cluster: &[(u32, u32)]| {
        let same = cluster.chunk_by(|a, b| a.1 == b.1).filter(|same| same[0].1 != NONE);
        let agreed: f64 = same.map(|same| together(same.len())).sum();
        if cluster.len() == 1 { 1.0 } else { agreed / together(cluster.len()) }
    };
    pairs.chunk_by(|a, b| a.0 == b.0).map(share).fold(1.0, f64::min)
}

/// The largest number of clusters whose strength is at least `threshold`; index 0 is one cluster.
///
/// ```
/// assert_eq!(habitue_core::choose_k::strength::pick(&[Some(1.0), Some(0.9), Some(0.85), None], 0.8), Some(3));
/// ```
pub fn pick(strengths: &[Option<f64>], threshold: f64) -> Option<usize> {
    strengths.iter().rposition(|strength| strength.is_some_and(|s| s >= threshold)).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choose_k::sweep::sweep;

    #[test]
    fn three_far_groups_are_foretold_and_four_are_not() {
        let mut random = Random::new(4);
        let x =
            Matrix::new(1, (0..240).map(|i| f64::from(i % 3) * 20.0 + random.uniform()).collect()).unwrap();
        let settings = PredictionStrength { n_splits: 10, max_rows: 1000, seed: 1 };
        let found = settings.compute(&x, |x, seed| sweep(x, 5, 3, seed)).unwrap();
        let means: Vec<f64> = found.iter().map(|strength| strength.unwrap().mean).collect();
        assert!(means[0] == 1.0 && means[2] == 1.0 && means[3] < 0.8, "{means:?}");
        assert_eq!(pick(&means.into_iter().map(Some).collect::<Vec<_>>(), WELL_FOUNDED), Some(3));
    }

    #[test]
    fn the_share_of_pairs_is_counted_by_hand() {
        struct Known(Vec<u32>);
        impl Places for Known {
            fn labels(&self) -> &[u32] {
                &self.0
            }
            fn place(&self, row: &[f64]) -> u32 {
                u32::from(row[0] > 1.5)
            }
        }
        let rows = Matrix::new(1, vec![0.0, 1.0, 2.0, 3.0, 4.0]).unwrap();
        // Of {0, 1, 2} one of three pairs stays together; {3, 4} do.
        let (own, other) = (Known(vec![0, 0, 0, 1, 1]), Known(Vec::new()));
        assert!((foretold(&rows, &own, &other) - 1.0 / 3.0).abs() < 1e-15);
        let alone = Known(vec![0, 0, 2, 1, NONE]);
        assert_eq!(foretold(&rows, &alone, &other), 1.0);
        assert_eq!(foretold(&rows, &Known(vec![0, NONE, 0, 1, 1]), &other), 0.0);
    }

    #[test]
    fn halves_that_are_too_small_have_no_strength_and_wrong_settings_are_refused() {
        let x = Matrix::new(1, vec![0.0, 1.0, 2.0, 3.0]).unwrap();
        let settings = PredictionStrength { n_splits: 2, max_rows: 10, seed: 0 };
        let found = settings.compute(&x, |x, seed| sweep(x, 3, 2, seed)).unwrap();
        assert_eq!((found.len(), found[0].map(|strength| strength.mean)), (2, Some(1.0)));
        assert!(
            PredictionStrength { n_splits: 0, ..settings }.compute(&x, |x, s| sweep(x, 3, 2, s)).is_err()
        );
    }
}
