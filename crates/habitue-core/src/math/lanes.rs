//! Eight rows side by side, so that one pass over a row's columns measures all of them.

/// Rows that are measured together; their distances fill two to four vector registers.
pub const LANES: usize = 8;

/// One value of each of eight rows, in a line of the processor's cache of their own: a load never crosses two.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(64))]
pub struct Octet(pub [f64; LANES]);

impl std::ops::Deref for Octet {
    type Target = [f64; LANES];

    #[inline(always)]
    fn deref(&self) -> &[f64; LANES] {
        &self.0
    }
}

impl std::ops::DerefMut for Octet {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f64; LANES] {
        &mut self.0
    }
}

/// Up to eight rows, column by column.
///
/// The compiler turns the loops over lanes into vector instructions; each distance is summed over the columns
/// in their order, so it equals [`super::distance::squared`] to the bit.
#[derive(Debug, Clone)]
pub struct Lanes {
    columns: Vec<Octet>,
}

impl Lanes {
    /// Lanes for rows of `n_cols` columns, all 0.
    pub fn new(n_cols: usize) -> Self {
        Self { columns: vec![Octet([0.0; LANES]); n_cols] }
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
        squared(&self.columns, row.iter().copied())
    }
}

/// The squared Euclidean distance of eight rows, column by column, to one row.
#[inline(always)]
pub fn squared(columns: &[Octet], row: impl IntoIterator<Item = f64>) -> [f64; LANES] {
    let mut sums = [0.0; LANES];
    for (column, value) in columns.iter().zip(row) {
        for lane in 0..LANES {
            let difference = column[lane] - value;
            sums[lane] += difference * difference;
        }
    }
    sums
}

/// The nearest of the centres offered to each of eight rows, and how near the runner-up is; the one offered first of
/// equals.
#[derive(Debug, Clone, Copy)]
pub struct Nearest {
    /// What the nearest was offered as; 0 before any was.
    pub label: [u64; LANES],
    /// Squared distance to it; infinite before any was.
    pub best: [f64; LANES],
    /// Squared distance to the second nearest; infinite before two were.
    pub second: [f64; LANES],
}

impl Nearest {
    /// Before any centre was offered.
    pub const NONE: Self =
        Self { label: [0; LANES], best: [f64::INFINITY; LANES], second: [f64::INFINITY; LANES] };

    /// Offers a centre at some squared distances.
    #[inline(always)]
    pub fn offer(&mut self, label: u64, squared: [f64; LANES]) {
        for (lane, squared) in squared.into_iter().enumerate() {
            let nearer = squared < self.best[lane];
            let loser = if nearer { self.best[lane] } else { squared };
            self.second[lane] = if loser < self.second[lane] { loser } else { self.second[lane] };
            self.best[lane] = if nearer { squared } else { self.best[lane] };
            self.label[lane] = if nearer { label } else { self.label[lane] };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::distance;
    use crate::math::random::Random;

    #[test]
    fn the_first_of_equals_is_nearest_and_the_other_is_the_runner_up() {
        let mut nearest = Nearest::NONE;
        for (label, distance) in [(3, 5.0), (1, 2.0), (4, 2.0), (2, 9.0)] {
            nearest.offer(label, [distance; LANES]);
        }
        assert_eq!((nearest.label[7], nearest.best[7], nearest.second[7]), (1, 2.0, 2.0));
        assert_eq!(Nearest::NONE.second[0], f64::INFINITY);
    }

    #[test]
    fn every_lane_equals_the_plain_distance_to_the_bit() {
        let mut random = Random::new(9);
        for d in [1, 2, 3, 4, 7, 16] {
            let rows: Vec<Vec<f64>> = (0..9).map(|_| (0..d).map(|_| random.uniform()).collect()).collect();
            let mut lanes = Lanes::new(d);
            lanes.load(rows[..8].iter().map(Vec::as_slice));
            let found = lanes.squared(&rows[8]);
            for (row, found) in rows.iter().zip(found) {
                assert_eq!(found, distance::squared(row, &rows[8]));
            }
        }
    }
}
