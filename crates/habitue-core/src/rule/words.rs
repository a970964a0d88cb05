//! Conditions in plain words.

use super::Condition;
use crate::segmented::Segmented;
use crate::table::{Feature, Unit};
use crate::text::{format_count, format_days, format_value, join_and};

/// The conditions as one phrase; "all customers" without any.
///
/// Neighbours with the same window say it once: "at least 5 orders and spent £1,700 or more in the last twelve months".
pub(super) fn text(segmented: &Segmented<'_>, conditions: &[Condition]) -> String {
    let known = conditions.iter().filter_map(|condition| {
        let feature = &segmented.table().column(&condition.feature)?.feature;
        Some((window(&feature.name), phrase(feature, condition, segmented.currency())))
    });
    let known: Vec<(&'static str, String)> = known.collect();
    if known.is_empty() {
        return "all customers".to_owned();
    }
    let mixed = known.iter().any(|(window, _)| !matches!(*window, "" | ALL_TIME));
    let runs = known.chunk_by(|a, b| a.0 == b.0 && !a.0.is_empty()).map(|run| {
        let mut phrases: Vec<String> = run.iter().map(|(_, phrase)| phrase.clone()).collect();
        if let Some(last) = phrases.last_mut() {
            last.push_str(closing(run[0].0, mixed));
        }
        phrases
    });
    let runs: Vec<Vec<String>> = runs.collect();
    match runs.split_last() {
        // A pair in the middle needs a comma after it: "a and b in the last twelve months, and c".
        Some((last, start)) if start.iter().any(|run| run.len() > 1) => {
            let start: Vec<String> = start.iter().map(|run| join_and(run)).collect();
            format!("{}, and {}", start.join(", "), join_and(last))
        }
        _ => join_and(&runs.concat()),
    }
}

/// The window as it is said: "in all" only beside another window, where it would be missed.
fn closing(window: &'static str, mixed: bool) -> &'static str {
    if window == ALL_TIME && !mixed { "" } else { window }
}

const ALL_TIME: &str = " in all";

/// The time over which a feature counts, as a phrase ends with it.
fn window(feature: &str) -> &'static str {
    match feature {
        "orders" | "spend" => ALL_TIME,
        "orders_12m" | "spend_12m" => " in the last twelve months",
        "spend_90d" => " in the last 90 days",
        _ => "",
    }
}

/// One condition in words, without its window; features of orders have their own phrases, all others speak by label and unit.
fn phrase(feature: &Feature, condition: &Condition, currency: Option<&str>) -> String {
    let value = |v: f64| format_value(feature.unit, v, currency);
    let bounds = Bound::of(condition);
    match feature.name.as_str() {
        "recency_days" => match bounds {
            Bound::AtLeast(low) => format!("last order at least {} ago", format_days(low)),
            Bound::AtMost(high) => format!("last order within {}", format_days(high)),
            Bound::Between(low, high) => format!("last order {} ago", days_between(low, high)),
        },
        "orders" | "orders_12m" => orders(bounds),
        "spend" | "spend_12m" | "spend_90d" => spent(bounds, value),
        "average_order_value" => match bounds {
            Bound::AtLeast(low) => format!("average order of {} or more", value(low)),
            Bound::AtMost(high) => format!("average order of {} or less", value(high)),
            Bound::Between(low, high) => format!("average order of {} to {}", value(low), value(high)),
        },
        "tenure_days" => match bounds {
            Bound::AtLeast(low) => format!("first order at least {} ago", format_days(low)),
            Bound::AtMost(high) => format!("first order within {}", format_days(high)),
            Bound::Between(low, high) => format!("first order {} ago", days_between(low, high)),
        },
        _ => generic(feature, bounds, value),
    }
}

#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
    Between(f64, f64),
}

impl Bound {
    fn of(condition: &Condition) -> Self {
        match (condition.at_least, condition.at_most) {
            (Some(low), Some(high)) => Self::Between(low, high),
            (Some(low), None) => Self::AtLeast(low),
            (None, high) => Self::AtMost(high.unwrap_or(f64::INFINITY)),
        }
    }
}

fn orders(bounds: Bound) -> String {
    let count = |v: f64| format_count(v.max(0.0).round() as usize);
    let counted = |v: f64| {
        if v.round() <= 1.0 { format!("{} order", count(v)) } else { format!("{} orders", count(v)) }
    };
    match bounds {
        Bound::AtMost(high) if high < 1.0 => "no order".to_owned(),
        Bound::AtLeast(low) => format!("at least {}", counted(low)),
        Bound::AtMost(high) => format!("at most {}", counted(high)),
        Bound::Between(low, high) if same(low, high) => format!("exactly {}", counted(low)),
        Bound::Between(low, high) => format!("{} to {}", count(low), counted(high)),
    }
}

fn spent(bounds: Bound, value: impl Fn(f64) -> String) -> String {
    match bounds {
        Bound::AtMost(high) if same(high, 0.0) => "spent nothing".to_owned(),
        Bound::AtLeast(low) => format!("spent {} or more", value(low)),
        Bound::AtMost(high) => format!("spent {} or less", value(high)),
        Bound::Between(low, high) => format!("spent {} to {}", value(low), value(high)),
    }
}

fn days_between(low: f64, high: f64) -> String {
    if same(low, high) {
        format_days(low)
    } else {
        format!("{} to {}", format_count(low as usize), format_days(high))
    }
}

fn generic(feature: &Feature, bounds: Bound, value: impl Fn(f64) -> String) -> String {
    // "days between orders of at least 30", not "of at least 30 days".
    let says_unit = feature.unit == Unit::Days && feature.label.to_lowercase().contains("days");
    let value = |v: f64| match value(v) {
        text if says_unit => text.trim_end_matches(" days").trim_end_matches(" day").to_owned(),
        text => text,
    };
    let label = &feature.label;
    match bounds {
        Bound::AtLeast(low) => format!("{label} at least {}", value(low)),
        Bound::AtMost(high) => format!("{label} at most {}", value(high)),
        Bound::Between(low, high) if same(low, high) => format!("{label} exactly {}", value(low)),
        Bound::Between(low, high) => format!("{label} from {} to {}", value(low), value(high)),
    }
}

fn same(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq()
}
