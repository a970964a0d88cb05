//! What is remembered of a branch from one iteration to the next, and how rows change hands.

use super::branch::Branch;
use super::filter::Pass;
use crate::math::lanes::LANES;

/// The owner of a node whose rows belong to several centres; the rows then have labels of their own.
pub(super) const MIXED: u32 = u32::MAX;
/// The owner of a node that no centre has owned yet.
pub(super) const NOBODY: u32 = u32::MAX - 1;

/// What is remembered of a branch from one iteration to the next.
pub(super) struct Owners {
    /// The owner of each node; below an owned node nothing is up to date.
    pub owner: Vec<u32>,
    pub memory: Vec<Memory>,
    /// [`Memory::near`] of each block of eight rows, where the rows of its leaf were measured one by one.
    pub near: Vec<f64>,
    /// The label of each slot, where its leaf is mixed.
    pub labels: Vec<u32>,
    /// Leaves and nodes of one owner that the last pass measured.
    pub n_measured: usize,
    /// What changed in the last pass.
    pub moves: Moves,
}

/// Until when nothing can change in a node: travels are compared with these.
#[derive(Clone, Copy)]
pub(super) struct Memory {
    /// For the contenders together.
    pub near: f64,
    /// For the owner (all contenders together where they share the node) and the farthest travelled of each
    /// iteration.
    pub far: f64,
    /// The centres that own something here or come closest to it; `k` for none.
    pub contenders: [u32; N_CONTENDERS],
}

/// Contenders that are remembered by name.
pub(super) const N_CONTENDERS: usize = 6;

impl Memory {
    pub(super) const NONE: Self =
        Self { near: f64::NEG_INFINITY, far: f64::NEG_INFINITY, contenders: [0; N_CONTENDERS] };
}

/// Rows that changed hands: what that adds to the sums of the clusters.
#[derive(Default)]
pub(super) struct Moves {
    /// `k × d`, then `k` masses.
    pub sums: Vec<f64>,
    /// Rows that each cluster has won, less those it has lost.
    pub won: Vec<i64>,
    /// Rows whose label is another than before.
    pub n_rows: usize,
}

impl Moves {
    pub(super) fn clear(&mut self, k: usize, d: usize) {
        if self.n_rows > 0 || self.sums.len() != k * (d + 1) {
            self.sums.clear();
            self.sums.resize(k * (d + 1), 0.0);
            self.won.clear();
            self.won.resize(k, 0);
        }
        self.n_rows = 0;
    }
}

impl Owners {
    pub(super) fn new(branch: &Branch) -> Self {
        Self {
            owner: vec![NOBODY; branch.nodes.len()],
            memory: vec![Memory::NONE; branch.nodes.len()],
            near: vec![f64::NEG_INFINITY; branch.rows.len().div_ceil(LANES)],
            labels: vec![0; branch.rows.len()],
            n_measured: 0,
            moves: Moves::default(),
        }
    }
}

/// The travel at which a slack is used up, rounded down.
#[inline(always)]
pub(super) fn limit(slack: f64, travelled: f64) -> f64 {
    slack + travelled - 4.0 * f64::EPSILON * travelled
}

impl Pass<'_> {
    /// Gives all rows of a node to one owner.
    #[inline(always)]
    pub(super) fn give(&mut self, node: usize, owner: u32) {
        if self.owners.owner[node] == owner {
            return;
        }
        let end = self.branch.nodes[node].end as usize;
        let mut at = node;
        while at < end {
            let before = self.owners.owner[at];
            if before != MIXED {
                self.hand_over(at, before, owner);
                at = self.branch.nodes[at].end as usize;
                continue;
            }
            if self.branch.is_leaf(at) {
                for slot in self.branch.nodes[at].slots() {
                    self.hand_over_row(slot, self.owners.labels[slot], owner);
                }
            }
            at += 1;
        }
        self.owners.owner[node] = owner;
    }

    #[inline(always)]
    fn hand_over(&mut self, node: usize, from: u32, to: u32) {
        if from == to {
            return;
        }
        let (k, d) = (self.frame.k, self.frame.d);
        let (mass, n_rows) = (self.branch.nodes[node].mass, self.branch.nodes[node].n_rows);
        let moves = &mut self.owners.moves;
        moves.n_rows += n_rows as usize;
        let sum = self.branch.sum(node, d);
        if from != NOBODY {
            let from = from as usize;
            moves.sums[k * d + from] -= mass;
            moves.won[from] -= i64::from(n_rows);
            moves.sums[from * d..(from + 1) * d].iter_mut().zip(sum).for_each(|(s, v)| *s -= v);
        }
        let to = to as usize;
        moves.sums[k * d + to] += mass;
        moves.won[to] += i64::from(n_rows);
        moves.sums[to * d..(to + 1) * d].iter_mut().zip(sum).for_each(|(s, v)| *s += v);
    }

    #[inline(always)]
    pub(super) fn hand_over_row(&mut self, slot: usize, from: u32, to: u32) {
        if from == to {
            return;
        }
        let (k, d) = (self.frame.k, self.frame.d);
        let weight = self.branch.weight(slot);
        let moves = &mut self.owners.moves;
        moves.n_rows += 1;
        let values = &self.branch.blocks[slot / LANES * d..][..d];
        if from != NOBODY {
            let from = from as usize;
            moves.sums[k * d + from] -= weight;
            moves.won[from] -= 1;
            for (sum, value) in moves.sums[from * d..(from + 1) * d].iter_mut().zip(values) {
                *sum -= weight * value[slot % LANES];
            }
        }
        let to = to as usize;
        moves.sums[k * d + to] += weight;
        moves.won[to] += 1;
        for (sum, value) in moves.sums[to * d..(to + 1) * d].iter_mut().zip(values) {
            *sum += weight * value[slot % LANES];
        }
    }
}
