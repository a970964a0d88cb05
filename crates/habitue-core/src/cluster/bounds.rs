//! Exact k-means with two bounds a row, for data of many columns, where boxes rule nothing out.
//!
//! After Hamerly (2010): a row whose nearest centre is nearer than the second by more than both can have travelled
//! since keeps its label unseen.
//! The bounds are kept against totals of travel, so that a pass over rows that keep their labels reads two numbers
//! a row and writes none.

use rayon::prelude::*;

use super::Clusters;
use super::lloyd::repair;
use crate::Matrix;
use crate::math::chunks::rows_per_chunk;
use crate::math::distance::squared;
use crate::math::lanes::{self, LANES, Nearest, Octet};

/// What is known of a row.
#[derive(Clone, Copy)]
struct Bounds {
    /// The travel of its centre and the farthest together at which its label may change.
    limit: f64,
    /// The least distance of any other centre, plus the farthest travel when it was measured.
    second: f64,
}

const UNKNOWN: Bounds = Bounds { limit: f64::NEG_INFINITY, second: f64::NEG_INFINITY };
const NOBODY: u32 = u32::MAX;

/// Sums and masses of clusters, and how many rows each has.
#[derive(Clone)]
struct Totals {
    sums: Vec<f64>,
    masses: Vec<f64>,
    counts: Vec<i64>,
    changed: usize,
}

impl Totals {
    fn new(k: usize, d: usize) -> Self {
        Self { sums: vec![0.0; k * d], masses: vec![0.0; k], counts: vec![0; k], changed: 0 }
    }

    #[inline(always)]
    fn add(&mut self, label: u32, row: &[f64], weight: f64, sign: f64) {
        let (label, d) = (label as usize, row.len());
        for (sum, value) in self.sums[label * d..(label + 1) * d].iter_mut().zip(row) {
            *sum += sign * weight * value;
        }
        self.masses[label] += sign * weight;
        self.counts[label] += sign as i64;
    }

    fn merge(mut self, other: &Self) -> Self {
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, part)| *sum += part);
        self.masses.iter_mut().zip(&other.masses).for_each(|(mass, part)| *mass += part);
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, part)| *count += part);
        self.changed += other.changed;
        self
    }

    /// The means; a cluster without rows keeps its centre.
    fn means(&self, old: &[f64]) -> Vec<f64> {
        let d = self.sums.len() / self.counts.len();
        let mut centres = old.to_vec();
        for (label, centre) in centres.chunks_exact_mut(d).enumerate().filter(|(l, _)| self.counts[*l] > 0) {
            let sums = &self.sums[label * d..(label + 1) * d];
            centre.iter_mut().zip(sums).for_each(|(centre, sum)| *centre = sum / self.masses[label]);
        }
        centres
    }
}

/// Moves centres to a fixed point of Lloyd's map, as [`super::lloyd::lloyd`] does.
pub(super) fn settle(x: &Matrix, weights: Option<&[f64]>, start: &Matrix, max_iterations: usize) -> Clusters {
    let (k, d) = (start.n_rows(), x.n_cols());
    let mut rows = Rows { x, weights, labels: vec![NOBODY; x.n_rows()], bounds: vec![UNKNOWN; x.n_rows()] };
    let mut totals = Totals::new(k, d);
    let mut travel = Travel { own: vec![0.0; k], farthest: 0.0 };
    let mut centres = start.values().to_vec();
    let (mut iterations, mut converged) = (0, false);
    loop {
        iterations += usize::from(!converged);
        let moves = rows.assign(&centres, &travel);
        totals = totals.merge(&moves);
        let is_over = iterations >= max_iterations && !converged;
        let next = if moves.changed == 0 {
            // Added up anew the means may differ in their last bits; the labels must hold for them too.
            totals = rows.add_up(k);
            let next = totals.means(&centres);
            converged = true;
            (next != centres).then_some(next)
        } else {
            converged = false;
            Some(if totals.counts.contains(&0) { rows.repaired(&centres, k) } else { totals.means(&centres) })
        };
        let Some(next) = next.filter(|_| !is_over) else { break };
        travel.add(&centres, &next);
        if converged {
            rows.bounds.fill(UNKNOWN);
        }
        centres = next;
    }
    let inertia = rows.inertia(&centres);
    let centres = Matrix::new(d, centres).expect("means of finite rows within the checked spread are finite");
    Clusters { centres, labels: rows.labels, inertia, iterations, converged }
}

/// How far centres have travelled since the first.
struct Travel {
    own: Vec<f64>,
    /// The farthest of each iteration together.
    farthest: f64,
}

impl Travel {
    fn add(&mut self, from: &[f64], to: &[f64]) {
        let d = from.len() / self.own.len();
        let mut farthest = 0.0_f64;
        for (own, (from, to)) in self.own.iter_mut().zip(from.chunks_exact(d).zip(to.chunks_exact(d))) {
            let moved = squared(from, to).sqrt() * (1.0 + 1e-12);
            *own += moved;
            farthest = farthest.max(moved);
        }
        self.farthest += farthest * (1.0 + 1e-12);
    }
}

struct Rows<'a> {
    x: &'a Matrix,
    weights: Option<&'a [f64]>,
    labels: Vec<u32>,
    bounds: Vec<Bounds>,
}

impl Rows<'_> {
    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// Assigns all rows; what that changes in the sums.
    fn assign(&mut self, centres: &[f64], travel: &Travel) -> Totals {
        let (x, weights, d) = (self.x, self.weights, self.x.n_cols());
        let chunk = rows_per_chunk(x.n_rows());
        let parts: Vec<Totals> = self
            .labels
            .par_chunks_mut(chunk)
            .zip(self.bounds.par_chunks_mut(chunk))
            .enumerate()
            .map(|(at, (labels, bounds))| {
                let values = &x.values()[at * chunk * d..][..labels.len() * d];
                let weights = weights.map(|weights| &weights[at * chunk..][..labels.len()]);
                let totals = Totals::new(centres.len() / d, d);
                pulp::Arch::new().dispatch(Pass {
                    values,
                    weights,
                    labels,
                    bounds,
                    centres,
                    travel,
                    d,
                    totals,
                })
            })
            .collect();
        parts.iter().fold(Totals::new(centres.len() / d, d), Totals::merge)
    }

    /// The clusters that the labels make, added up chunk by chunk.
    fn add_up(&self, k: usize) -> Totals {
        let d = self.x.n_cols();
        let chunk = rows_per_chunk(self.x.n_rows());
        let add = |(at, labels): (usize, &[u32])| {
            let mut totals = Totals::new(k, d);
            for (row, &label) in (at * chunk..).zip(labels) {
                totals.add(label, self.x.row(row), self.weight(row), 1.0);
            }
            totals
        };
        let parts: Vec<Totals> = self.labels.par_chunks(chunk).enumerate().map(add).collect();
        parts.iter().fold(Totals::new(k, d), Totals::merge)
    }

    /// The means after every cluster without rows has taken the row farthest from its centre.
    fn repaired(&mut self, centres: &[f64], k: usize) -> Vec<f64> {
        let before = self.labels.clone();
        let old = Matrix::new(self.x.n_cols(), centres.to_vec()).expect("centres are finite");
        repair(self.x, &old, &mut self.labels);
        let means = self.add_up(k).means(centres);
        // The bounds speak of the labels before.
        self.labels = before;
        means
    }

    fn inertia(&self, centres: &[f64]) -> f64 {
        let d = self.x.n_cols();
        let chunk = rows_per_chunk(self.x.n_rows());
        let add = |(at, labels): (usize, &[u32])| {
            let part = (at * chunk..).zip(labels).map(|(row, &label)| {
                self.weight(row) * squared(self.x.row(row), &centres[label as usize * d..][..d])
            });
            part.sum::<f64>()
        };
        let parts: Vec<f64> = self.labels.par_chunks(chunk).enumerate().map(add).collect();
        parts.iter().sum()
    }
}

/// A pass over some rows.
struct Pass<'a> {
    values: &'a [f64],
    weights: Option<&'a [f64]>,
    labels: &'a mut [u32],
    bounds: &'a mut [Bounds],
    centres: &'a [f64],
    travel: &'a Travel,
    d: usize,
    totals: Totals,
}

impl pulp::NullaryFnOnce for Pass<'_> {
    type Output = Totals;

    #[inline(always)]
    fn call(mut self) -> Totals {
        let rounding = (self.d + 8) as f64 * 4.0 * f64::EPSILON;
        let mut waiting = [0_usize; LANES];
        let mut n_waiting = 0;
        let mut lanes = vec![Octet([0.0; LANES]); self.d];
        for row in 0..self.labels.len() {
            let label = self.labels[row];
            let own = self.travel.own.get(label as usize).copied().unwrap_or(0.0);
            let travelled = own + self.travel.farthest;
            if travelled < self.bounds[row].limit {
                continue;
            }
            let values = &self.values[row * self.d..(row + 1) * self.d];
            if label != NOBODY {
                let centre = &self.centres[label as usize * self.d..][..self.d];
                let distance = roughly_squared(values, centre).sqrt();
                let second = self.bounds[row].second - self.travel.farthest;
                let slack = second - distance - rounding * (second.abs() + distance);
                if slack > 0.0 {
                    self.bounds[row].limit = slack + travelled - 4.0 * f64::EPSILON * travelled;
                    continue;
                }
            }
            for (column, value) in lanes.iter_mut().zip(values) {
                column[n_waiting] = *value;
            }
            waiting[n_waiting] = row;
            n_waiting += 1;
            if n_waiting == LANES {
                self.measure(&lanes, &waiting);
                n_waiting = 0;
            }
        }
        self.measure(&lanes, &waiting[..n_waiting]);
        self.totals
    }
}

impl Pass<'_> {
    /// Measures up to eight rows against all centres.
    #[inline(always)]
    fn measure(&mut self, columns: &[Octet], rows: &[usize]) {
        if rows.is_empty() {
            return;
        }
        let mut nearest = Nearest::NONE;
        for (index, centre) in (0..).zip(self.centres.chunks_exact(self.d)) {
            nearest.offer(index, lanes::squared(columns, centre.iter().copied()));
        }
        let Nearest { label, best, second } = nearest;
        let rounding = (self.d + 8) as f64 * 4.0 * f64::EPSILON;
        for (lane, &row) in rows.iter().enumerate() {
            let new = label[lane] as u32;
            let old = std::mem::replace(&mut self.labels[row], new);
            if old != new {
                let values = &self.values[row * self.d..(row + 1) * self.d];
                let weight = self.weights.map_or(1.0, |weights| weights[row]);
                if old != NOBODY {
                    self.totals.add(old, values, weight, -1.0);
                }
                self.totals.add(new, values, weight, 1.0);
                self.totals.changed += 1;
            }
            let (near, far) = (best[lane].sqrt(), second[lane].sqrt());
            let travelled = self.travel.own[new as usize] + self.travel.farthest;
            let slack = if far.is_finite() { far - near - rounding * far } else { f64::INFINITY };
            self.bounds[row] = Bounds {
                limit: slack + travelled - 4.0 * f64::EPSILON * travelled,
                second: far * (1.0 - rounding) + self.travel.farthest,
            };
        }
    }
}

/// The squared distance, summed in eight parts: equal to the plain one but for rounding.
#[inline(always)]
fn roughly_squared(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (mut a, mut b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for (a, b) in a.by_ref().zip(b.by_ref()) {
        for lane in 0..LANES {
            sums[lane] += (a[lane] - b[lane]) * (a[lane] - b[lane]);
        }
    }
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| (a - b) * (a - b)).sum();
    sums.iter().sum::<f64>() + rest
}
