use proptest::prelude::*;

use super::*;
use crate::math::random::Random;

const ALL: [Covariance; 4] =
    [Covariance::Full, Covariance::Diagonal, Covariance::Tied, Covariance::Spherical];

fn twelve_rows() -> Matrix {
    let left = [0.1, 0.3, 0.9, -0.2, 0.4, 1.1, -0.6, 0.2, -0.1, -0.8, 0.5, 0.4];
    let right = [3.1, 2.0, 4.2, 3.9, 3.6, 2.4, 2.7, 3.3, 5.0, 3.1, 1.9, 1.6];
    Matrix::new(2, [left, right].concat()).unwrap()
}

/// From scikit-learn 1.9.1: `GaussianMixture(2, covariance_type=…)` on the same rows, its start replaced by
/// the responsibilities of six rows each.
#[test]
fn the_mixture_of_twelve_rows_is_that_of_scikit_learn() {
    let expected = [
        (
            -31.685414417327145,
            90.7048019823223,
            2,
            0.49780923016478074,
            0.19955013360197604,
            0.00206497031923608,
        ),
        (
            -33.26213266608274,
            88.88842518025749,
            2,
            0.49999127657512704,
            0.20049013177970867,
            0.0019976596991139774,
        ),
        (
            -32.87608771389818,
            85.63142862610036,
            4,
            0.5465479321793802,
            0.3458217967443828,
            0.5736608431476725,
        ),
        (
            -33.54778927611697,
            84.48992510074994,
            2,
            0.5002045967274301,
            0.20107774766118963,
            0.0040389544523709514,
        ),
    ];
    let x = twelve_rows();
    let labels = [[0; 6], [1; 6]].concat();
    for (covariance, (log_likelihood, bic, iterations, weight, mean, share)) in ALL.into_iter().zip(expected)
    {
        let found =
            GaussianMixture { covariance, ..GaussianMixture::new(2) }.fit_from(&x, None, &labels).unwrap();
        let close = |found: f64, expected: f64| {
            assert!((found - expected).abs() <= 1e-10 * expected.abs(), "{covariance:?}: {found} {expected}");
        };
        close(found.log_likelihood, log_likelihood);
        close(found.bic, bic);
        close(found.model.components()[0].weight, weight);
        close(found.model.components()[0].mean[0], mean);
        close(found.model.responsibilities(x.row(11))[0], share);
        assert_eq!((found.iterations, found.converged), (iterations, true));
        let doubt: f64 = found.grouping.strengths.iter().map(|p| p.ln()).sum();
        close(found.icl, bic - 2.0 * doubt);
        if covariance == Covariance::Full {
            let expected = [1.0485058225785342, 0.5197671024107751, 0.5197671024107751, 0.6388396166585453];
            found.model.components()[1].covariance.iter().zip(expected).for_each(|(f, e)| close(*f, e));
        }
    }
}

#[test]
fn one_component_is_the_mean_and_the_covariance_of_all_rows() {
    let found = GaussianMixture::new(1).fit(&twelve_rows(), None).unwrap();
    let component = &found.model.components()[0];
    assert_eq!(component.weight, 1.0);
    assert!((component.mean[0] - 21.7 / 12.0).abs() < 1e-14);
    assert_eq!(found.grouping.strengths, [1.0; 12]);
    assert_eq!(found.icl, found.bic);
}

#[test]
fn equal_rows_and_constant_columns_end_in_narrow_components() {
    for covariance in ALL {
        let x = Matrix::new(2, [[1.0, 7.0]; 9].concat()).unwrap();
        let mixture = GaussianMixture { covariance, ..GaussianMixture::new(1) };
        let found = mixture.fit(&x, None).unwrap();
        assert!((found.model.components()[0].covariance[0] - 1e-6).abs() < 1e-12);
        assert_eq!(mixture.fit(&x.select(&[0]), None).unwrap().grouping.labels, [0]);
        let two = GaussianMixture { n_components: 2, ..mixture.clone() };
        assert_eq!(two.fit(&x, None), Err(Error::SegmentCount { k: 2, distinct: 1 }));
        let x = Matrix::new(2, vec![1.0, 7.0, 2.0, 7.0, 31.0, 7.0, 32.0, 7.0]).unwrap();
        let found = two.fit(&x, None).unwrap();
        assert_eq!(found.grouping.sizes(), [2, 2]);
        let alone = GaussianMixture { n_components: 4, ..mixture }.fit(&x, None).unwrap();
        assert!(alone.log_likelihood.is_finite());
    }
}

#[test]
fn a_row_less_likely_than_all_others_fits_none() {
    let x = twelve_rows();
    let found = GaussianMixture::new(2).fit(&x, None).unwrap();
    for (row, &label) in x.rows().zip(&found.grouping.labels) {
        assert_eq!(found.model.assign(row).index, Some(label));
    }
    assert_eq!(found.model.assign(&[40.0, 40.0]), Membership::NONE);
    assert_eq!(found.model.assign(&[1e200, 0.0]), Membership::NONE);
    let shares = found.model.responsibilities(&[1.5, 1.2]);
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-14);
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let x = twelve_rows();
    let plain = GaussianMixture::new(2);
    for (settings, name) in [
        (GaussianMixture { n_init: 0, ..plain.clone() }, "n_init"),
        (GaussianMixture { max_iterations: 0, ..plain.clone() }, "max_iterations"),
        (GaussianMixture { tolerance: f64::NAN, ..plain.clone() }, "tolerance"),
        (GaussianMixture { floor: 0.0, ..plain.clone() }, "floor"),
    ] {
        assert!(matches!(settings.fit(&x, None), Err(Error::Setting { setting, .. }) if setting == name));
    }
    assert_eq!(GaussianMixture::new(13).fit(&x, None), Err(Error::SegmentCount { k: 13, distinct: 12 }));
    assert!(matches!(plain.fit_from(&x, None, &[2; 12]), Err(Error::Setting { setting: "labels", .. })));
    assert!(matches!(plain.fit_from(&x, None, &[0; 3]), Err(Error::Length { .. })));
}

#[test]
fn more_starts_never_give_a_worse_answer() {
    let mut random = Random::new(4);
    let x = Matrix::new(2, (0..400).map(|_| random.uniform()).collect()).unwrap();
    let fits =
        (1..6).map(|n_init| GaussianMixture { n_init, ..GaussianMixture::new(5) }.fit(&x, None).unwrap());
    let found: Vec<f64> = fits.map(|f| f.log_likelihood).collect();
    assert!(found.is_sorted_by(|a, b| *a <= *b + 0.5), "{found:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_log_likelihood_never_falls(
        n in 30_usize..160,
        d in 1_usize..4,
        k in 1_usize..4,
        seed in 0_u64..10_000,
        which in 0_usize..4,
    ) {
        let mut random = Random::new(seed);
        let x = Matrix::new(d, (0..n * d).map(|_| random.uniform()).collect()).unwrap();
        let labels: Vec<u32> = (0..n).map(|_| random.below(k) as u32).collect();
        let mixture = GaussianMixture {
            covariance: ALL[which], floor: 1e-12, tolerance: 0.0, max_iterations: 40, ..GaussianMixture::new(k)
        };
        let run = mixture.run(&x, None, &labels);
        // A component that shrinks onto a few rows gains without end, until the floor holds it.
        prop_assume!(run.components.iter().all(|c| c.weight * n as f64 > 5.0));
        for pair in run.history.windows(2) {
            prop_assert!(pair[1] >= pair[0] - 1e-8 * pair[0].abs().max(1.0), "{:?}", run.history);
        }
    }

    #[test]
    fn weights_are_repeated_rows(
        values in prop::collection::vec(-3.0_f64..3.0, 16..80),
        which in 0_usize..4,
    ) {
        let n = values.len() / 2;
        let x = Matrix::new(2, values[..n * 2].to_vec()).unwrap();
        let times: Vec<usize> = (0..n).map(|row| 1 + row % 3).collect();
        let repeated: Vec<usize> = (0..n).flat_map(|row| std::iter::repeat_n(row, times[row])).collect();
        let weights: Vec<f64> = times.iter().map(|&t| t as f64).collect();
        let labels: Vec<u32> = (0..n).map(|row| u32::from(x.row(row)[0] > 0.0)).collect();
        let of_repeated: Vec<u32> = repeated.iter().map(|&row| labels[row]).collect();
        let mixture = GaussianMixture { covariance: ALL[which], max_iterations: 6, ..GaussianMixture::new(2) };
        let weighted = mixture.fit_from(&x, Some(&weights), &labels).unwrap();
        let repeated = mixture.fit_from(&x.select(&repeated), None, &of_repeated).unwrap();
        prop_assert!((weighted.log_likelihood - repeated.log_likelihood).abs() < 1e-7 * repeated.log_likelihood.abs().max(1.0));
        prop_assert!((weighted.bic - repeated.bic).abs() < 1e-7 * repeated.bic.abs().max(1.0));
    }
}
