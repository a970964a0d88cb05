//! What every section of the report needs: the outcome, how its numbers are written, and its segments ready to show.

use habitue_core::Money;
use habitue_core::table::Unit;

use crate::outcome::{Kind, Outcome, Segment};
use crate::report::chart::colour_of;
use crate::report::escape::cut;
use crate::report::format::{Format, NONE, count, share_column};

/// Longest name inside a sentence.
const LONGEST_NAME: usize = 60;

/// The outcome and how to tell it.
pub(super) struct Story<'a> {
    /// What is told.
    pub(super) outcome: &'a Outcome,
    /// How numbers are written.
    pub(super) format: Format,
    /// Whether the data have money in them.
    pub(super) has_money: bool,
    /// The segments, most valuable first.
    pub(super) segments: Vec<Shown<'a>>,
}

/// A segment with the numbers that appear in several places, written the same way everywhere.
pub(super) struct Shown<'a> {
    /// The segment.
    pub(super) of: &'a Segment,
    /// Its place in the list, from 1; part of the ids of the page.
    pub(super) place: usize,
    /// Number of its colour, from 1.
    pub(super) colour: usize,
    /// Its name, cut where it would fill a sentence.
    pub(super) short: String,
    /// Customers.
    pub(super) customers: String,
    /// Share of all customers.
    pub(super) share: String,
    /// Revenue over the whole period.
    pub(super) revenue: String,
    /// Share of all revenue.
    pub(super) revenue_share: String,
    /// Revenue of the last twelve months.
    pub(super) revenue_12m: String,
}

/// A feature that the overview shows.
pub(super) struct KeyFeature<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its plain-language name.
    pub(super) label: &'a str,
    /// What it is measured in.
    pub(super) unit: Unit,
}

impl<'a> Story<'a> {
    /// Makes an outcome ready to tell.
    pub(super) fn new(outcome: &'a Outcome) -> Self {
        let format = Format::new(outcome.currency.as_deref());
        let of = &outcome.segments;
        let shares = share_column(&of.iter().map(|s| s.share).collect::<Vec<_>>());
        let revenue_shares = share_column(&of.iter().map(|s| s.revenue_share).collect::<Vec<_>>());
        let revenues = format.money_column(&of.iter().map(|s| s.revenue).collect::<Vec<_>>()).texts();
        let revenues_12m = format.money_column(&of.iter().map(|s| s.revenue_12m).collect::<Vec<_>>()).texts();
        let segments = of
            .iter()
            .enumerate()
            .map(|(i, segment)| Shown {
                of: segment,
                place: i + 1,
                colour: colour_of(segment.id),
                short: cut(&segment.name, LONGEST_NAME),
                customers: count(segment.customers),
                share: shares[i].clone(),
                revenue: revenues[i].clone(),
                revenue_share: revenue_shares[i].clone(),
                revenue_12m: revenues_12m[i].clone(),
            })
            .collect();
        let has_money = outcome.kind == Kind::Orders || outcome.revenue != Money::ZERO;
        Self { outcome, format, has_money, segments }
    }

    /// Whether there is more than one segment.
    pub(super) fn has_structure(&self) -> bool {
        self.segments.len() > 1
    }

    /// The features that tell most at a glance: recency, orders, order value and spend where there are such,
    /// otherwise the first ones that customers were clustered on; at most five.
    pub(super) fn key_features(&self) -> Vec<KeyFeature<'a>> {
        let numeric = || self.outcome.features.iter().filter(|f| f.feature.unit != Unit::Category);
        let mut chosen: Vec<&crate::outcome::FeatureNote> = Vec::new();
        for stems in
            [&["recency"][..], &["orders", "frequency"], &["average_order", "aov"], &["spend", "revenue"]]
        {
            let fits = |name: &str| stems.iter().any(|stem| name.starts_with(stem));
            let clustered = numeric().find(|f| f.clustered && fits(&f.feature.name));
            chosen.extend(clustered.or_else(|| numeric().find(|f| fits(&f.feature.name))));
        }
        for note in numeric().filter(|f| f.clustered) {
            if chosen.len() < 5 && !chosen.iter().any(|c| c.feature.name == note.feature.name) {
                chosen.push(note);
            }
        }
        chosen
            .into_iter()
            .map(|f| KeyFeature { name: &f.feature.name, label: &f.feature.label, unit: f.feature.unit })
            .collect()
    }

    /// The typical value of a feature in a segment.
    pub(super) fn typical(&self, segment: &Segment, feature: &KeyFeature<'_>) -> String {
        let profile = segment.profile.iter().find(|p| p.feature == feature.name);
        profile.map_or_else(|| NONE.to_owned(), |p| self.format.value(p.median, feature.unit))
    }

    /// The typical value of a feature among all customers.
    pub(super) fn typical_of_all(&self, feature: &KeyFeature<'_>) -> String {
        let profile = self.segments.iter().flat_map(|s| &s.of.profile).find(|p| p.feature == feature.name);
        profile.map_or_else(|| NONE.to_owned(), |p| self.format.value(p.median_all, feature.unit))
    }
}
