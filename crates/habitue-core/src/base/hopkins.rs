//! Clusterability: do customers lie in clumps, or as if strewn at random?

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::math::distance::{check_spread, means};
use crate::math::eigen;
use crate::math::kd_tree::{KdTree, Nearby};
use crate::math::random::Random;
use crate::{Error, Matrix, Result};

/// The Hopkins statistic (Hopkins & Skellam 1954; for `d` columns Cross & Jain 1982)
///
/// ```text
/// H = Σ uᵢᵈ / (Σ uᵢᵈ + Σ wᵢᵈ)
/// ```
///
/// over `m` probes: `uᵢ` is the distance from a point drawn uniformly in the box of all rows to the nearest row, `wᵢ`
/// the distance from a row drawn at random to the nearest other row.
/// 0.5 is what rows strewn at random give (then `H` follows Beta(m, m)), towards 1 they lie in clumps, towards 0 on a
/// grid. Some programs report `1 − H`.
///
/// A single dense heap also fills its box unevenly and is far above 0.5. So the same is measured on a heap drawn at
/// random: normally distributed with the means, spreads and correlations of the rows, and cut off at their box.
/// Only what lies above that speaks for groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Hopkins {
    /// Probes of one repetition; no more than a tenth of the rows are used, and at least one.
    pub n_probes: usize,
    /// How often it is repeated with other probes; at least 2.
    pub n_repeats: usize,
    /// Above this many rows, a sample of this many stands for all.
    pub max_rows: usize,
    /// Decides the sample, the probes and the heap.
    pub seed: u64,
}

impl Default for Hopkins {
    fn default() -> Self {
        Self { n_probes: 100, n_repeats: 20, max_rows: 10_000, seed: 0 }
    }
}

/// How clumped the rows are.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Clusterability {
    /// Mean of the Hopkins statistic over the repetitions, 0 to 1.
    pub hopkins: f64,
    /// Its standard deviation over them.
    pub deviation: f64,
    /// What a single heap of the same spread and correlations gives on average.
    pub one_heap: f64,
    /// The standard deviation of that.
    pub one_heap_deviation: f64,
    /// Repetitions.
    pub repeats: usize,
    /// Probes of each.
    pub probes: usize,
    /// Rows looked at.
    pub rows: usize,
    /// All rows.
    pub of: usize,
}

/// Fewest rows of which it says anything.
const FEWEST_ROWS: usize = 20;

impl Hopkins {
    /// Measures the rows; `None` for fewer than 20 of them, or if they are all equal.
    ///
    /// Costs `O(n log n)` for the tree and `O(m log n)` a repetition in few columns.
    ///
    /// # Errors
    /// [`Error::Setting`] without probes or with fewer than two repetitions, [`Error::Spread`] if distances would
    /// overflow.
    pub fn fit(&self, x: &Matrix) -> Result<Option<Clusterability>> {
        let least = |setting, least: usize, got: usize| match got < least {
            true => {
                Err(Error::Setting { setting, allowed: format!("{least} or more"), got: got.to_string() })
            }
            false => Ok(()),
        };
        least("n_probes", 1, self.n_probes)?;
        least("n_repeats", 2, self.n_repeats)?;
        check_spread(x)?;
        let rows = x.n_rows().min(self.max_rows);
        if rows < FEWEST_ROWS {
            return Ok(None);
        }
        let sample =
            (rows < x.n_rows()).then(|| x.select(&Random::stream(self.seed, 0).sample(x.n_rows(), rows)));
        let x_sampled = sample.as_ref().unwrap_or(x);
        let bounds = Bounds::of(x_sampled);
        let probes = self.n_probes.min(rows / 10).max(1);
        let Some((hopkins, deviation)) = self.repeat(x_sampled, &bounds, probes, 1)? else { return Ok(None) };
        let heap = heap(x_sampled, &bounds, &mut Random::stream(self.seed, 1_000_000))?;
        let of_heap = self.repeat(&heap, &bounds, probes, 2_000_000)?;
        let (one_heap, one_heap_deviation) = of_heap.unwrap_or((0.5, 0.0));
        Ok(Some(Clusterability {
            hopkins,
            deviation,
            one_heap,
            one_heap_deviation,
            repeats: self.n_repeats,
            probes,
            rows,
            of: x.n_rows(),
        }))
    }

    /// Mean and standard deviation over the repetitions, which draw from the streams from `stream` on.
    fn repeat(&self, x: &Matrix, bounds: &Bounds, probes: usize, stream: u64) -> Result<Option<(f64, f64)>> {
        let tree = KdTree::new(x);
        let once = |repeat: usize| {
            let mut random = Random::stream(self.seed, stream + repeat as u64);
            let points = bounds.uniform(probes, &mut random)?;
            let rows = random.sample(x.n_rows(), probes);
            Ok(statistic(&tree, &points, &x.select(&rows)))
        };
        let found: Vec<Option<f64>> = (0..self.n_repeats).into_par_iter().map(once).collect::<Result<_>>()?;
        let Some(found) = found.into_iter().collect::<Option<Vec<f64>>>() else { return Ok(None) };
        let n = found.len() as f64;
        let mean = found.iter().sum::<f64>() / n;
        let squares: f64 = found.iter().map(|h| (h - mean) * (h - mean)).sum();
        Ok(Some((mean, (squares / (n - 1.0)).sqrt())))
    }
}

/// `H` of given probes: `points` anywhere, and `rows` of the tree. `None` if all distances are 0.
///
/// Distances are divided by the largest before they are raised to the power `d`, which changes nothing but keeps them
/// in range.
pub fn statistic(tree: &KdTree, points: &Matrix, rows: &Matrix) -> Option<f64> {
    let nearest = |probes: &Matrix, at: usize| -> Vec<f64> {
        let mut nearby = Nearby::new(at as f64 + 1.0);
        let distance = |probe: &[f64]| {
            tree.nearest(probe, None, &mut nearby);
            nearby.found().get(at).map_or(0.0, |f| f.squared.sqrt())
        };
        probes.rows().map(distance).collect()
    };
    let from_points = nearest(points, 0);
    // The nearest to a row is the row itself.
    let from_rows = nearest(rows, 1);
    let largest = from_points.iter().chain(&from_rows).copied().fold(0.0, f64::max);
    if largest == 0.0 {
        return None;
    }
    let d = tree.n_cols() as f64;
    let sum = |distances: &[f64]| distances.iter().map(|u| (u / largest).powf(d)).sum::<f64>();
    let (u, w) = (sum(&from_points), sum(&from_rows));
    Some(u / (u + w))
}

/// The least and the greatest value of every column.
struct Bounds {
    low: Vec<f64>,
    high: Vec<f64>,
}

impl Bounds {
    fn of(x: &Matrix) -> Self {
        let mut bounds =
            Self { low: vec![f64::INFINITY; x.n_cols()], high: vec![f64::NEG_INFINITY; x.n_cols()] };
        for row in x.rows() {
            for ((low, high), &value) in bounds.low.iter_mut().zip(&mut bounds.high).zip(row) {
                *low = low.min(value);
                *high = high.max(value);
            }
        }
        bounds
    }

    /// Points drawn uniformly in the box.
    fn uniform(&self, n: usize, random: &mut Random) -> Result<Matrix> {
        let row = |_| -> Vec<f64> {
            self.low.iter().zip(&self.high).map(|(low, high)| low + (high - low) * random.uniform()).collect()
        };
        Matrix::new(self.low.len(), (0..n).flat_map(row).collect())
    }
}

/// As many rows as `x`, normally distributed with its means and covariances, cut off at the box.
fn heap(x: &Matrix, bounds: &Bounds, random: &mut Random) -> Result<Matrix> {
    let (means, d, n) = (means(x), x.n_cols(), x.n_rows() as f64);
    let mut covariance = vec![0.0; d * d];
    for row in x.rows() {
        for i in 0..d {
            for j in 0..d {
                covariance[i * d + j] += (row[i] - means[i]) * (row[j] - means[j]) / n;
            }
        }
    }
    let axes = eigen::symmetric(&covariance, d);
    let deviations: Vec<f64> = axes.values.iter().map(|v| v.max(0.0).sqrt()).collect();
    let mut values = Vec::with_capacity(x.n_rows() * d);
    for _ in 0..x.n_rows() {
        let along: Vec<f64> = deviations.iter().map(|s| s * normal(random)).collect();
        for j in 0..d {
            let offset: f64 = along.iter().zip(&axes.vectors).map(|(a, axis)| a * axis[j]).sum();
            values.push((means[j] + offset).clamp(bounds.low[j], bounds.high[j]));
        }
    }
    Matrix::new(d, values)
}

/// A standard normal number (Box & Muller 1958; one of the two that a pair of uniform numbers gives).
fn normal(random: &mut Random) -> f64 {
    // 1 − u is above 0, so that its logarithm is finite.
    let radius = (-2.0 * (1.0 - random.uniform()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.uniform()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(n: usize, d: usize, mut value: impl FnMut(usize, usize, &mut Random) -> f64) -> Matrix {
        let mut random = Random::new(5);
        Matrix::new(d, (0..n * d).map(|at| value(at / d, at % d, &mut random)).collect()).unwrap()
    }

    #[test]
    fn the_statistic_by_hand() {
        // Rows 0, 1, 4 on a line. Points 2 and 6 are 1 and 2 from the nearest row; row 0 is 1 from the nearest other, row 4 is 3.
        let tree = KdTree::new(&Matrix::new(1, vec![0.0, 1.0, 4.0]).unwrap());
        let (points, rows) =
            (Matrix::new(1, vec![2.0, 6.0]).unwrap(), Matrix::new(1, vec![0.0, 4.0]).unwrap());
        assert!((statistic(&tree, &points, &rows).unwrap() - 3.0 / 7.0).abs() < 1e-15);
        // In two columns distances count squared: 1 + 4 against 1 + 9.
        let tree = KdTree::new(&Matrix::new(2, vec![0.0, 0.0, 1.0, 0.0, 4.0, 0.0]).unwrap());
        let (points, rows) = (
            Matrix::new(2, vec![2.0, 0.0, 6.0, 0.0]).unwrap(),
            Matrix::new(2, vec![0.0, 0.0, 4.0, 0.0]).unwrap(),
        );
        assert!((statistic(&tree, &points, &rows).unwrap() - 5.0 / 15.0).abs() < 1e-15);
    }

    #[test]
    fn strewn_rows_score_a_half_and_clumps_near_one() {
        let strewn = Hopkins::default().fit(&matrix(5000, 2, |_, _, r| r.uniform())).unwrap().unwrap();
        assert!((strewn.hopkins - 0.5).abs() < 0.03, "{strewn:?}");
        let clumps = matrix(5000, 2, |row, column, r| (row >> column & 1) as f64 + 0.02 * r.uniform());
        let clumps = Hopkins::default().fit(&clumps).unwrap().unwrap();
        assert!(clumps.hopkins > 0.99 && clumps.one_heap < 0.9, "{clumps:?}");
    }

    #[test]
    fn one_heap_is_no_more_clumped_than_one_heap() {
        let one = Hopkins::default().fit(&matrix(5000, 2, |_, _, r| normal(r))).unwrap().unwrap();
        assert!(one.hopkins > 0.7 && (one.hopkins - one.one_heap).abs() < 0.03, "{one:?}");
    }

    #[test]
    fn few_or_equal_rows_say_nothing_and_the_seed_decides_the_rest() {
        assert_eq!(Hopkins::default().fit(&matrix(19, 2, |_, _, r| r.uniform())), Ok(None));
        assert_eq!(Hopkins::default().fit(&matrix(50, 2, |_, _, _| 1.0)), Ok(None));
        let x = matrix(300, 2, |_, _, r| r.uniform());
        let fit = |seed| Hopkins { seed, max_rows: 200, ..Hopkins::default() }.fit(&x).unwrap().unwrap();
        assert_eq!(fit(1), fit(1));
        assert!(fit(1) != fit(2));
        assert_eq!((fit(1).probes, fit(1).rows, fit(1).of), (20, 200, 300));
        assert!(Hopkins { n_repeats: 1, ..Hopkins::default() }.fit(&x).is_err());
    }
}
