//! How many segments: a sweep over k, what each index says alone, and a verdict with reasons.

pub mod gap;
pub mod knee;
mod verdict;

use serde::{Deserialize, Serialize};

use crate::cluster::kmeans::KMeans;
use crate::cluster::{Clusters, distinct_rows};
use crate::evaluate::calinski_harabasz::calinski_harabasz;
use crate::evaluate::davies_bouldin::davies_bouldin;
use crate::evaluate::silhouette::{sampled_silhouettes, silhouettes};
use crate::{Error, Matrix, Result};
use gap::GapStatistic;

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
/// 3. *Which of them is best?* Each is ranked by silhouette, by silhouette above the reference draws, by
///    Calinski-Harabasz and by Davies-Bouldin; the lowest sum of ranks wins, the larger number of equals.
///    Indices are ranked and not averaged because their scales have nothing in common; the second is there
///    because the others favour few clusters whatever the data.
/// 4. *Would more cost anything?* The largest number whose silhouette, plain and above the draws, is within
///    0.005 of the winner's is taken instead: a shop can act on more segments.
///
/// With fewer distinct customers than `min_segments`, each distinct kind is a segment.
///
/// Costs `k_max · n_init` runs of k-means, one pass over all pairs of up to `silhouette_rows` rows (in the
/// same order of time above), and the gap statistic on at most `gap_rows` rows. Keeps the clusters of every
/// `k`: `O(n k_max)` memory.
///
/// Tibshirani, Walther & Hastie 2001; Rousseeuw 1987; Caliński & Harabasz 1974; Davies & Bouldin 1979;
/// Satopää et al. 2011.
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
    /// Reference draws of the gap statistic; at least 2.
    pub gap_draws: usize,
    /// Above this many rows the gap statistic is computed on a sample of this many.
    pub gap_rows: usize,
    /// Above this many rows silhouettes are those of a sample, measured against all rows.
    pub silhouette_rows: usize,
    /// Starts of k-means for each number of segments.
    pub n_init: usize,
    /// The same seed gives the same answer.
    pub seed: u64,
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
            gap_draws: 10,
            gap_rows: 1500,
            silhouette_rows: 50_000,
            n_init: 10,
            seed: 0,
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
    /// Gap statistic; `None` where it is not finite or was not computed.
    pub gap: Option<f64>,
    /// Its error.
    pub gap_error: Option<f64>,
    /// Customers in each segment, by cluster index.
    pub sizes: Vec<usize>,
    /// Whether it keeps to the bounds on the number of segments and on their shares.
    pub allowed: bool,
    /// The clusters themselves, so that nothing is fitted again.
    #[serde(skip)]
    pub clusters: Clusters,
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
}

impl Choice {
    /// The candidate that the verdict is for.
    pub fn chosen(&self) -> &Candidate {
        let chosen = self.candidates.iter().find(|c| c.k == self.k);
        chosen.expect("the verdict is one of the candidates")
    }

    /// The clusters of the chosen candidate, leaving the others behind.
    pub fn into_clusters(mut self) -> Clusters {
        let at = self.candidates.iter().position(|c| c.k == self.k);
        self.candidates.swap_remove(at.expect("the verdict is one of the candidates")).clusters
    }
}

impl ChooseK {
    /// Tries every number of segments on the rows of `x`, `n × d`, and decides.
    ///
    /// # Errors
    /// [`Error::NoCustomers`] without rows, [`Error::SegmentCount`] if `k` is 0 or above the number of
    /// distinct customers, [`Error::Setting`] for bounds that contradict each other, [`Error::Spread`] if
    /// distances would overflow or vanish.
    pub fn fit(&self, x: &Matrix) -> Result<Choice> {
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
        let k_max = self.k_max.min(distinct);
        let forced_beyond = self.k.filter(|&k| k > k_max);
        let mut candidates: Vec<Candidate> =
            (1..=k_max).chain(forced_beyond).map(|k| self.candidate(x, k)).collect::<Result<_>>()?;
        self.add_silhouettes(x, &mut candidates)?;
        let statistic = GapStatistic {
            k_max,
            n_draws: self.gap_draws,
            max_rows: self.gap_rows,
            n_init: 2,
            seed: self.seed,
        };
        let gaps = statistic.compute(x)?;
        for (candidate, gap) in candidates.iter_mut().zip(&gaps) {
            candidate.gap = gap.map(|gap| gap.gap).filter(|gap| gap.is_finite());
            candidate.gap_error = candidate.gap.and(gap.map(|gap| gap.error));
            let reference = gap.and_then(|gap| gap.reference_silhouette);
            let above = candidate.silhouette.zip(reference).map(|(here, chance)| here - chance);
            candidate.silhouette_above_chance = above;
            candidate.chance_error = above.and(gap.map(|gap| gap.reference_error));
        }
        Ok(verdict::decide(self, candidates, &Seen { gaps, distinct, spike: spike(x) }))
    }

    fn candidate(&self, x: &Matrix, k: usize) -> Result<Candidate> {
        let clusters = KMeans { n_init: self.n_init, seed: self.seed, ..KMeans::new(k) }.fit(x)?;
        let sizes = clusters.sizes();
        Ok(Candidate {
            k,
            inertia: clusters.inertia,
            silhouette: None,
            silhouette_error: None,
            segment_silhouettes: Vec::new(),
            silhouette_above_chance: None,
            chance_error: None,
            calinski_harabasz: calinski_harabasz(x, &clusters.labels)?,
            davies_bouldin: davies_bouldin(x, &clusters.labels)?,
            gap: None,
            gap_error: None,
            allowed: (self.min_segments..=self.max_segments).contains(&k) && self.excess(&sizes) <= 1.0,
            sizes,
            clusters,
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

    fn add_silhouettes(&self, x: &Matrix, candidates: &mut [Candidate]) -> Result<()> {
        let labelings: Vec<&[u32]> = candidates.iter().map(|c| c.clusters.labels.as_slice()).collect();
        let found = if x.n_rows() <= self.silhouette_rows {
            silhouettes(x, &labelings)?
        } else {
            sampled_silhouettes(x, &labelings, self.silhouette_sample(x.n_rows()), self.seed)?
        };
        for (candidate, found) in candidates.iter_mut().zip(found) {
            let Some(found) = found else { continue };
            candidate.silhouette = Some(found.mean);
            candidate.silhouette_error = (found.values.len() < x.n_rows()).then_some(found.standard_error);
            candidate.segment_silhouettes = found.per_cluster;
        }
        Ok(())
    }

    /// As many rows as cost no more than all pairs of `silhouette_rows` would, but at least a thousand.
    fn silhouette_sample(&self, n_rows: usize) -> usize {
        (self.silhouette_rows.saturating_mul(self.silhouette_rows) / n_rows).max(1000)
    }

    fn check(&self) -> Result<()> {
        let wrong = |setting, allowed: &str, got: String| {
            Err(Error::Setting { setting, allowed: allowed.to_owned(), got })
        };
        if self.k_max == 0 {
            return wrong("k_max", "at least 1", "0".to_owned());
        }
        if self.min_segments == 0 || self.min_segments > self.max_segments {
            let got = format!("{} to {}", self.min_segments, self.max_segments);
            return wrong("min_segments to max_segments", "at least 1 and in ascending order", got);
        }
        if !(0.0 <= self.min_share && self.min_share < self.max_share && self.max_share <= 1.0) {
            let got = format!("{} to {}", self.min_share, self.max_share);
            return wrong("min_share to max_share", "shares from 0 to 1 in ascending order", got);
        }
        if self.gap_draws < 2 {
            return wrong("gap_draws", "at least 2", self.gap_draws.to_string());
        }
        if self.gap_rows < 2 {
            return wrong("gap_rows", "at least 2", self.gap_rows.to_string());
        }
        Ok(())
    }
}

/// What the verdict needs to know beside the candidates.
struct Seen {
    /// The gap statistic from `k = 1`.
    gaps: Vec<Option<gap::Gap>>,
    /// Number of distinct customers, counted far enough.
    distinct: usize,
    /// The greatest share of customers with one value of a column that varies.
    spike: f64,
}

/// The greatest share of rows with one and the same value of a column that varies; 0 if fewer than ten rows
/// have it.
fn spike(x: &Matrix) -> f64 {
    let longest_run = |column: usize| {
        let values = crate::math::quantile::sorted(x.rows().map(|row| row[column]));
        let runs = values.chunk_by(|a, b| a.total_cmp(b).is_eq()).map(<[f64]>::len);
        runs.max().filter(|&n| n >= 10 && n < values.len()).unwrap_or(0)
    };
    (0..x.n_cols()).map(longest_run).max().unwrap_or(0) as f64 / x.n_rows() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::Random;

    /// A standard normal number (Box & Muller 1958).
    fn normal(random: &mut Random) -> f64 {
        let radius = (-2.0 * (1.0 - random.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * random.uniform()).cos()
    }

    fn cloud(n: usize, d: usize, seed: u64) -> Matrix {
        let mut random = Random::new(seed);
        Matrix::new(d, (0..n * d).map(|_| normal(&mut random)).collect()).unwrap()
    }

    fn cube(n: usize, d: usize, seed: u64) -> Matrix {
        let mut random = Random::new(seed);
        Matrix::new(d, (0..n * d).map(|_| random.uniform()).collect()).unwrap()
    }

    /// `k` groups of equal size around points ten deviations apart.
    fn groups(k: usize, n: usize, seed: u64) -> Matrix {
        let mut random = Random::new(seed);
        let row = |i: usize| [(i % k % 3) as f64 * 10.0, (i % k / 3) as f64 * 10.0];
        let values = (0..n).flat_map(row).map(|centre| centre + normal(&mut random)).collect();
        Matrix::new(2, values).unwrap()
    }

    fn pick(choice: &Choice, index: Index) -> Option<usize> {
        choice.picks.iter().find(|p| p.index == index).unwrap().k
    }

    #[test]
    fn clear_groups_are_counted() {
        for k in [3, 4, 5, 7] {
            let choice = ChooseK::default().fit(&groups(k, 300, k as u64)).unwrap();
            assert_eq!(choice.k, k, "{:?}", choice.reasons);
            assert!(choice.structure == Structure::Clear && choice.chosen().allowed);
            assert_eq!(pick(&choice, Index::Silhouette), Some(k));
            assert_eq!(choice.candidates.len(), 12);
            assert_eq!(choice.into_clusters().n_clusters(), k);
        }
    }

    #[test]
    fn customers_without_groups_are_one_segment() {
        for seed in 0..6 {
            for (n, d) in [(150, 2), (400, 3), (400, 4)] {
                for x in [cloud(n, d, seed), cube(n, d, seed)] {
                    let choice = ChooseK::default().fit(&x).unwrap();
                    assert_eq!(choice.k, 1, "seed {seed}, {n} × {d}: {:?}", choice.reasons);
                    assert_eq!(choice.structure, Structure::None);
                }
            }
        }
    }

    #[test]
    fn a_continuum_with_many_who_bought_once_is_cut_and_the_reasons_say_so() {
        // Spend follows orders, and orders are a geometric count from 1: what the table of a shop looks like.
        let mut random = Random::new(6);
        let row = |random: &mut Random| {
            let orders = 1.0 + ((1.0 - random.uniform()).ln() / 0.6_f64.ln()).floor();
            let spend = orders.ln() + 4.0 + 0.8 * normal(random);
            let recency = 4.0 - 0.7 * orders.ln() + normal(random);
            [orders.ln(), spend, recency]
        };
        let values: Vec<f64> = (0..1000).flat_map(|_| row(&mut random)).collect();
        let choice = ChooseK::default().fit(&Matrix::new(3, values).unwrap()).unwrap();
        assert_eq!(choice.structure, Structure::Faint);
        assert!((3..=8).contains(&choice.k));
        assert!(choice.reasons.iter().any(|r| r.contains("continuum")), "{:?}", choice.reasons);
    }

    #[test]
    fn a_spike_is_ten_equal_values_in_a_column_that_varies() {
        let with = |n_equal: usize| {
            let values = (0..90).map(|i| if i < n_equal { 0.5 } else { f64::from(i as u32) });
            spike(&Matrix::new(1, values.collect()).unwrap())
        };
        assert_eq!((with(9), with(10), with(90)), (0.0, 10.0 / 90.0, 0.0));
    }

    #[test]
    fn two_groups_become_a_plan_and_the_reasons_say_what_was_seen() {
        let choice = ChooseK::default().fit(&groups(2, 300, 1)).unwrap();
        assert_eq!(pick(&choice, Index::Silhouette), Some(2));
        assert!(choice.k >= 3);
        let two = ChooseK { min_segments: 2, ..ChooseK::default() }.fit(&groups(2, 300, 1)).unwrap();
        assert_eq!(two.k, 2);
        assert!(choice.reasons.iter().any(|r| r.starts_with("Silhouette alone would pick 2")));
    }

    #[test]
    fn a_forced_number_is_taken_and_the_evidence_still_given() {
        let x = cloud(100, 2, 1);
        let choice = ChooseK { k: Some(5), ..ChooseK::default() }.fit(&x).unwrap();
        assert_eq!((choice.k, choice.candidates.len(), choice.structure), (5, 12, Structure::None));
        let beyond = ChooseK { k: Some(20), ..ChooseK::default() }.fit(&x).unwrap();
        assert_eq!((beyond.k, beyond.candidates.len(), beyond.chosen().sizes.len()), (20, 13, 20));
        let x = Matrix::new(1, [1.0, 2.0].repeat(9)).unwrap();
        let refused = ChooseK { k: Some(3), ..ChooseK::default() }.fit(&x);
        assert_eq!(refused, Err(Error::SegmentCount { k: 3, distinct: 2 }));
    }

    #[test]
    fn fewer_kinds_of_customers_than_segments_are_taken_as_they_are() {
        let kinds = |values: &[f64]| Matrix::new(1, values.repeat(30)).unwrap();
        let k = |x: &Matrix| ChooseK::default().fit(x).unwrap().k;
        assert_eq!(k(&kinds(&[1.0])), 1);
        assert_eq!(k(&kinds(&[1.0, 2.0])), 2);
        assert_eq!(k(&kinds(&[1.0, 2.0, 4.0])), 3);
        assert_eq!(k(&kinds(&[1.0, 2.0, 4.0, 8.0, 16.0])), 5);
        assert_eq!(k(&Matrix::new(1, vec![7.0]).unwrap()), 1);
        assert_eq!(ChooseK::default().fit(&Matrix::new(1, vec![]).unwrap()), Err(Error::NoCustomers));
    }

    #[test]
    fn when_no_number_keeps_to_the_shares_the_nearest_miss_is_taken() {
        // Nine in ten customers are in one tight group: no split leaves every segment below 60 %.
        let mut random = Random::new(3);
        let row = |i: usize| if i < 270 { 0.0 } else { 50.0 * (1 + i % 3) as f64 };
        let values = (0..300).map(|i| row(i) + 0.001 * normal(&mut random)).collect();
        let x = Matrix::new(1, values).unwrap();
        let choice = ChooseK { max_segments: 4, ..ChooseK::default() }.fit(&x).unwrap();
        assert!(!choice.chosen().allowed && (3..=4).contains(&choice.k));
        assert!(
            choice.reasons.iter().any(|r| r.starts_with("No number from 3 to 4")),
            "{:?}",
            choice.reasons
        );
    }

    #[test]
    fn many_rows_are_sampled_and_the_error_is_given() {
        let x = groups(4, 3000, 9);
        let choice = ChooseK { silhouette_rows: 500, ..ChooseK::default() }.fit(&x).unwrap();
        assert_eq!(choice.k, 4);
        let error = choice.chosen().silhouette_error.unwrap();
        assert!(error > 0.0 && error < 0.01);
        assert!(choice.reasons.iter().any(|r| r.contains("random sample")), "{:?}", choice.reasons);
    }

    #[test]
    fn the_answer_is_the_same_on_any_number_of_threads() {
        let x = groups(5, 200, 2);
        let on = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| ChooseK::default().fit(&x).unwrap())
        };
        let one = on(1);
        assert_eq!(one, on(2));
        assert_eq!(one, on(7));
    }

    #[test]
    fn settings_survive_json_and_contradictions_are_refused() {
        let settings = ChooseK { k: Some(4), seed: 3, ..ChooseK::default() };
        let json = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<ChooseK>(&json).unwrap(), settings);
        assert!(serde_json::from_str::<ChooseK>(r#"{"kmax": 3}"#).is_err());
        let x = cloud(20, 2, 1);
        for wrong in [
            ChooseK { k_max: 0, ..ChooseK::default() },
            ChooseK { min_segments: 9, ..ChooseK::default() },
            ChooseK { min_share: 0.7, ..ChooseK::default() },
            ChooseK { max_share: f64::NAN, ..ChooseK::default() },
            ChooseK { gap_draws: 1, ..ChooseK::default() },
        ] {
            assert!(matches!(wrong.fit(&x), Err(Error::Setting { .. })), "{wrong:?}");
        }
    }
}
