//! What a segment looks like beside all customers, in original units.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::math::quantile::{quantile_sorted, sorted};
use crate::segmented::Segmented;
use crate::table::{Feature, Unit};

/// One numeric feature of one segment beside all customers.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct FeatureProfile {
    /// The feature's name.
    pub feature: String,
    /// Its plain-language name.
    pub label: String,
    /// What it is measured in.
    pub unit: Unit,
    /// The segment's mean.
    pub mean: f64,
    /// The segment's lower quartile.
    pub low: f64,
    /// The segment's median: its typical customer.
    pub median: f64,
    /// The segment's upper quartile.
    pub high: f64,
    /// The median of all customers.
    pub median_all: f64,
    /// The share of all customers below the segment's median (ties count half), 0 to 1.
    pub standing: f64,
    /// How far the segment stands apart from everybody else: Cliff's delta, −1 to 1 (Cliff 1993, eq. 2).
    ///
    /// `P(a > b) − P(a < b)` for a customer `a` of the segment and `b` of the others: 0 where they do not differ, 1
    /// where every customer of the segment is above every other. It knows only ranks, so extremes do not move it; below
    /// 0.147 it is negligible, below 0.33 small, below 0.474 medium (Romano et al. 2006). `None` without others.
    #[serde(default)]
    pub apart: Option<f64>,
    /// The segment's mean over that of all customers, where that is above 0.
    #[serde(default)]
    pub lift: Option<f64>,
}

/// The numeric features of every segment beside all customers, in the order of the table.
///
/// Missing values are left out on both sides. A segment without any value of a feature has no profile of it.
/// Cost: one sort a column, O(n log n); columns run in parallel.
pub fn profiles(segmented: &Segmented<'_>) -> Vec<Vec<FeatureProfile>> {
    let columns: Vec<_> = segmented.numeric().collect();
    let by_column: Vec<Vec<Option<FeatureProfile>>> = columns
        .par_iter()
        .map(|(column, values)| profile_column(segmented, &column.feature, values))
        .collect();
    let mut by_segment = vec![Vec::with_capacity(columns.len()); segmented.n_segments()];
    for column in by_column {
        for (segment, profile) in by_segment.iter_mut().zip(column) {
            segment.extend(profile);
        }
    }
    by_segment
}

/// The share of ascending values below `value`, those equal to it counted half: its mid-rank, 0 to 1.
///
/// ```
/// use habitue_core::profile::standing_sorted;
/// assert_eq!(standing_sorted(&[1.0, 2.0, 2.0, 3.0], 2.0), 0.5);
/// ```
pub fn standing_sorted(sorted: &[f64], value: f64) -> f64 {
    let below = sorted.partition_point(|v| *v < value);
    let up_to = sorted.partition_point(|v| *v <= value);
    (below + up_to) as f64 / (2 * sorted.len()) as f64
}

/// Cliff's delta of the values of a segment against all others; both ascending, `own` a part of `all`.
///
/// The mean mid-rank of the segment among all gives the share of pairs that it wins against all; pairs within the
/// segment are won and lost alike and taken off.
fn apart(all: &[f64], own: &[f64]) -> Option<f64> {
    let (n, m) = (all.len() as f64, own.len() as f64);
    if n - m < 1.0 {
        return None;
    }
    let (mut won, mut below, mut left) = (0.0, 0.0, own);
    for run in all.chunk_by(|a, b| a.total_cmp(b).is_eq()) {
        let (here, rest) = left.split_at(left.iter().take_while(|v| **v <= run[0]).count());
        won += here.len() as f64 * (below + run.len() as f64 / 2.0);
        below += run.len() as f64;
        left = rest;
    }
    let won_outside = won - m * m / 2.0;
    Some((2.0 * won_outside / (m * (n - m)) - 1.0).clamp(-1.0, 1.0))
}

fn profile_column(
    segmented: &Segmented<'_>,
    feature: &Feature,
    values: &[f64],
) -> Vec<Option<FeatureProfile>> {
    let all = sorted(values.iter().copied());
    let median_all = quantile_sorted(&all, 0.5);
    let mean_all = all.iter().sum::<f64>() / all.len() as f64;
    let mut members: Vec<Vec<f64>> = vec![Vec::new(); segmented.n_segments()];
    for (&label, &value) in segmented.labels().iter().zip(values) {
        if !value.is_nan() {
            members[label].push(value);
        }
    }
    let profile = |own: Vec<f64>| {
        if own.is_empty() {
            return None;
        }
        let mean = own.iter().sum::<f64>() / own.len() as f64;
        let own = sorted(own);
        let median = quantile_sorted(&own, 0.5);
        Some(FeatureProfile {
            feature: feature.name.clone(),
            label: feature.label.clone(),
            unit: feature.unit,
            mean,
            low: quantile_sorted(&own, 0.25),
            median,
            high: quantile_sorted(&own, 0.75),
            median_all,
            standing: standing_sorted(&all, median),
            apart: apart(&all, &own),
            lift: (mean_all > 0.0).then(|| mean / mean_all),
        })
    };
    members.into_iter().map(profile).collect()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the hand computes these values exactly")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::{Column, Table, Values};

    fn table(values: Vec<f64>) -> Table {
        let name = "orders".to_owned();
        let feature =
            Feature { name, label: "orders".to_owned(), unit: Unit::Count, description: String::new() };
        let ids = (0..values.len()).map(|i| format!("{i:06}")).collect();
        Table { ids, columns: vec![Column { feature, values: Values::Number(values) }] }
    }

    #[test]
    fn a_segment_stands_apart_by_the_pairs_that_it_wins() {
        // 3 and 5 against 1, 3 and 9: above 1 twice, level with 3 once, above 3 once, below 9 twice: (3 − 2) / 6.
        let table = table(vec![3.0, 5.0, 1.0, 3.0, 9.0]);
        let all = profiles(&Segmented::new(&table, &[0, 0, 1, 1, 1], 2).unwrap());
        assert!((all[0][0].apart.unwrap() - 1.0 / 6.0).abs() < 1e-12);
        assert!((all[1][0].apart.unwrap() + 1.0 / 6.0).abs() < 1e-12);
        assert!((all[0][0].lift.unwrap() - 4.0 / 4.2).abs() < 1e-12);
        let alone = profiles(&Segmented::new(&table, &[0; 5], 1).unwrap());
        assert_eq!(alone[0][0].apart, None);
    }

    #[test]
    fn a_segment_is_measured_against_all_customers() {
        // Sorted: 1 1 2 4 8; segment 0 holds 1, 2, 8 and a customer without a value.
        let table = table(vec![1.0, 1.0, 2.0, 4.0, 8.0, f64::NAN]);
        let all = profiles(&Segmented::new(&table, &[0, 1, 0, 1, 0, 0], 3).unwrap());
        let first = &all[0][0];
        assert_eq!([first.mean, first.low, first.median, first.high], [11.0 / 3.0, 1.5, 2.0, 5.0]);
        // Two customers are below 2, one is equal: 2.5 of 5.
        assert_eq!([first.median_all, first.standing], [2.0, 0.5]);
        // The median of 1 and 4 is 2.5: three of five are below.
        assert_eq!([all[1][0].median, all[1][0].standing], [2.5, 0.6]);
        assert!(all[2].is_empty(), "a segment without customers has no profile");
    }

    proptest! {
        #[test]
        fn standings_are_shares_that_rise_with_the_median(
            rows in prop::collection::vec((0_usize..3, -5_i32..5), 1..60),
        ) {
            let labels: Vec<usize> = rows.iter().map(|r| r.0).collect();
            let table = table(rows.iter().map(|r| f64::from(r.1)).collect());
            let all: Vec<_> = profiles(&Segmented::new(&table, &labels, 3).unwrap()).concat();
            for a in &all {
                prop_assert!((0.0..=1.0).contains(&a.standing));
                for b in &all {
                    prop_assert!(a.median > b.median || a.standing <= b.standing, "{a:?} {b:?}");
                }
            }
        }
    }
}
