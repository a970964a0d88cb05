//! Exact Lloyd's iterations by the engine that suits the data.

use super::tree::{Run, Tree};
use super::{Clusters, bounds};
use crate::Matrix;

/// Columns up to which a tree rules out more than it costs.
pub(crate) const TREE_COLUMNS: usize = 12;

/// Moves centres to a fixed point of Lloyd's map, as [`super::lloyd::lloyd`] does, in a fraction of its time.
///
/// - `x`: `n × d`; `weights`: how often each row counts, above 0, once without; `start`: `k × d`, `k ≥ 1`.
/// - Labels are those of the plain engine; centres may differ from its in their last bits, because sums are
///   added in another order.
pub(crate) fn settle(x: &Matrix, weights: Option<&[f64]>, start: &Matrix, max_iterations: usize) -> Clusters {
    if x.n_cols() > TREE_COLUMNS {
        return bounds::settle(x, weights, start, max_iterations);
    }
    let tree = Tree::new(x, weights);
    settle_on(&tree, start.values().to_vec(), max_iterations)
}

/// The same on a tree that is there already.
pub(crate) fn settle_on(tree: &Tree, start: Vec<f64>, max_iterations: usize) -> Clusters {
    let mut run = Run::new(tree, start);
    run.settle(max_iterations);
    let inertia = run.inertia();
    clusters(tree, run, inertia)
}

/// What a run has come to.
pub(crate) fn clusters(tree: &Tree, run: Run<'_>, inertia: f64) -> Clusters {
    let labels = run.labels();
    let centres = Matrix::new(tree.n_cols(), run.centres);
    Clusters {
        centres: centres.expect("means of finite rows within the checked spread are finite"),
        labels,
        inertia,
        iterations: run.iterations,
        converged: run.converged,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cluster::lloyd::lloyd;
    use crate::cluster::seeds::plus_plus;
    use crate::cluster::sweep::Sweep;
    use crate::math::random::Random;

    /// What both engines must agree on.
    fn assert_equal(found: &Clusters, plain: &Clusters) {
        assert_eq!(found.labels, plain.labels);
        assert_eq!(found.converged, plain.converged);
        assert!(
            (found.inertia - plain.inertia).abs() <= 1e-12 * plain.inertia,
            "{} {}",
            found.inertia,
            plain.inertia
        );
        for (a, b) in found.centres.values().iter().zip(plain.centres.values()) {
            assert!((a - b).abs() <= 1e-12 * (1.0 + a.abs()), "{a} {b}");
        }
    }

    #[test]
    fn every_engine_equals_the_plain_one_on_many_branches() {
        let mut random = Random::new(3);
        let mut noise = || (0..6).map(|_| random.uniform()).sum::<f64>();
        for (n, d, k) in [(20_000, 2, 7), (40_003, 4, 12), (18_001, 8, 20), (17_000, 11, 5)] {
            let values = (0..n * d).map(|at| noise() + f64::from(at as u32 / d as u32 % 5)).collect();
            let x = Matrix::new(d, values).unwrap();
            let start = plus_plus(&x, k, &mut Random::new(1)).unwrap();
            for max_iterations in [4, 300] {
                let plain = lloyd(&x, start.clone(), max_iterations);
                assert_equal(
                    &settle_on(&Tree::new(&x, None), start.values().to_vec(), max_iterations),
                    &plain,
                );
                assert_equal(&bounds::settle(&x, None, &start, max_iterations), &plain);
            }
        }
    }

    #[test]
    fn centres_that_travel_far_together_keep_every_engine_exact() {
        // All centres start at one end and wander across: of two that border on each other one comes nearer to a row
        // by as much as the other goes away, so both travels count.
        let mut random = Random::new(5);
        for (d, k) in [(1, 5), (2, 6), (4, 8)] {
            let values = (0..6_000 * d).map(|at| random.uniform() * if at % d == 0 { 100.0 } else { 1.0 });
            let x = Matrix::new(d, values.collect()).unwrap();
            let start = (0..k * d).map(|at| if at % d == 0 { 0.01 * (at / d) as f64 } else { 0.5 });
            let start = Matrix::new(d, start.collect()).unwrap();
            for max_iterations in [10, 40, 3000] {
                let plain = lloyd(&x, start.clone(), max_iterations);
                let by_tree = settle_on(&Tree::new(&x, None), start.values().to_vec(), max_iterations);
                for found in [by_tree, bounds::settle(&x, None, &start, max_iterations)] {
                    assert_equal(&found, &plain);
                    assert_eq!(found.iterations, plain.iterations);
                }
            }
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let mut random = Random::new(8);
        let x =
            Matrix::new(3, (0..75_000).map(|_| random.uniform() + random.below(3) as f64).collect()).unwrap();
        let start = plus_plus(&x, 6, &mut random).unwrap();
        let all = || {
            let by_bounds = bounds::settle(&x, None, &start, 300);
            let by_tree = settle(&x, None, &start, 300);
            let swept = Sweep { n_init: 2, ..Sweep::new(1, 5) }.fit(&x).unwrap();
            let found: Vec<Clusters> = swept.into_iter().chain([by_bounds, by_tree]).collect();
            found
        };
        let on = |n: usize| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(all);
        let one = on(1);
        assert_eq!(one, on(2));
        assert_eq!(one, on(7));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn every_engine_equals_the_plain_one(
            d in 1_usize..11,
            whole in prop::collection::vec(-9_i8..10, 30..2000),
            scale in prop::sample::select(vec![1.0, 0.1, 1e-90, 1e90]),
            k in 1_usize..40,
            seed in 0_u64..1000,
            max_iterations in prop::sample::select(vec![1_usize, 2, 3, 300]),
        ) {
            // Whole numbers make equal rows and ties, which sums in any order leave as they are.
            let is_whole = scale == 1.0;
            let mut random = Random::new(seed);
            let value = |&v: &i8| scale * (f64::from(v) + if is_whole { 0.0 } else { random.uniform() });
            let values: Vec<f64> = whole[..whole.len() / d * d].iter().map(value).collect();
            let x = Matrix::new(d, values).unwrap();
            if let Ok(start) = plus_plus(&x, k, &mut Random::new(seed)) {
                let plain = lloyd(&x, start.clone(), max_iterations);
                let by_tree = settle_on(&Tree::new(&x, None), start.values().to_vec(), max_iterations);
                for found in [by_tree, bounds::settle(&x, None, &start, max_iterations)] {
                    prop_assert_eq!(&found.labels, &plain.labels);
                    prop_assert_eq!(found.converged, plain.converged);
                    prop_assert!((found.inertia - plain.inertia).abs() <= 1e-12 * plain.inertia);
                }
            }
        }

        #[test]
        fn a_weight_counts_like_so_many_equal_rows(
            values in prop::collection::vec((-9_i8..10, 1_u8..5), 20..200),
            k in 1_usize..9,
            seed in 0_u64..1000,
        ) {
            let rows: Vec<f64> = values.iter().map(|(v, _)| f64::from(*v)).collect();
            let weights: Vec<f64> = values.iter().map(|(_, w)| f64::from(*w)).collect();
            let many = values.iter().flat_map(|(v, w)| std::iter::repeat_n(f64::from(*v), *w as usize)).collect();
            let (x, many) = (Matrix::new(1, rows).unwrap(), Matrix::new(1, many).unwrap());
            if let Ok(start) = plus_plus(&x, k, &mut Random::new(seed)) {
                let plain = lloyd(&many, start.clone(), 300);
                let by_tree = settle_on(&Tree::new(&x, Some(&weights)), start.values().to_vec(), 300);
                for found in [by_tree, bounds::settle(&x, Some(&weights), &start, 300)] {
                    prop_assert_eq!(&found.centres, &plain.centres);
                    prop_assert!((found.inertia - plain.inertia).abs() <= 1e-12 * plain.inertia);
                }
            }
        }
    }
}
