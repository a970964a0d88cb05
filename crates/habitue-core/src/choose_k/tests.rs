//! Tables with a known answer.

use super::*;
use crate::math::random::Random;

/// A standard normal number (Box & Muller 1958).
fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - random.uniform()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.uniform()).cos()
}

fn cloud(n: usize, d: usize, seed: u64) -> Matrix {
    let mut random = Random::new(seed);
    Matrix::new(d, (0..n * d).map(|_| normal(&mut random)).collect()).unwrap()
}

fn cube(n: usize, d: usize, seed: u64) -> Matrix {
    let mut random = Random::new(seed);
    Matrix::new(d, (0..n * d).map(|_| random.uniform()).collect()).unwrap()
}

/// `k` groups of equal size around points ten deviations apart.
fn groups(k: usize, n: usize, seed: u64) -> Matrix {
    let mut random = Random::new(seed);
    let row = |i: usize| [(i % k % 3) as f64 * 10.0, (i % k / 3) as f64 * 10.0];
    let values = (0..n).flat_map(row).map(|centre| centre + normal(&mut random)).collect();
    Matrix::new(2, values).unwrap()
}

/// Spend follows orders, and orders are a geometric count from 1: what the table of a shop looks like.
fn a_shop() -> Matrix {
    let mut random = Random::new(6);
    let row = |random: &mut Random| {
        let orders = 1.0 + ((1.0 - random.uniform()).ln() / 0.6_f64.ln()).floor();
        let spend = orders.ln() + 4.0 + 0.8 * normal(random);
        let recency = 4.0 - 0.7 * orders.ln() + normal(random);
        [orders.ln(), spend, recency]
    };
    let values: Vec<f64> = (0..1000).flat_map(|_| row(&mut random)).collect();
    Matrix::new(3, values).unwrap()
}

fn pick(choice: &Choice, index: Index) -> Option<usize> {
    choice.picks.iter().find(|p| p.index == index).unwrap().k
}

#[test]
fn clear_groups_are_counted() {
    for k in [3, 4, 5, 7] {
        let choice = ChooseK::default().fit(&groups(k, 300, k as u64)).unwrap();
        assert_eq!(choice.k, k, "{:?}", choice.reasons);
        assert!(choice.structure == Structure::Clear && choice.chosen().allowed);
        assert_eq!(pick(&choice, Index::Silhouette), Some(k));
        assert_eq!(choice.candidates.len(), 12);
        assert_eq!(choice.clusters.n_clusters(), k);
    }
}

#[test]
fn customers_without_groups_are_one_segment() {
    for (seed, n, d) in [(0, 150, 2), (1, 150, 2), (2, 400, 3), (3, 400, 3), (4, 1000, 1), (5, 1000, 8)] {
        let cases = [(cloud(n, d, seed), ChooseK::default()), (cube(n, d, seed), ChooseK::unconstrained(8))];
        for (x, settings) in cases {
            let choice = ChooseK { seed, evidence_seed: seed, k_max: 8, ..settings }.fit(&x).unwrap();
            assert_eq!(choice.k, 1, "seed {seed}, {n} × {d}: {:?}", choice.reasons);
            assert_eq!(choice.structure, Structure::None);
            assert!(choice.reasons[0].starts_with("There is no structure here"), "{:?}", choice.reasons);
        }
    }
}

#[test]
fn without_a_shop_as_many_groups_are_counted_as_there_are() {
    for k in [2, 9] {
        let choice = ChooseK::unconstrained(12).fit(&groups(k, 450, 3)).unwrap();
        assert_eq!(choice.k, k, "{:?}", choice.reasons);
        assert_eq!(pick(&choice, Index::PredictionStrength), Some(k));
        let chosen = choice.chosen();
        assert!(chosen.stability.unwrap() > 0.95 && chosen.prediction_strength.unwrap() > 0.95);
        assert_eq!(chosen.segment_stabilities.len(), k);
        assert_eq!(choice.clusters.sizes(), chosen.sizes);
        assert!(!choice.reasons.iter().any(|r| r.contains("can serve")), "{:?}", choice.reasons);
    }
}

#[test]
fn chance_does_not_move_the_number_on_a_small_table() {
    // Five groups that overlap at their edges.
    let mut random = Random::new(12);
    let row = |i: usize| [(i % 5 % 3) as f64 * 4.5, (i % 5 / 3) as f64 * 4.5];
    let values: Vec<f64> = (0..200).flat_map(row).map(|centre| centre + normal(&mut random)).collect();
    let x = Matrix::new(2, values).unwrap();
    for seed in 0..10 {
        for settings in [ChooseK::default(), ChooseK::unconstrained(6)] {
            let choice = ChooseK { seed, evidence_seed: seed, k_max: 6, ..settings }.fit(&x).unwrap();
            assert_eq!(choice.k, 5, "seed {seed}: {:?}", choice.reasons);
        }
    }
}

#[test]
fn a_continuum_with_many_who_bought_once_is_cut_and_the_reasons_say_so() {
    let choice = ChooseK::default().fit(&a_shop()).unwrap();
    assert_eq!(choice.structure, Structure::Faint);
    assert!((3..=8).contains(&choice.k));
    assert!(choice.reasons.iter().any(|r| r.contains("continuum")), "{:?}", choice.reasons);
}

#[test]
fn two_groups_become_a_plan_and_the_reasons_say_what_was_seen() {
    let choice = ChooseK::default().fit(&groups(2, 300, 1)).unwrap();
    assert_eq!(pick(&choice, Index::Silhouette), Some(2));
    assert!(choice.k >= 3);
    let two = ChooseK { min_segments: 2, ..ChooseK::default() }.fit(&groups(2, 300, 1)).unwrap();
    assert_eq!(two.k, 2);
    assert!(choice.reasons.iter().any(|r| r.starts_with("Silhouette alone would pick 2")));
}

#[test]
fn a_forced_number_is_taken_and_the_evidence_still_given() {
    let x = cloud(100, 2, 1);
    let choice = ChooseK { k: Some(5), ..ChooseK::default() }.fit(&x).unwrap();
    assert_eq!((choice.k, choice.candidates.len(), choice.structure), (5, 12, Structure::None));
    let beyond = ChooseK { k: Some(20), ..ChooseK::default() }.fit(&x).unwrap();
    assert_eq!((beyond.k, beyond.candidates.len(), beyond.chosen().sizes.len()), (20, 13, 20));
    let x = Matrix::new(1, [1.0, 2.0].repeat(9)).unwrap();
    let refused = ChooseK { k: Some(3), ..ChooseK::default() }.fit(&x);
    assert_eq!(refused, Err(Error::SegmentCount { k: 3, distinct: 2 }));
}

#[test]
fn a_number_in_use_is_kept_while_it_can_serve() {
    let x = a_shop();
    let with = |in_use| ChooseK { in_use, ..ChooseK::default() }.fit(&x).unwrap();
    let afresh = with(None);
    assert_eq!(with(Some(afresh.k)).reasons, afresh.reasons);
    let other =
        afresh.candidates.iter().find(|c| c.allowed && c.k != afresh.k && c.stability >= Some(0.5)).unwrap();
    let kept = with(Some(other.k));
    assert_eq!((kept.k, kept.clusters.n_clusters()), (other.k, other.k));
    let said = format!("But {0} are in use and can still serve, so it stays at {0}.", other.k);
    assert!(kept.reasons.contains(&said), "{:?}", kept.reasons);
    // A number that tells little of what customers did later cannot serve; one that tells nearly as much can.
    let told = |share| {
        let told: Vec<f64> = (0..=8).map(|k| if k == other.k { share } else { 0.2 }).collect();
        ChooseK { in_use: Some(other.k), ..ChooseK::default() }.fit_told(&x, &told).unwrap().k
    };
    assert_eq!(told(0.18), other.k);
    assert_ne!(told(0.1), other.k);
    // More than the shop can work with.
    let refused = with(Some(9));
    assert_eq!(refused.k, afresh.k);
    assert!(
        refused.reasons.iter().any(|r| r == "9 are in use and cannot serve any more."),
        "{:?}",
        refused.reasons
    );
}

#[test]
fn fewer_kinds_of_customers_than_segments_are_taken_as_they_are() {
    let kinds = |values: &[f64]| Matrix::new(1, values.repeat(30)).unwrap();
    let k = |x: &Matrix| ChooseK::default().fit(x).unwrap().k;
    assert_eq!(k(&kinds(&[1.0])), 1);
    assert_eq!(k(&kinds(&[1.0, 2.0])), 2);
    assert_eq!(k(&kinds(&[1.0, 2.0, 4.0])), 3);
    assert_eq!(k(&kinds(&[1.0, 2.0, 4.0, 8.0, 16.0])), 5);
    assert_eq!(k(&Matrix::new(1, vec![7.0]).unwrap()), 1);
    assert_eq!(ChooseK::default().fit(&Matrix::new(1, vec![]).unwrap()), Err(Error::NoCustomers));
}

#[test]
fn when_no_number_keeps_to_the_shares_the_nearest_miss_is_taken() {
    // Nine in ten customers are in one tight group: no split leaves every segment below 60 %.
    let mut random = Random::new(3);
    let row = |i: usize| if i < 270 { 0.0 } else { 50.0 * (1 + i % 3) as f64 };
    let values = (0..300).map(|i| row(i) + 0.001 * normal(&mut random)).collect();
    let x = Matrix::new(1, values).unwrap();
    let choice = ChooseK { max_segments: 4, ..ChooseK::default() }.fit(&x).unwrap();
    assert!(!choice.chosen().allowed && (3..=4).contains(&choice.k));
    assert!(choice.reasons.iter().any(|r| r.starts_with("No number from 3 to 4")), "{:?}", choice.reasons);
}

#[test]
fn many_rows_are_sampled_and_the_error_is_given() {
    let x = groups(4, 3000, 9);
    let choice = ChooseK { silhouette_rows: 500, ..ChooseK::default() }.fit(&x).unwrap();
    assert_eq!(choice.k, 4);
    let error = choice.chosen().silhouette_error.unwrap();
    assert!(error > 0.0 && error < 0.01);
    assert_eq!(
        (choice.clusters.labels.len(), choice.clusters.sizes()),
        (3000, choice.chosen().sizes.clone())
    );
    assert!(choice.reasons.iter().any(|r| r.contains("random sample")), "{:?}", choice.reasons);
}

#[test]
fn the_answer_is_the_same_on_any_number_of_threads() {
    let x = groups(5, 200, 2);
    let on = |n| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        pool.install(|| ChooseK::default().fit(&x).unwrap())
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(7));
}

#[test]
fn settings_survive_json_and_contradictions_are_refused() {
    let settings = ChooseK { k: Some(4), seed: 3, ..ChooseK::default() };
    let json = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<ChooseK>(&json).unwrap(), settings);
    assert!(serde_json::from_str::<ChooseK>(r#"{"kmax": 3}"#).is_err());
    let x = cloud(20, 2, 1);
    for wrong in [
        ChooseK { k_max: 0, ..ChooseK::default() },
        ChooseK { min_segments: 9, ..ChooseK::default() },
        ChooseK { min_share: 0.7, ..ChooseK::default() },
        ChooseK { max_share: f64::NAN, ..ChooseK::default() },
        ChooseK { gap_draws: 1, ..ChooseK::default() },
        ChooseK { strength_splits: 0, ..ChooseK::default() },
        ChooseK { stability_draws: 0, ..ChooseK::default() },
        ChooseK { resampled_rows: 1, ..ChooseK::default() },
        ChooseK { silhouette_rows: 0, ..ChooseK::default() },
    ] {
        assert!(matches!(wrong.fit(&x), Err(Error::Setting { .. })), "{wrong:?}");
    }
}
