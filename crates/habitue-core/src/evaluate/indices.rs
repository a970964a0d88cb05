//! All indices that need two passes over the rows, at the cost of one of them.

use super::{Groups, calinski_harabasz, davies_bouldin, dunn};
use crate::{Matrix, Result};

/// Indices of one clustering that are linear in the number of rows; each is described at its own function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Indices {
    /// As [`super::inertia::inertia`].
    pub inertia: f64,
    /// As [`calinski_harabasz::calinski_harabasz`].
    pub calinski_harabasz: Option<f64>,
    /// As [`davies_bouldin::davies_bouldin`].
    pub davies_bouldin: Option<f64>,
    /// As [`dunn::dunn`].
    pub dunn: Option<f64>,
}

/// Computes them together. Costs `O(n d + k² d)`.
///
/// # Errors
/// [`crate::Error::Length`] if there is not one label a row, [`crate::Error::Spread`] if distances would
/// overflow or vanish.
pub fn indices(x: &Matrix, labels: &[u32]) -> Result<Indices> {
    let groups = Groups::new(x, labels)?;
    let within = groups.within(x, labels);
    Ok(Indices {
        inertia: within.squared.iter().sum(),
        calinski_harabasz: calinski_harabasz::index(&groups, &within),
        davies_bouldin: davies_bouldin::index(&groups, &within),
        dunn: dunn::index(&groups, &within),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{
        calinski_harabasz::calinski_harabasz, davies_bouldin::davies_bouldin, dunn::dunn, inertia::inertia,
    };
    use crate::math::random::Random;

    #[test]
    fn together_they_are_what_each_is_alone_on_any_number_of_threads() {
        let mut random = Random::new(1);
        let x = Matrix::new(2, (0..40_000).map(|_| random.uniform()).collect()).unwrap();
        let labels: Vec<u32> = (0..20_000).map(|_| random.below(5) as u32).collect();
        let on = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| indices(&x, &labels).unwrap())
        };
        let found = on(1);
        assert_eq!((found, found), (on(2), on(7)));
        assert_eq!(Ok(found.inertia), inertia(&x, &labels));
        assert_eq!(Ok(found.calinski_harabasz), calinski_harabasz(&x, &labels));
        assert_eq!(Ok(found.davies_bouldin), davies_bouldin(&x, &labels));
        assert_eq!(Ok(found.dunn), dunn(&x, &labels));
    }
}
