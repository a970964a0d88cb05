//! Eigenvectors of small symmetric matrices.

/// The eigenvalues and eigenvectors of a symmetric matrix, largest eigenvalue first.
///
/// `values[i]` belongs to `vectors[i]`, a unit vector of length `n`; its sign is such that its largest
/// component is positive.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigen {
    /// Eigenvalues, descending.
    pub values: Vec<f64>,
    /// Eigenvectors, one a row.
    pub vectors: Vec<Vec<f64>>,
}

/// The principal axes of a symmetric matrix by cyclic Jacobi rotations (Golub & Van Loan, *Matrix
/// Computations*, 4th ed., §8.5).
///
/// `matrix` holds `n` rows of `n` values; only its symmetric part is meaningful.
/// Each sweep rotates every off-diagonal pair to zero once; ten sweeps are more than enough for the few dozen
/// features of a shop, and the loop ends at sixty in any case.
/// Costs `O(n³)` a sweep and `O(n²)` memory.
pub fn symmetric(matrix: &[f64], n: usize) -> Eigen {
    let mut a = matrix.to_vec();
    let mut v = vec![0.0; n * n];
    for i in 0..n {
        v[i * n + i] = 1.0;
    }
    let total: f64 = a.iter().map(|x| x * x).sum();
    for _ in 0..60 {
        let off: f64 =
            (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i * n + j] * a[i * n + j]).sum();
        if off <= total * 1e-32 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut v, n, p, q);
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a[j * n + j].total_cmp(&a[i * n + i]).then(i.cmp(&j)));
    let vectors = order.iter().map(|&i| oriented((0..n).map(|row| v[row * n + i]).collect()));
    Eigen { values: order.iter().map(|&i| a[i * n + i]).collect(), vectors: vectors.collect() }
}

/// Rotates rows and columns `p` and `q` so that their common element becomes zero.
fn rotate(a: &mut [f64], v: &mut [f64], n: usize, p: usize, q: usize) {
    let apq = a[p * n + q];
    if apq == 0.0 {
        return;
    }
    let tau = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
    let t = tau.signum() / (tau.abs() + tau.hypot(1.0));
    let c = 1.0 / t.hypot(1.0);
    let s = t * c;
    for i in 0..n {
        let (x, y) = (a[i * n + p], a[i * n + q]);
        a[i * n + p] = c * x - s * y;
        a[i * n + q] = s * x + c * y;
    }
    for i in 0..n {
        let (x, y) = (a[p * n + i], a[q * n + i]);
        a[p * n + i] = c * x - s * y;
        a[q * n + i] = s * x + c * y;
    }
    for i in 0..n {
        let (x, y) = (v[i * n + p], v[i * n + q]);
        v[i * n + p] = c * x - s * y;
        v[i * n + q] = s * x + c * y;
    }
}

/// The vector or its opposite, so that the first of its largest components is positive.
fn oriented(vector: Vec<f64>) -> Vec<f64> {
    let largest = vector.iter().fold(0.0_f64, |best, &x| if x.abs() > best.abs() + 1e-12 { x } else { best });
    if largest < 0.0 { vector.into_iter().map(|x| -x).collect() } else { vector }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axes_of_a_two_by_two_matrix_are_its_diagonals() {
        let eigen = symmetric(&[2.0, 1.0, 1.0, 2.0], 2);
        let half = 0.5_f64.sqrt();
        assert!((eigen.values[0] - 3.0).abs() < 1e-14 && (eigen.values[1] - 1.0).abs() < 1e-14, "{eigen:?}");
        assert!((eigen.vectors[0][0] - half).abs() < 1e-14 && (eigen.vectors[0][1] - half).abs() < 1e-14);
    }

    #[test]
    fn matrix_times_vector_is_value_times_vector() {
        let n = 5;
        let matrix: Vec<f64> = (0..n * n).map(|at| 1.0 / (1.0 + (at / n + at % n) as f64)).collect();
        let eigen = symmetric(&matrix, n);
        for (value, vector) in eigen.values.iter().zip(&eigen.vectors) {
            for row in 0..n {
                let product: f64 = (0..n).map(|column| matrix[row * n + column] * vector[column]).sum();
                assert!((product - value * vector[row]).abs() < 1e-14);
            }
        }
        assert!(eigen.values.is_sorted_by(|a, b| a >= b));
    }
}
