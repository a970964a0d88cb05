//! One assignment of a branch: which centre owns which node, worked out again only where it can have changed.

use super::branch::Branch;
use super::centres::{Frame, NOWHERE, Wide, nearest_of_block};
use super::owners::{MIXED, Memory, N_CONTENDERS, NOBODY, Owners, limit};
use crate::math::lanes::{LANES, Octet};

/// Buffers of a pass, used again and again.
pub(super) struct Scratch {
    /// Candidates at each level of narrowing; level 0 is all centres.
    candidates: Vec<Wide>,
    stack: Vec<Visit>,
    /// Inner nodes that were opened, parents before children.
    opened: Vec<u32>,
    squared: Vec<Octet>,
    /// By how much each candidate is ruled out; 0 if it is not.
    apart: Vec<Octet>,
    /// Positions of the candidates that may own something now or soon.
    stay: Vec<u32>,
    /// The centres that rows are measured against.
    labels: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Visit {
    node: u32,
    /// Which candidates are left.
    level: u32,
    /// How much farther than the nearest centre those are that were ruled out above.
    slack: f64,
}

impl Scratch {
    pub(super) fn new(k: usize) -> Self {
        Self {
            candidates: Vec::new(),
            stack: Vec::new(),
            opened: Vec::new(),
            squared: vec![Octet([0.0; LANES]); k.div_ceil(LANES)],
            apart: vec![Octet([0.0; LANES]); k.div_ceil(LANES)],
            stay: Vec::with_capacity(k),
            labels: Vec::with_capacity(k),
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
            2 => self.run::<2>(),
            4 => self.run::<4>(),
            8 => self.run::<8>(),
            _ => self.run::<0>(),
        }
    }
}

/// The nearest candidate of a node, and who else may be nearest somewhere in it.
struct Contest {
    winner: usize,
    n_left: usize,
    /// The candidate ruled out by the least, and by how much.
    rival: usize,
    slack: f64,
    /// By how much all others are ruled out.
    rest: f64,
}

impl Pass<'_> {
    /// With `D` 0 the number of columns is not known to the compiler.
    #[inline(always)]
    fn run<const D: usize>(&mut self) {
        self.owners.moves.clear(self.frame.k, self.frame.d);
        self.scratch.stack.clear();
        self.scratch.opened.clear();
        self.scratch.stack.push(Visit { node: 0, level: 0, slack: f64::INFINITY });
        // Few centres are measured at once, so that ruling some out saves nothing.
        let is_calm = self.frame.k <= LANES || 2 * self.owners.n_measured < self.branch.nodes.len();
        self.owners.n_measured = 0;
        while let Some(visit) = self.scratch.stack.pop() {
            let node = visit.node as usize;
            let memory = &self.owners.memory[node];
            let (near, far) = self.travels(node, memory.near, &memory.contenders);
            let is_apart = memory.far > far;
            if is_apart && memory.near > near {
                continue;
            }
            // What is mixed mostly stays so: its children are asked before it is measured itself.
            if self.owners.owner[node] == MIXED && is_calm && !self.branch.is_leaf(node) {
                self.open(visit);
                continue;
            }
            let first_block = self.branch.nodes[node].first as usize / LANES;
            if is_apart && self.branch.is_leaf(node) && self.owners.near[first_block] > f64::NEG_INFINITY {
                self.label_again::<D>(node);
                continue;
            }
            self.measure::<D>(visit);
        }
        while let Some(node) = self.scratch.opened.pop() {
            self.close(node as usize);
        }
    }

    /// How far centres may still travel before something in a node can change.
    #[inline(always)]
    fn left(&self, node: usize) -> f64 {
        let memory = &self.owners.memory[node];
        let (near, far) = self.travels(node, memory.near, &memory.contenders);
        (memory.near - near).min(memory.far - far)
    }

    /// The travels that [`Memory`] speaks of, until now.
    #[inline(always)]
    fn travels(&self, node: usize, near: f64, contenders: &[u32; N_CONTENDERS]) -> (f64, f64) {
        let travelled = |of: u32| self.frame.travelled[of as usize];
        let together = contenders.iter().map(|&contender| travelled(contender)).sum::<f64>();
        let own = match self.owners.owner[node] {
            MIXED if near < f64::INFINITY => together,
            MIXED | NOBODY => self.frame.farthest,
            owner => travelled(owner),
        };
        (together, own + self.frame.farthest)
    }

    /// Remembers that contenders are apart by `near` and all others by `far`.
    #[inline(always)]
    fn remember(&mut self, node: usize, contenders: [u32; N_CONTENDERS], near: f64, far: f64) {
        let (to_near, to_far) = self.travels(node, near, &contenders);
        self.owners.memory[node] = Memory { near: limit(near, to_near), far: limit(far, to_far), contenders };
    }

    /// Has the children of an inner node visited.
    #[inline(always)]
    fn open(&mut self, visit: Visit) {
        let node = visit.node as usize;
        self.scratch.opened.push(visit.node);
        for child in [self.branch.right(node), node + 1] {
            self.scratch.stack.push(Visit { node: child as u32, ..visit });
        }
    }

    /// What a node remembers follows from what its children do.
    #[inline(always)]
    fn close(&mut self, node: usize) {
        let (left, right) = (node + 1, self.branch.right(node));
        let slack = self.left(left).min(self.left(right));
        let owner = self.owners.owner[left];
        if owner == self.owners.owner[right] {
            self.owners.owner[node] = owner;
        }
        self.remember(node, self.nobody(), f64::INFINITY, slack);
    }

    #[inline(always)]
    fn nobody(&self) -> [u32; N_CONTENDERS] {
        [self.frame.k as u32; N_CONTENDERS]
    }

    #[inline(always)]
    fn measure<const D: usize>(&mut self, visit: Visit) {
        let node = visit.node as usize;
        let level = visit.level as usize;
        if self.owners.owner[node] != MIXED || self.branch.is_leaf(node) {
            self.owners.n_measured += 1;
        }
        let contest = self.contest::<D>(node, level, visit.slack);
        let candidates = if level == 0 { &self.frame.wide } else { &self.scratch.candidates[level - 1] };
        if contest.n_left == 1 {
            let owner = candidates.labels[contest.winner];
            let rival = candidates.labels.get(contest.rival).copied().unwrap_or(owner);
            self.give(node, owner);
            let mut contenders = self.nobody();
            (contenders[0], contenders[1]) = (owner, rival);
            self.remember(node, contenders, contest.slack, contest.rest);
            self.owners.near[self.branch.nodes[node].first as usize / LANES] = f64::NEG_INFINITY;
            return;
        }
        if self.branch.is_leaf(node) {
            let mut slack = self.choose(level, self.frame.reach, visit.slack);
            if self.scratch.stay.len() > N_CONTENDERS {
                slack = self.choose(level, 0.0, visit.slack);
            }
            self.label_rows::<D>(node, level, slack);
            return;
        }
        let owner = self.owners.owner[node];
        if owner != MIXED {
            for child in [node + 1, self.branch.right(node)] {
                (self.owners.owner[child], self.owners.memory[child]) = (owner, Memory::NONE);
            }
            self.owners.owner[node] = MIXED;
        }
        let n_candidates = candidates.n;
        let slack = self.choose(level, self.frame.reach, visit.slack);
        if self.scratch.stay.len().div_ceil(LANES) < n_candidates.div_ceil(LANES) {
            self.narrow::<D>(level);
            self.open(Visit { level: visit.level + 1, slack, ..visit });
        } else {
            // Those ruled out are still among the candidates, but may be nearer than the slack says.
            self.open(visit);
        }
    }

    /// Measures the candidates against the box of a node.
    ///
    /// For a candidate `z` and the one nearest to the middle, `w`, `‖x − z‖² − ‖x − w‖²` is linear in `x`, so its
    /// least value over the box is that at the middle less `2 Σ hⱼ |zⱼ − wⱼ|`, where `h` is half the box's widths.
    /// Above 0 by more than rounding could be, `z` is nearest nowhere in the box; and divided by the greatest
    /// `‖x − z‖ + ‖x − w‖` it is how much farther `z` is at least.
    /// Leaves in `stay` the candidates that may be nearest somewhere.
    #[inline(always)]
    fn contest<const D: usize>(&mut self, node: usize, level: usize, slack: f64) -> Contest {
        let d = if D == 0 { self.frame.d } else { D };
        let Scratch { candidates, squared, apart, .. } = &mut *self.scratch;
        let candidates = if level == 0 { &self.frame.wide } else { &candidates[level - 1] };
        let middle = &self.branch.geometry[3 * node * d..(3 * node + 1) * d];
        let half = &self.branch.geometry[(3 * node + 1) * d..(3 * node + 2) * d];
        let n_blocks = candidates.n.div_ceil(LANES);
        let mut least = [f64::INFINITY; LANES];
        let mut block_of = [0_u64; LANES];
        for (at, squared) in squared[..n_blocks].iter_mut().enumerate() {
            let block = &candidates.blocks[at * d..][..d];
            let mut sums = [0.0; LANES];
            for (column, middle) in block.iter().zip(middle) {
                for lane in 0..LANES {
                    let difference = column[lane] - middle;
                    sums[lane] += difference * difference;
                }
            }
            *squared = Octet(sums);
            for lane in 0..LANES {
                let nearer = sums[lane] < least[lane];
                block_of[lane] = if nearer { at as u64 } else { block_of[lane] };
                least[lane] = if nearer { sums[lane] } else { least[lane] };
            }
        }
        let mut best = 0;
        for lane in 1..LANES {
            best = if least[lane] < least[best] { lane } else { best };
        }
        let (winner, least) = (block_of[best] as usize * LANES + best, least[best]);
        let radius = self.branch.nodes[node].radius;
        let rounding = (d + 8) as f64 * 4.0 * f64::EPSILON;
        // √s is at most (s / c + c) / 2 for any c above 0.
        let near = (least.sqrt() + 2.0 * radius).max(1e-140);
        let of_square = 0.5 / near;
        let constant = least + 2.0 * radius * radius;
        let winner_block = &candidates.blocks[winner / LANES * d..][..d];
        let mut lowest = [f64::INFINITY; LANES];
        let mut lowest_at = [0_u64; LANES];
        let mut second = [slack; LANES];
        let mut n_left = [0.0; LANES];
        for at in 0..n_blocks {
            let block = &candidates.blocks[at * d..][..d];
            let mut reach = [0.0; LANES];
            for ((column, half), winner_column) in block.iter().zip(half).zip(winner_block) {
                let of_winner = winner_column[winner % LANES];
                for lane in 0..LANES {
                    reach[lane] += half * (column[lane] - of_winner).abs();
                }
            }
            let sums = squared[at];
            let mut apart_here = [0.0; LANES];
            for lane in 0..LANES {
                let margin = sums[lane] - least - 2.0 * reach[lane] - rounding * (sums[lane] + constant);
                let farther = margin / (sums[lane] * of_square + 1.5 * near);
                apart_here[lane] = if margin > 0.0 { farther } else { 0.0 };
                n_left[lane] += if margin > 0.0 { 0.0 } else { 1.0 };
                let farther = if margin > 0.0 { farther } else { f64::INFINITY };
                let is_lower = farther < lowest[lane];
                let loser = if is_lower { lowest[lane] } else { farther };
                second[lane] = if loser < second[lane] { loser } else { second[lane] };
                lowest[lane] = if is_lower { farther } else { lowest[lane] };
                lowest_at[lane] = if is_lower { at as u64 } else { lowest_at[lane] };
            }
            apart[at] = Octet(apart_here);
        }
        let mut first = 0;
        for lane in 1..LANES {
            first = if lowest[lane] < lowest[first] { lane } else { first };
        }
        let mut rest = second[first];
        for lane in (0..LANES).filter(|&lane| lane != first) {
            rest = rest.min(lowest[lane]).min(second[lane]);
        }
        Contest {
            winner,
            n_left: n_left.iter().sum::<f64>() as usize,
            rival: lowest_at[first] as usize * LANES + first,
            slack: lowest[first] * (1.0 - rounding),
            rest: rest * (1.0 - rounding),
        }
    }

    /// Lists the candidates that are ruled out by `reach` or less; by how much the others are at least.
    #[inline(always)]
    fn choose(&mut self, level: usize, reach: f64, slack: f64) -> f64 {
        let n = if level == 0 { self.frame.k } else { self.scratch.candidates[level - 1].n };
        let Scratch { apart, stay, .. } = &mut *self.scratch;
        stay.clear();
        let mut slack = slack;
        for at in 0..n {
            let apart = apart[at / LANES][at % LANES];
            if apart <= reach {
                stay.push(at as u32);
            } else {
                slack = if apart < slack { apart } else { slack };
            }
        }
        slack * (1.0 - 1e-12)
    }

    /// Copies the candidates that stay to the next level, in their order.
    #[inline(always)]
    fn narrow<const D: usize>(&mut self, level: usize) {
        let d = if D == 0 { self.frame.d } else { D };
        if self.scratch.candidates.len() <= level {
            self.scratch.candidates.push(Wide::with_room(self.frame.k, d));
        }
        let (before, after) = self.scratch.candidates.split_at_mut(level);
        let from = before.last().unwrap_or(&self.frame.wide);
        let to = &mut after[0];
        to.n = self.scratch.stay.len();
        for (n, &at) in self.scratch.stay.iter().enumerate() {
            let at = at as usize;
            let (source, target) = (at / LANES * d, n / LANES * d);
            for column in 0..d {
                to.blocks[target + column][n % LANES] = from.blocks[source + column][at % LANES];
            }
            to.labels[n] = from.labels[at];
        }
        for empty in to.n..to.n.next_multiple_of(LANES) {
            for column in 0..d {
                to.blocks[empty / LANES * d + column][empty % LANES] = NOWHERE;
            }
        }
    }

    /// Finds the nearest of the candidates that stay for every row of a leaf.
    #[inline(always)]
    fn label_rows<const D: usize>(&mut self, node: usize, level: usize, rest: f64) {
        let slots = self.branch.nodes[node].slots();
        let before = self.owners.owner[node];
        if before != MIXED {
            self.owners.labels[slots.clone()].fill(before);
        }
        let candidates = if level == 0 { &self.frame.wide } else { &self.scratch.candidates[level - 1] };
        let stay = self.scratch.stay.iter().map(|&at| candidates.labels[at as usize]);
        self.scratch.labels.clear();
        self.scratch.labels.extend(stay);
        let mut contenders = self.nobody();
        let is_named = self.scratch.labels.len() <= N_CONTENDERS;
        if is_named {
            contenders[..self.scratch.labels.len()].copy_from_slice(&self.scratch.labels);
        }
        let together = contenders.iter().map(|&contender| self.frame.travelled[contender as usize]).sum();
        let mut near = f64::INFINITY;
        for slot in slots.clone().step_by(LANES) {
            let slack = self.label_block::<D>(slot, slots.end);
            self.owners.near[slot / LANES] =
                if is_named { limit(slack, together) } else { f64::NEG_INFINITY };
            near = near.min(slack);
        }
        self.settle_owner(node);
        if is_named {
            self.remember(node, contenders, near, rest);
        } else {
            self.remember(node, contenders, f64::INFINITY, near.min(rest));
        }
    }

    /// Labels the rows of a leaf again among the contenders that it remembers, block by block where that may change
    /// anything.
    #[inline(always)]
    fn label_again<const D: usize>(&mut self, node: usize) {
        let slots = self.branch.nodes[node].slots();
        let Memory { near, far, contenders } = self.owners.memory[node];
        let (together, to_far) = self.travels(node, near, &contenders);
        let k = self.frame.k as u32;
        self.scratch.labels.clear();
        self.scratch.labels.extend(contenders.iter().filter(|&&contender| contender != k));
        let mut near = f64::INFINITY;
        for slot in slots.clone().step_by(LANES) {
            if self.owners.near[slot / LANES] <= together {
                let slack = self.label_block::<D>(slot, slots.end);
                self.owners.near[slot / LANES] = limit(slack, together);
            }
            near = near.min(self.owners.near[slot / LANES]);
        }
        self.settle_owner(node);
        let (_, after) = self.travels(node, near, &contenders);
        self.owners.memory[node] = Memory { near, far: limit(far - to_far, after), contenders };
    }

    /// Labels eight rows by the nearest of the centres in `scratch.labels`; by how much the nearest is nearer than
    /// the second at least.
    #[inline(always)]
    fn label_block<const D: usize>(&mut self, slot: usize, end: usize) -> f64 {
        let d = if D == 0 { self.frame.d } else { D };
        let rows = &self.branch.blocks[slot / LANES * d..][..d];
        let nearest = nearest_of_block::<D>(rows, &self.frame.wide, &self.scratch.labels);
        for (lane, &label) in nearest.label.iter().enumerate().take(LANES.min(end - slot)) {
            let (slot, label) = (slot + lane, label as u32);
            if label != self.owners.labels[slot] {
                self.hand_over_row(slot, self.owners.labels[slot], label);
                self.owners.labels[slot] = label;
            }
        }
        // √b − √a = (b − a) / (√b + √a), and no √b is above that of the greatest. Lanes beyond the last row repeat it.
        let (mut apart, mut far) = (f64::INFINITY, 0.0);
        for lane in 0..LANES {
            let difference = nearest.second[lane] - nearest.best[lane];
            apart = if difference < apart { difference } else { apart };
            far = if nearest.second[lane] > far { nearest.second[lane] } else { far };
        }
        let rounding = (d + 8) as f64 * 4.0 * f64::EPSILON;
        let near = (apart - rounding * far) / (2.0 * far.sqrt()) * (1.0 - rounding);
        if near.is_nan() { 0.0 } else { near }
    }

    /// Makes the owner of a leaf follow from the labels of its rows.
    #[inline(always)]
    fn settle_owner(&mut self, node: usize) {
        let labels = &self.owners.labels[self.branch.nodes[node].slots()];
        let is_one = labels.iter().all(|&label| label == labels[0]);
        self.owners.owner[node] = if is_one { labels[0] } else { MIXED };
    }
}
