//! A kd-tree over the rows of a matrix: which rows lie near, without looking at all of them.

use std::ops::Range;

use rayon::prelude::*;

use super::lanes::{LANES, Octet};
use crate::Matrix;

/// Rows of one leaf: two blocks of lanes. Fewer make the walk longer, more make the scan longer.
const LEAF_ROWS: usize = 2 * LANES;

/// Leaves of a subtree below which its build is not worth a thread.
const LEAVES_A_TASK: usize = 256;

/// A balanced kd-tree (Bentley 1975; Friedman, Bentley & Finkel 1977): every inner node cuts its rows at the
/// median of the column in which they spread most.
///
/// Rows are kept in the order of the leaves, column by column in blocks of eight, so that a leaf is scanned
/// with vector instructions. A row's place in that order is its *position*.
/// The shape depends on the number of rows alone: nodes are numbered in pre-order and hold nothing but their
/// box.
///
/// Building costs `O(n d + n log n)` time and is parallel; memory is `8 n d` bytes for the rows, `n d` bytes
/// for the boxes, and `4 n` for the order. The same on any number of threads.
#[derive(Debug, Clone)]
pub struct KdTree {
    n_rows: usize,
    n_cols: usize,
    rows: Vec<u32>,
    blocks: Vec<Octet>,
    boxes: Vec<f64>,
}

/// One node of a [`KdTree`]: a run of leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    index: u32,
    first_leaf: u32,
    n_leaves: u32,
}

impl Node {
    /// The node's number, `0..n_nodes`; children have higher numbers than their parent.
    pub fn index(self) -> usize {
        self.index as usize
    }

    /// The two halves; `None` for a leaf.
    #[inline(always)]
    pub fn children(self) -> Option<[Self; 2]> {
        if self.n_leaves == 1 {
            return None;
        }
        let left = self.n_leaves.div_ceil(2);
        Some([
            Self { index: self.index + 1, first_leaf: self.first_leaf, n_leaves: left },
            Self {
                index: self.index + 2 * left,
                first_leaf: self.first_leaf + left,
                n_leaves: self.n_leaves - left,
            },
        ])
    }
}

impl KdTree {
    /// The tree of all rows of `x`; at least one row and fewer than 2³² of them.
    pub fn new(x: &Matrix) -> Self {
        let (n_rows, n_cols) = (x.n_rows(), x.n_cols());
        let mut rows: Vec<u32> = (0..n_rows as u32).collect();
        let n_leaves = n_rows.div_ceil(LEAF_ROWS).max(1);
        let mut boxes = vec![0.0; (2 * n_leaves - 1) * 2 * n_cols];
        split(x, &mut rows, &mut boxes, n_leaves);
        // Lanes without a row are infinitely far from everything.
        let mut blocks = vec![Octet([f64::INFINITY; LANES]); n_rows.div_ceil(LANES) * n_cols];
        blocks.par_chunks_mut(n_cols).zip(rows.par_chunks(LANES)).with_min_len(512).for_each(
            |(block, rows)| {
                for (lane, &row) in rows.iter().enumerate() {
                    for (lanes, value) in block.iter_mut().zip(x.row(row as usize)) {
                        lanes[lane] = *value;
                    }
                }
            },
        );
        Self { n_rows, n_cols, rows, blocks, boxes }
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns.
    pub fn n_cols(&self) -> usize {
        self.n_cols
    }

    /// Number of nodes.
    pub fn n_nodes(&self) -> usize {
        self.boxes.len() / (2 * self.n_cols)
    }

    /// The node that holds all rows.
    #[inline(always)]
    pub fn root(&self) -> Node {
        Node { index: 0, first_leaf: 0, n_leaves: self.n_rows.div_ceil(LEAF_ROWS).max(1) as u32 }
    }

    /// The nodes in the order of their numbers.
    pub fn nodes(&self) -> Vec<Node> {
        let mut nodes = Vec::with_capacity(self.n_nodes());
        let mut open = vec![self.root()];
        while let Some(node) = open.pop() {
            nodes.push(node);
            if let Some([left, right]) = node.children() {
                open.extend([right, left]);
            }
        }
        nodes
    }

    /// The positions of a node's rows.
    #[inline(always)]
    pub fn positions(&self, node: Node) -> Range<usize> {
        let (first, n) = (node.first_leaf as usize, node.n_leaves as usize);
        first * LEAF_ROWS..((first + n) * LEAF_ROWS).min(self.n_rows)
    }

    /// The rows in the order of their positions.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Copies the values of the row at a position.
    #[inline(always)]
    pub fn read(&self, position: usize, row: &mut [f64]) {
        let block = &self.blocks[position / LANES * self.n_cols..][..self.n_cols];
        for (value, lanes) in row.iter_mut().zip(block) {
            *value = lanes[position % LANES];
        }
    }

    /// The least and the greatest value of every column in a node: low, high, low, high, …
    #[inline(always)]
    pub fn bounds(&self, node: Node) -> &[f64] {
        &self.boxes[node.index() * 2 * self.n_cols..][..2 * self.n_cols]
    }

    /// Squared distance from a point to a node's box; no row in it is nearer.
    #[inline(always)]
    pub fn nearest_squared(&self, node: Node, point: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (bounds, value) in self.bounds(node).as_chunks::<2>().0.iter().zip(point) {
            let outside = (bounds[0] - value).max(value - bounds[1]).max(0.0);
            sum += outside * outside;
        }
        sum
    }

    /// Squared distance from a point to the far corner of a node's box; no row in it is farther.
    #[inline(always)]
    pub fn farthest_squared(&self, node: Node, point: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (bounds, value) in self.bounds(node).as_chunks::<2>().0.iter().zip(point) {
            let farthest = (value - bounds[0]).abs().max((bounds[1] - value).abs());
            sum += farthest * farthest;
        }
        sum
    }

    /// Squared distances from a point to the eight rows of the block at a position (a multiple of eight);
    /// infinite in lanes without a row. Each is summed in the order of the columns.
    #[inline(always)]
    pub fn block_squared(&self, position: usize, point: &[f64]) -> [f64; LANES] {
        let mut sums = [0.0; LANES];
        let block = &self.blocks[position / LANES * self.n_cols..][..self.n_cols];
        for (lanes, value) in block.iter().zip(point) {
            for lane in 0..LANES {
                let difference = lanes[lane] - value;
                sums[lane] += difference * difference;
            }
        }
        sums
    }

    /// Walks the nodes that may hold what is looked for, near ones first, and shows every leaf reached.
    ///
    /// `keep(node, nearest)` says whether a node may still matter, given the squared distance to its box;
    /// it is asked when the node is met and again when its turn comes. `leaf` sees the positions of a leaf
    /// and says whether the search is over.
    #[inline(always)]
    pub fn walk(
        &self,
        point: &[f64],
        open: &mut Vec<(f64, Node)>,
        mut keep: impl FnMut(Node, f64) -> bool,
        mut leaf: impl FnMut(Range<usize>) -> bool,
    ) {
        open.clear();
        let root = self.root();
        let nearest = self.nearest_squared(root, point);
        if keep(root, nearest) {
            open.push((nearest, root));
        }
        while let Some((nearest, mut node)) = open.pop() {
            if !keep(node, nearest) {
                continue;
            }
            loop {
                let Some([left, right]) = node.children() else {
                    if leaf(self.positions(node)) {
                        return;
                    }
                    break;
                };
                let to_left = self.nearest_squared(left, point);
                let to_right = self.nearest_squared(right, point);
                let ((near, to_near), (far, to_far)) = if to_right < to_left {
                    ((right, to_right), (left, to_left))
                } else {
                    ((left, to_left), (right, to_right))
                };
                if keep(far, to_far) {
                    open.push((to_far, far));
                }
                if !keep(near, to_near) {
                    break;
                }
                node = near;
            }
        }
    }

    /// The nearest rows of a point, until their weights reach what `near` asks for.
    #[inline(always)]
    pub fn nearest(&self, point: &[f64], weights: Option<&[f64]>, near: &mut Nearby) {
        let Nearby { wanted, found, total, open } = near;
        found.clear();
        *total = 0.0;
        let reach = std::cell::Cell::new(f64::INFINITY);
        self.walk(
            point,
            open,
            |_, nearest| nearest < reach.get(),
            |positions| {
                for start in positions.step_by(LANES) {
                    let squared = self.block_squared(start, point);
                    for (lane, &squared) in squared.iter().enumerate() {
                        if squared < reach.get() {
                            let position = start + lane;
                            let weight = weights.map_or(1.0, |w| w[position]);
                            let at = found.partition_point(|f| f.squared <= squared);
                            found.insert(at, Neighbour { squared, position: position as u32, weight });
                            *total += weight;
                            while found.last().is_some_and(|last| *total - last.weight >= *wanted) {
                                *total -= found.pop().map_or(0.0, |last| last.weight);
                            }
                            if *total >= *wanted {
                                reach.set(found.last().map_or(f64::INFINITY, |last| last.squared));
                            }
                        }
                    }
                }
                false
            },
        );
    }
}

/// The nearest rows found so far, and memory that one search hands to the next.
#[derive(Debug, Clone)]
pub struct Nearby {
    wanted: f64,
    found: Vec<Neighbour>,
    total: f64,
    open: Vec<(f64, Node)>,
}

/// A row near a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// Squared distance.
    pub squared: f64,
    /// Position in the tree.
    pub position: u32,
    /// Its weight.
    pub weight: f64,
}

impl Nearby {
    /// Looks for the nearest rows whose weights reach `wanted` (rows weigh 1 where no weights are given).
    pub fn new(wanted: f64) -> Self {
        Self { wanted, found: Vec::new(), total: 0.0, open: Vec::new() }
    }

    /// What was found, nearest first; fewer than wanted only where the tree holds no more.
    pub fn found(&self) -> &[Neighbour] {
        &self.found
    }

    /// Squared distance to the farthest of them; infinite where the tree holds too few.
    pub fn reach(&self) -> f64 {
        if self.total < self.wanted {
            return f64::INFINITY;
        }
        self.found.last().map_or(f64::INFINITY, |last| last.squared)
    }
}

/// Orders the rows of a subtree of `n_leaves` leaves and writes its boxes, in pre-order.
fn split(x: &Matrix, rows: &mut [u32], boxes: &mut [f64], n_leaves: usize) {
    let width = 2 * x.n_cols();
    let (own, below) = boxes.split_at_mut(width);
    bound(x, rows, own);
    if n_leaves == 1 {
        return;
    }
    let spread = |column: usize| own[2 * column + 1] - own[2 * column];
    let mut widest = 0;
    for column in 1..x.n_cols() {
        if spread(column) > spread(widest) {
            widest = column;
        }
    }
    let left_leaves = n_leaves.div_ceil(2);
    let cut = left_leaves * LEAF_ROWS;
    let value = |row: u32| x.row(row as usize)[widest];
    rows.select_nth_unstable_by(cut, |&a, &b| value(a).total_cmp(&value(b)).then(a.cmp(&b)));
    let (left, right) = rows.split_at_mut(cut);
    let (left_boxes, right_boxes) = below.split_at_mut((2 * left_leaves - 1) * width);
    let right_leaves = n_leaves - left_leaves;
    if n_leaves < LEAVES_A_TASK {
        split(x, left, left_boxes, left_leaves);
        split(x, right, right_boxes, right_leaves);
    } else {
        rayon::join(
            || split(x, left, left_boxes, left_leaves),
            || split(x, right, right_boxes, right_leaves),
        );
    }
}

/// The least and the greatest value of every column.
fn bound(x: &Matrix, rows: &[u32], bounds: &mut [f64]) {
    for pair in bounds.as_chunks_mut::<2>().0 {
        *pair = [f64::INFINITY, f64::NEG_INFINITY];
    }
    for &row in rows {
        for (pair, &value) in bounds.as_chunks_mut::<2>().0.iter_mut().zip(x.row(row as usize)) {
            *pair = [pair[0].min(value), pair[1].max(value)];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::distance::squared;
    use crate::math::random::Random;

    fn rows(n: usize, d: usize, steps: f64) -> Matrix {
        let mut random = Random::new(3);
        let values = (0..n * d).map(|_| (random.uniform() * steps).floor()).collect();
        Matrix::new(d, values).unwrap()
    }

    #[test]
    fn every_row_is_in_one_leaf_and_inside_the_boxes_above_it() {
        for n in [1, 7, 16, 17, 40, 1000] {
            let x = rows(n, 3, 20.0);
            let tree = KdTree::new(&x);
            let mut seen = tree.rows().to_vec();
            seen.sort_unstable();
            assert_eq!(seen, (0..n as u32).collect::<Vec<_>>());
            let nodes = tree.nodes();
            assert_eq!(nodes.len(), tree.n_nodes());
            let mut in_leaves = 0;
            for (number, node) in nodes.into_iter().enumerate() {
                assert_eq!(node.index(), number);
                let mut row = vec![0.0; 3];
                for position in tree.positions(node) {
                    tree.read(position, &mut row);
                    assert_eq!(row, x.row(tree.rows()[position] as usize));
                    assert_eq!(tree.nearest_squared(node, &row), 0.0);
                }
                if node.children().is_none() {
                    in_leaves += tree.positions(node).len();
                }
            }
            assert_eq!(in_leaves, n);
        }
    }

    #[test]
    fn the_nearest_rows_are_those_that_a_full_scan_finds() {
        for (n, d, steps) in [(300, 2, 9.0), (500, 4, 1e6), (20, 1, 3.0)] {
            let x = rows(n, d, steps);
            let tree = KdTree::new(&x);
            for k in [1, 5, 17] {
                let mut nearby = Nearby::new(k as f64);
                for query in x.rows() {
                    let mut all: Vec<f64> = x.rows().map(|row| squared(row, query)).collect();
                    all.sort_by(f64::total_cmp);
                    tree.nearest(query, None, &mut nearby);
                    let found: Vec<f64> = nearby.found().iter().map(|f| f.squared).collect();
                    assert_eq!(found, all[..k.min(n)]);
                    assert_eq!(nearby.reach(), all[k - 1]);
                }
            }
        }
    }

    #[test]
    fn weights_are_counted_as_rows() {
        let x = Matrix::new(1, vec![0.0, 1.0, 3.0, 7.0]).unwrap();
        let tree = KdTree::new(&x);
        let weights: Vec<f64> = tree.rows().iter().map(|&row| f64::from(row) + 0.5).collect();
        let reach = |wanted| {
            let mut nearby = Nearby::new(wanted);
            tree.nearest(&[0.0], Some(&weights), &mut nearby);
            nearby.reach()
        };
        assert_eq!(
            [0.5, 0.6, 2.0, 2.1, 4.5, 8.0, 9.0].map(reach),
            [0.0, 1.0, 1.0, 9.0, 9.0, 49.0, f64::INFINITY]
        );
    }
}
