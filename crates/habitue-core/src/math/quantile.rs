//! Order statistics.

/// The `q`-quantile of values in ascending order, interpolated linearly between order statistics
/// (type 7 of Hyndman & Fan 1996, the default of `NumPy` and R). NaN where there are no values.
///
/// ```
/// use habitue_core::math::quantile::quantile_sorted;
/// assert_eq!(quantile_sorted(&[1.0, 2.0, 4.0, 8.0], 0.5), 3.0);
/// ```
pub fn quantile_sorted(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let position = q.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}

/// The same of values given as runs: each value, ascending, and how often it occurs.
///
/// ```
/// use habitue_core::math::quantile::quantile_of_runs;
/// assert_eq!(quantile_of_runs(&[(1.0, 1), (2.0, 2), (8.0, 1)], 0.5), 2.0);
/// ```
pub fn quantile_of_runs(runs: &[(f64, u64)], q: f64) -> f64 {
    let Some(last) = runs.iter().map(|r| r.1).sum::<u64>().checked_sub(1) else { return f64::NAN };
    let position = q.clamp(0.0, 1.0) * last as f64;
    let at = |wanted: u64| {
        let mut seen = 0;
        let found = runs.iter().find(|run| {
            seen += run.1;
            seen > wanted
        });
        found.map_or(f64::NAN, |run| run.0)
    };
    let below = position.floor() as u64;
    let (low, high) = (at(below), at((below + 1).min(last)));
    low + (high - low) * (position - below as f64)
}

/// The values that are not NaN, in ascending order.
pub fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut kept: Vec<f64> = values.into_iter().filter(|v| !v.is_nan()).collect();
    kept.sort_unstable_by(f64::total_cmp);
    kept
}

/// The median of the values that are not NaN.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    quantile_sorted(&sorted(values), 0.5)
}
