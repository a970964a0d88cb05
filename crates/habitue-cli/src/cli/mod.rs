//! The command line: one file per verb.

mod assign;
mod cluster;
mod compare;
mod explore;
mod features;
mod fold;
mod generate;
mod options;
mod print;
mod segment;

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
    /// Turn orders into named segments, actions, evidence and a model: the main job
    Segment(segment::Segment),
    /// Look at the data only: the customer base in figures, and a page
    Explore(explore::Explore),
    /// Place customers in the segments of a saved model
    Assign(assign::Assign),
    /// Tell who moved between two runs
    Compare(compare::Compare),
    /// Write the customer table alone: id and every feature
    Features(features::Features),
    /// Cluster a table of numbers: the engine by itself
    Cluster(cluster::Cluster),
    /// Fold orders into summaries, to be kept and folded on night by night
    Fold(fold::Fold),
    /// Write realistic orders of any size, to try things out
    Generate(generate::Generate),
    /// Print what is built in, to copy and edit: rules, page, schema
    Print(print::Print),
}

impl Command {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.verb {
            Verb::Segment(verb) => verb.run(),
            Verb::Explore(verb) => verb.run(),
            Verb::Assign(verb) => verb.run(),
            Verb::Compare(verb) => verb.run(),
            Verb::Features(verb) => verb.run(),
            Verb::Cluster(verb) => verb.run(),
            Verb::Fold(verb) => verb.run(),
            Verb::Generate(verb) => verb.run(),
            Verb::Print(verb) => verb.run(),
        }
    }
}
