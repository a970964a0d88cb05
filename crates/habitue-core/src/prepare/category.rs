//! What is learnt of one feature of categories.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Most levels that get a column of their own.
const LEVELS: usize = 20;
/// The level that rarer ones are pooled in.
const OTHER: &str = "other";
/// The value of a level's column for those who have it: with it, two customers who differ are at squared
/// distance 1.
const HAS_LEVEL: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// How one feature of categories is prepared: one column a level, `1/√2` for those who have it and 0 for the
/// others.
///
/// So a mismatch adds 1 to the squared distance, as in k-prototypes (Huang 1998, §3).
/// A missing value takes the most frequent level. A level never seen counts as `other` if there is one, and
/// as no level if not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedCategory {
    /// The feature's name.
    pub name: String,
    /// Levels with a column of their own, most frequent first, in alphabetical order where equally frequent.
    pub levels: Vec<String>,
    /// Whether rarer levels are pooled in a last column, `other`.
    pub other: bool,
    /// Customers without a value when this was fitted.
    pub n_missing: usize,
}

impl FittedCategory {
    pub(super) fn fit(name: &str, values: &[Option<String>]) -> Self {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for level in values.iter().flatten() {
            *counts.entry(level).or_default() += 1;
        }
        let other = counts.len() > LEVELS;
        let mut levels: Vec<(&str, usize)> = counts.into_iter().collect();
        // The sort keeps the alphabetical order of equals.
        levels.sort_by_key(|&(_, n)| std::cmp::Reverse(n));
        let own = levels.into_iter().filter(|(level, _)| !(other && *level == OTHER)).take(LEVELS);
        let levels = own.map(|(level, _)| level.to_owned()).collect();
        let n_missing = values.iter().filter(|v| v.is_none()).count();
        Self { name: name.to_owned(), levels, other, n_missing }
    }

    /// Number of prepared columns.
    pub fn width(&self) -> usize {
        self.levels.len() + usize::from(self.other)
    }

    /// Writes the prepared columns of a value into the front of a row of zeros.
    pub(super) fn prepare(&self, value: Option<&str>, row: &mut [f64]) {
        let at = match value {
            None => 0,
            Some(value) => self.levels.iter().position(|level| level == value).unwrap_or(self.levels.len()),
        };
        if at < self.width() {
            row[at] = HAS_LEVEL;
        }
    }

    pub(super) fn names(&self) -> Vec<String> {
        let other = self.other.then_some(OTHER);
        self.levels
            .iter()
            .map(String::as_str)
            .chain(other)
            .map(|level| format!("{}={level}", self.name))
            .collect()
    }

    pub(super) fn describe(&self) -> String {
        match (self.levels.len(), self.other) {
            (n, true) => format!("one column a level, the {n} most frequent levels and one for all others"),
            (1, false) => "one column, 1 level".to_owned(),
            (n, false) => format!("one column a level, {n} levels"),
        }
    }
}

/// The share of customers that have the level, from the (mean of the) prepared column.
pub(super) fn undo(prepared: f64) -> f64 {
    prepared / HAS_LEVEL
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(fitted: &FittedCategory, value: Option<&str>) -> Vec<f64> {
        let mut row = vec![0.0; fitted.width()];
        fitted.prepare(value, &mut row);
        row.into_iter().map(undo).collect()
    }

    #[test]
    fn rare_levels_beyond_twenty_are_pooled() {
        let many: Vec<Option<String>> =
            (0..30).flat_map(|i| vec![Some(format!("level {i:02}")); if i < 20 { 2 } else { 1 }]).collect();
        let fitted = FittedCategory::fit("city", &many);
        assert_eq!((fitted.levels.len(), fitted.other, fitted.width()), (20, true, 21));
        assert_eq!(fitted.names()[20], "city=other");
        assert_eq!(prepared(&fitted, Some("level 25"))[20], 1.0);
        assert_eq!(prepared(&fitted, Some("never seen"))[20], 1.0);
        assert_eq!(prepared(&fitted, Some("level 03"))[3], 1.0);
    }

    #[test]
    fn a_missing_value_takes_the_most_frequent_level_and_an_unknown_one_none() {
        let values = ["b", "a", "b"].map(|v| Some(v.to_owned()));
        let fitted = FittedCategory::fit("city", &values);
        assert_eq!(prepared(&fitted, None), [1.0, 0.0]);
        assert_eq!(prepared(&fitted, Some("a")), [0.0, 1.0]);
        assert_eq!(prepared(&fitted, Some("c")), [0.0, 0.0]);
    }

    #[test]
    fn a_column_without_any_value_has_no_level() {
        let fitted = FittedCategory::fit("city", &[None, None]);
        assert_eq!((fitted.width(), fitted.n_missing), (0, 2));
    }
}
