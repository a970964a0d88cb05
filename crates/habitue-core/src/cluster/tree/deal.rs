//! Dealing rows out to branches: cuts found on a sample of the rows.

use rayon::prelude::*;

use crate::Matrix;

/// Rows of a branch, about: what a core's cache holds.
const BRANCH_ROWS: usize = 8192;
/// Sampled rows behind each branch.
const SAMPLE_ROWS: usize = 32;
/// Rows that are dealt out to branches together.
const CHUNK_ROWS: usize = 65_536;

/// The rows of each branch, ascending; none without rows.
pub(super) fn deal(x: &Matrix) -> Vec<Vec<u32>> {
    let n_levels = (x.n_rows() / BRANCH_ROWS).max(1).ilog2().min(10) as usize;
    let mut branches = match n_levels {
        0 => vec![(0..x.n_rows() as u32).collect()],
        _ => Cuts::of_sample(x, n_levels).deal(x),
    };
    branches.retain(|rows| !rows.is_empty());
    branches
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
        // A branch without sampled rows keeps the cuts it began with, whatever they part.
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
            parts.collect::<Vec<&[u32]>>().concat()
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
