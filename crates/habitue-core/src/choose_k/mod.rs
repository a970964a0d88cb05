//! How many segments: a sweep over k, what each index says alone, and a verdict with reasons.

pub mod criterion;
mod evidence;
pub mod gap;
pub mod knee;
mod rank;
pub mod stability;
pub mod strength;
mod sweep;
#[cfg(test)]
mod tests;
mod verdict;

use serde::{Deserialize, Serialize};

use crate::cluster::{Clusters, distinct_rows, nearest};
use crate::{Error, Matrix, Result};

/// The label of a row that is in no cluster.
const NONE: u32 = u32::MAX;

/// A clustering that can also say where other rows belong; what prediction strength needs of any algorithm.
pub trait Places {
    /// The cluster of each row that it was fitted on; `u32::MAX` for none.
    fn labels(&self) -> &[u32];
    /// The cluster of another row, `n_cols` values; `u32::MAX` for none.
    fn place(&self, row: &[f64]) -> u32;
}

impl Places for Clusters {
    fn labels(&self) -> &[u32] {
        &self.labels
    }

    fn place(&self, row: &[f64]) -> u32 {
        nearest(&self.centres, row).index as u32
    }
}

/// How many segments there are, by k-means for every number from 1 to `k_max`.
///
/// **The verdict**, in order:
/// 1. *Is there structure?* Three witnesses are heard. The silhouette: how far it lies above that of the
///    gap's reference draws, which have no clusters, less twice the error of that difference. The gap
///    statistic: whether the gap of some `k` is above that of 1 by more than its error. And spikes: whether a
///    tenth of the customers, ten at least, share one value of a column that varies, as those who bought once
///    do. Structure is clear if some `k` lies 0.10 above; faint if some lies 0.04 above and the gap agrees,
///    or if there is a spike; and otherwise there is none, and the answer is one segment.
/// 2. *Which numbers would serve a shop?* Those from `min_segments` to `max_segments` with a share of
///    customers between `min_share` and `max_share` in every segment. If none does, the one that misses by
///    the smallest factor is taken.
/// 3. *Which of those are found again?* Kept are the numbers with a prediction strength of 0.8, or
///    with a bootstrap stability of 0.75 in every segment; if there are none, the one with the highest
///    prediction strength.
/// 4. *Which of them is best?* Each is ranked by silhouette, by silhouette above the reference draws, by
///    Calinski-Harabasz and by Davies-Bouldin; the lowest sum of ranks wins, the larger number of equals.
///    Indices are ranked and not averaged because their scales have nothing in common; the second is there
///    because the others favour few clusters whatever the data.
/// 5. *Does it tell what customers do later?* Where that is known ([`ChooseK::fit_told`]) and the winner tells less than
///    95 % of what the best allowed number tells, the smallest number that does is taken, of those whose every segment
///    has a bootstrap stability of 0.5 at least: a number that looks neat and tells too little is no plan.
/// 6. *Would more cost anything?* Otherwise, with `prefer_more`, the largest number whose silhouette, plain and above the draws, is within
///    0.005 of the winner's is taken instead: a shop can act on more segments.
/// 7. *Is a number in use?* An `in_use` number is kept while it is allowed, tells at least 85 % of what the best allowed
///    number tells of later spending, where that is known, and its segments are found again: with a bootstrap stability
///    of 0.5 in every segment, or a prediction strength within two standard errors of the highest. What chance says of two
///    close numbers is no reason to turn a shop's plan over.
///
/// With fewer distinct customers than `min_segments`, each distinct kind is a segment.
///
/// Costs `k_max · n_init` runs of k-means on all rows, one pass over all pairs of up to `silhouette_rows`
/// rows, and for every `k` the clusterings of `gap_draws` references of `gap_rows` rows, of `2 strength_splits`
/// halves and of `stability_draws` draws of `resampled_rows` rows. Memory is `O(n)` and, on up to
/// `silhouette_rows` rows, `O(n k_max)` for labels; only the clusters that are chosen are kept.
///
/// Tibshirani, Walther & Hastie 2001; Tibshirani & Walther 2005; Hennig 2007; Rousseeuw 1987; Caliński &
/// Harabasz 1974; Davies & Bouldin 1979; Satopää et al. 2011.
///
/// ```
/// use habitue_core::{Matrix, choose_k::ChooseK};
/// # let mut random = habitue_core::math::random::Random::new(1);
/// # let mut at = |corner: f64| corner * 10.0 + random.uniform();
/// # let values = (0..200).flat_map(|i| [at(f64::from(i % 2)), at(f64::from(i / 2 % 2))]).collect();
/// let x = Matrix::new(2, values)?; // 200 customers around the corners of a square
/// let choice = ChooseK::default().fit(&x)?;
/// assert_eq!(choice.k, 4);
/// assert_eq!(choice.chosen().sizes, [50, 50, 50, 50]);
/// # Ok::<(), habitue_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChooseK {
    /// Numbers of segments tried: 1 to this, or to the number of distinct customers.
    pub k_max: usize,
    /// Fewest segments that make a plan.
    pub min_segments: usize,
    /// Most segments that people can keep apart; above `k_max` it has no effect.
    pub max_segments: usize,
    /// Least share of customers in a segment, 0 to 1.
    pub min_share: f64,
    /// Greatest share of customers in a segment, 0 to 1.
    pub max_share: f64,
    /// Whether the largest of numbers that are set apart equally well is taken: a shop can act on more.
    pub prefer_more: bool,
    /// Reference draws of the gap statistic; at least 2. On fewer rows than `gap_rows` up to four times as
    /// many are made, which costs no more.
    pub gap_draws: usize,
    /// Above this many rows the gap statistic is computed on a sample of this many.
    pub gap_rows: usize,
    /// Above this many rows silhouettes, prediction strength and stability are measured within a random
    /// sample, of 20,000 or of this many if that is less.
    pub silhouette_rows: usize,
    /// Random halves for the prediction strength; at least 1. Up to four times as many below 5,000 rows.
    pub strength_splits: usize,
    /// Bootstrap draws for the stability; at least 1. Up to four times as many below 5,000 rows.
    pub stability_draws: usize,
    /// At most so many rows are clustered again for a half or a draw; at least 2.
    pub resampled_rows: usize,
    /// Effort of the search for each number of segments, see [`KMeans::n_init`](crate::cluster::kmeans::KMeans::n_init).
    pub n_init: usize,
    /// Where searches for clusters start; the same seeds give the same answer.
    pub seed: u64,
    /// Which samples, halves and references the numbers are judged by. Apart from `seed`, so that another start of the
    /// search does not turn a close decision over: with another `seed` the number changes only if other clusters are found.
    pub evidence_seed: u64,
    /// The number of segments that the shop works with already; kept while it can serve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_use: Option<usize>,
    /// A number the user decided on; then there is no verdict, only the evidence.
    pub k: Option<usize>,
}

impl Default for ChooseK {
    /// 1 to 12 tried; 3 to 8 segments of 2 % to 60 % of customers each.
    fn default() -> Self {
        Self {
            k_max: 12,
            min_segments: 3,
            max_segments: 8,
            min_share: 0.02,
            max_share: 0.60,
            prefer_more: true,
            gap_draws: 10,
            gap_rows: 1500,
            silhouette_rows: 50_000,
            strength_splits: 8,
            stability_draws: 15,
            resampled_rows: 1000,
            n_init: 3,
            seed: 0,
            evidence_seed: 0,
            in_use: None,
            k: None,
        }
    }
}

/// The evidence on every number of segments, and the verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// The number of segments.
    pub k: usize,
    /// Everything that was tried, ascending in `k`.
    pub candidates: Vec<Candidate>,
    /// What each index would pick alone.
    pub picks: Vec<Pick>,
    /// Whether customers form groups at all; with [`Structure::None`] and no number forced, `k` is 1.
    pub structure: Structure,
    /// The verdict in plain sentences.
    pub reasons: Vec<String>,
    /// The clusters of the chosen number; those of the others are not kept.
    #[serde(skip)]
    pub clusters: Clusters,
}

/// How far customers form groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Structure {
    /// Groups with gaps between them.
    Clear,
    /// A continuum with denser places: segments are useful cuts, and their borders are not gaps.
    Faint,
    /// One cloud.
    None,
}

/// One number of segments and what speaks for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// Number of segments.
    pub k: usize,
    /// Sum of squared distances to the segment centres.
    pub inertia: f64,
    /// Mean silhouette, higher is better; `None` for one segment.
    pub silhouette: Option<f64>,
    /// Standard error of the silhouette where it was sampled.
    pub silhouette_error: Option<f64>,
    /// Mean silhouette of each segment, by cluster index; `None` where no member was sampled, empty for one
    /// segment.
    pub segment_silhouettes: Vec<Option<f64>>,
    /// Silhouette less that of reference draws without clusters.
    pub silhouette_above_chance: Option<f64>,
    /// How far that difference may be off by the luck of the draws.
    pub chance_error: Option<f64>,
    /// Calinski-Harabasz index, higher is better.
    pub calinski_harabasz: Option<f64>,
    /// Davies-Bouldin index, lower is better.
    pub davies_bouldin: Option<f64>,
    /// Dunn index with centroids, higher is better.
    pub dunn: Option<f64>,
    /// Prediction strength, 0 to 1, higher is better; `None` where half of the customers are too few.
    pub prediction_strength: Option<f64>,
    /// Its standard error over the random halves.
    pub strength_error: Option<f64>,
    /// Bootstrap stability of the least stable segment, 0 to 1; `None` for one segment.
    pub stability: Option<f64>,
    /// Bootstrap stability of each segment, by cluster index; `None` where no member was drawn, empty for one
    /// segment.
    pub segment_stabilities: Vec<Option<f64>>,
    /// Gap statistic; `None` where it is not finite or was not computed.
    pub gap: Option<f64>,
    /// Its error.
    pub gap_error: Option<f64>,
    /// The share of the variance of later spending that lay between so many segments formed at a past date, where that
    /// is known.
    pub told: Option<f64>,
    /// Customers in each segment, by cluster index.
    pub sizes: Vec<usize>,
    /// Whether it keeps to the bounds on the number of segments and on their shares.
    pub allowed: bool,
}

/// What one index picks alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pick {
    /// The index.
    pub index: Index,
    /// Its number of segments; `None` if it has no opinion.
    pub k: Option<usize>,
    /// The same in a sentence.
    pub text: String,
}

/// An index that has an opinion on the number of segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Index {
    /// Highest mean silhouette.
    Silhouette,
    /// Highest Calinski-Harabasz index.
    CalinskiHarabasz,
    /// Lowest Davies-Bouldin index.
    DaviesBouldin,
    /// One-standard-error rule on the gap statistic.
    Gap,
    /// Knee of the inertia.
    Knee,
    /// Largest number with a prediction strength of 0.8 or more.
    PredictionStrength,
    /// Largest number of which every segment has a bootstrap stability of 0.75 or more.
    Stability,
}

impl Choice {
    /// The candidate that the verdict is for.
    pub fn chosen(&self) -> &Candidate {
        let chosen = self.candidates.iter().find(|c| c.k == self.k);
        chosen.expect("the verdict is one of the candidates")
    }
}

impl ChooseK {
    /// The number of clusters for its own sake, 1 to `k_max`: no shop, no bounds on numbers or shares.
    pub fn unconstrained(k_max: usize) -> Self {
        Self {
            k_max,
            min_segments: 1,
            max_segments: k_max,
            min_share: 0.0,
            max_share: 1.0,
            prefer_more: false,
            ..Self::default()
        }
    }

    /// Tries every number of segments on the rows of `x`, `n × d`, and decides.
    ///
    /// # Errors
    /// [`Error::NoCustomers`] without rows, [`Error::SegmentCount`] if `k` is 0 or above the number of
    /// distinct customers, [`Error::Setting`] for bounds that contradict each other, [`Error::Spread`] if
    /// distances would overflow or vanish.
    pub fn fit(&self, x: &Matrix) -> Result<Choice> {
        self.fit_told(x, &[])
    }

    /// The same, knowing what each number of segments tells of what customers did later: `told` holds, for `k` segments
    /// formed at a past date, the share of the variance of later spending that lay between them, at place `k`; NaN, or
    /// nothing, where it is not known. See [`crate::backtest`].
    ///
    /// # Errors
    /// As [`ChooseK::fit`].
    pub fn fit_told(&self, x: &Matrix, told: &[f64]) -> Result<Choice> {
        self.check()?;
        if x.n_rows() == 0 {
            return Err(Error::NoCustomers);
        }
        crate::math::distance::check_spread(x)?;
        let distinct = distinct_rows(x, self.k_max.max(self.min_segments).max(self.k.unwrap_or(0)));
        if let Some(k) = self.k
            && (k == 0 || k > distinct)
        {
            return Err(Error::SegmentCount { k, distinct });
        }
        let mut evidence = evidence::gather(self, x, distinct)?;
        for candidate in &mut evidence.candidates {
            candidate.told = told.get(candidate.k).copied().filter(|share| share.is_finite());
        }
        let verdict = verdict::decide(self, &evidence.candidates, &evidence.seen);
        Ok(Choice {
            k: verdict.k,
            clusters: evidence.fits.into_clusters(x, verdict.k)?,
            candidates: evidence.candidates,
            picks: verdict.picks,
            structure: verdict.structure,
            reasons: verdict.reasons,
        })
    }

    /// By which factor the worst segment misses the bounds on shares; at most 1 if none does.
    fn excess(&self, sizes: &[usize]) -> f64 {
        let n: usize = sizes.iter().sum();
        let shares = || sizes.iter().map(|&size| size as f64 / n as f64);
        let smallest = shares().fold(f64::INFINITY, f64::min);
        let largest = shares().fold(0.0, f64::max);
        (self.min_share / smallest).max(largest / self.max_share)
    }

    /// How many rows the sampled evidence is measured on.
    fn sample_rows(&self, n_rows: usize) -> usize {
        if n_rows <= self.silhouette_rows { n_rows } else { self.silhouette_rows.min(20_000) }
    }

    fn check(&self) -> Result<()> {
        for (setting, least, got) in [
            ("k_max", 1, self.k_max),
            ("gap_draws", 2, self.gap_draws),
            ("gap_rows", 2, self.gap_rows),
            ("silhouette_rows", 2, self.silhouette_rows),
            ("strength_splits", 1, self.strength_splits),
            ("stability_draws", 1, self.stability_draws),
            ("resampled_rows", 2, self.resampled_rows),
            ("n_init", 1, self.n_init),
        ] {
            at_least(setting, least, got)?;
        }
        let wrong = |setting, allowed: &str, got: String| {
            Err(Error::Setting { setting, allowed: allowed.to_owned(), got })
        };
        if self.min_segments == 0 || self.min_segments > self.max_segments {
            let got = format!("{} to {}", self.min_segments, self.max_segments);
            return wrong("min_segments to max_segments", "at least 1 and in ascending order", got);
        }
        if !(0.0 <= self.min_share && self.min_share < self.max_share && self.max_share <= 1.0) {
            let got = format!("{} to {}", self.min_share, self.max_share);
            return wrong("min_share to max_share", "shares from 0 to 1 in ascending order", got);
        }
        Ok(())
    }
}

/// Refuses a setting below its least value.
fn at_least(setting: &'static str, least: usize, got: usize) -> Result<()> {
    let wrong = || Error::Setting { setting, allowed: format!("at least {least}"), got: got.to_string() };
    if got < least { Err(wrong()) } else { Ok(()) }
}

/// The mean of some values and its standard error, 0 for one value.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0).max(1.0);
    (mean, (variance / n).sqrt())
}
