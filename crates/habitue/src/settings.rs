//! The settings of a run: the same in `habitue.toml`, on the command line and in a saved model.

use std::path::{Path, PathBuf};

use habitue_core::action::ActionRules;
use habitue_core::choose_k::ChooseK;
use habitue_core::clean::Cleaning;
use habitue_core::lifetime::Horizon;
use habitue_core::persona::PersonaRules;
use habitue_core::prepare::Preparation;
use habitue_core::time::Day;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::ingest::{ProductSettings, ReadSettings};
use crate::method::{Algorithm, Tuning};

/// Everything that decides what a run does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How sources are read.
    pub read: ReadSettings,
    /// The file of products.
    pub products: ProductSettings,
    /// What rows count.
    pub cleaning: CleaningChoice,
    /// The moment at which features are true; the day after the last line if not given.
    pub as_of: Option<Day>,
    /// The features to cluster on: `core`, `rfm`, `behaviour`, `all`, or names separated by commas.
    /// Of a table of customers its numbers, unless names are given.
    pub features: Option<String>,
    /// Megabytes of lines held in memory before they go to temporary files.
    pub memory_mb: usize,
    /// How features become numbers to cluster on.
    pub preparation: Preparation,
    /// How many segments.
    pub choose: ChooseK,
    /// How customers are grouped.
    pub algorithm: Algorithm,
    /// What some algorithms can be told beside the number of segments.
    pub tuning: Tuning,
    /// How segments are checked against what customers did later.
    pub backtest: BacktestSettings,
    /// How far ahead orders and spend are forecast, and what waiting costs.
    pub lifetime: Horizon,
    /// A file of persona rules in place of the built-in ones.
    pub personas: Option<PathBuf>,
    /// A file of action rules in place of the built-in ones.
    pub actions: Option<PathBuf>,
    /// The page of the report in place of the built-in one.
    pub template: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            read: ReadSettings::default(),
            products: ProductSettings::default(),
            cleaning: CleaningChoice::default(),
            as_of: None,
            features: None,
            memory_mb: 2048,
            preparation: Preparation::default(),
            choose: ChooseK::default(),
            algorithm: Algorithm::default(),
            tuning: Tuning::default(),
            backtest: BacktestSettings::default(),
            lifetime: Horizon::default(),
            personas: None,
            actions: None,
            template: None,
        }
    }
}

/// How segments are checked against what customers did later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BacktestSettings {
    /// Days of the later period; 0 for no check.
    pub days: i32,
}

impl Default for BacktestSettings {
    fn default() -> Self {
        Self { days: 90 }
    }
}

/// The cleaning policy: one with a name, or one's own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CleaningChoice {
    /// A policy with a name.
    Named(NamedCleaning),
    /// Rule by rule.
    Own(Cleaning),
}

/// Cleaning policies with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NamedCleaning {
    /// Returns netted, duplicates dropped where rows carry an order number.
    Default,
    /// The usual cleaning of tutorials: cancellations, returns and free items dropped, duplicates kept.
    Classic,
}

impl Default for CleaningChoice {
    fn default() -> Self {
        Self::Named(NamedCleaning::Default)
    }
}

impl CleaningChoice {
    /// The rules.
    pub fn rules(self) -> Cleaning {
        match self {
            Self::Named(NamedCleaning::Default) => Cleaning::default(),
            Self::Named(NamedCleaning::Classic) => Cleaning::classic(),
            Self::Own(rules) => rules,
        }
    }
}

impl Settings {
    /// Reads a `habitue.toml`.
    ///
    /// # Errors
    /// [`Error::Document`] with the line and the key that is wrong.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::io(path.display()))?;
        toml::from_str(&text).map_err(|e| Error::Document {
            path: path.display().to_string(),
            what: e.to_string().trim_end().to_owned(),
            remedy: "mend the line; `habitue segment --dry-run` prints all settings with their values"
                .to_owned(),
        })
    }

    pub(crate) fn persona_rules(&self) -> Result<PersonaRules, Error> {
        match &self.personas {
            Some(path) => PersonaRules::parse(&read_rules(path)?).map_err(|e| in_file(path, &e)),
            None => Ok(PersonaRules::default()),
        }
    }

    pub(crate) fn action_rules(&self) -> Result<ActionRules, Error> {
        match &self.actions {
            Some(path) => ActionRules::parse(&read_rules(path)?).map_err(|e| in_file(path, &e)),
            None => Ok(ActionRules::default()),
        }
    }
}

fn read_rules(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(Error::io(path.display()))
}

fn in_file(path: &Path, error: &habitue_core::Error) -> Error {
    Error::Document {
        path: path.display().to_string(),
        what: error.to_string(),
        remedy: error
            .hint()
            .unwrap_or_else(|| "compare it with the built-in rules, `habitue print`".to_owned()),
    }
}
