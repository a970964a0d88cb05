//! Everything that is measured before a number is chosen.

use std::borrow::Cow;

use super::gap::{Gap, GapStatistic};
use super::stability::Bootstrap;
use super::strength::PredictionStrength;
use super::sweep::{fit, resweep, sweep};
use super::{Candidate, ChooseK};
use crate::cluster::Clusters;
use crate::cluster::labels::labels;
use crate::evaluate::indices::indices;
use crate::evaluate::silhouette::silhouettes;
use crate::math::random::Random;
use crate::{Matrix, Result};

/// What speaks for each number of segments.
pub(super) struct Evidence {
    pub(super) candidates: Vec<Candidate>,
    pub(super) seen: Seen,
    pub(super) fits: Fits,
}

/// What the verdict needs to know beside the candidates.
pub(super) struct Seen {
    /// The gap statistic from `k = 1`.
    pub(super) gaps: Vec<Option<Gap>>,
    /// Number of distinct customers, counted far enough.
    pub(super) distinct: usize,
    /// The greatest share of customers with one value of a column that varies.
    pub(super) spike: f64,
}

/// The clusters of every candidate, on large tables without their labels.
pub(super) struct Fits {
    fits: Vec<Clusters>,
    with_labels: bool,
}

impl Fits {
    /// The clusters for a number, labelled.
    pub(super) fn into_clusters(self, x: &Matrix, k: usize) -> Result<Clusters> {
        let chosen = self.fits.into_iter().find(|fit| fit.n_clusters() == k);
        let mut chosen = chosen.expect("the verdict is one of the candidates");
        if !self.with_labels {
            chosen.labels = labels(x, &chosen.centres)?;
        }
        Ok(chosen)
    }
}

/// Clusters the rows with every number and measures the results; `distinct` rows differ.
pub(super) fn gather(settings: &ChooseK, x: &Matrix, distinct: usize) -> Result<Evidence> {
    let n_rows = x.n_rows();
    let k_max = settings.k_max.min(distinct);
    let sampled = (settings.sample_rows(n_rows) < n_rows)
        .then(|| Random::stream(settings.evidence_seed, 0).sample(n_rows, settings.sample_rows(n_rows)));
    let sample = sampled.as_ref().map_or(Cow::Borrowed(x), |rows| Cow::Owned(x.select(rows)));
    let n_init = settings.n_init;
    let (mut candidates, mut labelings) = (Vec::new(), Vec::new());
    let mut fits = Fits { fits: Vec::new(), with_labels: sampled.is_none() };
    let mut add = |mut clusters: Clusters| -> Result<()> {
        candidates.push(candidate(settings, x, &clusters)?);
        labelings.push(match &sampled {
            None => clusters.labels.clone(),
            Some(rows) => rows.iter().map(|&row| clusters.labels[row]).collect(),
        });
        if sampled.is_some() {
            clusters.labels = Vec::new();
        }
        fits.fits.push(clusters);
        Ok(())
    };
    sweep(x, k_max, n_init, settings.seed)?.into_iter().try_for_each(&mut add)?;
    if let Some(k) = settings.k.filter(|&k| k > k_max) {
        add(fit(x, k, n_init, settings.seed)?)?;
    }
    let labelings: Vec<&[u32]> = labelings.iter().map(Vec::as_slice).collect();
    add_silhouettes(&mut candidates, &sample, &labelings, n_rows)?;
    add_strengths(settings, &mut candidates, &sample)?;
    add_stabilities(settings, &mut candidates, &sample, &labelings)?;
    let gaps = add_gaps(settings, &mut candidates, x, k_max)?;
    Ok(Evidence { candidates, seen: Seen { gaps, distinct, spike: spike(x) }, fits })
}

fn candidate(settings: &ChooseK, x: &Matrix, clusters: &Clusters) -> Result<Candidate> {
    let (k, sizes) = (clusters.n_clusters(), clusters.sizes());
    let indices = indices(x, &clusters.labels)?;
    let in_range = (settings.min_segments..=settings.max_segments).contains(&k);
    Ok(Candidate {
        k,
        inertia: clusters.inertia,
        silhouette: None,
        silhouette_error: None,
        segment_silhouettes: Vec::new(),
        silhouette_above_chance: None,
        chance_error: None,
        calinski_harabasz: indices.calinski_harabasz,
        davies_bouldin: indices.davies_bouldin,
        dunn: indices.dunn,
        prediction_strength: None,
        strength_error: None,
        stability: None,
        segment_stabilities: Vec::new(),
        gap: None,
        gap_error: None,
        told: None,
        allowed: in_range && settings.excess(&sizes) <= 1.0,
        sizes,
    })
}

fn add_silhouettes(
    candidates: &mut [Candidate],
    sample: &Matrix,
    labelings: &[&[u32]],
    n_rows: usize,
) -> Result<()> {
    for (candidate, found) in candidates.iter_mut().zip(silhouettes(sample, labelings)?) {
        let Some(found) = found else { continue };
        candidate.silhouette = Some(found.mean);
        candidate.silhouette_error = (sample.n_rows() < n_rows).then(|| found.error_for(n_rows));
        candidate.segment_silhouettes = found.per_cluster;
        // A segment that nobody in the sample belongs to has its place in the list.
        candidate.segment_silhouettes.resize(candidate.k, None);
    }
    Ok(())
}

/// How many times as often something random is done on few rows, so that chance matters less at no more cost.
fn more_often(usual_rows: usize, n_rows: usize) -> usize {
    (usual_rows / n_rows.max(1)).clamp(1, 4)
}

fn add_strengths(settings: &ChooseK, candidates: &mut [Candidate], sample: &Matrix) -> Result<()> {
    let strength = PredictionStrength {
        n_splits: settings.strength_splits * more_often(5000, sample.n_rows()),
        max_rows: settings.resampled_rows.saturating_mul(2),
        seed: Random::stream(settings.evidence_seed, 1).next_u64(),
    };
    let k_max = settings.k_max;
    let found = strength.compute(sample, |half, seed| resweep(half, k_max, seed))?;
    for (candidate, found) in candidates.iter_mut().zip(found) {
        candidate.prediction_strength = found.map(|strength| strength.mean);
        candidate.strength_error = found.map(|strength| strength.error);
    }
    Ok(())
}

fn add_stabilities(
    settings: &ChooseK,
    candidates: &mut [Candidate],
    sample: &Matrix,
    labelings: &[&[u32]],
) -> Result<()> {
    let bootstrap = Bootstrap {
        n_draws: settings.stability_draws * more_often(5000, sample.n_rows()),
        max_rows: settings.resampled_rows,
        seed: Random::stream(settings.evidence_seed, 2).next_u64(),
    };
    let forced = candidates.last().map(|c| c.k).filter(|&k| k > settings.k_max);
    let again = |rows: &Matrix, seed: u64| -> Result<Vec<Vec<u32>>> {
        let mut fits = resweep(rows, settings.k_max, seed)?;
        // The forced number takes its place only behind a whole sweep.
        if let Some(k) = forced.filter(|&k| fits.len() == settings.k_max && k <= rows.n_rows()) {
            fits.extend(fit(rows, k, 2, seed).ok());
        }
        Ok(fits.into_iter().map(|fit| fit.labels).collect())
    };
    for (candidate, found) in candidates.iter_mut().zip(bootstrap.compute(sample, labelings, again)?) {
        if candidate.k > 1 {
            let mut found: Vec<Option<f64>> = found.into_iter().map(|s| s.map(|s| s.mean)).collect();
            found.resize(candidate.k, None);
            candidate.stability = found.iter().flatten().copied().reduce(f64::min);
            candidate.segment_stabilities = found;
        }
    }
    Ok(())
}

fn add_gaps(
    settings: &ChooseK,
    candidates: &mut [Candidate],
    x: &Matrix,
    k_max: usize,
) -> Result<Vec<Option<Gap>>> {
    let statistic = GapStatistic {
        k_max,
        n_draws: settings.gap_draws * more_often(settings.gap_rows, x.n_rows()),
        max_rows: settings.gap_rows,
        seed: settings.evidence_seed,
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
    Ok(gaps)
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

    #[test]
    fn a_spike_is_ten_equal_values_in_a_column_that_varies() {
        let with = |n_equal: usize| {
            let values = (0..90).map(|i| if i < n_equal { 0.5 } else { f64::from(i as u32) });
            spike(&Matrix::new(1, values.collect()).unwrap())
        };
        assert_eq!((with(9), with(10), with(90)), (0.0, 10.0 / 90.0, 0.0));
    }
}
