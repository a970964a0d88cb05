//! One block a segment: who they are, how to recognise them, and what to do.

use askama::Template;
use habitue_core::action::{Action, Area};
use habitue_core::profile::FeatureProfile;

use crate::report::bought::Bought;
use crate::report::format::of_hundred;
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
}

struct ActionShown<'a> {
    action: &'a Action,
    stake: Option<(String, &'a str)>,
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
        }
    }
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
    };
    all.into_iter()
        .map(|(area, heading)| {
            (heading, actions.iter().filter(|a| a.area == area).map(shown).collect::<Vec<_>>())
        })
        .filter(|(_, actions)| !actions.is_empty())
        .collect()
}
