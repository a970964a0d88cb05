//! The Calinski-Harabasz index.

use super::groups::{Groups, Within};
use crate::math::distance::squared;
use crate::{Matrix, Result};

/// The ratio of scatter between clusters to scatter within: `(B / (k − 1)) / (W / (n − k))` (Caliński &
/// Harabasz 1974, eq. 3).
///
/// `B = Σ_c n_c ‖μ_c − μ‖²` and `W` is the inertia. Higher is better; there is no upper bound.
///
/// - `x`: `n × d`; `labels`: `n`.
/// - `None` for fewer than two clusters, for as many clusters as rows, and where every row is the mean of its
///   cluster (`W = 0`); in the last case scikit-learn says 1.
///
/// Costs `O(n d)`.
///
/// # Errors
/// [`crate::Error::Length`] if there is not one label a row, [`crate::Error::Spread`] if distances would
/// overflow or vanish.
///
/// ```
/// use habitue_core::{Matrix, evaluate::calinski_harabasz::calinski_harabasz};
/// let x = Matrix::new(1, vec![0.0, 2.0, 10.0, 12.0])?;
/// // Between: 4 × 5² = 100 over 1; within: 4 × 1² = 4 over 2.
/// assert_eq!(calinski_harabasz(&x, &[0, 0, 1, 1])?, Some(50.0));
/// # Ok::<(), habitue_core::Error>(())
/// ```
pub fn calinski_harabasz(x: &Matrix, labels: &[u32]) -> Result<Option<f64>> {
    let groups = Groups::new(x, labels)?;
    Ok(index(&groups, &groups.within(x, labels)))
}

pub(super) fn index(groups: &Groups, within: &Within) -> Option<f64> {
    let present = groups.present();
    let n: usize = groups.counts.iter().sum();
    let k = present.len();
    if k < 2 || k >= n {
        return None;
    }
    let mut centre = vec![0.0; groups.mean(0).len()];
    for &label in &present {
        for (sum, value) in centre.iter_mut().zip(groups.mean(label)) {
            *sum += value * groups.counts[label] as f64;
        }
    }
    centre.iter_mut().for_each(|v| *v /= n as f64);
    let scatter = |&label: &usize| groups.counts[label] as f64 * squared(groups.mean(label), &centre);
    let between: f64 = present.iter().map(scatter).sum();
    let within: f64 = within.squared.iter().sum();
    (within > 0.0).then(|| (between / (k - 1) as f64) / (within / (n - k) as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusterings_without_two_sides_have_no_index() {
        let x = Matrix::new(1, vec![0.0, 2.0, 10.0]).unwrap();
        assert_eq!(calinski_harabasz(&x, &[0, 0, 0]), Ok(None));
        assert_eq!(calinski_harabasz(&x, &[0, 1, 2]), Ok(None));
        let same = Matrix::new(1, vec![3.0; 4]).unwrap();
        assert_eq!(calinski_harabasz(&same, &[0, 0, 1, 1]), Ok(None));
        assert_eq!(calinski_harabasz(&Matrix::new(1, vec![]).unwrap(), &[]), Ok(None));
    }

    #[test]
    fn a_number_that_no_row_carries_is_no_cluster() {
        let x = Matrix::new(1, vec![0.0, 2.0, 10.0, 12.0]).unwrap();
        assert_eq!(calinski_harabasz(&x, &[3, 3, 1, 1]), Ok(Some(50.0)));
    }
}
