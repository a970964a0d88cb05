//! A look at all customers together, before any segment is made.

use std::collections::BTreeMap;

use habitue_core::base::cohorts::retention;
use habitue_core::base::concentration::Concentration;
use habitue_core::base::correlation::spearman;
use habitue_core::base::histogram::{Histogram, histogram_of_sorted};
use habitue_core::base::hopkins::Hopkins;
use habitue_core::base::outliers::Spread;
use habitue_core::math::quantile::sorted;
use habitue_core::table::{Column, Table, Values};
use habitue_core::time::{Day, Month};
use habitue_core::{Matrix, Money, features};
use rayon::prelude::*;

use super::base::Base;
use crate::error::Error;
use crate::outcome::{
    CategoryCount, CategorySpread, Coming, Correlations, CustomerBase, FeatureSpread, MonthNote, OrderCount,
    Outlier, Outliers,
};
use crate::pipeline::orders::Comings;
use crate::settings::Settings;

/// Customers listed as far out, at most.
const MOST_LISTED: usize = 20;
/// Categories of a feature listed, at most.
const MOST_CATEGORIES: usize = 12;
/// Customers that correlations are computed on, at most about so many.
const MOST_CORRELATED: usize = 50_000;
/// Where the classes of the number of orders begin.
const ORDER_CLASSES: [u64; 9] = [1, 2, 3, 4, 5, 6, 11, 21, 51];

/// Looks at all customers; `x` are their prepared features, where there are any.
///
/// # Errors
/// Only if distances between prepared features overflow.
pub(super) fn look(base: &Base, x: Option<&Matrix>, settings: &Settings) -> Result<CustomerBase, Error> {
    let spreads: Vec<_> = base.table.columns.par_iter().filter_map(spread).collect();
    let hopkins = Hopkins { seed: settings.choose.seed, ..Hopkins::default() };
    Ok(CustomerBase {
        coming: base.comings.as_ref().map(|comings| coming(base, comings)),
        concentration: Concentration::of(&base.net),
        outliers: outliers(base, &spreads.iter().map(|(name, s, _)| (*name, *s)).collect::<Vec<_>>()),
        features: spreads
            .into_iter()
            .map(|(name, spread, histogram)| FeatureSpread {
                feature: name.to_owned(),
                spread: spread.summary,
                histogram,
            })
            .collect(),
        categories: base.table.columns.iter().filter_map(categories).collect(),
        correlations: correlations(&base.table),
        clusterability: x.map(|x| hopkins.fit(x)).transpose()?.flatten(),
    })
}

/// How one feature of numbers is spread.
fn spread(column: &Column) -> Option<(&str, Spread, Histogram)> {
    let Values::Number(values) = &column.values else { return None };
    let sorted = sorted(values.iter().copied().filter(|v| v.is_finite()));
    let spread = Spread::of_sorted(&sorted, (values.len() - sorted.len()) as u64)?;
    Some((&column.feature.name, spread, histogram_of_sorted(&sorted, column.feature.unit)?))
}

fn coming(base: &Base, comings: &Comings) -> Coming {
    let days = base.input.first_day.zip(base.input.last_day);
    let cohorts = comings.cohorts.cohorts();
    let from = cohorts.get(1).or(cohorts.first()).map(|c| c.month);
    let retained = from.zip(days).map(|(from, (_, last))| retention(&cohorts, from, last_whole(last)));
    Coming {
        months: comings
            .cohorts
            .months()
            .into_iter()
            .map(|of| MonthNote { covered: days.and_then(|days| covered(of.month, days)), of })
            .collect(),
        cohorts,
        retention: retained.unwrap_or_default(),
        retention_from: from,
        by_orders: by_orders(base),
        gaps: comings.gaps.clone().finish(),
        to_second: comings.to_second.clone().finish(),
    }
}

/// The last month that ends no later than a day.
fn last_whole(last: Day) -> Month {
    let month = Month::of(last);
    if month.last_day() <= last { month } else { Month(month.0 - 1) }
}

/// The days of a month that lie within the data, if not all of them do.
fn covered(month: Month, (first, last): (Day, Day)) -> Option<(Day, Day)> {
    let (from, to) = (month.first_day(), month.last_day());
    (first > from || last < to).then(|| (first.max(from), last.min(to)))
}

/// Customers by the number of their orders, class by class.
fn by_orders(base: &Base) -> Vec<OrderCount> {
    let upper = |at: usize| ORDER_CLASSES.get(at + 1).map(|next| next - 1);
    let class =
        |(at, &from): (usize, &u64)| OrderCount { from, to: upper(at), customers: 0, revenue: Money::ZERO };
    let mut classes: Vec<OrderCount> = ORDER_CLASSES.iter().enumerate().map(class).collect();
    for (&orders, &net) in base.table.numbers("orders").unwrap_or_default().iter().zip(&base.net) {
        let at = ORDER_CLASSES.partition_point(|&from| from as f64 <= orders);
        if let Some(class) = at.checked_sub(1).map(|at| &mut classes[at]) {
            class.customers += 1;
            class.revenue += net;
        }
    }
    classes.retain(|c| c.customers > 0);
    classes
}

fn outliers(base: &Base, spreads: &[(&str, Spread)]) -> Outliers {
    let is_rfm = |name: &str| !base.net.is_empty() && features::RFM.contains(&name);
    let looked_at: Vec<(&str, Spread, &[f64])> = spreads
        .iter()
        .filter(|(name, _)| is_rfm(name) || base.clustered.iter().any(|c| c == name))
        .filter_map(|(name, spread)| Some((*name, *spread, base.table.numbers(name)?)))
        .collect();
    // Of each customer the feature in which they are farthest out; ties go to the first.
    let farthest = |customer: usize| {
        let scores = looked_at.iter().enumerate().map(|(f, (_, s, values))| (f, s.score(values[customer])));
        scores.filter(|(_, score)| score.is_finite()).fold(
            None,
            |best: Option<(usize, f64)>, next| match best {
                Some(best) if best.1.abs() >= next.1.abs() => Some(best),
                _ => Some(next),
            },
        )
    };
    let is_far =
        |&(customer, (f, _)): &(usize, (usize, f64))| looked_at[f].1.is_far(looked_at[f].2[customer]);
    let mut far: Vec<(usize, (usize, f64))> = (0..base.table.n_rows())
        .into_par_iter()
        .filter_map(|customer| Some((customer, farthest(customer)?)))
        .filter(is_far)
        .collect();
    let revenue: Money = far.iter().filter_map(|f| base.net.get(f.0)).copied().sum();
    let total: Money = base.net.iter().copied().sum();
    let customers = far.len() as u64;
    far.sort_by(|a, b| b.1.1.abs().total_cmp(&a.1.1.abs()).then(a.0.cmp(&b.0)));
    let outlier = |&(customer, (f, score)): &(usize, (usize, f64))| Outlier {
        customer: base.table.ids[customer].clone(),
        feature: looked_at[f].0.to_owned(),
        value: looked_at[f].2[customer],
        score,
        revenue: base.net.get(customer).copied(),
    };
    Outliers {
        features: looked_at.iter().map(|l| l.0.to_owned()).collect(),
        customers,
        revenue,
        revenue_share: if total > Money::ZERO { revenue.to_f64() / total.to_f64() } else { 0.0 },
        listed: far.iter().take(MOST_LISTED).map(outlier).collect(),
    }
}

fn categories(column: &Column) -> Option<CategorySpread> {
    let Values::Category(values) = &column.values else { return None };
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    values.iter().flatten().for_each(|value| *counts.entry(value).or_default() += 1);
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, n)| std::cmp::Reverse(n));
    let rest = counts.split_off(counts.len().min(MOST_CATEGORIES));
    let count = |(value, customers): (&str, u64)| CategoryCount { value: value.to_owned(), customers };
    Some(CategorySpread {
        feature: column.feature.name.clone(),
        missing: values.iter().filter(|v| v.is_none()).count() as u64,
        values: counts.into_iter().map(count).collect(),
        other: rest.iter().map(|r| r.1).sum(),
    })
}

/// Of all customers, or of every so many-th where there are many.
fn correlations(table: &Table) -> Correlations {
    let step = table.n_rows().div_ceil(MOST_CORRELATED).max(1);
    let numbers: Vec<(&str, Vec<f64>)> = table
        .columns
        .iter()
        .filter_map(|c| match &c.values {
            Values::Number(values) => {
                Some((c.feature.name.as_str(), values.iter().step_by(step).copied().collect()))
            }
            Values::Category(_) => None,
        })
        .collect();
    let mut matrix: Vec<Vec<Option<f64>>> = (0..numbers.len()).map(|i| vec![None; i]).collect();
    for pair in spearman(&numbers.iter().map(|n| n.1.as_slice()).collect::<Vec<_>>()) {
        matrix[pair.second][pair.first] = Some(pair.correlation);
    }
    Correlations {
        matrix,
        customers: numbers.first().map_or(0, |n| n.1.len()) as u64,
        features: numbers.into_iter().map(|n| n.0.to_owned()).collect(),
        of: table.n_rows() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_that_the_data_do_not_hold_whole_is_marked() {
        let day = |text: &str| Day::from_date(text.parse().unwrap());
        let data = (day("2011-01-03"), day("2011-03-09"));
        let month = |m| Month(2011 * 12 + m - 1);
        assert_eq!(covered(month(1), data), Some((day("2011-01-03"), day("2011-01-31"))));
        assert_eq!(covered(month(2), data), None);
        assert_eq!(covered(month(3), data), Some((day("2011-03-01"), day("2011-03-09"))));
        assert_eq!([last_whole(day("2011-03-09")), last_whole(day("2011-03-31"))], [month(2), month(3)]);
    }
}
