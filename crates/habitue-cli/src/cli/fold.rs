//! `habitue fold`: the mergeable memory of customers.

use std::path::PathBuf;

use clap::Args;
use habitue::{Error, pipeline};
use habitue_core::text::format_count;

use super::options::InputOptions;
use crate::ui::{self, Failure};

/// Fold orders into summaries: the memory of customers, to be kept and folded on night by night.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  habitue fold january.csv -o customers.parquet
  habitue fold february.csv --summaries customers.parquet -o customers.parquet --force
  habitue segment --summaries customers.parquet")]
pub(crate) struct Fold {
    #[command(flatten)]
    input: InputOptions,
    /// Where to write the summaries
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Where to write rejected rows with their reasons
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long)]
    force: bool,
}

impl Fold {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let json = self.input.json;
        self.try_run().map_err(|error| ui::failure(error, json))
    }

    fn try_run(&self) -> Result<(), Error> {
        self.input.set_threads();
        self.input.require_sources()?;
        let settings = self.input.settings()?;
        ui::refuse_existing(Some(&self.output), self.force)?;
        let mut rejects = ui::rejects(self.rejects.as_deref(), self.force)?;
        let progress = ui::Progress::new(self.input.quiet);
        let run = pipeline::fold(&self.input.inputs(), &settings, &self.output, &mut rejects, &progress)?;
        drop(progress);
        if self.input.json {
            let value =
                serde_json::json!({"customers": run.customers, "input": run.input, "roles": run.roles});
            let _ = ui::out(&format!("{value:#}\n"));
        }
        if !self.input.quiet {
            let rows = run.input.rows_kept as usize;
            ui::say(&format!(
                "{} customers remembered from {} lines",
                format_count(run.customers),
                format_count(rows)
            ));
        }
        Ok(())
    }
}
