//! Placing new rows by the nearest row that was clustered.

use std::cell::Cell;

use pulp::Arch;
use serde::{Deserialize, Serialize};

use crate::cluster::assigner::{Membership, check_length, from_rows, to_rows};
use crate::math::kd_tree::KdTree;
use crate::math::lanes::LANES;
use crate::{Error, Matrix, Result};

/// Places a row in the cluster of the nearest of some rows, the first of equals.
///
/// The confidence is `d₂ / (d₁ + d₂)`, of the distances to the nearest row and to the nearest of another
/// cluster: ½ to 1. A row farther from all than the highest join within a cluster fits none. Holds all
/// different rows (or micro-clusters): the file grows with them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct NearestRow {
    rows: Matrix,
    labels: Vec<u32>,
    reach: f64,
    tree: KdTree,
}

impl NearestRow {
    pub(super) fn new(rows: Matrix, labels: Vec<u32>, reach: f64) -> Self {
        Self { tree: KdTree::new(&rows), rows, labels, reach }
    }

    /// Columns of a row.
    pub fn n_cols(&self) -> usize {
        self.rows.n_cols()
    }

    /// Places one row. About `O(d log n)` in few dimensions.
    pub fn assign(&self, row: &[f64]) -> Membership {
        let Some((squared, nearest)) = self.nearest(row, None) else { return Membership::NONE };
        if squared.sqrt() > self.reach {
            return Membership::NONE;
        }
        let label = self.labels[nearest as usize];
        let confidence = match self.nearest(row, Some(label)) {
            Some((other, _)) if other > 0.0 => other.sqrt() / (squared.sqrt() + other.sqrt()),
            Some(_) => 0.5,
            None => 1.0,
        };
        Membership { index: Some(label), confidence }
    }

    /// The nearest row that does not carry a label, and its squared distance.
    fn nearest(&self, point: &[f64], except: Option<u32>) -> Option<(f64, u32)> {
        let best = Cell::new((f64::INFINITY, u32::MAX));
        let leaf = |positions: std::ops::Range<usize>| {
            for start in positions.clone().step_by(LANES) {
                let squared = self.tree.block_squared(start, point);
                for (lane, &row) in
                    self.tree.rows()[start..positions.end.min(start + LANES)].iter().enumerate()
                {
                    if (squared[lane], row) < best.get() && Some(self.labels[row as usize]) != except {
                        best.set((squared[lane], row));
                    }
                }
            }
            false
        };
        let mut open = Vec::new();
        Arch::new().dispatch(|| self.tree.walk(point, &mut open, |_, nearest| nearest <= best.get().0, leaf));
        Some(best.get()).filter(|(_, row)| *row != u32::MAX)
    }
}

impl PartialEq for NearestRow {
    fn eq(&self, other: &Self) -> bool {
        (&self.rows, &self.labels, self.reach) == (&other.rows, &other.labels, other.reach)
    }
}

/// The file form of [`NearestRow`].
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    rows: Vec<Vec<f64>>,
    labels: Vec<u32>,
    reach: f64,
}

impl From<NearestRow> for Stored {
    fn from(model: NearestRow) -> Self {
        Self { rows: to_rows(&model.rows), labels: model.labels, reach: model.reach }
    }
}

impl TryFrom<Stored> for NearestRow {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        let rows = from_rows(&stored.rows)?;
        check_length("labels", rows.n_rows(), stored.labels.len())?;
        Ok(Self::new(rows, stored.labels, stored.reach))
    }
}
