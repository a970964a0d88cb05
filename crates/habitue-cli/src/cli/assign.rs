//! `habitue assign`: place customers with a saved model.

use std::path::PathBuf;

use clap::Args;
use habitue::Error;
use habitue::model_file::ModelFile;
use habitue::pipeline::{self, AssignRun};
use habitue::write::TableFormat;
use habitue_core::text::format_count;

use super::options::{InputOptions, TableOptions};
use crate::ui::{self, Failure};

/// Place customers in the segments of a saved model, from their raw orders.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  habitue assign habitue-results/model.json new_orders.csv -o placed.csv
  habitue assign model.json orders/*.parquet --as-of 2025-01-01 > placed.csv

Customers that are unlike all that the model was fitted on get segment 0, \"Fits none\"; those whose returns ate up
their purchases get segment 0, \"No net purchase\".")]
pub(crate) struct Assign {
    /// The model.json of a `habitue segment` run
    model: PathBuf,
    #[command(flatten)]
    input: InputOptions,
    #[command(flatten)]
    table: TableOptions,
}

impl Assign {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let json = self.input.json;
        self.try_run().map_err(|error| ui::failure(error, json))
    }

    fn try_run(&self) -> Result<(), Error> {
        self.input.set_threads();
        self.input.require_sources()?;
        let model = ModelFile::load(&self.model)?;
        let settings = self.input.settings()?;
        let mut rejects = self.table.open()?;
        let progress = ui::Progress::new(self.input.quiet);
        let run = pipeline::assign(&model, &self.input.inputs(), &settings, &mut rejects, &progress)?;
        drop(progress);
        match &self.table.output {
            Some(path) => run.placed.write(&model, path, TableFormat::of_path(path))?,
            None if !self.input.json => run.placed.write_csv(&model, ui::stdout()).map_err(ui::to_stdout)?,
            None => {}
        }
        self.tell(&model, &run);
        Ok(())
    }

    fn tell(&self, model: &ModelFile, run: &AssignRun) {
        let places = &run.placed.places;
        let in_segment =
            |index: usize| places.iter().flatten().filter(|p| p.fits && p.nearest == index).count();
        let fits_none = places.iter().flatten().filter(|p| !p.fits).count();
        let no_purchase = places.iter().filter(|p| p.is_none()).count();
        let segments: Vec<_> = model
            .model
            .segments
            .iter()
            .enumerate()
            .map(|(i, s)| (s.id, s.name.as_str(), in_segment(i)))
            .collect();
        if self.input.json {
            let segments: Vec<_> = segments
                .iter()
                .map(|(id, name, n)| serde_json::json!({"id": id, "name": name, "customers": n}))
                .collect();
            let value = serde_json::json!({
                "customers": places.len(),
                "segments": segments,
                "fits_none": fits_none,
                "no_net_purchase": no_purchase,
                "input": run.input,
                "warnings": run.warnings,
            });
            let _ = ui::out(&format!("{value:#}\n"));
        }
        if self.input.quiet {
            return;
        }
        for warning in &run.warnings {
            ui::warn(warning);
        }
        ui::say(&format!("{} customers placed", format_count(places.len())));
        for (id, name, n) in segments {
            ui::say(&format!("{id:>3} {}: {}", ui::visible(name), format_count(n)));
        }
        for (what, n) in [("fit none", fits_none), ("have no net purchase", no_purchase)] {
            if n > 0 {
                ui::say(&format!("    {} {what}", format_count(n)));
            }
        }
    }
}
