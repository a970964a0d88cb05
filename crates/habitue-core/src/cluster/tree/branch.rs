//! One subtree: nodes in preorder, rows in blocks of eight.

use crate::math::lanes::{LANES, Octet};

/// Rows of a leaf at most.
pub(super) const LEAF_ROWS: usize = 128;

/// A subtree, its nodes in preorder: a node is followed by its left child, and the nodes below it end where
/// the next one beside it begins.
#[derive(Debug)]
pub(super) struct Branch {
    /// The row in each slot.
    pub rows: Vec<u32>,
    /// Column `j` of the eight rows of block `b` at `b · d + j`; lanes beyond the last row repeat it.
    pub blocks: Vec<Octet>,
    /// How often each slot counts; empty if all count once.
    pub weights: Vec<f64>,
    pub nodes: Vec<Node>,
    /// Per node the middle of its box, half its widths (rounded up) and the sum of its rows, `d` values each.
    pub geometry: Vec<f64>,
}

/// A box of rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// The first slot.
    pub first: u32,
    /// Number of slots.
    pub n_rows: u32,
    /// The node after the last one below this.
    pub end: u32,
    /// Total weight.
    pub mass: f64,
    /// Weighted sum of squared distances of the rows to their mean.
    pub scatter: f64,
    /// Half the diagonal of the box, rounded up.
    pub radius: f64,
}

impl Node {
    pub(super) fn slots(&self) -> std::ops::Range<usize> {
        self.first as usize..(self.first + self.n_rows) as usize
    }
}

impl Branch {
    pub(super) fn is_leaf(&self, node: usize) -> bool {
        self.nodes[node].end as usize == node + 1
    }

    /// The right child of an inner node.
    pub(super) fn right(&self, node: usize) -> usize {
        self.nodes[node + 1].end as usize
    }

    pub(super) fn sum(&self, node: usize, d: usize) -> &[f64] {
        &self.geometry[(3 * node + 2) * d..(3 * node + 3) * d]
    }

    pub(super) fn weight(&self, slot: usize) -> f64 {
        if self.weights.is_empty() { 1.0 } else { self.weights[slot] }
    }

    pub(super) fn value(&self, slot: usize, column: usize, d: usize) -> f64 {
        self.blocks[slot / LANES * d + column][slot % LANES]
    }

    /// Appends the means and weights of nodes of at most `most` rows, and of such parts of larger leaves.
    pub(super) fn summarise(&self, most: usize, d: usize, values: &mut Vec<f64>, masses: &mut Vec<f64>) {
        let mut node = 0;
        while node < self.nodes.len() {
            let Node { n_rows, end, mass, .. } = self.nodes[node];
            if n_rows as usize <= most {
                values.extend(self.sum(node, d).iter().map(|sum| sum / mass));
                masses.push(mass);
                node = end as usize;
                continue;
            }
            if self.is_leaf(node) {
                let slots = self.nodes[node].slots();
                for first in slots.clone().step_by(most / LANES * LANES) {
                    let part = first..(first + most / LANES * LANES).min(slots.end);
                    let mass: f64 = part.clone().map(|slot| self.weight(slot)).sum();
                    let sum = |column: usize| {
                        part.clone().map(|slot| self.weight(slot) * self.value(slot, column, d)).sum::<f64>()
                    };
                    values.extend((0..d).map(|column| sum(column) / mass));
                    masses.push(mass);
                }
            }
            node += 1;
        }
    }
}
