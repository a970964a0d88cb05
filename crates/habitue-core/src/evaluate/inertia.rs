//! Inertia: what k-means minimises.

use super::Groups;
use crate::{Matrix, Result};

/// The sum of squared distances of rows to the mean of their cluster: `Σ_c Σ_{i∈c} ‖xᵢ − μ_c‖²`.
///
/// - `x`: `n × d`; `labels`: `n`. The result is in the squared unit of the columns; 0 without rows.
///
/// Costs `O(n d)`.
///
/// # Errors
/// [`crate::Error::Length`] if there is not one label a row, [`crate::Error::Spread`] if distances would
/// overflow or vanish.
///
/// ```
/// use habitue_core::{Matrix, evaluate::inertia::inertia};
/// let x = Matrix::new(1, vec![0.0, 2.0, 10.0])?;
/// assert_eq!(inertia(&x, &[0, 0, 1])?, 2.0);
/// # Ok::<(), habitue_core::Error>(())
/// ```
pub fn inertia(x: &Matrix, labels: &[u32]) -> Result<f64> {
    Ok(Groups::new(x, labels)?.within(x, labels).squared.iter().sum())
}
