//! HDBSCAN*: dense places of any shape and of different densities, and noise in between.

mod condense;
mod fitted;
#[cfg(test)]
mod tests;

use pulp::Arch;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use self::fitted::FittedHdbscan;
use super::assigner::{Grouping, NOISE, check_rows};
use super::dendrogram::{Dendrogram, Join};
use super::distinct::Distinct;
use super::spanning::spanning_tree;
use crate::math::kd_tree::{KdTree, Nearby};
use crate::{Error, Matrix, Result};

/// How clusters are picked from the condensed tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// The clusters that last longest over all densities: few and of different sizes.
    #[default]
    ExcessOfMass,
    /// The clusters that do not split any further: many and even.
    Leaf,
}

/// HDBSCAN*: DBSCAN over all radii at once; of the tree of clusters those that last are kept.
///
/// The core distance of a row is that to its `min_samples`-th nearest row, itself included; two rows are
/// joined at `max(core_a, core_b, ‖a − b‖)`. Parts lighter than `min_cluster_size` fall off as noise.
///
/// - The strength of a row is the density (1 / distance) at which it leaves its cluster over that at which the
///   last rows leave it: 1 in the core, 0 for noise.
/// - Equal rows are folded, count as often as they occur and share a label; row weights count as repeated
///   rows. More than `min_cluster_size` equal rows are infinitely dense, and a cluster.
/// - Joins at the same distance are one split, so the order of rows does not matter. There always are such
///   joins: a row reaches all its neighbours at its own core distance. Where one bridges two clusters, it
///   belongs to neither here; programs that join two at a time (`scikit-learn`, the Python package `hdbscan`,
///   whose `min_samples` leaves the row itself out and is one less) give it to the one that they happen to
///   join first, and differ from each other in such rows as well.
/// - Clusters are numbered by their first row. With the whole as the only candidate, everything is noise
///   unless `allow_single_cluster` is set. Noise only is a result, not an error.
///
/// Exact: core distances by a kd-tree and the shortest tree by Borůvka's rounds over it, about
/// `O(n log² n)` time in few dimensions, up to `O(n² d)` in many, and `O(n d)` memory. The same on any number
/// of threads.
///
/// Campello, Moulavi & Sander 2013; `McInnes` & Healy 2017.
///
/// ```
/// use habitue_core::{Matrix, cluster::{NOISE, hdbscan::Hdbscan}};
/// let x = Matrix::new(1, vec![1.0, 1.1, 1.3, 40.0, 9.0, 9.2, 9.3])?;
/// let found = Hdbscan { min_samples: Some(2), ..Hdbscan::new(3) }.fit(&x, None)?;
/// assert_eq!(found.grouping.labels, [0, 0, 0, NOISE, 1, 1, 1]);
/// # Ok::<(), habitue_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hdbscan {
    /// Rows (by weight) that make a cluster; at least 2.
    #[serde(default = "default_min_cluster_size")]
    pub min_cluster_size: usize,
    /// Rows that make a place dense, the row itself included; at least 1. Left out: `min_cluster_size`.
    #[serde(default)]
    pub min_samples: Option<usize>,
    /// How clusters are picked.
    #[serde(default)]
    pub selection: Selection,
    /// Whether all rows together may be one cluster.
    #[serde(default)]
    pub allow_single_cluster: bool,
}

/// What HDBSCAN* found.
#[derive(Debug, Clone, PartialEq)]
pub struct HdbscanFit {
    /// Labels, strengths and means.
    pub grouping: Grouping,
    /// The share of each cluster's best possible stability, as a measure of how sure it is to be one: 0 to 1.
    pub persistence: Vec<f64>,
    /// Places new rows.
    pub model: FittedHdbscan,
}

impl Hdbscan {
    /// As many samples as the cluster size, excess of mass, never a single cluster.
    pub fn new(min_cluster_size: usize) -> Self {
        Self {
            min_cluster_size,
            min_samples: None,
            selection: Selection::default(),
            allow_single_cluster: false,
        }
    }

    /// Clusters the rows of `x`, `n × d`, with `n` weights or none.
    ///
    /// # Errors
    /// [`Error::NoCustomers`] without rows, [`Error::Setting`] for a setting or weight out of range,
    /// [`Error::Length`] if there is not one weight a row, [`Error::Spread`] if distances would overflow or
    /// vanish.
    pub fn fit(&self, x: &Matrix, weights: Option<&[f64]>) -> Result<HdbscanFit> {
        check_rows(x, weights)?;
        let min_samples = self.min_samples.unwrap_or(self.min_cluster_size);
        for (setting, value, least) in
            [("min_cluster_size", self.min_cluster_size, 2), ("min_samples", min_samples, 1)]
        {
            if value < least {
                let allowed = format!("at least {least}");
                return Err(Error::Setting { setting, allowed, got: value.to_string() });
            }
        }
        let distinct = Distinct::all(x, weights);
        let tree = KdTree::new(&distinct.rows);
        let in_tree: Vec<f64> = tree.rows().iter().map(|&row| distinct.weights[row as usize]).collect();
        let core_in_tree = core_squared(&tree, &in_tree, min_samples);
        let mut core = vec![0.0; core_in_tree.len()];
        for (&row, squared) in tree.rows().iter().zip(&core_in_tree) {
            core[row as usize] = squared.sqrt();
        }
        let joins: Vec<Join> = spanning_tree(&tree, &core_in_tree)
            .into_iter()
            .map(|edge| Join { a: edge.a, b: edge.b, height: edge.squared.sqrt() })
            .collect();
        let hierarchy = Dendrogram::new(&distinct.weights, &joins);
        let (branches, ends) =
            condense::condense(&hierarchy, &core, &distinct.weights, self.min_cluster_size as f64);
        let is_cluster = match self.selection {
            Selection::ExcessOfMass => condense::by_mass(&branches, self.allow_single_cluster),
            Selection::Leaf => condense::by_leaf(&branches, self.allow_single_cluster),
        };
        let model = FittedHdbscan::new(min_samples, &distinct, core, &branches, ends, &is_cluster);
        let labels: Vec<u32> = (0..distinct.rows.n_rows()).map(|row| model.label(row)).collect();
        let strengths: Vec<f64> = (0..distinct.rows.n_rows()).map(|row| model.strength(row)).collect();
        let n_clusters = is_cluster.iter().filter(|&&is| is).count();
        let persistence = persistence(&branches, &model, &labels, &distinct.weights, n_clusters);
        let (labels, strengths) = (distinct.spread(&labels), distinct.spread(&strengths));
        let grouping = Grouping::new(x, weights, labels, strengths, n_clusters);
        Ok(HdbscanFit { grouping, persistence, model })
    }
}

/// The squared distance of every row of a tree, by position, within which its neighbours weigh `min_samples`.
///
/// Where all rows together weigh less, the distance to the farthest.
fn core_squared(tree: &KdTree, weights: &[f64], min_samples: usize) -> Vec<f64> {
    let wanted = (min_samples as f64 * (1.0 - 1e-12)).min(weights.iter().sum::<f64>() * (1.0 - 1e-12));
    let of_rows = |positions: std::ops::Range<usize>| -> Vec<f64> {
        let mut nearby = Nearby::new(wanted);
        let mut point = vec![0.0; tree.n_cols()];
        let core = |position| {
            tree.read(position, &mut point);
            tree.nearest(&point, Some(weights), &mut nearby);
            nearby.reach()
        };
        Arch::new().dispatch(|| positions.map(core).collect())
    };
    let n = tree.n_rows();
    let tasks =
        (0..n.div_ceil(1024)).into_par_iter().map(|task| of_rows(task * 1024..n.min((task + 1) * 1024)));
    tasks.collect::<Vec<_>>().concat()
}

/// The stability of each cluster over the most that it could be: its weight times its range of densities.
fn persistence(
    branches: &[condense::Branch],
    model: &FittedHdbscan,
    labels: &[u32],
    weights: &[f64],
    n_clusters: usize,
) -> Vec<f64> {
    let mut sizes = vec![0.0; n_clusters];
    for (&label, weight) in labels.iter().zip(weights).filter(|&(&label, _)| label != NOISE) {
        sizes[label as usize] += weight;
    }
    let mut persistence = vec![0.0; n_clusters];
    for (at, branch) in branches.iter().enumerate() {
        if let Some(label) = model.own_label(at) {
            let most = (1.0 / branch.death - 1.0 / branch.birth) * sizes[label as usize];
            let share = branch.stability / most;
            // Infinitely dense clusters could not be surer.
            persistence[label as usize] = if share.is_finite() { share.min(1.0) } else { 1.0 };
        }
    }
    persistence
}

fn default_min_cluster_size() -> usize {
    5
}
