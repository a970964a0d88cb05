//! Silhouettes with squared distances, in linear time.

use rayon::prelude::*;

use super::{Silhouette, of_sums};
use crate::evaluate::Groups;
use crate::math::chunks::rows_per_chunk;
use crate::math::distance::squared;
use crate::{Matrix, Result};

/// Silhouettes of every row with squared Euclidean distances, for tables of any size.
///
/// As [`super::silhouettes`], with `‖xᵢ − xⱼ‖²` for the distance. The mean squared distance to a cluster needs
/// no pairs: `Σ_{j∈c} ‖x − xⱼ‖² = n_c ‖x − μ_c‖² + Σ_{j∈c} ‖xⱼ − μ_c‖²`.
/// Squares weigh far rows more, so the values are higher than those of plain distances where clusters are
/// clear, and not to be compared with them.
///
/// - `x`: `n × d`; `labels`: `n`. `None` for fewer than two clusters; 0 for a row alone.
///
/// Costs `O(n k d)` time and `O(n + k d)` memory; the same to the bit on any number of threads.
///
/// # Errors
/// As [`super::silhouettes`].
///
/// ```
/// use habitue_core::{Matrix, evaluate::silhouette::squared::squared_silhouette};
/// let x = Matrix::new(1, vec![0.0, 1.0, 5.0])?;
/// let found = squared_silhouette(&x, &[0, 0, 1])?;
/// // Row 0: a = 1, b = 25; row 1: a = 1, b = 16; row 2 is alone.
/// assert_eq!(found.map(|s| s.values), Some(vec![0.96, 0.9375, 0.0]));
/// # Ok::<(), habitue_core::Error>(())
/// ```
pub fn squared_silhouette(x: &Matrix, labels: &[u32]) -> Result<Option<Silhouette>> {
    let groups = Groups::new(x, labels)?;
    if groups.present().len() < 2 {
        return Ok(None);
    }
    let within = groups.within(x, labels).squared;
    let d = x.n_cols();
    let chunk = rows_per_chunk(x.n_rows());
    let of_rows = |(values, labels): (&[f64], &[u32])| -> Vec<f64> {
        let of_row = |(row, &label): (&[f64], &u32)| {
            let sum =
                |label: usize| groups.counts[label] as f64 * squared(row, groups.mean(label)) + within[label];
            of_sums(&groups.counts, label as usize, sum)
        };
        values.chunks_exact(d).zip(labels).map(of_row).collect()
    };
    let parts = x.values().par_chunks(chunk * d).zip(labels.par_chunks(chunk));
    let values = parts.map(of_rows).collect::<Vec<_>>().concat();
    let rows: Vec<usize> = (0..x.n_rows()).collect();
    Ok(Some(Silhouette::new(&rows, values, labels, groups.counts.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::Random;

    #[test]
    fn sums_of_squares_stand_for_all_pairs() {
        let mut random = Random::new(3);
        let x = Matrix::new(3, (0..240).map(|_| random.uniform()).collect()).unwrap();
        let labels: Vec<u32> = (0..80).map(|_| [0, 1, 2, 4][random.below(4)]).collect();
        let mut counts = vec![0; 5];
        labels.iter().for_each(|&label| counts[label as usize] += 1);
        let found = squared_silhouette(&x, &labels).unwrap().unwrap();
        for (row, value) in found.values.iter().enumerate() {
            let sum = |label: usize| {
                let members = (0..80).filter(|&other| labels[other] as usize == label);
                members.map(|other| squared(x.row(row), x.row(other))).sum::<f64>()
            };
            assert!((value - of_sums(&counts, labels[row] as usize, sum)).abs() < 1e-13);
        }
        assert_eq!(found.per_cluster[3], None);
        assert_eq!(squared_silhouette(&x, &[1; 80]), Ok(None));
    }
}
