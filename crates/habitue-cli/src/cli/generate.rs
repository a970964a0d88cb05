//! `habitue generate`: realistic orders of any size, with known truth.

use std::path::PathBuf;

use clap::Args;
use habitue::Error;
use habitue::generate::Generate as Orders;
use habitue_core::text::format_count;

use crate::ui::{self, Failure};

/// Write realistic orders of any size, to try things out: loyal, occasional, lapsed and one-time customers,
/// returns, and lines that name nobody, by time over two years.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  habitue generate -o orders.csv
  habitue generate --lines 10000000 --seed 1 -o orders.parquet
  habitue generate -o orders.csv --truth kinds.csv && habitue segment orders.csv")]
pub(crate) struct Generate {
    /// Lines to write
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000_000))]
    lines: u64,
    /// The same seed gives the same file
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Where to write the orders; its ending says the format (.csv, .parquet)
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Where to write which kind each customer is of (CSV: customer_id, kind)
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long)]
    force: bool,
    /// Threads to use [default: all]
    #[arg(long, value_name = "N", help_heading = "Run")]
    threads: Option<usize>,
    /// Say nothing but errors
    #[arg(long, short, help_heading = "Run")]
    quiet: bool,
    /// Print the result as JSON to stdout
    #[arg(long, help_heading = "Run")]
    json: bool,
}

impl Generate {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let json = self.json;
        self.try_run().map_err(|error| ui::failure(error, json))
    }

    fn try_run(&self) -> Result<(), Error> {
        super::options::set_threads(self.threads);
        ui::refuse_existing(Some(&self.output), self.force)?;
        ui::refuse_existing(self.truth.as_deref(), self.force)?;
        let progress = ui::Progress::new(self.quiet);
        let orders = Orders { lines: self.lines, seed: self.seed };
        let made = orders.write(&self.output, self.truth.as_deref())?;
        drop(progress);
        if self.json {
            let value = serde_json::json!({
                "lines": made.lines, "receipts": made.receipts, "customers": made.customers
            });
            let _ = ui::out(&format!("{value:#}\n"));
        }
        if !self.quiet {
            ui::say(&format!(
                "{} lines on {} receipts of {} customers",
                format_count(made.lines as usize),
                format_count(made.receipts as usize),
                format_count(made.customers as usize)
            ));
        }
        Ok(())
    }
}
