//! Equal rows folded into one, with how often it occurs.

use crate::Matrix;
use crate::math::random::mix;

/// The different rows of a matrix, in the order in which they first occur.
pub(super) struct Folded {
    /// The different rows.
    pub(super) rows: Matrix,
    /// The weight of each: the sum over its equals.
    pub(super) weights: Vec<f64>,
    /// Which different row each row is.
    pub(super) of_row: Vec<u32>,
}

impl Folded {
    /// Folds equal rows; 0 and −0 are equal. At least one row, fewer than 2³². Costs `O(n (d + log n))`.
    pub(super) fn new(x: &Matrix, weights: Option<&[f64]>) -> Self {
        // Adding 0 makes −0 a 0.
        let hash = |row: &[f64]| row.iter().fold(0_u64, |sum, v| mix(sum ^ (v + 0.0).to_bits()));
        let mut order: Vec<(u64, u32)> = x.rows().zip(0..).map(|(row, at)| (hash(row), at)).collect();
        order.sort_unstable();
        // The first row of each set of equals.
        let mut first: Vec<u32> = (0..x.n_rows() as u32).collect();
        for run in order.chunk_by(|a, b| a.0 == b.0) {
            let mut heads: Vec<u32> = Vec::new();
            for &(_, at) in run {
                match heads.iter().find(|&&head| x.row(head as usize) == x.row(at as usize)) {
                    Some(&head) => first[at as usize] = head,
                    None => heads.push(at),
                }
            }
        }
        let mut of_row = vec![0_u32; x.n_rows()];
        let (mut kept, mut sums) = (Vec::new(), Vec::new());
        for (row, &first) in first.iter().enumerate() {
            let weight = weights.map_or(1.0, |w| w[row]);
            if first as usize == row {
                of_row[row] = kept.len() as u32;
                kept.push(row);
                sums.push(weight);
            } else {
                of_row[row] = of_row[first as usize];
                sums[of_row[row] as usize] += weight;
            }
        }
        Self { rows: x.select(&kept), weights: sums, of_row }
    }

    /// What holds for the different rows, for every row.
    pub(super) fn spread<T: Copy>(&self, of_distinct: &[T]) -> Vec<T> {
        self.of_row.iter().map(|&at| of_distinct[at as usize]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_are_folded_in_the_order_of_their_first() {
        let x = Matrix::new(2, vec![5.0, 1.0, 0.0, 2.0, 5.0, 1.0, -0.0, 2.0, 1.0, 5.0]).unwrap();
        let folded = Folded::new(&x, Some(&[1.0, 2.0, 3.0, 4.0, 5.0]));
        assert_eq!(folded.rows.values(), [5.0, 1.0, 0.0, 2.0, 1.0, 5.0]);
        assert_eq!(folded.weights, [4.0, 6.0, 5.0]);
        assert_eq!(folded.of_row, [0, 1, 0, 1, 2]);
        assert_eq!(folded.spread(&['a', 'b', 'c']), ['a', 'b', 'a', 'b', 'c']);
    }
}
