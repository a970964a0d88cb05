//! The facts behind a persona, one sentence each, in original units.

use super::Dimensions;
use crate::profile::FeatureProfile;
use crate::segmented::Segmented;
use crate::table::Unit;
use crate::text::{format_days, format_number, format_share, format_times, format_value};

/// What the segment's typical customer is worth, how often they came and when last, and what they all bring together.
pub(super) fn evidence(
    segmented: &Segmented<'_>,
    segment: usize,
    features: &[FeatureProfile],
    dimensions: &Dimensions,
) -> Vec<String> {
    let sentence = |name: &Option<String>| {
        let name = name.as_ref()?;
        let profile = features.iter().find(|f| f.feature == *name)?;
        let is_recency = Some(name) == dimensions.recency.as_ref();
        let wait = is_recency.then(|| dimensions.typical_wait(segmented, segment)).flatten();
        Some(sentence(segmented, profile, wait))
    };
    let typical =
        [&dimensions.value, &dimensions.frequency, &dimensions.recency, &dimensions.income].map(sentence);
    typical.into_iter().chain([share_of_value(segmented, segment, dimensions)]).flatten().collect()
}

fn sentence(segmented: &Segmented<'_>, profile: &FeatureProfile, wait: Option<f64>) -> String {
    let feature = profile.feature.as_str();
    // People read whole orders and days; the comparison is made with the number that they read.
    let typical = match profile.unit {
        Unit::Count | Unit::Days => profile.median.round(),
        _ => profile.median,
    };
    let value = |v: f64| format_value(profile.unit, v, segmented.currency());
    let window = if feature.ends_with("_12m") { " in the last twelve months" } else { "" };
    let compare = |verb: &str, more: &str| compare(segmented, profile, typical, &[verb, more]);
    match feature {
        "recency_days" => {
            let ago = format_days(typical);
            let tenths = |wait: f64| format_number((wait * 10.0).round() / 10.0);
            let usual = wait.map(|w| match tenths(w).as_str() {
                "1" => ", as long ago as is usual between two of their orders".to_owned(),
                times => format!(", {times} times their own usual time between orders"),
            });
            let all = format_days(profile.median_all);
            format!(
                "the typical customer last ordered {ago} ago{}; all customers: {all}",
                usual.unwrap_or_default()
            )
        }
        "orders" | "orders_12m" if typical < 1.0 => format!("the typical customer did not order{window}"),
        "orders" | "orders_12m" => {
            let times = format_times(typical);
            format!("the typical customer ordered {times}{window}{}", compare("ordered more", "more"))
        }
        "spend" | "spend_12m" if typical.abs() < 0.005 => {
            format!("the typical customer spent nothing{window}")
        }
        "spend" | "spend_12m" => {
            format!("the typical customer spent {}{window}{}", value(typical), compare("spent more", "more"))
        }
        _ => format!("typical {}: {}{}", profile.label, value(typical), compare("have more", "more")),
    }
}

/// "more than 92 % of all customers", "60 % of all customers ordered more", or the typical figure of all where neither half
/// says it; the percent is rounded down, so that it is never too much.
fn compare(segmented: &Segmented<'_>, profile: &FeatureProfile, typical: f64, words: &[&str; 2]) -> String {
    let values = segmented.table().numbers(&profile.feature).unwrap_or_default();
    let share = |holds: &dyn Fn(f64) -> bool| {
        let known = values.iter().filter(|v| !v.is_nan());
        let (n, held) = known.fold((0_usize, 0_usize), |(n, held), v| (n + 1, held + usize::from(holds(*v))));
        held as f64 / n.max(1) as f64
    };
    let (below, above) = (share(&|v| v < typical), share(&|v| v > typical));
    let percent = |share: f64| format_share((share * 100.0).floor() / 100.0);
    match (below, above) {
        (below, _) if below >= 0.55 => format!(", {} than {} of all customers", words[1], percent(below)),
        (_, above) if above >= 0.55 => format!("; {} of all customers {}", percent(above), words[0]),
        _ if profile.feature.starts_with("orders") => {
            format!("; all customers: {}", format_times(profile.median_all))
        }
        _ => {
            let all = format_value(profile.unit, profile.median_all, segmented.currency());
            format!("; all customers: {all}")
        }
    }
}

/// "12 % of all customers bring 49 % of all spend", where value is money.
fn share_of_value(segmented: &Segmented<'_>, segment: usize, dimensions: &Dimensions) -> Option<String> {
    let column = segmented.table().column(dimensions.value.as_ref()?)?;
    if column.feature.unit != Unit::Money {
        return None;
    }
    let values = segmented.table().numbers(&column.feature.name)?;
    let sum = |values: &mut dyn Iterator<Item = f64>| values.filter(|v| !v.is_nan()).sum::<f64>();
    let (own, all) = (sum(&mut segmented.values_of(segment, values)), sum(&mut values.iter().copied()));
    let customers = segmented.sizes()[segment] as f64 / segmented.labels().len() as f64;
    let what = match column.feature.name.as_str() {
        "spend" => "all spend".to_owned(),
        "spend_12m" => "all spend of the last twelve months".to_owned(),
        _ => format!("all {}", column.feature.label),
    };
    let own = own.max(0.0);
    (all > 0.0 && own <= all).then(|| {
        format!("{} of all customers bring {} of {what}", format_share(customers), format_share(own / all))
    })
}
