//! DBSCAN: clusters of any shape as chains of dense places, and noise in between.

mod connect;
#[cfg(test)]
mod tests;

use pulp::Arch;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::assigner::{Grouping, Membership, NOISE, check_length, check_rows, to_rows};
use crate::math::kd_tree::{KdTree, Nearby, Node};
use crate::math::lanes::LANES;
use crate::{Error, Matrix, Result};

/// Rows whose k-distances make the curve that eps is read from.
const CURVE_ROWS: usize = 10_000;

/// DBSCAN: a core row has at least `min_points` rows within `eps`; clusters are chains of core rows, each
/// within `eps` of the next, and the rows within `eps` of them.
///
/// - A row that is near core rows of several clusters but is none itself belongs to the first of them.
///   Clusters are numbered by their first core row. A row near no core row is noise. Equal rows fare alike.
/// - `eps` left out is the knee of the k-distance curve (Ester et al. 1996, §4.2), which the result says.
/// - The strength of a row is the share of its cluster in the core rows within `eps`: 1 unless clusters
///   compete for it.
/// - Row weights count as repeated rows. Noise only is a result, not an error.
///
/// Exact, by a kd-tree: nodes no wider than `eps` are handled as wholes, so dense data cost less than their
/// number of neighbours. `O(n log n)` time in few dimensions and up to `O(n² d)` in many; `O(n d)` memory, the
/// lists of neighbours are never kept. The same on any number of threads.
///
/// Ester, Kriegel, Sander & Xu 1996; Schubert et al. 2017.
///
/// ```
/// use habitue_core::{Matrix, cluster::{NOISE, dbscan::Dbscan}};
/// let x = Matrix::new(1, vec![1.0, 1.5, 2.0, 9.0, 20.0, 20.5, 21.0])?;
/// let found = Dbscan { eps: Some(0.6), min_points: Some(3) }.fit(&x, None)?;
/// assert_eq!(found.grouping.labels, [0, 0, 0, NOISE, 1, 1, 1]);
/// # Ok::<(), habitue_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dbscan {
    /// Radius within which rows are neighbours; above 0. Left out, it is found on the data.
    #[serde(default)]
    pub eps: Option<f64>,
    /// Rows within `eps` that make a core row, itself included; at least 1. Left out: twice the number of
    /// columns (Sander et al. 1998), at least 10: with fewer the curve of k-distances bends too early.
    #[serde(default)]
    pub min_points: Option<usize>,
}

/// What DBSCAN found.
#[derive(Debug, Clone, PartialEq)]
pub struct DbscanFit {
    /// Labels, strengths and means.
    pub grouping: Grouping,
    /// Whether each row is a core row.
    pub is_core: Vec<bool>,
    /// Places new rows.
    pub model: FittedDbscan,
}

impl Dbscan {
    /// Clusters the rows of `x`, `n × d`, with `n` weights or none.
    ///
    /// # Errors
    /// [`Error::NoCustomers`] without rows, [`Error::Setting`] for a setting or weight out of range,
    /// [`Error::Length`] if there is not one weight a row, [`Error::Spread`] if distances would overflow or
    /// vanish.
    pub fn fit(&self, x: &Matrix, weights: Option<&[f64]>) -> Result<DbscanFit> {
        check_rows(x, weights)?;
        let min_points = self.min_points.unwrap_or((2 * x.n_cols()).max(10));
        let refused = |setting, allowed: &str, got: String| {
            Err(Error::Setting { setting, allowed: allowed.to_owned(), got })
        };
        if min_points == 0 {
            return refused("min_points", "at least 1", "0".to_owned());
        }
        if let Some(eps) = self.eps.filter(|eps| !(*eps > 0.0 && eps.is_finite())) {
            return refused("eps", "above 0 and finite", eps.to_string());
        }
        let tree = KdTree::new(x);
        let weights_in_tree: Option<Vec<f64>> =
            weights.map(|w| tree.rows().iter().map(|&row| w[row as usize]).collect());
        let eps = self.eps.unwrap_or_else(|| knee_eps(x, &tree, weights_in_tree.as_deref(), min_points));
        // Sums of weights are rounded, counts are not.
        let enough = if weights.is_some() { min_points as f64 * (1.0 - 1e-12) } else { min_points as f64 };
        let is_core = connect::core_rows(&tree, weights_in_tree.as_deref(), eps * eps, enough);
        let (clusters, n_clusters) = number(&tree, &is_core, &connect::connect(&tree, &is_core, eps * eps));
        let reach = Reach { tree: &tree, clusters: &clusters, squared: eps * eps };
        let (labels, strengths) = reach.all();
        let mut core_by_row = vec![false; x.n_rows()];
        for (&row, &core) in tree.rows().iter().zip(&is_core) {
            core_by_row[row as usize] = core;
        }
        let grouping = Grouping::new(x, weights, labels, strengths, n_clusters);
        let rows: Vec<usize> = (0..x.n_rows()).filter(|&row| core_by_row[row]).collect();
        let labels = rows.iter().map(|&row| grouping.labels[row]).collect();
        let model = FittedDbscan::new(eps, min_points, &x.select(&rows), labels);
        Ok(DbscanFit { grouping, is_core: core_by_row, model })
    }
}

/// The cluster of every core row by position, [`NOISE`] for the others; and how many clusters there are.
fn number(tree: &KdTree, is_core: &[bool], union: &super::union::Union) -> (Vec<u32>, usize) {
    let mut position_of = vec![0_u32; tree.n_rows()];
    for (position, &row) in (0_u32..).zip(tree.rows()) {
        position_of[row as usize] = position;
    }
    let mut of_root = vec![NOISE; tree.n_rows()];
    let mut n_clusters = 0;
    let mut clusters = vec![NOISE; tree.n_rows()];
    for &position in position_of.iter().filter(|&&p| is_core[p as usize]) {
        let cluster = &mut of_root[union.find(position) as usize];
        if *cluster == NOISE {
            *cluster = n_clusters;
            n_clusters += 1;
        }
        clusters[position as usize] = *cluster;
    }
    (clusters, n_clusters as usize)
}

/// The radius at the knee of the sorted k-distances: where their curve lies farthest below its chord.
///
/// Of up to 10,000 rows, evenly taken; 0 is never chosen, and 1 where no row has `min_points` others apart
/// from it.
fn knee_eps(x: &Matrix, tree: &KdTree, weights: Option<&[f64]>, min_points: usize) -> f64 {
    let n = x.n_rows();
    let sample = n.min(CURVE_ROWS);
    let distances = (0..sample).into_par_iter().with_min_len(64).map_init(
        || Nearby::new(min_points as f64),
        |nearby, at| {
            Arch::new().dispatch(|| {
                tree.nearest(x.row((at as u128 * n as u128 / sample as u128) as usize), weights, nearby)
            });
            nearby.reach().sqrt()
        },
    );
    let mut curve: Vec<f64> = distances.collect();
    curve.retain(|d| d.is_finite() && *d > 0.0);
    curve.sort_unstable_by(f64::total_cmp);
    let (Some(&low), Some(&high)) = (curve.first(), curve.last()) else { return 1.0 };
    let step = (high - low) / curve.len().saturating_sub(1).max(1) as f64;
    let below = |at: usize| at as f64 * step - (curve[at] - low);
    let knee = (0..curve.len()).rev().max_by(|&a, &b| below(a).total_cmp(&below(b)));
    knee.map_or(1.0, |at| curve[at])
}

/// Which clusters reach a row.
struct Reach<'a> {
    tree: &'a KdTree,
    /// The cluster of each core row by position; [`NOISE`] for rows that are not core.
    clusters: &'a [u32],
    squared: f64,
}

impl Reach<'_> {
    /// Labels and strengths of all rows of the tree, in the order of the rows.
    fn all(&self) -> (Vec<u32>, Vec<f64>) {
        let place = |position: usize| {
            // A core row's own cluster is the only one within reach.
            if self.clusters[position] != NOISE {
                return Membership { index: Some(self.clusters[position]), confidence: 1.0 };
            }
            let mut point = vec![0.0; self.tree.n_cols()];
            self.tree.read(position, &mut point);
            self.place(&point, &mut Vec::new())
        };
        let n = self.tree.n_rows();
        let found: Vec<Membership> = (0..n).into_par_iter().with_min_len(1024).map(place).collect();
        let (mut labels, mut strengths) = (vec![NOISE; n], vec![0.0; n]);
        for (&row, found) in self.tree.rows().iter().zip(found) {
            labels[row as usize] = found.index.unwrap_or(NOISE);
            strengths[row as usize] = found.confidence;
        }
        (labels, strengths)
    }

    /// The first cluster with a core row within reach, and its share of those core rows.
    fn place(&self, point: &[f64], open: &mut Vec<(f64, Node)>) -> Membership {
        let (mut first, mut of_first, mut all) = (NOISE, 0_usize, 0_usize);
        let leaf = |positions: std::ops::Range<usize>| {
            for start in positions.step_by(LANES) {
                for (lane, squared) in self.tree.block_squared(start, point).into_iter().enumerate() {
                    if squared <= self.squared && self.clusters[start + lane] != NOISE {
                        let cluster = self.clusters[start + lane];
                        all += 1;
                        if cluster < first {
                            (first, of_first) = (cluster, 0);
                        }
                        of_first += usize::from(cluster == first);
                    }
                }
            }
            false
        };
        Arch::new().dispatch(|| self.tree.walk(point, open, |_, nearest| nearest <= self.squared, leaf));
        if first == NOISE {
            return Membership::NONE;
        }
        Membership { index: Some(first), confidence: of_first as f64 / all as f64 }
    }
}

/// The core rows of a DBSCAN and their clusters: a new row belongs to the first cluster with a core row within
/// `eps`, and to none without.
///
/// So the rows that were clustered are placed where they were. The confidence is the cluster's share of the
/// core rows within `eps`. Holds all core rows: the file grows with them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct FittedDbscan {
    eps: f64,
    min_points: usize,
    rows: Matrix,
    labels: Vec<u32>,
    tree: KdTree,
    clusters: Vec<u32>,
}

impl FittedDbscan {
    fn new(eps: f64, min_points: usize, rows: &Matrix, labels: Vec<u32>) -> Self {
        let tree = KdTree::new(rows);
        let clusters = tree.rows().iter().map(|&row| labels[row as usize]).collect();
        Self { eps, min_points, rows: rows.clone(), labels, tree, clusters }
    }

    /// The radius, given or found.
    pub fn eps(&self) -> f64 {
        self.eps
    }

    /// Rows within the radius that make a core row, given or by default.
    pub fn min_points(&self) -> usize {
        self.min_points
    }

    /// Columns of a row.
    pub fn n_cols(&self) -> usize {
        self.rows.n_cols()
    }

    /// Places one row.
    pub fn assign(&self, row: &[f64]) -> Membership {
        let reach = Reach { tree: &self.tree, clusters: &self.clusters, squared: self.eps * self.eps };
        reach.place(row, &mut Vec::new())
    }
}

impl PartialEq for FittedDbscan {
    fn eq(&self, other: &Self) -> bool {
        (self.eps, self.min_points, &self.rows, &self.labels)
            == (other.eps, other.min_points, &other.rows, &other.labels)
    }
}

/// The file form of [`FittedDbscan`].
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    eps: f64,
    min_points: usize,
    n_cols: usize,
    core_rows: Vec<Vec<f64>>,
    labels: Vec<u32>,
}

impl From<FittedDbscan> for Stored {
    fn from(model: FittedDbscan) -> Self {
        let FittedDbscan { eps, min_points, rows, labels, .. } = model;
        Self { eps, min_points, n_cols: rows.n_cols(), core_rows: to_rows(&rows), labels }
    }
}

impl TryFrom<Stored> for FittedDbscan {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        for row in &stored.core_rows {
            check_length("columns of a core row", stored.n_cols, row.len())?;
        }
        check_length("labels", stored.core_rows.len(), stored.labels.len())?;
        let rows = Matrix::new(stored.n_cols, stored.core_rows.concat())?;
        Ok(Self::new(stored.eps, stored.min_points, &rows, stored.labels))
    }
}
