//! `habitue print`: what is built in, to be copied and edited.

use clap::{Args, ValueEnum};
use habitue::outcome::Outcome;
use habitue::report::Layout;
use habitue_core::action::ActionRules;
use habitue_core::persona::PersonaRules;

use crate::ui::{self, Failure};

/// Print what is built in, to copy and edit: the rules that name segments or say what to do, the page of the report;
/// and the schema of its JSON twin.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  habitue print personas > personas.toml
  habitue segment orders.csv --personas personas.toml
  habitue print template > page.html
  habitue segment orders.csv --template page.html
  habitue print schema > summary.schema.json")]
pub(crate) struct Print {
    /// What to print
    #[arg(value_enum)]
    what: What,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// What kind of segment it is, and its name: for --personas
    Personas,
    /// What to do for each kind: for --actions
    Actions,
    /// The page around the sections of the report: for --template
    Template,
    /// The JSON Schema of summary.json: every field with its meaning
    Schema,
}

impl Print {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        match self.what {
            What::Personas => ui::out(PersonaRules::DEFAULT_TOML),
            What::Actions => ui::out(ActionRules::DEFAULT_TOML),
            What::Template => ui::out(Layout::BUILT_IN),
            What::Schema => ui::out(&format!("{:#}\n", Outcome::schema())),
        }
    }
}
