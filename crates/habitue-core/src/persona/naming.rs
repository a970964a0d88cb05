//! A persona for every segment, and a name of its own.

use std::collections::BTreeSet;

use super::evidence::evidence;
use super::order::order_by_value;
use super::rules::{Place, Places};
use super::{Dimensions, Naming, PersonaRules, Tier};
use crate::Result;
use crate::profile::{FeatureProfile, profiles};
use crate::segmented::Segmented;
use crate::table::{Feature, Unit};
use crate::text::{format_days, format_value};

/// A difference of less than a third of a standard deviation is nothing to name a segment by.
const LEAST_DIFFERENCE: f64 = 0.3;
/// A word is true beside all customers when the typical customer stands at least so far from their middle, and differs.
const CLEARLY: f64 = 0.1;

/// The persona, the unique name and the evidence of every segment.
///
/// Segments are asked from the most valuable down ([`order_by_value`]), each takes the first persona whose rule holds, and
/// once a persona of tier low was given, none of tier high follows: names never contradict the order of value.
/// Segments of one persona are told apart by the feature in which each differs most, in standard deviations, from the others
/// of that persona; by a number where nothing differs. The only segment of a run is called "All customers".
///
/// # Errors
/// The rules cannot be used ([`PersonaRules::check`]).
pub fn name_segments(
    rules: &PersonaRules,
    segmented: &Segmented<'_>,
    dimensions: &Dimensions,
) -> Result<Vec<Naming>> {
    rules.check()?;
    let profiles = profiles(segmented);
    let mut personas = vec![None; segmented.n_segments()];
    let mut low_given = false;
    for segment in order_by_value(segmented, dimensions) {
        let persona = rules.choose(&places(segmented, segment, &profiles[segment], dimensions), low_given);
        low_given |= persona.tier == Tier::Low;
        personas[segment] = Some(persona);
    }
    let personas: Vec<_> = personas.into_iter().flatten().collect();
    let mut names = vec![String::new(); personas.len()];
    for persona in &rules.personas {
        let group: Vec<usize> = (0..personas.len()).filter(|&s| personas[s].key == persona.key).collect();
        for (&segment, qualifier) in
            group.iter().zip(tell_apart(rules, segmented, &profiles, &group, dimensions))
        {
            names[segment] = match qualifier {
                _ if personas.len() == 1 => "All customers".to_owned(),
                None => persona.name.clone(),
                Some(qualifier) => format!("{}, {qualifier}", persona.name),
            };
        }
    }
    let named = names.into_iter().zip(personas).enumerate().map(|(segment, (name, persona))| Naming {
        persona_key: persona.key.clone(),
        persona: persona.name.clone(),
        tier: persona.tier,
        name,
        evidence: evidence(segmented, segment, &profiles[segment], dimensions),
    });
    Ok(named.collect())
}

fn places(
    segmented: &Segmented<'_>,
    segment: usize,
    features: &[FeatureProfile],
    dimensions: &Dimensions,
) -> Places {
    let place = |name: &Option<String>| {
        let profile = features.iter().find(|f| Some(&f.feature) == name.as_ref())?;
        Some(Place { standing: profile.standing, ratio: profile.median / profile.median_all })
    };
    let recency = place(&dimensions.recency).map(|p| Place { standing: 1.0 - p.standing, ..p });
    Places {
        value: place(&dimensions.value),
        frequency: place(&dimensions.frequency),
        recency,
        income: place(&dimensions.income),
        overdue: dimensions.typical_overdue(segmented, segment),
        value_per_customer: value_per_customer(segmented, segment, dimensions),
    }
}

/// The segment's mean value as a multiple of the mean of all customers; `None` where nobody brings any.
fn value_per_customer(segmented: &Segmented<'_>, segment: usize, dimensions: &Dimensions) -> Option<f64> {
    let values = segmented.table().numbers(dimensions.value.as_deref()?)?;
    let own = Moments::of(segmented.values_of(segment, values)).mean();
    let all = Moments::of(values.iter().copied()).mean();
    (all > 0.0).then_some(own / all)
}

/// How a segment differs from the others of its group in one feature.
struct Difference {
    member: usize,
    feature: usize,
    /// Whether the segment has more of it than the others.
    more: bool,
    /// Whether it also has more (or less) of it than all customers.
    is_true: bool,
    /// In standard deviations; halved for value itself.
    weight: f64,
}

/// A phrase for each segment of a group that no other of the group has; none for a segment alone.
fn tell_apart(
    rules: &PersonaRules,
    segmented: &Segmented<'_>,
    profiles: &[Vec<FeatureProfile>],
    group: &[usize],
    dimensions: &Dimensions,
) -> Vec<Option<String>> {
    if group.len() < 2 {
        return vec![None; group.len()];
    }
    let mut differences = differences(segmented, profiles, group, dimensions);
    differences.sort_by(|a, b| {
        b.weight.total_cmp(&a.weight).then_with(|| (a.feature, a.member).cmp(&(b.feature, b.member)))
    });
    let features: Vec<&Feature> = segmented.numeric().map(|(column, _)| &column.feature).collect();
    let profile_of = |difference: &Difference| {
        let name = &features[difference.feature].name;
        profiles[group[difference.member]].iter().find(|p| p.feature == *name)
    };
    let mut phrases: Vec<Option<String>> = vec![None; group.len()];
    let mut used = BTreeSet::new();
    let mut offer = |phrases: &mut Vec<Option<String>>, member: usize, phrase: String| {
        if phrases[member].is_none() && used.insert(phrase.clone()) {
            phrases[member] = Some(phrase);
        }
    };
    for difference in differences.iter().filter(|d| d.is_true) {
        let median = profile_of(difference).map_or(f64::NAN, |p| p.median);
        let words = words(rules, features[difference.feature], difference.more, median);
        offer(&mut phrases, difference.member, words);
    }
    // "Frequent" would be wrong of a segment that orders less than most, however much less the others order: a figure is not.
    for difference in &differences {
        if let Some(profile) = profile_of(difference) {
            offer(&mut phrases, difference.member, figure(profile, segmented.currency()));
        }
    }
    for member in 0..group.len() {
        offer(&mut phrases, member, format!("group {}", member + 1));
    }
    phrases
}

fn differences(
    segmented: &Segmented<'_>,
    profiles: &[Vec<FeatureProfile>],
    group: &[usize],
    dimensions: &Dimensions,
) -> Vec<Difference> {
    let sizes = segmented.sizes();
    let mut differences = Vec::new();
    for (feature, (column, values)) in segmented.numeric().enumerate() {
        let tame = taming(column.feature.unit, values);
        let moments: Vec<Moments> = (0..group.len())
            .map(|member| Moments::of(segmented.values_of(group[member], values).map(tame)))
            .collect();
        let floor = 0.1 * Moments::of(values.iter().copied().map(tame)).deviation();
        for member in 0..group.len() {
            let others = moments.iter().enumerate().filter(|(i, _)| *i != member);
            let others = others.fold(Moments::default(), |sum, (_, m)| sum.plus(m));
            let own = moments[member];
            let pooled = ((own.variance() + others.variance()) / 2.0).sqrt().max(floor);
            let size = (own.mean() - others.mean()) / pooled;
            let mostly_known = 2.0 * own.n >= sizes[group[member]] as f64;
            if !mostly_known || size.is_nan() || size.abs() < LEAST_DIFFERENCE {
                continue;
            }
            let standing = profiles[group[member]].iter().find(|p| p.feature == column.feature.name);
            let is_true = standing.is_some_and(|p| {
                let away = (p.standing - 0.5) * size.signum();
                away >= CLEARLY && (p.median - p.median_all) * size > 0.0
            });
            // The persona already speaks of value.
            let is_value = dimensions.value.as_ref() == Some(&column.feature.name);
            let weight = if is_value { size.abs() / 2.0 } else { size.abs() };
            differences.push(Difference { member, feature, more: size > 0.0, is_true, weight });
        }
    }
    differences
}

/// Amounts, counts and days have long tails: their logarithms are compared, so that a few giants do not hide the rest.
fn taming(unit: Unit, values: &[f64]) -> fn(f64) -> f64 {
    let skewed = matches!(unit, Unit::Money | Unit::Count | Unit::Days);
    if skewed && values.iter().all(|v| v.is_nan() || *v >= 0.0) { f64::ln_1p } else { |v| v }
}

fn words(rules: &PersonaRules, feature: &Feature, more: bool, median: f64) -> String {
    let Some(words) = rules.qualifiers.get(&feature.name) else {
        return format!("{} {}", if more { "high" } else { "low" }, in_sentence(&feature.label));
    };
    match &words.none {
        Some(none) if !more && median.abs() < 1e-9 => none.clone(),
        _ if more => words.high.clone(),
        _ => words.low.clone(),
    }
}

/// The typical customer's figure in a few words.
fn figure(profile: &FeatureProfile, currency: Option<&str>) -> String {
    match (profile.feature.as_str(), profile.unit) {
        ("recency_days", _) => format!("quiet for {}", format_days(profile.median)),
        ("orders", _) => orders(profile.median),
        ("orders_12m", _) => format!("{} in twelve months", orders(profile.median)),
        ("average_order_value", unit) => {
            format!("baskets of {}", format_value(unit, profile.median, currency))
        }
        ("spend" | "spend_12m", unit) => format!("spending {}", format_value(unit, profile.median, currency)),
        (_, unit) => {
            format!("{} {}", in_sentence(&profile.label), format_value(unit, profile.median, currency))
        }
    }
}

fn orders(typical: f64) -> String {
    match typical.round() {
        n if n < 1.0 => "no order".to_owned(),
        n if n < 2.0 => "one order".to_owned(),
        n => format!("{} orders", format_value(Unit::Count, n, None)),
    }
}

/// A label inside a sentence: without what is in brackets, and in lower case where it is words and no abbreviation.
fn in_sentence(label: &str) -> String {
    let words = label.split('(').next().unwrap_or(label).trim();
    let words = if words.is_empty() { label } else { words };
    let lowered = words.split(' ').map(|word| {
        let abbreviation = word.chars().skip(1).any(char::is_uppercase);
        if abbreviation { word.to_owned() } else { word.to_lowercase() }
    });
    lowered.collect::<Vec<_>>().join(" ")
}

/// Count, sum and sum of squares of known values.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    n: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let known = values.filter(|v| v.is_finite());
        known.fold(Self::default(), |m, v| m.plus(&Self { n: 1.0, sum: v, squares: v * v }))
    }

    fn plus(self, other: &Self) -> Self {
        Self { n: self.n + other.n, sum: self.sum + other.sum, squares: self.squares + other.squares }
    }

    fn mean(&self) -> f64 {
        self.sum / self.n
    }

    fn variance(&self) -> f64 {
        (self.squares / self.n - self.mean() * self.mean()).max(0.0)
    }

    fn deviation(&self) -> f64 {
        self.variance().sqrt()
    }
}
