//! Old segments paired with new ones.

use super::assignment::assign_best;
use super::flows::Flows;

/// The least overlap of two segments that may be one although they are not alike.
pub const LEAST_OVERLAP: f64 = 0.3;
/// The least share of the smaller run's customers in both runs for overlaps to count.
pub const LEAST_SHARED: f64 = 0.1;
/// What likeness weighs beside overlap: enough to decide between equals, too little to outweigh a customer in a million.
const LIKENESS_WEIGHT: f64 = 1e-6;

/// Which old segment became which new one.
#[derive(Debug, Clone, PartialEq)]
pub struct Matching {
    /// The pairs, in the order of the new segments.
    pub pairs: Vec<Pair>,
    /// The new segments that no old one became.
    pub new: Vec<usize>,
    /// The old segments that became none.
    pub vanished: Vec<usize>,
}

/// An old and a new segment that are one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Index of the old segment.
    pub old: usize,
    /// Index of the new segment.
    pub new: usize,
    /// Jaccard index of their customers among those placed in both runs; 0 where both have none of them.
    pub overlap: f64,
    /// Customers in both.
    pub stayed: usize,
}

impl Matching {
    /// The pair of a new segment.
    pub fn of_new(&self, new: usize) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.new == new)
    }

    /// The pair of an old segment.
    pub fn of_old(&self, old: usize) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.old == old)
    }
}

/// Distances between typical customers; see [`super::distances`].
#[derive(Debug, Clone, PartialEq)]
pub struct Distances {
    /// From old segment to new segment, `n_old × n_new`, row by row.
    pub(super) across: Vec<f64>,
    /// From each old segment to the next of its run; infinite for the only one.
    pub(super) next_old: Vec<f64>,
    /// From each new segment to the next of its run; infinite for the only one.
    pub(super) next_new: Vec<f64>,
}

/// Pairs old segments with new ones by the rule of this module's documentation.
///
/// `distances` may be absent where the runs have no number in common; then overlaps alone decide.
/// Costs `O(m³)` for m segments.
pub fn match_segments(flows: &Flows, distances: Option<&Distances>) -> Matching {
    let (n_old, n_new) = (flows.n_old(), flows.n_new());
    let shared = Shared::new(flows);
    let alike = |old: usize, new: usize| {
        distances.is_some_and(|d| d.across[old * n_new + new] <= 0.5 * d.next_old[old].min(d.next_new[new]))
    };
    let mut scores = Vec::with_capacity(n_old * n_new);
    for old in 0..n_old {
        for new in 0..n_new {
            let overlap = if shared.counts { shared.overlap(old, new) } else { 0.0 };
            let may_be_one = overlap >= LEAST_OVERLAP || alike(old, new);
            let likeness = distances.map_or(0.0, |d| 1.0 / (1.0 + d.across[old * n_new + new]));
            scores.push(if may_be_one { overlap + LIKENESS_WEIGHT * likeness } else { 0.0 });
        }
    }
    let new_of_old = assign_best(&scores, n_old, n_new);
    let pair = |(old, new): (usize, &Option<usize>)| {
        let new = (*new)?;
        Some(Pair { old, new, overlap: shared.overlap(old, new), stayed: flows.between(old, new).customers })
    };
    let mut pairs: Vec<Pair> = new_of_old.iter().enumerate().filter_map(pair).collect();
    pairs.sort_by_key(|pair| pair.new);
    let new = (0..n_new).filter(|new| !pairs.iter().any(|p| p.new == *new)).collect();
    let vanished = (0..n_old).filter(|old| new_of_old[*old].is_none()).collect();
    Matching { pairs, new, vanished }
}

/// The customers who are placed in both runs.
struct Shared<'a> {
    flows: &'a Flows,
    of_old: Vec<usize>,
    of_new: Vec<usize>,
    /// Whether they are enough to tell anything.
    counts: bool,
}

impl<'a> Shared<'a> {
    fn new(flows: &'a Flows) -> Self {
        let between = |old, new| flows.between(old, new).customers;
        let of_old: Vec<usize> =
            (0..flows.n_old()).map(|old| (0..flows.n_new()).map(|new| between(old, new)).sum()).collect();
        let of_new =
            (0..flows.n_new()).map(|new| (0..flows.n_old()).map(|old| between(old, new)).sum()).collect();
        let placed_old: usize = (0..flows.n_old()).map(|old| flows.size_of_old(old)).sum();
        let placed_new: usize = (0..flows.n_new()).map(|new| flows.size_of_new(new)).sum();
        let n: usize = of_old.iter().sum();
        let counts = n > 0 && n as f64 >= LEAST_SHARED * placed_old.min(placed_new) as f64;
        Self { flows, of_old, of_new, counts }
    }

    /// The Jaccard index of two segments among these customers.
    fn overlap(&self, old: usize, new: usize) -> f64 {
        let both = self.flows.between(old, new).customers;
        let either = self.of_old[old] + self.of_new[new] - both;
        if either == 0 { 0.0 } else { both as f64 / either as f64 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Place;
    use super::*;
    use crate::Money;

    /// Flows from a table of customers: one row an old segment, one column a new one; the last row are newcomers, the
    /// last column customers who are gone.
    fn flows(table: &[&[usize]]) -> Flows {
        let (n_old, n_new) = (table.len() - 1, table[0].len() - 1);
        let mut flows = Flows::new(n_old, n_new);
        for (row, counts) in table.iter().enumerate() {
            for (column, &n) in counts.iter().enumerate() {
                let from = if row < n_old { Place::Segment(row) } else { Place::Absent };
                let to = if column < n_new { Place::Segment(column) } else { Place::Absent };
                (0..n).for_each(|_| flows.add(from, to, Money::ZERO));
            }
        }
        flows
    }

    fn of(matching: &Matching) -> Vec<(usize, usize)> {
        matching.pairs.iter().map(|p| (p.old, p.new)).collect()
    }

    /// Distances of points on a line.
    fn on_a_line(old: &[f64], new: &[f64]) -> Distances {
        let next = |points: &[f64]| -> Vec<f64> {
            let others = |i: usize| points.iter().enumerate().filter(move |(j, _)| *j != i);
            (0..points.len())
                .map(|i| others(i).map(|(_, p)| (p - points[i]).abs()).fold(f64::INFINITY, f64::min))
                .collect()
        };
        let across = old.iter().flat_map(|a| new.iter().map(move |b| (a - b).abs())).collect();
        Distances { across, next_old: next(old), next_new: next(new) }
    }

    #[test]
    fn segments_are_paired_by_the_customers_they_share() {
        let matching = match_segments(&flows(&[&[1, 8, 0], &[6, 2, 3], &[4, 0, 0]]), None);
        assert_eq!(of(&matching), [(1, 0), (0, 1)]);
        // Of those in both runs: 6 of 7 + 8 − 6, and 8 of 9 + 10 − 8.
        assert!((matching.pairs[0].overlap - 6.0 / 9.0).abs() < 1e-15, "{matching:?}");
        assert!((matching.pairs[1].overlap - 8.0 / 11.0).abs() < 1e-15, "{matching:?}");
        assert_eq!(matching.pairs[0].stayed, 6);
        assert!(matching.new.is_empty() && matching.vanished.is_empty());
    }

    #[test]
    fn a_segment_that_splits_lives_on_in_its_greater_part() {
        let matching = match_segments(&flows(&[&[40, 60, 0, 0], &[0, 0, 50, 0], &[0, 0, 0, 0]]), None);
        assert_eq!(of(&matching), [(0, 1), (1, 2)]);
        assert_eq!((matching.new, matching.vanished), (vec![0], vec![]));
    }

    #[test]
    fn a_segment_whose_customers_are_scattered_has_vanished() {
        // Of the first, a quarter is found in each of the four others, which stay what they were.
        let table: [&[usize]; 6] = [
            &[5, 5, 5, 5, 0],
            &[60, 0, 0, 0, 0],
            &[0, 60, 0, 0, 0],
            &[0, 0, 60, 0, 0],
            &[0, 0, 0, 60, 0],
            &[0; 5],
        ];
        let matching = match_segments(&flows(&table), None);
        assert_eq!(of(&matching), [(1, 0), (2, 1), (3, 2), (4, 3)]);
        assert_eq!((matching.new, matching.vanished), (vec![], vec![0]));
    }

    #[test]
    fn newcomers_remain_newcomers_though_none_of_them_is_the_same() {
        // Old newcomers (1) became regulars (0); the new segment 1 is all new people, as typical as the old one was.
        let table: [&[usize]; 3] = [&[90, 0, 0], &[10, 0, 0], &[0, 12, 0]];
        let distances = on_a_line(&[100.0, 1.0], &[101.0, 2.0]);
        let matching = match_segments(&flows(&table), Some(&distances));
        assert_eq!(of(&matching), [(0, 0), (1, 1)]);
        assert_eq!((matching.pairs[1].overlap, matching.pairs[1].stayed), (0.0, 0));
        // Less alike than half of the way to the next segment: the old is gone, the new is new.
        let distances = on_a_line(&[100.0, 1.0], &[101.0, 55.0]);
        let matching = match_segments(&flows(&table), Some(&distances));
        assert_eq!(
            (of(&matching), &matching.new[..], &matching.vanished[..]),
            (vec![(0, 0)], &[1][..], &[1][..])
        );
    }

    #[test]
    fn strangers_are_paired_by_likeness_alone() {
        let strangers: [&[usize]; 3] = [&[0, 0, 70], &[0, 0, 30], &[30, 70, 0]];
        let matching = match_segments(&flows(&strangers), Some(&on_a_line(&[0.0, 10.0], &[9.0, 1.0])));
        assert_eq!(of(&matching), [(1, 0), (0, 1)]);
        assert_eq!(of(&match_segments(&flows(&strangers), None)), []);
        // Four customers of a hundred who happen to be in both do not change that.
        let few: [&[usize]; 3] = [&[4, 0, 66], &[0, 0, 30], &[30, 70, 0]];
        assert_eq!(
            of(&match_segments(&flows(&few), Some(&on_a_line(&[0.0, 10.0], &[9.0, 1.0])))),
            [(1, 0), (0, 1)]
        );
        assert_eq!(of(&match_segments(&flows(&few), None)), []);
    }

    #[test]
    fn likeness_decides_between_equal_overlaps() {
        let halves: [&[usize]; 2] = [&[50, 50, 0], &[0, 0, 0]];
        assert_eq!(of(&match_segments(&flows(&halves), Some(&on_a_line(&[7.0], &[1.0, 9.0])))), [(0, 1)]);
        assert_eq!(of(&match_segments(&flows(&halves), Some(&on_a_line(&[2.0], &[1.0, 9.0])))), [(0, 0)]);
    }

    proptest! {
        #[test]
        fn renumbered_segments_find_themselves(
            (sizes, order) in (1_usize..9).prop_flat_map(|k| {
                (proptest::collection::vec(1_usize..30, k), Just((0..k).collect::<Vec<_>>()).prop_shuffle())
            })
        ) {
            let mut flows = Flows::new(sizes.len(), sizes.len());
            for (old, &n) in sizes.iter().enumerate() {
                (0..n).for_each(|_| flows.add(Place::Segment(old), Place::Segment(order[old]), Money::ZERO));
            }
            let matching = match_segments(&flows, None);
            prop_assert_eq!(matching.pairs.len(), sizes.len());
            for pair in &matching.pairs {
                prop_assert_eq!((pair.new, pair.overlap), (order[pair.old], 1.0));
            }
        }
    }
}
