//! Building the tree: a coarse split by a sample of rows, then each branch by halves.

use rayon::prelude::*;

use super::branch::{Branch, LEAF_ROWS, Node};
use crate::Matrix;
use crate::math::lanes::LANES;

/// Rows of a branch, about: what a core's cache holds.
const BRANCH_ROWS: usize = 8192;
/// Sampled rows behind each branch.
const SAMPLE_ROWS: usize = 32;
/// Rows that are dealt out to branches together.
const CHUNK_ROWS: usize = 65_536;

/// Deals the rows out to branches and builds each.
pub(super) fn branches(x: &Matrix, weights: Option<&[f64]>) -> Vec<Branch> {
    let n_levels = (x.n_rows() / BRANCH_ROWS).max(1).ilog2().min(10) as usize;
    let rows_of = if n_levels == 0 {
        vec![(0..x.n_rows() as u32).collect()]
    } else {
        Cuts::of_sample(x, n_levels).deal(x)
    };
    rows_of
        .into_par_iter()
        .filter(|rows: &Vec<u32>| !rows.is_empty())
        .map(|rows| Builder::new(x, weights, rows).build())
        .collect()
}

/// A complete binary tree of cuts, as a heap.
struct Cuts {
    n_levels: usize,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl Cuts {
    /// Halves an evenly spaced sample of the rows `n_levels` times, each time across its widest column.
    fn of_sample(x: &Matrix, n_levels: usize) -> Self {
        let n_cuts = (1 << n_levels) - 1;
        let n_sample = (SAMPLE_ROWS << n_levels).min(x.n_rows());
        let mut rows: Vec<u32> =
            (0..n_sample).map(|i| (i as u64 * x.n_rows() as u64 / n_sample as u64) as u32).collect();
        let mut cuts = Self { n_levels, columns: vec![0; n_cuts], values: vec![0.0; n_cuts] };
        cuts.halve(x, &mut rows, 0);
        cuts
    }

    fn halve(&mut self, x: &Matrix, rows: &mut [u32], cut: usize) {
        if cut >= self.columns.len() {
            return;
        }
        let column = widest(x, rows);
        let (left, &mut middle, right) = {
            let half = rows.len() / 2;
            rows.select_nth_unstable_by(half, |&a, &b| {
                x.row(a as usize)[column].total_cmp(&x.row(b as usize)[column])
            })
        };
        (self.columns[cut], self.values[cut]) = (column as u32, x.row(middle as usize)[column]);
        // A branch without sampled rows keeps cuts of its own that send everything one way.
        if !left.is_empty() {
            self.halve(x, left, 2 * cut + 1);
        }
        if !right.is_empty() {
            self.halve(x, right, 2 * cut + 2);
        }
    }

    fn branch(&self, row: &[f64]) -> usize {
        let mut cut = 0;
        for _ in 0..self.n_levels {
            cut = 2 * cut + 1 + usize::from(row[self.columns[cut] as usize] >= self.values[cut]);
        }
        cut - self.columns.len()
    }

    /// The rows of each branch, ascending.
    fn deal(&self, x: &Matrix) -> Vec<Vec<u32>> {
        let n_branches = self.columns.len() + 1;
        let d = x.n_cols();
        let deal_chunk = |(chunk, values): (usize, &[f64])| {
            let branch_of: Vec<u16> = values.chunks_exact(d).map(|row| self.branch(row) as u16).collect();
            let mut ends = vec![0_u32; n_branches];
            branch_of.iter().for_each(|&branch| ends[branch as usize] += 1);
            let mut start = 0;
            for end in &mut ends {
                (start, *end) = (start + *end, start);
            }
            let mut rows = vec![0_u32; branch_of.len()];
            for (at, &branch) in branch_of.iter().enumerate() {
                rows[ends[branch as usize] as usize] = (chunk * CHUNK_ROWS + at) as u32;
                ends[branch as usize] += 1;
            }
            (rows, ends)
        };
        let chunks: Vec<(Vec<u32>, Vec<u32>)> =
            x.values().par_chunks(CHUNK_ROWS * d).enumerate().map(deal_chunk).collect();
        let of_branch = |branch: usize| {
            let parts = chunks.iter().map(|(rows, ends)| {
                let start = if branch == 0 { 0 } else { ends[branch - 1] };
                &rows[start as usize..ends[branch] as usize]
            });
            parts.flatten().copied().collect()
        };
        (0..n_branches).into_par_iter().map(of_branch).collect()
    }
}

/// The column over which some rows spread most.
fn widest(x: &Matrix, rows: &[u32]) -> usize {
    let spread = |column: usize| {
        let values = rows.iter().map(|&row| x.row(row as usize)[column]);
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        high - low
    };
    let spreads: Vec<f64> = (0..x.n_cols()).map(spread).collect();
    (0..x.n_cols()).rev().max_by(|&a, &b| spreads[a].total_cmp(&spreads[b])).unwrap_or(0)
}

/// Widens a box so that a row lies in it.
#[inline(always)]
fn widen(low: &mut [f64], high: &mut [f64], row: &[f64]) {
    for ((low, high), &value) in low.iter_mut().zip(high).zip(row) {
        *low = if value < *low { value } else { *low };
        *high = if value > *high { value } else { *high };
    }
}

/// Builds one branch from its rows.
struct Builder<'a> {
    x: &'a Matrix,
    weights: Option<&'a [f64]>,
    /// The branch's rows, and their values one after the other.
    rows: Vec<u32>,
    values: Vec<f64>,
    /// Positions in `rows`, in the order of the tree.
    order: Vec<u32>,
    keys: Vec<u64>,
    branch: Branch,
}

impl<'a> Builder<'a> {
    fn new(x: &'a Matrix, weights: Option<&'a [f64]>, rows: Vec<u32>) -> Self {
        let d = x.n_cols();
        let n = rows.len();
        let mut values = Vec::with_capacity(n * d);
        for &row in &rows {
            values.extend_from_slice(x.row(row as usize));
        }
        let n_nodes = (2 * n).div_ceil(LEAF_ROWS / 2) + 1;
        let branch = Branch {
            rows: Vec::with_capacity(n),
            blocks: Vec::with_capacity(n.div_ceil(LANES) * d),
            weights: Vec::with_capacity(if weights.is_some() { n } else { 0 }),
            nodes: Vec::with_capacity(n_nodes),
            geometry: Vec::with_capacity(n_nodes * 3 * d),
        };
        Self { x, weights, rows, values, order: (0..n as u32).collect(), keys: Vec::with_capacity(n), branch }
    }

    fn build(mut self) -> Branch {
        self.node(0, self.rows.len());
        self.branch.nodes.shrink_to_fit();
        self.branch.geometry.shrink_to_fit();
        self.branch
    }

    /// Builds the node of the rows at `start..end` of the order, and all below it.
    fn node(&mut self, start: usize, end: usize) {
        let d = self.x.n_cols();
        let at = self.branch.nodes.len();
        let (low, high) = self.bounds(start, end);
        self.push_box(&low, &high, start, end);
        let column = (0..d).rev().max_by(|&a, &b| (high[a] - low[a]).total_cmp(&(high[b] - low[b])));
        let column = column.unwrap_or(0);
        if end - start <= LEAF_ROWS {
            self.fill_leaf(at, start, end);
        } else {
            let middle = start + ((end - start) / 2).next_multiple_of(LANES);
            self.halve(start, end, middle, column);
            self.node(start, middle);
            let right = self.branch.nodes.len();
            self.node(middle, end);
            self.add_up(at, right);
        }
        self.branch.nodes[at].end = self.branch.nodes.len() as u32;
    }

    /// The smallest box around some rows.
    fn bounds(&self, start: usize, end: usize) -> (Vec<f64>, Vec<f64>) {
        match self.x.n_cols() {
            3 => self.bounds_of::<3>(start, end),
            4 => self.bounds_of::<4>(start, end),
            8 => self.bounds_of::<8>(start, end),
            d => {
                let (mut low, mut high) = (vec![f64::INFINITY; d], vec![f64::NEG_INFINITY; d]);
                for &at in &self.order[start..end] {
                    widen(&mut low, &mut high, &self.values[at as usize * d..(at as usize + 1) * d]);
                }
                (low, high)
            }
        }
    }

    /// The same where the number of columns is known to the compiler.
    fn bounds_of<const D: usize>(&self, start: usize, end: usize) -> (Vec<f64>, Vec<f64>) {
        let (mut low, mut high) = ([f64::INFINITY; D], [f64::NEG_INFINITY; D]);
        let (rows, _) = self.values.as_chunks::<D>();
        for &at in &self.order[start..end] {
            widen(&mut low, &mut high, &rows[at as usize]);
        }
        (low.to_vec(), high.to_vec())
    }

    fn push_box(&mut self, low: &[f64], high: &[f64], start: usize, end: usize) {
        let middles = low.iter().zip(high).map(|(low, high)| low / 2.0 + high / 2.0);
        self.branch.geometry.extend(middles);
        let first = self.branch.geometry.len() - low.len();
        let mut square = 0.0;
        for (column, (low, high)) in low.iter().zip(high).enumerate() {
            let middle = self.branch.geometry[first + column];
            let half = (high - middle).max(middle - low);
            let half = if half > 0.0 { half.next_up() } else { 0.0 };
            square += half * half;
            self.branch.geometry.push(half);
        }
        self.branch.geometry.extend(std::iter::repeat_n(0.0, low.len()));
        self.branch.nodes.push(Node {
            first: start as u32,
            n_rows: (end - start) as u32,
            end: 0,
            mass: 0.0,
            scatter: 0.0,
            radius: square.sqrt() * (1.0 + 1e-14),
        });
    }

    /// Orders the rows so that those before `middle` are not above those after it in one column.
    ///
    /// By the column's values rounded to single precision: the boxes are exact all the same.
    fn halve(&mut self, start: usize, end: usize, middle: usize, column: usize) {
        let d = self.x.n_cols();
        self.keys.clear();
        for &at in &self.order[start..end] {
            let bits = (self.values[at as usize * d + column] as f32).to_bits();
            let ordered = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
            self.keys.push(u64::from(ordered) << 32 | u64::from(at));
        }
        self.keys.select_nth_unstable(middle - start);
        for (at, key) in self.order[start..end].iter_mut().zip(&self.keys) {
            *at = *key as u32;
        }
    }

    /// Orders the rows of a leaf so that those of a block lie close together.
    fn sort_blocks(&mut self, start: usize, end: usize) {
        if end - start <= LANES {
            return;
        }
        let (low, high) = self.bounds(start, end);
        let column = (0..low.len()).rev().max_by(|&a, &b| (high[a] - low[a]).total_cmp(&(high[b] - low[b])));
        let middle = start + ((end - start) / 2).next_multiple_of(LANES);
        self.halve(start, end, middle, column.unwrap_or(0));
        self.sort_blocks(start, middle);
        self.sort_blocks(middle, end);
    }

    fn fill_leaf(&mut self, node: usize, start: usize, end: usize) {
        let d = self.x.n_cols();
        self.sort_blocks(start, end);
        for block in self.order[start..end].chunks(LANES) {
            let first = self.branch.blocks.len();
            self.branch.blocks.resize(first + d, [0.0; LANES]);
            for lane in 0..LANES {
                let at = block[lane.min(block.len() - 1)] as usize;
                let row = &self.values[at * d..(at + 1) * d];
                for (column, &value) in self.branch.blocks[first..].iter_mut().zip(row) {
                    column[lane] = value;
                }
            }
        }
        let mut mass = 0.0;
        for &at in &self.order[start..end] {
            let row = self.rows[at as usize];
            self.branch.rows.push(row);
            let weight = self.weights.map_or(1.0, |w| w[row as usize]);
            if self.weights.is_some() {
                self.branch.weights.push(weight);
            }
            mass += weight;
            let values = &self.values[at as usize * d..(at as usize + 1) * d];
            let sum = &mut self.branch.geometry[(3 * node + 2) * d..(3 * node + 3) * d];
            for (sum, value) in sum.iter_mut().zip(values) {
                *sum += weight * value;
            }
        }
        self.branch.nodes[node].mass = mass;
        self.branch.nodes[node].scatter = self.scatter(node, start, end);
    }

    /// The scatter of a leaf whose sum is known.
    fn scatter(&self, node: usize, start: usize, end: usize) -> f64 {
        let d = self.x.n_cols();
        let of_mean = 1.0 / self.branch.nodes[node].mass;
        let mut lanes = [0.0; LANES];
        let mut sum = 0.0;
        let first = self.branch.nodes[node].first as usize;
        for (at, block) in
            (start..end).step_by(LANES).zip(self.branch.blocks[first / LANES * d..].chunks_exact(d))
        {
            let mut squared = [0.0; LANES];
            for (column, sum) in block.iter().zip(self.branch.sum(node, d)) {
                let mean = sum * of_mean;
                for lane in 0..LANES {
                    squared[lane] += (column[lane] - mean) * (column[lane] - mean);
                }
            }
            if end - at >= LANES && self.weights.is_none() {
                lanes.iter_mut().zip(squared).for_each(|(total, squared)| *total += squared);
                continue;
            }
            for (lane, squared) in squared.iter().enumerate().take(end - at) {
                sum += self.branch.weight(at + lane) * squared;
            }
        }
        lanes.iter().sum::<f64>() + sum
    }

    /// The totals of a node from those of its children.
    fn add_up(&mut self, node: usize, right: usize) {
        let d = self.x.n_cols();
        let (left_half, right_half) = (self.branch.nodes[node + 1], self.branch.nodes[right]);
        let mut apart = 0.0;
        for column in 0..d {
            let (left, right) = (self.branch.sum(node + 1, d)[column], self.branch.sum(right, d)[column]);
            let difference = left / left_half.mass - right / right_half.mass;
            apart += difference * difference;
            self.branch.geometry[(3 * node + 2) * d + column] = left + right;
        }
        let mass = left_half.mass + right_half.mass;
        // Each half's share of the mass first: the product of two masses could overflow.
        let between = left_half.mass / mass * right_half.mass * apart;
        self.branch.nodes[node].mass = mass;
        self.branch.nodes[node].scatter = left_half.scatter + right_half.scatter + between;
    }
}
