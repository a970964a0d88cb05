//! A short rule in plain words that nearly describes a segment, and how nearly.

mod search;
mod words;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::error::Error;
use crate::math::text::closest;
use crate::segmented::Segmented;

/// One condition of a rule: a feature within bounds. At least one bound is given.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Condition {
    /// The feature's name.
    pub feature: String,
    /// The least value, if bounded below (inclusive).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The greatest value, if bounded above (inclusive).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

impl Condition {
    /// Whether a value is within the bounds; a missing value (NaN) never is.
    pub fn holds(&self, value: f64) -> bool {
        !value.is_nan()
            && self.at_least.is_none_or(|least| value >= least)
            && self.at_most.is_none_or(|most| value <= most)
    }
}

/// Conditions that all hold for most customers of a segment and few others.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Rule {
    /// The rule in words: "last order within 41 days and at least 5 orders".
    pub text: String,
    /// The conditions behind the words.
    pub conditions: Vec<Condition>,
    /// Of the customers whom the rule picks, the share that is in the segment.
    pub precision: f64,
    /// Of the segment's customers, the share that the rule picks.
    pub recall: f64,
}

/// The search for a rule: one to three conditions with the greatest F1 of the segment against the rest.
///
/// Bounds are tried at every 5 % of the segment's values and of everybody else's, rounded first to numbers people say, so
/// what is written is what was measured. A beam of rules grows condition by condition and each is then tuned with the
/// others held. Another condition must raise F1 by `least_gain`, and the second bound of one condition by half of it.
///
/// Large tables are searched on a sample, half of it from the segment, weighted back; precision and recall are always
/// measured on all customers. The sample does not depend on anything but the table's size: the same table, the same rule.
/// Cost: O(sample × features) a step, and one pass over the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleSearch {
    /// Features that a rule may speak of, in the order in which it speaks of them; empty for all numeric ones.
    pub features: Vec<String>,
    /// Most conditions in a rule, 1 to 5.
    pub max_conditions: usize,
    /// What another condition must add to F1, 0 to 1.
    pub least_gain: f64,
    /// Customers on whom rules are searched, at least 100.
    pub sample: usize,
}

impl Default for RuleSearch {
    fn default() -> Self {
        Self { features: Vec::new(), max_conditions: 3, least_gain: 0.02, sample: 20_000 }
    }
}

impl RuleSearch {
    /// The rule that describes a segment best.
    ///
    /// A segment that holds every customer, a table without numbers, and a segment of whom no bound picks anybody have the
    /// rule "all customers" without conditions; a segment without customers has the rule "no customers" with precision and
    /// recall 0.
    ///
    /// # Errors
    /// A setting is out of range, a feature is not a numeric column, or there is no such segment.
    pub fn explain(&self, segmented: &Segmented<'_>, segment: usize) -> Result<Rule> {
        self.check(segmented, segment)?;
        let members = segmented.sizes()[segment];
        if members == 0 {
            let text = "no customers".to_owned();
            return Ok(Rule { text, conditions: Vec::new(), precision: 0.0, recall: 0.0 });
        }
        let conditions = match members == segmented.labels().len() {
            true => Vec::new(),
            false => search::best_conditions(self, segmented, segment),
        };
        let (precision, recall) = measure(segmented, segment, &conditions);
        Ok(Rule { text: words::text(segmented, &conditions), conditions, precision, recall })
    }

    fn check(&self, segmented: &Segmented<'_>, segment: usize) -> Result<()> {
        let refuse = |setting, allowed: &str, got: String| {
            Err(Error::Setting { setting, allowed: allowed.to_owned(), got })
        };
        if !(1..=5).contains(&self.max_conditions) {
            return refuse("max_conditions", "between 1 and 5", self.max_conditions.to_string());
        }
        if !(0.0..=1.0).contains(&self.least_gain) {
            return refuse("least_gain", "between 0 and 1", self.least_gain.to_string());
        }
        if self.sample < 100 {
            return refuse("sample", "at least 100", self.sample.to_string());
        }
        if segment >= segmented.n_segments() {
            return refuse("segment", &format!("below {}", segmented.n_segments()), segment.to_string());
        }
        match self.features.iter().find(|name| segmented.table().numbers(name).is_none()) {
            Some(name) => {
                let known = segmented.numeric().map(|(column, _)| column.feature.name.as_str());
                let suggestion = closest(name, known).map(str::to_owned);
                Err(Error::UnknownFeature { name: name.clone(), suggestion })
            }
            None => Ok(()),
        }
    }
}

/// Precision and recall of conditions on all customers; precision is 0 when they pick nobody.
fn measure(segmented: &Segmented<'_>, segment: usize, conditions: &[Condition]) -> (f64, f64) {
    let columns: Vec<(&Condition, &[f64])> = conditions
        .iter()
        .filter_map(|condition| Some((condition, segmented.table().numbers(&condition.feature)?)))
        .collect();
    let (mut picked, mut hits, mut members) = (0_usize, 0_usize, 0_usize);
    for (row, &label) in segmented.labels().iter().enumerate() {
        let holds = columns.iter().all(|(condition, values)| condition.holds(values[row]));
        members += usize::from(label == segment);
        picked += usize::from(holds);
        hits += usize::from(holds && label == segment);
    }
    (hits as f64 / picked.max(1) as f64, hits as f64 / members.max(1) as f64)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the hand computes these values exactly")]
mod tests;
