//! What kind of segment it is, by rules over where it stands, and what it is called.

mod dimensions;
mod evidence;
mod naming;
mod order;
mod rules;

use serde::{Deserialize, Serialize};

pub use dimensions::Dimensions;
pub use naming::name_segments;
pub use order::{order_by_value, relabel};
pub use rules::{Dimension, Persona, PersonaRules, Qualifier, Range, Tier, When};

/// The persona and name that the rules give a segment, with the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Naming {
    /// Key of the persona in the rule file: `high-value-loyal`.
    pub persona_key: String,
    /// The persona as people read it: "High-value loyal".
    pub persona: String,
    /// How the persona stands in value.
    #[serde(default)]
    pub tier: Tier,
    /// The segment's name, unique among the segments.
    pub name: String,
    /// The facts that made the rules choose it, one sentence each.
    pub evidence: Vec<String>,
}

#[cfg(test)]
mod tests;
