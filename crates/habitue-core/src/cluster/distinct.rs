//! Equal rows folded into one row that counts more.

use crate::Matrix;
use crate::math::random::mix;

/// Rows up to which equal ones are always looked for; above, only if a sample holds enough of them.
const ALWAYS: usize = 50_000;
/// Rows of that sample.
const SAMPLE: usize = 16_384;
/// Share of the rows that must be repeats, as far as the sample tells: it holds a row and its like as often as it holds
/// rows at all; and the share of the sample that must be repeats at least.
const WORTH_IT: f64 = 0.3;
const SEEN: f64 = 0.05;

/// The different rows of a matrix.
pub(crate) struct Distinct {
    /// Each different row once, in order of first appearance.
    pub rows: Matrix,
    /// How often it counts.
    pub weights: Vec<f64>,
    /// For each original row, its place among `rows`.
    pub places: Vec<u32>,
}

impl Distinct {
    /// Folds equal rows, if there are enough of them to pay for it; 0 and −0 are equal.
    ///
    /// Costs `O(n d)` time.
    pub(crate) fn fold(x: &Matrix, weights: Option<&[f64]>) -> Option<Self> {
        if x.n_rows() > ALWAYS {
            let sample: Vec<usize> = (0..SAMPLE).map(|at| at * x.n_rows() / SAMPLE).collect();
            let firsts = places(&x.select(&sample)).1.len();
            let share = (WORTH_IT * SAMPLE as f64 / x.n_rows() as f64).max(SEEN);
            if firsts as f64 > SAMPLE as f64 * (1.0 - share) {
                return None;
            }
        }
        let (places, firsts) = places(x);
        (firsts.len() < x.n_rows()).then(|| Self::new(x, weights, places, &firsts))
    }

    /// Folds equal rows, however few they are; 0 and −0 are equal. Costs `O(n d)` time.
    pub(super) fn all(x: &Matrix, weights: Option<&[f64]>) -> Self {
        let (places, firsts) = places(x);
        Self::new(x, weights, places, &firsts)
    }

    fn new(x: &Matrix, weights: Option<&[f64]>, places: Vec<u32>, firsts: &[u32]) -> Self {
        let mut folded = vec![0.0; firsts.len()];
        for (row, &place) in places.iter().enumerate() {
            folded[place as usize] += weights.map_or(1.0, |weights| weights[row]);
        }
        let firsts: Vec<usize> = firsts.iter().map(|&row| row as usize).collect();
        Self { rows: x.select(&firsts), weights: folded, places }
    }

    /// What holds for the different rows, for every row.
    pub(super) fn spread<T: Copy>(&self, of_distinct: &[T]) -> Vec<T> {
        self.places.iter().map(|&at| of_distinct[at as usize]).collect()
    }
}

/// For each row its number among the different rows, and the first row of each number.
fn places(x: &Matrix) -> (Vec<u32>, Vec<u32>) {
    const EMPTY: u32 = u32::MAX;
    let n_slots = (2 * x.n_rows()).next_power_of_two().max(2);
    let mut slots = vec![EMPTY; n_slots];
    let (mut places, mut firsts) = (Vec::with_capacity(x.n_rows()), Vec::new());
    for (row, values) in x.rows().enumerate() {
        // Adding 0 turns −0 into 0.
        let hash = values.iter().fold(0, |hash: u64, value| mix(hash ^ (value + 0.0).to_bits()));
        let mut slot = hash as usize & (n_slots - 1);
        loop {
            let place = slots[slot];
            if place == EMPTY {
                slots[slot] = firsts.len() as u32;
                places.push(firsts.len() as u32);
                firsts.push(row as u32);
                break;
            }
            let known = x.row(firsts[place as usize] as usize);
            if known.iter().zip(values).all(|(a, b)| (a + 0.0).to_bits() == (b + 0.0).to_bits()) {
                places.push(place);
                break;
            }
            slot = (slot + 1) & (n_slots - 1);
        }
    }
    (places, firsts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_become_one_that_counts_more() {
        let x = Matrix::new(2, vec![0.0, 1.0, 2.0, 2.0, -0.0, 1.0, 0.0, 1.0]).unwrap();
        let folded = Distinct::fold(&x, None).unwrap();
        assert_eq!(folded.rows.values(), [0.0, 1.0, 2.0, 2.0]);
        assert_eq!(folded.weights, [3.0, 1.0]);
        assert_eq!(folded.places, [0, 1, 0, 0]);
        let weighted = Distinct::fold(&x, Some(&[0.5, 2.0, 1.0, 1.0])).unwrap();
        assert_eq!(weighted.weights, [2.5, 2.0]);
        assert_eq!(folded.spread(&['a', 'b']), ['a', 'b', 'a', 'a']);
        let different = Matrix::new(1, vec![1.0, 2.0]).unwrap();
        assert!(Distinct::fold(&different, None).is_none());
        assert_eq!(Distinct::all(&different, None).rows, different);
    }
}
