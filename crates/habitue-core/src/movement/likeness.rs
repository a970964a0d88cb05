//! How far the typical customers of segments are from each other.

use super::matching::Distances;
use crate::Result;
use crate::math::distance::squared;
use crate::prepare::{FittedColumn, FittedPreparation};
use crate::profile::FeatureProfile;
use crate::table::{Column, Feature, Values};

/// The distances between the typical customers (medians, original units) of old and new segments, once prepared as the
/// new run prepares its customers; `None` if no number that the new run clusters on is in the old profiles.
///
/// `old` and `new` hold the profiles of each segment. A segment without a value of a feature stands at the typical value
/// that the preparation puts in for missing ones; categories are passed over. Costs `O(k² d)`.
///
/// # Errors
/// As [`FittedPreparation::transform`], which can only fail on a preparation that was made by hand.
pub fn distances(
    preparation: &FittedPreparation,
    old: &[Vec<FeatureProfile>],
    new: &[Vec<FeatureProfile>],
) -> Result<Option<Distances>> {
    let is_known = |column: &&FittedColumn| {
        let has =
            |profiles: &[Vec<FeatureProfile>]| profiles.iter().flatten().any(|p| p.feature == column.name());
        matches!(column, FittedColumn::Number(_)) && has(old) && has(new)
    };
    let columns: Vec<FittedColumn> = preparation.columns.iter().filter(is_known).cloned().collect();
    if columns.is_empty() || old.is_empty() || new.is_empty() {
        return Ok(None);
    }
    let preparation = FittedPreparation { columns };
    let typical: Vec<Column> =
        preparation.columns.iter().filter_map(|column| medians(column.name(), old, new)).collect();
    let prepared = preparation.transform(&typical.iter().collect::<Vec<_>>())?;
    let between = |a: usize, b: usize| squared(prepared.row(a), prepared.row(b)).sqrt();
    let (k_old, k_new) = (old.len(), new.len());
    let next = |segment: usize, run: std::ops::Range<usize>| {
        run.filter(|&other| other != segment)
            .map(|other| between(segment, other))
            .fold(f64::INFINITY, f64::min)
    };
    let all = k_old..k_old + k_new;
    Ok(Some(Distances {
        across: (0..k_old)
            .flat_map(|a| all.clone().map(move |b| (a, b)))
            .map(|(a, b)| between(a, b))
            .collect(),
        next_old: (0..k_old).map(|segment| next(segment, 0..k_old)).collect(),
        next_new: all.clone().map(|segment| next(segment, all.clone())).collect(),
    }))
}

/// The median of a feature in each old segment, then in each new one.
fn medians(name: &str, old: &[Vec<FeatureProfile>], new: &[Vec<FeatureProfile>]) -> Option<Column> {
    let find = |profiles: &Vec<FeatureProfile>| profiles.iter().find(|p| p.feature == name).cloned();
    let found: Vec<Option<FeatureProfile>> = old.iter().chain(new).map(find).collect();
    let first = found.iter().flatten().next()?;
    let feature = Feature {
        name: first.feature.clone(),
        label: first.label.clone(),
        unit: first.unit,
        description: String::new(),
    };
    let median = |profile: &Option<FeatureProfile>| profile.as_ref().map_or(f64::NAN, |p| p.median);
    Some(Column { feature, values: Values::Number(found.iter().map(median).collect()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::{Preparation, Skew};
    use crate::table::Unit;

    fn profile(feature: &str, median: f64) -> FeatureProfile {
        let (feature, label) = (feature.to_owned(), feature.to_owned());
        let [mean, low, high, median_all] = [median; 4];
        FeatureProfile {
            feature,
            label,
            unit: Unit::Days,
            mean,
            low,
            median,
            high,
            median_all,
            standing: 0.5,
            apart: None,
            lift: None,
        }
    }

    fn preparation(names: &[&str]) -> FittedPreparation {
        let column = |name: &&str| Column {
            feature: Feature {
                name: (*name).to_owned(),
                label: String::new(),
                unit: Unit::Days,
                description: String::new(),
            },
            // Mean 2, deviation 2.
            values: Values::Number(vec![0.0, 4.0]),
        };
        let columns: Vec<Column> = names.iter().map(column).collect();
        let plain = Preparation { winsorise: (0.0, 1.0), skew: Skew::None, ..Preparation::default() };
        plain.fit(&columns.iter().collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn typical_customers_are_compared_on_the_scale_of_the_new_run() {
        let old = [vec![profile("a", 0.0), profile("b", 0.0)], vec![profile("a", 4.0), profile("b", 0.0)]];
        let new = [vec![profile("b", 4.0), profile("a", 4.0)]];
        let found = distances(&preparation(&["a", "b"]), &old, &new).unwrap().unwrap();
        // One deviation is 2: the old ones stand at (−1, −1) and (1, −1), the new one at (1, 1).
        let expected = [8.0_f64.sqrt(), 2.0];
        assert!(found.across.iter().zip(expected).all(|(d, e)| (d - e).abs() < 1e-12), "{found:?}");
        assert_eq!((found.next_old, found.next_new), (vec![2.0, 2.0], vec![f64::INFINITY]));
    }

    #[test]
    fn features_that_one_run_lacks_are_passed_over() {
        let (old, new) = ([vec![profile("a", 0.0)]], [vec![profile("a", 4.0), profile("b", 4.0)]]);
        let found = distances(&preparation(&["a", "b"]), &old, &new).unwrap().unwrap();
        assert_eq!(found.across, [2.0]);
        assert_eq!(distances(&preparation(&["b"]), &old, &new), Ok(None));
        assert_eq!(distances(&preparation(&["a"]), &[], &new), Ok(None));
    }
}
