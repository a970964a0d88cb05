//! Segments in the order of what their customers are worth.

use super::Dimensions;
use crate::profile::profiles;
use crate::segmented::Segmented;

/// The segments from the most to the least valuable: entry 0 is the present number of the best.
///
/// A segment's worth is the mean of the value column over its customers; without such a column, the mean of its standings
/// in all numeric features. Equals keep their order; segments without any value come last.
pub fn order_by_value(segmented: &Segmented<'_>, dimensions: &Dimensions) -> Vec<usize> {
    let worth = worth(segmented, dimensions);
    let mut order: Vec<usize> = (0..segmented.n_segments()).collect();
    order.sort_by(|&a, &b| worth[b].total_cmp(&worth[a]));
    order
}

/// The labels after renumbering, so that `order[0]` becomes 0, `order[1]` becomes 1 and so on.
///
/// ```
/// assert_eq!(habitue_core::persona::relabel(&[0, 2, 1, 2], &[2, 0, 1]), [1, 0, 2, 0]);
/// ```
pub fn relabel(labels: &[u32], order: &[usize]) -> Vec<usize> {
    let mut rank = vec![0; order.len()];
    for (new, &old) in order.iter().enumerate() {
        rank[old] = new;
    }
    labels.iter().map(|&label| rank[label as usize]).collect()
}

/// What a customer of each segment is worth on average; minus infinity where nothing is known.
pub(super) fn worth(segmented: &Segmented<'_>, dimensions: &Dimensions) -> Vec<f64> {
    if let Some(values) = Dimensions::numbers(segmented, dimensions.value.as_ref()) {
        return (0..segmented.n_segments())
            .map(|segment| mean(segmented.values_of(segment, values).filter(|v| !v.is_nan())))
            .collect();
    }
    profiles(segmented).iter().map(|features| mean(features.iter().map(|f| f.standing))).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (n, sum) = values.fold((0_usize, 0.0), |(n, sum), value| (n + 1, sum + value));
    if n == 0 { f64::NEG_INFINITY } else { sum / n as f64 }
}
