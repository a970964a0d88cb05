//! The Dunn index, in its form with centroids.

use super::groups::{Groups, Within};
use crate::math::distance::squared;
use crate::{Matrix, Result};

/// How far the two nearest clusters are apart, over how wide the widest is: `min_{a≠b} ‖μ_a − μ_b‖ / max_c
/// 2 s_c` (generalised Dunn index 43: Bezdek & Pal 1998, eq. 20 with set distance δ₄ and diameter Δ₃).
///
/// `s_c` is the mean distance of members to their mean `μ_c`. Higher is better; there is no upper bound.
/// Dunn's own form (1973) takes the nearest pair of rows and the farthest pair within a cluster: it needs all
/// pairs, and one row can decide it. Means are steady and linear in cost.
///
/// - `x`: `n × d`; `labels`: `n`.
/// - `None` for fewer than two clusters, and where every cluster is a point.
///
/// Costs `O(n d + k² d)`.
///
/// # Errors
/// [`crate::Error::Length`] if there is not one label a row, [`crate::Error::Spread`] if distances would
/// overflow or vanish.
///
/// ```
/// use habitue_core::{Matrix, evaluate::dunn::dunn};
/// let x = Matrix::new(1, vec![0.0, 2.0, 10.0, 14.0])?;
/// // Means 1 and 12; mean distances 1 and 2, so the widest cluster is 4 wide.
/// assert_eq!(dunn(&x, &[0, 0, 1, 1])?, Some(11.0 / 4.0));
/// # Ok::<(), habitue_core::Error>(())
/// ```
pub fn dunn(x: &Matrix, labels: &[u32]) -> Result<Option<f64>> {
    let groups = Groups::new(x, labels)?;
    Ok(index(&groups, &groups.within(x, labels)))
}

pub(super) fn index(groups: &Groups, within: &Within) -> Option<f64> {
    let present = groups.present();
    let widest = 2.0 * within.mean.iter().copied().fold(0.0, f64::max);
    let pairs = present.iter().enumerate().flat_map(|(at, &a)| present[..at].iter().map(move |&b| (a, b)));
    let nearest = pairs.map(|(a, b)| squared(groups.mean(a), groups.mean(b))).reduce(f64::min)?;
    (widest > 0.0).then(|| nearest.sqrt() / widest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_single_clusters_have_no_index() {
        let x = Matrix::new(1, vec![0.0, 2.0, 10.0]).unwrap();
        assert_eq!(dunn(&x, &[0, 0, 0]), Ok(None));
        assert_eq!(dunn(&x, &[0, 1, 2]), Ok(None));
        assert_eq!(dunn(&x, &[0, 0, 2]), Ok(Some(4.5)));
        assert_eq!(dunn(&Matrix::new(1, vec![]).unwrap(), &[]), Ok(None));
    }

    #[test]
    fn clusters_around_one_mean_score_zero() {
        let x = Matrix::new(1, vec![-1.0, 1.0, -2.0, 2.0]).unwrap();
        assert_eq!(dunn(&x, &[0, 0, 1, 1]), Ok(Some(0.0)));
    }
}
