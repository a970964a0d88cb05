//! The gap statistic: is this clustering tighter than one of data without clusters?

use rayon::prelude::*;

use super::sweep::resweep;
use crate::evaluate::silhouette::silhouettes;
use crate::math::chunks::rows_per_chunk;
use crate::math::distance::means;
use crate::math::{eigen, random::Random};
use crate::{Matrix, Result};

/// The gap statistic (Tibshirani, Walther & Hastie 2001): `Gap(k) = mean_b ln W*_b(k) − ln W(k)`.
///
/// `W(k)` is the inertia of the best clustering found with `k` clusters, `W*_b(k)` that of reference draw
/// `b`:
/// as many rows, uniform in the smallest box along the principal axes of the data that holds them (their
/// choice b).
/// The error of a gap is `s(k) = sd_b(ln W*_b(k)) · √(1 + 1/B)`.
///
/// Data and draws are clustered alike, from few starts, so that neither is favoured.
/// Draws are left in the coordinates of the axes: distances are the same there.
#[derive(Debug, Clone, PartialEq)]
pub struct GapStatistic {
    /// Clusterings of 1 to this many clusters; at most the number of distinct rows.
    pub k_max: usize,
    /// Reference draws `B`; at least 2.
    pub n_draws: usize,
    /// Above this many rows, data and draws are a sample of this many.
    pub max_rows: usize,
    /// Decides the sample, the draws and the starts of the clusterings.
    pub seed: u64,
}

/// What the gap statistic says of one number of clusters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// `Gap(k)`; infinite where `k` clusters leave no inertia, since nothing can be tighter.
    pub gap: f64,
    /// `s(k)`.
    pub error: f64,
    /// Mean silhouette of the clusterings of the reference draws: what `k` clusters score where there are
    /// none; `None` for one.
    pub reference_silhouette: Option<f64>,
    /// How far the silhouette of one more draw may lie from that, as `s(k)` for the gap; 0 for one cluster.
    pub reference_error: f64,
}

/// What comes of one reference draw.
struct Draw {
    log_inertia: Vec<f64>,
    silhouette: Vec<Option<f64>>,
}

impl GapStatistic {
    /// The gap for each `k` from 1; `None` where the draws cannot be split into `k`.
    ///
    /// Costs as much as clustering `B + 1` tables of up to `max_rows` rows for every `k`.
    ///
    /// # Errors
    /// As [`crate::cluster::kmeans::KMeans::fit`].
    pub fn compute(&self, x: &Matrix) -> Result<Vec<Option<Gap>>> {
        let mut random = Random::stream(self.seed, 0);
        let n_rows = x.n_rows().min(self.max_rows);
        let sample = (n_rows < x.n_rows()).then(|| x.select(&random.sample(x.n_rows(), n_rows)));
        let log_inertia = self.cluster(sample.as_ref().unwrap_or(x), 0)?.log_inertia;
        // The box is that of all rows, so that it does not depend on who is in the sample.
        let bounds = box_along_axes(x);
        let draw = |b: usize| {
            let reference = uniform(&bounds, n_rows, &mut Random::stream(self.seed, 1 + b as u64))?;
            self.cluster(&reference, 1 + b as u64)
        };
        let draws: Vec<Draw> = (0..self.n_draws).into_par_iter().map(draw).collect::<Result<_>>()?;
        let gap = |at: usize| {
            let logs: Vec<f64> = draws.iter().map(|draw| draw.log_inertia[at]).collect();
            let (mean, error) = mean_and_error(&logs);
            let silhouettes: Option<Vec<f64>> = draws.iter().map(|draw| draw.silhouette[at]).collect();
            let reference = silhouettes.map(|values| mean_and_error(&values));
            let gap = Gap {
                gap: mean - log_inertia[at],
                error,
                reference_silhouette: reference.map(|(mean, _)| mean),
                reference_error: reference.map_or(0.0, |(_, error)| error),
            };
            (mean.is_finite() && !gap.gap.is_nan()).then_some(gap)
        };
        Ok((0..log_inertia.len()).map(gap).collect())
    }

    /// Clusters one table with every `k`; silhouettes only for reference draws.
    fn cluster(&self, x: &Matrix, number: u64) -> Result<Draw> {
        let seed = Random::stream(self.seed, 1_000_000 + number).next_u64();
        let fits = resweep(x, self.k_max, seed)?;
        let labelings: Vec<&[u32]> = fits.iter().map(|fit| fit.labels.as_slice()).collect();
        let mut draw = Draw {
            log_inertia: fits.iter().map(|fit| fit.inertia.ln()).collect(),
            silhouette: if number == 0 {
                Vec::new()
            } else {
                silhouettes(x, &labelings)?.into_iter().map(|s| s.map(|s| s.mean)).collect()
            },
        };
        draw.log_inertia.resize(self.k_max, f64::NEG_INFINITY);
        draw.silhouette.resize(self.k_max, None);
        Ok(draw)
    }
}

/// The mean of the draws, and `sd · √(1 + 1/B)`.
fn mean_and_error(draws: &[f64]) -> (f64, f64) {
    let n = draws.len() as f64;
    let mean = draws.iter().sum::<f64>() / n;
    let variance = draws.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
    (mean, (variance * (1.0 + 1.0 / n)).sqrt())
}

/// The smallest `k` whose gap is at least the next one less its error (step 3 of the paper), or which leaves
/// no inertia at all;
/// `None` if the gap rises to the end.
///
/// ```
/// use habitue_core::choose_k::gap::{Gap, pick};
/// let gap = |gap| Some(Gap { gap, error: 0.1, reference_silhouette: None, reference_error: 0.0 });
/// assert_eq!(pick(&[gap(0.2), gap(0.9), gap(0.95)]), Some(2));
/// assert_eq!(pick(&[gap(0.2), gap(0.9)]), None);
/// ```
pub fn pick(gaps: &[Option<Gap>]) -> Option<usize> {
    let settles = |at: usize| match (gaps[at], gaps.get(at + 1).copied().flatten()) {
        (Some(here), _) if here.gap.is_infinite() => true,
        (Some(here), Some(next)) => here.gap >= next.gap - next.error,
        _ => false,
    };
    let first = (0..gaps.len()).find(|&at| settles(at));
    first.map(|at| at + 1)
}

/// The least and the greatest value of the rows along each of their principal axes, from their mean.
///
/// Sums are made over fixed chunks of rows and added in their order. Costs `O(n d²)`.
fn box_along_axes(x: &Matrix) -> Vec<(f64, f64)> {
    let (means, d) = (means(x), x.n_cols());
    let chunk = rows_per_chunk(x.n_rows()) * d;
    let centre = |row: &[f64], centred: &mut [f64]| {
        for ((centred, value), mean) in centred.iter_mut().zip(row).zip(&means) {
            *centred = value - mean;
        }
    };
    let products = |values: &[f64]| {
        let (mut sums, mut centred) = (vec![0.0; d * d], vec![0.0; d]);
        for row in values.chunks_exact(d) {
            centre(row, &mut centred);
            for (sums, a) in sums.chunks_exact_mut(d).zip(&centred) {
                for (sum, b) in sums.iter_mut().zip(&centred) {
                    *sum += a * b;
                }
            }
        }
        sums
    };
    let mut covariance = vec![0.0; d * d];
    for part in x.values().par_chunks(chunk).map(products).collect::<Vec<_>>() {
        for (total, sum) in covariance.iter_mut().zip(part) {
            *total += sum;
        }
    }
    let axes = eigen::symmetric(&covariance, d).vectors;
    let nothing = || vec![(f64::INFINITY, f64::NEG_INFINITY); d];
    let bounds = |values: &[f64]| {
        let (mut bounds, mut centred) = (nothing(), vec![0.0; d]);
        for row in values.chunks_exact(d) {
            centre(row, &mut centred);
            for (bound, axis) in bounds.iter_mut().zip(&axes) {
                let along: f64 = axis.iter().zip(&centred).map(|(a, b)| a * b).sum();
                *bound = (bound.0.min(along), bound.1.max(along));
            }
        }
        bounds
    };
    let join = |a: Vec<(f64, f64)>, b: Vec<(f64, f64)>| -> Vec<(f64, f64)> {
        a.into_iter().zip(b).map(|(a, b)| (a.0.min(b.0), a.1.max(b.1))).collect()
    };
    x.values().par_chunks(chunk).map(bounds).reduce(nothing, join)
}

/// Rows whose values are drawn evenly within the bounds of their column.
fn uniform(bounds: &[(f64, f64)], n_rows: usize, random: &mut Random) -> Result<Matrix> {
    let rows = std::iter::repeat_n(bounds, n_rows);
    let values = rows.flatten().map(|(low, high)| low + (high - low) * random.uniform());
    Matrix::new(bounds.len(), values.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagonal_cloud_gets_a_box_along_its_diagonal() {
        let x = Matrix::new(2, vec![0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0]).unwrap();
        let found = box_along_axes(&x);
        let reach = 4.5_f64.sqrt();
        let close =
            |(low, high): (f64, f64), reach: f64| (low + reach).abs() < 1e-12 && (high - reach).abs() < 1e-12;
        assert!(close(found[0], reach) && close(found[1], 0.0), "{found:?}");
        let drawn = uniform(&found, 50, &mut Random::new(1)).unwrap();
        assert!(drawn.rows().all(|row| row[0].abs() <= reach + 1e-12 && row[1].abs() < 1e-12));
    }

    #[test]
    fn two_far_groups_have_their_gap_at_two() {
        let mut random = Random::new(8);
        let value =
            |i: usize, random: &mut Random| if i.is_multiple_of(2) { 0.0 } else { 20.0 } + random.uniform();
        let x = Matrix::new(1, (0..100).map(|i| value(i, &mut random)).collect()).unwrap();
        let statistic = GapStatistic { k_max: 5, n_draws: 10, max_rows: 1000, seed: 0 };
        let gaps = statistic.compute(&x).unwrap();
        assert_eq!(pick(&gaps), Some(2));
        assert_eq!(gaps, statistic.compute(&x).unwrap());
        let sampled = GapStatistic { max_rows: 40, ..statistic }.compute(&x).unwrap();
        assert_eq!(pick(&sampled), Some(2));
    }

    #[test]
    fn a_number_that_leaves_no_inertia_is_picked() {
        let x = Matrix::new(1, [0.0, 1.0, 5.0].repeat(20)).unwrap();
        let statistic = GapStatistic { k_max: 3, n_draws: 5, max_rows: 1000, seed: 0 };
        let gaps = statistic.compute(&x).unwrap();
        assert_eq!(gaps[2].unwrap().gap, f64::INFINITY);
        assert_eq!(pick(&gaps), Some(3));
    }
}
