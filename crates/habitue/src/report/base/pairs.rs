//! Features that rise and fall together.

use habitue_core::table::Feature;

use crate::outcome::Correlations;
use crate::report::format::count;
use crate::report::story::Story;

/// Pairs said in words, at most.
const MOST_PAIRS: usize = 8;
/// Correlations below say too little to be put into words.
const WEAK: f64 = 0.3;

/// Correlations beyond say nearly the same.
const SAME: f64 = 0.95;

/// The strongest pairs in words, and all of them as a table of shaded cells.
pub(super) struct Pairs {
    /// Features that say nearly the same, a sentence a group.
    pub(super) same: Vec<String>,
    pub(super) strongest: Vec<String>,
    pub(super) rows: Vec<PairRow>,
    pub(super) note: Option<String>,
}

/// One feature with those above it.
pub(super) struct PairRow {
    pub(super) label: String,
    /// `None` where there is no correlation.
    pub(super) cells: Vec<Option<PairCell>>,
}

/// One correlation.
pub(super) struct PairCell {
    pub(super) text: String,
    /// How deep it is coloured, 0 to 100.
    pub(super) heat: u32,
    pub(super) negative: bool,
}

impl Pairs {
    pub(super) fn new(story: &Story<'_>, of: &Correlations) -> Option<Self> {
        let known = |name: &String| {
            story.outcome.features.iter().find(|f| f.feature.name == *name).map(|f| &f.feature)
        };
        let features: Vec<&Feature> = of.features.iter().filter_map(known).collect();
        if features.len() != of.features.len() || features.len() < 2 {
            return None;
        }
        let mut pairs: Vec<(usize, usize, f64)> = Vec::new();
        for (second, row) in of.matrix.iter().enumerate() {
            pairs.extend(row.iter().enumerate().filter_map(|(first, c)| Some((first, second, (*c)?))));
        }
        pairs.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()));
        let words = |&(a, b, c): &(usize, usize, f64)| {
            let (a, b) = (&features[a].label, &features[b].label);
            let how = match c.abs() {
                s if s > 0.7 && c > 0.0 => "rise together strongly",
                s if s > 0.7 => "pull apart strongly: where one is high, the other is low",
                _ if c > 0.0 => "tend to rise together",
                _ => "tend to pull apart: where one is high, the other is low",
            };
            format!("“{a}” and “{b}” {how} ({}).", signed(c))
        };
        let cell = |c: &Option<f64>| {
            let c = (*c)?;
            Some(PairCell { text: signed(c), heat: (c.abs() * 100.0).round() as u32, negative: c < 0.0 })
        };
        let row = |(i, feature): (usize, &&Feature)| {
            let cells = of.matrix.get(i).map(|row| row.iter().map(cell).collect()).unwrap_or_default();
            PairRow { label: feature.label.clone(), cells }
        };
        let is_same = |p: &&(usize, usize, f64)| p.2.abs() > SAME;
        let strongest = pairs.iter().filter(|p| p.2.abs() >= WEAK && !is_same(p));
        Some(Self {
            same: groups(features.len(), pairs.iter().filter(is_same).map(|p| (p.0, p.1)))
                .into_iter()
                .map(|group| {
                    let labels: Vec<String> =
                        group.iter().map(|&f| format!("“{}”", features[f].label)).collect();
                    format!(
                        "{} rank the customers nearly alike here: one of them says what the others do.",
                        habitue_core::text::join_and(&labels)
                    )
                })
                .collect(),
            strongest: strongest.take(MOST_PAIRS).map(words).collect(),
            rows: features.iter().enumerate().map(row).collect(),
            note: (of.customers < of.of).then(|| {
                format!("Computed on every so many-th customer: {} of {}.", count(of.customers), count(of.of))
            }),
        })
    }
}

/// The features that pairs join, directly or by others, in their order; those in no pair are left out.
fn groups(n: usize, pairs: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut group_of: Vec<usize> = (0..n).collect();
    for (a, b) in pairs {
        let (kept, gone) = (group_of[a].min(group_of[b]), group_of[a].max(group_of[b]));
        group_of.iter_mut().filter(|g| **g == gone).for_each(|g| *g = kept);
    }
    let members = |group: usize| -> Vec<usize> { (0..n).filter(|&f| group_of[f] == group).collect() };
    (0..n).map(members).filter(|m| m.len() > 1).collect()
}

fn signed(c: f64) -> String {
    format!("{c:.2}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_joined_by_another_is_one_group() {
        let pairs = [(3, 4), (0, 2), (2, 5)];
        assert_eq!(groups(6, pairs.into_iter()), [vec![0, 2, 5], vec![3, 4]]);
        assert!(groups(3, std::iter::empty()).is_empty());
    }
}
