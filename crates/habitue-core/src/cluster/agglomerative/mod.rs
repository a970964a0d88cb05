//! Agglomerative clustering: from single rows upwards, the two nearest clusters become one.

mod chain;
mod nearest_row;
#[cfg(test)]
mod tests;
mod ward;

use serde::{Deserialize, Serialize};

pub use self::nearest_row::NearestRow;
use super::assigner::{Assigner, Grouping, NearestCentre, check_rows};
use super::dendrogram::{Dendrogram, Join};
use super::distinct::Distinct;
use super::spanning::spanning_tree;
use crate::math::kd_tree::KdTree;
use crate::{Error, Matrix, Result};

/// How far apart two clusters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Linkage {
    /// What their union adds to the sum of squares, as `√(2 w_a w_b / (w_a + w_b)) · ‖μ_a − μ_b‖`.
    #[default]
    Ward,
    /// The distance of their farthest rows.
    Complete,
    /// The mean distance of their rows, by weight.
    Average,
    /// The distance of their nearest rows.
    Single,
}

/// What the leaves of a hierarchy are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// The different rows: the hierarchy is exact.
    Rows,
    /// So many groups of rows, each taken as its mean with the weight of all: the hierarchy is approximate.
    MicroClusters(usize),
}

/// Agglomerative clustering of rows by Euclidean distance, cut where `n_clusters` are left.
///
/// - Ward and single linkage are exact for any number of rows and need no matrix of distances. Complete and
///   average linkage are exact while the distances of all pairs of different rows fit into `memory_limit`;
///   beyond, the rows are first brought together by Ward's method to as many micro-clusters as fit, and the
///   result says so.
/// - Equal rows are folded, so they are always in one cluster; row weights count as repeated rows. Heights are
///   those of `scipy`, whose merges at height 0 are left out.
/// - Clusters are numbered by their first row. Every strength is 1: the tree knows no degrees. Nobody is noise.
/// - Among pairs that are equally near, Ward's and the chain's choice depends on the order of rows.
/// - New rows: the nearest centre for Ward and average; for single and complete the cluster of the nearest
///   row.
///
/// Ward and single: about `O(n log n)` and `O(n log² n)` time in few dimensions, up to `O(n² d)` in many, and
/// `O(n d)` memory. Complete and average: `O(n² d)` time and `4 n (n − 1)` bytes for `n` leaves. The same on
/// any number of threads.
///
/// Ward 1963; Lance & Williams 1967; Müllner 2011.
///
/// ```
/// use habitue_core::{Matrix, cluster::agglomerative::Agglomerative};
/// let x = Matrix::new(1, vec![1.0, 2.0, 10.0, 14.0])?;
/// let found = Agglomerative::new(2).fit(&x, None)?;
/// assert_eq!(found.grouping.labels, [0, 0, 1, 1]);
/// assert_eq!(found.dendrogram.merges[1].height, 4.0);
/// # Ok::<(), habitue_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agglomerative {
    /// Number of clusters; at least 1, at most the number of distinct rows.
    pub n_clusters: usize,
    /// How far apart two clusters are.
    #[serde(default)]
    pub linkage: Linkage,
    /// Bytes that the matrix of distances of complete and average linkage may take.
    #[serde(default = "default_memory_limit")]
    pub memory_limit: usize,
}

/// What agglomerative clustering found.
#[derive(Debug, Clone, PartialEq)]
pub struct AgglomerativeFit {
    /// Labels and means.
    pub grouping: Grouping,
    /// All merges of the leaves, also those above the cut.
    pub dendrogram: Dendrogram,
    /// The leaf that each row is in; leaves are numbered by their first rows.
    pub leaf_of_row: Vec<u32>,
    /// What the leaves are.
    pub over: Over,
    /// Places new rows.
    pub model: Assigner,
}

impl Agglomerative {
    /// Ward linkage, 1 GiB.
    pub fn new(n_clusters: usize) -> Self {
        Self { n_clusters, linkage: Linkage::Ward, memory_limit: default_memory_limit() }
    }

    /// Clusters the rows of `x`, `n × d`, with `n` weights or none.
    ///
    /// # Errors
    /// [`Error::SegmentCount`] if `n_clusters` is 0 or above the number of distinct rows,
    /// [`Error::NoCustomers`] without rows, [`Error::Setting`] if `memory_limit` does not hold `n_clusters` or
    /// a weight is out of range, [`Error::Length`] if there is not one weight a row, [`Error::Spread`] if
    /// distances would overflow or vanish.
    pub fn fit(&self, x: &Matrix, weights: Option<&[f64]>) -> Result<AgglomerativeFit> {
        check_rows(x, weights)?;
        let distinct = Distinct::all(x, weights);
        let n = distinct.rows.n_rows();
        if self.n_clusters == 0 || self.n_clusters > n {
            return Err(Error::SegmentCount { k: self.n_clusters, distinct: n });
        }
        let mut leaves = Leaves { of_row: distinct.places, rows: distinct.rows, weights: distinct.weights };
        let mut over = Over::Rows;
        let joins = match self.linkage {
            Linkage::Ward => ward::ward(&leaves.rows, &leaves.weights),
            Linkage::Single => single(&leaves.rows),
            Linkage::Complete | Linkage::Average => {
                let most = chain::most_leaves(self.memory_limit);
                if n > most {
                    if most < self.n_clusters {
                        let allowed = format!("at least {}", chain::bytes(self.n_clusters));
                        let got = self.memory_limit.to_string();
                        return Err(Error::Setting { setting: "memory_limit", allowed, got });
                    }
                    leaves = leaves.gathered(most)?;
                    over = Over::MicroClusters(most);
                }
                chain::chain(&leaves.rows, &leaves.weights, self.linkage)
            }
        };
        let dendrogram = Dendrogram::new(&leaves.weights, &joins);
        let of_leaf = dendrogram.cut(self.n_clusters)?;
        let labels: Vec<u32> = leaves.of_row.iter().map(|&leaf| of_leaf[leaf as usize]).collect();
        let grouping = Grouping::new(x, weights, labels, vec![1.0; x.n_rows()], self.n_clusters);
        let model = match self.linkage {
            Linkage::Ward | Linkage::Average => {
                Assigner::Centres(NearestCentre::new(grouping.centres.clone(), x, &grouping.labels)?)
            }
            Linkage::Complete | Linkage::Single => {
                let below = dendrogram.merges[..dendrogram.n_leaves - self.n_clusters].last();
                let reach = below.map_or(0.0, |merge| merge.height);
                Assigner::Rows(NearestRow::new(leaves.rows, of_leaf, reach))
            }
        };
        Ok(AgglomerativeFit { grouping, dendrogram, leaf_of_row: leaves.of_row, over, model })
    }
}

/// What a hierarchy is built over.
struct Leaves {
    of_row: Vec<u32>,
    rows: Matrix,
    weights: Vec<f64>,
}

impl Leaves {
    /// Brings the leaves together to fewer, by Ward's method.
    fn gathered(self, n: usize) -> Result<Self> {
        let labels = Dendrogram::new(&self.weights, &ward::ward(&self.rows, &self.weights)).cut(n)?;
        let mut weights = vec![0.0; n];
        for (&label, weight) in labels.iter().zip(&self.weights) {
            weights[label as usize] += weight;
        }
        let of_row = self.of_row.iter().map(|&leaf| labels[leaf as usize]).collect();
        let rows = Grouping::new(&self.rows, Some(&self.weights), labels, Vec::new(), n).centres;
        Ok(Self { of_row, rows, weights })
    }
}

/// Single linkage: the edges of the shortest tree, shortest first (Gower & Ross 1969).
fn single(rows: &Matrix) -> Vec<Join> {
    let edges = spanning_tree(&KdTree::new(rows), &vec![0.0; rows.n_rows()]);
    edges.into_iter().map(|edge| Join { a: edge.a, b: edge.b, height: edge.squared.sqrt() }).collect()
}

fn default_memory_limit() -> usize {
    1 << 30
}
