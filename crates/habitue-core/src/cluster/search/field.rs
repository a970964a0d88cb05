//! The rows that a search works on, and what it measures there.

use crate::cluster::tree::{Run, Tree};
use crate::math::lanes::{self, LANES, Nearest, Octet};
use crate::math::random::Random;

/// Centres at a fixed point of Lloyd's map.
#[derive(Debug, Clone)]
pub(crate) struct Solution {
    /// `k × d`.
    pub centres: Vec<f64>,
    pub inertia: f64,
}

/// Weighted rows, few enough to go over them thousands of times.
pub(crate) struct Field {
    tree: Tree,
    /// The rows, eight side by side; column `j` of block `b` at `b · d + j`.
    blocks: Vec<Octet>,
    /// Their weights; 0 in lanes without a row.
    weights: Vec<Octet>,
    /// A descent ends when no more labels change in a pass.
    few: usize,
    /// How close two solutions are that count as one, as a share of the inertia.
    same: f64,
}

/// Squared distances of all rows to their nearest and second nearest centre.
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
pub(super) fn n_trials(k: usize) -> usize {
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

    /// Moves centres downhill until nothing changes.
    pub(crate) fn descend(&self, start: Vec<f64>) -> Solution {
        let mut run = Run::new(&self.tree, start);
        run.settle_roughly(self.few, MAX_ITERATIONS);
        Solution { inertia: run.inertia(), centres: run.centres }
    }

    /// Greedy k-means++ seeds (see [`crate::cluster::seeds`]), rows drawn by weight.
    pub(crate) fn seeds(&self, k: usize, random: &mut Random) -> Vec<f64> {
        let mut centres = Vec::with_capacity(k * self.n_cols());
        let mut best = vec![Octet([1.0; LANES]); self.weights.len()];
        let first = self.draw(&best, random);
        self.push(&mut centres, first);
        best.fill(Octet([f64::INFINITY; LANES]));
        best = self.with(&best, first).0;
        while centres.len() < k * self.n_cols() {
            let n_trials = n_trials(centres.len() / self.n_cols() + 1);
            best = self.grow(&mut centres, &best, n_trials, random);
        }
        centres
    }

    /// Adds the best of some rows drawn by their distance; the distances after it.
    fn grow(
        &self,
        centres: &mut Vec<f64>,
        best: &[Octet],
        n_trials: usize,
        random: &mut Random,
    ) -> Vec<Octet> {
        let mut found: Option<(usize, Vec<Octet>, f64)> = None;
        for _ in 0..n_trials {
            let row = self.draw(best, random);
            let (after, total) = self.with(best, row);
            if found.as_ref().is_none_or(|(_, _, least)| total < *least) {
                found = Some((row, after, total));
            }
        }
        let (row, after, _) = found.expect("there is at least one trial");
        self.push(centres, row);
        after
    }

    /// Centres without the one at `gone` and with the best of `n_trials` rows drawn by their distance.
    pub(crate) fn replace(
        &self,
        centres: &[f64],
        gone: usize,
        n_trials: usize,
        random: &mut Random,
    ) -> Vec<f64> {
        let d = self.n_cols();
        let mut rest = centres.to_vec();
        rest.drain(gone * d..(gone + 1) * d);
        let best = self.measure(&rest).best;
        self.grow(&mut rest, &best, n_trials, random);
        rest
    }

    /// Centres with one more, at a row that is far from all of them.
    pub(crate) fn add(&self, mut centres: Vec<f64>, random: &mut Random) -> Vec<f64> {
        let best = self.measure(&centres).best;
        let n_trials = n_trials(centres.len() / self.n_cols() + 1);
        self.grow(&mut centres, &best, n_trials, random);
        centres
    }

    /// What the inertia would rise by at once if each centre were taken away.
    pub(crate) fn losses(&self, centres: &[f64]) -> Vec<f64> {
        let measured = self.measure(centres);
        let mut losses = vec![0.0; centres.len() / self.n_cols()];
        for at in 0..self.weights.len() {
            for lane in 0..LANES {
                let loss = measured.second[at][lane] - measured.best[at][lane];
                losses[measured.nearest[at][lane] as usize] += self.weights[at][lane] * loss;
            }
        }
        losses
    }

    fn push(&self, centres: &mut Vec<f64>, row: usize) {
        let columns = &self.blocks[row / LANES * self.n_cols()..][..self.n_cols()];
        centres.extend(columns.iter().map(|column| column[row % LANES]));
    }

    /// A row drawn with probability proportional to its weight times a value.
    fn draw(&self, values: &[Octet], random: &mut Random) -> usize {
        let total: f64 = self.products(values).sum();
        let mut left = random.uniform() * total;
        let mut last = 0;
        for (row, product) in self.products(values).enumerate() {
            if product > 0.0 {
                last = row;
                left -= product;
                if left < 0.0 {
                    break;
                }
            }
        }
        last
    }

    fn products<'a>(&'a self, values: &'a [Octet]) -> impl Iterator<Item = f64> + 'a {
        let flat = |octet: &'a Octet| octet.iter();
        let both = self.weights.iter().flat_map(flat).zip(values.iter().flat_map(flat));
        both.map(|(weight, value)| if *weight > 0.0 { weight * value } else { 0.0 })
    }

    /// The distances if a row were a centre too, and their weighted sum.
    fn with(&self, best: &[Octet], row: usize) -> (Vec<Octet>, f64) {
        let mut centre = Vec::with_capacity(self.n_cols());
        self.push(&mut centre, row);
        let d = self.n_cols();
        let mut after = best.to_vec();
        let total = pulp::Arch::new().dispatch(|| {
            let mut total = [0.0; LANES];
            for ((after, weights), block) in
                after.iter_mut().zip(&self.weights).zip(self.blocks.chunks_exact(d))
            {
                let squared = lanes::squared(block, centre.iter().copied());
                for lane in 0..LANES {
                    after[lane] = if squared[lane] < after[lane] { squared[lane] } else { after[lane] };
                    total[lane] += weights[lane] * after[lane];
                }
            }
            total.iter().sum::<f64>()
        });
        (after, total)
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
