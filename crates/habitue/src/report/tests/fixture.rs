//! Outcomes to tell: a shop like Online Retail, and some that are hard on a page.

use habitue_core::Money;
use habitue_core::action::{Action, Area, Effort, Stake};
use habitue_core::backtest::{self, Skill};
use habitue_core::lifetime::{Dropout, Estimate, FittedBgNbd, Frequency};
use habitue_core::profile::FeatureProfile;
use habitue_core::rfm::RfmThresholds;
use habitue_core::rule::{Condition, Rule};
use habitue_core::table::{Feature, Unit};
use habitue_core::time::Day;

use crate::outcome::*;

fn estimate(value: f64) -> backtest::Estimate {
    backtest::Estimate { value, low: value * 0.9, high: value * 1.1 }
}

fn later() -> BacktestNote {
    let one = |name: &str, customers: usize, bought, spend, share| SegmentLater {
        name: name.to_owned(),
        persona: "Potential customers".to_owned(),
        customers,
        share: customers as f64 / 3_000.0,
        bought: estimate(bought),
        orders: estimate(bought * 1.5),
        spend: estimate(spend),
        revenue: Money::from_units((customers as f64 * spend) as i64),
        revenue_share: estimate(share),
    };
    let skill = |key: &str, label: &str, groups, value, lead: Option<f64>| GroupingSkill {
        key: key.to_owned(),
        label: label.to_owned(),
        groups,
        skill: Skill { explained: estimate(value), gini: estimate(2.0 * value), auc: estimate(0.5 + value) },
        lead: lead.map(|by| Skill { explained: estimate(by), gini: estimate(by), auc: estimate(by) }),
    };
    BacktestNote {
        days: 90,
        formed: Some(Day(15_228)),
        customers: 3_000,
        revenue: Money::from_units(1_040_000),
        revenue_all: Money::from_units(1_500_000),
        segments: vec![one("Champions", 800, 0.8, 1_000.0, 0.77), one("Low value", 2_200, 0.2, 110.0, 0.23)],
        groupings: vec![
            skill("segments", "These segments", 2, 0.25, None),
            skill("rfm-grid", "The RFM grid", 11, 0.26, Some(-0.01)),
            skill("random", "Groups of the same sizes by lot", 2, 0.001, Some(0.249)),
        ],
        agreement_with_rfm: Some(0.41),
        reasons: vec!["The segments are as good as this and no better.".to_owned()],
        ..BacktestNote::default()
    }
}

/// What breaks out of markup, scripts, attributes and lines.
pub(super) const HOSTILE: &str = "</script><script>alert(5)</script>\"'><img src=x onerror=alert(6)>&lt;b&gt;\
    <a href=\"https://evil.example/\">x</a>\u{2028}\u{202e}drawkcab\u{0}\u{1b}[31m%{x}$x^2$ {{ 7*7 }}";

/// The numbers of one segment of the shop.
struct Plan {
    name: &'static str,
    persona: &'static str,
    customers: usize,
    revenue: i64,
    recency: [f64; 4],
    orders: [f64; 4],
    value: [f64; 4],
    spend: [f64; 4],
    rule: &'static str,
    precision: f64,
    recall: f64,
}

const PLANS: [Plan; 4] = [
    Plan {
        name: "Champions",
        persona: "High-value loyal customers",
        customers: 812,
        revenue: 53_104_419_850,
        recency: [5.0, 12.0, 24.0, 0.13],
        orders: [8.0, 11.0, 16.0, 0.92],
        value: [281.0, 389.4, 560.2, 0.71],
        spend: [2_311.5, 3_418.2, 5_880.9, 0.93],
        rule: "last order within 41 days and at least 7 orders",
        precision: 0.93,
        recall: 0.88,
    },
    Plan {
        name: "Potential regulars",
        persona: "Potential customers",
        customers: 1_187,
        revenue: 18_930_220_410,
        recency: [14.0, 29.0, 58.0, 0.33],
        orders: [2.0, 3.0, 5.0, 0.61],
        value: [240.1, 322.0, 451.3, 0.58],
        spend: [640.2, 980.4, 1_502.7, 0.64],
        rule: "last order within 75 days and 2 to 6 orders",
        precision: 0.81,
        recall: 0.84,
    },
    Plan {
        name: "Good customers drifting away",
        persona: "At risk of churning",
        customers: 946,
        revenue: 8_415_700_020,
        recency: [98.0, 156.0, 231.0, 0.74],
        orders: [2.0, 2.0, 4.0, 0.51],
        value: [220.8, 301.9, 420.0, 0.54],
        spend: [410.7, 655.3, 1_004.1, 0.49],
        rule: "last order 76 to 280 days ago and spend of at least 300",
        precision: 0.86,
        recall: 0.79,
    },
    Plan {
        name: "One small order",
        persona: "Low value",
        customers: 1_389,
        revenue: 2_550_317_860,
        recency: [62.0, 187.0, 282.0, 0.77],
        orders: [1.0, 1.0, 1.0, 0.17],
        value: [102.0, 154.2, 218.6, 0.21],
        spend: [104.4, 160.1, 241.3, 0.16],
        rule: "one order, of at most 280",
        precision: 0.97,
        recall: 0.91,
    },
];

/// An outcome like that of UCI Online Retail, with four segments.
pub(super) fn shop() -> Outcome {
    let customers: usize = PLANS.iter().map(|p| p.customers).sum();
    let revenue: i64 = PLANS.iter().map(|p| p.revenue).sum();
    let apart = -8_500_000;
    let rejected = vec![
        rejected("no-customer", "no customer id", 135_080, 0, 14_476_826_300),
        rejected("exact-duplicate", "exact duplicate of another row", 5_225, 1_921, 219_418_200),
        rejected("zero-price", "price of zero", 40, 31, 0),
    ];
    let rows_rejected: u64 = rejected.iter().map(|r| r.rows).sum();
    let revenue_rejected: i64 = rejected.iter().map(|r| r.revenue.0).sum();
    let kept = revenue + apart;
    let tried = |name: &str, label: &str, silhouette, moved, moved_revenue| Compared {
        name: name.to_owned(),
        label: label.to_owned(),
        segments: 4,
        smallest_share: 0.06,
        largest_share: 0.41,
        nowhere_share: 0.0,
        silhouette: Some(silhouette),
        calinski_harabasz: Some(3120.4),
        davies_bouldin: Some(0.94),
        allowed: true,
        agreement: 0.8,
        moved,
        moved_revenue: Money::from_units(moved_revenue),
    };
    let algorithm = AlgorithmNote {
        name: "kmeans".to_owned(),
        label: "k-means".to_owned(),
        reasons: vec!["K-means ranks first among the algorithms.".to_owned()],
        compared: vec![
            tried("kmeans", "k-means", 0.39, 0, 0),
            tried("ward", "Ward's hierarchy", 0.36, 512, 1_204_551),
        ],
    };
    Outcome {
        schema_version: 1,
        algorithm,
        goods: Some(super::goods::of_shop()),
        program: "habitue 0.1.0".to_owned(),
        kind: Kind::Orders,
        sources: vec![SourceNote {
            path: "data/online_retail.csv".to_owned(),
            format: "CSV, comma, ISO-8859-1".to_owned(),
            rows: 541_909,
        }],
        roles: vec![
            role("customer", "CustomerID", 0.99, "name, and repeated whole numbers"),
            role("time", "InvoiceDate", 0.99, "name, and dates in every row"),
            role("order", "InvoiceNo", 0.97, "name, and one customer for each"),
            role("quantity", "Quantity", 0.95, "name, and whole numbers"),
            role("unit price", "UnitPrice", 0.95, "name, and decimals"),
            role("product", "StockCode", 0.88, "name"),
            role("country", "Country", 1.0, "set by hand"),
        ],
        warnings: vec![
            "135,080 rows without a customer were left out; they carry £1,447,683, 14.9% of the revenue read."
                .to_owned(),
            "December 2011 has only nine days.".to_owned(),
        ],
        input: Input {
            rows_read: 541_909,
            rows_kept: 541_909 - rows_rejected,
            revenue_read: Money(kept + revenue_rejected),
            revenue_kept: Money(kept),
            rejected,
            observed: vec![
                Observed {
                    what: "cancellation-lines".to_owned(),
                    text: "lines of cancelled orders, taken off the purchases they reverse".to_owned(),
                    rows: 8_872,
                    revenue: Money(-6_112_092_400),
                },
                Observed {
                    what: "non-product".to_owned(),
                    text: "postage, fees and manual entries".to_owned(),
                    rows: 2_914,
                    revenue: Money(1_402_117_300),
                },
            ],
            first_day: Some(Day(14_944)),
            last_day: Some(Day(15_317)),
            orders: 18_532,
        },
        as_of: Some(Day(15_318)),
        currency: Some("GBP".to_owned()),
        customers,
        revenue: Money(revenue),
        without_purchase: WithoutPurchase { customers: 38, revenue: Money(apart) },
        features: features(),
        choice: choice(),
        segments: segments(customers, revenue),
        lifecycle: Some(LifecycleNote {
            usual_gap_days: 47.3,
            stages: vec![StageNote {
                stage: habitue_core::lifecycle::Stage::Slipping,
                meaning: "have waited 1.5 to 3 times as long as they usually do".to_owned(),
                customers,
                share: 1.0,
                revenue_12m: Money(revenue),
                by_segment: vec![customers / 4; 4],
                actions: actions(&PLANS[2]),
            }],
        }),
        backtest: Some(later()),
        next_id: Some(5),
        movement: None,
        lifetime: Some(lifetime()),
        rfm: Some(rfm()),
        months: (0..13)
            .filter(|m| *m != 5)
            .map(|m: usize| Month {
                month: format!("{}-{:02}", 2010 + m.div_ceil(12), (m + 11) % 12 + 1),
                revenue: Money([55, 47, 43, 58, 42, 0, 61, 57, 61, 92, 98, 112, 34][m] * 100_000_000 + 7_777),
                orders: 1_000 + 97 * m as u64,
                customers: 700 + 61 * m as u64,
            })
            .collect(),
        base: Some(super::base::shop(&features())),
        sample: sample(),
        settings: serde_json::json!({
            "seed": 0,
            "k": "auto",
            "min_segments": 3,
            "max_segments": 8,
            "min_share": 0.03,
            "features": "core",
            "clean": {"exact_duplicates": "drop", "returns": "net"},
            "prepare": {"winsorise": [0.01, 0.99], "scale": "z-score"},
        }),
    }
}

/// The shop with every text replaced by the worst one.
pub(super) fn hostile() -> Outcome {
    let mut value = serde_json::to_value(shop()).unwrap();
    poison(&mut value, "");
    let mut outcome: Outcome = serde_json::from_value(value).unwrap();
    for segment in &mut outcome.segments {
        segment.name = format!("{} {HOSTILE} {}", segment.id, "long ".repeat(40));
    }
    let mut moved = movement(&outcome);
    moved.vanished[0].name = HOSTILE.to_owned();
    moved.matches[1].previous_name = HOSTILE.to_owned();
    moved.from[4].name = HOSTILE.to_owned();
    outcome.movement = Some(moved);
    outcome
}

/// Replaces texts, except those whose form is fixed.
fn poison(value: &mut serde_json::Value, key: &str) {
    // Amounts and dates are texts whose form is fixed, and so are the words that stand for one of a few things.
    const FIXED: &[&str] = &[
        "known", "dropout", "kind", "unit", "area", "feature", "features", "tier", "covered", "scale",
        "currency", "stage", "effort", "model",
    ];
    let is_figure =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b"-.".contains(&b));
    match value {
        serde_json::Value::String(text) if !FIXED.contains(&key) && !is_figure(text) => {
            *text = HOSTILE.to_owned()
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| poison(item, key)),
        serde_json::Value::Object(fields) => {
            // A feature's name ties its column, profile and sample together.
            let feature = fields.contains_key("description");
            fields.iter_mut().filter(|(k, _)| !(feature && *k == "name")).for_each(|(k, v)| poison(v, k));
        }
        _ => {}
    }
}

/// A table of customers: no money, no dates, no RFM.
pub(super) fn customers_only() -> Outcome {
    let mut outcome = shop();
    outcome.goods = None;
    outcome.segments.iter_mut().for_each(|segment| segment.goods = None);
    let of = |name: &str, label: &str, unit| FeatureNote {
        feature: Feature {
            name: name.to_owned(),
            label: label.to_owned(),
            unit,
            description: format!("The column {label} as given."),
        },
        clustered: true,
        preparation: "z-score".to_owned(),
        missing: 0,
    };
    outcome.kind = Kind::Customers;
    outcome.features = vec![
        of("age", "age", Unit::Number),
        of("income", "income", Unit::Number),
        of("score", "score", Unit::Share),
    ];
    outcome.base = Some(super::base::customers_only(&outcome.features));
    outcome.as_of = None;
    outcome.currency = None;
    outcome.warnings.clear();
    outcome.backtest = None;
    outcome.lifecycle = None;
    outcome.rfm = None;
    outcome.lifetime = None;
    outcome.segments.iter_mut().for_each(|segment| segment.prospects = None);
    outcome.months.clear();
    outcome.revenue = Money::ZERO;
    outcome.without_purchase = WithoutPurchase::default();
    outcome.input = Input {
        rows_read: 4_334,
        rows_kept: 4_334,
        revenue_read: Money::ZERO,
        revenue_kept: Money::ZERO,
        rejected: vec![],
        observed: vec![],
        first_day: None,
        last_day: None,
        orders: 0,
    };
    outcome.sample.features.truncate(2);
    for (feature, name) in outcome.sample.features.iter_mut().zip(["age", "income"]) {
        feature.feature = name.to_owned();
    }
    for segment in &mut outcome.segments {
        segment.revenue = Money::ZERO;
        segment.revenue_share = 0.0;
        segment.revenue_12m = Money::ZERO;
        segment.evidence = vec!["They are younger than most.".to_owned()];
        segment.profile.truncate(2);
        for (p, name) in segment.profile.iter_mut().zip(["age", "income"]) {
            p.feature = name.to_owned();
            p.label = name.to_owned();
            p.unit = Unit::Number;
        }
        for action in &mut segment.actions {
            action.stake = None;
        }
    }
    outcome.movement = Some(movement(&outcome));
    outcome
}

/// No structure: everybody in one segment, and little else known.
pub(super) fn one_segment() -> Outcome {
    let mut outcome = shop();
    outcome.segments.truncate(1);
    let segment = &mut outcome.segments[0];
    segment.name = "All customers".to_owned();
    segment.customers = outcome.customers;
    segment.revenue = outcome.revenue;
    (segment.share, segment.revenue_share) = (1.0, 1.0);
    segment.silhouette = None;
    segment.rule = Rule { text: String::new(), conditions: vec![], precision: 1.0, recall: 1.0 };
    outcome.sample.segment.fill(1);
    segment.prospects = None;
    let refused = |model: &str| RefusedModel {
        model: model.to_owned(),
        code: "too-few-repeat-buyers".to_owned(),
        reason: "12 of the customers bought again; the estimate needs at least 30".to_owned(),
    };
    outcome.lifetime = Some(LifetimeNote {
        model: None,
        bg_nbd: None,
        mbg_nbd: None,
        refused: vec![refused("bg-nbd"), refused("mbg-nbd"), refused("gamma-gamma")],
        total: None,
        check: None,
        ..lifetime()
    });
    outcome.choice.k = 1;
    outcome.choice.reasons = vec!["The gap statistic is highest for one segment: no structure.".to_owned()];
    outcome.rfm = None;
    outcome.months.truncate(1);
    outcome.currency = None;
    outcome.roles.clear();
    outcome.settings = serde_json::Value::Null;
    outcome
}

/// Twelve segments.
pub(super) fn twelve_segments() -> Outcome {
    let mut outcome = shop();
    let four = outcome.segments.clone();
    outcome.segments = (0..12)
        .map(|i| {
            let mut segment = four[i % 4].clone();
            segment.id = i + 1;
            segment.name = format!("{} ({} of 3)", segment.name, i / 4 + 1);
            segment.customers /= 3;
            segment.share /= 3.0;
            segment.revenue_share /= 3.0;
            segment.revenue.0 /= 3;
            segment
        })
        .collect();
    outcome.sample.segment.iter_mut().enumerate().for_each(|(i, s)| *s += 4 * (i % 3));
    outcome.choice.k = 12;
    for row in &mut outcome.rfm.as_mut().unwrap().grid {
        row.by_segment = (0..12).map(|i| row.by_segment[i % 4] / 3).collect();
    }
    outcome
}

fn rejected(reason: &str, text: &str, rows: u64, customers: u64, revenue: i64) -> Rejected {
    Rejected { reason: reason.to_owned(), text: text.to_owned(), rows, customers, revenue: Money(revenue) }
}

fn role(role: &str, column: &str, confidence: f64, why: &str) -> RoleNote {
    RoleNote { role: role.to_owned(), column: column.to_owned(), confidence, why: why.to_owned() }
}

const FEATURES: [(&str, &str, Unit, &str, &str); 6] = [
    (
        "recency_days",
        "days since last order",
        Unit::Days,
        "Days between the last order and the as-of date.",
        "logarithm, then z-score",
    ),
    (
        "orders_12m",
        "orders in 12 months",
        Unit::Count,
        "Orders in the twelve months before the as-of date.",
        "logarithm, then z-score",
    ),
    (
        "average_order_value",
        "average order value",
        Unit::Money,
        "Money bought divided by orders, over the whole period.",
        "capped at the 1st and 99th percentile, logarithm, then z-score",
    ),
    (
        "spend_12m",
        "spend in 12 months",
        Unit::Money,
        "Net spend in the twelve months before the as-of date.",
        "capped at the 1st and 99th percentile, logarithm, then z-score",
    ),
    ("return_share", "share returned", Unit::Share, "Money returned divided by money bought.", ""),
    ("products", "different products", Unit::Count, "Distinct products bought.", ""),
];

fn features() -> Vec<FeatureNote> {
    FEATURES
        .iter()
        .map(|(name, label, unit, description, preparation)| FeatureNote {
            feature: Feature {
                name: (*name).to_owned(),
                label: (*label).to_owned(),
                unit: *unit,
                description: (*description).to_owned(),
            },
            clustered: !preparation.is_empty(),
            preparation: (*preparation).to_owned(),
            missing: 0,
        })
        .collect()
}

fn segments(customers: usize, revenue: i64) -> Vec<Segment> {
    let all = [51.0, 2.0, 293.9, 652.3, 0.0, 35.0];
    let segment = |(i, p): (usize, &Plan)| {
        let quartiles =
            [p.recency, p.orders, p.value, p.spend, [0.0, 0.004, 0.03, 0.52], [12.0, 41.0, 80.0, 0.55]];
        let profile = FEATURES.iter().zip(quartiles).zip(all);
        let profile =
            profile.map(|(((name, label, unit, ..), [low, median, high, standing]), median_all)| {
                FeatureProfile {
                    feature: (*name).to_owned(),
                    label: (*label).to_owned(),
                    unit: *unit,
                    mean: median * 1.1,
                    low,
                    median,
                    high,
                    median_all,
                    standing,
                    apart: Some(0.4),
                    lift: Some(1.6),
                }
            });
        Segment {
            typical: vec![TypicalCustomer {
                customer_id: "C17850".to_owned(),
                values: vec![Some(12.0), Some(9.0), None],
            }],
            id: i + 1,
            name: p.name.to_owned(),
            persona: p.persona.to_owned(),
            tier: habitue_core::persona::Tier::Middle,
            persona_key: "high-value-loyal".to_owned(),
            evidence: vec![
                format!(
                    "A typical customer here spent £{:.2} in twelve months; of all customers it is £652.30.",
                    p.spend[1]
                ),
                format!("Their last order was {:.0} days ago; of all customers it is 51.", p.recency[1]),
            ],
            customers: p.customers,
            share: p.customers as f64 / customers as f64,
            revenue: Money(p.revenue),
            revenue_share: p.revenue as f64 / revenue as f64,
            revenue_12m: Money(p.revenue / 10 * 9),
            silhouette: Some([0.52, 0.31, 0.28, 0.61][i]),
            stability: Some(0.81),
            confidence: [0.94, 0.78, 0.71, 0.95][i],
            prospects: Some(prospects(i)),
            rule: Rule {
                text: p.rule.to_owned(),
                conditions: vec![Condition {
                    feature: "recency_days".to_owned(),
                    at_least: None,
                    at_most: Some(41.0),
                }],
                precision: p.precision,
                recall: p.recall,
            },
            profile: profile.collect(),
            goods: Some(super::goods::of_segment(i)),
            actions: actions(p),
        }
    };
    PLANS.iter().enumerate().map(segment).collect()
}

/// What the segments are expected to bring.
fn prospects(i: usize) -> Prospects {
    Prospects {
        expected_orders: [5_120.4, 2_310.4, 1_020.4, 640.4][i],
        expected_spend: Some(Money([39_000_000_000, 11_000_004_999, 5_000_004_999, 1_900_000_000][i])),
        lifetime_value: Some(Money([37_200_000_000, 10_490_000_000, 4_770_000_000, 1_810_000_000][i])),
        probability_alive: [0.99, 0.91, 0.62, 0.48][i],
        likely_gone: [0, 41, 233, 310][i],
        revenue_at_risk: Money([0, 310_000_000, 1_200_000_000, 400_000_000][i]),
    }
}

fn lifetime() -> LifetimeNote {
    let of = |value| Estimate { value, standard_error: Some(value / 20.0) };
    let orders = FittedBgNbd {
        dropout: Dropout::BgNbd,
        r: of(0.83),
        alpha: of(68.9),
        a: of(0.0034),
        b: of(6.7),
        log_likelihood: -75_000.0,
        customers: 4_338,
        repeat_buyers: 2_790,
        dropout_is_measured: false,
    };
    let all: Vec<Prospects> = (0..4).map(prospects).collect();
    let money = |of: fn(&Prospects) -> Money| all.iter().map(of).sum();
    LifetimeNote {
        horizon_days: 365,
        yearly_discount: 0.1,
        model: Some(Dropout::BgNbd),
        bg_nbd: Some(orders),
        mbg_nbd: Some(FittedBgNbd { dropout: Dropout::MbgNbd, log_likelihood: -75_000.1, ..orders }),
        gamma_gamma: None,
        refused: Vec::new(),
        total: Some(Prospects {
            expected_orders: all.iter().map(|p| p.expected_orders).sum(),
            expected_spend: Some(money(|p| p.expected_spend.unwrap_or_default())),
            lifetime_value: Some(money(|p| p.lifetime_value.unwrap_or_default())),
            probability_alive: 0.8,
            likely_gone: 584,
            revenue_at_risk: money(|p| p.revenue_at_risk),
        }),
        check: Some(LifetimeCheck {
            frequencies: [1548, 870, 560, 380, 250, 180, 130, 420]
                .iter()
                .zip(0..)
                .map(|(&actual, repeats)| Frequency { repeats, actual, expected: actual as f64 * 1.01 })
                .collect(),
            later: Some(LaterCheck {
                until: Day(15_223),
                days: 94,
                customers: 3_300,
                expected: 4_410.2,
                actual: 5_120,
            }),
        }),
    }
}

fn actions(plan: &Plan) -> Vec<Action> {
    let action = |area, title: &str, text: &str| Action {
        area,
        title: title.to_owned(),
        text: text.to_owned(),
        offer: None,
        channel: None,
        timing: None,
        stake: None,
        campaign: None,
        effort: Effort::Low,
    };
    vec![
        Action {
            offer: Some("Early access to the new range, no discount".to_owned()),
            channel: Some("E-mail, personal".to_owned()),
            timing: Some(format!("Within {:.0} days of the last order", plan.recency[2])),
            stake: Some(Stake {
                amount: Money(plan.revenue / 10 * 9),
                meaning: "spent by these customers in the last twelve months".to_owned(),
            }),
            ..action(
                Area::Marketing,
                &format!("Speak to {} first", plan.name.to_lowercase()),
                "They buy without a discount: keep prices and give attention instead.",
            )
        },
        Action {
            stake: Some(Stake {
                amount: Money(plan.revenue / 7),
                meaning: "spent by those who are slipping".to_owned(),
            }),
            ..action(
                Area::Lifecycle,
                "Call the ones who are slipping",
                "One in nine has waited twice as long as usual for the next order.",
            )
        },
        action(
            Area::Price,
            "No vouchers",
            "Only 3.1% of their spend was on discount; a voucher gives money away.",
        ),
        action(
            Area::Stock,
            "Hold more gift boxes",
            "They buy 61.0% of all gift boxes, with 18.7% of the customers.",
        ),
    ]
}

fn choice() -> Choice {
    let silhouettes =
        [None, Some(0.433), Some(0.337), Some(0.338), Some(0.317), Some(0.313), Some(0.310), Some(0.304)];
    let candidates = silhouettes.iter().enumerate().map(|(i, &silhouette)| Candidate {
        k: i + 1,
        inertia: 17_336.0 / (1.0 + 0.8 * i as f64),
        silhouette,
        silhouette_error: None,
        calinski_harabasz: silhouette.map(|s| s * 11_000.0),
        davies_bouldin: silhouette.map(|s| 1.3 - s),
        dunn: Some(0.4),
        prediction_strength: Some(0.83),
        stability: Some(0.79),
        gap: Some(0.62 + 0.4 * (1.0 - 1.0 / (1.0 + i as f64)) - 0.01 * (i as f64 - 4.0).abs()),
        gap_error: Some(0.012),
        told: Some(0.2),
        smallest_share: 1.0 / (i as f64 + 1.3),
        largest_share: 1.0 / (i as f64 + 1.0).sqrt(),
        allowed: (3..=8).contains(&(i + 1)),
    });
    let pick = |index: &str, k, text: &str| Pick { index: index.to_owned(), k, text: text.to_owned() };
    Choice {
        k: 4,
        forced: false,
        candidates: candidates.collect(),
        picks: vec![
            pick("silhouette", Some(2), "two segments lie furthest apart: buyers and the rest"),
            pick("knee of the inertia", Some(4), "after four, a further segment explains little"),
            pick("gap", Some(4), "the smallest number within one standard error of the best"),
            pick("stability", None, "every number up to 6 comes out the same in resampling"),
        ],
        reasons: vec![
            "The customers are not one group: the gap statistic is better for four segments than for one."
                .to_owned(),
            "The silhouette alone says 2, which is true but no plan; your settings ask for at least 3."
                .to_owned(),
            "Of the numbers allowed, 4 has the best silhouette, and the inertia bends there.".to_owned(),
        ],
    }
}

fn rfm() -> RfmNote {
    let names = ["Lost", "Hibernating", "About to sleep", "Loyal", "Champions"];
    let mut cells = Vec::new();
    for r in 1..=5_usize {
        for f in 1..=5_usize {
            for m in 1..=5_usize {
                let customers = 120_usize / (1 + 3 * f.abs_diff(m) + f.abs_diff(r));
                cells.push(RfmCell {
                    rfm: format!("{r}{f}{m}"),
                    name: names[(r + f) / 2 - 1].to_owned(),
                    customers,
                    revenue: Money((customers * m * m * m * f) as i64 * 170_123),
                });
            }
        }
    }
    let grid = names.iter().rev().map(|name| {
        let of_name = || cells.iter().filter(|c| c.name == *name);
        let customers: usize = of_name().map(|c| c.customers).sum();
        let first = customers / 2;
        RfmGridRow {
            name: (*name).to_owned(),
            customers,
            revenue: of_name().map(|c| c.revenue).sum(),
            by_segment: vec![
                first,
                customers / 4,
                customers / 8,
                customers - first - customers / 4 - customers / 8,
            ],
        }
    });
    RfmNote {
        thresholds: RfmThresholds {
            recency_days: [14.0, 33.0, 72.0, 180.0],
            orders: [1.0, 1.0, 3.0, 6.0],
            spend: [250.3, 490.7, 940.1, 2_058.4],
        },
        grid: grid.collect(),
        cells,
    }
}

fn sample() -> Sample {
    let mut sample = Sample { of: 4_334, ..Sample::default() };
    let mut columns: [Vec<Option<f64>>; 4] = Default::default();
    // A small linear generator: the picture only has to look like customers.
    let mut state = 12_345_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    for i in 0..3_000 {
        let plan = &PLANS[i % 4];
        sample.segment.push(i % 4 + 1);
        for (column, [low, median, high, _]) in
            columns.iter_mut().zip([plan.recency, plan.orders, plan.value, plan.spend])
        {
            let spread = (high / low).max(1.2).ln() / 1.35;
            let bell: f64 = (0..6).map(|_| random()).sum::<f64>() - 3.0;
            column.push(Some((median * (bell * 1.4 * spread).exp()).clamp(1.0, 279_138.0).round()));
        }
    }
    columns[3][17] = Some(0.0);
    columns[0][18] = None;
    let names = FEATURES.iter().map(|f| f.0.to_owned());
    sample.features = names.zip(columns).map(|(feature, values)| SampleFeature { feature, values }).collect();
    sample
}

/// The shop with a run before it, in which the second segment was another and a fifth has vanished.
pub(super) fn moved() -> Outcome {
    let mut outcome = shop();
    outcome.segments[1].id = 7;
    outcome.sample.segment.iter_mut().filter(|s| **s == 2).for_each(|s| *s = 7);
    outcome.movement = Some(movement(&outcome));
    outcome
}

/// A movement into the segments of an outcome: of each hundred 80 stayed, 10 came from the next, 10 are new.
pub(super) fn movement(outcome: &Outcome) -> Movement {
    let now = &outcome.segments;
    let n = now.len();
    let place = |place, id, name: &str| MovementPlace { place, id, name: name.to_owned() };
    let mut to: Vec<_> = now.iter().map(|s| place(PlaceKind::Segment, Some(s.id), &s.name)).collect();
    let mut from = to.clone();
    from.push(place(PlaceKind::Segment, Some(6), "Weekend guests"));
    from.push(place(PlaceKind::Absent, None, "New customers"));
    to.push(place(PlaceKind::Absent, None, "Gone from the data"));
    let cell = |f: usize, t: usize| {
        let (percent, change) = match (f, t) {
            (f, t) if f == t && f < n => (80, Change::Stayed),
            (f, t) if t == n => (if f == n { 5 } else { 0 }, Change::Gone),
            (f, t) if f == n + 1 && t < n => (10, Change::Came),
            (f, t) if t + 1 == f => (4, Change::Better),
            (f, t) if f + 1 == t => (6, Change::Worse),
            (f, t) => (0, if f > t { Change::Better } else { Change::Worse }),
        };
        let segment = &now[t.min(n - 1)];
        let flow = habitue_core::movement::Flow {
            customers: segment.customers * percent / 100,
            revenue: Money(segment.revenue.0 * percent as i64 / 100),
        };
        Move { flow, change, entered_at_risk: change == Change::Worse && t >= 2 }
    };
    let matrix: Vec<Vec<Move>> = (0..n + 2).map(|f| (0..=n).map(|t| cell(f, t)).collect()).collect();
    let sum = |wanted: &dyn Fn(&Move) -> bool| {
        let mut sum = habitue_core::movement::Flow::default();
        for step in matrix.iter().flatten().filter(|m| wanted(m)) {
            sum.customers += step.flow.customers;
            sum.revenue += step.flow.revenue;
        }
        sum
    };
    let one = |(i, s): (usize, &Segment)| Match {
        id: s.id,
        previous_id: s.id,
        name: s.name.clone(),
        previous_name: if i == 1 { "Regulars".to_owned() } else { s.name.clone() },
        persona: s.persona.clone(),
        previous_persona: s.persona.clone(),
        overlap: 0.7,
        stayed: matrix[i][i].flow.customers,
        customers: s.customers,
        previous_customers: s.customers + 40,
    };
    Movement {
        previous: PreviousRun {
            folder: Some("results/of october".to_owned()),
            as_of: outcome.as_of.map(|day| Day(day.0 - 30)),
            customers: outcome.customers + 40 * n,
            segments: n + 1,
        },
        as_of: outcome.as_of,
        matches: now.iter().enumerate().map(one).collect(),
        new: Vec::new(),
        vanished: vec![FormerSegment { id: 6, name: "Weekend guests".to_owned(), customers: 60 }],
        stayed: sum(&|m| m.change == Change::Stayed),
        moved_up: sum(&|m| m.change == Change::Better),
        moved_down: sum(&|m| m.change == Change::Worse),
        came: sum(&|m| m.change == Change::Came),
        gone: sum(&|m| m.change == Change::Gone),
        entered_at_risk: sum(&|m| m.entered_at_risk),
        agreement: Some(0.61),
        from,
        to,
        matrix,
    }
}
