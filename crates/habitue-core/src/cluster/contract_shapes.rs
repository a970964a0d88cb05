//! What every clustering must hold when it comes through the common door.

use proptest::prelude::*;

use super::NOISE;
use super::agglomerative::{Agglomerative, Linkage};
use super::algorithm::{Algorithm, Found};
use super::assigner::{Assigner, Membership};
use super::dbscan::Dbscan;
use super::hdbscan::{Hdbscan, Selection};
use super::kmeans::KMeans;
use super::mixture::{Covariance, GaussianMixture};
use crate::math::random::Random;
use crate::{Error, Matrix};

const COVARIANCES: [Covariance; 4] =
    [Covariance::Full, Covariance::Diagonal, Covariance::Tied, Covariance::Spherical];
const LINKAGES: [Linkage; 4] = [Linkage::Ward, Linkage::Complete, Linkage::Average, Linkage::Single];

/// Every method that is told how many clusters to make.
fn counted(k: usize) -> Vec<Algorithm> {
    let mixture = |covariance| Algorithm::Mixture(GaussianMixture { covariance, ..GaussianMixture::new(k) });
    let tree = |linkage| Algorithm::Agglomerative(Agglomerative { linkage, ..Agglomerative::new(k) });
    let kmeans = Algorithm::KMeans(KMeans::new(k));
    [vec![kmeans], COVARIANCES.map(mixture).to_vec(), LINKAGES.map(tree).to_vec()].concat()
}

/// Every method, three clusters or as many as there are.
fn all() -> Vec<Algorithm> {
    let leaf = Hdbscan { selection: Selection::Leaf, min_samples: Some(4), ..Hdbscan::new(20) };
    let found = [
        Algorithm::Dbscan(Dbscan { eps: Some(2.0), min_points: Some(4) }),
        Algorithm::Dbscan(Dbscan::default()),
        Algorithm::Hdbscan(Hdbscan::new(10)),
        Algorithm::Hdbscan(leaf),
    ];
    [counted(3), found.to_vec()].concat()
}

/// `n` rows around three far corners, two columns; `steps` is how finely values are cut.
fn corners(n: usize, steps: f64) -> Matrix {
    let mut random = Random::new(11);
    let mut value = |corner: f64| {
        let noise = (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0;
        ((corner * 40.0 + noise) * steps).round() / steps
    };
    let values = (0..n).flat_map(|row| [value((row % 3 / 2) as f64), value((row % 3 % 2) as f64)]).collect();
    Matrix::new(2, values).unwrap()
}

fn on_threads<T: Send>(n_threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap().install(work)
}

/// Labels by first appearance, noise apart.
fn partition(labels: &[u32]) -> Vec<Option<usize>> {
    let mut seen: Vec<u32> = Vec::new();
    let number = |&label: &u32| {
        (label != NOISE).then(|| {
            seen.iter().position(|&s| s == label).unwrap_or_else(|| {
                seen.push(label);
                seen.len() - 1
            })
        })
    };
    labels.iter().map(number).collect()
}

fn fit(algorithm: &Algorithm, x: &Matrix) -> Found {
    algorithm.fit(x).unwrap()
}

#[test]
fn the_same_data_give_the_same_result_on_any_number_of_threads() {
    // 9,000 rows are three chunks and many tasks; equal values and ties included.
    for (n, steps) in [(300, 1e9), (9000, 1e9), (9000, 20.0)] {
        let x = corners(n, steps);
        for mut algorithm in all() {
            if let Algorithm::Agglomerative(settings) = &mut algorithm {
                settings.memory_limit = 1 << 22;
            }
            let [one, two, seven] = [1, 2, 7].map(|threads| on_threads(threads, || fit(&algorithm, &x)));
            assert!(one == two && one == seven, "{n} rows, {algorithm:?}");
        }
    }
}

#[test]
fn three_clear_groups_are_found_in_any_order_and_new_rows_go_where_they_belong() {
    let x = corners(300, 1e9);
    let reversed: Vec<usize> = (0..300).rev().collect();
    for algorithm in all() {
        let straight = fit(&algorithm, &x);
        if matches!(
            algorithm,
            Algorithm::Hdbscan(Hdbscan { selection: Selection::Leaf, .. })
                | Algorithm::Dbscan(Dbscan { eps: None, .. })
        ) {
            // Finer than the groups, but still none of them across two groups.
            assert!(straight.grouping.n_clusters() >= 3, "{algorithm:?}");
        } else {
            assert_eq!(straight.grouping.n_clusters(), 3, "{algorithm:?}");
            assert!(straight.grouping.n_noise() < 30, "{algorithm:?}");
        }
        for (row, &label) in straight.grouping.labels.iter().enumerate().filter(|&(_, &label)| label != NOISE)
        {
            let centre = straight.grouping.centres.row(label as usize);
            let corner = [(row % 3 / 2) as f64 * 40.0, (row % 3 % 2) as f64 * 40.0];
            assert!(
                (centre[0] - corner[0]).abs() < 5.0 && (centre[1] - corner[1]).abs() < 5.0,
                "{algorithm:?}"
            );
        }
        let mut turned = fit(&algorithm, &x.select(&reversed)).grouping.labels;
        turned.reverse();
        assert_eq!(partition(&turned), partition(&straight.grouping.labels), "{algorithm:?}");
        for ((row, &label), &strength) in
            x.rows().zip(&straight.grouping.labels).zip(&straight.grouping.strengths)
        {
            let placed = straight.model.assign(row).unwrap();
            assert_eq!(placed.index.unwrap_or(NOISE), label, "{algorithm:?}");
            assert!((0.0..=1.0).contains(&strength) && (0.0..=1.0).contains(&placed.confidence));
        }
        assert_eq!(straight.model.assign(&[20.0, 200.0]), Ok(Membership::NONE), "{algorithm:?}");
        assert!(straight.model.assign(&[0.0]).is_err() && straight.model.assign(&[0.0, f64::NAN]).is_err());
    }
}

#[test]
fn a_constant_column_changes_nothing() {
    let x = corners(240, 1e9);
    let wide = Matrix::new(3, x.rows().flat_map(|row| [row[0], 7.5, row[1]]).collect()).unwrap();
    for algorithm in all() {
        if matches!(algorithm, Algorithm::Mixture(GaussianMixture { covariance: Covariance::Spherical, .. }))
        {
            continue; // a ball that has room in a third direction is another ball
        }
        let (plain, wide) = (fit(&algorithm, &x), fit(&algorithm, &wide));
        assert_eq!(partition(&plain.grouping.labels), partition(&wide.grouping.labels), "{algorithm:?}");
    }
}

#[test]
fn equal_rows_share_their_label() {
    let x = corners(400, 1.0);
    for algorithm in all() {
        let found = fit(&algorithm, &x);
        for a in 0..400 {
            for b in 0..a {
                if x.row(a) == x.row(b) {
                    assert_eq!(found.grouping.labels[a], found.grouping.labels[b], "{algorithm:?}");
                }
            }
        }
    }
}

#[test]
fn one_row_is_one_cluster_or_noise() {
    let x = Matrix::new(2, vec![3.0, 4.0]).unwrap();
    for algorithm in counted(1) {
        assert_eq!(fit(&algorithm, &x).grouping.labels, [0], "{algorithm:?}");
    }
    for algorithm in [Algorithm::Dbscan(Dbscan::default()), Algorithm::Hdbscan(Hdbscan::new(2))] {
        assert_eq!(fit(&algorithm, &x).grouping.labels, [NOISE], "{algorithm:?}");
    }
}

#[test]
fn as_many_clusters_as_different_rows_are_made_and_more_are_refused() {
    let x = Matrix::new(1, vec![1.0, 5.0, 1.0, 9.0, 30.0]).unwrap();
    for algorithm in counted(4) {
        let found = fit(&algorithm, &x);
        assert_eq!(partition(&found.grouping.labels), [0, 1, 0, 2, 3].map(Some), "{algorithm:?}");
    }
    for k in [0, 5] {
        for algorithm in counted(k) {
            assert_eq!(algorithm.fit(&x), Err(Error::SegmentCount { k, distinct: 4 }), "{algorithm:?}");
        }
    }
}

#[test]
fn no_rows_and_distances_beyond_all_bounds_are_refused() {
    for algorithm in all() {
        assert_eq!(algorithm.fit(&Matrix::new(2, vec![]).unwrap()), Err(Error::NoCustomers), "{algorithm:?}");
        let wide = Matrix::new(1, vec![0.0, 1e200]).unwrap();
        assert_eq!(algorithm.fit(&wide), Err(Error::Spread { spread: 1e200 }), "{algorithm:?}");
    }
}

#[test]
fn settings_and_models_survive_json_and_refuse_what_they_do_not_know() {
    let x = corners(150, 1e9);
    for algorithm in all() {
        let json = serde_json::to_string(&algorithm).unwrap();
        assert_eq!(serde_json::from_str::<Algorithm>(&json).unwrap(), algorithm);
        let unknown = json.replacen('{', r#"{"colour": 3, "#, 1);
        assert!(serde_json::from_str::<Algorithm>(&unknown).is_err(), "{unknown}");
        let found = fit(&algorithm, &x);
        let json = serde_json::to_string(&found.model).unwrap();
        let model: Assigner = serde_json::from_str(&json).unwrap();
        assert_eq!(model, found.model);
        for row in x.rows().chain([[20.0, 20.0].as_slice(), &[41.0, -1.0]]) {
            assert_eq!(model.assign(row), found.model.assign(row));
        }
        let unknown = json.replacen('{', r#"{"colour": 3, "#, 1);
        assert!(serde_json::from_str::<Assigner>(&unknown).is_err(), "{algorithm:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn nothing_panics_on_small_and_strange_tables(
        values in prop::collection::vec(-2_i8..3, 1..60),
        d in 1_usize..4,
        k in 0_usize..6,
        scale in prop::sample::select(vec![1.0, 1e-120, 1e120]),
        shift in prop::sample::select(vec![0.0, 1e9]),
    ) {
        let n = values.len() / d;
        let values = values[..n * d].iter().map(|&v| (f64::from(v) + shift) * scale).collect();
        let x = Matrix::new(d, values).unwrap();
        for algorithm in counted(k).into_iter().chain(all()) {
            let Ok(found) = algorithm.fit(&x) else { continue };
            prop_assert_eq!(found.grouping.labels.len(), n);
            let k = found.grouping.n_clusters() as u32;
            prop_assert!(found.grouping.labels.iter().all(|&label| label < k || label == NOISE));
            prop_assert!(found.grouping.strengths.iter().all(|s| (0.0..=1.0).contains(s)), "{:?} {:?}", algorithm, found.grouping.strengths);
            for row in x.rows() {
                prop_assert!(found.model.assign(row).is_ok());
            }
        }
    }
}
