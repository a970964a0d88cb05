use proptest::prelude::*;

use super::*;
use crate::cluster::assigner::Membership;
use crate::math::distance::squared;
use crate::math::random::Random;

const ALL: [Linkage; 4] = [Linkage::Ward, Linkage::Complete, Linkage::Average, Linkage::Single];

fn column(values: &[f64]) -> Matrix {
    Matrix::new(1, values.to_vec()).unwrap()
}

fn uniform(n: usize, d: usize, seed: u64) -> Matrix {
    let mut random = Random::new(seed);
    Matrix::new(d, (0..n * d).map(|_| random.uniform()).collect()).unwrap()
}

fn with(linkage: Linkage, n_clusters: usize) -> Agglomerative {
    Agglomerative { linkage, ..Agglomerative::new(n_clusters) }
}

/// The definition of each linkage over all pairs of clusters, joined one pair at a time; heights and the
/// partition into `k`.
fn plain(x: &Matrix, weights: &[f64], linkage: Linkage, k: usize) -> (Vec<f64>, Vec<u32>) {
    let n = x.n_rows();
    let distance = |a: usize, b: usize| squared(x.row(a), x.row(b)).sqrt();
    let mean = |rows: &[usize]| -> (Vec<f64>, f64) {
        let weight: f64 = rows.iter().map(|&r| weights[r]).sum();
        let sum = |c: usize| rows.iter().map(|&r| weights[r] * x.row(r)[c]).sum::<f64>();
        ((0..x.n_cols()).map(|c| sum(c) / weight).collect(), weight)
    };
    let apart = |a: &[usize], b: &[usize]| -> f64 {
        let pairs = a.iter().flat_map(|&i| b.iter().map(move |&j| (i, j)));
        match linkage {
            Linkage::Ward => {
                let ((mean_a, a), (mean_b, b)) = (mean(a), mean(b));
                (2.0 * a * b / (a + b) * squared(&mean_a, &mean_b)).sqrt()
            }
            Linkage::Complete => pairs.map(|(i, j)| distance(i, j)).fold(0.0, f64::max),
            Linkage::Single => pairs.map(|(i, j)| distance(i, j)).fold(f64::INFINITY, f64::min),
            Linkage::Average => {
                let total: f64 = pairs.map(|(i, j)| weights[i] * weights[j] * distance(i, j)).sum();
                total / (mean(a).1 * mean(b).1)
            }
        }
    };
    let mut sets: Vec<Vec<usize>> = (0..n).map(|row| vec![row]).collect();
    let mut heights = Vec::new();
    let mut labels = vec![0; n];
    loop {
        if sets.len() == k {
            for (label, set) in (0..).zip(&sets) {
                set.iter().for_each(|&row| labels[row] = label);
            }
        }
        if sets.len() == 1 {
            return (heights, labels);
        }
        let pairs = (0..sets.len()).flat_map(|j| (0..j).map(move |i| (i, j)));
        let best = pairs.map(|(i, j)| (apart(&sets[i], &sets[j]), i, j)).min_by(|a, b| a.0.total_cmp(&b.0));
        let (height, i, j) = best.unwrap();
        heights.push(height);
        let joined = sets.remove(j);
        sets[i].extend(joined);
    }
}

/// From scipy 1.17.1: `linkage(rows, method)` on the same seven rows; its third column.
#[test]
fn the_heights_of_seven_rows_are_those_of_scipy() {
    let x =
        Matrix::new(2, vec![0.0, 0.0, 0.3, 0.1, 1.1, 0.4, 4.0, 4.2, 4.7, 3.6, 5.2, 4.9, 2.0, 7.0]).unwrap();
    let expected = [
        [
            0.31622776601683794,
            0.9219544457292889,
            1.169045194450012,
            1.515475722889241,
            4.67796251944512,
            10.946645496180444,
        ],
        [
            0.31622776601683794,
            0.9219544457292889,
            1.1704699910719625,
            1.392838827718412,
            4.341658669218482,
            7.280109889280518,
        ],
        [
            0.31622776601683794,
            0.9219544457292889,
            1.0124351828018578,
            1.3910416133316965,
            3.8700402059454873,
            6.133459498308834,
        ],
        [
            0.31622776601683794,
            0.8544003745317532,
            0.9219544457292889,
            1.3892443989449808,
            3.4409301068170506,
            4.780167361086848,
        ],
    ];
    for (linkage, expected) in ALL.into_iter().zip(expected) {
        let found = with(linkage, 3).fit(&x, None).unwrap();
        for (merge, expected) in found.dendrogram.merges.iter().zip(expected) {
            assert!(
                (merge.height - expected).abs() < 1e-12 * expected,
                "{linkage:?}: {} {expected}",
                merge.height
            );
        }
        assert_eq!(found.grouping.labels, [0, 0, 0, 1, 1, 1, 2]);
        assert_eq!(found.over, Over::Rows);
    }
}

#[test]
fn equal_rows_are_one_leaf_and_more_clusters_than_leaves_are_refused() {
    for linkage in ALL {
        let x = column(&[1.0, 1.0, 4.0, 1.0]);
        let found = with(linkage, 2).fit(&x, None).unwrap();
        assert_eq!((found.grouping.labels, found.leaf_of_row), (vec![0, 0, 1, 0], vec![0, 0, 1, 0]));
        assert_eq!(with(linkage, 3).fit(&x, None), Err(Error::SegmentCount { k: 3, distinct: 2 }));
        assert_eq!(with(linkage, 0).fit(&x, None), Err(Error::SegmentCount { k: 0, distinct: 2 }));
        let alone = with(linkage, 1).fit(&column(&[5.0]), None).unwrap();
        assert_eq!((alone.grouping.labels, alone.dendrogram.merges.len()), (vec![0], 0));
        assert_eq!(alone.model.assign(&[5.0]), Ok(Membership { index: Some(0), confidence: 1.0 }));
    }
}

#[test]
fn beyond_its_memory_it_works_on_micro_clusters_and_says_so() {
    let x = uniform(300, 2, 3);
    for linkage in [Linkage::Average, Linkage::Complete] {
        let small = Agglomerative { memory_limit: 8 * 50 * 49 / 2, ..with(linkage, 4) };
        let found = small.fit(&x, None).unwrap();
        assert_eq!((found.over, found.dendrogram.n_leaves), (Over::MicroClusters(50), 50));
        assert_eq!(found.grouping.sizes().iter().sum::<usize>(), 300);
        assert_eq!(found.dendrogram.merges[48].weight, 300.0);
        let refused = Agglomerative { memory_limit: 8, ..with(linkage, 4) }.fit(&x, None);
        assert!(matches!(refused, Err(Error::Setting { setting: "memory_limit", .. })));
    }
}

#[test]
fn new_rows_go_to_what_is_near_and_far_ones_fit_none() {
    let x = column(&[0.0, 1.0, 2.0, 10.0, 11.0, 12.0]);
    for linkage in ALL {
        let model = with(linkage, 2).fit(&x, None).unwrap().model;
        assert_eq!(model.assign(&[1.4]).unwrap().index, Some(0), "{linkage:?}");
        assert_eq!(model.assign(&[10.5]).unwrap().index, Some(1));
        assert_eq!(model.assign(&[500.0]).unwrap(), Membership::NONE);
        assert!(model.assign(&[0.2]).unwrap().confidence > 0.9);
        assert!(model.assign(&[f64::NAN]).is_err() && model.assign(&[1.0, 2.0]).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_fast_ones_are_the_plain_ones(
        n in 1_usize..70,
        d in 1_usize..4,
        seed in 0_u64..10_000,
        which in 0_usize..4,
        k in 1_usize..6,
        weighted in any::<bool>(),
    ) {
        prop_assume!(k <= n);
        let x = uniform(n, d, seed);
        let weights: Vec<f64> = (0..n).map(|row| if weighted { 1.0 + (row % 5) as f64 } else { 1.0 }).collect();
        let found = with(ALL[which], k).fit(&x, Some(&weights)).unwrap();
        let (heights, labels) = plain(&x, &weights, ALL[which], k);
        for (merge, height) in found.dendrogram.merges.iter().zip(&heights) {
            // Means of rows near 1 are rounded by 1e-16, however near to each other they lie.
            prop_assert!((merge.height - height).abs() <= 1e-12 * height + 1e-14, "{} {height}", merge.height);
        }
        prop_assert_eq!(found.dendrogram.merges.len(), heights.len());
        prop_assert_eq!(&found.grouping.labels, &labels);
        let placed: Vec<Option<u32>> = x.rows().map(|row| found.model.assign(row).unwrap().index).collect();
        prop_assert!(placed.iter().all(Option::is_some));
    }

    #[test]
    fn ties_and_repeats_are_no_trouble(
        values in prop::collection::vec(-3_i8..4, 4..120),
        which in 0_usize..4,
        k in 1_usize..5,
    ) {
        let values: Vec<f64> = values[..values.len() / 2 * 2].iter().map(|&v| f64::from(v)).collect();
        let x = Matrix::new(2, values).unwrap();
        if let Ok(found) = with(ALL[which], k).fit(&x, None) {
            let heights: Vec<f64> = found.dendrogram.merges.iter().map(|m| m.height).collect();
            prop_assert!(heights.is_sorted());
            prop_assert!(found.grouping.sizes().iter().all(|&size| size > 0));
            for merge in &found.dendrogram.merges {
                prop_assert!(merge.a < merge.b);
            }
        }
    }
}
