//! Personas as data: parsed, checked, and asked.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The personas in the order in which they are tried, and the words that tell equals apart.
///
/// Written as TOML; the built-in file, [`PersonaRules::DEFAULT_TOML`], explains itself and is meant to be copied and edited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonaRules {
    /// The personas; the last has no conditions.
    #[serde(rename = "persona")]
    pub personas: Vec<Persona>,
    /// By feature: the words for a segment that has more or less of it than others of its persona.
    #[serde(default)]
    pub qualifiers: BTreeMap<String, Qualifier>,
}

/// A kind of segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// Its key in files: `high-value-loyal`.
    pub key: String,
    /// Its name: "High-value loyal".
    pub name: String,
    /// What kind of customers they are, in a sentence.
    #[serde(default)]
    pub description: String,
    /// How it stands in value.
    #[serde(default)]
    pub tier: Tier,
    /// The alternatives; one of them must hold. Empty for the last persona only.
    #[serde(default)]
    pub when: Vec<When>,
}

/// How a persona stands in value: no high one is given to a segment that is worth less than one with a low one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Its customers are worth most.
    High,
    /// It says nothing about value.
    #[default]
    Middle,
    /// Its customers are worth least.
    Low,
}

/// Conditions that must all hold; see the built-in file for what each looks at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// Standing in value, 0 to 1.
    pub value: Option<Range>,
    /// Standing in frequency, 0 to 1.
    pub frequency: Option<Range>,
    /// Standing in recency, 0 to 1; 1 is the most recent.
    pub recency: Option<Range>,
    /// Standing in income, 0 to 1.
    pub income: Option<Range>,
    /// Mean value of the segment's customers over the mean of all customers; what a few big spenders bring counts.
    pub value_per_customer: Option<Range>,
    /// Typical value over the typical value of all customers.
    pub value_ratio: Option<Range>,
    /// Typical frequency over that of all customers.
    pub frequency_ratio: Option<Range>,
    /// Typical time since the last order over that of all customers.
    pub recency_ratio: Option<Range>,
    /// Typical time since the last order over the customer's own usual time between orders.
    pub overdue: Option<Range>,
    /// What must not be known.
    pub absent: Vec<Dimension>,
}

/// What a table may not say of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    /// What customers are worth.
    Value,
    /// How often they come.
    Frequency,
    /// When they last came.
    Recency,
    /// What they could spend.
    Income,
    /// How long they usually wait between orders; unknown too where fewer than half of the segment ordered twice.
    Rhythm,
}

/// Bounds, inclusive; at least one is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Range {
    /// The least value.
    pub at_least: Option<f64>,
    /// The greatest value.
    pub at_most: Option<f64>,
}

/// Two words for one feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Qualifier {
    /// For the segment that has more of it.
    pub high: String,
    /// For the segment that has less of it.
    pub low: String,
    /// For the segment whose typical customer has none of it; `low` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub none: Option<String>,
}

/// Where a segment stands in one dimension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// 0 worst, 1 best.
    pub(super) standing: f64,
    /// The typical figure over that of all customers.
    pub(super) ratio: f64,
}

/// Where a segment stands, by dimension; `None` where the table does not have it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Places {
    pub(super) value: Option<Place>,
    pub(super) frequency: Option<Place>,
    pub(super) recency: Option<Place>,
    pub(super) income: Option<Place>,
    pub(super) overdue: Option<f64>,
    /// The mean value over that of all customers.
    pub(super) value_per_customer: Option<f64>,
}

impl Default for PersonaRules {
    fn default() -> Self {
        Self::parse(Self::DEFAULT_TOML).expect("the built-in rules are valid; a test reads them")
    }
}

impl PersonaRules {
    /// The built-in rules as they are written.
    pub const DEFAULT_TOML: &str = include_str!("default.toml");

    /// Rules from TOML.
    ///
    /// # Errors
    /// The text is no TOML of this form, a key or name is used twice, a range is empty or out of bounds, a persona could
    /// never be reached or the last could fail to hold. The error names the place.
    pub fn parse(toml: &str) -> Result<Self> {
        let rules: Self =
            toml::from_str(toml).map_err(|e| wrong("the persona rules", e.to_string().trim_end()))?;
        rules.check()?;
        Ok(rules)
    }

    /// Whether the rules can be used; [`PersonaRules::parse`] has asked already.
    ///
    /// # Errors
    /// As for [`PersonaRules::parse`].
    pub fn check(&self) -> Result<()> {
        let Some((last, others)) = self.personas.split_last() else {
            return Err(wrong("the persona rules", "there is no [[persona]]"));
        };
        let (mut keys, mut names) = (BTreeSet::new(), BTreeSet::new());
        for persona in &self.personas {
            let place = format!("persona {:?}", persona.key);
            let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if persona.key.is_empty() || !persona.key.chars().all(simple) {
                return Err(wrong(&place, "its key must be lower-case letters, digits and hyphens"));
            }
            if persona.name.trim().is_empty() {
                return Err(wrong(&place, "its name is empty"));
            }
            if !keys.insert(&persona.key) {
                return Err(wrong(&place, "its key is used twice"));
            }
            if !names.insert(&persona.name) {
                return Err(wrong(&place, &format!("its name {:?} is used twice", persona.name)));
            }
            for (i, when) in persona.when.iter().enumerate() {
                when.check(&format!("{place}, alternative {}", i + 1))?;
            }
        }
        if let Some(persona) = others.iter().find(|persona| persona.when.is_empty()) {
            let message = "it has no `when`, so it always holds and those after it are never reached; only the last may";
            return Err(wrong(&format!("persona {:?}", persona.key), message));
        }
        match last.when.is_empty() && last.tier != Tier::High {
            true => Ok(()),
            false => Err(wrong(
                &format!("persona {:?}", last.key),
                "it is the last, which is given to whatever remains: it must have no `when` and not be of tier \"high\"",
            )),
        }
    }

    /// The first persona that holds. After a low persona was given, high ones no longer are.
    pub(super) fn choose(&self, places: &Places, low_given: bool) -> &Persona {
        let allowed = |persona: &&Persona| !(low_given && persona.tier == Tier::High);
        let mut tried = self.personas.iter().filter(allowed);
        let chosen = tried.find(|p| p.when.is_empty() || p.when.iter().any(|when| when.holds(places)));
        chosen.expect("the last persona always holds; the check saw to it")
    }
}

impl When {
    fn conditions(&self) -> [(&'static str, Option<Range>); 9] {
        [
            ("value", self.value),
            ("frequency", self.frequency),
            ("recency", self.recency),
            ("income", self.income),
            ("value_per_customer", self.value_per_customer),
            ("value_ratio", self.value_ratio),
            ("frequency_ratio", self.frequency_ratio),
            ("recency_ratio", self.recency_ratio),
            ("overdue", self.overdue),
        ]
    }

    fn check(&self, place: &str) -> Result<()> {
        let conditions = self.conditions();
        if conditions.iter().all(|(_, range)| range.is_none()) && self.absent.is_empty() {
            return Err(wrong(place, "it has no condition"));
        }
        for (name, range) in conditions {
            let Some(Range { at_least, at_most }) = range else { continue };
            let multiple = name.ends_with("_ratio") || matches!(name, "overdue" | "value_per_customer");
            let greatest = if multiple { f64::INFINITY } else { 1.0 };
            let bad = |bound: &f64| !(0.0..=greatest).contains(bound);
            let message = match (at_least, at_most) {
                (None, None) => "it needs at_least or at_most".to_owned(),
                (Some(low), Some(high)) if low > high => format!("at_least {low} is above at_most {high}"),
                _ => match at_least.iter().chain(&at_most).find(|bound| bad(bound)) {
                    Some(bound) if multiple => format!("a multiple must be 0 or more; got {bound}"),
                    Some(bound) => format!("a standing must be between 0 and 1; got {bound}"),
                    None => continue,
                },
            };
            return Err(wrong(&format!("{place}, {name}"), &message));
        }
        Ok(())
    }

    fn holds(&self, places: &Places) -> bool {
        let within = |range: Option<Range>, figure: Option<f64>| match (range, figure) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(range), Some(figure)) => range.contains(figure),
        };
        let is_absent = |dimension: &Dimension| match dimension {
            Dimension::Value => places.value.is_none(),
            Dimension::Frequency => places.frequency.is_none(),
            Dimension::Recency => places.recency.is_none(),
            Dimension::Income => places.income.is_none(),
            Dimension::Rhythm => places.overdue.is_none(),
        };
        let standing = |place: Option<Place>| place.map(|p| p.standing);
        let ratio = |place: Option<Place>| place.map(|p| p.ratio);
        self.absent.iter().all(is_absent)
            && within(self.value, standing(places.value))
            && within(self.frequency, standing(places.frequency))
            && within(self.recency, standing(places.recency))
            && within(self.income, standing(places.income))
            && within(self.value_per_customer, places.value_per_customer)
            && within(self.value_ratio, ratio(places.value))
            && within(self.frequency_ratio, ratio(places.frequency))
            && within(self.recency_ratio, ratio(places.recency))
            && within(self.overdue, places.overdue)
    }
}

impl Range {
    fn contains(&self, figure: f64) -> bool {
        self.at_least.is_none_or(|low| figure >= low) && self.at_most.is_none_or(|high| figure <= high)
    }
}

fn wrong(what: &str, message: &str) -> Error {
    Error::Rules { what: what.to_owned(), message: message.to_owned() }
}
