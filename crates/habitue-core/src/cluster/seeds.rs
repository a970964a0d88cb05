//! Where k-means starts: greedy k-means++.

use rayon::prelude::*;

use crate::math::chunks::rows_per_chunk;
use crate::math::lanes::{LANES, Lanes};
use crate::math::random::Random;
use crate::{Error, Matrix, Result};

/// Chooses `k` rows as first centres by greedy k-means++ (Arthur & Vassilvitskii 2007, §2.2, and its last
/// section for "greedy").
///
/// The first is drawn evenly; each further one is the best of `2 + ⌊ln k⌋` candidates drawn with probability
/// `D(x)² / Σ D(x)²`, where `D` is the distance to the nearest centre so far and the best leaves the smallest
/// `Σ D²`.
/// Returns `k` rows of `x`, all different. Costs `O(n k d ln k)` time and `O(n)` memory.
///
/// # Errors
/// [`Error::SegmentCount`] if `k` is 0 or there are fewer than `k` different rows, [`Error::NoCustomers`] if
/// there are none.
pub fn plus_plus(x: &Matrix, k: usize, random: &mut Random) -> Result<Matrix> {
    if x.n_rows() == 0 {
        return Err(Error::NoCustomers);
    }
    if k == 0 {
        return Err(Error::SegmentCount { k, distinct: super::distinct_rows(x, x.n_rows().min(100)) });
    }
    let n_trials = 2 + (k as f64).ln() as usize;
    let mut chosen = vec![random.below(x.n_rows())];
    let mut closest = Closest::new(x, x.row(chosen[0]));
    while chosen.len() < k {
        if closest.total() == 0.0 {
            return Err(Error::SegmentCount { k, distinct: chosen.len() });
        }
        let candidates: Vec<usize> = (0..n_trials).map(|_| closest.draw(random)).collect();
        let best = closest.best_of(x, &candidates);
        closest.add(x, x.row(best));
        chosen.push(best);
    }
    Ok(x.select(&chosen))
}

/// Squared distance of every row to the nearest centre so far, with its sum over each chunk of rows.
struct Closest {
    squared: Vec<f64>,
    sums: Vec<f64>,
    chunk: usize,
}

impl Closest {
    fn new(x: &Matrix, centre: &[f64]) -> Self {
        let chunk = rows_per_chunk(x.n_rows());
        let mut closest = Self { squared: vec![f64::INFINITY; x.n_rows()], sums: Vec::new(), chunk };
        closest.add(x, centre);
        closest
    }

    fn add(&mut self, x: &Matrix, centre: &[f64]) {
        let values = x.values().par_chunks(self.chunk * x.n_cols());
        let update = |(closest, values): (&mut [f64], &[f64])| {
            let mut lanes = Lanes::new(x.n_cols());
            let mut sum = 0.0;
            for (closest, values) in closest.chunks_mut(LANES).zip(values.chunks(LANES * x.n_cols())) {
                lanes.load(values.chunks_exact(x.n_cols()));
                for (closest, squared) in closest.iter_mut().zip(lanes.squared(centre)) {
                    *closest = closest.min(squared);
                    sum += *closest;
                }
            }
            sum
        };
        self.sums = self.squared.par_chunks_mut(self.chunk).zip(values).map(update).collect();
    }

    fn total(&self) -> f64 {
        self.sums.iter().sum()
    }

    /// A row drawn with probability proportional to its squared distance; never one at distance 0.
    fn draw(&self, random: &mut Random) -> usize {
        let mut left = random.uniform() * self.total();
        let mut last = 0;
        for (at, sum) in self.sums.iter().enumerate() {
            // The last chunk with anything in it takes what rounding leaves over.
            if left >= *sum && self.sums[at + 1..].iter().any(|s| *s > 0.0) {
                left -= sum;
                continue;
            }
            let start = at * self.chunk;
            for (offset, distance) in self.squared[start..].iter().take(self.chunk).enumerate() {
                if *distance > 0.0 {
                    last = start + offset;
                    left -= distance;
                    if left < 0.0 {
                        return last;
                    }
                }
            }
            return last;
        }
        last
    }

    /// The candidate that would leave the smallest sum; the earlier one of equals.
    fn best_of(&self, x: &Matrix, candidates: &[usize]) -> usize {
        let values = x.values().par_chunks(self.chunk * x.n_cols());
        let sums = |(closest, values): (&[f64], &[f64])| -> Vec<f64> {
            let mut lanes = Lanes::new(x.n_cols());
            let mut sums = vec![[0.0; LANES]; candidates.len()];
            for (closest, values) in closest.chunks(LANES).zip(values.chunks(LANES * x.n_cols())) {
                lanes.load(values.chunks_exact(x.n_cols()));
                for (sums, &candidate) in sums.iter_mut().zip(candidates) {
                    let squared = lanes.squared(x.row(candidate));
                    for ((sum, closest), squared) in sums.iter_mut().zip(closest).zip(squared) {
                        *sum += closest.min(squared);
                    }
                }
            }
            sums.iter().map(|lanes| lanes.iter().sum()).collect()
        };
        let per_chunk: Vec<Vec<f64>> = self.squared.par_chunks(self.chunk).zip(values).map(sums).collect();
        let total = |candidate: usize| per_chunk.iter().map(|sums| sums[candidate]).sum::<f64>();
        let best = (0..candidates.len()).min_by(|&a, &b| total(a).total_cmp(&total(b)));
        candidates[best.unwrap_or(0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_far_groups_get_one_seed_each() {
        let x = Matrix::new(1, vec![0.0, 0.1, 0.2, 100.0, 100.1]).unwrap();
        for seed in 0..50 {
            let seeds = plus_plus(&x, 2, &mut Random::new(seed)).unwrap();
            assert!((seeds.row(0)[0] - seeds.row(1)[0]).abs() > 99.0, "seed {seed}: {seeds:?}");
        }
    }

    #[test]
    fn seeds_are_different_rows_as_long_as_there_are_any() {
        let x = Matrix::new(1, vec![1.0, 1.0, 1.0, 1.0, 2.0, 3.0]).unwrap();
        for seed in 0..20 {
            let seeds = plus_plus(&x, 3, &mut Random::new(seed)).unwrap();
            let mut values = seeds.values().to_vec();
            values.sort_by(f64::total_cmp);
            assert_eq!(values, [1.0, 2.0, 3.0]);
        }
        let refused = plus_plus(&x, 4, &mut Random::new(0));
        assert_eq!(refused, Err(Error::SegmentCount { k: 4, distinct: 3 }));
    }

    #[test]
    fn a_row_twice_as_far_is_drawn_four_times_as_often() {
        let x = Matrix::new(1, vec![0.0, 1.0, -2.0]).unwrap();
        let closest = Closest::new(&x, &[0.0]);
        let mut random = Random::new(3);
        let mut counts = [0; 3];
        for _ in 0..10_000 {
            counts[closest.draw(&mut random)] += 1;
        }
        assert_eq!(counts[0], 0);
        assert!((counts[1] - 2000_i32).abs() < 150, "{counts:?}");
    }
}
