//! Gaussian densities: components, their Cholesky factors, and the logarithm of a density for eight rows at once.

use serde::{Deserialize, Serialize};

use crate::math::lanes::LANES;

/// The shape that the covariances of a mixture may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Covariance {
    /// Every component has its own ellipsoid.
    #[default]
    Full,
    /// Every component has its own ellipsoid along the axes.
    Diagonal,
    /// All components share one ellipsoid.
    Tied,
    /// Every component is a ball of its own size.
    Spherical,
}

impl Covariance {
    /// Free parameters of `k` covariances in `d` columns.
    pub(super) fn n_parameters(self, k: usize, d: usize) -> usize {
        match self {
            Self::Full => k * d * (d + 1) / 2,
            Self::Diagonal => k * d,
            Self::Tied => d * (d + 1) / 2,
            Self::Spherical => k,
        }
    }

    /// Whether only variances count, not how columns vary together.
    pub(super) fn is_axial(self) -> bool {
        matches!(self, Self::Diagonal | Self::Spherical)
    }
}

/// One component of a mixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Its share of all rows; shares add to 1.
    pub weight: f64,
    /// Its mean; `d` values.
    pub mean: Vec<f64>,
    /// Its covariance: `d × d` row by row for full and tied, `d` variances for diagonal and spherical.
    pub covariance: Vec<f64>,
}

/// A component made ready to be evaluated.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Density {
    pub(super) mean: Vec<f64>,
    /// The inverse Cholesky factor: the lower triangle row by row, or its diagonal where covariances are axial.
    whiten: Vec<f64>,
    is_axial: bool,
    /// `ln w + ln det W − d/2 · ln 2π`.
    offset: f64,
}

impl Density {
    /// A covariance that rounding has made singular is widened: no pivot falls below 1e-12 of its column's
    /// variance.
    pub(super) fn new(component: &Component, is_axial: bool) -> Self {
        let d = component.mean.len();
        let whiten = if is_axial {
            component.covariance.iter().map(|variance| 1.0 / variance.sqrt()).collect()
        } else {
            invert_lower(&cholesky(&component.covariance, d), d)
        };
        let log_determinant: f64 = if is_axial {
            whiten.iter().map(|w: &f64| w.ln()).sum()
        } else {
            (0..d).map(|i| whiten[triangle(i, i)].ln()).sum()
        };
        let offset = component.weight.ln() + log_determinant - 0.5 * d as f64 * std::f64::consts::TAU.ln();
        Self { mean: component.mean.clone(), whiten, is_axial, offset }
    }

    /// `ln (w N(x))` of eight rows, column by column; leaves `x − μ` in `centred`.
    #[inline(always)]
    pub(super) fn log(&self, columns: &[[f64; LANES]], centred: &mut [[f64; LANES]]) -> [f64; LANES] {
        for ((centred, column), mean) in centred.iter_mut().zip(columns).zip(&self.mean) {
            for lane in 0..LANES {
                centred[lane] = column[lane] - mean;
            }
        }
        let mut squared = [0.0; LANES];
        if self.is_axial {
            for (centred, scale) in centred.iter().zip(&self.whiten) {
                for lane in 0..LANES {
                    let z = centred[lane] * scale;
                    squared[lane] += z * z;
                }
            }
        } else {
            let mut rest = self.whiten.as_slice();
            for i in 0..centred.len() {
                let (row, below) = rest.split_at(i + 1);
                rest = below;
                let mut z = [0.0; LANES];
                for (centred, scale) in centred.iter().zip(row) {
                    for lane in 0..LANES {
                        z[lane] += centred[lane] * scale;
                    }
                }
                for lane in 0..LANES {
                    squared[lane] += z[lane] * z[lane];
                }
            }
        }
        squared.map(|squared| self.offset - 0.5 * squared)
    }
}

/// Where the element of row `i` and column `j ≤ i` of a lower triangle stands.
pub(super) fn triangle(i: usize, j: usize) -> usize {
    i * (i + 1) / 2 + j
}

/// The lower Cholesky factor of a symmetric matrix, as a triangle (Golub & Van Loan, §4.2).
fn cholesky(matrix: &[f64], d: usize) -> Vec<f64> {
    let mut factor = vec![0.0; d * (d + 1) / 2];
    for i in 0..d {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|m| factor[triangle(i, m)] * factor[triangle(j, m)]).sum();
            let left = matrix[i * d + j] - dot;
            factor[triangle(i, j)] = if i == j {
                left.max(1e-12 * matrix[i * d + i]).sqrt()
            } else {
                left / factor[triangle(j, j)]
            };
        }
    }
    factor
}

/// The inverse of a lower triangle.
fn invert_lower(factor: &[f64], d: usize) -> Vec<f64> {
    let mut inverse = vec![0.0; factor.len()];
    for j in 0..d {
        inverse[triangle(j, j)] = 1.0 / factor[triangle(j, j)];
        for i in j + 1..d {
            let dot: f64 = (j..i).map(|m| factor[triangle(i, m)] * inverse[triangle(m, j)]).sum();
            inverse[triangle(i, j)] = -dot / factor[triangle(i, i)];
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_two_by_two_density_is_what_the_formula_says() {
        // Covariance [[4, 2], [2, 3]]: determinant 8, inverse [[3, −2], [−2, 4]] / 8.
        let component =
            Component { weight: 0.5, mean: vec![1.0, -1.0], covariance: vec![4.0, 2.0, 2.0, 3.0] };
        let density = Density::new(&component, false);
        let columns = [[3.0; LANES], [0.0; LANES]];
        let squared = (3.0 * 4.0 - 2.0 * 2.0 * 2.0 + 4.0) / 8.0;
        let expected = (0.5 / (std::f64::consts::TAU * 8.0_f64.sqrt())).ln() - squared / 2.0;
        let found = density.log(&columns, &mut [[0.0; LANES]; 2]);
        assert!(found.iter().all(|f| (f - expected).abs() < 1e-14), "{found:?} {expected}");
        let axial = Component { covariance: vec![4.0, 3.0], ..component };
        let expected = (0.5 / (std::f64::consts::TAU * 12.0_f64.sqrt())).ln() - (1.0 + 1.0 / 3.0) / 2.0;
        let found = Density::new(&axial, true).log(&columns, &mut [[0.0; LANES]; 2]);
        assert!(found.iter().all(|f| (f - expected).abs() < 1e-14), "{found:?} {expected}");
    }

    #[test]
    fn a_singular_covariance_is_widened_and_not_refused() {
        let component = Component { weight: 1.0, mean: vec![0.0; 2], covariance: vec![1.0; 4] };
        let found = Density::new(&component, false).log(&[[1.0; LANES]; 2], &mut [[0.0; LANES]; 2]);
        assert!(found[0].is_finite());
    }
}
