//! Rows drawn by their distance to the nearest centre so far.

use super::field::Field;
use crate::math::lanes::{self, LANES, Octet};
use crate::math::random::Random;

/// Squared distances of all rows of a field to the nearest centre so far, to which centres are added.
pub(super) struct Closest<'a> {
    field: &'a Field,
    squared: Vec<Octet>,
    /// The sum of weights times squared distances of all blocks up to each.
    sums: Vec<f64>,
    /// The distances with the best of the rows that were tried, and with the one tried last.
    least: Vec<Octet>,
    trial: Vec<Octet>,
}

impl<'a> Closest<'a> {
    /// With the squared distances to the centres so far.
    pub(super) fn new(field: &'a Field, squared: Vec<Octet>) -> Self {
        let (sums, least, trial) = (vec![0.0; squared.len()], squared.clone(), squared.clone());
        Self { field, squared, sums, least, trial }
    }

    /// With a first centre, drawn by weight; the row that it is.
    pub(super) fn to_one(field: &'a Field, random: &mut Random) -> (Self, usize) {
        let mut closest = Self::new(field, vec![Octet([1.0; LANES]); field.n_blocks()]);
        closest.add_up();
        let first = closest.draw(random);
        closest.squared.fill(Octet([f64::INFINITY; LANES]));
        closest.try_row(first);
        std::mem::swap(&mut closest.squared, &mut closest.trial);
        (closest, first)
    }

    /// Adds the best of `n_trials` rows drawn with probability proportional to weight times squared distance: the one
    /// that leaves the least sum of these. The row that it is.
    pub(super) fn add_best_of(&mut self, n_trials: usize, random: &mut Random) -> usize {
        self.add_up();
        let mut found: Option<(usize, f64)> = None;
        for _ in 0..n_trials {
            let row = self.draw(random);
            let total = self.try_row(row);
            if found.is_none_or(|(_, least)| total < least) {
                found = Some((row, total));
                std::mem::swap(&mut self.least, &mut self.trial);
            }
        }
        std::mem::swap(&mut self.squared, &mut self.least);
        found.expect("there is at least one trial").0
    }

    fn add_up(&mut self) {
        pulp::Arch::new().dispatch(|| {
            let mut total = 0.0;
            for ((sum, squared), weights) in self.sums.iter_mut().zip(&self.squared).zip(&self.field.weights)
            {
                total += product(weights, squared).iter().sum::<f64>();
                *sum = total;
            }
        });
    }

    /// A row drawn by weight times squared distance; never one at distance 0 where another is farther.
    fn draw(&self, random: &mut Random) -> usize {
        let total = self.sums[self.sums.len() - 1];
        // Rounding may leave nothing below a sum: then it is the last row of the block that is away from all centres.
        let target = (random.uniform() * total).min(total.next_down());
        let block = self.sums.partition_point(|sum| *sum <= target).min(self.sums.len() - 1);
        let mut left = target - if block == 0 { 0.0 } else { self.sums[block - 1] };
        let mut last = block * LANES;
        for (lane, product) in product(&self.field.weights[block], &self.squared[block]).iter().enumerate() {
            if *product > 0.0 {
                last = block * LANES + lane;
                left -= product;
                if left < 0.0 {
                    break;
                }
            }
        }
        last
    }

    /// Puts the distances if a row were a centre too into `trial`; their weighted sum.
    fn try_row(&mut self, row: usize) -> f64 {
        let centre = self.field.row(row);
        let Self { field, squared, trial, .. } = self;
        let blocks = field.blocks.chunks_exact(field.n_cols());
        pulp::Arch::new().dispatch(|| {
            let mut total = [0.0; LANES];
            for (((after, before), weights), block) in
                trial.iter_mut().zip(squared.iter()).zip(&field.weights).zip(blocks)
            {
                let squared = lanes::squared(block, centre.iter().copied());
                for lane in 0..LANES {
                    after[lane] = if squared[lane] < before[lane] { squared[lane] } else { before[lane] };
                    total[lane] += weights[lane] * after[lane];
                }
            }
            total.iter().sum::<f64>()
        })
    }
}

#[inline(always)]
fn product(weights: &Octet, squared: &Octet) -> [f64; LANES] {
    std::array::from_fn(|lane| weights[lane] * squared[lane])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Matrix;
    use crate::cluster::tree::Tree;
    use crate::math::distance;

    /// Nineteen rows on a line, at 0 to 18; the first ten weigh 2.
    fn field() -> Field {
        let x = Matrix::new(1, (0..19).map(f64::from).collect()).unwrap();
        let weights: Vec<f64> = (0..19).map(|row| if row < 10 { 2.0 } else { 1.0 }).collect();
        Field::fine(Tree::new(&x, Some(&weights)))
    }

    /// The squared distances of its rows to 0.
    fn to_zero(field: &Field) -> Vec<Octet> {
        let of_row = |row: usize| distance::squared(&field.row(row), &[0.0]);
        let of_block = |block: usize| Octet(std::array::from_fn(|lane| of_row(block * LANES + lane)));
        (0..field.n_blocks()).map(of_block).collect()
    }

    #[test]
    fn rows_are_drawn_by_weight_times_squared_distance() {
        let (field, mut random) = (field(), Random::new(1));
        let mut closest = Closest::new(&field, to_zero(&field));
        closest.add_up();
        let mut drawn = [0; 19];
        let n_draws = 200_000;
        for _ in 0..n_draws {
            drawn[field.row(closest.draw(&mut random))[0] as usize] += 1;
        }
        let share = |row: usize| (if row < 10 { 2.0 } else { 1.0 }) * (row * row) as f64;
        let total: f64 = (0..19).map(share).sum();
        assert_eq!(drawn[0], 0);
        for (row, &drawn) in drawn.iter().enumerate() {
            let expected = share(row) / total;
            let error = (expected * (1.0 - expected) / f64::from(n_draws)).sqrt();
            let found = f64::from(drawn) / f64::from(n_draws);
            assert!((found - expected).abs() <= 5.0 * error, "row {row}: {found}, expected {expected}");
        }
    }

    #[test]
    fn distances_are_those_to_the_nearest_of_all_rows_that_were_added() {
        let (field, mut random) = (field(), Random::new(2));
        let (mut closest, first) = Closest::to_one(&field, &mut random);
        let mut centres = vec![field.row(first)];
        for n_trials in [1, 2, 3, 8] {
            centres.push(field.row(closest.add_best_of(n_trials, &mut random)));
            for (block, squared) in closest.squared.iter().enumerate() {
                for (lane, found) in squared.iter().enumerate() {
                    let row = field.row(block * LANES + lane);
                    let nearest = centres.iter().map(|centre| distance::squared(&row, centre));
                    assert_eq!(*found, nearest.fold(f64::INFINITY, f64::min));
                }
            }
        }
    }

    #[test]
    fn of_several_rows_the_one_that_leaves_least_is_added() {
        // In 1,000 trials every row far from 0 is tried, and so is the best to add: it leaves the least sum of all.
        let (field, mut random) = (field(), Random::new(3));
        let mut closest = Closest::new(&field, to_zero(&field));
        let added = field.row(closest.add_best_of(1000, &mut random))[0];
        let left = |row: f64| -> f64 {
            let of = |at: f64| if at < 10.0 { 2.0 } else { 1.0 } * (at * at).min((at - row) * (at - row));
            (0..19).map(|at| of(f64::from(at))).sum()
        };
        let best = (0..19).map(f64::from).min_by(|&a, &b| left(a).total_cmp(&left(b)));
        assert_eq!(Some(added), best);
    }
}
