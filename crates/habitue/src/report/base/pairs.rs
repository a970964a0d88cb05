//! Features that rise and fall together.

use habitue_core::table::Feature;

use crate::outcome::Correlations;
use crate::report::format::count;
use crate::report::story::Story;

/// Pairs said in words, at most.
const MOST_PAIRS: usize = 8;
/// Correlations below say too little to be put into words.
const WEAK: f64 = 0.3;

/// The strongest pairs in words, and all of them as a table of shaded cells.
pub(super) struct Pairs {
    pub(super) strongest: Vec<String>,
    /// Label of each row, and its cells: text, depth of colour, whether below zero.
    pub(super) rows: Vec<(String, Vec<Option<(String, u32, bool)>>)>,
    pub(super) note: Option<String>,
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
                s if s > 0.95 => "say nearly the same",
                s if s > 0.7 && c > 0.0 => "rise together strongly",
                s if s > 0.7 => "pull apart strongly: where one is high, the other is low",
                _ if c > 0.0 => "tend to rise together",
                _ => "tend to pull apart: where one is high, the other is low",
            };
            format!("“{a}” and “{b}” {how} ({}).", signed(c))
        };
        let cell = |c: &Option<f64>| c.map(|c| (signed(c), (c.abs() * 100.0).round() as u32, c < 0.0));
        let row = |(i, feature): (usize, &&Feature)| {
            let cells = of.matrix.get(i).map(|row| row.iter().map(cell).collect()).unwrap_or_default();
            (feature.label.clone(), cells)
        };
        Some(Self {
            strongest: pairs.iter().filter(|p| p.2.abs() >= WEAK).take(MOST_PAIRS).map(words).collect(),
            rows: features.iter().enumerate().map(row).collect(),
            note: (of.customers < of.of).then(|| {
                format!("Computed on every so many-th customer: {} of {}.", count(of.customers), count(of.of))
            }),
        })
    }
}

fn signed(c: f64) -> String {
    format!("{c:.2}").replace('-', "−")
}
