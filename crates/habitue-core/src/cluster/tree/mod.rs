//! Rows in a space-partitioning tree whose nodes know the sum of their rows, and exact k-means on it.
//!
//! Pelleg & Moore (1999) and Kanungo et al. (2002): a node whose whole box is nearest to one centre goes to
//! that centre in one step.
//! Here nodes also remember how far centres may travel before anything in them can change (the bound of
//! Hamerly 2010, held per node instead of per row), so that late iterations touch next to nothing.

mod branch;
mod build;
mod centres;
mod curve;
mod deal;
mod filter;
mod owners;
mod run;

use branch::Branch;
pub(crate) use run::Run;

use crate::Matrix;
use crate::math::lanes::{LANES, Octet};

/// A tree of rows: built once, it serves every number of clusters and every start.
///
/// Holds a copy of the rows in an order of its own, eight side by side, and about `6 d + 10` numbers for every 32 to
/// 128 rows.
/// Equal on any number of threads.
#[derive(Debug)]
pub(crate) struct Tree {
    n_rows: usize,
    n_cols: usize,
    /// Subtrees, worked on side by side.
    branches: Vec<Branch>,
    /// The weighted mean of all rows.
    mean: Vec<f64>,
}

impl Tree {
    /// Builds the tree of the rows of `x`, each counted `weights` times (once without weights).
    ///
    /// `weights` has one value above 0 a row. Costs `O(n log n)` time.
    pub(crate) fn new(x: &Matrix, weights: Option<&[f64]>) -> Self {
        let (n_rows, n_cols, branches) = (x.n_rows(), x.n_cols(), build::branches(x, weights));
        let mass: f64 = branches.iter().map(|branch| branch.nodes[0].mass).sum();
        let sum = |column: usize| branches.iter().map(|branch| branch.sum(0, n_cols)[column]).sum::<f64>();
        let mean = (0..n_cols).map(|column| sum(column) / mass).collect();
        Self { n_rows, n_cols, branches, mean }
    }

    /// A tree of weighted means of neighbouring rows, about `n_means` of them; none where there are no more rows than
    /// that.
    pub(crate) fn summary(&self, n_means: usize) -> Option<Self> {
        if self.n_rows <= n_means {
            return None;
        }
        let most = (self.n_rows / n_means * 2).max(LANES);
        let (mut values, mut masses) = (Vec::new(), Vec::new());
        for branch in &self.branches {
            branch.summarise(most, self.n_cols, &mut values, &mut masses);
        }
        let means = Matrix::new(self.n_cols, values).expect("means of finite rows are finite");
        Some(Self::new(&means, Some(&masses)))
    }

    /// All rows eight side by side, and their weights; 0 in lanes without a row.
    pub(crate) fn blocks(&self) -> (Vec<Octet>, Vec<Octet>) {
        let (mut blocks, mut weights) = (Vec::new(), Vec::new());
        for branch in &self.branches {
            blocks.extend_from_slice(&branch.blocks);
            let weight = |slot: usize| if slot < branch.rows.len() { branch.weight(slot) } else { 0.0 };
            let starts = (0..branch.rows.len()).step_by(LANES);
            weights.extend(starts.map(|start| Octet(std::array::from_fn(|lane| weight(start + lane)))));
        }
        (blocks, weights)
    }

    /// Number of rows.
    pub(crate) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns.
    pub(crate) fn n_cols(&self) -> usize {
        self.n_cols
    }
}
