//! The Calinski-Harabasz index.

use super::Groups;
use crate::math::distance::{means, squared};
use crate::{Matrix, Result};

/// The ratio of scatter between clusters to scatter within: `(B / (k − 1)) / (W / (n − k))` (Caliński &
/// Harabasz 1974, eq. 3).
///
/// `B = Σ_c n_c ‖μ_c − μ‖²` and `W` is the inertia. Higher is better; there is no upper bound.
///
/// - `x`: `n × d`; `labels`: `n`.
/// - `None` for fewer than two clusters, for as many clusters as rows, and where every row is the mean of its
///   cluster (`W = 0`);
///   in the last case scikit-learn says 1.
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
    let k = groups.present().len();
    if k < 2 || k >= x.n_rows() {
        return Ok(None);
    }
    let centre = means(x);
    let members = groups.counts.iter().map(|&n| n as f64);
    let between: f64 = members.zip(&groups.means).map(|(n, mean)| n * squared(mean, &centre)).sum();
    let within: f64 =
        x.rows().zip(labels).map(|(row, &label)| squared(row, &groups.means[label as usize])).sum();
    let index = (between / (k - 1) as f64) / (within / (x.n_rows() - k) as f64);
    Ok((within > 0.0).then_some(index))
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
