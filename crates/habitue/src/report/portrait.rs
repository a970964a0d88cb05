//! One block a segment: who they are, how to recognise them, and what to do.

use askama::Template;
use habitue_core::action::{Action, Area};
use habitue_core::profile::FeatureProfile;
use habitue_core::table::Feature;

use crate::outcome::TypicalCustomer;
use crate::report::bought::Bought;
use crate::report::campaign::CampaignWords;
use crate::report::format::{NONE, of_hundred};
use crate::report::story::{Shown, Story};

/// All segments, one after the other.
#[derive(Template)]
#[template(path = "report/portraits.html")]
pub(super) struct Portraits<'a> {
    story: &'a Story<'a>,
    portraits: Vec<Portrait<'a>>,
}

/// One segment.
struct Portrait<'a> {
    shown: &'a Shown<'a>,
    rule: Option<RuleWords>,
    profile: Vec<ProfileRow<'a>>,
    more: Vec<ProfileRow<'a>>,
    /// The features that customers were clustered on, for the table of typical customers.
    features: Vec<&'a str>,
    typical: Vec<Typical<'a>>,
    sure: String,
    bought: Option<Bought<'a>>,
    areas: Vec<(&'static str, Vec<ActionShown<'a>>)>,
}

/// How well the rule does, in words.
struct RuleWords {
    precision: String,
    recall: String,
}

/// A feature of the segment beside everybody.
struct ProfileRow<'a> {
    label: &'a str,
    typical: String,
    low: String,
    high: String,
    all: String,
    /// Left edge and width of the bar, in percent of its track; the middle of the track is the typical customer.
    bar: (u32, u32),
    standing: String,
    /// How far apart from everybody else, in words.
    apart: &'static str,
}

struct ActionShown<'a> {
    action: &'a Action,
    stake: Option<(String, &'a str)>,
    campaign: Option<CampaignWords>,
}

/// A customer who stands for many, with what customers were clustered on.
struct Typical<'a> {
    id: &'a str,
    values: Vec<String>,
}

impl<'a> Portraits<'a> {
    pub(super) fn new(story: &'a Story<'a>) -> Self {
        Self { story, portraits: story.segments.iter().map(|shown| Portrait::new(story, shown)).collect() }
    }
}

impl<'a> Portrait<'a> {
    fn new(story: &'a Story<'a>, shown: &'a Shown<'a>) -> Self {
        let rule = &shown.of.rule;
        let words = RuleWords { precision: of_hundred(rule.precision), recall: of_hundred(rule.recall) };
        let clustered = |p: &FeatureProfile| {
            story.outcome.features.iter().any(|f| f.clustered && f.feature.name == p.feature)
        };
        let (first, rest): (Vec<_>, Vec<_>) = shown.of.profile.iter().partition(|p| clustered(p));
        let row = |p: &'a FeatureProfile| ProfileRow::new(story, p);
        Self {
            shown,
            rule: (!rule.conditions.is_empty()).then_some(words),
            profile: first.into_iter().map(row).collect(),
            more: rest.into_iter().map(row).collect(),
            features: clustered_features(story).map(|f| f.label.as_str()).collect(),
            typical: shown.of.typical.iter().map(|t| Typical::new(story, t)).collect(),
            sure: sure_words(shown),
            bought: shown.of.goods.as_ref().and_then(|goods| Bought::new(story, goods)),
            areas: areas(story, &shown.of.actions),
        }
    }
}

impl<'a> ProfileRow<'a> {
    fn new(story: &Story<'_>, p: &'a FeatureProfile) -> Self {
        let value = |v| story.format.value(v, p.unit);
        let standing = if p.standing.is_finite() { p.standing.clamp(0.0, 1.0) } else { 0.5 };
        let percent = (standing * 100.0).round() as u32;
        Self {
            label: &p.label,
            typical: value(p.median),
            low: value(p.low),
            high: value(p.high),
            all: value(p.median_all),
            bar: (percent.min(50), percent.abs_diff(50)),
            standing: of_hundred(standing),
            apart: p.apart.map_or("", apart_words),
        }
    }
}

impl<'a> Typical<'a> {
    fn new(story: &'a Story<'a>, customer: &'a TypicalCustomer) -> Self {
        let write = |(value, feature): (&Option<f64>, &Feature)| {
            value.map_or_else(|| NONE.to_owned(), |v| story.format.value(v, feature.unit))
        };
        Self {
            id: &customer.customer_id,
            values: customer.values.iter().zip(clustered_features(story)).map(write).collect(),
        }
    }
}

/// The features that customers were clustered on.
fn clustered_features<'a>(story: &'a Story<'a>) -> impl Iterator<Item = &'a Feature> {
    story.outcome.features.iter().filter(|f| f.clustered).map(|f| &f.feature)
}

/// The conventional reading of Cliff's delta (Romano et al. 2006).
fn apart_words(delta: f64) -> &'static str {
    match (delta.abs(), delta > 0.0) {
        (size, _) if size < 0.147 => "no different",
        (size, true) if size < 0.33 => "a little higher",
        (size, true) if size < 0.474 => "higher",
        (_, true) => "much higher",
        (size, false) if size < 0.33 => "a little lower",
        (size, false) if size < 0.474 => "lower",
        (_, false) => "much lower",
    }
}

/// How sure the segment is, in a sentence; empty where that was not measured.
fn sure_words(shown: &Shown<'_>) -> String {
    let found = shown.of.stability.map(|s| {
        format!(
            "Drawn from other samples of the customers, {} of 100 of the segment are found together again. ",
            of_hundred(s)
        )
    });
    format!(
        "{}On average a customer belongs here and not to the next segment with a confidence of {} of 100.",
        found.unwrap_or_default(),
        of_hundred(shown.of.confidence)
    )
}

/// The actions under the heading of their area; areas without actions are left out.
fn areas<'a>(story: &Story<'_>, actions: &'a [Action]) -> Vec<(&'static str, Vec<ActionShown<'a>>)> {
    let all = [
        (Area::Marketing, "Marketing"),
        (Area::Lifecycle, "Next step with the customer"),
        (Area::Price, "Prices and discounts"),
        (Area::Stock, "Stock"),
    ];
    let shown = |action: &'a Action| ActionShown {
        action,
        stake: action.stake.as_ref().map(|s| (story.format.money(s.amount), s.meaning.as_str())),
        campaign: action.campaign.as_ref().map(|c| CampaignWords::new(&story.format, c)),
    };
    all.into_iter()
        .map(|(area, heading)| {
            (heading, actions.iter().filter(|a| a.area == area).map(shown).collect::<Vec<_>>())
        })
        .filter(|(_, actions)| !actions.is_empty())
        .collect()
}
