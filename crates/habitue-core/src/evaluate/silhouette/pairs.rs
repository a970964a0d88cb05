//! Sums of distances from every point to every label, each pair of points measured once.

use std::ops::Range;

use pulp::Arch;
use rayon::prelude::*;

use super::LANES;
use super::kernel::Sums;
use super::points::Points;

/// Groups of lanes that are measured together: their sums and rows stay in the first cache.
const TILE: usize = 16;

/// Which sums are kept of each point: one a label of each labeling.
pub(super) struct Slots {
    /// Where the labels of each labeling begin.
    pub(super) first: Vec<usize>,
    /// Labels of all labelings together.
    pub(super) n: usize,
}

impl Slots {
    pub(super) fn new(n_labels: &[usize]) -> Self {
        let mut n = 0;
        let place = |&count: &usize| {
            n += count;
            n - count
        };
        let first = n_labels.iter().map(place).collect();
        Self { first, n }
    }

    /// The slots that the members of a cell count for.
    fn of<'a>(&'a self, points: &'a Points, cell: usize) -> impl Iterator<Item = usize> + 'a {
        self.first.iter().zip(&points.labels).map(move |(first, labels)| first + labels[cell] as usize)
    }
}

/// Sums of distances of some points to each slot; `slots × points`.
pub(super) struct Table {
    pub(super) points: Range<usize>,
    sums: Vec<f64>,
}

impl Table {
    fn new(points: Range<usize>, slots: &Slots) -> Self {
        let sums = vec![0.0; points.len() * slots.n];
        Self { points, sums }
    }

    /// Sum of the distances from a point, counted within this table, to the rows of a slot.
    pub(super) fn sum(&self, slot: usize, point: usize) -> f64 {
        self.sums[slot * self.points.len() + point]
    }

    fn add(&mut self, slot: usize, from: usize, sums: &[f64]) {
        let start = slot * self.points.len() + from - self.points.start;
        for (total, sum) in self.sums[start..].iter_mut().zip(sums) {
            *total += sum;
        }
    }
}

/// A run of whole groups of lanes within one cell and one block.
struct Tile {
    cell: usize,
    points: Range<usize>,
}

/// All pairs of points, each measured once; the cells of `points` are whole lanes.
///
/// Points are cut into blocks; in each round every block meets one other, as in a tournament, so that no two
/// threads add to one table and the order of adding is the same on any number of threads.
/// Costs `O(n² d / 2)` time and `O(n (d + slots))` memory.
pub(super) fn all_pairs(points: &Points, slots: &Slots) -> Vec<Table> {
    let arch = Arch::new();
    let n = points.len();
    let block = (n / 32).next_multiple_of(LANES).clamp(8 * LANES, 128 * LANES);
    let ranges: Vec<Range<usize>> = (0..n).step_by(block).map(|at| at..(at + block).min(n)).collect();
    let tiles: Vec<Vec<Tile>> = ranges.iter().map(|range| tiles(points, range)).collect();
    let (lanes, weights) = points.in_lanes(0..n);
    let lanes = InLanes { points, values: &lanes, weights: &weights, arch, slots };
    let mut tables: Vec<Option<Table>> =
        ranges.into_iter().map(|range| Some(Table::new(range, slots))).collect();
    tables.par_iter_mut().zip(&tiles).for_each(|(table, tiles)| {
        let table = table.as_mut().expect("every block has its table");
        for (at, first) in tiles.iter().enumerate() {
            lanes.within(first, table);
            for second in &tiles[at + 1..] {
                let (of_first, of_second) = lanes.between(first, second);
                lanes.credit(table, first, second, &of_first);
                lanes.credit(table, second, first, &of_second);
            }
        }
    });
    for round in rounds(tables.len()) {
        let mut meetings: Vec<(usize, usize, Table, Table)> = round
            .into_iter()
            .filter_map(|(a, b)| Some((a, b, tables[a].take()?, tables[b].take()?)))
            .collect();
        meetings.par_iter_mut().for_each(|(a, b, of_a, of_b)| {
            for first in &tiles[*a] {
                for second in &tiles[*b] {
                    let (of_first, of_second) = lanes.between(first, second);
                    lanes.credit(of_a, first, second, &of_first);
                    lanes.credit(of_b, second, first, &of_second);
                }
            }
        });
        for (a, b, of_a, of_b) in meetings {
            (tables[a], tables[b]) = (Some(of_a), Some(of_b));
        }
    }
    tables.into_iter().flatten().collect()
}

/// Some points against all: `finish` receives a few of them at a time, in their order, with their sums.
///
/// Costs `O(m n d)` time for `m` chosen points, and memory for the sums of those few on each thread.
pub(super) fn some_points<T: Send>(
    points: &Points,
    slots: &Slots,
    chosen: &[usize],
    finish: impl Fn(&[usize], &Table) -> T + Sync,
) -> Vec<T> {
    let arch = Arch::new();
    // Fewer at a time where there are very many slots.
    let few = ((1 << 20) / slots.n.max(1)).clamp(LANES, TILE * LANES);
    let of_chunk = |chunk: &[usize]| {
        let (lanes, lane_weights) = points.in_lanes(chunk.iter().copied());
        let mut table = Table::new(0..lane_weights.len(), slots);
        let mut sums = vec![0.0; lane_weights.len()];
        let mut start = 0;
        for (cell, &length) in points.lengths.iter().enumerate() {
            let range = start..start + length;
            start = range.end;
            sums.fill(0.0);
            Sums {
                n_cols: points.n_cols,
                lanes: &lanes,
                lane_weights: &lane_weights,
                rows: &points.values[range.start * points.n_cols..range.end * points.n_cols],
                row_weights: &points.weights[range],
                of_lanes: &mut sums,
                of_rows: &mut [],
            }
            .add(arch);
            for slot in slots.of(points, cell) {
                table.add(slot, 0, &sums);
            }
        }
        finish(chunk, &table)
    };
    chosen.par_chunks(few).map(of_chunk).collect()
}

/// The rounds of a tournament of `n` players in which everybody meets everybody once (the circle method).
fn rounds(n: usize) -> Vec<Vec<(usize, usize)>> {
    let circle = n.next_multiple_of(2).max(2) - 1;
    let meetings = |round: usize| {
        let others = (1..=circle / 2).map(|i| ((round + i) % circle, (round + circle - i) % circle));
        std::iter::once((circle, round)).chain(others).filter(|&(a, b)| a < n && b < n).collect()
    };
    if n < 2 { Vec::new() } else { (0..circle).map(meetings).collect() }
}

/// Cuts a block where cells end, and after so many groups.
fn tiles(points: &Points, block: &Range<usize>) -> Vec<Tile> {
    let mut tiles = Vec::new();
    let mut start = 0;
    for (cell, &length) in points.lengths.iter().enumerate() {
        let (mut from, to) = (start.max(block.start), (start + length).min(block.end));
        start += length;
        while from < to {
            let end = (from + TILE * LANES).min(to);
            tiles.push(Tile { cell, points: from..end });
            from = end;
        }
    }
    tiles
}

/// The points as lanes, for tiles to be measured against each other.
struct InLanes<'a> {
    points: &'a Points,
    values: &'a [f64],
    weights: &'a [f64],
    arch: Arch,
    slots: &'a Slots,
}

impl InLanes<'_> {
    /// Sums for the points of both tiles.
    fn between(&self, first: &Tile, second: &Tile) -> (Vec<f64>, Vec<f64>) {
        let mut by_lane = vec![0.0; second.points.len() * LANES];
        let of_first = self.measure(first, second, &mut by_lane);
        (of_first, by_lane.chunks_exact(LANES).map(|lanes| lanes.iter().sum()).collect())
    }

    /// All pairs within one tile.
    fn within(&self, tile: &Tile, table: &mut Table) {
        let sums = self.measure(tile, tile, &mut []);
        self.credit(table, tile, tile, &sums);
    }

    fn measure(&self, first: &Tile, second: &Tile, by_lane: &mut [f64]) -> Vec<f64> {
        let d = self.points.n_cols;
        let mut of_first = vec![0.0; first.points.len()];
        Sums {
            n_cols: d,
            lanes: &self.values[first.points.start * d..first.points.end * d],
            lane_weights: &self.weights[first.points.clone()],
            rows: &self.points.values[second.points.start * d..second.points.end * d],
            row_weights: &self.points.weights[second.points.clone()],
            of_lanes: &mut of_first,
            of_rows: by_lane,
        }
        .add(self.arch);
        of_first
    }

    /// Adds the sums of a tile's points over another tile to the slots of that other tile.
    fn credit(&self, table: &mut Table, tile: &Tile, other: &Tile, sums: &[f64]) {
        for slot in self.slots.of(self.points, other.cell) {
            table.add(slot, tile.points.start, sums);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_meets_everybody_once_and_nobody_twice_in_a_round() {
        for n in 0..12 {
            let mut met = std::collections::BTreeSet::new();
            for round in rounds(n) {
                let mut players: Vec<usize> = round.iter().flat_map(|&(a, b)| [a, b]).collect();
                players.sort_unstable();
                assert!(players.windows(2).all(|pair| pair[0] < pair[1]), "{round:?}");
                for (a, b) in round {
                    assert!(met.insert((a.min(b), a.max(b))));
                }
            }
            assert_eq!(met.len(), n * n.saturating_sub(1) / 2);
        }
    }
}
