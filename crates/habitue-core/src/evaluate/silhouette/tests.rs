//! Silhouettes against their definition.

use proptest::prelude::*;

use super::*;
use crate::math::distance::squared;

fn random_rows(n: usize, d: usize) -> Matrix {
    let mut random = Random::new(n as u64);
    Matrix::new(d, (0..n * d).map(|_| random.uniform()).collect()).unwrap()
}

fn random_labels(n: usize, k: usize) -> Vec<u32> {
    let mut random = Random::new(k as u64);
    (0..n).map(|_| random.below(k) as u32).collect()
}

/// The definition, word by word.
fn plain(x: &Matrix, labels: &[u32]) -> Vec<f64> {
    let k = *labels.iter().max().unwrap() as usize + 1;
    let of_row = |row: usize| {
        let mut lists: Vec<Vec<f64>> = vec![Vec::new(); k];
        for other in (0..x.n_rows()).filter(|&other| other != row) {
            lists[labels[other] as usize].push(squared(x.row(row), x.row(other)).sqrt());
        }
        let mean = |list: &Vec<f64>| list.iter().sum::<f64>() / list.len() as f64;
        let own = &lists[labels[row] as usize];
        let others = (0..k).filter(|&label| label != labels[row] as usize && !lists[label].is_empty());
        let b = others.map(|label| mean(&lists[label])).fold(f64::INFINITY, f64::min);
        if own.is_empty() { 0.0 } else { (b - mean(own)) / b.max(mean(own)) }
    };
    (0..x.n_rows()).map(of_row).collect()
}

#[test]
fn many_labelings_in_one_pass_equal_the_definition() {
    let x = random_rows(150, 3);
    let labelings: Vec<Vec<u32>> = (2..7).map(|k| random_labels(150, k)).collect();
    let found = silhouettes(&x, &labelings.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
    for (labels, found) in labelings.iter().zip(found) {
        let found = found.unwrap();
        for (value, expected) in found.values.iter().zip(plain(&x, labels)) {
            assert!((value - expected).abs() < 1e-12, "{value} {expected}");
        }
        let mean = found.values.iter().sum::<f64>() / 150.0;
        assert!((found.mean - mean).abs() < 1e-15);
        assert_eq!(found.standard_error, 0.0);
    }
}

#[test]
fn a_customer_alone_in_its_segment_scores_zero() {
    let x = Matrix::new(1, vec![0.0, 1.0, 5.0]).unwrap();
    let found = silhouettes(&x, &[&[0, 0, 2], &[0, 1, 2]]).unwrap();
    let first = found[0].as_ref().unwrap();
    assert_eq!(first.values, [0.8, 0.75, 0.0]);
    assert_eq!(first.per_cluster, [Some(0.775), None, Some(0.0)]);
    assert_eq!(found[1].as_ref().unwrap().values, [0.0; 3]);
}

#[test]
fn one_segment_has_no_silhouette_and_equal_rows_score_zero() {
    let x = Matrix::new(1, vec![2.0; 4]).unwrap();
    let found = silhouettes(&x, &[&[0, 0, 0, 0], &[0, 0, 1, 1]]).unwrap();
    assert_eq!(found[0], None);
    assert_eq!(found[1].as_ref().unwrap().values, [0.0; 4]);
    assert_eq!(silhouettes(&Matrix::new(1, vec![]).unwrap(), &[&[]]), Ok(vec![None]));
    assert_eq!(silhouettes(&x, &[]), Ok(vec![]));
}

#[test]
fn labels_of_another_length_or_beyond_the_rows_are_refused() {
    let x = random_rows(4, 1);
    assert!(matches!(silhouettes(&x, &[&[0, 1]]), Err(Error::Length { expected: 4, got: 2, .. })));
    assert!(matches!(silhouettes(&x, &[&[0, 1, 2, u32::MAX]]), Err(Error::Setting { .. })));
}

#[test]
fn a_sample_has_the_exact_values_of_its_rows() {
    let x = random_rows(300, 2);
    let labels: Vec<u32> = x.rows().map(|row| u32::from(row[0] > 0.5)).collect();
    let all = silhouettes(&x, &[&labels]).unwrap()[0].clone().unwrap();
    let part = sampled_silhouettes(&x, &[&labels], 60, 3).unwrap()[0].clone().unwrap();
    assert_eq!(part.rows.len(), 60);
    for (&row, &value) in part.rows.iter().zip(&part.values) {
        assert!((value - all.values[row]).abs() < 1e-13);
    }
    assert_eq!(sampled_silhouettes(&x, &[&labels], 5000, 1).unwrap()[0], Some(all));
    assert!(sampled_silhouettes(&x, &[&labels], 1, 1).is_err());
}

#[test]
fn the_standard_error_of_a_sample_is_how_far_samples_miss() {
    // Root mean squares over 400 seeds: their ratio has a standard deviation of 1 / √800, so 15 % is four of them.
    let x = random_rows(300, 2);
    let labels: Vec<u32> = x.rows().map(|row| u32::from(row[0] > 0.5)).collect();
    let mean = silhouettes(&x, &[&labels]).unwrap()[0].as_ref().unwrap().mean;
    let (mut missed, mut claimed) = (0.0, 0.0);
    for seed in 0..400 {
        let part = sampled_silhouettes(&x, &[&labels], 150, seed).unwrap()[0].clone().unwrap();
        missed += (part.mean - mean).powi(2);
        claimed += part.standard_error.powi(2);
    }
    let ratio = (missed / claimed).sqrt();
    assert!((0.85..1.15).contains(&ratio), "{ratio}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Small whole numbers make equal rows and ties; few labels make whole lanes, many make single rows.
    #[test]
    fn every_way_of_adding_up_equals_the_definition(
        d in 1_usize..12,
        n in 2_usize..260,
        k in prop::sample::select(vec![2_usize, 3, 9, 60, 300]),
        wide in any::<bool>(),
        seed in 0_u64..1000,
    ) {
        let mut random = Random::new(seed);
        let mut value = || if wide { random.uniform() * 1e6 } else { random.below(3) as f64 };
        let x = Matrix::new(d, (0..n * d).map(|_| value()).collect()).unwrap();
        let mut labelings: Vec<Vec<u32>> =
            (0..2).map(|_| (0..n).map(|_| random.below(k.min(n)) as u32).collect()).collect();
        labelings.push((0..n).map(|row| u32::from(row > 0)).collect());
        let found = silhouettes(&x, &labelings.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        for (labels, together) in labelings.iter().zip(found) {
            let alone = silhouettes(&x, &[labels]).unwrap().pop().unwrap();
            prop_assert_eq!(alone.is_some(), together.is_some());
            let (Some(alone), Some(together)) = (alone, together) else { continue };
            for ((a, b), expected) in alone.values.iter().zip(&together.values).zip(plain(&x, labels)) {
                // The definition has no word for a row whose distances are all 0.
                let expected = if expected.is_nan() { 0.0 } else { expected };
                prop_assert!((a - expected).abs() < 1e-12 && (b - expected).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let x = random_rows(700, 4);
    let labels = random_labels(700, 5);
    assert!(Points::new(&x, &[&labels]).padded_len() < 800, "pairs are measured once");
    let on = |n| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        pool.install(|| silhouettes(&x, &[&labels]).unwrap())
    };
    assert_eq!(on(1), on(2));
    assert_eq!(on(1), on(7));
}
