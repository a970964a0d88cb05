//! The one numeric table of the crate: rows of customers, columns of prepared features.

use crate::{Error, Result};

/// A dense matrix of finite `f64`, row by row in memory.
///
/// Finite by construction: the values are checked once, here, and nowhere else.
/// Row-major `f64` is the plain choice; a clustering engine that wants another layout makes its own copy.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    values: Vec<f64>,
    n_cols: usize,
}

impl Matrix {
    /// Takes the values of all rows, one row after the other.
    ///
    /// # Errors
    /// [`Error::Shape`] if the values do not fill whole rows or `n_cols` is 0, [`Error::NotFinite`] at the first NaN or infinity.
    pub fn new(n_cols: usize, values: Vec<f64>) -> Result<Self> {
        if n_cols == 0 || !values.len().is_multiple_of(n_cols) {
            return Err(Error::Shape { values: values.len(), columns: n_cols });
        }
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(Error::NotFinite { row: at / n_cols, column: at % n_cols });
        }
        Ok(Self { values, n_cols })
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.values.len() / self.n_cols
    }

    /// Number of columns; at least 1.
    pub fn n_cols(&self) -> usize {
        self.n_cols
    }

    /// One row; `n_cols` values.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.n_cols..(row + 1) * self.n_cols]
    }

    /// All rows in order.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.n_cols)
    }

    /// All values, row by row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The given rows, in the given order.
    pub fn select(&self, rows: &[usize]) -> Self {
        let values = rows.iter().flat_map(|&r| self.row(r)).copied().collect();
        Self { values, n_cols: self.n_cols }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_finite_and_whole() {
        assert!(Matrix::new(2, vec![1.0, 2.0, 3.0, 4.0]).is_ok());
        assert_eq!(Matrix::new(2, vec![1.0]), Err(Error::Shape { values: 1, columns: 2 }));
        assert_eq!(Matrix::new(0, vec![]), Err(Error::Shape { values: 0, columns: 0 }));
        assert_eq!(
            Matrix::new(2, vec![1.0, 2.0, 3.0, f64::NAN]),
            Err(Error::NotFinite { row: 1, column: 1 })
        );
    }
}
