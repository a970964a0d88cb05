//! `model.json`: the model with what is needed to read orders as they were read when it was fitted.

use std::path::Path;

use habitue_core::clean::Cleaning;
use habitue_core::features::Holds;
use habitue_core::lifetime::LifetimeModel;
use habitue_core::model::Model;
use habitue_core::time::Day;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::ingest::ReadSettings;
use crate::outcome::{Kind, Outcome};
use crate::settings::Settings;

/// The layout written and read here.
const SCHEMA_VERSION: u32 = 1;

/// A saved model. Every door that places customers reads this and nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Layout of the file.
    pub schema_version: u32,
    /// Program and version that wrote it.
    pub program: String,
    /// What it was fitted on.
    pub kind: Kind,
    /// The as-of date of the customers it was fitted on.
    pub as_of: Option<Day>,
    /// Their currency.
    pub currency: Option<String>,
    /// What the orders held.
    pub holds: Holds,
    /// Customers it was fitted on.
    pub customers: usize,
    /// How sources were read.
    pub read: ReadSettings,
    /// What rows counted.
    pub cleaning: Cleaning,
    /// What customers are expected to bring; absent where it could not be fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<LifetimeModel>,
    /// What places customers.
    pub model: Model,
}

impl ModelFile {
    pub(crate) fn new(outcome: &Outcome, settings: &Settings, holds: Holds, model: Model) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            program: outcome.program.clone(),
            kind: outcome.kind,
            as_of: outcome.as_of,
            currency: outcome.currency.clone(),
            holds,
            customers: outcome.customers,
            read: settings.read.clone(),
            cleaning: settings.cleaning.rules(),
            lifetime: None,
            model,
        }
    }

    /// Reads a model.
    ///
    /// # Errors
    /// [`Error::Document`] when it is no model, or one of another version.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let refuse = |what: String| Error::Document {
            path: path.display().to_string(),
            what,
            remedy: "give the model.json of a `habitue segment` run".to_owned(),
        };
        let text = std::fs::read_to_string(path).map_err(Error::io(path.display()))?;
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|e| refuse(format!("this is no JSON ({e})")))?;
        match value.get("schema_version").and_then(serde_json::Value::as_u64) {
            Some(version) if version == u64::from(SCHEMA_VERSION) => {}
            Some(version) => {
                return Err(refuse(format!("it has layout {version}, this program knows {SCHEMA_VERSION}")));
            }
            None => return Err(refuse("this is no model of habitue".to_owned())),
        }
        serde_json::from_value(value).map_err(|e| refuse(format!("this model cannot be read ({e})")))
    }

    /// The text of the file.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a model is plain data")
    }
}
