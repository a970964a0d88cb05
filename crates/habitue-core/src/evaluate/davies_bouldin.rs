//! The Davies-Bouldin index.

use super::groups::{Groups, Within};
use crate::math::distance::squared;
use crate::{Matrix, Result};

/// How much each cluster overlaps with its worst neighbour, on average: `(1/k) Σ_a max_{b≠a} (s_a + s_b) /
/// ‖μ_a − μ_b‖` (Davies & Bouldin 1979, defs. 1–5, with both exponents as scikit-learn has them).
///
/// `s_a` is the mean distance of members to their mean `μ_a`. Lower is better; 0 is the least.
///
/// - `x`: `n × d`; `labels`: `n`.
/// - `None` for fewer than two clusters, and where two clusters have the same mean without both being a point
///   (scikit-learn leaves such a pair out, which praises it). Two clusters that are the same point count 0.
///
/// Costs `O(n d + k² d)`.
///
/// # Errors
/// [`crate::Error::Length`] if there is not one label a row, [`crate::Error::Spread`] if distances would
/// overflow or vanish.
///
/// ```
/// use habitue_core::{Matrix, evaluate::davies_bouldin::davies_bouldin};
/// let x = Matrix::new(1, vec![0.0, 2.0, 10.0, 14.0])?;
/// // Mean distances 1 and 2, means 1 and 12: both clusters see (1 + 2) / 11.
/// assert_eq!(davies_bouldin(&x, &[0, 0, 1, 1])?, Some(3.0 / 11.0));
/// # Ok::<(), habitue_core::Error>(())
/// ```
pub fn davies_bouldin(x: &Matrix, labels: &[u32]) -> Result<Option<f64>> {
    let groups = Groups::new(x, labels)?;
    Ok(index(&groups, &groups.within(x, labels)))
}

pub(super) fn index(groups: &Groups, within: &Within) -> Option<f64> {
    let present = groups.present();
    if present.len() < 2 {
        return None;
    }
    let overlap = |a: usize, b: usize| {
        let spread: f64 = within.mean[a] + within.mean[b];
        if spread == 0.0 { 0.0 } else { spread / squared(groups.mean(a), groups.mean(b)).sqrt() }
    };
    let worst = |&a: &usize| present.iter().filter(|&&b| b != a).map(|&b| overlap(a, b)).fold(0.0, f64::max);
    let index = present.iter().map(worst).sum::<f64>() / present.len() as f64;
    index.is_finite().then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cluster_has_no_neighbour_to_overlap_with() {
        let x = Matrix::new(1, vec![0.0, 2.0, 10.0]).unwrap();
        assert_eq!(davies_bouldin(&x, &[0, 0, 0]), Ok(None));
        assert_eq!(davies_bouldin(&x, &[0, 1, 2]), Ok(Some(0.0)));
    }

    #[test]
    fn clusters_around_one_mean_are_not_praised() {
        let x = Matrix::new(1, vec![-1.0, 1.0, -2.0, 2.0]).unwrap();
        assert_eq!(davies_bouldin(&x, &[0, 0, 1, 1]), Ok(None));
        let same = Matrix::new(1, vec![3.0; 4]).unwrap();
        assert_eq!(davies_bouldin(&same, &[0, 0, 1, 1]), Ok(Some(0.0)));
    }
}
