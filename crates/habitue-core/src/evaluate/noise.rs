//! Rows that a clustering puts in no cluster.

use crate::{Error, Matrix, Result};

/// Leaves out the rows whose label says that they are in no cluster.
///
/// This is the one convention for noise: indices are computed on the rows that are in a cluster, and whoever
/// shows an index shows the share of those rows beside it. Noise counted as a cluster of its own would be
/// judged as if it were meant to be one.
///
/// - `x`: `n × d`; `labels`: `n`; `noise`: the label that means no cluster, that of the clustering at hand.
/// - Returns the other rows in their order, and their labels; no rows if all are noise.
///
/// # Errors
/// [`Error::Length`] if there is not one label a row.
///
/// ```
/// use habitue_core::{Matrix, evaluate::noise::without};
/// let x = Matrix::new(1, vec![0.0, 7.0, 1.0])?;
/// let (rows, labels) = without(u32::MAX, &x, &[0, u32::MAX, 0])?;
/// assert_eq!((rows.values(), labels), ([0.0, 1.0].as_slice(), vec![0, 0]));
/// # Ok::<(), habitue_core::Error>(())
/// ```
pub fn without(noise: u32, x: &Matrix, labels: &[u32]) -> Result<(Matrix, Vec<u32>)> {
    if labels.len() != x.n_rows() {
        return Err(Error::Length { what: "labels".to_owned(), expected: x.n_rows(), got: labels.len() });
    }
    let kept: Vec<usize> = (0..labels.len()).filter(|&row| labels[row] != noise).collect();
    Ok((x.select(&kept), kept.iter().map(|&row| labels[row]).collect()))
}
