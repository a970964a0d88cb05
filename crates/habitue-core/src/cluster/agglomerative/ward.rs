//! Ward's hierarchy without a matrix of distances.

use std::cell::Cell;

use pulp::Arch;
use rayon::prelude::*;

use crate::Matrix;
use crate::cluster::dendrogram::Join;
use crate::math::distance::squared;
use crate::math::kd_tree::{KdTree, Node};
use crate::math::lanes::LANES;

/// No cluster.
const NONE: u32 = u32::MAX;

/// The joins of Ward's hierarchy (Ward 1963) over weighted rows, lowest first.
///
/// Two clusters are as far apart as their union adds to the sum of squares: `d² = 2 w_a w_b / (w_a + w_b) ·
/// ‖μ_a − μ_b‖²`, so centres and weights are all that is kept of them. In every round each cluster knows its
/// nearest (the lower number of equals), and all pairs that are nearest to each other are joined: the
/// distance is reducible, so the tree is that of joining one pair at a time (Bruynooghe 1978; Sumengen et al.
/// 2021). Only clusters whose nearest was joined search again, by a kd-tree over the centres that knows the
/// least weight below each node.
///
/// About `O(n log n)` time in few dimensions, `O(n² d)` at worst, and `O(n d)` memory. The same on any number
/// of threads.
pub(super) fn ward(rows: &Matrix, weights: &[f64]) -> Vec<Join> {
    let n = rows.n_rows();
    let mut clusters = Clusters::new(rows, weights);
    let mut joins: Vec<Join> = Vec::with_capacity(n.saturating_sub(1));
    let mut index = Index::new(&clusters);
    let mut searching: Vec<u32> = (0..n as u32).collect();
    while joins.len() + 1 < n {
        if index.is_worn(searching.len()) {
            index = Index::new(&clusters);
        }
        let nearest = index.search(&clusters, &searching);
        for (&at, near) in searching.iter().zip(nearest) {
            clusters.nearest[at as usize] = near;
        }
        let pairs = clusters.mutual();
        if pairs.is_empty() {
            // Rounding has made what was nearest no longer so.
            searching = clusters.living().collect();
            continue;
        }
        for (a, b) in pairs {
            joins.push(clusters.join(a, b));
            index.renew(a);
        }
        searching = clusters.living().filter(|&at| clusters.must_search(at)).collect();
    }
    joins.sort_by(|one, other| one.height.total_cmp(&other.height));
    joins
}

/// All clusters that there are, each at the number of its first row.
struct Clusters {
    d: usize,
    centres: Vec<f64>,
    /// 0 where a cluster was joined to another.
    weights: Vec<f64>,
    /// The height of the last join.
    heights: Vec<f64>,
    /// The nearest cluster and how far it is; [`NONE`] where it must be searched for.
    nearest: Vec<(f64, u32)>,
}

impl Clusters {
    fn new(rows: &Matrix, weights: &[f64]) -> Self {
        let n = rows.n_rows();
        Self {
            d: rows.n_cols(),
            centres: rows.values().to_vec(),
            weights: weights.to_vec(),
            heights: vec![0.0; n],
            nearest: vec![(f64::INFINITY, NONE); n],
        }
    }

    fn centre(&self, at: u32) -> &[f64] {
        &self.centres[at as usize * self.d..][..self.d]
    }

    fn lives(&self, at: u32) -> bool {
        self.weights[at as usize] > 0.0
    }

    fn living(&self) -> impl Iterator<Item = u32> {
        (0..self.weights.len() as u32).filter(|&at| self.lives(at))
    }

    /// Pairs that are nearest to each other, the lower number first.
    fn mutual(&self) -> Vec<(u32, u32)> {
        let partner = |at: u32| self.nearest[at as usize].1;
        let is_mutual = |&(a, b): &(u32, u32)| a < b && b != NONE && partner(b) == a;
        self.living().map(|at| (at, partner(at))).filter(is_mutual).collect()
    }

    /// Makes one cluster of two, at the number of the first.
    fn join(&mut self, a: u32, b: u32) -> Join {
        let (i, j) = (a as usize, b as usize);
        // Rounding must not put a join below those that it is made of.
        let height = (2.0 * self.nearest[i].0).sqrt().max(self.heights[i]).max(self.heights[j]);
        let weight = self.weights[i] + self.weights[j];
        let share = self.weights[j] / weight;
        for column in 0..self.d {
            let from = self.centres[i * self.d + column];
            self.centres[i * self.d + column] += share * (self.centres[j * self.d + column] - from);
        }
        (self.weights[i], self.weights[j], self.heights[i]) = (weight, 0.0, height);
        (self.nearest[i].1, self.nearest[j].1) = (NONE, NONE);
        Join { a, b, height }
    }

    /// Whether a cluster is new or its nearest has changed or gone.
    fn must_search(&self, at: u32) -> bool {
        let near = self.nearest[at as usize].1;
        near == NONE || self.nearest[near as usize].1 == NONE
    }
}

/// A kd-tree over the centres of some moment, and the clusters that have changed since.
struct Index {
    tree: KdTree,
    /// The cluster at each position of the tree.
    clusters: Vec<u32>,
    /// The position of each cluster.
    positions: Vec<u32>,
    /// The least weight below each node.
    least_weight: Vec<f64>,
    is_renewed: Vec<bool>,
    renewed: Vec<u32>,
}

impl Index {
    fn new(clusters: &Clusters) -> Self {
        let living: Vec<u32> = clusters.living().collect();
        let values = living.iter().flat_map(|&at| clusters.centre(at)).copied().collect();
        let centres = Matrix::new(clusters.d, values).expect("means of finite rows are finite");
        let tree = KdTree::new(&centres);
        let of_position: Vec<u32> = tree.rows().iter().map(|&row| living[row as usize]).collect();
        let mut least_weight = vec![0.0; tree.n_nodes()];
        for node in tree.nodes().into_iter().rev() {
            least_weight[node.index()] = match node.children() {
                Some([left, right]) => f64::min(least_weight[left.index()], least_weight[right.index()]),
                None => {
                    let weights =
                        of_position[tree.positions(node)].iter().map(|&at| clusters.weights[at as usize]);
                    weights.fold(f64::INFINITY, f64::min)
                }
            };
        }
        let mut positions = vec![0; clusters.weights.len()];
        for (position, &at) in (0..).zip(&of_position) {
            positions[at as usize] = position;
        }
        let is_renewed = vec![false; clusters.weights.len()];
        Self { tree, clusters: of_position, positions, least_weight, is_renewed, renewed: Vec::new() }
    }

    /// Marks a cluster that was made since.
    fn renew(&mut self, at: u32) {
        if !self.is_renewed[at as usize] {
            self.is_renewed[at as usize] = true;
            self.renewed.push(at);
        }
    }

    /// Whether looking through what has changed costs more than a new tree.
    fn is_worn(&self, n_searches: usize) -> bool {
        let n = self.clusters.len();
        2 * self.renewed.len() > n || self.renewed.len() * n_searches > 32 * n
    }

    /// The nearest of each of some clusters.
    fn search(&self, clusters: &Clusters, searching: &[u32]) -> Vec<(f64, u32)> {
        let renewed: Vec<u32> = self.renewed.iter().copied().filter(|&at| clusters.lives(at)).collect();
        // Neighbours in the tree are searched for one after the other.
        let mut order: Vec<u32> = (0..searching.len() as u32).collect();
        order.sort_unstable_by_key(|&at| self.positions[searching[at as usize] as usize]);
        let of_some = |order: &[u32]| -> Vec<(u32, (f64, u32))> {
            let mut open = Vec::new();
            Arch::new().dispatch(|| {
                let near =
                    |&at: &u32| (at, self.nearest(clusters, searching[at as usize], &renewed, &mut open));
                order.iter().map(near).collect()
            })
        };
        let found: Vec<_> = order.par_chunks(512).map(of_some).collect();
        let mut nearest = vec![(f64::INFINITY, NONE); searching.len()];
        for (at, near) in found.into_iter().flatten() {
            nearest[at as usize] = near;
        }
        nearest
    }

    /// The nearest of one cluster, the lower number of equals, and half its squared distance.
    #[inline(always)]
    fn nearest(
        &self,
        clusters: &Clusters,
        of: u32,
        renewed: &[u32],
        open: &mut Vec<(f64, Node)>,
    ) -> (f64, u32) {
        let (centre, weight) = (clusters.centre(of), clusters.weights[of as usize]);
        let apart = |other: f64, squared: f64| weight * other / (weight + other) * squared;
        let best = Cell::new((f64::INFINITY, NONE));
        for &at in renewed.iter().filter(|&&at| at != of) {
            let found = (apart(clusters.weights[at as usize], squared(centre, clusters.centre(at))), at);
            if found < best.get() {
                best.set(found);
            }
        }
        self.tree.walk(
            centre,
            open,
            // A hair of slack for the rounding of the weights.
            |node, nearest| apart(self.least_weight[node.index()], nearest) * (1.0 - 1e-12) <= best.get().0,
            |positions| {
                for start in positions.clone().step_by(LANES) {
                    let squared = self.tree.block_squared(start, centre);
                    for (lane, &at) in
                        self.clusters[start..positions.end.min(start + LANES)].iter().enumerate()
                    {
                        if at == of || self.is_renewed[at as usize] || !clusters.lives(at) {
                            continue;
                        }
                        let found = (apart(clusters.weights[at as usize], squared[lane]), at);
                        if found < best.get() {
                            best.set(found);
                        }
                    }
                }
                false
            },
        );
        best.get()
    }
}
