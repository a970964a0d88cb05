//! Conditions in plain words.

use super::Condition;
use crate::segmented::Segmented;
use crate::table::{Feature, Unit};
use crate::text::{format_count, format_days, format_value, join_and};

/// The conditions as one phrase; "all customers" without any.
pub(super) fn text(segmented: &Segmented<'_>, conditions: &[Condition]) -> String {
    let phrases = conditions.iter().filter_map(|condition| {
        let column = segmented.table().column(&condition.feature)?;
        Some(phrase(&column.feature, condition, segmented.currency()))
    });
    match phrases.collect::<Vec<_>>() {
        none if none.is_empty() => "all customers".to_owned(),
        phrases => join_and(&phrases),
    }
}

/// One condition in words; features of orders have their own phrases, all others speak by label and unit.
fn phrase(feature: &Feature, condition: &Condition, currency: Option<&str>) -> String {
    let value = |v: f64| format_value(feature.unit, v, currency);
    let bounds = Bound::of(condition);
    match feature.name.as_str() {
        "recency_days" => match bounds {
            Bound::AtLeast(low) => format!("last order at least {} ago", format_days(low)),
            Bound::AtMost(high) => format!("last order within {}", format_days(high)),
            Bound::Between(low, high) => format!("last order {} ago", days_between(low, high)),
        },
        "orders" => orders(bounds),
        "orders_12m" => format!("{} in the last twelve months", orders(bounds)),
        "spend" => spent(bounds, value),
        "spend_12m" => format!("{} in the last twelve months", spent(bounds, value)),
        "spend_90d" => format!("{} in the last 90 days", spent(bounds, value)),
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
