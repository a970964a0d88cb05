//! The rows of a table folded for silhouettes: equal rows with equal labels are one point with a weight.

use std::cmp::Ordering;
use std::collections::HashMap;

use rayon::prelude::*;

use super::LANES;
use crate::Matrix;

/// Distinct rows in runs ("cells") that carry the same label in every labeling.
pub(super) struct Points {
    pub(super) n_cols: usize,
    /// One point after the other, cell after cell; `points × d`.
    pub(super) values: Vec<f64>,
    /// How many rows each point stands for; 0 where a cell was filled up to whole lanes.
    pub(super) weights: Vec<f64>,
    /// Points of each cell.
    pub(super) lengths: Vec<usize>,
    /// The cell of each point.
    pub(super) cell_of: Vec<u32>,
    /// For each labeling, the label of each cell.
    pub(super) labels: Vec<Vec<u32>>,
    /// The point of each row.
    pub(super) point_of: Vec<u32>,
}

impl Points {
    /// Folds the rows. Costs `O(n log n)` comparisons of rows and of labels.
    pub(super) fn new(x: &Matrix, labelings: &[&[u32]]) -> Self {
        let (cell_of, n_cells) = cells(x.n_rows(), labelings);
        let compare = |a: u32, b: u32| {
            let (a, b) = (a as usize, b as usize);
            cell_of[a].cmp(&cell_of[b]).then_with(|| compare_rows(x.row(a), x.row(b)))
        };
        let mut order: Vec<u32> = (0..x.n_rows() as u32).collect();
        order.par_sort_unstable_by(|&a, &b| compare(a, b).then(a.cmp(&b)));
        let mut points = Self {
            n_cols: x.n_cols(),
            values: Vec::new(),
            weights: Vec::new(),
            lengths: vec![0; n_cells],
            cell_of: Vec::new(),
            labels: vec![vec![0; n_cells]; labelings.len()],
            point_of: vec![0; x.n_rows()],
        };
        for rows in order.chunk_by(|&a, &b| compare(a, b).is_eq()) {
            let first = rows[0] as usize;
            let cell = cell_of[first] as usize;
            for &row in rows {
                points.point_of[row as usize] = points.weights.len() as u32;
            }
            points.values.extend_from_slice(x.row(first));
            points.weights.push(rows.len() as f64);
            points.lengths[cell] += 1;
            points.cell_of.push(cell as u32);
            for (labels, given) in points.labels.iter_mut().zip(labelings) {
                labels[cell] = given[first];
            }
        }
        points
    }

    pub(super) fn len(&self) -> usize {
        self.weights.len()
    }

    /// How many points there would be if every cell were filled up to whole lanes.
    pub(super) fn padded_len(&self) -> usize {
        self.lengths.iter().map(|n| n.next_multiple_of(LANES)).sum()
    }

    /// The same with every cell filled up to whole lanes by copies of its last point that weigh nothing.
    pub(super) fn padded(&self) -> Self {
        let d = self.n_cols;
        let mut moved = vec![0_u32; self.len()];
        let mut padded = Self {
            n_cols: d,
            values: Vec::with_capacity(self.padded_len() * d),
            weights: Vec::with_capacity(self.padded_len()),
            lengths: self.lengths.iter().map(|n| n.next_multiple_of(LANES)).collect(),
            cell_of: Vec::with_capacity(self.padded_len()),
            labels: self.labels.clone(),
            point_of: Vec::new(),
        };
        let mut start = 0;
        for (cell, (&length, &whole)) in self.lengths.iter().zip(&padded.lengths).enumerate() {
            let end = start + length;
            for (point, moved) in moved.iter_mut().enumerate().take(end).skip(start) {
                *moved = (padded.weights.len() + point - start) as u32;
            }
            padded.values.extend_from_slice(&self.values[start * d..end * d]);
            padded.weights.extend_from_slice(&self.weights[start..end]);
            for _ in length..whole {
                padded.values.extend_from_slice(&self.values[(end - 1) * d..end * d]);
                padded.weights.push(0.0);
            }
            padded.cell_of.extend(std::iter::repeat_n(cell as u32, whole));
            start = end;
        }
        padded.point_of = self.point_of.iter().map(|&point| moved[point as usize]).collect();
        padded
    }

    /// Points, up to a multiple of [`LANES`] of them, in groups of lanes: `groups × d × LANES`, with their
    /// weights. Lanes beyond the last point stay 0 and weigh nothing.
    pub(super) fn in_lanes(&self, points: impl ExactSizeIterator<Item = usize>) -> (Vec<f64>, Vec<f64>) {
        let (d, n) = (self.n_cols, points.len().next_multiple_of(LANES));
        let (mut lanes, mut weights) = (vec![0.0; n * d], vec![0.0; n]);
        for (at, point) in points.enumerate() {
            let (group, lane) = (at / LANES, at % LANES);
            for (column, &value) in self.values[point * d..(point + 1) * d].iter().enumerate() {
                lanes[(group * d + column) * LANES + lane] = value;
            }
            weights[at] = self.weights[point];
        }
        (lanes, weights)
    }
}

fn compare_rows(a: &[f64], b: &[f64]) -> Ordering {
    a.iter().zip(b).map(|(x, y)| x.total_cmp(y)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// The cell of each row and the number of cells: refined labeling by labeling, numbered by first appearance.
fn cells(n_rows: usize, labelings: &[&[u32]]) -> (Vec<u32>, usize) {
    let mut cell_of = vec![0_u32; n_rows];
    let mut n_cells = usize::from(n_rows > 0);
    for labels in labelings {
        let mut numbers: HashMap<(u32, u32), u32> = HashMap::new();
        for (cell, &label) in cell_of.iter_mut().zip(*labels) {
            let next = numbers.len() as u32;
            *cell = *numbers.entry((*cell, label)).or_insert(next);
        }
        n_cells = numbers.len();
    }
    (cell_of, n_cells)
}
