//! Mini-batch k-means, for rows that do not fit into memory.

use serde::{Deserialize, Serialize};

use super::assign::assign;
use super::distinct_rows;
use super::kmeans::KMeans;
use crate::{Error, Matrix, Result};

/// k-means over chunks of rows that are seen once and forgotten (Sculley 2010).
///
/// The first chunks, as many as hold enough different rows, are clustered by [`KMeans`].
/// Of each further chunk every row goes to its nearest centre, and a centre moves to the mean of all rows that it
/// was ever given: the per-centre rate `1 / count` of the paper, taken a chunk at a time.
///
/// Centres are near a fixed point, not at one: rows of earlier chunks are not looked at again.
/// Costs `O(n k d)` time and the memory of one chunk.
///
/// ```
/// use habitue_core::{Matrix, cluster::mini_batch::MiniBatch};
/// let chunks = [vec![0.0, 9.0], vec![1.0, 11.0], vec![2.0, 10.0]].map(|values| Matrix::new(1, values));
/// let streamed = MiniBatch::new(2).fit(chunks)?;
/// let mut centres = streamed.centres.values().to_vec();
/// centres.sort_by(f64::total_cmp);
/// assert_eq!((centres, streamed.counts), (vec![1.0, 10.0], vec![3, 3]));
/// # Ok::<(), habitue_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MiniBatch {
    /// Number of clusters; at least 1, at most the number of distinct rows.
    pub n_clusters: usize,
    /// Effort for the first chunk, see [`KMeans::n_init`].
    pub n_init: usize,
    /// The same seed and the same chunks give the same centres.
    pub seed: u64,
}

/// What a stream of rows came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Streamed {
    /// One row a cluster.
    pub centres: Matrix,
    /// Rows that each centre was given.
    pub counts: Vec<u64>,
}

impl MiniBatch {
    /// Effort 10, seed 0.
    pub fn new(n_clusters: usize) -> Self {
        Self { n_clusters, n_init: 10, seed: 0 }
    }

    /// Clusters the rows of all chunks, in the order in which they come.
    ///
    /// # Errors
    /// The error of a chunk that is one; [`Error::Shape`] if the columns of two chunks differ; else as
    /// [`KMeans::fit`] on the first chunks.
    pub fn fit(&self, chunks: impl IntoIterator<Item = Result<Matrix>>) -> Result<Streamed> {
        let mut chunks = chunks.into_iter();
        let mut first: Option<Matrix> = None;
        for chunk in chunks.by_ref() {
            let chunk = chunk?;
            let joined = match first {
                None => chunk,
                Some(before) if before.n_cols() == chunk.n_cols() => {
                    Matrix::new(chunk.n_cols(), [before.values(), chunk.values()].concat())?
                }
                Some(before) => {
                    return Err(Error::Shape { values: chunk.values().len(), columns: before.n_cols() });
                }
            };
            let is_enough = distinct_rows(&joined, self.n_clusters) >= self.n_clusters;
            first = Some(joined);
            if is_enough {
                break;
            }
        }
        let first = first.ok_or(Error::NoCustomers)?;
        let kmeans = KMeans { n_init: self.n_init, seed: self.seed, ..KMeans::new(self.n_clusters) };
        let found = kmeans.fit(&first)?;
        let counts = found.sizes().iter().map(|&size| size as u64).collect();
        let mut streamed = Streamed { centres: found.centres, counts };
        for chunk in chunks {
            streamed.add(&chunk?)?;
        }
        Ok(streamed)
    }
}

impl Streamed {
    /// Takes in one more chunk of rows.
    ///
    /// # Errors
    /// [`Error::Shape`] if its columns are not those of the centres, [`Error::NotFinite`] if sums overflow.
    pub fn add(&mut self, chunk: &Matrix) -> Result<()> {
        let d = self.centres.n_cols();
        let found = assign(chunk, &self.centres)?;
        let mut sums = vec![0.0; self.centres.values().len()];
        let mut counts = vec![0_u64; self.counts.len()];
        for (row, &label) in chunk.rows().zip(&found.labels) {
            let label = label as usize;
            counts[label] += 1;
            let centre = self.centres.row(label);
            for ((sum, value), centre) in sums[label * d..].iter_mut().zip(row).zip(centre) {
                *sum += value - centre;
            }
        }
        let mut centres = self.centres.values().to_vec();
        for (label, centre) in centres.chunks_exact_mut(d).enumerate() {
            self.counts[label] += counts[label];
            let total = self.counts[label].max(1) as f64;
            centre.iter_mut().zip(&sums[label * d..]).for_each(|(centre, sum)| *centre += sum / total);
        }
        self.centres = Matrix::new(d, centres)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::Random;

    #[test]
    fn a_stream_comes_close_to_all_rows_at_once() {
        let mut random = Random::new(2);
        let values: Vec<f64> = (0..12_000).map(|at| f64::from(at / 2 % 3) * 5.0 + random.uniform()).collect();
        let x = Matrix::new(2, values.clone()).unwrap();
        let whole = KMeans::new(3).fit(&x).unwrap();
        let streamed =
            MiniBatch::new(3).fit(values.chunks(500).map(|part| Matrix::new(2, part.to_vec()))).unwrap();
        let inertia: f64 = assign(&x, &streamed.centres).unwrap().squared.iter().sum();
        assert!(inertia <= 1.01 * whole.inertia, "{inertia} {}", whole.inertia);
        assert_eq!(streamed.counts.iter().sum::<u64>(), 6000);
    }

    #[test]
    fn chunks_are_joined_until_there_are_enough_different_rows() {
        let chunk = |values: &[f64]| Matrix::new(1, values.to_vec());
        let found = MiniBatch::new(2).fit([chunk(&[1.0, 1.0]), chunk(&[1.0]), chunk(&[4.0])]).unwrap();
        assert_eq!(found.counts.iter().sum::<u64>(), 4);
        let refused = MiniBatch::new(3).fit([chunk(&[1.0, 1.0]), chunk(&[4.0])]);
        assert_eq!(refused, Err(Error::SegmentCount { k: 3, distinct: 2 }));
        assert_eq!(MiniBatch::new(3).fit([]), Err(Error::NoCustomers));
        let other = Matrix::new(2, vec![1.0, 2.0]);
        assert_eq!(
            MiniBatch::new(1).fit([chunk(&[1.0]), other]),
            Err(Error::Shape { values: 1, columns: 2 })
        );
    }
}
