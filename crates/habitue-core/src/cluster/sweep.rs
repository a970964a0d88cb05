//! Many numbers of clusters as one job.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::distinct::Distinct;
use super::search::{Effort, Field, Population, Solution, search};
use super::tree::{Run, Tree};
use super::{Clusters, distinct_rows};
use crate::math::distance::{check_spread, squared};
use crate::math::random::{Random, mix};
use crate::{Error, Matrix, Result};

/// k-means for every number of clusters from `k_min` to `k_max`, in a fraction of the time of one by one.
///
/// Equal rows are folded, one tree of the rows serves all numbers and all starts, the search runs on a weighted
/// summary of the rows (the rows themselves where they are few), and solutions are handed on: those of `k − 1`
/// with one more centre, and those of `k + 1` with the least useful one left out, join the population of `k`.
/// The best ones are then moved to a fixed point of Lloyd's map on all rows.
///
/// The inertia never rises with `k`. The same on any number of threads.
///
/// ```
/// use habitue_core::{Matrix, cluster::sweep::Sweep};
/// let x = Matrix::new(1, vec![1.0, 2.0, 10.0, 12.0])?;
/// let inertias: Vec<f64> = Sweep::new(1, 3).fit(&x)?.iter().map(|clusters| clusters.inertia).collect();
/// assert_eq!(inertias, [92.75, 2.5, 0.5]);
/// # Ok::<(), habitue_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// The least number of clusters; at least 1.
    pub k_min: usize,
    /// The greatest; at most the number of distinct rows.
    pub k_max: usize,
    /// Effort: rounds of the search for each number, see [`super::kmeans::KMeans::n_init`].
    pub n_init: usize,
    /// Passes of assignment after which a fit on all rows ends even if labels still change.
    pub max_iterations: usize,
    /// The same seed gives the same clusters.
    pub seed: u64,
}

/// Rows up to which the search works on the rows themselves, for one number of clusters and for many.
const FEW_ROWS: usize = 20_000;
const FEW_ROWS_OF_MANY: usize = 12_000;
/// About the size of a summary, for each column: the more columns, the farther apart neighbouring rows are.
const SUMMARY_ROWS: usize = 768;
/// And at least, for each centre.
const ROWS_OF_CENTRE: usize = 64;
/// Centres above which solutions differ by so little that descents must not end early.
const MANY_CENTRES: usize = 20;
/// Means of the finer summary on which the candidates are compared, at most; but twice as many as those of the other.
const FINER_ROWS: usize = 32_768;
/// Numbers of clusters that are finished on all rows at a time.
const SIDE_BY_SIDE: usize = 4;
/// How often the best solutions with one centre less are grown when all numbers were searched.
const LAST_TRIES: usize = 4;
/// Solutions of the search that are finished on all rows, if they are close to the best.
const FINALISTS: usize = 5;
/// How close: the share of the best inertia.
const CLOSE: f64 = 0.005;

impl Sweep {
    /// Effort 10, at most 300 iterations, seed 0.
    pub fn new(k_min: usize, k_max: usize) -> Self {
        Self { k_min, k_max, n_init: 10, max_iterations: 300, seed: 0 }
    }

    /// Clusters the rows of `x`, `n × d`, into each number; one result a number, ascending.
    ///
    /// # Errors
    /// [`Error::SegmentCount`] if `k_min` is 0 or `k_max` above the number of distinct rows,
    /// [`Error::NoCustomers`] without rows, [`Error::Setting`] if `n_init` or `max_iterations` is 0 or `k_max` below
    /// `k_min`, [`Error::Spread`] if distances would overflow or vanish.
    pub fn fit(&self, x: &Matrix) -> Result<Vec<Clusters>> {
        self.fit_weighted(x, None)
    }

    /// The same with each row counted `weights` times.
    ///
    /// # Errors
    /// As [`Sweep::fit`]; [`Error::Length`] or [`Error::Setting`] if weights are not one finite value above 0 a row.
    pub fn fit_weighted(&self, x: &Matrix, weights: Option<&[f64]>) -> Result<Vec<Clusters>> {
        self.check(x, weights)?;
        let Some(folded) = Distinct::fold(x, weights) else {
            return Ok(self.fit_distinct(x, weights));
        };
        let mut found = self.fit_distinct(&folded.rows, Some(&folded.weights));
        for clusters in &mut found {
            clusters.labels = folded.places.iter().map(|&place| clusters.labels[place as usize]).collect();
        }
        Ok(found)
    }

    fn check(&self, x: &Matrix, weights: Option<&[f64]>) -> Result<()> {
        let wrong = |setting, allowed: &str, got: String| {
            Err(Error::Setting { setting, allowed: allowed.to_owned(), got })
        };
        for (setting, value) in [("n_init", self.n_init), ("max_iterations", self.max_iterations)] {
            if value == 0 {
                return wrong(setting, "at least 1", "0".to_owned());
            }
        }
        if self.k_max < self.k_min {
            return wrong("k_max", "at least k_min", self.k_max.to_string());
        }
        check_weights(x, weights)?;
        if x.n_rows() == 0 {
            return Err(Error::NoCustomers);
        }
        check_spread(x)?;
        if self.k_min == 0 {
            return Err(Error::SegmentCount { k: 0, distinct: distinct_rows(x, x.n_rows().min(100)) });
        }
        let distinct = distinct_rows(x, self.k_max);
        if distinct < self.k_max {
            return Err(Error::SegmentCount { k: self.k_max, distinct });
        }
        Ok(())
    }

    fn fit_distinct(&self, x: &Matrix, weights: Option<&[f64]>) -> Vec<Clusters> {
        let tree = Tree::new(x, weights);
        let summarise = |most_rows: usize, n_means: usize, as_field: fn(Tree) -> Field| {
            if x.n_rows() > most_rows { tree.summary(n_means).map(as_field) } else { None }
        };
        let n_means = (SUMMARY_ROWS * x.n_cols().clamp(4, 16)).max(ROWS_OF_CENTRE * self.k_max);
        let is_hard = self.k_min == self.k_max || self.k_max > MANY_CENTRES;
        let few_rows = if self.k_min == self.k_max { FEW_ROWS } else { FEW_ROWS_OF_MANY };
        let summary = summarise(few_rows, n_means, if is_hard { Field::careful } else { Field::coarse });
        let n_finer = (x.n_rows() / 8).min(FINER_ROWS).max(2 * n_means);
        let middle = summarise((2 * FEW_ROWS).max(2 * n_finer), n_finer, Field::middle);
        let field = summary.as_ref();
        let on_rows = if field.is_none() { Some(Field::fine(Tree::new(x, weights))) } else { None };
        let field = field.or(on_rows.as_ref()).expect("the search is on a summary or on the rows");
        let populations = self.populations(field, summary.is_some());
        let finish = |population: &Population| {
            let closer = middle.as_ref().map(|middle| close(population, middle));
            self.finish(&tree, closer.as_ref().unwrap_or(population))
        };
        // A few at a time: each holds labels of all rows.
        let few = |populations: &[Population]| -> Vec<Clusters> {
            populations.par_iter().with_max_len(1).map(finish).collect()
        };
        let finished: Vec<Clusters> = populations.chunks(SIDE_BY_SIDE).flat_map(few).collect();
        let mut found: Vec<Clusters> = Vec::with_capacity(finished.len());
        for clusters in finished {
            let clusters = match found.last() {
                Some(fewer) if clusters.inertia > fewer.inertia => {
                    let start = with_farthest(x, fewer);
                    let grown = super::exact::settle_on(&tree, start, self.max_iterations);
                    if grown.inertia < clusters.inertia { grown } else { clusters }
                }
                _ => clusters,
            };
            found.push(clusters);
        }
        found
    }

    /// Searches for each number of clusters, upwards in two chains, then down again, and up once more.
    fn populations(&self, field: &Field, is_summary: bool) -> Vec<Population> {
        let is_one = self.k_min == self.k_max;
        let effort =
            if is_summary { Effort::coarse(self.n_init, is_one) } else { Effort::fine(self.n_init, is_one) };
        let seed_of = |k: usize| mix(self.seed ^ mix(k as u64));
        let grow = |numbers: std::ops::RangeInclusive<usize>| {
            let mut populations: Vec<Population> = Vec::new();
            for k in numbers {
                let mut known = Population::default();
                if let Some(fewer) = populations.last() {
                    let random = Random::stream(seed_of(k), u64::MAX);
                    for solution in with_one_more(field, fewer.solutions.iter().take(2), random) {
                        known.add(solution, field.same());
                    }
                }
                populations.push(search(field, k, effort, seed_of(k), known));
            }
            populations
        };
        // A search costs about as much as it has centres: two chains of numbers, side by side, that cost the same.
        let squares = self.k_min * self.k_min + self.k_max * self.k_max;
        let middle = ((squares / 2) as f64).sqrt() as usize;
        let (mut populations, more) =
            rayon::join(|| grow(self.k_min..=middle), || grow(middle + 1..=self.k_max));
        populations.extend(more);
        for at in (1..populations.len()).rev() {
            for fewer in without_least_useful(field, &populations[at].solutions[0]) {
                populations[at - 1].add(fewer, field.same());
            }
        }
        for at in 1..populations.len() {
            let random = Random::stream(seed_of(self.k_min + at), u64::MAX - 1);
            let fewer = populations[at - 1].solutions.iter().take(2).cycle().take(LAST_TRIES);
            for solution in with_one_more(field, fewer, random) {
                populations[at].add(solution, field.same());
            }
        }
        populations
    }

    /// Moves the best solutions to a fixed point on all rows and keeps the best.
    fn finish(&self, tree: &Tree, population: &Population) -> Clusters {
        let close = finalists(population);
        let settled = close.map(|solution| {
            let mut run = Run::new(tree, solution.centres.clone());
            run.settle(self.max_iterations);
            (run.inertia(), run)
        });
        let best = settled.reduce(|best, next| if next.0 < best.0 { next } else { best });
        let (inertia, run) = best.expect("a population has at least one solution");
        super::exact::clusters(tree, run, inertia)
    }
}

/// Fixed points with one centre more than some solutions have.
fn with_one_more<'a>(
    field: &Field,
    fewer: impl Iterator<Item = &'a Solution>,
    mut random: Random,
) -> Vec<Solution> {
    descents(field, fewer.map(|solution| field.add(solution.centres.clone(), &mut random)).collect())
}

/// Fixed points with one centre less: without either of the two that are missed least.
fn without_least_useful(field: &Field, solution: &Solution) -> Vec<Solution> {
    let d = field.n_cols();
    let losses = field.losses(&solution.centres);
    let mut order: Vec<usize> = (0..losses.len()).collect();
    order.sort_by(|&a, &b| losses[a].total_cmp(&losses[b]));
    let without = |&gone: &usize| {
        let mut fewer = solution.centres.clone();
        fewer.drain(gone * d..(gone + 1) * d);
        fewer
    };
    descents(field, order.iter().take(2).map(without).collect())
}

/// Moves several starts downhill side by side.
fn descents(field: &Field, starts: Vec<Vec<f64>>) -> Vec<Solution> {
    starts.into_par_iter().with_max_len(1).map(|start| field.descend(start)).collect()
}

/// The solutions worth finishing.
fn finalists(population: &Population) -> impl Iterator<Item = &Solution> {
    let least = population.solutions[0].inertia;
    population.solutions.iter().take(FINALISTS).filter(move |s| s.inertia <= least * (1.0 + CLOSE))
}

/// How close to the best a solution must be on a finer summary.
const VERY_CLOSE: f64 = 0.00001;

/// The finalists of one field moved to fixed points of a finer one.
fn close(population: &Population, finer: &Field) -> Population {
    let mut found = Population::default();
    for solution in finalists(population) {
        found.add(finer.descend(solution.centres.clone()), finer.same());
    }
    let least = found.solutions[0].inertia;
    found.solutions.retain(|solution| solution.inertia <= least * (1.0 + VERY_CLOSE));
    found
}

/// Weights are one finite value above 0 a row.
pub(crate) fn check_weights(x: &Matrix, weights: Option<&[f64]>) -> Result<()> {
    let Some(weights) = weights else { return Ok(()) };
    if weights.len() != x.n_rows() {
        return Err(Error::Length { what: "weights".to_owned(), expected: x.n_rows(), got: weights.len() });
    }
    match weights.iter().find(|weight| !(weight.is_finite() && **weight > 0.0)) {
        None => Ok(()),
        Some(wrong) => Err(Error::Setting {
            setting: "weights",
            allowed: "finite and above 0".to_owned(),
            got: wrong.to_string(),
        }),
    }
}

/// The centres of some clusters and the row farthest from its own.
fn with_farthest(x: &Matrix, clusters: &Clusters) -> Vec<f64> {
    let distance = |row: usize| squared(x.row(row), clusters.centres.row(clusters.labels[row] as usize));
    let farthest = (0..x.n_rows()).rev().max_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
    [clusters.centres.values(), x.row(farthest)].concat()
}
