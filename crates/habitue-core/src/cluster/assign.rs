//! The nearest centre of many rows at once.

use rayon::prelude::*;

use crate::math::chunks::rows_per_chunk;
use crate::math::lanes::{self, LANES, Nearest, Octet};
use crate::{Error, Matrix, Result};

/// Nearest centres of some rows, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Assigned {
    /// Index of the nearest centre; the lower index where two are equally near.
    pub labels: Vec<u32>,
    /// Squared distance to it.
    pub squared: Vec<f64>,
}

/// Finds the nearest centre of every row: [`super::nearest`] for many, to the bit.
///
/// `x` is `n × d`, `centres` `k × d`. Costs `O(n k d)` time, on all cores and eight rows at a time.
///
/// # Errors
/// [`Error::Shape`] if the columns differ, [`Error::SegmentCount`] if there is no centre.
///
/// ```
/// use habitue_core::{Matrix, cluster::assign::assign};
/// let x = Matrix::new(1, vec![1.0, 7.0])?;
/// let found = assign(&x, &Matrix::new(1, vec![0.0, 10.0])?)?;
/// assert_eq!((found.labels, found.squared), (vec![0, 1], vec![1.0, 9.0]));
/// # Ok::<(), habitue_core::Error>(())
/// ```
pub fn assign(x: &Matrix, centres: &Matrix) -> Result<Assigned> {
    if centres.n_cols() != x.n_cols() {
        return Err(Error::Shape { values: centres.values().len(), columns: x.n_cols() });
    }
    if centres.n_rows() == 0 {
        return Err(Error::SegmentCount { k: 0, distinct: super::distinct_rows(x, 100) });
    }
    let d = x.n_cols();
    let mut found = Assigned { labels: vec![0; x.n_rows()], squared: vec![0.0; x.n_rows()] };
    let chunk = rows_per_chunk(x.n_rows());
    let labels = found.labels.par_chunks_mut(chunk);
    let parts = x.values().par_chunks(chunk * d).zip(labels).zip(found.squared.par_chunks_mut(chunk));
    parts.for_each(|((values, labels), squared)| {
        pulp::Arch::new().dispatch(Pass { values, centres: centres.values(), d, labels, squared });
    });
    Ok(found)
}

/// A pass over some rows.
struct Pass<'a> {
    values: &'a [f64],
    centres: &'a [f64],
    d: usize,
    labels: &'a mut [u32],
    squared: &'a mut [f64],
}

impl pulp::NullaryFnOnce for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        match self.d {
            3 => self.run::<3>(),
            4 => self.run::<4>(),
            8 => self.run::<8>(),
            _ => self.run_any(),
        }
    }
}

impl Pass<'_> {
    /// Rows of `D` columns, a number known to the compiler, which then keeps eight of them in registers.
    #[inline(always)]
    fn run<const D: usize>(self) {
        let (rows, _) = self.values.as_chunks::<D>();
        let (blocks, rest) = rows.as_chunks::<LANES>();
        let (centres, _) = self.centres.as_chunks::<D>();
        let (labels, last_labels) = self.labels.as_chunks_mut::<LANES>();
        let (squared, last_squared) = self.squared.as_chunks_mut::<LANES>();
        for ((block, labels), squared) in blocks.iter().zip(labels).zip(squared) {
            let mut columns = [Octet([0.0; LANES]); D];
            for (column, values) in columns.iter_mut().enumerate() {
                for (value, row) in values.iter_mut().zip(block) {
                    *value = row[column];
                }
            }
            let mut nearest = Nearest::NONE;
            for (index, centre) in (0..).zip(centres) {
                nearest.offer(index, lanes::squared(&columns, *centre));
            }
            for (label, found) in labels.iter_mut().zip(nearest.label) {
                *label = found as u32;
            }
            *squared = nearest.best;
        }
        let rest = Pass { values: rest.as_flattened(), labels: last_labels, squared: last_squared, ..self };
        rest.run_any();
    }

    /// Rows of any number of columns.
    #[inline(always)]
    fn run_any(self) {
        let d = self.d;
        let mut columns = vec![Octet([0.0; LANES]); d];
        let outputs = self.labels.chunks_mut(LANES).zip(self.squared.chunks_mut(LANES));
        for (values, (labels, distances)) in self.values.chunks(LANES * d).zip(outputs) {
            for (lane, row) in values.chunks_exact(d).enumerate() {
                for (column, value) in columns.iter_mut().zip(row) {
                    column[lane] = *value;
                }
            }
            let mut nearest = Nearest::NONE;
            for (index, centre) in (0..).zip(self.centres.chunks_exact(d)) {
                nearest.offer(index, lanes::squared(&columns, centre.iter().copied()));
            }
            for (lane, (output, distance)) in labels.iter_mut().zip(distances).enumerate() {
                (*output, *distance) = (nearest.label[lane] as u32, nearest.best[lane]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::nearest;
    use crate::math::random::Random;

    #[test]
    fn every_row_is_assigned_as_it_would_be_alone() {
        let mut random = Random::new(1);
        for (n, d, k) in [(1, 1, 1), (10_001, 4, 9), (777, 8, 3), (77, 3, 5), (50, 11, 20)] {
            let mut matrix = |n: usize| {
                // Few different values make ties.
                Matrix::new(d, (0..n * d).map(|_| random.below(4) as f64).collect()).unwrap()
            };
            let (x, centres) = (matrix(n), matrix(k));
            let found = assign(&x, &centres).unwrap();
            for (row, (&label, &squared)) in x.rows().zip(found.labels.iter().zip(&found.squared)) {
                let one = nearest(&centres, row);
                assert_eq!((label as usize, squared), (one.index, one.squared));
            }
        }
    }

    #[test]
    fn centres_of_other_columns_are_refused() {
        let x = Matrix::new(2, vec![1.0, 2.0]).unwrap();
        assert_eq!(
            assign(&x, &Matrix::new(1, vec![1.0]).unwrap()),
            Err(Error::Shape { values: 1, columns: 2 })
        );
        assert!(matches!(
            assign(&x, &Matrix::new(2, vec![]).unwrap()),
            Err(Error::SegmentCount { k: 0, .. })
        ));
    }
}
