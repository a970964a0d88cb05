//! Lloyd's iterations, written plainly: what every faster engine is compared with.

use rayon::prelude::*;

use super::Clusters;
use crate::Matrix;
use crate::math::chunks::rows_per_chunk;
use crate::math::distance::squared;
use crate::math::lanes::{LANES, Lanes};

/// Moves centres to a fixed point of Lloyd's map (Lloyd 1982; Forgy 1965).
///
/// Repeats: every row goes to its nearest centre (the lower index of equals), every centre becomes the mean
/// of its rows;
/// until no label changes, never a tolerance. So the labels returned are those of the centres returned, and
/// with `converged` every centre is the mean of its members.
///
/// - `x`: `n × d`; `start`: `k × d`, `k ≥ 1`; `max_iterations ≥ 1` passes of assignment.
/// - A cluster left without members takes the row farthest from its own centre (the lowest row of equals, and
///   never the last member of another cluster), which lowers the inertia.
/// - Stopped early, the last pass still labels every row by the centres returned.
///
/// Costs `O(n k d)` time an iteration and `O(n)` memory. Sums are made over fixed chunks of rows and added in
/// their order, so the result is the same to the bit on any number of threads.
pub fn lloyd(x: &Matrix, start: Matrix, max_iterations: usize) -> Clusters {
    let mut centres = start;
    let mut labels = vec![u32::MAX; x.n_rows()];
    let mut iterations = 0;
    loop {
        iterations += 1;
        let pass = assign(x, &centres, &mut labels);
        let converged = pass.changed == 0;
        if converged || iterations >= max_iterations {
            return Clusters { centres, labels, inertia: pass.inertia, iterations, converged };
        }
        centres = if pass.counts.contains(&0) {
            repair(x, &centres, &mut labels);
            means(x, centres.n_rows(), &labels).into_centres(&centres)
        } else {
            pass.into_centres(&centres)
        };
    }
}

/// What one pass over some rows adds up.
struct Pass {
    /// Sum of the members of each cluster, `k × d`.
    sums: Vec<f64>,
    counts: Vec<usize>,
    inertia: f64,
    /// Rows whose label is another than before.
    changed: usize,
}

impl Pass {
    fn new(k: usize, d: usize) -> Self {
        Self { sums: vec![0.0; k * d], counts: vec![0; k], inertia: 0.0, changed: 0 }
    }

    fn add(&mut self, label: u32, row: &[f64]) {
        let (label, d) = (label as usize, row.len());
        for (sum, value) in self.sums[label * d..(label + 1) * d].iter_mut().zip(row) {
            *sum += value;
        }
        self.counts[label] += 1;
    }

    fn merge(mut self, other: &Self) -> Self {
        for (sum, part) in self.sums.iter_mut().zip(&other.sums) {
            *sum += part;
        }
        for (count, part) in self.counts.iter_mut().zip(&other.counts) {
            *count += part;
        }
        self.inertia += other.inertia;
        self.changed += other.changed;
        self
    }

    /// The means; a cluster without members keeps its old centre.
    fn into_centres(self, old: &Matrix) -> Matrix {
        let d = old.n_cols();
        let mut values = self.sums;
        for (label, &count) in self.counts.iter().enumerate() {
            let centre = &mut values[label * d..(label + 1) * d];
            if count == 0 {
                centre.copy_from_slice(old.row(label));
            } else {
                centre.iter_mut().for_each(|v| *v /= count as f64);
            }
        }
        Matrix::new(d, values).expect("means of finite rows within the checked spread are finite")
    }
}

/// Labels every row by its nearest centre and adds up the new clusters.
fn assign(x: &Matrix, centres: &Matrix, labels: &mut [u32]) -> Pass {
    let (k, d) = (centres.n_rows(), x.n_cols());
    let chunk = rows_per_chunk(x.n_rows());
    let pass_over = |(values, labels): (&[f64], &mut [u32])| {
        let mut pass = Pass::new(k, d);
        let mut lanes = Lanes::new(d);
        for (values, labels) in values.chunks(LANES * d).zip(labels.chunks_mut(LANES)) {
            lanes.load(values.chunks_exact(d));
            let (best, best_squared) = nearest_of_lanes(&lanes, centres);
            for (lane, (row, label)) in values.chunks_exact(d).zip(labels).enumerate() {
                pass.inertia += best_squared[lane];
                pass.changed += usize::from(*label != best[lane]);
                *label = best[lane];
                pass.add(best[lane], row);
            }
        }
        pass
    };
    let parts = x.values().par_chunks(chunk * d).zip(labels.par_chunks_mut(chunk));
    let parts: Vec<Pass> = parts.map(pass_over).collect();
    parts.iter().fold(Pass::new(k, d), Pass::merge)
}

/// The nearest centre of each lane and the squared distance to it; the lower index of equals.
#[inline]
fn nearest_of_lanes(lanes: &Lanes, centres: &Matrix) -> ([u32; LANES], [f64; LANES]) {
    let mut best = [0_u32; LANES];
    let mut best_squared = [f64::INFINITY; LANES];
    for (index, centre) in (0_u32..).zip(centres.rows()) {
        let squared = lanes.squared(centre);
        for lane in 0..LANES {
            let nearer = squared[lane] < best_squared[lane];
            best[lane] = if nearer { index } else { best[lane] };
            best_squared[lane] = if nearer { squared[lane] } else { best_squared[lane] };
        }
    }
    (best, best_squared)
}

/// Adds up the clusters that the labels make, chunk by chunk as [`assign`] does.
fn means(x: &Matrix, k: usize, labels: &[u32]) -> Pass {
    let chunk = rows_per_chunk(x.n_rows());
    let mut total = Pass::new(k, x.n_cols());
    for (values, labels) in x.values().chunks(chunk * x.n_cols()).zip(labels.chunks(chunk)) {
        let mut pass = Pass::new(k, x.n_cols());
        for (row, &label) in values.chunks_exact(x.n_cols()).zip(labels) {
            pass.add(label, row);
        }
        total = total.merge(&pass);
    }
    total
}

/// Gives every cluster without members the row farthest from its centre. Rare, so neither parallel nor
/// clever.
pub(super) fn repair(x: &Matrix, centres: &Matrix, labels: &mut [u32]) {
    let mut counts = vec![0_usize; centres.n_rows()];
    for &label in labels.iter() {
        counts[label as usize] += 1;
    }
    let mut distances: Vec<f64> =
        x.rows().zip(labels.iter()).map(|(row, &label)| squared(row, centres.row(label as usize))).collect();
    for empty in (0..counts.len()).filter(|&label| counts[label] == 0).collect::<Vec<_>>() {
        let movable =
            (0..labels.len()).filter(|&row| counts[labels[row] as usize] > 1 && distances[row] > 0.0);
        let farthest = movable.max_by(|&a, &b| distances[a].total_cmp(&distances[b]).then(b.cmp(&a)));
        let Some(row) = farthest else { return };
        counts[labels[row] as usize] -= 1;
        counts[empty] = 1;
        labels[row] = empty as u32;
        distances[row] = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[f64]) -> Matrix {
        Matrix::new(1, values.to_vec()).unwrap()
    }

    #[test]
    fn two_pairs_on_a_line_settle_on_their_means() {
        // By hand: from 0 and 1 the first pass gives {0}, {1, 9, 10}; the means 0 and 20/3 give {0, 1}, {9,
        // 10}.
        let found = lloyd(&column(&[0.0, 1.0, 9.0, 10.0]), column(&[0.0, 1.0]), 300);
        assert_eq!(found.centres.values(), [0.5, 9.5]);
        assert_eq!(found.labels, [0, 0, 1, 1]);
        assert_eq!((found.inertia, found.iterations, found.converged), (1.0, 3, true));
    }

    #[test]
    fn a_row_between_two_centres_goes_to_the_lower_index() {
        let found = lloyd(&column(&[0.0, 5.0, 10.0]), column(&[0.0, 10.0]), 1);
        assert_eq!(found.labels, [0, 0, 1]);
    }

    #[test]
    fn an_empty_cluster_takes_the_farthest_row() {
        // Both centres coincide, so the second is empty; 10 is farthest from 0 and becomes its own cluster.
        let found = lloyd(&column(&[0.0, 1.0, 10.0]), column(&[0.0, 0.0]), 300);
        assert_eq!(found.centres.values(), [0.5, 10.0]);
        assert_eq!((found.inertia, found.converged), (0.5, true));
        let found = lloyd(&column(&[0.0, 1.0, 10.0, 20.0]), column(&[0.0, 0.0, 0.0]), 300);
        assert_eq!(found.sizes().iter().filter(|&&n| n > 0).count(), 3);
    }

    #[test]
    fn stopped_early_the_labels_are_still_those_of_the_centres() {
        let x = column(&[0.0, 1.0, 2.0, 9.0, 10.0, 11.0]);
        let found = lloyd(&x, column(&[0.0, 1.0]), 2);
        assert!(!found.converged);
        for (row, &label) in x.rows().zip(&found.labels) {
            assert_eq!(super::super::nearest(&found.centres, row).index, label as usize);
        }
    }
}
