//! Building the tree: rows are dealt out to branches, and each branch is ordered along a curve and cut in halves.

use rayon::prelude::*;

use super::branch::{Branch, LEAF_ROWS, Node};
use super::curve::{Curve, Entry, key, position};
use super::deal::deal;
use crate::Matrix;
use crate::math::lanes::{LANES, Octet};

/// Deals the rows out to branches and builds each.
pub(super) fn branches(x: &Matrix, weights: Option<&[f64]>) -> Vec<Branch> {
    let build = |builder: &mut Builder<'_>, rows: Vec<u32>| builder.build(&rows);
    deal(x).into_par_iter().map_init(|| Builder::new(x, weights), build).collect()
}

/// Builds branches one after the other.
struct Builder<'a> {
    x: &'a Matrix,
    weights: Option<&'a [f64]>,
    /// The values of the branch's rows, one row after the other.
    values: Vec<f64>,
    /// The rows in the order of the tree.
    entries: Vec<Entry>,
    curve: Curve,
    nodes: Vec<Node>,
    /// Per node the lower and the upper end of its box, and the sum of its rows, `d` values each.
    geometry: Vec<f64>,
}

impl<'a> Builder<'a> {
    fn new(x: &'a Matrix, weights: Option<&'a [f64]>) -> Self {
        Self {
            x,
            weights,
            values: Vec::new(),
            entries: Vec::new(),
            curve: Curve::new(x.n_cols()),
            nodes: Vec::new(),
            geometry: Vec::new(),
        }
    }

    /// Builds the branch of some rows, at least one.
    fn build(&mut self, rows: &[u32]) -> Branch {
        let d = self.x.n_cols();
        match d {
            3 => self.gather::<3>(rows),
            4 => self.gather::<4>(rows),
            8 => self.gather::<8>(rows),
            _ => {
                self.values.clear();
                rows.iter().for_each(|&row| self.values.extend_from_slice(self.x.row(row as usize)));
            }
        }
        self.entries.clear();
        self.entries.extend(0..rows.len() as Entry);
        self.curve.sort(&mut self.entries, &self.values);
        self.nodes.clear();
        self.split(0, rows.len(), false);
        self.geometry.clear();
        self.geometry.resize(self.nodes.len() * 3 * d, 0.0);
        let row = |entry: &Entry| rows[position(*entry)];
        let mut branch = Branch {
            rows: self.entries.iter().map(row).collect(),
            blocks: vec![Octet([0.0; LANES]); rows.len().div_ceil(LANES) * d],
            weights: Vec::new(),
            nodes: Vec::new(),
            geometry: Vec::new(),
        };
        if let Some(weights) = self.weights {
            branch.weights = branch.rows.iter().map(|&row| weights[row as usize]).collect();
        }
        pulp::Arch::new().dispatch(Fill { builder: self, branch: &mut branch });
        branch.nodes.clone_from(&self.nodes);
        branch.geometry.clone_from(&self.geometry);
        branch
    }

    /// Copies the values of rows where the number of columns is known to the compiler.
    fn gather<const D: usize>(&mut self, rows: &[u32]) {
        let (all, _) = self.x.values().as_chunks::<D>();
        self.values.resize(rows.len() * D, 0.0);
        let (values, _) = self.values.as_chunks_mut::<D>();
        values.iter_mut().zip(rows).for_each(|(values, &row)| *values = all[row as usize]);
    }

    /// Lays out the node of the rows at `start..end` and all below it; rows that are equal are halved anyhow.
    fn split(&mut self, start: usize, end: usize, are_equal: bool) {
        let at = self.nodes.len();
        self.nodes.push(Node {
            first: start as u32,
            n_rows: (end - start) as u32,
            end: 0,
            mass: 0.0,
            scatter: 0.0,
            radius: 0.0,
        });
        if end - start > LEAF_ROWS {
            let cut = if are_equal { None } else { self.cut(start, end) };
            let middle = cut.unwrap_or(start + (end - start) / 2).next_multiple_of(LANES);
            let middle = middle.clamp(start + LANES, (end - 1) / LANES * LANES);
            self.split(start, middle, cut.is_none());
            self.split(middle, end, cut.is_none());
        }
        self.nodes[at].end = self.nodes.len() as u32;
    }

    /// Where to cut some rows in two; nowhere in particular if all are equal.
    ///
    /// In their middle half, where the curve goes over from one cell to another and the cells are largest; where one cell
    /// fills that half, at the end of it that is nearer to the middle.
    fn cut(&mut self, start: usize, end: usize) -> Option<usize> {
        let quarter = (end - start) / 4;
        let (from, to) = (start + quarter, end - quarter);
        let (low, high) = (key(self.entries[from]), key(self.entries[to - 1]));
        if low != high {
            // The highest bit in which the two differ changes once between them.
            let bit = (low ^ high).ilog2();
            return Some(from + self.entries[from..to].partition_point(|&entry| key(entry) >> bit & 1 == 0));
        }
        let before = start + self.entries[start..end].partition_point(|&entry| key(entry) < low);
        let after = start + self.entries[start..end].partition_point(|&entry| key(entry) <= low);
        match (before > start, after < end) {
            (true, true) if before - start < end - after => Some(after),
            (true, _) => Some(before),
            (false, true) => Some(after),
            (false, false) => {
                // One cell holds them all: a curve of their own tells them apart.
                self.curve.sort(&mut self.entries[start..end], &self.values);
                let are_equal = key(self.entries[start]) == key(self.entries[end - 1]);
                if are_equal { None } else { self.cut(start, end) }
            }
        }
    }
}

/// Puts the rows of a branch into its blocks, and works out the boxes and totals of its nodes.
struct Fill<'a, 'b> {
    builder: &'a mut Builder<'b>,
    branch: &'a mut Branch,
}

impl pulp::NullaryFnOnce for Fill<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        match self.builder.x.n_cols() {
            3 => self.run::<3>(),
            4 => self.run::<4>(),
            8 => self.run::<8>(),
            _ => self.run::<0>(),
        }
    }
}

impl Fill<'_, '_> {
    /// With `D` 0 the number of columns is not known to the compiler.
    #[inline(always)]
    fn run<const D: usize>(&mut self) {
        let d = if D == 0 { self.builder.x.n_cols() } else { D };
        self.fill_blocks(d);
        // Children come after their parents.
        for node in (0..self.builder.nodes.len()).rev() {
            let end = self.builder.nodes[node].end as usize;
            if end == node + 1 {
                self.add_up_leaf(node, d);
            } else {
                self.add_up(node, self.builder.nodes[node + 1].end as usize, d);
            }
        }
        for node in 0..self.builder.nodes.len() {
            self.frame(node, d);
        }
    }

    #[inline(always)]
    fn fill_blocks(&mut self, d: usize) {
        let Builder { values, entries, .. } = &*self.builder;
        for (entries, block) in entries.chunks(LANES).zip(self.branch.blocks.chunks_exact_mut(d)) {
            let rows: [&[f64]; LANES] = std::array::from_fn(|lane| {
                &values[position(entries[lane.min(entries.len() - 1)]) * d..][..d]
            });
            for (column, values) in block.iter_mut().enumerate() {
                *values = Octet(std::array::from_fn(|lane| rows[lane][column]));
            }
        }
    }

    /// The box, the sum and the scatter of a leaf, from its rows.
    #[inline(always)]
    fn add_up_leaf(&mut self, node: usize, d: usize) {
        let Builder { nodes, geometry, .. } = &mut *self.builder;
        let slots = nodes[node].slots();
        let blocks = &self.branch.blocks[slots.start / LANES * d..slots.end.div_ceil(LANES) * d];
        let geometry = &mut geometry[3 * node * d..3 * (node + 1) * d];
        let weights = self.branch.weights.get(slots.clone());
        let mass = weights.map_or(slots.len() as f64, |weights| weights.iter().sum());
        // How often each lane of a block counts: those beyond the last row do not.
        let counts = |block: usize| -> [f64; LANES] {
            let first = block * LANES;
            match weights {
                None if first + LANES <= slots.len() => [1.0; LANES],
                None => std::array::from_fn(|lane| if first + lane < slots.len() { 1.0 } else { 0.0 }),
                Some(weights) => {
                    std::array::from_fn(|lane| weights.get(first + lane).copied().unwrap_or(0.0))
                }
            }
        };
        let mut scatter = [0.0; LANES];
        for column in 0..d {
            let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
            let mut sums = [0.0; LANES];
            for (at, block) in blocks.chunks_exact(d).enumerate() {
                let (values, counts) = (&block[column], counts(at));
                for lane in 0..LANES {
                    low[lane] = if values[lane] < low[lane] { values[lane] } else { low[lane] };
                    high[lane] = if values[lane] > high[lane] { values[lane] } else { high[lane] };
                    sums[lane] += counts[lane] * values[lane];
                }
            }
            let sum = sums.iter().sum::<f64>();
            geometry[column] = low.iter().fold(f64::INFINITY, |a, &b| if b < a { b } else { a });
            geometry[d + column] = high.iter().fold(f64::NEG_INFINITY, |a, &b| if b > a { b } else { a });
            geometry[2 * d + column] = sum;
            let mean = sum / mass;
            for (at, block) in blocks.chunks_exact(d).enumerate() {
                let (values, counts) = (&block[column], counts(at));
                for lane in 0..LANES {
                    scatter[lane] += counts[lane] * ((values[lane] - mean) * (values[lane] - mean));
                }
            }
        }
        nodes[node].mass = mass;
        nodes[node].scatter = scatter.iter().sum();
    }

    /// The box and the totals of a node from those of its children.
    #[inline(always)]
    fn add_up(&mut self, node: usize, right: usize, d: usize) {
        let Builder { nodes, geometry, .. } = &mut *self.builder;
        let (left_half, right_half) = (nodes[node + 1], nodes[right]);
        let (before, after) = geometry.split_at_mut(3 * (node + 1) * d);
        let own = &mut before[3 * node * d..];
        let (left, right) = (&after[..3 * d], &after[3 * (right - node - 1) * d..][..3 * d]);
        let mut apart = 0.0;
        for column in 0..d {
            own[column] = left[column].min(right[column]);
            own[d + column] = left[d + column].max(right[d + column]);
            let (left, right) = (left[2 * d + column], right[2 * d + column]);
            let difference = left / left_half.mass - right / right_half.mass;
            apart += difference * difference;
            own[2 * d + column] = left + right;
        }
        let mass = left_half.mass + right_half.mass;
        // Each half's share of the mass first: the product of two masses could overflow.
        let between = left_half.mass / mass * right_half.mass * apart;
        nodes[node].mass = mass;
        nodes[node].scatter = left_half.scatter + right_half.scatter + between;
    }

    /// Turns the ends of a box into its middle and half its widths, rounded up.
    #[inline(always)]
    fn frame(&mut self, node: usize, d: usize) {
        let Builder { nodes, geometry, .. } = &mut *self.builder;
        let geometry = &mut geometry[3 * node * d..][..2 * d];
        let mut square = 0.0;
        for column in 0..d {
            let (low, high) = (geometry[column], geometry[d + column]);
            let middle = low / 2.0 + high / 2.0;
            let half = (high - middle).max(middle - low);
            let half = if half > 0.0 { half.next_up() } else { 0.0 };
            square += half * half;
            (geometry[column], geometry[d + column]) = (middle, half);
        }
        nodes[node].radius = square.sqrt() * (1.0 + 1e-14);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::math::distance::squared;

    /// Every row is in one leaf, and every node tells the truth about its rows.
    fn check(x: &Matrix, weights: Option<&[f64]>) {
        let d = x.n_cols();
        let mut seen = vec![0; x.n_rows()];
        for branch in branches(x, weights) {
            for (at, node) in branch.nodes.iter().enumerate() {
                if branch.is_leaf(at) {
                    branch.rows[node.slots()].iter().for_each(|&row| seen[row as usize] += 1);
                } else {
                    let (left, right) =
                        (branch.nodes[at + 1].slots(), branch.nodes[branch.right(at)].slots());
                    assert_eq!(
                        (left.start, left.end, right.end),
                        (node.slots().start, right.start, node.slots().end)
                    );
                }
                assert!((node.first as usize).is_multiple_of(LANES) && node.n_rows > 0);
                assert!(!branch.is_leaf(at) || node.n_rows as usize <= LEAF_ROWS, "{} rows", node.n_rows);
                let rows = &branch.rows[node.slots()];
                let weight = |row: u32| weights.map_or(1.0, |weights| weights[row as usize]);
                let mass: f64 = rows.iter().map(|&row| weight(row)).sum();
                assert!((node.mass - mass).abs() <= 1e-12 * mass);
                let sum_of = |column: usize| -> f64 {
                    rows.iter().map(|&row| weight(row) * x.row(row as usize)[column]).sum()
                };
                let mean: Vec<f64> = (0..d).map(|column| sum_of(column) / mass).collect();
                let scatter: f64 =
                    rows.iter().map(|&row| weight(row) * squared(x.row(row as usize), &mean)).sum();
                let box_of = &branch.geometry[3 * at * d..][..3 * d];
                // What sums of these rows are rounded by.
                let of_node = rows.iter().flat_map(|&row| x.row(row as usize));
                let size = of_node.fold(0.0_f64, |size, v| size.max(v.abs()));
                assert!((node.scatter - scatter).abs() <= 1e-9 * scatter + 1e-14 * mass * size * size);
                for column in 0..d {
                    assert!((box_of[2 * d + column] - mean[column] * mass).abs() <= 1e-12 * mass * size);
                    let inside = |&row: &u32| {
                        (x.row(row as usize)[column] - box_of[column]).abs() <= box_of[d + column]
                    };
                    assert!(rows.iter().all(inside));
                }
                for (slot, &row) in node.slots().zip(rows) {
                    assert!(
                        (0..d).all(|column| branch.value(slot, column, d) == x.row(row as usize)[column])
                    );
                }
            }
        }
        assert!(seen.iter().all(|&times| times == 1));
    }

    #[test]
    fn rows_in_one_place_and_one_far_away_are_told_apart() {
        // All but one fall into one cell of the first curve, and half of those are equal.
        let near = |at: usize| if at.is_multiple_of(2) { 1e-9 } else { 1e-9 * (at as f64).sin() };
        let values = (0..3000).flat_map(|at| if at == 77 { [1e6, -1e6] } else { [near(at), near(3 * at)] });
        check(&Matrix::new(2, values.collect()).unwrap(), None);
        check(&Matrix::new(3, vec![2.5; 3000]).unwrap(), None);
        check(&Matrix::new(1, vec![7.0]).unwrap(), None);
    }

    #[test]
    fn many_branches_built_one_after_the_other_hold_every_row_once() {
        let value = |at: usize| ((at * 7919 % 10_007) as f64).ln_1p() * (1.0 + (at % 5) as f64);
        let x = Matrix::new(3, (0..150_000).map(value).collect()).unwrap();
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        one.install(|| check(&x, None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_node_tells_the_truth_about_its_rows(
            d in 1_usize..10,
            drawn in prop::collection::vec((-9_i32..10, 0_u32..40), 1..3000),
            is_weighted in any::<bool>(),
        ) {
            // Powers of two spread rows unevenly.
            let values: Vec<f64> = drawn.iter().map(|&(v, power)| f64::from(v) / f64::from(1_u32 << (power % 30))).collect();
            let n = values.len() / d;
            if n > 0 {
                let x = Matrix::new(d, values[..n * d].to_vec()).unwrap();
                let weights: Vec<f64> = drawn[..n].iter().map(|&(_, power)| 0.5 + f64::from(power)).collect();
                check(&x, is_weighted.then_some(&weights));
            }
        }
    }
}
