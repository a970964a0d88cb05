//! The V-measure: how far clusters and known classes tell each other.

use super::contingency::{Contingency, entropy};
use crate::Result;

/// Homogeneity, completeness and their weighted harmonic mean; each 0 to 1, 1 is best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VMeasure {
    /// Whether each cluster holds one class only: `1 − H(C|K) / H(C)`; 1 if there is one class.
    pub homogeneity: f64,
    /// Whether each class is in one cluster only: `1 − H(K|C) / H(K)`; 1 if there is one cluster.
    pub completeness: f64,
    /// `(1 + β) h c / (β h + c)`; 0 if both are 0.
    pub v_measure: f64,
}

/// Compares clusters with known classes (Rosenberg & Hirschberg 2007).
///
/// - `classes`, `clusters`: `n` labels each; the numbers themselves do not matter.
/// - `beta`: above 1 completeness weighs more, below 1 homogeneity; 1 is the usual choice, and then the
///   V-measure is the normalised mutual information with the arithmetic mean. At least 0 and finite.
/// - All 1 without rows. Not adjusted for chance: many small clusters score high; see
///   [`super::mutual_information`].
///
/// Costs `O(n log n)`.
///
/// # Errors
/// [`crate::Error::Length`] if the two have different lengths, [`crate::Error::Setting`] for a `beta` out of
/// range.
///
/// ```
/// use habitue_core::evaluate::v_measure::v_measure;
/// let found = v_measure(&[0, 0, 1, 1], &[0, 0, 1, 2], 1.0)?;
/// // Every cluster is of one class; half of the rows had to be told apart for nothing.
/// assert_eq!(found.homogeneity, 1.0);
/// assert!((found.completeness - 2.0 / 3.0).abs() < 1e-15);
/// assert!((found.v_measure - 0.8).abs() < 1e-15);
/// # Ok::<(), habitue_core::Error>(())
/// ```
pub fn v_measure(classes: &[u32], clusters: &[u32], beta: f64) -> Result<VMeasure> {
    if !(beta >= 0.0 && beta.is_finite()) {
        let allowed = "at least 0 and finite".to_owned();
        return Err(crate::Error::Setting { setting: "beta", allowed, got: beta.to_string() });
    }
    let table = Contingency::new(classes, clusters)?;
    let mutual = table.mutual_information();
    let told = |sizes: &[u64]| if sizes.len() < 2 { 1.0 } else { (mutual / entropy(sizes)).min(1.0) };
    let (homogeneity, completeness) = (told(&table.first), told(&table.second));
    let weighted = beta * homogeneity + completeness;
    let v_measure = if weighted == 0.0 { 0.0 } else { (1.0 + beta) * homogeneity * completeness / weighted };
    Ok(VMeasure { homogeneity, completeness, v_measure })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_that_say_nothing_of_each_other_score_zero() {
        let found = v_measure(&[0, 0, 1, 1], &[0, 1, 0, 1], 1.0).unwrap();
        assert_eq!((found.homogeneity, found.completeness, found.v_measure), (0.0, 0.0, 0.0));
    }

    #[test]
    fn one_class_is_homogeneous_in_any_clusters_and_nothing_agrees_with_nothing() {
        let found = v_measure(&[3, 3, 3], &[0, 1, 2], 1.0).unwrap();
        assert_eq!((found.homogeneity, found.completeness), (1.0, 0.0));
        assert_eq!(v_measure(&[], &[], 1.0).unwrap().v_measure, 1.0);
        assert!(v_measure(&[0], &[], 1.0).is_err() && v_measure(&[0], &[0], f64::NAN).is_err());
    }
}
