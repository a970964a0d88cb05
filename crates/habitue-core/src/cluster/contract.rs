//! What every clustering must hold, whatever its algorithm.

use proptest::prelude::*;

use super::{Clusters, kmeans::KMeans, lloyd::lloyd, nearest, seeds::plus_plus};
use crate::Matrix;
use crate::math::random::Random;

/// `n` rows around `k` corners of a wide grid, two columns.
fn blobs(k: usize, n: usize, spread: f64) -> Matrix {
    let mut random = Random::new(11);
    let mut value = |at: usize| {
        let noise = (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0;
        at as f64 * 10.0 + spread * noise
    };
    let values = (0..n).flat_map(|row| [value(row % k % 3), value(row % k / 3)]).collect();
    Matrix::new(2, values).unwrap()
}

fn on_threads<T: Send>(n_threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap().install(work)
}

/// The cluster of each row, numbered by first appearance.
fn partition(labels: &[u32]) -> Vec<usize> {
    let mut seen: Vec<u32> = Vec::new();
    let number = |&label: &u32| {
        seen.iter().position(|&s| s == label).unwrap_or_else(|| {
            seen.push(label);
            seen.len() - 1
        })
    };
    labels.iter().map(number).collect()
}

#[test]
fn the_same_seed_gives_the_same_clusters_on_any_number_of_threads() {
    // 20,000 rows are five chunks of unequal sums; above 50,000 the starts run one after the other.
    for n_rows in [300, 20_000, 60_000] {
        let x = blobs(7, n_rows, 3.0);
        let kmeans = KMeans { n_init: 3, max_iterations: 20, seed: 4, ..KMeans::new(6) };
        let fits: Vec<Clusters> = [1, 2, 7].map(|n| on_threads(n, || kmeans.fit(&x).unwrap())).to_vec();
        assert_eq!(fits[0], fits[1]);
        assert_eq!(fits[0], fits[2]);
    }
}

#[test]
fn the_order_of_rows_does_not_change_a_clear_partition() {
    let x = blobs(5, 200, 0.5);
    let reversed: Vec<usize> = (0..200).rev().collect();
    let straight = KMeans::new(5).fit(&x).unwrap();
    let mut turned = KMeans::new(5).fit(&x.select(&reversed)).unwrap().labels;
    turned.reverse();
    assert_eq!(partition(&straight.labels), partition(&turned));
    assert_eq!(straight.sizes(), [40; 5]);
}

#[test]
fn a_converged_fit_is_a_fixed_point() {
    let x = blobs(7, 500, 3.0);
    let found = KMeans::new(6).fit(&x).unwrap();
    assert!(found.converged);
    for (row, &label) in x.rows().zip(&found.labels) {
        assert_eq!(nearest(&found.centres, row).index, label as usize);
    }
    for cluster in 0..6 {
        let members: Vec<usize> = (0..500).filter(|&row| found.labels[row] as usize == cluster).collect();
        for column in 0..2 {
            let mean = members.iter().map(|&row| x.row(row)[column]).sum::<f64>() / members.len() as f64;
            assert!((found.centres.row(cluster)[column] - mean).abs() < 1e-12);
        }
    }
}

#[test]
fn settings_survive_json_and_refuse_what_they_do_not_know() {
    let kmeans = KMeans { seed: 7, n_init: 4, ..KMeans::new(5) };
    let json = serde_json::to_string(&kmeans).unwrap();
    assert_eq!(serde_json::from_str::<KMeans>(&json).unwrap(), kmeans);
    assert_eq!(serde_json::from_str::<KMeans>(r#"{"n_clusters": 5}"#).unwrap(), KMeans::new(5));
    assert!(serde_json::from_str::<KMeans>(r#"{"n_clusters": 5, "n_starts": 3}"#).is_err());
}

#[test]
fn a_cell_that_is_not_a_number_never_reaches_a_clustering() {
    assert!(Matrix::new(1, vec![0.0, f64::NAN]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn inertia_never_rises_and_no_cluster_is_empty(
        values in prop::collection::vec(-3_i8..4, 20..120),
        k in 1_usize..7,
        seed in 0_u64..1000,
    ) {
        // Small whole numbers make many equal rows and many ties.
        let values: Vec<f64> = values[..values.len() / 2 * 2].iter().map(|&v| f64::from(v)).collect();
        let x = Matrix::new(2, values).unwrap();
        let distinct = super::distinct_rows(&x, k);
        let start = plus_plus(&x, k, &mut Random::new(seed));
        prop_assert_eq!(start.is_ok(), distinct >= k);
        if let Ok(start) = start {
            let mut last = f64::INFINITY;
            for iterations in 1..12 {
                let found = lloyd(&x, start.clone(), iterations);
                prop_assert!(found.inertia <= last * (1.0 + 1e-12), "{} after {}", found.inertia, last);
                prop_assert!(!found.converged || found.sizes().iter().all(|&n| n > 0));
                last = found.inertia;
            }
            prop_assert!(lloyd(&x, start, 300).converged);
        }
    }
}
