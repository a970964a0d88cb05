//! `habitue features`: the customer table alone.

use clap::Args;
use habitue::Error;
use habitue::pipeline::{self, FeaturesRun};
use habitue::write::TableFormat;

use super::options::{InputOptions, TableOptions};
use crate::ui::{self, Failure};

/// Write the customer table alone: id, days since the last order, orders, spend, and every other feature.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  habitue features data/online_retail.parquet -o customers.csv
  habitue features orders.csv --features rfm > rfm.csv
  habitue features 2024/*.csv.gz --as-of 2025-01-01 -o customers.parquet")]
pub(crate) struct Features {
    #[command(flatten)]
    input: InputOptions,
    /// The features to write: core, rfm, behaviour, all, or names separated by commas
    #[arg(long, value_name = "SET", default_value = "all")]
    features: String,
    #[command(flatten)]
    table: TableOptions,
}

impl Features {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let json = self.input.json;
        self.try_run().map_err(|error| ui::failure(error, json))
    }

    fn try_run(&self) -> Result<(), Error> {
        self.input.set_threads();
        self.input.require_sources()?;
        let mut settings = self.input.settings()?;
        settings.features = Some(self.features.clone());
        let mut rejects = self.table.open()?;
        let progress = ui::Progress::new(self.input.quiet);
        let run = pipeline::features(&self.input.inputs(), &settings, &mut rejects, &progress)?;
        drop(progress);
        match &self.table.output {
            Some(path) => run.write(path, TableFormat::of_path(path))?,
            None if !self.input.json => {
                run.write_csv(ui::stdout()).map_err(ui::to_stdout)?;
            }
            None => {}
        }
        let told = self.tell(&run);
        // The program ends here, and the system takes a large table back faster than it is taken apart.
        std::mem::forget(run);
        told
    }

    fn tell(&self, run: &FeaturesRun) -> Result<(), Error> {
        if self.input.json {
            let value = serde_json::json!({
                "customers": run.n_customers(),
                "without_purchase": run.without_purchase,
                "input": run.input,
                "sources": run.sources,
                "roles": run.roles,
                "warnings": run.warnings,
            });
            let _ = ui::out(&format!("{value:#}\n"));
        }
        if self.input.quiet {
            return Ok(());
        }
        for warning in &run.warnings {
            ui::warn(warning);
        }
        let input = &run.input;
        for rejected in &input.rejected {
            let rows = if rejected.rows == 1 { "row" } else { "rows" };
            ui::say(&format!("rejected {} {rows} ({}): {}", rejected.rows, rejected.revenue, rejected.text));
        }
        ui::say(&format!(
            "{} customers from {} of {} rows; {} kept without a net purchase",
            run.n_customers(),
            input.rows_kept,
            input.rows_read,
            run.without_purchase.customers
        ));
        Ok(())
    }
}
