//! The hierarchy of dense places, reduced to the splits that matter.

use crate::cluster::dendrogram::Dendrogram;

/// A cluster of the condensed tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Branch {
    /// The cluster that it split from; the root has none.
    pub(super) parent: Option<u32>,
    /// The distance below which it is a cluster of its own; infinite for the root.
    pub(super) birth: f64,
    /// The distance at which the last of it is gone or it splits.
    pub(super) death: f64,
    /// `Σ (1 / distance − 1 / birth)` over its members, by the distance at which they leave: its excess of mass
    /// (Campello et al. 2013, eq. 3).
    pub(super) stability: f64,
    has_children: bool,
}

/// Where a leaf of the hierarchy ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct End {
    /// The branch that it leaves.
    pub(super) branch: u32,
    /// The distance at which it does.
    pub(super) distance: f64,
}

/// The condensed tree (Campello et al. 2013, §4): a branch splits only into parts that weigh at least
/// `min_size`; smaller parts fall off.
///
/// - `tree`: merges at mutual reachability distances; `core`: the core distance of each leaf; `weights` of the
///   leaves. A leaf of several equal rows comes apart at its core distance.
/// - Merges at the same distance are one split into all their parts, so the tree does not depend on the order
///   of rows. Branches are numbered parents first, the root 0.
pub(super) fn condense(
    tree: &Dendrogram,
    core: &[f64],
    weights: &[f64],
    min_size: f64,
) -> (Vec<Branch>, Vec<End>) {
    let n = tree.n_leaves;
    let height = |node: u32| {
        if (node as usize) < n { core[node as usize] } else { tree.merges[node as usize - n].height }
    };
    let weight = |node: u32| {
        if (node as usize) < n { weights[node as usize] } else { tree.merges[node as usize - n].weight }
    };
    let root = Branch {
        parent: None,
        birth: f64::INFINITY,
        death: f64::INFINITY,
        stability: 0.0,
        has_children: false,
    };
    let mut branches = vec![root];
    let mut ends = vec![End { branch: 0, distance: 0.0 }; n];
    let mut open = vec![((2 * n - 2) as u32, 0_u32)];
    while let Some((node, at)) = open.pop() {
        let distance = height(node);
        let parts = parts(tree, node, &height);
        let branch = &mut branches[at as usize];
        branch.death = branch.death.min(distance);
        let is_large = |part: &Part| !part.falls_apart && weight(part.node) >= min_size;
        let n_large = parts.iter().filter(|part| is_large(part)).count();
        for part in &parts {
            if !is_large(part) || n_large > 1 {
                let branch = &mut branches[at as usize];
                branch.stability += (1.0 / distance - 1.0 / branch.birth) * weight(part.node);
            }
            if !is_large(part) {
                fall(tree, part.node, End { branch: at, distance }, &mut ends);
            } else if n_large == 1 {
                open.push((part.node, at));
            } else {
                open.push((part.node, branches.len() as u32));
                branches[at as usize].has_children = true;
                let (parent, birth) = (Some(at), distance);
                branches.push(Branch { parent, birth, death: birth, stability: 0.0, has_children: false });
            }
        }
    }
    (branches, ends)
}

struct Part {
    node: u32,
    /// A leaf whose equal rows come apart at the very distance of the split.
    falls_apart: bool,
}

/// What a node comes apart into at its height, by the order of the parts' first leaves in the tree.
fn parts(tree: &Dendrogram, node: u32, height: &impl Fn(u32) -> f64) -> Vec<Part> {
    let at = height(node);
    let mut parts = Vec::with_capacity(2);
    let mut open = vec![node];
    while let Some(part) = open.pop() {
        let comes_apart = height(part) >= at;
        match (part as usize).checked_sub(tree.n_leaves) {
            Some(merge) if comes_apart => open.extend([tree.merges[merge].b, tree.merges[merge].a]),
            Some(_) => parts.push(Part { node: part, falls_apart: false }),
            None => parts.push(Part { node: part, falls_apart: comes_apart }),
        }
    }
    parts
}

/// All leaves below a node end.
fn fall(tree: &Dendrogram, node: u32, end: End, ends: &mut [End]) {
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        match (node as usize).checked_sub(tree.n_leaves) {
            Some(merge) => open.extend([tree.merges[merge].a, tree.merges[merge].b]),
            None => ends[node as usize] = end,
        }
    }
}

/// Which branches are clusters, by the excess of mass (Campello et al. 2013, §5, algorithm 3): the set without
/// overlap whose stabilities add up to the most, the wider of equals.
pub(super) fn by_mass(branches: &[Branch], allow_single: bool) -> Vec<bool> {
    let mut is_cluster = vec![false; branches.len()];
    let mut below = vec![0.0; branches.len()];
    for (at, branch) in branches.iter().enumerate().rev() {
        is_cluster[at] = (allow_single || at > 0) && branch.stability >= below[at];
        if let Some(parent) = branch.parent {
            below[parent as usize] += branch.stability.max(below[at]);
        }
    }
    // Only the highest on every path stays.
    let mut is_covered = vec![false; branches.len()];
    for (at, branch) in branches.iter().enumerate() {
        is_covered[at] = branch.parent.is_some_and(|p| is_covered[p as usize] || is_cluster[p as usize]);
        is_cluster[at] &= !is_covered[at];
    }
    is_cluster
}

/// The branches that do not split; the root only if it may be the single cluster.
pub(super) fn by_leaf(branches: &[Branch], allow_single: bool) -> Vec<bool> {
    branches.iter().map(|b| !b.has_children && (allow_single || b.parent.is_some())).collect()
}
