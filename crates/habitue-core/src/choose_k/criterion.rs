//! The pick of an information criterion, such as the BIC of mixtures.

/// The number of clusters with the lowest value (Schwarz 1978 for the BIC, as `−2 ln L + p ln n`), and how
/// far the runner-up is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lowest {
    /// Number of clusters.
    pub k: usize,
    /// By how much the next best number is worse; for the BIC, below 2 is hardly worth a mention and above 10
    /// is very strong (Kass & Raftery 1995, §3.2). Infinite if there is no other.
    pub margin: f64,
}

/// Picks from values for 1, 2, 3, … clusters; `None` in the list where there was no fit, `None` if no value
/// is a number. The smaller number of equals.
///
/// ```
/// use habitue_core::choose_k::criterion::{Lowest, lowest};
/// assert_eq!(lowest(&[Some(830.0), Some(574.0), Some(581.0), None]), Some(Lowest { k: 2, margin: 7.0 }));
/// ```
pub fn lowest(values: &[Option<f64>]) -> Option<Lowest> {
    let mut known: Vec<(f64, usize)> = values
        .iter()
        .enumerate()
        .filter_map(|(at, value)| value.filter(|v| !v.is_nan()).map(|v| (v, at + 1)))
        .collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let &(best, k) = known.first()?;
    let margin = known.get(1).map_or(f64::INFINITY, |next| next.0 - best);
    Some(Lowest { k, margin })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_give_the_smaller_number_and_nothing_gives_nothing() {
        assert_eq!(lowest(&[None, Some(5.0), Some(5.0)]), Some(Lowest { k: 2, margin: 0.0 }));
        assert_eq!(lowest(&[Some(1.0)]), Some(Lowest { k: 1, margin: f64::INFINITY }));
        assert_eq!(lowest(&[None, Some(f64::NAN)]), None);
        assert_eq!(lowest(&[]), None);
    }
}
