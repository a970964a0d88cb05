//! Eight rows side by side, so that one pass over a row's columns measures all of them.

/// Rows that are measured together; their distances fill two to four vector registers.
pub const LANES: usize = 8;

/// Up to eight rows, column by column.
///
/// The compiler turns the loops over lanes into vector instructions; each distance is summed over the columns
/// in their order, so it equals [`super::distance::squared`] to the bit.
#[derive(Debug, Clone)]
pub struct Lanes {
    columns: Vec<[f64; LANES]>,
}

impl Lanes {
    /// Lanes for rows of `n_cols` columns, all 0.
    pub fn new(n_cols: usize) -> Self {
        Self { columns: vec![[0.0; LANES]; n_cols] }
    }

    /// Puts rows into the lanes in their order; lanes beyond the last row keep what they held.
    pub fn load<'a>(&mut self, rows: impl Iterator<Item = &'a [f64]>) {
        for (lane, row) in rows.take(LANES).enumerate() {
            for (column, value) in self.columns.iter_mut().zip(row) {
                column[lane] = *value;
            }
        }
    }

    /// The squared Euclidean distance of every lane to one row.
    #[inline]
    pub fn squared(&self, row: &[f64]) -> [f64; LANES] {
        let mut sums = [0.0; LANES];
        for (column, value) in self.columns.iter().zip(row) {
            for lane in 0..LANES {
                let difference = column[lane] - value;
                sums[lane] += difference * difference;
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::distance::squared;
    use crate::math::random::Random;

    #[test]
    fn every_lane_equals_the_plain_distance_to_the_bit() {
        let mut random = Random::new(9);
        for d in [1, 2, 3, 4, 7, 16] {
            let rows: Vec<Vec<f64>> = (0..9).map(|_| (0..d).map(|_| random.uniform()).collect()).collect();
            let mut lanes = Lanes::new(d);
            lanes.load(rows[..8].iter().map(Vec::as_slice));
            let found = lanes.squared(&rows[8]);
            for (row, distance) in rows.iter().zip(found) {
                assert_eq!(distance, squared(row, &rows[8]));
            }
        }
    }
}
