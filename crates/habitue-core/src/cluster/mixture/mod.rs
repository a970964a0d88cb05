//! Gaussian mixtures: clusters as ellipsoids that may overlap, with a probability for every row.

mod density;
mod step;
#[cfg(test)]
mod tests;

use pulp::Arch;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::density::Density;
pub use self::density::{Component, Covariance};
use self::step::{Rows, Step};
use super::assigner::{Grouping, Membership, check_length, check_rows};
use super::kmeans::KMeans;
use crate::math::lanes::LANES;
use crate::math::random::mix;
use crate::{Error, Matrix, Result};

/// A mixture of Gaussians, fitted by expectation-maximisation from a k-means start.
///
/// Maximises the log-likelihood `Σᵢ wᵢ ln Σ_c π_c N(xᵢ; μ_c, Σ_c)`; the label of a row is its most probable
/// component (the lower index of equals) and its strength the probability (responsibility) of that.
///
/// - Every variance has `floor` added in every step, as scikit-learn does, so a component on equal rows or a
///   constant column is narrow and never degenerate. Bring columns to a common scale first.
/// - Ends when the mean log-likelihood of a row changes by less than `tolerance`.
/// - The first of `n_init` starts is the best of ten of k-means, each further one a k-means start of its own;
///   the highest log-likelihood is kept, the earliest of equals. Row weights count as repeated rows, but the
///   k-means of the start does not see them.
/// - A component may end without rows of its own.
///
/// One pass over the rows a step, eight rows side by side, in `O(n k d²)` time (`O(n k d)` for diagonal and
/// spherical) and `O(n)` memory: responsibilities are never kept. Second moments are summed about the last
/// means, so nothing cancels. The same to the bit on any number of threads.
///
/// Dempster, Laird & Rubin 1977; Schwarz 1978 (BIC); Biernacki, Celeux & Govaert 2000 (ICL).
///
/// ```
/// use habitue_core::{Matrix, cluster::mixture::GaussianMixture};
/// let x = Matrix::new(1, vec![1.0, 1.2, 1.4, 9.0, 9.5, 10.0])?;
/// let found = GaussianMixture::new(2).fit(&x, None)?;
/// assert_eq!(found.grouping.labels[0], found.grouping.labels[2]);
/// assert!(found.grouping.strengths.iter().all(|p| *p > 0.99));
/// # Ok::<(), habitue_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GaussianMixture {
    /// Number of components; at least 1, at most the number of distinct rows.
    pub n_components: usize,
    /// The shape of the components.
    #[serde(default)]
    pub covariance: Covariance,
    /// Starts; at least 1.
    #[serde(default = "default_n_init")]
    pub n_init: usize,
    /// Steps after which a start ends in any case; at least 1.
    #[serde(default = "default_max_iterations")]
    pub max_iterations: usize,
    /// Change of the mean log-likelihood below which a start ends; 0 or more.
    #[serde(default = "default_tolerance")]
    pub tolerance: f64,
    /// What is added to every variance; at least 1e-12.
    #[serde(default = "default_floor")]
    pub floor: f64,
    /// The same seed gives the same mixture.
    #[serde(default)]
    pub seed: u64,
}

/// A fitted mixture and what it makes of the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct MixtureFit {
    /// Labels, probabilities, and the means of the components as centres. Nobody is noise.
    pub grouping: Grouping,
    /// Sum of the log-densities of all rows, by weight.
    pub log_likelihood: f64,
    /// Bayesian information criterion, `p ln N − 2 ln L` with `N` the sum of weights; less is better.
    pub bic: f64,
    /// Integrated completed likelihood, `BIC − 2 Σᵢ wᵢ ln max_c r_ic`: BIC and a price for overlap; less is
    /// better.
    pub icl: f64,
    /// Steps of the best start.
    pub iterations: usize,
    /// Whether the best start ended by its tolerance.
    pub converged: bool,
    /// Places new rows.
    pub model: FittedMixture,
}

impl GaussianMixture {
    /// Full covariances, one start, at most 100 steps, tolerance 1e-3, floor 1e-6, seed 0.
    pub fn new(n_components: usize) -> Self {
        Self {
            n_components,
            covariance: Covariance::Full,
            n_init: default_n_init(),
            max_iterations: default_max_iterations(),
            tolerance: default_tolerance(),
            floor: default_floor(),
            seed: 0,
        }
    }

    /// Fits the rows of `x`, `n × d`, with `n` weights or none.
    ///
    /// # Errors
    /// [`Error::SegmentCount`] if `n_components` is 0 or above the number of distinct rows,
    /// [`Error::NoCustomers`] without rows, [`Error::Setting`] for a setting or weight out of range,
    /// [`Error::Length`] if there is not one weight a row, [`Error::Spread`] if distances would overflow or
    /// vanish.
    pub fn fit(&self, x: &Matrix, weights: Option<&[f64]>) -> Result<MixtureFit> {
        self.check(x, weights)?;
        let mut best: Option<Run> = None;
        for start in 0..self.n_init {
            let seed = if start == 0 { self.seed } else { mix(self.seed ^ mix(start as u64)) };
            let kmeans =
                KMeans { seed, n_init: if start == 0 { 10 } else { 1 }, ..KMeans::new(self.n_components) };
            let clusters = match weights {
                Some(weights) => kmeans.fit_weighted(x, weights)?,
                None => kmeans.fit(x)?,
            };
            let run = self.run(x, weights, &clusters.labels);
            if best.as_ref().is_none_or(|best| run.log_likelihood > best.log_likelihood) {
                best = Some(run);
            }
        }
        Ok(self.finish(x, weights, best.expect("there is at least one start")))
    }

    /// Fits from given labels, one a row and below `n_components`, in place of k-means.
    ///
    /// # Errors
    /// As [`GaussianMixture::fit`], and [`Error::Length`] or [`Error::Setting`] for labels that do not fit.
    pub fn fit_from(&self, x: &Matrix, weights: Option<&[f64]>, labels: &[u32]) -> Result<MixtureFit> {
        self.check(x, weights)?;
        check_length("labels", x.n_rows(), labels.len())?;
        if let Some(label) = labels.iter().find(|&&label| label as usize >= self.n_components) {
            return refused("labels", format!("below {}", self.n_components), label);
        }
        Ok(self.finish(x, weights, self.run(x, weights, labels)))
    }

    fn check(&self, x: &Matrix, weights: Option<&[f64]>) -> Result<()> {
        check_rows(x, weights)?;
        for (setting, value) in [("n_init", self.n_init), ("max_iterations", self.max_iterations)] {
            if value == 0 {
                return refused(setting, "at least 1".to_owned(), &value);
            }
        }
        if self.n_components == 0 || self.n_components > x.n_rows() {
            let distinct = super::distinct_rows(x, 100);
            return Err(Error::SegmentCount { k: self.n_components, distinct });
        }
        if self.tolerance.is_nan() || self.tolerance < 0.0 {
            return refused("tolerance", "0 or more".to_owned(), &self.tolerance);
        }
        if !(self.floor >= 1e-12 && self.floor.is_finite()) {
            return refused("floor", "at least 1e-12".to_owned(), &self.floor);
        }
        Ok(())
    }

    fn run(&self, x: &Matrix, weights: Option<&[f64]>, labels: &[u32]) -> Run {
        let total = weights.map_or(x.n_rows() as f64, |w| w.iter().sum());
        let step = Step { x, weights, covariance: self.covariance, floor: self.floor };
        let centres = Grouping::new(x, weights, labels.to_vec(), Vec::new(), self.n_components).centres;
        let mut components = step.start(&centres, labels);
        let mut last = f64::NEG_INFINITY;
        let mut history = Vec::new();
        for iterations in 1..=self.max_iterations {
            let (log_likelihood, next) = step.improve(&components);
            components = next;
            history.push(log_likelihood);
            let converged = (log_likelihood - last).abs() / total < self.tolerance;
            last = log_likelihood;
            if converged || iterations == self.max_iterations {
                return Run { components, log_likelihood, iterations, converged, history };
            }
        }
        unreachable!("the last iteration returns")
    }

    /// Labels, and the criteria, under the final components.
    fn finish(&self, x: &Matrix, weights: Option<&[f64]>, run: Run) -> MixtureFit {
        let d = x.n_cols();
        let mut model = FittedMixture::new(self.covariance, run.components, f64::NEG_INFINITY);
        let of_chunk = |values: &[f64]| {
            let mut rows = Rows::new(self.n_components, d);
            let mut found = Vec::with_capacity(values.len() / d);
            Arch::new().dispatch(|| {
                for values in values.chunks(LANES * d) {
                    found.extend(model.place(&mut rows, values).into_iter().take(values.len() / d));
                }
            });
            found
        };
        let placed: Vec<Placed> = x.values().par_chunks(4096 * d).map(of_chunk).collect::<Vec<_>>().concat();
        let weight = |row: usize| weights.map_or(1.0, |w| w[row]);
        let (mut log_likelihood, mut doubt, mut total) = (0.0, 0.0, 0.0);
        let mut least = f64::INFINITY;
        for (row, placed) in placed.iter().enumerate() {
            log_likelihood += weight(row) * placed.log_density;
            doubt += weight(row) * placed.probability.ln();
            total += weight(row);
            least = least.min(placed.log_density);
        }
        model.least_log_density = least;
        let k = self.n_components;
        let n_parameters = self.covariance.n_parameters(k, d) + k * d + k - 1;
        let bic = n_parameters as f64 * total.ln() - 2.0 * log_likelihood;
        let means = model.components.iter().flat_map(|c| &c.mean).copied().collect();
        let grouping = Grouping {
            labels: placed.iter().map(|p| p.index).collect(),
            strengths: placed.iter().map(|p| p.probability).collect(),
            centres: Matrix::new(d, means).expect("means of finite rows are finite"),
        };
        let Run { iterations, converged, .. } = run;
        MixtureFit { grouping, log_likelihood, bic, icl: bic - 2.0 * doubt, iterations, converged, model }
    }
}

/// One start, at its end.
struct Run {
    components: Vec<Component>,
    log_likelihood: f64,
    iterations: usize,
    converged: bool,
    #[cfg_attr(not(test), expect(dead_code, reason = "tests look at every step"))]
    history: Vec<f64>,
}

/// A row under a mixture.
#[derive(Clone, Copy)]
struct Placed {
    index: u32,
    probability: f64,
    log_density: f64,
}

/// The components of a mixture: a new row belongs to the most probable, with that probability as confidence.
///
/// A row that is less likely than every row of the fit fits none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct FittedMixture {
    covariance: Covariance,
    components: Vec<Component>,
    densities: Vec<Density>,
    least_log_density: f64,
}

impl FittedMixture {
    fn new(covariance: Covariance, components: Vec<Component>, least_log_density: f64) -> Self {
        let densities = components.iter().map(|c| Density::new(c, covariance.is_axial())).collect();
        Self { covariance, components, densities, least_log_density }
    }

    /// The components.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// The shape of the components.
    pub fn covariance(&self) -> Covariance {
        self.covariance
    }

    /// Columns of a row.
    pub fn n_cols(&self) -> usize {
        self.components[0].mean.len()
    }

    /// The probability of every component for one row; they add to 1. Costs `O(k d²)`.
    pub fn responsibilities(&self, row: &[f64]) -> Vec<f64> {
        let mut rows = Rows::new(self.components.len(), self.n_cols());
        rows.load(row);
        rows.expect(&self.densities);
        rows.shares.iter().map(|share| share[0]).collect()
    }

    /// Places one row. Costs `O(k d²)`.
    pub fn assign(&self, row: &[f64]) -> Membership {
        let [placed, ..] = self.place(&mut Rows::new(self.components.len(), self.n_cols()), row);
        if placed.log_density < self.least_log_density {
            return Membership::NONE;
        }
        Membership { index: Some(placed.index), confidence: placed.probability }
    }

    /// Places up to eight rows; what stands in lanes without a row means nothing.
    #[inline(always)]
    fn place(&self, rows: &mut Rows, values: &[f64]) -> [Placed; LANES] {
        rows.load(values);
        let log_density = rows.expect(&self.densities);
        std::array::from_fn(|lane| {
            let mut best = Placed { index: 0, probability: -1.0, log_density: log_density[lane] };
            for (index, share) in (0_u32..).zip(&rows.shares) {
                if share[lane] > best.probability {
                    best = Placed { index, probability: share[lane], ..best };
                }
            }
            best
        })
    }
}

/// The file form of [`FittedMixture`].
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    covariance: Covariance,
    components: Vec<Component>,
    least_log_density: f64,
}

impl From<FittedMixture> for Stored {
    fn from(model: FittedMixture) -> Self {
        let FittedMixture { covariance, components, least_log_density, .. } = model;
        Self { covariance, components, least_log_density }
    }
}

impl TryFrom<Stored> for FittedMixture {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        let d = stored.components.first().map_or(0, |c| c.mean.len());
        if d == 0 {
            return Err(Error::Shape { values: 0, columns: 0 });
        }
        let width = if stored.covariance.is_axial() { d } else { d * d };
        for component in &stored.components {
            check_length("columns of a mean", d, component.mean.len())?;
            check_length("values of a covariance", width, component.covariance.len())?;
        }
        Ok(Self::new(stored.covariance, stored.components, stored.least_log_density))
    }
}

fn refused<T>(setting: &'static str, allowed: String, got: &impl ToString) -> Result<T> {
    Err(Error::Setting { setting, allowed, got: got.to_string() })
}

fn default_n_init() -> usize {
    1
}

fn default_max_iterations() -> usize {
    100
}

fn default_tolerance() -> f64 {
    1e-3
}

fn default_floor() -> f64 {
    1e-6
}
