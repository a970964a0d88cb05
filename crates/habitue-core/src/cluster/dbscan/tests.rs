use proptest::prelude::*;

use super::*;
use crate::math::distance::squared;

/// DBSCAN as its definition reads, over all pairs.
fn plain(x: &Matrix, weights: &[f64], eps: f64, min_points: usize) -> Vec<u32> {
    let n = x.n_rows();
    let near = |a: usize, b: usize| squared(x.row(a), x.row(b)) <= eps * eps;
    let weight = |a: usize| (0..n).filter(|&b| near(a, b)).map(|b| weights[b]).sum::<f64>();
    let is_core: Vec<bool> = (0..n).map(|a| weight(a) >= min_points as f64).collect();
    let mut labels = vec![NOISE; n];
    let mut next = 0;
    for start in 0..n {
        if !is_core[start] || labels[start] != NOISE {
            continue;
        }
        let mut open = vec![start];
        while let Some(row) = open.pop() {
            if labels[row] == NOISE {
                labels[row] = next;
                if is_core[row] {
                    open.extend((0..n).filter(|&other| near(row, other)));
                }
            }
        }
        next += 1;
    }
    labels
}

fn fit(eps: f64, min_points: usize, x: &Matrix) -> DbscanFit {
    Dbscan { eps: Some(eps), min_points: Some(min_points) }.fit(x, None).unwrap()
}

fn column(values: &[f64]) -> Matrix {
    Matrix::new(1, values.to_vec()).unwrap()
}

#[test]
fn a_row_between_two_clusters_belongs_to_the_first_with_half_its_strength() {
    let x = column(&[6.0, 6.2, 6.4, 7.0, 4.5, 3.0, 2.8, 2.6]);
    let found = fit(1.5, 4, &x);
    assert_eq!(found.grouping.labels, [0, 0, 0, 0, 0, 1, 1, 1]);
    assert_eq!(found.is_core, [true, true, true, true, false, true, false, false]);
    assert_eq!(found.grouping.strengths[3..6], [1.0, 0.5, 1.0]);
}

#[test]
fn too_few_rows_and_rows_far_apart_are_noise() {
    let found = fit(1.0, 2, &column(&[5.0]));
    assert_eq!((found.grouping.labels, found.grouping.centres.n_rows()), (vec![NOISE], 0));
    assert_eq!(found.model.assign(&[5.0]), Membership::NONE);
    let found = Dbscan::default().fit(&column(&[0.0, 10.0, 30.0]), None).unwrap();
    assert_eq!(found.grouping.n_noise(), 3);
}

#[test]
fn equal_rows_are_one_cluster_without_an_eps() {
    let found = Dbscan::default().fit(&column(&[2.0; 40]), None).unwrap();
    assert_eq!(found.grouping.sizes(), [40]);
    assert_eq!(found.model.assign(&[2.0]).index, Some(0));
}

#[test]
fn the_radius_is_read_from_the_knee() {
    // Two dense runs and a few strays: the knee lies between the steps of the runs and the gaps of the strays.
    let values: Vec<f64> = (0..60).map(|i| f64::from(i % 30) * 0.1 + f64::from(i / 30) * 50.0).collect();
    let x = column(&[values, vec![15.0, 25.0, 35.0]].concat());
    let found = Dbscan::default().fit(&x, None).unwrap();
    assert!(found.model.eps() < 1.0, "{}", found.model.eps());
    assert_eq!((found.grouping.sizes(), found.grouping.n_noise()), (vec![30, 30], 3));
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let x = column(&[1.0, 2.0]);
    for (settings, name) in [
        (Dbscan { eps: Some(0.0), min_points: None }, "eps"),
        (Dbscan { eps: Some(f64::NAN), min_points: None }, "eps"),
        (Dbscan { eps: None, min_points: Some(0) }, "min_points"),
    ] {
        assert!(matches!(settings.fit(&x, None), Err(Error::Setting { setting, .. }) if setting == name));
    }
    assert!(matches!(Dbscan::default().fit(&x, Some(&[1.0])), Err(Error::Length { .. })));
    assert!(matches!(
        Dbscan::default().fit(&x, Some(&[1.0, 0.0])),
        Err(Error::Setting { setting: "weights", .. })
    ));
    assert_eq!(Dbscan::default().fit(&column(&[]), None), Err(Error::NoCustomers));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_fast_one_is_the_plain_one(
        values in prop::collection::vec(-9_i8..10, 2..400),
        d in 1_usize..4,
        eps in prop::sample::select(vec![0.5, 1.0, 1.5, 2.0, 3.0]),
        min_points in 1_usize..9,
        scale in prop::sample::select(vec![1.0, 0.37]),
    ) {
        let n = values.len() / d;
        prop_assume!(n > 0);
        let values: Vec<f64> = values[..n * d].iter().map(|&v| f64::from(v) * scale).collect();
        let x = Matrix::new(d, values).unwrap();
        let found = fit(eps, min_points, &x);
        prop_assert_eq!(&found.grouping.labels, &plain(&x, &vec![1.0; n], eps, min_points));
        // Every row that was clustered is placed where it was.
        for (row, (&label, &strength)) in x.rows().zip(found.grouping.labels.iter().zip(&found.grouping.strengths)) {
            let placed = found.model.assign(row);
            prop_assert_eq!(placed.index.unwrap_or(NOISE), label);
            prop_assert_eq!(placed.confidence, strength);
        }
        let weights: Vec<f64> = (0..n).map(|row| 1.0 + (row % 3) as f64).collect();
        let weighted = Dbscan { eps: Some(eps), min_points: Some(min_points) }.fit(&x, Some(&weights)).unwrap();
        prop_assert_eq!(&weighted.grouping.labels, &plain(&x, &weights, eps, min_points));
    }
}
