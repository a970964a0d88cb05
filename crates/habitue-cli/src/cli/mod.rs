//! The command line: one file per verb.

mod features;
mod options;

use clap::{Parser, Subcommand};

use crate::ui::Failure;

/// Named customer segments from the orders that a shop already has.
#[derive(Debug, Parser)]
#[command(name = "habitue", version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write the customer table alone: id and every feature
    Features(features::Features),
}

impl Command {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.verb {
            Verb::Features(verb) => verb.run(),
        }
    }
}
