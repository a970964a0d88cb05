//! Which core rows hang together: chains of core rows, each within eps of the next.

use pulp::Arch;
use rayon::prelude::*;

use crate::cluster::union::Union;
use crate::math::kd_tree::{KdTree, Node};
use crate::math::lanes::LANES;

/// No core row.
const NONE: u32 = u32::MAX;

/// Rows of two nodes above which their halves are worth a thread each.
const ROWS_A_TASK: usize = 4096;

/// Whether each row (by position in the tree) is a core row: the rows within the radius, itself included,
/// weigh at least `enough`.
///
/// A node whose box is no wider than the radius answers for all its rows if they weigh enough; others are
/// counted one by one, and only until they weigh enough.
pub(super) fn core_rows(tree: &KdTree, weights: Option<&[f64]>, squared: f64, enough: f64) -> Vec<bool> {
    // Weight of all rows before a position.
    let before: Option<Vec<f64>> = weights.map(|weights| {
        let sums = weights.iter().scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        std::iter::once(0.0).chain(sums).collect()
    });
    let weight = |node: Node| {
        let positions = tree.positions(node);
        before.as_ref().map_or(positions.len() as f64, |b| b[positions.end] - b[positions.start])
    };
    let cells = cells(tree, squared);
    let of_cell = |&node: &Node| -> Vec<bool> {
        let positions = tree.positions(node);
        if width_squared(tree, node) <= squared && weight(node) >= enough {
            return vec![true; positions.len()];
        }
        let mut point = vec![0.0; tree.n_cols()];
        let mut open = Vec::new();
        let count = |position| {
            tree.read(position, &mut point);
            weighs_enough(tree, weights, &weight, &point, squared, enough, &mut open)
        };
        Arch::new().dispatch(|| positions.map(count).collect())
    };
    cells.par_iter().with_min_len(16).map(of_cell).collect::<Vec<_>>().concat()
}

/// The highest nodes no wider than the radius, and the leaves that are wider, in the order of their rows.
fn cells(tree: &KdTree, squared: f64) -> Vec<Node> {
    let mut cells = Vec::new();
    let mut open = vec![tree.root()];
    while let Some(node) = open.pop() {
        match node.children() {
            Some([left, right]) if width_squared(tree, node) > squared => open.extend([right, left]),
            _ => cells.push(node),
        }
    }
    cells
}

/// Whether the rows within the radius of a point weigh enough.
#[inline(always)]
fn weighs_enough(
    tree: &KdTree,
    weights: Option<&[f64]>,
    weight: &impl Fn(Node) -> f64,
    point: &[f64],
    squared: f64,
    enough: f64,
    open: &mut Vec<Node>,
) -> bool {
    let mut sum = 0.0;
    open.clear();
    open.push(tree.root());
    while let Some(node) = open.pop() {
        if tree.farthest_squared(node, point) <= squared {
            sum += weight(node);
        } else if let Some([left, right]) = node.children() {
            let to_left = tree.nearest_squared(left, point);
            let to_right = tree.nearest_squared(right, point);
            let [near, far] = if to_right < to_left {
                [(right, to_right), (left, to_left)]
            } else {
                [(left, to_left), (right, to_right)]
            };
            if far.1 <= squared {
                open.push(far.0);
            }
            if near.1 <= squared {
                open.push(near.0);
            }
        } else {
            for start in tree.positions(node).step_by(LANES) {
                for (lane, distance) in tree.block_squared(start, point).into_iter().enumerate() {
                    if distance <= squared {
                        sum += weights.map_or(1.0, |w| w[start + lane]);
                    }
                }
            }
        }
        if sum >= enough {
            return true;
        }
    }
    false
}

/// Squared diagonal of a node's box; no two rows in it are farther apart.
fn width_squared(tree: &KdTree, node: Node) -> f64 {
    tree.bounds(node).as_chunks::<2>().0.iter().map(|b| (b[1] - b[0]) * (b[1] - b[0])).sum()
}

/// The core rows joined into sets.
///
/// Two nodes are compared box against box first: too far apart, or so near that all their core rows join, or
/// joined already, and nobody looks at their rows. The sets do not depend on the order of joining.
pub(super) fn connect(tree: &KdTree, is_core: &[bool], squared: f64) -> Union {
    let mut first_core = vec![NONE; tree.n_nodes()];
    let mut is_cell = vec![false; tree.n_nodes()];
    for node in tree.nodes().into_iter().rev() {
        is_cell[node.index()] = width_squared(tree, node) <= squared;
        first_core[node.index()] = match node.children() {
            Some(halves) => halves.map(|half| first_core[half.index()]).into_iter().min().unwrap_or(NONE),
            None => tree.positions(node).find(|&p| is_core[p]).map_or(NONE, |p| p as u32),
        };
    }
    let union = Union::new(tree.n_rows());
    let connect = Connect { tree, is_core, squared, first_core, is_cell, union: &union, arch: Arch::new() };
    connect.inside(tree.root());
    union
}

struct Connect<'a> {
    tree: &'a KdTree,
    is_core: &'a [bool],
    squared: f64,
    /// The first core row of each node.
    first_core: Vec<u32>,
    /// Whether all rows of a node are within the radius of each other.
    is_cell: Vec<bool>,
    union: &'a Union,
    arch: Arch,
}

impl Connect<'_> {
    fn first(&self, node: Node) -> u32 {
        self.first_core[node.index()]
    }

    /// Joins all core rows of a node with one.
    fn join_all(&self, node: Node, with: u32) {
        for position in self.tree.positions(node).filter(|&p| self.is_core[p]) {
            self.union.join(position as u32, with);
        }
    }

    /// Joins core rows of one node that are within the radius of each other.
    fn inside(&self, node: Node) {
        if self.first(node) == NONE {
            return;
        }
        if self.is_cell[node.index()] {
            self.join_all(node, self.first(node));
            return;
        }
        let Some([left, right]) = node.children() else {
            self.rows(node, node, false);
            return;
        };
        if self.tree.positions(node).len() > ROWS_A_TASK {
            rayon::join(|| self.inside(left), || self.inside(right));
        } else {
            self.inside(left);
            self.inside(right);
        }
        self.between(left, right);
    }

    /// Joins core rows of two nodes that are within the radius of each other.
    fn between(&self, a: Node, b: Node) {
        let (first_a, first_b) = (self.first(a), self.first(b));
        if first_a == NONE || first_b == NONE {
            return;
        }
        let [nearest, farthest] = self.box_to_box(a, b);
        if nearest > self.squared {
            return;
        }
        // Once the core rows of each side hang together, one pair joins all.
        let is_one_pair = self.is_cell[a.index()] && self.is_cell[b.index()];
        if is_one_pair && self.union.same(first_a, first_b) {
            return;
        }
        if farthest <= self.squared {
            self.join_all(a, first_b);
            self.join_all(b, first_a);
            return;
        }
        let (rows_a, rows_b) = (self.tree.positions(a).len(), self.tree.positions(b).len());
        let (halves, other) = match (a.children(), b.children()) {
            (Some(halves), _) if rows_a >= rows_b => (halves, b),
            (_, Some(halves)) => (halves, a),
            (Some(halves), None) => (halves, b),
            (None, None) => {
                self.rows(a, b, is_one_pair);
                return;
            }
        };
        let [mut near, mut far] = halves;
        if self.box_to_box(far, other)[0] < self.box_to_box(near, other)[0] {
            (near, far) = (far, near);
        }
        if !is_one_pair && rows_a + rows_b > ROWS_A_TASK {
            rayon::join(|| self.between(near, other), || self.between(far, other));
        } else {
            self.between(near, other);
            self.between(far, other);
        }
    }

    /// Joins the core rows of two leaves, pair by pair; the first pair is enough where `is_one_pair`.
    fn rows(&self, a: Node, b: Node, is_one_pair: bool) {
        let tree = self.tree;
        self.arch.dispatch(|| {
            let mut point = vec![0.0; tree.n_cols()];
            for first in tree.positions(a).filter(|&p| self.is_core[p]) {
                tree.read(first, &mut point);
                if tree.nearest_squared(b, &point) > self.squared {
                    continue;
                }
                for start in tree.positions(b).step_by(LANES) {
                    for (lane, distance) in tree.block_squared(start, &point).into_iter().enumerate() {
                        if distance <= self.squared && self.is_core[start + lane] {
                            self.union.join(first as u32, (start + lane) as u32);
                            if is_one_pair {
                                return;
                            }
                        }
                    }
                }
            }
        });
    }

    /// Squared distances between two boxes: of their nearest and of their farthest points.
    fn box_to_box(&self, a: Node, b: Node) -> [f64; 2] {
        let (mut nearest, mut farthest) = (0.0, 0.0);
        let bounds =
            self.tree.bounds(a).as_chunks::<2>().0.iter().zip(self.tree.bounds(b).as_chunks::<2>().0);
        for (a, b) in bounds {
            let gap = (b[0] - a[1]).max(a[0] - b[1]).max(0.0);
            let span = (a[1] - b[0]).max(b[1] - a[0]);
            nearest += gap * gap;
            farthest += span * span;
        }
        [nearest, farthest]
    }
}
