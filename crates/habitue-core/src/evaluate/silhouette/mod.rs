//! Silhouettes: how much closer each customer is to its own segment than to the next.

mod kernel;
mod pairs;
mod points;
pub mod squared;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::check_labels;
use crate::math::lanes::LANES;
use crate::math::random::Random;
use crate::{Error, Matrix, Result};
use pairs::{Slots, Table, all_pairs, some_points};
use points::Points;

/// The silhouettes of one clustering.
#[derive(Debug, Clone, PartialEq)]
pub struct Silhouette {
    /// The rows that were scored: all, or the sample, ascending.
    pub rows: Vec<usize>,
    /// The silhouette of each of them, −1 to 1.
    pub values: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Standard error of the mean as an estimate for all rows; 0 when all were scored.
    pub standard_error: f64,
    /// Mean over the scored members of each cluster; `None` for a cluster without any.
    pub per_cluster: Vec<Option<f64>>,
}

/// Silhouettes of every row, for several clusterings of the same rows (Rousseeuw 1987, eq. 2–3).
///
/// `s(i) = (b − a) / max(a, b)`: `a` is the mean Euclidean distance to the other members of the row's own
/// cluster, `b` the least mean distance to the members of another cluster.
///
/// - `x`: `n × d`; `labelings`: any number of `n` labels each. One result a labeling, in their order.
/// - A row alone in its cluster scores 0 (Rousseeuw's convention), and so does one with `a = b = 0`.
/// - `None` for a labeling with fewer than two clusters: there is nothing to be set apart from.
///
/// All labelings share one pass over the pairs. Rows are put in order of the combination of their labels, and
/// equal rows of one combination become one point with a weight; each pair of points is then measured once,
/// eight at a time with the widest vector unit of the machine, for both of its points.
/// Costs `O(p² d / 2)` time for `p` points whatever the number of labelings, and `O(n d + p s)` memory where
/// `s`, up to 256, is the number of labels of all labelings together. With more labels, or with hardly two
/// rows to a combination, every pair is measured twice and memory is `O(n d)`.
/// Sums are made in one order, so the result is the same to the bit on any number of threads; another vector
/// unit may change the last bits.
///
/// # Errors
/// [`Error::Length`] if a labeling has not one label a row, [`Error::Spread`] if distances would overflow or
/// vanish.
///
/// ```
/// use habitue_core::{Matrix, evaluate::silhouette::silhouettes};
/// let x = Matrix::new(1, vec![0.0, 1.0, 5.0])?;
/// let found = silhouettes(&x, &[&[0, 0, 1]])?;
/// // Row 0: a = 1, b = 5; row 1: a = 1, b = 4; row 2 is alone.
/// assert_eq!(found[0].as_ref().map(|s| s.values.clone()), Some(vec![0.8, 0.75, 0.0]));
/// # Ok::<(), habitue_core::Error>(())
/// ```
pub fn silhouettes(x: &Matrix, labelings: &[&[u32]]) -> Result<Vec<Option<Silhouette>>> {
    score(x, labelings, &(0..x.n_rows()).collect::<Vec<_>>())
}

/// Silhouettes of a random sample of rows, each measured against all rows.
///
/// Measured against all rows and not against the sample, a row's silhouette is exact, so the mean is an
/// unbiased estimate of the mean over all rows, with standard error `s / √m · √((N − m) / N)` (simple
/// sampling without replacement, Cochran 1977, §2.6).
///
/// - `sample`: rows to score; at least 2. With `n` or more this is [`silhouettes`].
/// - The sample is drawn from the seed alone, so all labelings are scored on the same rows.
///
/// Costs `O(n m d + n log n)` time and `O(n d)` memory.
///
/// # Errors
/// As [`silhouettes`]; [`Error::Setting`] if `sample` is below 2.
pub fn sampled_silhouettes(
    x: &Matrix,
    labelings: &[&[u32]],
    sample: usize,
    seed: u64,
) -> Result<Vec<Option<Silhouette>>> {
    if sample < 2 {
        let allowed = "at least 2".to_owned();
        return Err(Error::Setting { setting: "silhouette sample", allowed, got: sample.to_string() });
    }
    score(x, labelings, &Random::new(seed).sample(x.n_rows(), sample))
}

/// Rows up to which [`silhouette`] measures all pairs.
pub const EXACT_ROWS: usize = 50_000;

/// The silhouette of one clustering at any size: of all rows up to [`EXACT_ROWS`], above of a random sample of as many
/// rows as cost no more, and at least 1,000.
///
/// # Errors
/// As [`silhouettes`].
pub fn silhouette(x: &Matrix, labels: &[u32], seed: u64) -> Result<Option<Silhouette>> {
    let found = if x.n_rows() <= EXACT_ROWS {
        silhouettes(x, &[labels])?
    } else {
        sampled_silhouettes(x, &[labels], (EXACT_ROWS * EXACT_ROWS / x.n_rows()).max(1000), seed)?
    };
    Ok(found.into_iter().next().flatten())
}

/// Labels of all labelings together up to which a sum for each is kept of every point.
const MOST_SLOTS: usize = 256;

fn score(x: &Matrix, labelings: &[&[u32]], rows: &[usize]) -> Result<Vec<Option<Silhouette>>> {
    if labelings.is_empty() {
        return Ok(Vec::new());
    }
    let n_labels: Vec<usize> =
        labelings.iter().map(|labels| check_labels(x, labels)).collect::<Result<_>>()?;
    let counts = labelings.iter().zip(&n_labels).map(|(labels, &n)| count(labels, n)).collect();
    let scoring = Scoring { slots: Slots::new(&n_labels), counts };
    let points = Points::new(x, labelings);
    let whole_lanes = points.padded_len() <= points.len() + points.len() / 4;
    let scored = if rows.len() == x.n_rows() && scoring.slots.n <= MOST_SLOTS && whole_lanes {
        scoring.all(&points.padded())
    } else {
        scoring.some(&points, rows)
    };
    let of_labeling = |at: usize| {
        let n_present = scoring.counts[at].iter().filter(|&&n| n > 0).count();
        let values = rows.iter().map(|&row| scored.of_row(row, at, labelings.len())).collect();
        (n_present >= 2).then(|| Silhouette::new(rows, values, labelings[at], n_labels[at]))
    };
    Ok((0..labelings.len()).map(of_labeling).collect())
}

fn count(labels: &[u32], n_labels: usize) -> Vec<usize> {
    let mut counts = vec![0; n_labels];
    for &label in labels {
        counts[label as usize] += 1;
    }
    counts
}

/// The silhouettes of points, and which point stands for which row.
struct Scored {
    /// `points × labelings`.
    values: Vec<f64>,
    /// Where the point of each row stands among those scored.
    at: Vec<u32>,
}

impl Scored {
    fn of_row(&self, row: usize, labeling: usize, n_labelings: usize) -> f64 {
        self.values[self.at[row] as usize * n_labelings + labeling]
    }
}

/// What turns sums of distances into silhouettes.
struct Scoring {
    slots: Slots,
    /// Rows of each label, for each labeling.
    counts: Vec<Vec<usize>>,
}

impl Scoring {
    /// Every point, each pair measured once.
    fn all(&self, points: &Points) -> Scored {
        let of_table = |table: &Table| -> Vec<f64> {
            let start = table.points.start;
            (0..table.points.len()).flat_map(|at| self.of_point(points, start + at, table, at)).collect()
        };
        let tables = all_pairs(points, &self.slots);
        let values = tables.par_iter().map(of_table).collect::<Vec<_>>().concat();
        Scored { values, at: points.point_of.clone() }
    }

    /// The points of some rows.
    fn some(&self, points: &Points, rows: &[usize]) -> Scored {
        let mut chosen: Vec<usize> = rows.iter().map(|&row| points.point_of[row] as usize).collect();
        chosen.sort_unstable();
        chosen.dedup();
        let finish = |chosen: &[usize], table: &Table| -> Vec<f64> {
            chosen
                .iter()
                .enumerate()
                .flat_map(|(at, &point)| self.of_point(points, point, table, at))
                .collect()
        };
        let values = some_points(points, &self.slots, &chosen, finish).concat();
        let mut at = vec![0; points.point_of.len()];
        for &row in rows {
            at[row] = chosen.partition_point(|&point| point < points.point_of[row] as usize) as u32;
        }
        Scored { values, at }
    }

    /// The silhouette of one point in every labeling; its sums are those `at` a place of the table.
    fn of_point<'a>(
        &'a self,
        points: &'a Points,
        point: usize,
        table: &'a Table,
        at: usize,
    ) -> impl Iterator<Item = f64> + 'a {
        let cell = points.cell_of[point] as usize;
        let labelings = self.counts.iter().zip(&self.slots.first).zip(&points.labels);
        labelings.map(move |((counts, first), labels)| {
            of_sums(counts, labels[cell] as usize, |label| table.sum(first + label, at))
        })
    }
}

/// `(b − a) / max(a, b)` from the sums of the distances to the members of each cluster.
fn of_sums(counts: &[usize], own: usize, sum: impl Fn(usize) -> f64) -> f64 {
    if counts[own] == 1 {
        return 0.0;
    }
    let a = sum(own) / (counts[own] - 1) as f64;
    let others = (0..counts.len()).filter(|&label| label != own && counts[label] > 0);
    let b = others.map(|label| sum(label) / counts[label] as f64).fold(f64::INFINITY, f64::min);
    // With one cluster `b` is infinite; the caller drops that labeling.
    if b.is_infinite() || a.max(b) == 0.0 { 0.0 } else { (b - a) / a.max(b) }
}

impl Silhouette {
    fn new(rows: &[usize], values: Vec<f64>, labels: &[u32], n_labels: usize) -> Self {
        let m = values.len() as f64;
        let mean = values.iter().sum::<f64>() / m;
        let mut totals = vec![(0.0, 0_usize); n_labels];
        for (&row, value) in rows.iter().zip(&values) {
            totals[labels[row] as usize].0 += value;
            totals[labels[row] as usize].1 += 1;
        }
        let per_cluster = totals.iter().map(|&(sum, n)| (n > 0).then(|| sum / n as f64)).collect();
        let mut found = Self { rows: rows.to_vec(), values, mean, standard_error: 0.0, per_cluster };
        found.standard_error = found.error_for(labels.len());
        found
    }

    /// Standard error of the mean as an estimate for so many rows, of which those scored are a random sample.
    pub(crate) fn error_for(&self, n_rows: usize) -> f64 {
        let (m, left_out) = (self.values.len() as f64, n_rows.saturating_sub(self.values.len()));
        if left_out == 0 {
            return 0.0;
        }
        let squares = self.values.iter().map(|v| (v - self.mean) * (v - self.mean)).sum::<f64>();
        (squares / (m - 1.0) / m * left_out as f64 / n_rows as f64).sqrt()
    }
}
