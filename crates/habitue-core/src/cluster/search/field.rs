//! The rows that a search works on, and what it measures there.

use std::sync::OnceLock;

use super::closest::Closest;
use crate::cluster::tree::{Run, Tree};
use crate::math::lanes::{self, LANES, Nearest, Octet};
use crate::math::random::Random;

/// Centres at a fixed point of Lloyd's map.
#[derive(Debug, Clone)]
pub(crate) struct Solution {
    /// `k × d`.
    pub centres: Vec<f64>,
    pub inertia: f64,
    /// What its children begin from, once it has some.
    measured: OnceLock<Measured>,
}

impl Solution {
    /// Gives back the memory of what was measured.
    pub(super) fn forget(&mut self) {
        self.measured = OnceLock::new();
    }
}

/// Weighted rows, few enough to go over them thousands of times.
pub(crate) struct Field {
    tree: Tree,
    /// The rows, eight side by side; column `j` of block `b` at `b · d + j`.
    pub(super) blocks: Vec<Octet>,
    /// Their weights; 0 in lanes without a row.
    pub(super) weights: Vec<Octet>,
    /// A descent ends when no more labels change in a pass.
    few: usize,
    /// How close two solutions are that count as one, as a share of the inertia.
    same: f64,
}

/// Squared distances of all rows to their nearest and second nearest centre.
#[derive(Debug, Clone)]
struct Measured {
    nearest: Vec<[u64; LANES]>,
    best: Vec<Octet>,
    second: Vec<Octet>,
}

/// The part of the rows that may still change their label when a descent ends: on a summary for many searches,
/// on one for a single or a difficult search, and on a fine one.
const ROUGHLY: usize = 100;
const CAREFULLY: usize = 1000;
const NEARLY: usize = 5_000;
/// Passes after which a descent ends.
const MAX_ITERATIONS: usize = 300;

/// Rows that are tried for the `k`-th centre of greedy k-means++.
fn n_trials(k: usize) -> usize {
    2 + (k as f64).ln() as usize
}

impl Field {
    /// The rows themselves, on which a fixed point is one.
    pub(crate) fn fine(tree: Tree) -> Self {
        let (blocks, weights) = tree.blocks();
        Self { tree, blocks, weights, few: 0, same: 1e-9 }
    }

    /// A summary of the rows, on which descents end a little above the ground.
    pub(crate) fn careful(tree: Tree) -> Self {
        Self { few: tree.n_rows() / CAREFULLY, same: 1e-5, ..Self::fine(tree) }
    }

    /// A summary of the rows, on which descents end well above the ground.
    pub(crate) fn coarse(tree: Tree) -> Self {
        Self { few: tree.n_rows() / ROUGHLY, same: 1e-4, ..Self::fine(tree) }
    }

    /// A fine summary, on which few rows are left to change when a descent ends.
    pub(crate) fn middle(tree: Tree) -> Self {
        Self { few: tree.n_rows() / NEARLY, same: 1e-5, ..Self::fine(tree) }
    }

    /// How close two solutions are that count as one, as a share of the inertia.
    pub(crate) fn same(&self) -> f64 {
        self.same
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.tree.n_rows()
    }

    pub(crate) fn n_cols(&self) -> usize {
        self.tree.n_cols()
    }

    pub(super) fn n_blocks(&self) -> usize {
        self.weights.len()
    }

    /// The values of a row, which is named by its place in the blocks.
    pub(super) fn row(&self, row: usize) -> Vec<f64> {
        let columns = &self.blocks[row / LANES * self.n_cols()..][..self.n_cols()];
        columns.iter().map(|column| column[row % LANES]).collect()
    }

    /// Moves centres downhill until nothing changes.
    pub(crate) fn descend(&self, start: Vec<f64>) -> Solution {
        self.descend_below(start, f64::INFINITY).expect("every inertia is below infinity")
    }

    /// The same; none as soon as the inertia does not seem to come below a bound.
    pub(super) fn descend_below(&self, start: Vec<f64>, bound: f64) -> Option<Solution> {
        let mut run = Run::new(&self.tree, start);
        let is_below = run.settle_roughly(self.few, MAX_ITERATIONS, bound);
        is_below.then(|| Solution { inertia: run.inertia(), centres: run.centres, measured: OnceLock::new() })
    }

    /// Greedy k-means++ seeds (see [`crate::cluster::seeds`]), rows drawn by weight.
    pub(crate) fn seeds(&self, k: usize, random: &mut Random) -> Vec<f64> {
        let (mut closest, first) = Closest::to_one(self, random);
        let mut centres = self.row(first);
        for k in 2..=k {
            let row = closest.add_best_of(n_trials(k), random);
            centres.extend(self.row(row));
        }
        centres
    }

    /// Centres without the one at `gone` and with a row drawn by its distance.
    pub(super) fn replace(&self, mut centres: Vec<f64>, gone: usize, random: &mut Random) -> Vec<f64> {
        let d = self.n_cols();
        centres.drain(gone * d..(gone + 1) * d);
        self.add_best_of(centres, 1, random)
    }

    /// Centres with one more, at a row that is far from all of them.
    pub(crate) fn add(&self, centres: Vec<f64>, random: &mut Random) -> Vec<f64> {
        let n_trials = n_trials(centres.len() / self.n_cols() + 1);
        self.add_best_of(centres, n_trials, random)
    }

    fn add_best_of(&self, mut centres: Vec<f64>, n_trials: usize, random: &mut Random) -> Vec<f64> {
        let row = Closest::new(self, self.measure(&centres).best).add_best_of(n_trials, random);
        centres.extend(self.row(row));
        centres
    }

    /// The centres of a solution without one of the least useful, mostly the least useful, and with the best of some
    /// rows drawn by their distance.
    pub(super) fn move_least_useful(&self, solution: &Solution, random: &mut Random) -> Vec<f64> {
        let (d, k) = (self.n_cols(), solution.centres.len() / self.n_cols());
        let measured = solution.measured.get_or_init(|| self.measure(&solution.centres));
        let losses = self.losses_of(measured, k);
        let mut order: Vec<usize> = (0..k).collect();
        order.sort_by(|&a, &b| losses[a].total_cmp(&losses[b]));
        let gone = order[random.below(k).min(random.below(k)).min(random.below(k))];
        let row = Closest::new(self, measured.without(gone as u64)).add_best_of(n_trials(k), random);
        let mut centres = solution.centres.clone();
        centres.drain(gone * d..(gone + 1) * d);
        centres.extend(self.row(row));
        centres
    }

    /// What the inertia would rise by at once if each centre were taken away.
    pub(crate) fn losses(&self, centres: &[f64]) -> Vec<f64> {
        self.losses_of(&self.measure(centres), centres.len() / self.n_cols())
    }

    fn losses_of(&self, measured: &Measured, k: usize) -> Vec<f64> {
        let mut losses = vec![0.0; k];
        for at in 0..self.weights.len() {
            for lane in 0..LANES {
                let loss = measured.second[at][lane] - measured.best[at][lane];
                losses[measured.nearest[at][lane] as usize] += self.weights[at][lane] * loss;
            }
        }
        losses
    }

    fn measure(&self, centres: &[f64]) -> Measured {
        let (n, d) = (self.weights.len(), self.n_cols());
        let mut measured = Measured {
            nearest: vec![[0; LANES]; n],
            best: vec![Octet([f64::INFINITY; LANES]); n],
            second: vec![Octet([f64::INFINITY; LANES]); n],
        };
        pulp::Arch::new().dispatch(|| {
            for (at, block) in self.blocks.chunks_exact(d).enumerate() {
                let mut nearest = Nearest::NONE;
                for (index, centre) in (0..).zip(centres.chunks_exact(d)) {
                    nearest.offer(index, lanes::squared(block, centre.iter().copied()));
                }
                (measured.nearest[at], measured.best[at], measured.second[at]) =
                    (nearest.label, Octet(nearest.best), Octet(nearest.second));
            }
        });
        measured
    }
}

impl Measured {
    /// The squared distances to the nearest centre but one.
    fn without(&self, gone: u64) -> Vec<Octet> {
        let of_block = |((nearest, best), second): ((&[u64; LANES], &Octet), &Octet)| {
            Octet(std::array::from_fn(|lane| if nearest[lane] == gone { second[lane] } else { best[lane] }))
        };
        self.nearest.iter().zip(&self.best).zip(&self.second).map(of_block).collect()
    }
}
