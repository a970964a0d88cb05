//! A customer base to tell, and what is told of it.

use habitue_core::Money;
use habitue_core::base::cohorts::{CohortCounter, retention};
use habitue_core::base::concentration::Concentration;
use habitue_core::base::gaps::GapCounter;
use habitue_core::base::histogram::histogram;
use habitue_core::base::hopkins::Clusterability;
use habitue_core::base::outliers::Spread;
use habitue_core::history::{History, Order};
use habitue_core::table::Unit;
use habitue_core::time::{DAY_SECONDS, Month, Timestamp};

use super::fixture;
use super::ours;
use crate::outcome::*;
use crate::report::{Layout, render, render_base};

/// The base of some hundred customers with orders over thirteen months; a few features of 4,334.
pub(super) fn shop(features: &[FeatureNote]) -> CustomerBase {
    let (mut cohorts, mut gaps, mut to_second) =
        (CohortCounter::default(), GapCounter::default(), GapCounter::default());
    for i in 0..400_i64 {
        let order = |n: i64| Order {
            time: Timestamp((14_944 + i * 7 % 340 + n * (11 + i % 40)) * DAY_SECONDS),
            bought: Money((1_000_000 + i * 37_003) * (n + 1)),
            ..Order::default()
        };
        let orders: Vec<Order> = (0..=i % 4).map(order).filter(|o| o.time.day().0 <= 15_317).collect();
        let history = History { orders, ..History::default() };
        cohorts.add(&history);
        history.gaps().for_each(|days| gaps.add(days));
        history.gaps().take(1).for_each(|days| to_second.add(days));
    }
    let (months, all) = (cohorts.months(), cohorts.cohorts());
    let last = Month(2011 * 12 + 11);
    let note = |of| MonthNote { of, covered: None };
    let mut months: Vec<MonthNote> = months.into_iter().map(note).collect();
    if let Some(month) = months.last_mut() {
        month.of.unplaced = Money(-12_345);
        month.covered = Some((last.first_day(), habitue_core::time::Day(15_317)));
    }
    let class = |from, to, customers, revenue| OrderCount { from, to, customers, revenue: Money(revenue) };
    CustomerBase {
        coming: Some(Coming {
            months,
            retention: retention(&all, Month(2011 * 12), Month(last.0 - 1)),
            retention_from: Some(Month(2011 * 12)),
            cohorts: all,
            by_orders: vec![
                class(1, Some(1), 1_494, 5_000_000_000),
                class(2, Some(2), 1_200, 9_000_000_000),
                class(3, None, 1_640, 69_000_658_140),
            ],
            gaps: gaps.finish(),
            to_second: to_second.finish(),
        }),
        concentration: Concentration::of(&(1..=4_334).map(|i| Money(i * i)).collect::<Vec<_>>()),
        ..customers_only(features)
    }
}

/// What is known of a table of customers.
pub(super) fn customers_only(features: &[FeatureNote]) -> CustomerBase {
    let numeric = || features.iter().filter(|f| f.feature.unit != Unit::Category);
    let names: Vec<String> = numeric().map(|f| f.feature.name.clone()).collect();
    let spread = |(at, note): (usize, &FeatureNote)| {
        let value = |i: i32| {
            let u = f64::from(i * (at as i32 + 3) % 997) / 997.0;
            if note.feature.unit == Unit::Share { u } else { (7.0 * u).exp().round() }
        };
        let values: Vec<f64> = (0..900).map(|i| if i % 50 == 0 { f64::NAN } else { value(i) }).collect();
        Some(FeatureSpread {
            feature: note.feature.name.clone(),
            spread: Spread::of(&values)?.summary,
            histogram: histogram(&values, note.feature.unit)?,
        })
    };
    let matrix = (0..names.len()).map(|i| (0..i).map(|j| (j > 0).then_some(0.9 - 0.4 * i as f64)).collect());
    CustomerBase {
        coming: None,
        concentration: None,
        features: numeric().enumerate().filter_map(spread).collect(),
        categories: vec![CategorySpread {
            feature: names[0].clone(),
            missing: 2,
            values: vec![CategoryCount { value: "Oslo".to_owned(), customers: 9 }],
            other: 3,
        }],
        outliers: Outliers {
            features: names.iter().take(4).cloned().collect(),
            customers: 17,
            revenue: Money(120_000_000),
            revenue_share: 0.25,
            listed: vec![Outlier {
                customer: "17850.0".to_owned(),
                feature: names[0].clone(),
                value: 1_234.5,
                score: 5.5,
                revenue: Some(Money(90_000_000)),
            }],
        },
        correlations: Correlations {
            matrix: matrix.collect(),
            features: names,
            customers: 50_000,
            of: 100_000,
        },
        clusterability: Some(Clusterability {
            hopkins: 0.97,
            deviation: 0.01,
            one_heap: 0.9,
            one_heap_deviation: 0.01,
            repeats: 20,
            probes: 100,
            rows: 4_334,
            of: 4_334,
        }),
    }
}

#[test]
fn the_customer_base_is_told_in_business_units() {
    let page = ours(&render(&fixture::shop(), &Layout::default()).unwrap());
    for text in [
        "1,494 of 4,334\u{a0}customers (34.5%) have ordered once; they brought £500,000 (6.0% of the revenue).",
        "The best 20% of customers (867 of 4,334) brought",
        "17\u{a0}customers (0.4%) lie far from all others in at least one way",
        "December\u{a0}2010 or before",
        "Customers are much more crowded than that, which speaks for groups.",
        "* Not a whole month; the data hold December\u{a0}2011 from 1\u{a0}December\u{a0}2011 to 9\u{a0}December\u{a0}2011.",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn a_row_of_the_cohort_table_has_as_many_months_as_the_data() {
    let page = ours(&render(&fixture::shop(), &Layout::default()).unwrap());
    let start = page.find("<caption id=\"cohorts-caption\"").unwrap();
    let body = &page[start..start + page[start..].find("</tbody>").unwrap()];
    // Two rows of headings come first.
    let rows: Vec<&str> = body.split("<tr>").skip(3).collect();
    let outcome = fixture::shop();
    let coming = outcome.base.unwrap().coming.unwrap();
    assert_eq!(rows.len(), coming.cohorts.len());
    for (row, cohort) in rows.iter().zip(&coming.cohorts) {
        let months = coming.months.last().unwrap().of.month.0 - cohort.month.0;
        assert_eq!(row.matches("--heat:").count(), months as usize, "{row}");
        assert_eq!(row.matches("class=\"n cell short\"").count(), usize::from(months > 0), "{row}");
    }
}

#[test]
fn revenue_of_new_and_returning_adds_up_in_every_row() {
    let page = ours(&render(&fixture::shop(), &Layout::default()).unwrap());
    let start = page.find("id=\"chart-base-revenue-title\"").unwrap();
    let body = &page[start..start + page[start..].find("</table>").unwrap()];
    let number = |text: &str| text.replace([',', '£'], "").replace('−', "-").parse::<i64>().unwrap();
    let rows = body.split("<tr>").skip(2);
    let mut seen = 0;
    for row in rows {
        let cells: Vec<i64> = row
            .split("</td>")
            .filter_map(|cell| cell.rfind("<td class=\"n\">").map(|at| number(&cell[at + 14..])))
            .collect();
        assert_eq!(cells[..3].iter().sum::<i64>(), cells[3], "{row}");
        seen += 1;
    }
    assert!(seen > 12);
}

#[test]
fn the_look_at_the_data_alone_has_the_same_section() {
    let outcome = fixture::shop();
    let section = |page: &str| {
        let start = page.find("<section id=\"base\"").unwrap();
        page[start..start + page[start..].find("</section>").unwrap()].to_owned()
    };
    assert_eq!(
        section(&render(&outcome, &Layout::default()).unwrap()),
        section(&render_base(&outcome, &Layout::default()).unwrap())
    );
    let page = ours(&render_base(&outcome, &Layout::default()).unwrap());
    assert!(!page.contains("id=\"answer\"") && page.contains("id=\"data\""));
    // Skips, links and labels lead somewhere here too.
    for target in
        page.match_indices("href=\"#").map(|(at, m)| page[at + m.len()..].split('"').next().unwrap())
    {
        assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
    }
}

#[test]
fn results_of_older_versions_have_no_such_section() {
    let mut outcome = fixture::shop();
    outcome.base = None;
    let page = ours(&render(&outcome, &Layout::default()).unwrap());
    assert!(!page.contains("id=\"base\"") && !page.contains("#base"));
    assert!(render_base(&outcome, &Layout::default()).unwrap().contains("id=\"data\""));
}
