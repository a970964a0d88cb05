//! Lloyd's iterations on a tree.

use rayon::prelude::*;

use super::Tree;
use super::branch::{Branch, Node};
use super::centres::{Frame, Wide};
use super::filter::{Pass, Scratch};
use super::owners::{MIXED, Moves, NOBODY, Owners};
use crate::math::distance::squared;
use crate::math::lanes::LANES;

/// Iterations ahead for which candidates are kept.
const REACH: f64 = 8.0;

/// How many times what an iteration gains may be left to gain.
const AHEAD: f64 = 20.0;
/// The share of all scatter that a difference of sums of squares may be wrong by, more than enough.
const ROUNDING: f64 = 1e-11;

/// Centres on their way to a fixed point of Lloyd's map.
pub(crate) struct Run<'a> {
    tree: &'a Tree,
    k: usize,
    /// `k × d`.
    pub(crate) centres: Vec<f64>,
    owners: Vec<Owners>,
    /// Sums and masses of the clusters that the owners make, as in [`Moves`].
    totals: Moves,
    frame: Frame,
    /// How many times rows were assigned.
    pub(crate) iterations: usize,
    /// Whether labels have stopped changing.
    pub(crate) converged: bool,
}

impl<'a> Run<'a> {
    /// Stands at the given centres, `k × d`; nothing is assigned yet.
    pub(crate) fn new(tree: &'a Tree, start: Vec<f64>) -> Self {
        let d = tree.n_cols;
        let k = start.len() / d;
        let mut totals = Moves::default();
        totals.clear(k, d);
        let wide = Wide::new(&start, d);
        Self {
            tree,
            k,
            centres: start,
            owners: tree.branches.iter().map(Owners::new).collect(),
            totals,
            frame: Frame { k, d, wide, travelled: vec![0.0; k + 1], farthest: 0.0, reach: 0.0 },
            iterations: 0,
            converged: false,
        }
    }

    /// Iterates until no label changes, or `max_iterations` passes are done.
    ///
    /// The sums that centres are means of are kept up to date by what changes; at the end they are added up anew,
    /// and the labels must hold for the new means too.
    pub(crate) fn settle(&mut self, max_iterations: usize) {
        loop {
            while !self.converged && self.iterations < max_iterations {
                self.iterations += 1;
                self.converged = self.assign() == 0;
                if !self.converged && self.iterations < max_iterations {
                    self.step();
                }
            }
            if !self.converged {
                return;
            }
            self.add_up();
            let centres = self.means();
            if centres == self.centres {
                return;
            }
            self.move_to(centres);
            if self.assign() == 0 {
                return;
            }
            self.converged = false;
            if self.iterations < max_iterations {
                self.step();
            }
        }
    }

    /// Iterates until no more than `few` labels change in a pass, without the last check; whether the inertia may be
    /// below a bound.
    ///
    /// Ends early where that does not seem so: where [`AHEAD`] times what the last iteration gained would not reach it,
    /// by more than what is lost to rounding where clusters are far apart.
    pub(crate) fn settle_roughly(&mut self, few: usize, max_iterations: usize, bound: f64) -> bool {
        let scatter = if bound < f64::INFINITY { self.scatter() } else { 0.0 };
        let mut before = f64::INFINITY;
        while self.iterations < max_iterations {
            self.iterations += 1;
            if self.assign() <= few {
                return true;
            }
            if bound < f64::INFINITY {
                let inertia = scatter - self.between();
                if inertia - AHEAD * (before - inertia) - ROUNDING * scatter > bound {
                    return false;
                }
                before = inertia;
            }
            self.step();
        }
        true
    }

    /// The weighted sum of squared distances of all rows to their mean.
    fn scatter(&self) -> f64 {
        let d = self.tree.n_cols;
        let of_branch = |branch: &Branch| {
            let Node { mass, scatter, .. } = branch.nodes[0];
            scatter + mass * squared_from(branch.sum(0, d), mass, &self.tree.mean)
        };
        self.tree.branches.iter().map(of_branch).sum()
    }

    /// The part of it that lies between the clusters: the weighted sum of squared distances of their means to that of all.
    fn between(&self) -> f64 {
        let d = self.tree.n_cols;
        let (sums, masses) = self.totals.sums.split_at(self.k * d);
        let of_cluster = |(sum, &mass): (&[f64], &f64)| mass * squared_from(sum, mass, &self.tree.mean);
        let clusters = sums.chunks_exact(d).zip(masses).zip(&self.totals.won);
        clusters.filter(|(_, won)| **won > 0).map(|(cluster, _)| of_cluster(cluster)).sum()
    }

    /// Moves every centre to the mean of its rows; a centre without rows takes the row farthest from its own.
    fn step(&mut self) {
        let centres = if self.totals.won.contains(&0) { self.repaired() } else { self.means() };
        self.move_to(centres);
    }

    /// Assigns all rows; the number of labels that changed.
    fn assign(&mut self) -> usize {
        let (frame, k, d) = (&self.frame, self.k, self.tree.n_cols);
        let pass = |scratch: &mut Scratch, (branch, owners): (&Branch, &mut Owners)| {
            pulp::Arch::new().dispatch(Pass { branch, frame, owners, scratch });
        };
        if let ([branch], [owners]) = (self.tree.branches.as_slice(), self.owners.as_mut_slice()) {
            pass(&mut Scratch::new(k), (branch, owners));
        } else {
            let both = self.tree.branches.par_iter().zip(self.owners.par_iter_mut());
            both.for_each_init(|| Scratch::new(k), pass);
        }
        let mut changed = 0;
        for moves in self.owners.iter().map(|owners| &owners.moves).filter(|moves| moves.n_rows > 0) {
            self.totals.merge(moves);
            changed += moves.n_rows;
        }
        debug_assert_eq!(self.totals.sums.len(), k * (d + 1));
        changed
    }

    /// Adds up the clusters anew, from the owners.
    fn add_up(&mut self) {
        let (k, d) = (self.k, self.tree.n_cols);
        let add = |(branch, owners): (&Branch, &Owners)| {
            let mut moves = Moves::default();
            moves.clear(k, d);
            owners.for_each(branch, |owner, node, slot| match (node, slot) {
                (node, None) => moves.add(owner, branch.sum(node, d), branch.nodes[node].mass, k),
                (_, Some(slot)) => {
                    let row: Vec<f64> = (0..d).map(|column| branch.value(slot, column, d)).collect();
                    let weight = branch.weight(slot);
                    let row: Vec<f64> = row.iter().map(|v| v * weight).collect();
                    moves.add(owner, &row, weight, k);
                }
            });
            moves
        };
        let parts: Vec<Moves> = self.tree.branches.par_iter().zip(&self.owners).map(add).collect();
        self.totals.sums.fill(0.0);
        for part in &parts {
            self.totals.sums.iter_mut().zip(&part.sums).for_each(|(sum, part)| *sum += part);
        }
    }

    /// The means of the clusters; a cluster without rows keeps its centre.
    fn means(&self) -> Vec<f64> {
        let d = self.tree.n_cols;
        let mut centres = self.centres.clone();
        for (label, centre) in
            centres.chunks_exact_mut(d).enumerate().filter(|(l, _)| self.totals.won[*l] > 0)
        {
            let sums = &self.totals.sums[label * d..(label + 1) * d];
            let mass = self.totals.sums[self.k * d + label];
            centre.iter_mut().zip(sums).for_each(|(centre, sum)| *centre = sum / mass);
        }
        centres
    }

    /// The means after every cluster without rows has taken the row farthest from its own centre: the lowest row
    /// of equals, never the last row of another cluster.
    fn repaired(&mut self) -> Vec<f64> {
        let d = self.tree.n_cols;
        let mut rows: Vec<(f64, u32, u32, usize, usize)> = Vec::with_capacity(self.tree.n_rows);
        for (at, (branch, owners)) in self.tree.branches.iter().zip(&self.owners).enumerate() {
            owners.for_each_slot(branch, |owner, slot| {
                let centre = &self.centres[owner as usize * d..(owner as usize + 1) * d];
                let row: Vec<f64> = (0..d).map(|column| branch.value(slot, column, d)).collect();
                rows.push((squared(&row, centre), branch.rows[slot], owner, at, slot));
            });
        }
        rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let before = (self.totals.sums.clone(), self.totals.won.clone());
        let mut taken = vec![false; rows.len()];
        for empty in (0..self.k).filter(|&label| before.1[label] == 0) {
            let movable =
                |&at: &usize| !taken[at] && rows[at].0 > 0.0 && self.totals.won[rows[at].2 as usize] > 1;
            let Some(found) = (0..rows.len()).find(movable) else { break };
            taken[found] = true;
            let (_, _, owner, at, slot) = rows[found];
            let branch = &self.tree.branches[at];
            let weight = branch.weight(slot);
            for (label, sign) in [(owner as usize, -1.0), (empty, 1.0)] {
                for column in 0..d {
                    self.totals.sums[label * d + column] += sign * weight * branch.value(slot, column, d);
                }
                self.totals.sums[self.k * d + label] += sign * weight;
                self.totals.won[label] += sign as i64;
            }
        }
        let centres = self.means();
        // The owners are as they were, and so are their totals.
        (self.totals.sums, self.totals.won) = before;
        centres
    }

    fn move_to(&mut self, centres: Vec<f64>) {
        let d = self.tree.n_cols;
        let moved = self.centres.chunks_exact(d).zip(centres.chunks_exact(d));
        let moved: Vec<f64> = moved.map(|(a, b)| squared(a, b).sqrt() * (1.0 + 1e-12)).collect();
        let farthest = moved.iter().fold(0.0, |a: f64, &b| a.max(b));
        // Sums are rounded up: many small travels never vanish in a long one.
        let add = |total: f64, moved: f64| if moved > 0.0 { (total + moved).next_up() } else { total };
        self.frame.farthest = add(self.frame.farthest, farthest);
        self.frame.reach = REACH * farthest;
        self.frame.travelled.iter_mut().zip(&moved).for_each(|(total, &moved)| *total = add(*total, moved));
        self.frame.wide = Wide::new(&centres, d);
        self.centres = centres;
    }

    /// The weighted sum of squared distances of all rows to the centres that own them.
    pub(crate) fn inertia(&self) -> f64 {
        let d = self.tree.n_cols;
        let of_branch = |(branch, owners): (&Branch, &Owners)| {
            pulp::Arch::new().dispatch(Inertia { branch, owners, centres: &self.centres, d })
        };
        let parts: Vec<f64> = self.tree.branches.par_iter().zip(&self.owners).map(of_branch).collect();
        parts.iter().sum()
    }

    /// The label of each row.
    pub(crate) fn labels(&self) -> Vec<u32> {
        let mut labels = vec![0; self.tree.n_rows];
        for (branch, owners) in self.tree.branches.iter().zip(&self.owners) {
            owners.for_each_slot(branch, |owner, slot| labels[branch.rows[slot] as usize] = owner);
        }
        labels
    }
}

/// The squared distance of the mean of some rows to another.
fn squared_from(sum: &[f64], mass: f64, mean: &[f64]) -> f64 {
    let differences = sum.iter().zip(mean).map(|(sum, mean)| sum / mass - mean);
    differences.map(|difference| difference * difference).sum()
}

impl Moves {
    fn merge(&mut self, other: &Self) {
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, part)| *sum += part);
        self.won.iter_mut().zip(&other.won).for_each(|(won, part)| *won += part);
    }

    fn add(&mut self, label: u32, sum: &[f64], mass: f64, k: usize) {
        let (label, d) = (label as usize, sum.len());
        self.sums[label * d..(label + 1) * d].iter_mut().zip(sum).for_each(|(s, v)| *s += v);
        self.sums[k * d + label] += mass;
    }
}

impl Owners {
    /// Every owned node in order, with no slot, and every slot of a mixed leaf.
    #[inline(always)]
    fn for_each(&self, branch: &Branch, mut visit: impl FnMut(u32, usize, Option<usize>)) {
        let mut node = 0;
        while node < branch.nodes.len() {
            let owner = self.owner[node];
            if owner != MIXED {
                visit(owner, node, None);
                node = branch.nodes[node].end as usize;
                continue;
            }
            if branch.is_leaf(node) {
                branch.nodes[node].slots().for_each(|slot| visit(self.labels[slot], node, Some(slot)));
            }
            node += 1;
        }
    }

    /// Every slot with its owner.
    #[inline(always)]
    fn for_each_slot(&self, branch: &Branch, mut visit: impl FnMut(u32, usize)) {
        self.for_each(branch, |owner, node, slot| match slot {
            Some(slot) => visit(owner, slot),
            None if owner == NOBODY => {}
            None => branch.nodes[node].slots().for_each(|slot| visit(owner, slot)),
        });
    }
}

/// The inertia of one branch: that of an owned node is its scatter and its mass at its mean (König & Huygens).
struct Inertia<'a> {
    branch: &'a Branch,
    owners: &'a Owners,
    centres: &'a [f64],
    d: usize,
}

impl pulp::NullaryFnOnce for Inertia<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        let d = self.d;
        let mut total = 0.0;
        self.owners.for_each(self.branch, |owner, node, slot| {
            let centre = &self.centres[owner as usize * d..(owner as usize + 1) * d];
            if let Some(slot) = slot {
                let mut squared = 0.0;
                for (column, centre) in self.branch.blocks[slot / LANES * d..][..d].iter().zip(centre) {
                    squared += (column[slot % LANES] - centre) * (column[slot % LANES] - centre);
                }
                total += self.branch.weight(slot) * squared;
                return;
            }
            let Node { mass, scatter, .. } = self.branch.nodes[node];
            let to_mean = self.branch.sum(node, d).iter().zip(centre).map(|(sum, c)| sum / mass - c);
            total += scatter + mass * to_mean.map(|difference| difference * difference).sum::<f64>();
        });
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Matrix;
    use crate::math::random::Random;

    fn random_tree(seed: u64) -> Tree {
        let mut random = Random::new(seed);
        let x = Matrix::new(3, (0..6000).map(|_| 1000.0 + random.uniform()).collect()).unwrap();
        let weights: Vec<f64> = (0..2000).map(|_| 1.0 + random.uniform()).collect();
        Tree::new(&x, Some(&weights))
    }

    #[test]
    fn inertia_is_what_of_the_scatter_does_not_lie_between_the_clusters() {
        let tree = random_tree(1);
        let mut run = Run::new(&tree, tree.branches[0].blocks[..6].iter().map(|octet| octet[0]).collect());
        run.settle(1000);
        let inertia = run.inertia();
        let rest = run.scatter() - run.between();
        assert!((rest - inertia).abs() <= 1e-9 * inertia, "{rest} is not {inertia}");
    }

    #[test]
    fn a_run_far_above_the_bound_ends_early_and_one_that_reaches_it_ends_as_without() {
        let tree = random_tree(2);
        let start: Vec<f64> = (0..8)
            .flat_map(|at| tree.branches[0].blocks[3 * at..][..3].to_vec())
            .map(|octet| octet[0])
            .collect();
        let settled = |bound: f64| {
            let mut run = Run::new(&tree, start.clone());
            let is_below = run.settle_roughly(0, 1000, bound);
            (is_below, run.iterations, run.inertia(), run.centres)
        };
        let free = settled(f64::INFINITY);
        assert!(free.0);
        assert_eq!(settled(free.2), free);
        let hopeless = settled(0.5 * free.2);
        assert!(!hopeless.0 && hopeless.1 < free.1, "{} iterations of {}", hopeless.1, free.1);
    }

    #[test]
    fn no_run_is_given_up_for_what_rounding_makes_of_its_inertia() {
        // Two clouds so far apart that the scatter is known to no more than the hundredfold of the inertia.
        let mut random = Random::new(3);
        let row = |at: usize| if at.is_multiple_of(2) { 1e9 } else { 0.0 };
        let x = Matrix::new(1, (0..2000).map(|at| row(at) + random.uniform()).collect()).unwrap();
        let tree = Tree::new(&x, None);
        let start = vec![0.1, 0.2, 0.9, 1e9 + 0.1, 1e9 + 0.2, 1e9 + 0.9];
        let mut run = Run::new(&tree, start.clone());
        run.settle(1000);
        let least = run.inertia();
        let mut run = Run::new(&tree, start);
        assert!(run.settle_roughly(0, 1000, least), "given up above {least}");
    }
}
