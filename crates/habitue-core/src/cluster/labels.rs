//! The nearest centres of many rows, without the distances to them: less to compute, and less to write.

use rayon::prelude::*;

use super::assign::assign;
use crate::math::chunks::rows_per_chunk;
use crate::{Error, Matrix, Result};

/// The index of the nearest centre of every row; the lower index where two are equally near.
///
/// The labels of [`assign`], to the last of them, in a half to a third of its time where the processor has vectors of
/// eight numbers. `x` is `n × d`, `centres` `k × d`. Costs `O(n k d)` time, on all cores.
///
/// # Errors
/// Those of [`assign`].
///
/// ```
/// use habitue_core::{Matrix, cluster::labels::labels};
/// let x = Matrix::new(1, vec![1.0, 7.0])?;
/// assert_eq!(labels(&x, &Matrix::new(1, vec![0.0, 10.0])?)?, [0, 1]);
/// # Ok::<(), habitue_core::Error>(())
/// ```
pub fn labels(x: &Matrix, centres: &Matrix) -> Result<Vec<u32>> {
    if centres.n_cols() != x.n_cols() {
        return Err(Error::Shape { values: centres.values().len(), columns: x.n_cols() });
    }
    #[cfg(target_arch = "x86_64")]
    if let (1..=wide::MOST_CENTRES, Some(simd)) = (centres.n_rows(), pulp::x86::V4::try_new()) {
        let scores = wide::Scores::new(centres);
        let mut labels = vec![0; x.n_rows()];
        let chunk = rows_per_chunk(x.n_rows());
        let parts = x.values().par_chunks(chunk * x.n_cols()).zip(labels.par_chunks_mut(chunk));
        parts.for_each(|(values, labels)| scores.label(simd, values, labels));
        return Ok(labels);
    }
    assign(x, centres).map(|found| found.labels)
}

/// With vectors of eight doubles: a lane for each centre.
///
/// The centre with the least `|c|²/2 − x·c` is the nearest. Where another comes so near that rounding could have put it
/// behind, the distances themselves decide.
#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::__m512d;

    use pulp::x86::V4;

    use crate::Matrix;
    use crate::cluster::nearest;

    const LANES: usize = 8;
    /// Centres in the lanes of four registers.
    pub(super) const MOST_CENTRES: usize = 4 * LANES;
    /// Rows that share what is loaded of the centres.
    const ROWS: usize = 4;

    /// Centres laid out for scores.
    pub(super) struct Scores<'a> {
        centres: &'a Matrix,
        /// A column of eight centres after the other, then those of the next eight.
        columns: Vec<[f64; LANES]>,
        /// Half the squared length of each centre; infinite where there is none.
        halves: Vec<[f64; LANES]>,
        /// Length of the longest centre.
        reach: f64,
    }

    impl<'a> Scores<'a> {
        pub(super) fn new(centres: &'a Matrix) -> Self {
            let d = centres.n_cols();
            let blocks = centres.n_rows().div_ceil(LANES);
            let mut columns = vec![[0.0; LANES]; blocks * d];
            let mut halves = vec![[f64::INFINITY; LANES]; blocks];
            let mut reach = 0.0_f64;
            for (index, centre) in centres.rows().enumerate() {
                let (block, lane) = (index / LANES, index % LANES);
                for (column, value) in columns[block * d..].iter_mut().zip(centre) {
                    column[lane] = *value;
                }
                let length: f64 = centre.iter().map(|value| value * value).sum();
                halves[block][lane] = length / 2.0;
                reach = reach.max(length.sqrt());
            }
            Self { centres, columns, halves, reach }
        }

        /// Labels rows.
        pub(super) fn label(&self, simd: V4, values: &[f64], labels: &mut [u32]) {
            match self.halves.len() {
                1 => simd.vectorize(Pass::<1> { simd, scores: self, values, labels }),
                2 => simd.vectorize(Pass::<2> { simd, scores: self, values, labels }),
                3 => simd.vectorize(Pass::<3> { simd, scores: self, values, labels }),
                _ => simd.vectorize(Pass::<4> { simd, scores: self, values, labels }),
            }
        }

        /// The greatest difference between two scores that rounding, here or in distances, could turn over, for rows
        /// of values up to `greatest`.
        ///
        /// Each of `d + 2` roundings adds at most `ε/2` of `(|x| + |c|)²`, in both scores and in both distances.
        fn doubt(&self, greatest: f64) -> f64 {
            let d = self.centres.n_cols() as f64;
            let reach = greatest * d.sqrt() + self.reach;
            4.0 * (d + 4.0) * f64::EPSILON * reach * reach
        }
    }

    struct Pass<'a, const BLOCKS: usize> {
        simd: V4,
        scores: &'a Scores<'a>,
        values: &'a [f64],
        labels: &'a mut [u32],
    }

    impl<const BLOCKS: usize> pulp::NullaryFnOnce for Pass<'_, BLOCKS> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            match self.scores.centres.n_cols() {
                4 => self.run::<4>(),
                8 => self.run::<8>(),
                _ => self.run::<ANY>(),
            }
        }
    }

    /// In place of a number of columns known to the compiler.
    const ANY: usize = 0;

    impl<const BLOCKS: usize> Pass<'_, BLOCKS> {
        #[inline(always)]
        fn run<const D: usize>(self) {
            let d = if D == ANY { self.scores.centres.n_cols() } else { D };
            let mut bound = Bound { scores: self.scores, greatest: 0.0, doubt: self.scores.doubt(0.0) };
            let mut rows = self.values.chunks_exact(ROWS * d);
            let mut labels = self.labels.chunks_exact_mut(ROWS);
            for (values, labels) in (&mut rows).zip(&mut labels) {
                let doubt = bound.with(self.simd, values);
                let rows: [&[f64]; ROWS] = std::array::from_fn(|row| &values[row * d..(row + 1) * d]);
                let found = label_rows::<ROWS, BLOCKS, D>(self.simd, self.scores, rows, doubt);
                labels.copy_from_slice(&found);
            }
            for (row, label) in rows.remainder().chunks_exact(d).zip(labels.into_remainder()) {
                let doubt = bound.with(self.simd, row);
                [*label] = label_rows::<1, BLOCKS, D>(self.simd, self.scores, [row], doubt);
            }
        }
    }

    /// The bound on rounding for the rows seen so far: it grows where one goes beyond it, which few do.
    struct Bound<'a> {
        scores: &'a Scores<'a>,
        greatest: f64,
        doubt: f64,
    }

    impl Bound<'_> {
        /// The bound for these values too. Everything in here must be inlined to be compiled for the vector unit.
        #[inline(always)]
        fn with(&mut self, simd: V4, values: &[f64]) -> f64 {
            let unit = simd.avx512f;
            let (lanes, rest) = values.as_chunks::<LANES>();
            let most = unit._mm512_set1_pd(self.greatest);
            let mut beyond = 0;
            for values in lanes {
                beyond |= unit._mm512_cmplt_pd_mask(most, unit._mm512_abs_pd(pulp::cast(*values)));
            }
            for value in rest {
                beyond |= u8::from(value.abs() > self.greatest);
            }
            if beyond != 0 {
                self.widen(values);
            }
            self.doubt
        }

        #[cold]
        fn widen(&mut self, values: &[f64]) {
            self.greatest = values.iter().fold(self.greatest, |most, value| most.max(value.abs()));
            self.doubt = self.scores.doubt(self.greatest);
        }
    }

    #[inline(always)]
    fn label_rows<const N: usize, const BLOCKS: usize, const D: usize>(
        simd: V4,
        scores: &Scores<'_>,
        rows: [&[f64]; N],
        doubt: f64,
    ) -> [u32; N] {
        let unit = simd.avx512f;
        let d = if D == ANY { rows[0].len() } else { D };
        let halves: [__m512d; BLOCKS] = std::array::from_fn(|block| pulp::cast(scores.halves[block]));
        let mut found = [halves; N];
        let columns: [&[[f64; LANES]]; BLOCKS] =
            std::array::from_fn(|block| &scores.columns[block * d..(block + 1) * d]);
        for column in 0..d {
            let centres: [__m512d; BLOCKS] = std::array::from_fn(|block| pulp::cast(columns[block][column]));
            for (found, row) in found.iter_mut().zip(rows) {
                let value = unit._mm512_set1_pd(row[column]);
                for (found, centre) in found.iter_mut().zip(centres) {
                    *found = unit._mm512_fnmadd_pd(value, centre, *found);
                }
            }
        }
        let mut labels = [0; N];
        for ((label, found), row) in labels.iter_mut().zip(found).zip(rows) {
            let least =
                found.into_iter().reduce(|a, b| unit._mm512_min_pd(a, b)).expect("there is a block at least");
            let least = pulp::Simd::reduce_min_f64s(simd, pulp::cast(least));
            let limit = unit._mm512_set1_pd(least + doubt);
            let mut near = 0_u32;
            for (block, found) in found.into_iter().enumerate() {
                near |= u32::from(unit._mm512_cmple_pd_mask(found, limit)) << (block * LANES);
            }
            *label = if near.is_power_of_two() {
                near.trailing_zeros()
            } else {
                nearest(scores.centres, row).index as u32
            };
        }
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::Random;

    #[test]
    fn labels_are_those_of_the_distances() {
        let mut random = Random::new(3);
        for (n, d, k) in
            [(1, 1, 1), (10_001, 4, 8), (777, 8, 3), (303, 3, 9), (1001, 5, 17), (66, 11, 32), (90, 2, 33)]
        {
            // Few different values make ties, shifts and scales make roundings.
            for (shift, scale) in [(0.0, 1.0), (1e9, 0.1), (-7.3, 1e-9), (0.0, 1e200)] {
                let mut matrix = |n: usize| {
                    let values = (0..n * d)
                        .map(|_| shift + scale * (random.below(9) as f64 + random.below(2) as f64 / 3.0));
                    Matrix::new(d, values.collect()).unwrap()
                };
                let (x, centres) = (matrix(n), matrix(k));
                assert_eq!(
                    labels(&x, &centres).unwrap(),
                    assign(&x, &centres).unwrap().labels,
                    "{n} {d} {k} {shift}"
                );
            }
        }
    }

    #[test]
    fn what_assign_refuses_is_refused() {
        let x = Matrix::new(2, vec![1.0, 2.0]).unwrap();
        for centres in [Matrix::new(1, vec![1.0]).unwrap(), Matrix::new(2, vec![]).unwrap()] {
            assert_eq!(labels(&x, &centres), assign(&x, &centres).map(|found| found.labels));
        }
    }
}
