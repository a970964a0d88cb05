//! The shortest tree that joins all rows.

use pulp::Arch;
use rayon::prelude::*;

use super::union::Union;
use crate::math::kd_tree::{KdTree, Node};
use crate::math::lanes::LANES;

/// No row, no component, or more than one.
const NONE: u32 = u32::MAX;

/// Rows that one task searches for; fixed, so that what a task has learnt does not depend on threads.
const ROWS_A_TASK: usize = 2048;

/// Components whose best edge a task remembers.
const REMEMBERED: usize = 256;

/// An edge between two rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edge {
    /// The lower row.
    pub(super) a: u32,
    /// The higher row.
    pub(super) b: u32,
    /// Squared length.
    pub(super) squared: f64,
}

/// A minimum spanning tree of the rows of a tree, shortest edge first; `n − 1` edges.
///
/// The squared length of an edge is `max(core_a, core_b, ‖a − b‖²)`, the mutual reachability of Campello et al.
/// 2013 (def. 5); with `core` 0 everywhere it is the plain distance. `core` holds squares, by position in the
/// tree.
///
/// Borůvka's rounds: every component finds its shortest way out and takes it. Ways out are found by one walk
/// of the kd-tree for a row, which skips nodes that belong to the row's own component or are too far
/// (March, Ram & Gray 2010); a way found stays the row's best until its end joins the component, and a row
/// whose best is known to be longer than the component's is not searched for.
///
/// Where lengths tie there are several shortest trees; all have the same lengths and join the same rows at
/// every length. Rows must differ, else equal rows are compared with each other. About `O(n log² n)` in few
/// dimensions, `O(n)` memory; the same on any number of threads.
pub(super) fn spanning_tree(tree: &KdTree, core: &[f64]) -> Vec<Edge> {
    let n = tree.n_rows();
    let nodes = tree.nodes();
    let mut least_core = vec![f64::INFINITY; nodes.len()];
    for node in nodes.iter().rev() {
        least_core[node.index()] = match node.children() {
            Some([left, right]) => least_core[left.index()].min(least_core[right.index()]),
            None => core[tree.positions(*node)].iter().copied().fold(f64::INFINITY, f64::min),
        };
    }
    let mut ways: Vec<Way> = core.iter().map(|&core| Way { squared: core, to: NONE }).collect();
    let mut components: Vec<u32> = (0..n as u32).collect();
    let union = Union::new(n);
    let mut edges = Vec::with_capacity(n.saturating_sub(1));
    let mut best = vec![f64::INFINITY; n];
    while edges.len() + 1 < n {
        components
            .par_iter_mut()
            .enumerate()
            .with_min_len(4096)
            .for_each(|(at, c)| *c = union.find(at as u32));
        let pure = pure_nodes(tree, &nodes, &components);
        best.fill(f64::INFINITY);
        for (way, &component) in ways.iter_mut().zip(&components) {
            if way.to != NONE && components[way.to as usize] == component {
                way.to = NONE;
            } else if way.to != NONE {
                let best = &mut best[component as usize];
                *best = best.min(way.squared);
            }
        }
        let search =
            Search { tree, core, least_core: &least_core, components: &components, pure: &pure, best: &best };
        ways.par_chunks_mut(ROWS_A_TASK).enumerate().for_each(|(task, ways)| {
            Arch::new().dispatch(|| search.task(task * ROWS_A_TASK, ways));
        });
        join(shortest(&ways, &components), &union, &mut edges);
    }
    for edge in &mut edges {
        let (a, b) = (tree.rows()[edge.a as usize], tree.rows()[edge.b as usize]);
        (edge.a, edge.b) = (a.min(b), a.max(b));
    }
    edges.sort_unstable_by(by_length);
    edges
}

fn by_length(one: &Edge, other: &Edge) -> std::cmp::Ordering {
    one.squared.total_cmp(&other.squared).then((one.a, one.b).cmp(&(other.a, other.b)))
}

/// The shortest way out of every component, in the order of their first rows; the lower ends of equals.
fn shortest(ways: &[Way], components: &[u32]) -> Vec<Edge> {
    let mut shortest: Vec<Option<Edge>> = vec![None; ways.len()];
    for ((from, way), &component) in (0_u32..).zip(ways).zip(components) {
        if way.to != NONE {
            let edge = Edge { a: from.min(way.to), b: from.max(way.to), squared: way.squared };
            let best = &mut shortest[component as usize];
            if best.is_none_or(|best| by_length(&edge, &best).is_lt()) {
                *best = Some(edge);
            }
        }
    }
    shortest.into_iter().flatten().collect()
}

/// Takes edges, shortest first, that join what is still apart.
///
/// Shortest first, because then a component whose way out closes a circle of equal lengths can do without it.
fn join(mut chosen: Vec<Edge>, union: &Union, edges: &mut Vec<Edge>) {
    chosen.sort_unstable_by(by_length);
    edges.extend(chosen.into_iter().filter(|edge| union.join(edge.a, edge.b)));
}

/// The component of each node's rows; [`NONE`] where there are several.
fn pure_nodes(tree: &KdTree, nodes: &[Node], components: &[u32]) -> Vec<u32> {
    let mut pure = vec![NONE; nodes.len()];
    for node in nodes.iter().rev() {
        pure[node.index()] = match node.children() {
            Some([left, right]) if pure[left.index()] == pure[right.index()] => pure[left.index()],
            Some(_) => NONE,
            None => {
                let of = &components[tree.positions(*node)];
                if of.iter().all(|c| *c == of[0]) { of[0] } else { NONE }
            }
        };
    }
    pure
}

/// A row's shortest way to another component, or, without `to`, a length that it is not below.
#[derive(Clone, Copy)]
struct Way {
    squared: f64,
    to: u32,
}

struct Search<'a> {
    tree: &'a KdTree,
    core: &'a [f64],
    least_core: &'a [f64],
    components: &'a [u32],
    pure: &'a [u32],
    best: &'a [f64],
}

impl Search<'_> {
    /// Searches for some rows in a row, each no farther than the best way that is known of its component.
    #[inline(always)]
    fn task(&self, first: usize, ways: &mut [Way]) {
        let mut point = vec![0.0; self.tree.n_cols()];
        let mut open = Vec::new();
        let mut remembered = [(NONE, f64::INFINITY); REMEMBERED];
        for (position, way) in (first..).zip(ways) {
            if way.to != NONE {
                continue;
            }
            let component = self.components[position];
            let memory = &mut remembered[component as usize % REMEMBERED];
            if memory.0 != component {
                *memory = (component, self.best[component as usize]);
            }
            if way.squared < memory.1 {
                self.tree.read(position, &mut point);
                *way = self.way(position, &point, component, memory.1, &mut open);
                if way.to != NONE {
                    memory.1 = way.squared;
                }
            }
        }
    }

    /// The shortest way from a row out of its component, if it is shorter than `bound`.
    #[inline(always)]
    fn way(
        &self,
        position: usize,
        point: &[f64],
        component: u32,
        bound: f64,
        open: &mut Vec<(f64, Node)>,
    ) -> Way {
        let core = self.core[position];
        let best = std::cell::Cell::new(Way { squared: bound, to: NONE });
        self.tree.walk(
            point,
            open,
            |node, nearest| {
                self.pure[node.index()] != component
                    && nearest.max(core).max(self.least_core[node.index()]) < best.get().squared
            },
            |positions| {
                for start in positions.clone().step_by(LANES) {
                    let squared = self.tree.block_squared(start, point);
                    for (lane, other) in (start..positions.end.min(start + LANES)).enumerate() {
                        if squared[lane] < best.get().squared && self.components[other] != component {
                            let squared = squared[lane].max(core).max(self.core[other]);
                            if squared < best.get().squared {
                                best.set(Way { squared, to: other as u32 });
                            }
                        }
                    }
                }
                // Nothing is nearer than the row's own core.
                best.get().squared <= core
            },
        );
        best.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Matrix;
    use crate::math::distance::squared;
    use crate::math::random::Random;

    /// Prim's algorithm over all pairs; lengths, shortest first.
    fn plain(x: &Matrix, core: &[f64]) -> Vec<f64> {
        let n = x.n_rows();
        let mut lengths = vec![f64::INFINITY; n];
        let mut outside: Vec<usize> = (1..n).collect();
        let (mut last, mut found) = (0, Vec::new());
        while !outside.is_empty() {
            for &row in &outside {
                let length = squared(x.row(row), x.row(last)).max(core[row]).max(core[last]);
                lengths[row] = lengths[row].min(length);
            }
            let at = (0..outside.len()).min_by(|&a, &b| lengths[outside[a]].total_cmp(&lengths[outside[b]]));
            last = outside.swap_remove(at.unwrap());
            found.push(lengths[last]);
        }
        found.sort_by(f64::total_cmp);
        found
    }

    #[test]
    fn the_tree_is_as_short_as_that_of_prim() {
        let mut random = Random::new(6);
        for (n, d, steps) in
            [(1, 2, 4.0), (2, 1, 9.0), (700, 2, 30.0), (900, 3, 1e9), (300, 1, 1e3), (400, 6, 4.0)]
        {
            let values = (0..n * d).map(|_| (random.uniform() * steps).floor()).collect();
            let x = Matrix::new(d, values).unwrap();
            let tree = KdTree::new(&x);
            let core: Vec<f64> = (0..n).map(|_| (random.uniform() * steps / 3.0).floor()).collect();
            for core in [vec![0.0; n], core] {
                let of_position: Vec<f64> = tree.rows().iter().map(|&row| core[row as usize]).collect();
                let found = spanning_tree(&tree, &of_position);
                let lengths: Vec<f64> = found.iter().map(|e| e.squared).collect();
                assert_eq!(lengths, plain(&x, &core));
                for edge in &found {
                    let (a, b) = (edge.a as usize, edge.b as usize);
                    assert_eq!(edge.squared, squared(x.row(a), x.row(b)).max(core[a]).max(core[b]));
                }
                let union = Union::new(n);
                assert!(found.iter().all(|e| union.join(e.a, e.b)));
            }
        }
    }
}
