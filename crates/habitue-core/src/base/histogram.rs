//! Histograms that people can read: round edges, a bin of its own for zero, growing bins for skewed values.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::math::quantile::{quantile_of_runs, sorted};
use crate::table::Unit;

/// How many customers have which value.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Histogram {
    /// How the edges grow.
    pub scale: Scale,
    /// Whether all values are whole numbers.
    pub whole: bool,
    /// The bins, ascending; every value is in exactly one.
    pub bins: Vec<Bin>,
}

/// How the edges of bins grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Every value is a bin of its own.
    Values,
    /// By steps of one width.
    Linear,
    /// 1, 2, 5, 10, 20, …: wider where values are larger.
    Growing,
}

/// The values `from ≤ v < below`; if both are equal, that value alone. The last bin of [`Scale::Linear`] of values
/// that are not whole includes its upper edge, as in `NumPy`.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Bin {
    /// The least value; absent in a first bin that takes all that is less.
    pub from: Option<f64>,
    /// The value that is too much; absent in a last bin that takes all that is more.
    pub below: Option<f64>,
    /// How many have such a value.
    pub customers: u64,
}

/// Distinct whole values up to which each has its own bin.
const MOST_VALUES: usize = 12;
/// Bins between the ends at most.
const MOST_BINS: usize = 15;
/// Share of all values on either side that is gathered in an open bin, so that a few wild values do not squeeze the rest.
const TAIL: f64 = 0.005;
/// Where the 99th percentile of positive values is beyond so many of their medians, bins grow.
const SKEWED: f64 = 5.0;
/// Share of values below zero up to which the others may still grow.
const FEW_BELOW_ZERO: f64 = 0.05;
/// Steps that people count days in.
const DAY_STEPS: [f64; 11] = [1.0, 2.0, 7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0, 730.0, 1825.0];

/// The histogram of the finite values; `None` if there are none.
///
/// At most 12 distinct whole values have a bin each. Otherwise bins grow (1, 2, 5, 10, …) where the 99th percentile of the
/// positive values is more than five times their median and at most 5 % of all values are negative; these are then
/// gathered in one bin. Else bins have one width, a round number. Days never grow and are counted in 1, 2, 7, 14, 30, ….
/// Zero has its own bin where bins grow, or where it is common and nothing is less. The outermost half percents are
/// gathered in open bins.
///
/// Costs `O(n log n)`.
///
/// ```
/// use habitue_core::{base::histogram::{Scale, histogram}, table::Unit};
/// let found = histogram(&[1.0, 1.0, 2.0, 4.0], Unit::Count).ok_or("no values")?;
/// assert_eq!((found.scale, found.bins.len(), found.bins[0].customers), (Scale::Values, 3, 2));
/// # Ok::<(), &str>(())
/// ```
pub fn histogram(values: &[f64], unit: Unit) -> Option<Histogram> {
    histogram_of_sorted(&sorted(values.iter().copied().filter(|v| v.is_finite())), unit)
}

/// The same of finite values in ascending order.
pub fn histogram_of_sorted(sorted: &[f64], unit: Unit) -> Option<Histogram> {
    #[expect(clippy::float_cmp, reason = "runs of equal values")]
    let runs: Vec<(f64, u64)> =
        sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect();
    histogram_of_runs(&runs, unit)
}

/// The same of values given as runs: each finite value, ascending, and how often it occurs.
pub fn histogram_of_runs(runs: &[(f64, u64)], unit: Unit) -> Option<Histogram> {
    let n: u64 = runs.iter().map(|r| r.1).sum();
    let most = runs.last()?.0;
    let whole = runs.iter().all(|r| r.0.fract() == 0.0);
    if whole && runs.len() <= MOST_VALUES || runs.len() == 1 {
        let bin = |&(value, customers): &(f64, u64)| Bin { from: Some(value), below: Some(value), customers };
        return Some(Histogram { scale: Scale::Values, whole, bins: runs.iter().map(bin).collect() });
    }
    let at_zero = runs.partition_point(|r| r.0 < 0.0);
    let below_zero: u64 = runs[..at_zero].iter().map(|r| r.1).sum();
    let zeros = if at_zero < runs.len() && runs[at_zero].0 == 0.0 { runs[at_zero].1 } else { 0 };
    let positive = &runs[at_zero + usize::from(zeros > 0)..];
    let median = quantile_of_runs(positive, 0.5);
    // Days are counted in weeks and months, however they are spread.
    let grows = unit != Unit::Days
        && below_zero as f64 <= FEW_BELOW_ZERO * n as f64
        && quantile_of_runs(positive, 0.99) > SKEWED * median;
    let zero_apart = zeros > 0 && (grows || below_zero == 0 && zeros * 20 >= n);
    let rest = if grows || zero_apart { positive } else { runs };
    let (low, high) = (quantile_of_runs(rest, TAIL), quantile_of_runs(rest, 1.0 - TAIL));
    let edges = if grows { growing_edges(low, high, whole) } else { linear_edges(low, high, whole, unit) };
    let mut bins = Vec::with_capacity(edges.len() + 3);
    if grows && below_zero > 0 {
        bins.push(Bin { from: None, below: Some(0.0), customers: below_zero });
    }
    if zero_apart {
        bins.push(Bin { from: Some(0.0), below: Some(0.0), customers: zeros });
    }
    let count = |within: &dyn Fn(f64) -> bool| rest.iter().filter(|r| within(r.0)).map(|r| r.1).sum::<u64>();
    let (first, last) = (edges[0], edges[edges.len() - 1]);
    if rest[0].0 < first {
        // Where zero or less stands apart, what is left below the first edge is more than nothing.
        let from = (zero_apart || grows && below_zero > 0).then_some(0.0);
        bins.push(Bin { from, below: Some(first), customers: count(&|v| v < first) });
    }
    // The last edge itself belongs below where nothing lies beyond it.
    let closed = most <= last && !whole;
    for (at, pair) in edges.windows(2).enumerate() {
        let to_the_edge = closed && at + 2 == edges.len();
        let within = |v: f64| v >= pair[0] && (v < pair[1] || to_the_edge && v <= pair[1]);
        bins.push(Bin { from: Some(pair[0]), below: Some(pair[1]), customers: count(&within) });
    }
    if most > last || most >= last && !closed {
        bins.push(Bin { from: Some(last), below: None, customers: count(&|v| v >= last) });
    }
    Some(Histogram { scale: if grows { Scale::Growing } else { Scale::Linear }, whole, bins })
}

/// 1, 2, 5, 10, … around all that lies between `low` and `high`, both above 0. Every power of ten alone where that
/// would be too many.
fn growing_edges(low: f64, high: f64, whole: bool) -> Vec<f64> {
    for steps in [&[1.0, 2.0, 5.0][..], &[1.0]] {
        let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
        let all = (first..=last).flat_map(|e| steps.iter().map(move |s| scaled(*s, e)));
        let mut edges: Vec<f64> = all.collect();
        if whole {
            edges.retain(|e| *e >= 1.0 && e.fract() == 0.0);
        }
        let start = edges.partition_point(|e| *e <= low).saturating_sub(1);
        let end = (edges.partition_point(|e| *e <= high) + 1).min(edges.len());
        let edges = edges[start..end].to_vec();
        if edges.len() <= MOST_BINS + 1 || steps.len() == 1 {
            return edges;
        }
    }
    vec![low, high]
}

/// Multiples of the smallest round step that gives few enough bins between `low` and `high`.
fn linear_edges(low: f64, high: f64, whole: bool, unit: Unit) -> Vec<f64> {
    let span = (high - low).max(f64::MIN_POSITIVE);
    let wanted = span / MOST_BINS as f64;
    let exponent = wanted.log10().floor().clamp(-300.0, 300.0) as i32;
    let round = (exponent..=exponent + 2).flat_map(|e| [1.0, 2.0, 5.0].map(|s| scaled(s, e)));
    let days = if unit == Unit::Days { DAY_STEPS.to_vec() } else { Vec::new() };
    let fits = |step: &f64| {
        let n = (high / step).floor() - (low / step).floor() + 1.0;
        n <= MOST_BINS as f64 && (!whole || step.fract() == 0.0)
    };
    let step = days.into_iter().chain(round).find(fits).unwrap_or(wanted);
    let (first, last) = ((low / step).floor(), (high / step).floor() + 1.0);
    let n = (last - first).clamp(1.0, 2.0 * MOST_BINS as f64) as usize;
    // A share is never above 1, nor is a last bin that would hold nothing but its own edge any use.
    let n = if !whole && n > 1 && high <= (first + n as f64 - 1.0) * step { n - 1 } else { n };
    (0..=n).map(|i| multiple(first + i as f64, step)).collect()
}

/// `digit · 10^exponent` as the number that people write.
fn scaled(digit: f64, exponent: i32) -> f64 {
    if exponent >= 0 { digit * 10_f64.powi(exponent) } else { digit / 10_f64.powi(-exponent) }
}

/// `n · step`, where 3 steps of 0.1 are 0.3.
fn multiple(n: f64, step: f64) -> f64 {
    let inverse = (1.0 / step).round();
    if step < 1.0 && (inverse * step - 1.0).abs() < 1e-12 { n / inverse } else { n * step }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(h: &Histogram) -> Vec<(Option<f64>, Option<f64>, u64)> {
        h.bins.iter().map(|b| (b.from, b.below, b.customers)).collect()
    }

    fn edges(h: &Histogram) -> Vec<f64> {
        h.bins.iter().filter_map(|b| b.from).collect()
    }

    #[test]
    fn few_whole_values_have_a_bin_each() {
        let found = histogram(&[3.0, 1.0, 1.0, f64::NAN], Unit::Count).unwrap();
        assert_eq!(counts(&found), [(Some(1.0), Some(1.0), 2), (Some(3.0), Some(3.0), 1)]);
        assert_eq!(histogram(&[f64::NAN], Unit::Count), None);
        assert_eq!(histogram(&[2.5; 4], Unit::Money).unwrap().bins.len(), 1);
    }

    #[test]
    fn days_are_counted_in_months() {
        let values: Vec<f64> = (0..374).map(f64::from).collect();
        let found = histogram(&values, Unit::Days).unwrap();
        assert_eq!(found.scale, Scale::Linear);
        assert_eq!(edges(&found)[..4], [0.0, 30.0, 60.0, 90.0]);
        assert_eq!(found.bins.last().unwrap(), &Bin { from: Some(360.0), below: Some(390.0), customers: 14 });
        assert!(found.bins[..12].iter().all(|b| b.customers == 30));
    }

    #[test]
    fn skewed_money_gets_bins_that_grow_and_open_ends() {
        let values: Vec<f64> = (0..1000).map(|i| 10_f64.powf(f64::from(i) / 200.0) * 1.01).collect();
        let found = histogram(&values, Unit::Money).unwrap();
        assert_eq!(found.scale, Scale::Growing);
        assert_eq!(
            edges(&found),
            [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4]
        );
    }

    #[test]
    fn zero_stands_apart_where_it_is_common() {
        let mut values = vec![0.0; 100];
        values.extend((1..=100).map(|i| f64::from(i) / 100.0));
        let found = histogram(&values, Unit::Share).unwrap();
        assert_eq!(found.bins[0], Bin { from: Some(0.0), below: Some(0.0), customers: 100 });
        // 0.01 to 0.09 are nine; the last bin includes 1.
        assert_eq!(found.bins[1], Bin { from: Some(0.0), below: Some(0.1), customers: 9 });
        assert_eq!(found.bins.last().unwrap(), &Bin { from: Some(0.9), below: Some(1.0), customers: 11 });
        assert_eq!(edges(&found)[2..6], [0.1, 0.2, 0.3, 0.4]);
    }

    #[test]
    fn a_few_values_below_zero_do_not_flatten_the_others() {
        let mut values: Vec<f64> = (0..500).map(|i| 10_f64.powf(f64::from(i) / 150.0) * 1.01).collect();
        values.extend([-3.0, -400.0, 0.0]);
        let found = histogram(&values, Unit::Money).unwrap();
        assert_eq!(found.scale, Scale::Growing);
        assert_eq!(found.bins[0], Bin { from: None, below: Some(0.0), customers: 2 });
        assert_eq!(found.bins[1], Bin { from: Some(0.0), below: Some(0.0), customers: 1 });
        assert_eq!((found.bins[2].from, found.bins[2].below), (Some(1.0), Some(2.0)));
    }

    #[test]
    fn values_below_zero_are_binned_too() {
        let values: Vec<f64> = (-100..=100).map(|i| f64::from(i) / 100.0).collect();
        let found = histogram(&values, Unit::Number).unwrap();
        assert_eq!((found.bins[0].from, found.bins.last().unwrap().below), (Some(-1.0), Some(1.0)));
    }

    proptest! {
        #[test]
        fn every_value_is_in_exactly_one_bin(
            values in prop::collection::vec(prop_oneof![
                (-1000..1000_i32).prop_map(f64::from),
                (-1e6..1e6_f64),
                (0..1000_i32).prop_map(|i| 1.03_f64.powi(i)),
                (0..1000_i32).prop_map(|i| -1.03_f64.powi(i)),
                Just(0.0),
            ], 1..200),
            positive in any::<bool>(),
            days in any::<bool>(),
        ) {
            let values: Vec<f64> = values.into_iter().map(|v| if positive { v.abs() } else { v }).collect();
            let found = histogram(&values, if days { Unit::Days } else { Unit::Money }).unwrap();
            prop_assert_eq!(found.bins.iter().map(|b| b.customers).sum::<u64>(), values.len() as u64, "{:?}", found);
            prop_assert!(found.bins.len() <= 40, "{} bins", found.bins.len());
            for pair in found.bins.windows(2) {
                prop_assert!(pair[0].from <= pair[1].from, "{:?}", found);
            }
        }
    }
}
