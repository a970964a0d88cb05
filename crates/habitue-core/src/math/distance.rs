//! Squared Euclidean distance, and the range in which it can be trusted.

use rayon::prelude::*;

use super::chunks::rows_per_chunk;
use crate::{Error, Matrix, Result};

/// The squared Euclidean distance of two rows of one length: `Σ (aⱼ − bⱼ)²`.
///
/// By differences and never by `‖a‖² + ‖b‖² − 2ab`, so that equal rows are at distance 0 exactly, wherever
/// they lie.
///
/// ```
/// assert_eq!(habitue_core::math::distance::squared(&[0.0, 0.0], &[3.0, 4.0]), 25.0);
/// ```
pub fn squared(a: &[f64], b: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (x, y) in a.iter().zip(b) {
        let difference = x - y;
        sum += difference * difference;
    }
    sum
}

/// Refuses a matrix whose squared distances would overflow or vanish.
///
/// # Errors
/// [`Error::Spread`] if the widest column spreads over more than 1e140, or over less than 1e-140 without
/// being constant.
pub fn check_spread(x: &Matrix) -> Result<()> {
    let d = x.n_cols();
    let of_chunk = |values: &[f64]| {
        let mut ends = vec![(f64::INFINITY, f64::NEG_INFINITY); d];
        for row in values.chunks_exact(d) {
            ends.iter_mut().zip(row).for_each(|((low, high), &value)| {
                *low = if value < *low { value } else { *low };
                *high = if value > *high { value } else { *high };
            });
        }
        ends
    };
    let chunks: Vec<_> = x.values().par_chunks(rows_per_chunk(x.n_rows()) * d).map(of_chunk).collect();
    let spread_of = |column: usize| {
        let low = chunks.iter().map(|ends| ends[column].0).fold(f64::INFINITY, f64::min);
        chunks.iter().map(|ends| ends[column].1).fold(f64::NEG_INFINITY, f64::max) - low
    };
    let spread = (0..d).map(spread_of).fold(0.0, f64::max);
    if spread == 0.0 || (1e-140..=1e140).contains(&spread) { Ok(()) } else { Err(Error::Spread { spread }) }
}

/// The column means; `n_cols` values, 0 where there are no rows.
pub fn means(x: &Matrix) -> Vec<f64> {
    let mut sums = vec![0.0; x.n_cols()];
    for row in x.rows() {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    let n_rows = x.n_rows().max(1) as f64;
    for sum in &mut sums {
        *sum /= n_rows;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_beyond_the_range_of_squares_is_refused() {
        let spread_of = |a, b| check_spread(&Matrix::new(1, vec![a, b]).unwrap());
        assert!(spread_of(1.0, 2.0).is_ok());
        assert!(spread_of(7.0, 7.0).is_ok());
        assert_eq!(spread_of(0.0, 1e200), Err(Error::Spread { spread: 1e200 }));
        assert_eq!(spread_of(0.0, 1e-200), Err(Error::Spread { spread: 1e-200 }));
        assert_eq!(spread_of(-f64::MAX, f64::MAX), Err(Error::Spread { spread: f64::INFINITY }));
    }
}
