use proptest::prelude::*;

use super::*;
use crate::cluster::assigner::Membership;
use crate::math::distance::squared;
use crate::math::random::Random;

fn column(values: &[f64]) -> Matrix {
    Matrix::new(1, values.to_vec()).unwrap()
}

/// HDBSCAN* from its definition: at every distance, the connected dense rows; no tree of any kind.
///
/// Returns the clusters of the excess of mass as sets of rows with their stabilities.
fn plain(x: &Matrix, min_size: usize, min_samples: usize) -> Vec<u32> {
    let n = x.n_rows();
    let core: Vec<f64> = (0..n)
        .map(|a| {
            let mut all: Vec<f64> = (0..n).map(|b| squared(x.row(a), x.row(b)).sqrt()).collect();
            all.sort_by(f64::total_cmp);
            all[min_samples.min(n) - 1]
        })
        .collect();
    let reach = |a: usize, b: usize| squared(x.row(a), x.row(b)).sqrt().max(core[a]).max(core[b]);
    let mut levels: Vec<f64> =
        (0..n).flat_map(|a| (0..=a).map(move |b| (a, b))).map(|(a, b)| reach(a, b)).collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    // What is left of some rows just below a distance, and what they come apart into.
    let below = |rows: &[usize], level: f64| {
        let mut sets: Vec<Vec<usize>> = Vec::new();
        let mut left: Vec<usize> = rows.to_vec();
        while let Some(first) = left.pop() {
            let mut set = vec![first];
            let mut at = 0;
            while at < set.len() {
                let (near, far) = left.iter().partition(|&&b| reach(set[at], b) < level);
                left = far;
                set.extend::<Vec<usize>>(near);
                at += 1;
            }
            set.sort_unstable();
            sets.push(set);
        }
        sets.retain(|set| set.len() >= min_size && set.iter().all(|&a| core[a] < level));
        sets
    };
    type Below<'a> = dyn Fn(&[usize], f64) -> Vec<Vec<usize>> + 'a;
    // The best clusters within a branch: their total and their rows.
    fn best(
        rows: Vec<usize>,
        birth: f64,
        is_root: bool,
        levels: &[f64],
        below: &Below,
    ) -> (f64, Vec<Vec<usize>>) {
        let mut stability = 0.0;
        let mut left = rows.clone();
        for (at, &level) in levels.iter().enumerate().rev() {
            let density = 1.0 / level - 1.0 / birth;
            let mut sets = below(&left, level);
            match sets.len() {
                0 => {
                    stability += density * left.len() as f64;
                    return if is_root { (0.0, vec![]) } else { (stability, vec![rows]) };
                }
                1 => {
                    let rest = sets.pop().unwrap();
                    if rest.len() < left.len() {
                        stability += density * (left.len() - rest.len()) as f64;
                    }
                    left = rest;
                }
                _ => {
                    stability += density * left.len() as f64;
                    let parts: Vec<_> =
                        sets.into_iter().map(|set| best(set, level, false, &levels[..at], below)).collect();
                    let total: f64 = parts.iter().map(|p| p.0).sum();
                    if !is_root && stability >= total {
                        return (stability, vec![rows]);
                    }
                    return (total, parts.into_iter().flat_map(|p| p.1).collect());
                }
            }
        }
        unreachable!("below the least distance nothing is left")
    }
    let (_, mut clusters) = best((0..n).collect(), f64::INFINITY, true, &levels, &below);
    clusters.sort_by_key(|rows| rows[0]);
    let mut labels = vec![NOISE; n];
    for (label, rows) in (0..).zip(clusters) {
        rows.into_iter().for_each(|row| labels[row] = label);
    }
    labels
}

fn uniform(n: usize, d: usize, seed: u64) -> Matrix {
    let mut random = Random::new(seed);
    Matrix::new(d, (0..n * d).map(|_| random.uniform()).collect()).unwrap()
}

#[test]
fn a_dense_pair_of_groups_and_strays() {
    let x = column(&[1.0, 1.1, 1.2, 1.3, 50.0, 9.0, 9.1, 9.2, 9.4, -30.0]);
    let found = Hdbscan { min_samples: Some(2), ..Hdbscan::new(3) }.fit(&x, None).unwrap();
    assert_eq!(found.grouping.labels, [0, 0, 0, 0, NOISE, 1, 1, 1, 1, NOISE]);
    // The last of the second group leaves at 0.2, the others at 0.1.
    let expected = [1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.5, 0.0];
    for (strength, expected) in found.grouping.strengths.iter().zip(expected) {
        assert!((strength - expected).abs() < 1e-12, "{:?}", found.grouping.strengths);
    }
    assert_eq!(found.model.assign(&[1.15]).index, Some(0));
    assert_eq!(found.model.assign(&[9.3]).index, Some(1));
    assert_eq!(found.model.assign(&[30.0]), Membership::NONE);
    assert!(found.persistence.iter().all(|p| (0.0..=1.0).contains(p)), "{:?}", found.persistence);
}

#[test]
fn one_row_and_equal_rows_are_noise_unless_a_single_cluster_is_allowed() {
    for x in [column(&[3.0]), column(&[3.0; 20])] {
        let strict = Hdbscan::new(5).fit(&x, None).unwrap();
        assert_eq!(strict.grouping.n_noise(), x.n_rows());
        let single = Hdbscan { allow_single_cluster: true, ..Hdbscan::new(5) }.fit(&x, None).unwrap();
        assert_eq!((single.grouping.n_noise(), single.grouping.strengths[0]), (0, 1.0));
    }
}

#[test]
fn many_equal_rows_among_others_are_a_cluster() {
    let values = [vec![0.0; 12], (0..12).map(|i| 5.0 + 0.1 * f64::from(i)).collect()].concat();
    let found = Hdbscan::new(6).fit(&column(&values), None).unwrap();
    assert_eq!(found.grouping.sizes(), [12, 12]);
    assert_eq!(found.persistence[0], 1.0);
    assert_eq!(found.model.assign(&[0.0]), Membership { index: Some(0), confidence: 1.0 });
}

#[test]
fn leaves_are_at_least_as_many_as_lasting_clusters() {
    let x = uniform(400, 2, 5);
    let mass = Hdbscan::new(5).fit(&x, None).unwrap();
    let leaf = Hdbscan { selection: Selection::Leaf, ..Hdbscan::new(5) }.fit(&x, None).unwrap();
    assert!(leaf.grouping.n_clusters() >= mass.grouping.n_clusters());
    assert!(leaf.grouping.sizes().iter().all(|&size| size >= 5));
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let x = column(&[1.0, 2.0]);
    let refused = Hdbscan::new(1).fit(&x, None);
    assert!(matches!(refused, Err(Error::Setting { setting: "min_cluster_size", .. })));
    let refused = Hdbscan { min_samples: Some(0), ..Hdbscan::new(2) }.fit(&x, None);
    assert!(matches!(refused, Err(Error::Setting { setting: "min_samples", .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn the_fast_one_is_the_plain_one(
        n in 1_usize..90,
        d in 1_usize..4,
        seed in 0_u64..10_000,
        min_size in 2_usize..8,
        min_samples in 1_usize..8,
        steps in prop::sample::select(vec![6.0, 20.0, 1e9]),
    ) {
        // Few steps make many equal rows and equal distances.
        let values = uniform(n, d, seed).values().iter().map(|v| (v * steps).floor()).collect();
        let x = Matrix::new(d, values).unwrap();
        let hdbscan = Hdbscan { min_samples: Some(min_samples), ..Hdbscan::new(min_size) };
        let found = hdbscan.fit(&x, None).unwrap();
        prop_assert_eq!(&found.grouping.labels, &plain(&x, min_size, min_samples));
        // Every row that was clustered is placed where it was.
        for (row, (&label, &strength)) in x.rows().zip(found.grouping.labels.iter().zip(&found.grouping.strengths)) {
            let placed = found.model.assign(row);
            prop_assert_eq!(placed.index.unwrap_or(NOISE), label);
            prop_assert_eq!(placed.confidence, strength);
        }
    }

    #[test]
    fn weights_are_repeated_rows(n in 4_usize..60, seed in 0_u64..10_000) {
        let x = uniform(n, 2, seed);
        let times: Vec<usize> = (0..n).map(|row| 1 + row % 4).collect();
        let repeated: Vec<usize> = (0..n).flat_map(|row| std::iter::repeat_n(row, times[row])).collect();
        let weights: Vec<f64> = times.iter().map(|&t| t as f64).collect();
        let hdbscan = Hdbscan { min_samples: Some(3), ..Hdbscan::new(5) };
        let weighted = hdbscan.fit(&x, Some(&weights)).unwrap().grouping.labels;
        let of_repeated = hdbscan.fit(&x.select(&repeated), None).unwrap().grouping.labels;
        let spread: Vec<u32> = repeated.iter().map(|&row| weighted[row]).collect();
        prop_assert_eq!(of_repeated, spread);
    }
}
