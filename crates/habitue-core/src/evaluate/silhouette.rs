//! Silhouettes: how much closer each customer is to its own segment than to the next.

use std::collections::HashMap;

use rayon::prelude::*;

use super::check_labels;
use crate::math::lanes::{LANES, Lanes};
use crate::math::random::Random;
use crate::{Error, Matrix, Result};

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
/// All labelings share one pass over the pairs. Rows are put in order of the combination of their labels, so
/// that distances are summed over runs that every labeling keeps together, eight rows at a time.
/// Costs `O(n² d)` time whatever the number of labelings, and `O(n d + m)` memory where `m` is the number of
/// combinations.
/// Row by row the sums are made in one order, so the result is the same on any number of threads.
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
/// Costs `O(n m d)`.
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

/// Blocks of lanes given to one thread at a time.
const BLOCKS: usize = 16;

fn score(x: &Matrix, labelings: &[&[u32]], rows: &[usize]) -> Result<Vec<Option<Silhouette>>> {
    if labelings.is_empty() {
        return Ok(Vec::new());
    }
    let n_labels: Vec<usize> =
        labelings.iter().map(|labels| check_labels(x, labels)).collect::<Result<_>>()?;
    let cells = Cells::new(x, labelings);
    let counts: Vec<Vec<usize>> = labelings.iter().zip(&n_labels).map(|(l, &n)| count(l, n)).collect();
    let of_chunk = |rows: &[usize]| -> Vec<f64> {
        let mut values = vec![0.0; rows.len() * labelings.len()];
        for (block, values) in rows.chunks(LANES).zip(values.chunks_mut(LANES * labelings.len())) {
            let sums = cells.distance_sums(x, block);
            for (lane, (&row, values)) in block.iter().zip(values.chunks_mut(labelings.len())).enumerate() {
                for (at, value) in values.iter_mut().enumerate() {
                    *value = one(&cells, &sums, lane, at, labelings[at][row] as usize, &counts[at]);
                }
            }
        }
        values
    };
    let values: Vec<f64> = rows.par_chunks(LANES * BLOCKS).map(of_chunk).collect::<Vec<_>>().concat();
    let of_labeling = |at: usize| {
        let n_present = counts[at].iter().filter(|&&n| n > 0).count();
        let own = values.iter().skip(at).step_by(labelings.len()).copied().collect();
        (n_present >= 2).then(|| Silhouette::new(rows, own, labelings[at], n_labels[at]))
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

/// The silhouette of one row in one labeling, from the sums of its distances to each cell.
fn one(cells: &Cells, sums: &[f64], lane: usize, labeling: usize, own: usize, counts: &[usize]) -> f64 {
    if counts[own] == 1 {
        return 0.0;
    }
    let mut by_label = vec![0.0; counts.len()];
    for (cell, sum) in cells.labels[labeling].iter().zip(sums.iter().skip(lane).step_by(LANES)) {
        by_label[*cell as usize] += sum;
    }
    let a = by_label[own] / (counts[own] - 1) as f64;
    let others = (0..counts.len()).filter(|&label| label != own && counts[label] > 0);
    let b = others.map(|label| by_label[label] / counts[label] as f64).fold(f64::INFINITY, f64::min);
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
        let left_out = labels.len() - values.len();
        let standard_error = if left_out == 0 {
            0.0
        } else {
            let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (m - 1.0);
            (variance / m * left_out as f64 / labels.len() as f64).sqrt()
        };
        Self { rows: rows.to_vec(), values, mean, standard_error, per_cluster }
    }
}

/// All rows, in runs that carry the same label in every labeling.
struct Cells {
    /// Rows of the matrix, run after run.
    values: Vec<f64>,
    /// Rows of each run.
    lengths: Vec<usize>,
    /// For each labeling, the label of each run.
    labels: Vec<Vec<u32>>,
}

impl Cells {
    fn new(x: &Matrix, labelings: &[&[u32]]) -> Self {
        // Refined labeling by labeling; runs are numbered by first appearance.
        let mut cell_of = vec![0_u32; x.n_rows()];
        let mut n_cells = usize::from(x.n_rows() > 0);
        for labels in labelings {
            let mut numbers: HashMap<(u32, u32), u32> = HashMap::new();
            for (cell, &label) in cell_of.iter_mut().zip(*labels) {
                let next = numbers.len() as u32;
                *cell = *numbers.entry((*cell, label)).or_insert(next);
            }
            n_cells = numbers.len();
        }
        let lengths = count(&cell_of, n_cells);
        let mut order: Vec<usize> = (0..x.n_rows()).collect();
        order.sort_by_key(|&row| cell_of[row]);
        let mut labels = vec![vec![0; n_cells]; labelings.len()];
        for (of_labeling, given) in labels.iter_mut().zip(labelings) {
            for (&cell, &label) in cell_of.iter().zip(*given) {
                of_labeling[cell as usize] = label;
            }
        }
        Self { values: order.iter().flat_map(|&row| x.row(row)).copied().collect(), lengths, labels }
    }

    /// Sums of the distances of up to [`LANES`] rows to the members of each cell; `cells × LANES`.
    fn distance_sums(&self, x: &Matrix, rows: &[usize]) -> Vec<f64> {
        let d = x.n_cols();
        let mut lanes = Lanes::new(d);
        lanes.load(rows.iter().map(|&row| x.row(row)));
        let mut sums = Vec::with_capacity(self.lengths.len() * LANES);
        let mut members = self.values.chunks_exact(d);
        for &length in &self.lengths {
            let mut sum = [0.0; LANES];
            for row in members.by_ref().take(length) {
                let squared = lanes.squared(row);
                for lane in 0..LANES {
                    sum[lane] += squared[lane].sqrt();
                }
            }
            sums.extend_from_slice(&sum);
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::distance::squared;

    fn random_rows(n: usize, d: usize) -> Matrix {
        let mut random = Random::new(n as u64);
        Matrix::new(d, (0..n * d).map(|_| random.uniform()).collect()).unwrap()
    }

    fn random_labels(n: usize, k: usize) -> Vec<u32> {
        let mut random = Random::new(k as u64);
        (0..n).map(|_| random.below(k) as u32).collect()
    }

    /// The definition, word by word.
    fn plain(x: &Matrix, labels: &[u32]) -> Vec<f64> {
        let k = *labels.iter().max().unwrap() as usize + 1;
        let of_row = |row: usize| {
            let mut lists: Vec<Vec<f64>> = vec![Vec::new(); k];
            for other in (0..x.n_rows()).filter(|&other| other != row) {
                lists[labels[other] as usize].push(squared(x.row(row), x.row(other)).sqrt());
            }
            let mean = |list: &Vec<f64>| list.iter().sum::<f64>() / list.len() as f64;
            let own = &lists[labels[row] as usize];
            let others = (0..k).filter(|&label| label != labels[row] as usize && !lists[label].is_empty());
            let b = others.map(|label| mean(&lists[label])).fold(f64::INFINITY, f64::min);
            if own.is_empty() { 0.0 } else { (b - mean(own)) / b.max(mean(own)) }
        };
        (0..x.n_rows()).map(of_row).collect()
    }

    #[test]
    fn many_labelings_in_one_pass_equal_the_definition() {
        let x = random_rows(150, 3);
        let labelings: Vec<Vec<u32>> = (2..7).map(|k| random_labels(150, k)).collect();
        let found = silhouettes(&x, &labelings.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        for (labels, found) in labelings.iter().zip(found) {
            let found = found.unwrap();
            for (value, expected) in found.values.iter().zip(plain(&x, labels)) {
                assert!((value - expected).abs() < 1e-12, "{value} {expected}");
            }
            let mean = found.values.iter().sum::<f64>() / 150.0;
            assert!((found.mean - mean).abs() < 1e-15);
            assert_eq!(found.standard_error, 0.0);
        }
    }

    #[test]
    fn a_customer_alone_in_its_segment_scores_zero() {
        let x = Matrix::new(1, vec![0.0, 1.0, 5.0]).unwrap();
        let found = silhouettes(&x, &[&[0, 0, 2], &[0, 1, 2]]).unwrap();
        let first = found[0].as_ref().unwrap();
        assert_eq!(first.values, [0.8, 0.75, 0.0]);
        assert_eq!(first.per_cluster, [Some(0.775), None, Some(0.0)]);
        assert_eq!(found[1].as_ref().unwrap().values, [0.0; 3]);
    }

    #[test]
    fn one_segment_has_no_silhouette_and_equal_rows_score_zero() {
        let x = Matrix::new(1, vec![2.0; 4]).unwrap();
        let found = silhouettes(&x, &[&[0, 0, 0, 0], &[0, 0, 1, 1]]).unwrap();
        assert_eq!(found[0], None);
        assert_eq!(found[1].as_ref().unwrap().values, [0.0; 4]);
        assert_eq!(silhouettes(&Matrix::new(1, vec![]).unwrap(), &[&[]]), Ok(vec![None]));
        assert_eq!(silhouettes(&x, &[]), Ok(vec![]));
    }

    #[test]
    fn labels_of_another_length_or_beyond_the_rows_are_refused() {
        let x = random_rows(4, 1);
        assert!(matches!(silhouettes(&x, &[&[0, 1]]), Err(Error::Length { expected: 4, got: 2, .. })));
        assert!(matches!(silhouettes(&x, &[&[0, 1, 2, u32::MAX]]), Err(Error::Setting { .. })));
    }

    #[test]
    fn a_sample_has_the_exact_values_of_its_rows() {
        let x = random_rows(300, 2);
        let labels: Vec<u32> = x.rows().map(|row| u32::from(row[0] > 0.5)).collect();
        let all = silhouettes(&x, &[&labels]).unwrap()[0].clone().unwrap();
        let part = sampled_silhouettes(&x, &[&labels], 60, 3).unwrap()[0].clone().unwrap();
        assert_eq!(part.rows.len(), 60);
        for (&row, &value) in part.rows.iter().zip(&part.values) {
            assert_eq!(value, all.values[row]);
        }
        assert_eq!(sampled_silhouettes(&x, &[&labels], 5000, 1).unwrap()[0], Some(all));
        assert!(sampled_silhouettes(&x, &[&labels], 1, 1).is_err());
    }

    #[test]
    fn the_standard_error_of_a_sample_is_how_far_samples_miss() {
        // Root mean squares over 400 seeds: their ratio has a standard deviation of 1 / √800, so 15 % is four of them.
        let x = random_rows(300, 2);
        let labels: Vec<u32> = x.rows().map(|row| u32::from(row[0] > 0.5)).collect();
        let mean = silhouettes(&x, &[&labels]).unwrap()[0].as_ref().unwrap().mean;
        let (mut missed, mut claimed) = (0.0, 0.0);
        for seed in 0..400 {
            let part = sampled_silhouettes(&x, &[&labels], 150, seed).unwrap()[0].clone().unwrap();
            missed += (part.mean - mean).powi(2);
            claimed += part.standard_error.powi(2);
        }
        let ratio = (missed / claimed).sqrt();
        assert!((0.85..1.15).contains(&ratio), "{ratio}");
    }

    #[test]
    fn the_number_of_threads_does_not_change_a_bit() {
        let x = random_rows(700, 4);
        let labels = random_labels(700, 5);
        let on = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| silhouettes(&x, &[&labels]).unwrap())
        };
        assert_eq!(on(1), on(2));
        assert_eq!(on(1), on(7));
    }
}
