//! One assignment of a branch: which centre owns which node, worked out again only where it can have changed.

use super::branch::Branch;
use crate::math::lanes::LANES;

/// The owner of a node whose rows belong to several centres; the rows then have labels of their own.
pub(super) const MIXED: u32 = u32::MAX;
/// The owner of a node that no centre has owned yet.
pub(super) const NOBODY: u32 = u32::MAX - 1;
/// The coordinate of a centre that fills up a block of eight: far from everything, with a finite square.
const NOWHERE: f64 = 1e150;

/// Centres eight side by side, column by column, as the kernels read them.
pub(super) struct Wide {
    n: usize,
    /// Column `j` of the eight centres of block `b` at `b · d + j`.
    blocks: Vec<[f64; LANES]>,
    labels: Vec<u32>,
}

impl Wide {
    fn with_room(k: usize, d: usize) -> Self {
        Self { n: 0, blocks: vec![[NOWHERE; LANES]; k.div_ceil(LANES) * d], labels: vec![0; k] }
    }

    pub(super) fn new(centres: &[f64], d: usize) -> Self {
        let k = centres.len() / d;
        let mut wide = Self::with_room(k, d);
        for (index, centre) in centres.chunks_exact(d).enumerate() {
            for (column, &value) in centre.iter().enumerate() {
                wide.blocks[index / LANES * d + column][index % LANES] = value;
            }
            wide.labels[index] = index as u32;
        }
        wide.n = k;
        wide
    }
}

/// The centres of one iteration, and how far they have come since the first.
pub(super) struct Frame {
    pub k: usize,
    pub d: usize,
    pub wide: Wide,
    /// How far each centre has travelled, plus how far the farthest travelled of each iteration together.
    pub travelled: Vec<f64>,
    /// Twice how far the farthest travelled of each iteration together.
    pub twice: f64,
}

/// What is remembered of a branch from one iteration to the next.
pub(super) struct Owners {
    /// The owner of each node; below an owned node nothing is up to date.
    pub owner: Vec<u32>,
    /// The travel at which something in a node may change: of its owner, or twice the farthest.
    limit: Vec<f64>,
    /// The label of each slot, where its leaf is mixed.
    pub labels: Vec<u32>,
    /// What changed in the last pass.
    pub moves: Moves,
}

/// Rows that changed hands: what that adds to the sums of the clusters.
#[derive(Default)]
pub(super) struct Moves {
    /// `k × d`, then `k` masses.
    pub sums: Vec<f64>,
    /// Rows that each cluster has won, less those it has lost.
    pub won: Vec<i64>,
    /// Rows whose label is another than before.
    pub n_rows: usize,
}

impl Moves {
    pub(super) fn clear(&mut self, k: usize, d: usize) {
        if self.n_rows > 0 || self.sums.len() != k * (d + 1) {
            self.sums.clear();
            self.sums.resize(k * (d + 1), 0.0);
            self.won.clear();
            self.won.resize(k, 0);
        }
        self.n_rows = 0;
    }
}

impl Owners {
    pub(super) fn new(branch: &Branch) -> Self {
        Self {
            owner: vec![NOBODY; branch.nodes.len()],
            limit: vec![f64::NEG_INFINITY; branch.nodes.len()],
            labels: vec![0; branch.rows.len()],
            moves: Moves::default(),
        }
    }

    /// Has the next pass look at everything again.
    pub(super) fn forget_limits(&mut self) {
        self.limit.fill(f64::NEG_INFINITY);
    }
}

/// Buffers of a pass, used again and again.
pub(super) struct Scratch {
    /// Candidates for the node at each depth.
    candidates: Vec<Wide>,
    stack: Vec<Visit>,
    /// Inner nodes that were opened, parents before children.
    opened: Vec<u32>,
    squared: Vec<[f64; LANES]>,
    spare: Vec<[f64; LANES]>,
}

#[derive(Clone, Copy)]
struct Visit {
    node: u32,
    depth: u32,
    /// How much farther than the nearest centre those are that were ruled out above.
    slack: f64,
}

impl Scratch {
    pub(super) fn new(k: usize) -> Self {
        Self {
            candidates: Vec::new(),
            stack: Vec::new(),
            opened: Vec::new(),
            squared: vec![[0.0; LANES]; k.div_ceil(LANES)],
            spare: vec![[0.0; LANES]; k.div_ceil(LANES)],
        }
    }
}

/// A pass over one branch; see [`Owners`] for what it leaves behind.
pub(super) struct Pass<'a> {
    pub branch: &'a Branch,
    pub frame: &'a Frame,
    pub owners: &'a mut Owners,
    pub scratch: &'a mut Scratch,
}

impl pulp::NullaryFnOnce for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        match self.frame.d {
            1 => self.run::<1>(),
            2 => self.run::<2>(),
            3 => self.run::<3>(),
            4 => self.run::<4>(),
            5 => self.run::<5>(),
            6 => self.run::<6>(),
            7 => self.run::<7>(),
            8 => self.run::<8>(),
            _ => self.run::<0>(),
        }
    }
}

/// The nearest candidate of a node, and who else may be nearest somewhere in it.
struct Contest {
    winner: usize,
    n_left: usize,
    slack: f64,
}

impl Pass<'_> {
    /// With `D` 0 the number of columns is not known to the compiler.
    #[inline(always)]
    fn run<const D: usize>(&mut self) {
        self.owners.moves.clear(self.frame.k, self.frame.d);
        self.scratch.stack.clear();
        self.scratch.opened.clear();
        self.scratch.stack.push(Visit { node: 0, depth: 0, slack: f64::INFINITY });
        while let Some(visit) = self.scratch.stack.pop() {
            let node = visit.node as usize;
            if self.travel(self.owners.owner[node]) < self.owners.limit[node] {
                continue;
            }
            self.visit::<D>(visit);
        }
        while let Some(node) = self.scratch.opened.pop() {
            let node = node as usize;
            let left = |child: usize| self.owners.limit[child] - self.travel(self.owners.owner[child]);
            let slack = left(node + 1).min(left(self.branch.right(node)));
            self.owners.limit[node] = limit(slack, self.frame.twice);
        }
    }

    /// How far the owner and the others have come towards changing places.
    #[inline(always)]
    fn travel(&self, owner: u32) -> f64 {
        self.frame.travelled.get(owner as usize).copied().unwrap_or(self.frame.twice)
    }

    #[inline(always)]
    fn visit<const D: usize>(&mut self, visit: Visit) {
        let node = visit.node as usize;
        let depth = visit.depth as usize;
        let contest = self.contest::<D>(node, depth, visit.slack);
        let candidates = if depth == 0 { &self.frame.wide } else { &self.scratch.candidates[depth - 1] };
        if contest.n_left == 1 {
            let owner = candidates.labels[contest.winner];
            self.give(node, owner);
            self.owners.limit[node] = limit(contest.slack, self.travel(owner));
            return;
        }
        self.narrow::<D>(depth);
        if self.branch.is_leaf(node) {
            self.label_rows::<D>(node, depth, contest.slack);
            return;
        }
        let right = self.branch.right(node);
        let owner = self.owners.owner[node];
        if owner != MIXED {
            for child in [node + 1, right] {
                (self.owners.owner[child], self.owners.limit[child]) = (owner, f64::NEG_INFINITY);
            }
            self.owners.owner[node] = MIXED;
        }
        self.scratch.opened.push(visit.node);
        for child in [right, node + 1] {
            let child = Visit { node: child as u32, depth: visit.depth + 1, slack: contest.slack };
            self.scratch.stack.push(child);
        }
    }

    /// Measures the candidates against the box of a node.
    ///
    /// For a candidate `z` and the one nearest to the middle, `w`, `‖x − z‖² − ‖x − w‖²` is linear in `x`, so its
    /// least value over the box is that at the middle less `2 Σ hⱼ |zⱼ − wⱼ|`, where `h` is half the box's widths.
    /// Above 0 by more than rounding could be, `z` is nearest nowhere in the box; and divided by the greatest
    /// `‖x − z‖ + ‖x − w‖` it is how much farther `z` is at least.
    /// Leaves in `spare` the margin of each candidate: 0 or less for those that stay.
    #[inline(always)]
    fn contest<const D: usize>(&mut self, node: usize, depth: usize, slack: f64) -> Contest {
        let d = if D == 0 { self.frame.d } else { D };
        let Scratch { candidates, squared, spare, .. } = &mut *self.scratch;
        let candidates = if depth == 0 { &self.frame.wide } else { &candidates[depth - 1] };
        let middle = &self.branch.geometry[3 * node * d..(3 * node + 1) * d];
        let half = &self.branch.geometry[(3 * node + 1) * d..(3 * node + 2) * d];
        let n_blocks = candidates.n.div_ceil(LANES);
        let (mut winner, mut least) = (0, f64::INFINITY);
        for (at, (block, squared)) in
            candidates.blocks.chunks_exact(d).zip(squared.iter_mut()).take(n_blocks).enumerate()
        {
            *squared = [0.0; LANES];
            for (column, middle) in block.iter().zip(middle) {
                for lane in 0..LANES {
                    let difference = column[lane] - middle;
                    squared[lane] += difference * difference;
                }
            }
            for (lane, &squared) in squared.iter().enumerate() {
                (winner, least) = if squared < least { (at * LANES + lane, squared) } else { (winner, least) };
            }
        }
        let radius = self.branch.nodes[node].radius;
        let rounding = (d + 8) as f64 * 4.0 * f64::EPSILON;
        let winner_block = &candidates.blocks[winner / LANES * d..][..d];
        let (mut slack, mut n_left) = (slack, 1);
        let near = least.sqrt() + 2.0 * radius;
        for (at, ((block, squared), spare)) in
            candidates.blocks.chunks_exact(d).zip(squared.iter()).zip(spare.iter_mut()).take(n_blocks).enumerate()
        {
            let mut reach = [0.0; LANES];
            for ((column, half), winner_column) in block.iter().zip(half).zip(winner_block) {
                let of_winner = winner_column[winner % LANES];
                for lane in 0..LANES {
                    reach[lane] += half * (column[lane] - of_winner).abs();
                }
            }
            let mut lowest = [f64::INFINITY; LANES];
            for lane in 0..LANES {
                let greatest = squared[lane] + least + 2.0 * radius * radius;
                let margin = squared[lane] - least - 2.0 * reach[lane] - rounding * greatest;
                spare[lane] = margin;
                let farther = margin / (squared[lane].sqrt() + near);
                lowest[lane] = if margin > 0.0 { farther } else { f64::INFINITY };
            }
            if at == winner / LANES {
                // The winner's margin over itself is not positive, so its own lane is left out already.
                spare[winner % LANES] = 0.0;
                n_left -= 1;
            }
            for lane in 0..LANES {
                n_left += usize::from(spare[lane] <= 0.0);
                slack = if lowest[lane] < slack { lowest[lane] } else { slack };
            }
        }
        Contest { winner, n_left, slack: slack * (1.0 - rounding) }
    }

    /// Copies the candidates that stay to the next depth, in their order.
    #[inline(always)]
    fn narrow<const D: usize>(&mut self, depth: usize) {
        let d = if D == 0 { self.frame.d } else { D };
        if self.scratch.candidates.len() <= depth {
            self.scratch.candidates.push(Wide::with_room(self.frame.k, d));
        }
        let (before, after) = self.scratch.candidates.split_at_mut(depth);
        let from = before.last().unwrap_or(&self.frame.wide);
        let to = &mut after[0];
        let mut n = 0;
        for at in 0..from.n {
            if self.scratch.spare[at / LANES][at % LANES] > 0.0 {
                continue;
            }
            let (source, target) = (at / LANES * d, n / LANES * d);
            for column in 0..d {
                to.blocks[target + column][n % LANES] = from.blocks[source + column][at % LANES];
            }
            to.labels[n] = from.labels[at];
            n += 1;
        }
        to.n = n;
        for empty in n..n.next_multiple_of(LANES) {
            for column in 0..d {
                to.blocks[empty / LANES * d + column][empty % LANES] = NOWHERE;
            }
        }
    }

    /// Gives all rows of a node to one owner.
    #[inline(always)]
    fn give(&mut self, node: usize, owner: u32) {
        if self.owners.owner[node] == owner {
            return;
        }
        let end = self.branch.nodes[node].end as usize;
        let mut at = node;
        while at < end {
            let before = self.owners.owner[at];
            if before != MIXED {
                self.hand_over(at, before, owner);
                at = self.branch.nodes[at].end as usize;
                continue;
            }
            if self.branch.is_leaf(at) {
                for slot in self.branch.nodes[at].slots() {
                    self.hand_over_row(slot, self.owners.labels[slot], owner);
                }
            }
            at += 1;
        }
        self.owners.owner[node] = owner;
    }

    #[inline(always)]
    fn hand_over(&mut self, node: usize, from: u32, to: u32) {
        if from == to {
            return;
        }
        let (k, d) = (self.frame.k, self.frame.d);
        let (mass, n_rows) = (self.branch.nodes[node].mass, self.branch.nodes[node].n_rows);
        let moves = &mut self.owners.moves;
        moves.n_rows += n_rows as usize;
        let sum = self.branch.sum(node, d);
        if from != NOBODY {
            let from = from as usize;
            moves.sums[k * d + from] -= mass;
            moves.won[from] -= i64::from(n_rows);
            moves.sums[from * d..(from + 1) * d].iter_mut().zip(sum).for_each(|(s, v)| *s -= v);
        }
        let to = to as usize;
        moves.sums[k * d + to] += mass;
        moves.won[to] += i64::from(n_rows);
        moves.sums[to * d..(to + 1) * d].iter_mut().zip(sum).for_each(|(s, v)| *s += v);
    }

    #[inline(always)]
    fn hand_over_row(&mut self, slot: usize, from: u32, to: u32) {
        if from == to {
            return;
        }
        let (k, d) = (self.frame.k, self.frame.d);
        let weight = self.branch.weight(slot);
        let moves = &mut self.owners.moves;
        moves.n_rows += 1;
        let values = &self.branch.blocks[slot / LANES * d..][..d];
        if from != NOBODY {
            let from = from as usize;
            moves.sums[k * d + from] -= weight;
            moves.won[from] -= 1;
            for (sum, value) in moves.sums[from * d..(from + 1) * d].iter_mut().zip(values) {
                *sum -= weight * value[slot % LANES];
            }
        }
        let to = to as usize;
        moves.sums[k * d + to] += weight;
        moves.won[to] += 1;
        for (sum, value) in moves.sums[to * d..(to + 1) * d].iter_mut().zip(values) {
            *sum += weight * value[slot % LANES];
        }
    }

    /// Finds the nearest of the candidates left for every row of a leaf.
    #[inline(always)]
    fn label_rows<const D: usize>(&mut self, node: usize, depth: usize, slack: f64) {
        let d = if D == 0 { self.frame.d } else { D };
        let slots = self.branch.nodes[node].slots();
        let before = self.owners.owner[node];
        if before != MIXED {
            self.owners.labels[slots.clone()].fill(before);
        }
        let mut slack = slack;
        let mut slot = slots.start;
        while slot < slots.end {
            let candidates = &self.scratch.candidates[depth];
            let rows = &self.branch.blocks[slot / LANES * d..][..d];
            let nearest = nearest_of_block::<D>(rows, candidates);
            let n_lanes = LANES.min(slots.end - slot);
            for lane in 0..n_lanes {
                let label = self.scratch.candidates[depth].labels[nearest.index[lane] as usize];
                self.hand_over_row(slot + lane, self.owners.labels[slot + lane], label);
                self.owners.labels[slot + lane] = label;
            }
            // Lanes beyond the last row repeat it.
            for lane in 0..LANES {
                slack = if nearest.farther[lane] < slack { nearest.farther[lane] } else { slack };
            }
            slot += LANES;
        }
        let first = self.owners.labels[slots.start];
        let is_one = self.owners.labels[slots].iter().all(|&label| label == first);
        let owner = if is_one { first } else { MIXED };
        self.owners.owner[node] = owner;
        let rounding = (d + 8) as f64 * 4.0 * f64::EPSILON;
        self.owners.limit[node] = limit(slack * (1.0 - rounding), self.travel(owner));
    }
}

/// The travel at which a slack is used up, rounded down.
#[inline(always)]
fn limit(slack: f64, travelled: f64) -> f64 {
    slack + travelled - 4.0 * f64::EPSILON * travelled
}

/// The nearest candidates of eight rows.
struct BlockNearest {
    /// Position among the candidates.
    index: [u64; LANES],
    /// How much farther the second nearest is at least.
    farther: [f64; LANES],
}

#[inline(always)]
fn nearest_of_block<const D: usize>(rows: &[[f64; LANES]], candidates: &Wide) -> BlockNearest {
    let d = if D == 0 { rows.len() } else { D };
    let mut index = [0_u64; LANES];
    let mut best = [f64::INFINITY; LANES];
    let mut second = [f64::INFINITY; LANES];
    for at in 0..candidates.n {
        let block = &candidates.blocks[at / LANES * d..][..d];
        let mut squared = [0.0; LANES];
        for (values, column) in rows[..d].iter().zip(block) {
            let of_centre = column[at % LANES];
            for lane in 0..LANES {
                let difference = values[lane] - of_centre;
                squared[lane] += difference * difference;
            }
        }
        for lane in 0..LANES {
            let nearer = squared[lane] < best[lane];
            let loser = if nearer { best[lane] } else { squared[lane] };
            second[lane] = if loser < second[lane] { loser } else { second[lane] };
            best[lane] = if nearer { squared[lane] } else { best[lane] };
            index[lane] = if nearer { at as u64 } else { index[lane] };
        }
    }
    let rounding = (d + 8) as f64 * 2.0 * f64::EPSILON;
    let mut farther = [0.0; LANES];
    for lane in 0..LANES {
        let (near, far) = (best[lane].sqrt(), second[lane].sqrt());
        farther[lane] = far - near - rounding * far;
    }
    BlockNearest { index, farther }
}
