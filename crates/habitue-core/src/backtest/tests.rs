use proptest::prelude::*;

use super::*;

/// Six customers in two groups: the first group spends 0, 10 and 20, the second nothing but once 6.
const ORDERS: [u32; 6] = [0, 1, 3, 0, 0, 1];
const SPEND: [f64; 6] = [0.0, 10.0, 20.0, 0.0, 0.0, 6.0];

fn halves() -> Grouping {
    Grouping { labels: vec![0, 0, 0, 1, 1, 1], n_groups: 2 }
}

fn run(groupings: &[Grouping]) -> Proof {
    Backtest::default().run(Later { orders: &ORDERS, spend: &SPEND }, groupings).unwrap()
}

#[test]
fn groups_are_described_by_what_they_did() {
    let proof = run(&[halves()]);
    let values = |g: &GroupLater| [g.bought.value, g.orders.value, g.spend.value, g.spend_share.value];
    assert_eq!(values(&proof.groups[0]), [2.0 / 3.0, 4.0 / 3.0, 10.0, 30.0 / 36.0]);
    assert_eq!(values(&proof.groups[1]), [1.0 / 3.0, 1.0 / 3.0, 2.0, 6.0 / 36.0]);
    for group in &proof.groups {
        assert!(group.bought.low <= group.bought.value && group.bought.value <= group.bought.high);
    }
}

#[test]
fn skill_is_computed_by_hand() {
    let skill = run(&[halves()]).groupings[0].skill;
    // Lorenz: the poorer half has 6 of 36, so the area is 1 − (1/2 · 6/36 + 1/2 · (2 · 6 + 30)/36) = 1/3.
    assert!((skill.gini.value - 1.0 / 3.0).abs() < 1e-15);
    // Buyers 2 and 1, others 1 and 2: (2 · (2 + 0.5) + 1 · 1) / 9.
    assert!((skill.auc.value - 6.0 / 9.0).abs() < 1e-15);
    let logs = SPEND.map(f64::ln_1p);
    let mean = logs.iter().sum::<f64>() / 6.0;
    let total: f64 = logs.iter().map(|l| (l - mean).powi(2)).sum();
    let between: f64 = logs.chunks(3).map(|g| 3.0 * (g.iter().sum::<f64>() / 3.0 - mean).powi(2)).sum();
    assert!((skill.explained.value - between / total).abs() < 1e-12);
}

#[test]
fn nobody_who_buys_later_leaves_nothing_to_tell_apart() {
    let later = Later { orders: &[0; 4], spend: &[0.0; 4] };
    let grouping = Grouping { labels: vec![0, 0, 1, 1], n_groups: 2 };
    let skill = Backtest::default().run(later, &[grouping]).unwrap().groupings[0].skill;
    assert!([skill.explained, skill.gini, skill.auc].iter().all(|view| view.value.is_nan()));
}

#[test]
fn a_grouping_that_knows_the_future_leads_one_dealt_out_by_lot() {
    let spend: Vec<f64> = (0..400).map(|i| f64::from(i % 4) * 10.0).collect();
    let orders: Vec<u32> = (0..400).map(|i| i % 4).collect();
    let knows = Grouping { labels: (0..400).map(|i| i % 4).collect(), n_groups: 4 };
    let lot = knows.shuffled(1);
    let proof = Backtest::default().run(Later { orders: &orders, spend: &spend }, &[knows, lot]).unwrap();
    assert!((proof.groupings[0].skill.explained.value - 1.0).abs() < 1e-12);
    assert!(proof.groupings[1].skill.explained.value < 0.05);
    let lead = proof.groupings[1].lead.unwrap();
    assert!(lead.explained.is_above_zero() && lead.gini.is_above_zero() && lead.auc.is_above_zero());
}

#[test]
fn quantiles_put_equal_values_together_and_the_highest_first() {
    let grouping = Grouping::quantiles(&[5.0, 1.0, 1.0, 1.0, 9.0, 7.0], 3);
    assert_eq!(grouping.labels, [1, 1, 1, 1, 0, 0]);
    assert_eq!(Grouping::quantiles(&[4.0, 3.0, 2.0, 1.0], 2).labels, [0, 0, 1, 1]);
}

#[test]
fn lists_of_different_lengths_are_refused() {
    let later = Later { orders: &[0; 3], spend: &[0.0; 3] };
    assert_eq!(Backtest::default().run(later, &[halves()]).unwrap_err().code(), "length");
    let nobody = Later { orders: &[], spend: &[] };
    assert_eq!(Backtest::default().run(nobody, &[halves()]).unwrap_err(), Error::NoCustomers);
}

proptest! {
    #[test]
    fn skill_is_that_of_customers_one_by_one(
        rows in prop::collection::vec((0_u32..4, 0_u32..3, 0_u32..50), 2..60),
    ) {
        let labels: Vec<u32> = rows.iter().map(|r| r.0).collect();
        let orders: Vec<u32> = rows.iter().map(|r| r.1).collect();
        let spend: Vec<f64> = rows.iter().map(|r| if r.1 > 0 { f64::from(r.2) } else { 0.0 }).collect();
        let later = Later { orders: &orders, spend: &spend };
        let skill = Backtest { draws: 2, seed: 0 }
            .run(later, &[Grouping { labels: labels.clone(), n_groups: 4 }]).unwrap().groupings[0].skill;
        // Gini as the mean absolute difference of all pairs of group means; AUC by comparing all pairs of customers.
        let mean = |of: &dyn Fn(usize) -> f64, label: u32| {
            let own: Vec<f64> = (0..rows.len()).filter(|&i| labels[i] == label).map(of).collect();
            own.iter().sum::<f64>() / own.len() as f64
        };
        let means: Vec<f64> = labels.iter().map(|&l| mean(&|i| spend[i], l)).collect();
        let rates: Vec<f64> =
            labels.iter().map(|&l| mean(&|i| f64::from(u8::from(orders[i] > 0)), l)).collect();
        let n = rows.len() as f64;
        let apart: f64 = means.iter().flat_map(|a| means.iter().map(move |b| (a - b).abs())).sum();
        let total: f64 = means.iter().sum();
        if total > 0.0 {
            prop_assert!((skill.gini.value - apart / (2.0 * n * total)).abs() < 1e-9);
        } else {
            prop_assert!(skill.gini.value.is_nan());
        }
        let (mut won, mut pairs) = (0.0, 0.0);
        for i in (0..rows.len()).filter(|&i| orders[i] > 0) {
            for j in (0..rows.len()).filter(|&j| orders[j] == 0) {
                pairs += 1.0;
                won += if rates[i] > rates[j] { 1.0 } else if rates[i] < rates[j] { 0.0 } else { 0.5 };
            }
        }
        if pairs > 0.0 {
            prop_assert!((skill.auc.value - won / pairs).abs() < 1e-9);
        }
    }
}
