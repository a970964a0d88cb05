//! A fitted HDBSCAN* and where it places new rows.

use pulp::Arch;
use serde::{Deserialize, Serialize};

use super::condense::{Branch, End};
use crate::cluster::assigner::{Membership, NOISE, check_length, from_rows, to_rows};
use crate::cluster::distinct::Distinct;
use crate::math::kd_tree::{KdTree, Nearby};
use crate::math::lanes::LANES;
use crate::{Error, Matrix, Result};

/// The condensed tree of an HDBSCAN* and its rows.
///
/// A new row joins the row that is nearest by mutual reachability, at that distance, as if it had been there
/// without changing the tree (the approximate prediction of `McInnes` & Healy): its cluster is the one that
/// holds its neighbour at that density, and none where there is none. The confidence is the strength that it
/// would have there. Rows that were clustered are placed where they were. Holds all different rows: the file
/// grows with them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct FittedHdbscan {
    min_samples: usize,
    rows: Matrix,
    weights: Vec<f64>,
    core: Vec<f64>,
    /// The branch that each row ends in, and the distance at which it does.
    ends: Vec<(u32, f64)>,
    branches: Vec<StoredBranch>,
    /// The cluster that a branch is or is part of.
    labels: Vec<u32>,
    /// The distance at which the last rows of that cluster leave it.
    deaths: Vec<f64>,
    tree: KdTree,
    weights_in_tree: Vec<f64>,
}

/// The file form of [`FittedHdbscan`].
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    min_samples: usize,
    rows: Vec<Vec<f64>>,
    weights: Vec<f64>,
    core: Vec<f64>,
    ends: Vec<(u32, f64)>,
    branches: Vec<StoredBranch>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredBranch {
    parent: Option<u32>,
    /// The distance below which it is a cluster of its own; the root has none.
    birth: Option<f64>,
    /// The distance at which the last of it is gone or it splits.
    death: f64,
    /// Its number, if it is one of the clusters.
    cluster: Option<u32>,
}

impl FittedHdbscan {
    pub(super) fn new(
        min_samples: usize,
        distinct: &Distinct,
        core: Vec<f64>,
        branches: &[Branch],
        ends: Vec<End>,
        is_cluster: &[bool],
    ) -> Self {
        // The cluster that holds each branch, then the numbers by the order of rows.
        let mut holder: Vec<Option<usize>> = Vec::with_capacity(branches.len());
        for (at, branch) in branches.iter().enumerate() {
            holder.push(if is_cluster[at] {
                Some(at)
            } else {
                branch.parent.and_then(|p| holder[p as usize])
            });
        }
        let mut numbers = vec![None; branches.len()];
        let mut next = 0;
        for end in &ends {
            if let Some(cluster) = holder[end.branch as usize]
                && numbers[cluster].is_none()
            {
                numbers[cluster] = Some(next);
                next += 1;
            }
        }
        let branches = branches.iter().zip(numbers).map(|(branch, cluster)| StoredBranch {
            parent: branch.parent,
            birth: branch.parent.map(|_| branch.birth),
            death: branch.death,
            cluster,
        });
        let ends = ends.into_iter().map(|end| (end.branch, end.distance)).collect();
        let (rows, weights) = (distinct.rows.clone(), distinct.weights.clone());
        Self::of(min_samples, rows, weights, core, ends, branches.collect())
    }

    fn of(
        min_samples: usize,
        rows: Matrix,
        weights: Vec<f64>,
        core: Vec<f64>,
        ends: Vec<(u32, f64)>,
        branches: Vec<StoredBranch>,
    ) -> Self {
        let (mut labels, mut deaths) = (Vec::new(), Vec::new());
        for branch in &branches {
            let parent = branch.parent.map(|p| p as usize);
            labels.push(branch.cluster.or(parent.map(|p| labels[p])).unwrap_or(NOISE));
            let inherited = parent.filter(|&p| labels[p] != NOISE).map(|p| deaths[p]);
            deaths.push(inherited.unwrap_or(branch.death));
        }
        let tree = KdTree::new(&rows);
        let weights_in_tree = tree.rows().iter().map(|&row| weights[row as usize]).collect();
        Self { min_samples, rows, weights, core, ends, branches, labels, deaths, tree, weights_in_tree }
    }

    /// Columns of a row.
    pub fn n_cols(&self) -> usize {
        self.tree.n_cols()
    }

    /// The label of one of the different rows.
    pub(super) fn label(&self, row: usize) -> u32 {
        self.labels[self.ends[row].0 as usize]
    }

    /// The strength of one of the different rows.
    pub(super) fn strength(&self, row: usize) -> f64 {
        let (branch, distance) = self.ends[row];
        self.strength_at(branch as usize, distance)
    }

    /// The number of a branch that is a cluster itself.
    pub(super) fn own_label(&self, branch: usize) -> Option<u32> {
        self.branches[branch].cluster
    }

    /// The strength of a row that leaves a branch at a distance.
    fn strength_at(&self, branch: usize, distance: f64) -> f64 {
        if self.labels[branch] == NOISE {
            return 0.0;
        }
        // The ratio of densities 1 / distance; equal rows are infinitely dense.
        let death = self.deaths[branch];
        if distance <= death { 1.0 } else { death / distance }
    }

    /// Places one row.
    pub fn assign(&self, row: &[f64]) -> Membership {
        let mut nearby = Nearby::new(self.min_samples as f64 * (1.0 - 1e-12));
        let neighbour = Arch::new().dispatch(|| {
            self.tree.nearest(row, Some(&self.weights_in_tree), &mut nearby);
            let farthest = nearby.found().last().map_or(0.0, |last| last.squared);
            self.neighbour(row, farthest.sqrt())
        });
        let Some((neighbour, distance)) = neighbour else { return Membership::NONE };
        // With its neighbour it leaves no later than that does, and no branch that it is too far to be in.
        let (branch, end) = self.ends[neighbour];
        let (mut branch, distance) = (branch as usize, distance.max(end));
        while let (Some(parent), Some(birth)) = (self.branches[branch].parent, self.branches[branch].birth)
            && distance >= birth
        {
            branch = parent as usize;
        }
        match self.labels[branch] {
            NOISE => Membership::NONE,
            label => Membership { index: Some(label), confidence: self.strength_at(branch, distance) },
        }
    }

    /// The row of least mutual reachability to a point of a core distance, the nearest of equals, and that
    /// distance.
    #[inline(always)]
    fn neighbour(&self, point: &[f64], core: f64) -> Option<(usize, f64)> {
        let best = std::cell::Cell::new((f64::INFINITY, f64::INFINITY, usize::MAX));
        self.tree.walk(
            point,
            &mut Vec::new(),
            |_, nearest| (nearest.sqrt().max(core), nearest) <= (best.get().0, best.get().1),
            |positions| {
                for start in positions.clone().step_by(LANES) {
                    let squared = self.tree.block_squared(start, point);
                    for (lane, &row) in
                        self.tree.rows()[start..positions.end.min(start + LANES)].iter().enumerate()
                    {
                        let row = row as usize;
                        let reach = squared[lane].sqrt().max(core).max(self.core[row]);
                        if (reach, squared[lane], row) < best.get() {
                            best.set((reach, squared[lane], row));
                        }
                    }
                }
                false
            },
        );
        let (reach, _, row) = best.get();
        (row != usize::MAX).then_some((row, reach))
    }
}

impl PartialEq for FittedHdbscan {
    fn eq(&self, other: &Self) -> bool {
        (self.min_samples, &self.rows, &self.weights, &self.core, &self.ends, &self.branches)
            == (other.min_samples, &other.rows, &other.weights, &other.core, &other.ends, &other.branches)
    }
}

impl From<FittedHdbscan> for Stored {
    fn from(model: FittedHdbscan) -> Self {
        let FittedHdbscan { min_samples, rows, weights, core, ends, branches, .. } = model;
        Self { min_samples, rows: to_rows(&rows), weights, core, ends, branches }
    }
}

impl TryFrom<Stored> for FittedHdbscan {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        let rows = from_rows(&stored.rows)?;
        let n = rows.n_rows();
        check_length("weights", n, stored.weights.len())?;
        check_length("core distances", n, stored.core.len())?;
        check_length("ends", n, stored.ends.len())?;
        let n_branches = stored.branches.len();
        if let Some((branch, _)) = stored.ends.iter().find(|(branch, _)| *branch as usize >= n_branches) {
            return Err(Error::Setting {
                setting: "ends",
                allowed: format!("below {n_branches}"),
                got: branch.to_string(),
            });
        }
        for (at, branch) in stored.branches.iter().enumerate() {
            if let Some(parent) = branch.parent.filter(|&parent| parent as usize >= at) {
                return Err(Error::Setting {
                    setting: "parent",
                    allowed: format!("below {at}"),
                    got: parent.to_string(),
                });
            }
        }
        let Stored { min_samples, weights, core, ends, branches, .. } = stored;
        Ok(Self::of(min_samples, rows, weights, core, ends, branches))
    }
}
