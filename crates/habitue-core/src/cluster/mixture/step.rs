//! One step of expectation-maximisation: a single pass over the rows, then the new components.

use pulp::Arch;
use rayon::prelude::*;

use super::density::{Component, Covariance, Density, triangle};
use crate::Matrix;
use crate::math::chunks::rows_per_chunk;
use crate::math::exponential::exp_lanes;
use crate::math::lanes::LANES;

type Eight = [f64; LANES];

/// Rows, eight at a time and column by column, and room for what is computed of them.
pub(super) struct Rows {
    columns: Vec<Eight>,
    /// `x − μ` for every component, one after the other.
    centred: Vec<Eight>,
    /// Responsibilities, one component after the other.
    pub(super) shares: Vec<Eight>,
}

impl Rows {
    pub(super) fn new(k: usize, d: usize) -> Self {
        let zero = [0.0; LANES];
        Self { columns: vec![zero; d], centred: vec![zero; k * d], shares: vec![zero; k] }
    }

    /// Puts up to eight rows in; lanes without a row repeat the first.
    #[inline(always)]
    pub(super) fn load(&mut self, values: &[f64]) {
        let d = self.columns.len();
        let n = values.len() / d;
        for lane in 0..LANES {
            let from = if lane < n { lane } else { 0 };
            for (column, value) in self.columns.iter_mut().zip(&values[from * d..]) {
                column[lane] = *value;
            }
        }
    }

    /// The responsibilities of every component, and the logarithm of the density of the whole mixture, by the
    /// log-sum-exp of the components.
    #[inline(always)]
    pub(super) fn expect(&mut self, densities: &[Density]) -> Eight {
        let d = self.columns.len();
        let mut most = [f64::NEG_INFINITY; LANES];
        for ((density, centred), share) in
            densities.iter().zip(self.centred.chunks_exact_mut(d)).zip(&mut self.shares)
        {
            *share = density.log(&self.columns, centred);
            for lane in 0..LANES {
                most[lane] = most[lane].max(share[lane]);
            }
        }
        let mut sum = [0.0; LANES];
        for share in &mut self.shares {
            let mut above = *share;
            for lane in 0..LANES {
                above[lane] -= most[lane];
            }
            *share = exp_lanes(above);
            for lane in 0..LANES {
                sum[lane] += share[lane];
            }
        }
        for share in &mut self.shares {
            for lane in 0..LANES {
                share[lane] /= sum[lane];
            }
        }
        let mut log = most;
        for lane in 0..LANES {
            log[lane] += sum[lane].ln();
        }
        log
    }

    /// `x − μ` for given centres and whole responsibilities for given labels.
    #[inline(always)]
    fn settle(&mut self, centres: &Matrix, labels: &[u32]) {
        let d = self.columns.len();
        for (at, (centre, share)) in centres.rows().zip(&mut self.shares).enumerate() {
            let centred = &mut self.centred[at * d..(at + 1) * d];
            for ((centred, column), mean) in centred.iter_mut().zip(&self.columns).zip(centre) {
                for lane in 0..LANES {
                    centred[lane] = column[lane] - mean;
                }
            }
            *share = [0.0; LANES];
            for (share, &label) in share.iter_mut().zip(labels) {
                *share = if label as usize == at { 1.0 } else { 0.0 };
            }
        }
    }
}

/// What a pass adds up, for every component about its old mean: the sum of responsibilities, of `x − μ`, and
/// of the products of `x − μ`; by lanes.
#[derive(Clone)]
struct Sums {
    weight: Vec<Eight>,
    first: Vec<Eight>,
    second: Vec<Eight>,
    log_likelihood: Eight,
}

impl Sums {
    fn new(k: usize, d: usize, covariance: Covariance) -> Self {
        let zero = [0.0; LANES];
        let width = if covariance.is_axial() { d } else { d * (d + 1) / 2 };
        let n_second = if covariance == Covariance::Tied { width } else { k * width };
        let (weight, first, second) = (vec![zero; k], vec![zero; k * d], vec![zero; n_second]);
        Self { weight, first, second, log_likelihood: zero }
    }

    /// Adds eight rows, their responsibilities multiplied by their weights.
    #[inline(always)]
    fn add(&mut self, rows: &Rows, weights: &Eight, covariance: Covariance) {
        let d = rows.columns.len();
        let width = if covariance.is_axial() { d } else { d * (d + 1) / 2 };
        for (at, (share, centred)) in rows.shares.iter().zip(rows.centred.chunks_exact(d)).enumerate() {
            let mut share = *share;
            for lane in 0..LANES {
                share[lane] *= weights[lane];
            }
            if share.iter().all(|&share| share <= 0.0) {
                continue;
            }
            for (sum, share) in self.weight[at].iter_mut().zip(share) {
                *sum += share;
            }
            let from = if covariance == Covariance::Tied { 0 } else { at * width };
            let mut second = &mut self.second[from..from + width];
            for (i, (first, centred_i)) in self.first[at * d..].iter_mut().zip(centred).enumerate() {
                let mut weighted = *centred_i;
                for lane in 0..LANES {
                    weighted[lane] *= share[lane];
                    first[lane] += weighted[lane];
                }
                let others = if covariance.is_axial() { &centred[i..=i] } else { &centred[..=i] };
                let (row, below) = second.split_at_mut(others.len());
                second = below;
                for (sum, other) in row.iter_mut().zip(others) {
                    for lane in 0..LANES {
                        sum[lane] += weighted[lane] * other[lane];
                    }
                }
            }
        }
    }

    fn merge(mut self, other: &Self) -> Self {
        let add = |into: &mut [Eight], from: &[Eight]| {
            for (into, from) in into.iter_mut().flatten().zip(from.iter().flatten()) {
                *into += from;
            }
        };
        add(&mut self.weight, &other.weight);
        add(&mut self.first, &other.first);
        add(&mut self.second, &other.second);
        add(std::slice::from_mut(&mut self.log_likelihood), &[other.log_likelihood]);
        self
    }

    /// The components that make these sums most likely, given the means that they were made about.
    fn maximise<'a>(
        &self,
        old_means: impl Iterator<Item = &'a [f64]>,
        covariance: Covariance,
        floor: f64,
    ) -> Vec<Component> {
        let total = |lanes: &Eight| lanes.iter().sum::<f64>();
        let all: f64 = self.weight.iter().map(total).sum();
        let k = self.weight.len();
        let d = self.first.len() / k;
        let second: Vec<f64> = self.second.iter().map(total).collect();
        let width = second.len() / if covariance == Covariance::Tied { 1 } else { k };
        let mut components = Vec::with_capacity(k);
        // The spread that moving the means leaves over, for the tied covariance.
        let mut shared = second.clone();
        for (at, old) in old_means.enumerate() {
            // A component that lost all its rows stays where it is, with a weight of next to nothing.
            let weight = total(&self.weight[at]) + 10.0 * f64::EPSILON;
            let shift: Vec<f64> =
                self.first[at * d..(at + 1) * d].iter().map(|f| total(f) / weight).collect();
            let mean = old.iter().zip(&shift).map(|(old, shift)| old + shift).collect();
            let value = |i: usize, j: usize, at_second: usize| {
                second[at * width + at_second] / weight - shift[i] * shift[j]
            };
            let covariance = match covariance {
                Covariance::Full => square(d, floor, |i, j| value(i, j, triangle(i, j))),
                Covariance::Diagonal => (0..d).map(|i| value(i, i, i).max(0.0) + floor).collect(),
                Covariance::Spherical => {
                    vec![(0..d).map(|i| value(i, i, i).max(0.0)).sum::<f64>() / d as f64 + floor; d]
                }
                Covariance::Tied => {
                    for i in 0..d {
                        for j in 0..=i {
                            shared[triangle(i, j)] -= weight * shift[i] * shift[j];
                        }
                    }
                    Vec::new()
                }
            };
            components.push(Component { weight: weight / all, mean, covariance });
        }
        let weights: f64 = components.iter().map(|c| c.weight).sum();
        for component in &mut components {
            component.weight /= weights;
            if covariance == Covariance::Tied {
                component.covariance = square(d, floor, |i, j| shared[triangle(i, j)] / all);
            }
        }
        components
    }
}

/// A symmetric matrix from its lower triangle, with `floor` added to its diagonal.
fn square(d: usize, floor: f64, lower: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut matrix = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..i {
            matrix[i * d + j] = lower(i, j);
            matrix[j * d + i] = matrix[i * d + j];
        }
        matrix[i * d + i] = lower(i, i).max(0.0) + floor;
    }
    matrix
}

/// The rows to be fitted and how.
pub(super) struct Step<'a> {
    pub(super) x: &'a Matrix,
    pub(super) weights: Option<&'a [f64]>,
    pub(super) covariance: Covariance,
    pub(super) floor: f64,
}

impl Step<'_> {
    /// The components that labels make of the rows.
    pub(super) fn start(&self, centres: &Matrix, labels: &[u32]) -> Vec<Component> {
        let sums = self.pass(centres.n_rows(), |rows, from, n| {
            rows.settle(centres, &labels[from..from + n]);
            [0.0; LANES]
        });
        sums.maximise(centres.rows(), self.covariance, self.floor)
    }

    /// The sum of the log-likelihoods of all rows under some components, and the components that follow.
    pub(super) fn improve(&self, components: &[Component]) -> (f64, Vec<Component>) {
        let densities: Vec<Density> =
            components.iter().map(|c| Density::new(c, self.covariance.is_axial())).collect();
        let sums = self.pass(components.len(), |rows, _, _| rows.expect(&densities));
        let means = components.iter().map(|c| c.mean.as_slice());
        (sums.log_likelihood.iter().sum(), sums.maximise(means, self.covariance, self.floor))
    }

    /// Adds up all rows, `judge` giving their responsibilities; parallel over fixed chunks, added in order.
    fn pass(&self, k: usize, judge: impl Fn(&mut Rows, usize, usize) -> Eight + Sync) -> Sums {
        let d = self.x.n_cols();
        let chunk = rows_per_chunk(self.x.n_rows());
        let over = |(number, values): (usize, &[f64])| {
            let mut rows = Rows::new(k, d);
            let mut sums = Sums::new(k, d, self.covariance);
            let work = || {
                for (block, values) in values.chunks(LANES * d).enumerate() {
                    let (from, n) = (number * chunk + block * LANES, values.len() / d);
                    let mut weights = [0.0; LANES];
                    for (lane, weight) in weights.iter_mut().take(n).enumerate() {
                        *weight = self.weights.map_or(1.0, |w| w[from + lane]);
                    }
                    rows.load(values);
                    let log = judge(&mut rows, from, n);
                    sums.add(&rows, &weights, self.covariance);
                    for lane in 0..LANES {
                        sums.log_likelihood[lane] += weights[lane] * log[lane];
                    }
                }
            };
            Arch::new().dispatch(work);
            sums
        };
        let parts: Vec<Sums> = self.x.values().par_chunks(chunk * d).enumerate().map(over).collect();
        parts.iter().fold(Sums::new(k, d, self.covariance), Sums::merge)
    }
}
