//! `habitue rules`: the built-in rules, to be copied and edited.

use clap::{Args, ValueEnum};
use habitue_core::action::ActionRules;
use habitue_core::persona::PersonaRules;

use crate::ui::{self, Failure};

/// Print the built-in rules that name segments or say what to do, to copy and edit.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  habitue rules personas > personas.toml
  habitue segment orders.csv --personas personas.toml")]
pub(crate) struct Rules {
    /// Which rules
    #[arg(value_enum)]
    which: Which,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    /// What kind of segment it is, and its name
    Personas,
    /// What to do for each kind
    Actions,
}

impl Rules {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        ui::out(match self.which {
            Which::Personas => PersonaRules::DEFAULT_TOML,
            Which::Actions => ActionRules::DEFAULT_TOML,
        })
    }
}
