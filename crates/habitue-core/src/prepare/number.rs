//! What is learnt of one feature of numbers.

use serde::{Deserialize, Serialize};

use super::power::{Transform, best_lambda};
use super::{Preparation, Scale, Skew};
use crate::math::moments::moments;
use crate::math::quantile::quantile_sorted;

/// How one feature of numbers is prepared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedNumber {
    /// The feature's name.
    pub name: String,
    /// Values below are taken as this.
    pub low: f64,
    /// Values above are taken as this.
    pub high: f64,
    /// What stands in for a missing value: the median of those that were there; 0 if none was.
    pub median: f64,
    /// Customers without a finite value when this was fitted.
    pub n_missing: usize,
    /// Customers whose value was capped when this was fitted.
    pub n_capped: usize,
    /// The transform that undoes skew.
    pub transform: Transform,
    /// What brings the transformed values to scale.
    pub scaling: Scaling,
}

/// What brings transformed values to scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// Every value becomes 0: all customers are alike in it.
    Constant,
    /// `(y − centre) / spread`.
    Linear {
        /// The scale it comes from.
        scale: Scale,
        /// What becomes 0.
        centre: f64,
        /// What becomes 1; above 0.
        spread: f64,
    },
    /// The share of customers below, interpolated between knots.
    Rank {
        /// Values, ascending, at least two, and the share below each, those equal counted half.
        knots: Vec<(f64, f64)>,
    },
}

/// Prepared values beyond this say nothing more, and squares of it stay finite.
const FARTHEST: f64 = 1e100;
/// Values beyond this are taken as this, so that their differences stay finite.
const LARGEST: f64 = 1e300;
/// Most knots of a rank scale; with no more distinct values than this, every rank is exact.
const KNOTS: usize = 1000;

impl FittedNumber {
    /// Learns from the values of all customers; NaN and infinities are missing.
    pub(super) fn fit(settings: &Preparation, name: &str, values: &[f64]) -> Self {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).map(tame).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let n_missing = values.len() - sorted.len();
        let mut fitted = Self {
            name: name.to_owned(),
            low: 0.0,
            high: 0.0,
            median: 0.0,
            n_missing,
            n_capped: 0,
            transform: Transform::None,
            scaling: Scaling::Constant,
        };
        if sorted.is_empty() {
            return fitted;
        }
        fitted.median = quantile_sorted(&sorted, 0.5);
        // The median that fills gaps is part of what is capped, transformed and scaled.
        let at = sorted.partition_point(|&v| v < fitted.median);
        sorted.splice(at..at, std::iter::repeat_n(fitted.median, n_missing));
        fitted.low = quantile_sorted(&sorted, settings.winsorise.0);
        fitted.high = quantile_sorted(&sorted, settings.winsorise.1);
        fitted.n_capped = sorted.iter().filter(|&&v| v < fitted.low || v > fitted.high).count();
        sorted.iter_mut().for_each(|v| *v = v.clamp(fitted.low, fitted.high));
        if fitted.low < fitted.high {
            fitted.transform = choose_transform(settings, &sorted);
            fitted.scaling = learn_scaling(settings.scale, fitted.transform, &sorted);
        }
        fitted
    }

    /// The prepared value, capped at the bounds learnt; of a missing value, that of the median.
    pub fn prepare(&self, value: f64) -> f64 {
        let value = if value.is_finite() { tame(value) } else { self.median };
        self.scale(value.clamp(self.low, self.high))
    }

    /// The prepared value without caps; of a missing value, that of the median.
    pub fn prepare_unclipped(&self, value: f64) -> f64 {
        let value = if value.is_finite() { tame(value) } else { self.median };
        self.scale(value)
    }

    fn scale(&self, value: f64) -> f64 {
        let prepared = match &self.scaling {
            Scaling::Constant => 0.0,
            Scaling::Linear { centre, spread, .. } => {
                let y = self.transform.apply(value);
                let direct = (y - centre) / spread;
                if direct.is_finite() { direct } else { y / spread - centre / spread }
            }
            Scaling::Rank { knots } => rank(knots, value),
        };
        prepared.clamp(-FARTHEST, FARTHEST)
    }

    /// The value in its original unit; the cap it went beyond where there is no such value, the only value of
    /// a constant column.
    pub fn undo(&self, prepared: f64) -> f64 {
        let value = match &self.scaling {
            Scaling::Constant => self.low,
            Scaling::Linear { centre, spread, .. } => self.transform.undo(prepared * spread + centre),
            Scaling::Rank { knots } => value_at_rank(knots, prepared),
        };
        match value {
            v if v.is_finite() => v,
            _ if prepared < 0.0 => self.low,
            _ => self.high,
        }
    }

    /// Whether all customers were alike in it after capping.
    pub fn is_constant(&self) -> bool {
        self.scaling == Scaling::Constant
    }

    /// What is done to it, in words.
    pub(super) fn describe(&self) -> String {
        let scale = match &self.scaling {
            Scaling::Constant => return "the same for everybody, so it is left out".to_owned(),
            Scaling::Rank { .. } => return "rank among all customers".to_owned(),
            Scaling::Linear { scale, .. } => match scale {
                Scale::Standard | Scale::Rank => "z-score",
                Scale::Robust => "distance from the median in interquartile ranges",
                Scale::MinMax => "0 for the lowest to 1 for the highest",
                Scale::None => "as it is",
            },
        };
        match self.transform {
            Transform::None => scale.to_owned(),
            Transform::Log1p => format!("log1p, then {scale}"),
            Transform::Log { .. } => format!("logarithm, then {scale}"),
            Transform::YeoJohnson { lambda } => format!("Yeo-Johnson with power {lambda:.2}, then {scale}"),
        }
    }
}

fn tame(value: f64) -> f64 {
    value.clamp(-LARGEST, LARGEST)
}

fn choose_transform(settings: &Preparation, sorted: &[f64]) -> Transform {
    let yeo_johnson =
        || best_lambda(sorted).map_or(Transform::None, |lambda| Transform::YeoJohnson { lambda });
    let chosen = match settings.skew {
        _ if settings.scale == Scale::Rank => Transform::None,
        Skew::None => Transform::None,
        Skew::Log1p => Transform::Log1p,
        Skew::Log => Transform::logarithm(sorted),
        Skew::YeoJohnson => yeo_johnson(),
        Skew::Auto if moments(sorted).skewness.abs() <= settings.skew_threshold => Transform::None,
        Skew::Auto if sorted[0] >= 0.0 => Transform::logarithm(sorted),
        Skew::Auto => yeo_johnson(),
    };
    // A power so strong that it makes all values one would lose the column.
    let (first, last) = (chosen.apply(sorted[0]), chosen.apply(sorted[sorted.len() - 1]));
    if first.is_finite() && last.is_finite() && first < last { chosen } else { Transform::None }
}

fn learn_scaling(scale: Scale, transform: Transform, sorted: &[f64]) -> Scaling {
    if scale == Scale::Rank {
        return Scaling::Rank { knots: rank_knots(sorted) };
    }
    // Transforms are increasing, so the transformed values are sorted as well.
    let transformed: Vec<f64> = sorted.iter().map(|&v| transform.apply(v)).collect();
    let (lowest, highest) = (transformed[0], transformed[transformed.len() - 1]);
    let standard = moments(&transformed);
    let (centre, spread) = match scale {
        Scale::Standard | Scale::Rank => (standard.mean, standard.deviation),
        Scale::MinMax => (lowest, highest - lowest),
        Scale::None => (0.0, 1.0),
        Scale::Robust => {
            let quartile = |q| quantile_sorted(&transformed, q);
            let range = quartile(0.75) - quartile(0.25);
            (quartile(0.5), if range > 0.0 { range } else { standard.deviation })
        }
    };
    if spread > 0.0 { Scaling::Linear { scale, centre, spread } } else { Scaling::Constant }
}

/// The distinct values with their mid-rank, thinned evenly to [`KNOTS`] with the first and the last kept.
fn rank_knots(sorted: &[f64]) -> Vec<(f64, f64)> {
    let n = sorted.len() as f64;
    let mut below = 0;
    let runs = sorted.chunk_by(|a, b| a.total_cmp(b).is_eq() || a - b == 0.0);
    let knots: Vec<(f64, f64)> = runs
        .map(|run| {
            let share = (below as f64 + run.len() as f64 / 2.0) / n;
            below += run.len();
            (run[0], share)
        })
        .collect();
    if knots.len() <= KNOTS {
        return knots;
    }
    (0..KNOTS).map(|i| knots[i * (knots.len() - 1) / (KNOTS - 1)]).collect()
}

/// The share below a value; beyond the ends it goes on with the average slope.
fn rank(knots: &[(f64, f64)], value: f64) -> f64 {
    let (first, last) = (knots[0], knots[knots.len() - 1]);
    if value < first.0 {
        return first.1 - (first.0 - value) / (last.0 - first.0);
    }
    if value > last.0 {
        return last.1 + (value - last.0) / (last.0 - first.0);
    }
    let above = knots.partition_point(|k| k.0 < value);
    let ((x1, p1), (x0, p0)) = (knots[above], knots[above.saturating_sub(1)]);
    if x1 > x0 { p0 + (p1 - p0) * ((value - x0) / (x1 - x0)) } else { p1 }
}

/// The value with a given share below it: the inverse of [`rank`].
fn value_at_rank(knots: &[(f64, f64)], share: f64) -> f64 {
    let (first, last) = (knots[0], knots[knots.len() - 1]);
    if share < first.1 {
        return first.0 - (first.1 - share) * (last.0 - first.0);
    }
    if share > last.1 {
        return last.0 + (share - last.1) * (last.0 - first.0);
    }
    let above = knots.partition_point(|k| k.1 < share);
    let ((x1, p1), (x0, p0)) = (knots[above], knots[above.saturating_sub(1)]);
    if p1 > p0 { x0 + (x1 - x0) * ((share - p0) / (p1 - p0)) } else { x1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(scale: Scale) -> Preparation {
        Preparation { winsorise: (0.0, 1.0), skew: Skew::None, scale, ..Preparation::default() }
    }

    fn fit(settings: &Preparation, values: &[f64]) -> FittedNumber {
        FittedNumber::fit(settings, "x", values)
    }

    #[test]
    fn a_constant_column_becomes_zeros_and_says_so() {
        for scale in [Scale::Standard, Scale::Robust, Scale::MinMax, Scale::Rank, Scale::None] {
            for values in [vec![0.1; 7], vec![], vec![f64::NAN; 3], vec![5.0]] {
                let fitted = fit(&plain(scale), &values);
                assert!(fitted.is_constant(), "{fitted:?}");
                assert_eq!((fitted.prepare(3.0), fitted.prepare_unclipped(1e9)), (0.0, 0.0));
                assert_eq!(
                    fitted.undo(0.0),
                    values.first().filter(|v| v.is_finite()).copied().unwrap_or(0.0)
                );
            }
        }
    }

    #[test]
    fn a_column_that_varies_only_beyond_the_caps_is_constant() {
        let mut values = vec![2.0; 999];
        values.push(50.0);
        let fitted = fit(&Preparation::default(), &values);
        assert!(fitted.is_constant() && fitted.n_capped == 1);
    }

    #[test]
    fn missing_and_infinite_values_take_the_median() {
        let fitted = fit(&plain(Scale::MinMax), &[0.0, 10.0, f64::NAN, 4.0, f64::NEG_INFINITY]);
        assert_eq!((fitted.n_missing, fitted.median), (2, 4.0));
        assert_eq!(fitted.prepare(f64::NAN), 0.4);
    }

    #[test]
    fn mid_ranks_share_ties_and_interpolate_between() {
        let fitted = fit(&plain(Scale::Rank), &[1.0, 3.0, 3.0, 7.0]);
        let ranks = [1.0, 2.0, 3.0, 5.0, 7.0].map(|v| fitted.prepare(v));
        assert_eq!(ranks, [0.125, 0.3125, 0.5, 0.6875, 0.875]);
        assert_eq!(ranks.map(|p| fitted.undo(p)), [1.0, 2.0, 3.0, 5.0, 7.0]);
        assert_eq!(fitted.prepare_unclipped(13.0), 1.875);
        assert_eq!(fitted.undo(1.875), 13.0);
    }

    #[test]
    fn many_distinct_values_keep_their_ranks_between_thinned_knots() {
        let values: Vec<f64> = (0..5000).map(f64::from).collect();
        let fitted = fit(&plain(Scale::Rank), &values);
        for value in [0.0, 17.0, 2500.0, 4999.0] {
            assert!((fitted.prepare(value) - (value + 0.5) / 5000.0).abs() < 1e-12);
        }
    }

    #[test]
    fn values_at_the_ends_of_the_range_stay_finite() {
        for unit in [1e-300, 1e300, f64::MAX] {
            for scale in [Scale::Standard, Scale::Robust, Scale::MinMax, Scale::Rank] {
                for skew in [Skew::Auto, Skew::None, Skew::Log1p, Skew::Log, Skew::YeoJohnson] {
                    let settings = Preparation { skew, ..plain(scale) };
                    let values = [-0.5, 0.1, 0.2, 0.4, 1.0, 1.0, 0.9, 0.3, -1.0].map(|v| v * unit);
                    for part in [&values[..], &values[1..8]] {
                        let fitted = fit(&settings, part);
                        let prepared: Vec<f64> = part.iter().map(|&v| fitted.prepare(v)).collect();
                        assert!(
                            prepared.iter().all(|p| p.abs() < 1e3),
                            "{settings:?} {part:?}: {prepared:?}"
                        );
                        assert!(!fitted.is_constant() || unit > 1e300);
                        assert!(part.iter().all(|&v| fitted.undo(fitted.prepare(v)).is_finite()));
                    }
                }
            }
        }
        let fitted = fit(&plain(Scale::Standard), &[0.0, 1.0]);
        assert!(fitted.prepare_unclipped(f64::MAX) <= 1e100);
    }

    #[test]
    fn what_a_column_is_measured_in_does_not_matter() {
        let pounds: Vec<f64> = (0..100).map(|i| f64::from(i * i * i)).collect();
        let pence: Vec<f64> = pounds.iter().map(|v| v * 128.0).collect();
        let (a, b) = (fit(&Preparation::default(), &pounds), fit(&Preparation::default(), &pence));
        assert!(matches!(a.transform, Transform::Log { .. }));
        for (x, y) in pounds.iter().zip(&pence) {
            assert!((a.prepare(*x) - b.prepare(*y)).abs() < 1e-12);
        }
    }

    #[test]
    fn skew_asks_for_a_logarithm_and_symmetry_does_not() {
        let skewed: Vec<f64> = (0..100).map(|i| (f64::from(i) / 12.0).exp()).collect();
        let settings = Preparation::default();
        // A quarter of the median, which lies between the 50th and the 51st value.
        let unit = ((49.0_f64 / 12.0).exp() + (50.0_f64 / 12.0).exp()) / 8.0;
        assert_eq!(fit(&settings, &skewed).transform, Transform::Log { unit });
        assert_eq!(fit(&settings, &skewed).describe(), "logarithm, then z-score");
        let shifted: Vec<f64> = skewed.iter().map(|v| v - 2.0).collect();
        assert!(matches!(fit(&settings, &shifted).transform, Transform::YeoJohnson { .. }));
        let even: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(fit(&settings, &even).transform, Transform::None);
    }
}
