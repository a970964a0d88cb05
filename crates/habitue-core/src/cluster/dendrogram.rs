//! The tree of merges that agglomerative methods make.

use super::union::Union;
use crate::{Error, Result};

/// Two clusters become one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Merge {
    /// The lower-numbered cluster: a leaf below `n_leaves`, else the merge numbered `a − n_leaves`.
    pub a: u32,
    /// The higher-numbered one.
    pub b: u32,
    /// How far apart they were.
    pub height: f64,
    /// The weight of both together.
    pub weight: f64,
}

/// All merges from single leaves to one cluster, lowest first.
///
/// The columns of `scipy`'s linkage matrix, with the same numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Dendrogram {
    /// Number of leaves; at least 1.
    pub n_leaves: usize,
    /// `n_leaves − 1` merges.
    pub merges: Vec<Merge>,
}

impl Dendrogram {
    /// Puts joins of leaves, lowest first, together as merges; `weights` has one value a leaf.
    pub(super) fn new(weights: &[f64], joins: &[Join]) -> Self {
        let n = weights.len();
        let union = Union::new(n);
        // The number and the weight of the cluster at each representative.
        let mut clusters: Vec<(u32, f64)> = (0..).zip(weights.iter().copied()).collect();
        let mut merges = Vec::with_capacity(joins.len());
        for (join, number) in joins.iter().zip(n as u32..) {
            let (a, b) = (clusters[union.find(join.a) as usize], clusters[union.find(join.b) as usize]);
            union.join(join.a, join.b);
            let weight = a.1 + b.1;
            clusters[union.find(join.a) as usize] = (number, weight);
            merges.push(Merge { a: a.0.min(b.0), b: a.0.max(b.0), height: join.height, weight });
        }
        Self { n_leaves: n, merges }
    }

    /// The cluster of every leaf when `k` clusters are left, numbered by their first leaf.
    ///
    /// # Errors
    /// [`Error::SegmentCount`] unless `1 ≤ k ≤ n_leaves`.
    pub fn cut(&self, k: usize) -> Result<Vec<u32>> {
        if k == 0 || k > self.n_leaves {
            return Err(Error::SegmentCount { k, distinct: self.n_leaves });
        }
        let union = Union::new(self.n_leaves);
        // A leaf of every cluster.
        let mut leaf: Vec<u32> = (0..self.n_leaves as u32).collect();
        for merge in &self.merges[..self.n_leaves - k] {
            let (a, b) = (leaf[merge.a as usize], leaf[merge.b as usize]);
            union.join(a, b);
            leaf.push(a);
        }
        let mut numbers = vec![u32::MAX; self.n_leaves];
        let mut next = 0;
        let labels = (0..self.n_leaves as u32).map(|leaf| {
            let number = &mut numbers[union.find(leaf) as usize];
            if *number == u32::MAX {
                *number = next;
                next += 1;
            }
            *number
        });
        Ok(labels.collect())
    }
}

/// Two leaves whose clusters become one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Join {
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) height: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_become_merges_and_a_cut_undoes_the_last_of_them() {
        let joins = [(2, 3, 1.0), (0, 1, 2.0), (3, 0, 5.0)].map(|(a, b, height)| Join { a, b, height });
        let tree = Dendrogram::new(&[1.0, 2.0, 1.0, 1.0], &joins);
        let merge = |a, b, height, weight| Merge { a, b, height, weight };
        assert_eq!(tree.merges, [merge(2, 3, 1.0, 2.0), merge(0, 1, 2.0, 3.0), merge(4, 5, 5.0, 5.0)]);
        assert_eq!(tree.cut(1).unwrap(), [0, 0, 0, 0]);
        assert_eq!(tree.cut(2).unwrap(), [0, 0, 1, 1]);
        assert_eq!(tree.cut(3).unwrap(), [0, 1, 2, 2]);
        assert_eq!(tree.cut(4).unwrap(), [0, 1, 2, 3]);
        assert!(tree.cut(0).is_err() && tree.cut(5).is_err());
    }
}
