//! What kind of segment it is, by rules over where it stands, and what it is called.

use serde::{Deserialize, Serialize};

/// The persona and name that the rules give a segment, with the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Naming {
    /// Key of the persona in the rule file: `high-value-loyal`.
    pub persona_key: String,
    /// The persona as people read it: "High-value loyal".
    pub persona: String,
    /// The segment's name, unique among the segments.
    pub name: String,
    /// The facts that made the rules choose it, one sentence each.
    pub evidence: Vec<String>,
}
