//! The knee of a curve that falls ever more slowly.

/// Where a falling, flattening curve over `1, 2, 3, …` (any evenly spaced points) bends most; an index into
/// `values`.
///
/// Kneedle (Satopää, Albrecht, Irwin & Raghavan 2011, §3) with sensitivity 1: both axes are brought to 0–1
/// and the curve is turned upside down; the knee is the first local maximum of the distance above the
/// diagonal after which that distance falls by more than one step of the other axis before it rises again.
///
/// - `values`: one a point, finite. `None` for fewer than three points, a flat curve, or one without such a
///   bend.
///
/// Costs `O(n)`.
///
/// ```
/// use habitue_core::choose_k::knee::knee;
/// assert_eq!(knee(&[100.0, 40.0, 10.0, 8.0, 7.0, 6.5]), Some(2));
/// ```
pub fn knee(values: &[f64]) -> Option<usize> {
    let last = values.len().checked_sub(1).filter(|&last| last >= 2)?;
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if high <= low {
        return None;
    }
    let step = 1.0 / last as f64;
    let height = |at: usize| (high - values[at]) / (high - low) - at as f64 * step;
    let heights: Vec<f64> = (0..=last).map(height).collect();
    let mut candidate: Option<(usize, f64)> = None;
    for at in 0..last {
        let before = if at == 0 { heights[0] } else { heights[at - 1] };
        let after = heights[at + 1];
        if heights[at] >= before && heights[at] >= after {
            candidate = Some((at, heights[at] - step));
        }
        if heights[at] <= before && heights[at] <= after {
            candidate = None;
        }
        if let Some((knee, threshold)) = candidate
            && after < threshold
        {
            return Some(knee);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_or_flat_or_short_line_has_no_knee() {
        assert_eq!(knee(&[3.0, 2.0]), None);
        assert_eq!(knee(&[]), None);
        assert_eq!(knee(&[2.0; 5]), None);
        assert_eq!(knee(&[1.0, 0.9, 0.6, 0.0]), None);
    }

    #[test]
    fn the_bend_is_found_by_hand() {
        // Heights above the diagonal: 0, 0.8 − 0.25, 0.9 − 0.5, 0.95 − 0.75, 0: highest at 1, and 0.2 < 0.55
        // − 0.25 soon after.
        assert_eq!(knee(&[100.0, 20.0, 10.0, 5.0, 0.0]), Some(1));
    }
}
