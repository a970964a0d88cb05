//! `habitue compare`: who moved between two runs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use habitue::movement::{self, Comparison};
use habitue::outcome::{Match, Movement};
use habitue::write::TableFormat;
use habitue::{Error, report, write};
use habitue_core::movement::Flow;
use habitue_core::text::{format_count, format_money, format_share};

use super::options::set_threads;
use crate::ui::{self, Failure};

/// Compare two runs: which segment became which, who moved from where to where, who is new and who is gone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  habitue compare results-november results-december
  habitue compare november december -o movement.html -o movement.csv

Segments are matched by the customers that they share, and by their typical customers where they share few.")]
pub(crate) struct Compare {
    /// The results of the older run: the folder that `habitue segment` wrote
    old: PathBuf,
    /// The results of the newer run
    new: PathBuf,
    /// Where to write it: a page (.html), or every customer with the old and the new segment (.csv, .parquet, .xlsx); may be
    /// given twice
    #[arg(long, short, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// Overwrite files that exist
    #[arg(long)]
    force: bool,
    /// Threads to use [default: all]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Say nothing but errors
    #[arg(long, short)]
    quiet: bool,
    /// Print the result as JSON to stdout
    #[arg(long)]
    json: bool,
}

impl Compare {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let json = self.json;
        self.try_run().map_err(|error| ui::failure(error, json))
    }

    fn try_run(&self) -> Result<(), Error> {
        set_threads(self.threads);
        for path in &self.output {
            ui::refuse_existing(Some(path), self.force)?;
        }
        let comparison = movement::compare(&self.old, &self.new)?;
        for path in &self.output {
            put(&comparison, path)?;
        }
        if self.json {
            let text = serde_json::to_string_pretty(&comparison.movement).expect("a movement is plain data");
            let _ = ui::out(&format!("{text}\n"));
        }
        if self.quiet {
            return Ok(());
        }
        if !self.json {
            let _ = ui::out(&tell(&comparison));
        }
        for warning in &comparison.warnings {
            ui::warn(warning);
        }
        for path in &self.output {
            ui::say(&format!("Written: {}", ui::bold(&path.display().to_string())));
        }
        Ok(())
    }
}

/// Writes a page or a table, as the ending says.
fn put(comparison: &Comparison, path: &Path) -> Result<(), Error> {
    let is_page =
        path.extension().is_some_and(|e| e.eq_ignore_ascii_case("html") || e.eq_ignore_ascii_case("htm"));
    if !is_page {
        return comparison.table.write(path, TableFormat::of_path(path));
    }
    let page = report::render_comparison(comparison)?;
    write::replace_text(path, &page)
}

/// What came out, for a terminal.
fn tell(comparison: &Comparison) -> String {
    let movement = &comparison.movement;
    let mut text = String::new();
    let mut line = |head: &str, body: &str| {
        let _ = writeln!(text, "{head:<11}{}", ui::visible(body));
    };
    let amount = |flow: Flow| {
        let customers = format_count(flow.customers);
        if !comparison.has_money {
            return customers;
        }
        let revenue = format_money(flow.revenue.to_f64().round(), comparison.currency.as_deref());
        format!("{customers}, with {revenue} of revenue")
    };
    if let (Some(before), Some(now)) = (movement.previous.as_of, movement.as_of) {
        line("From", &format!("{before} to {now}"));
    }
    let n = movement.previous.customers;
    let stayed = format_share(movement.stayed.customers as f64 / n.max(1) as f64);
    line(
        "Stayed",
        &format!("{} of {} customers, {stayed}", format_count(movement.stayed.customers), format_count(n)),
    );
    line("Better", &amount(movement.moved_up));
    line("Worse", &amount(movement.moved_down));
    line(
        "At risk",
        &format!(
            "{}{} entered a segment at risk or of low value",
            amount(movement.entered_at_risk),
            if comparison.has_money { "," } else { "" }
        ),
    );
    line("New", &amount(movement.came));
    line("Gone", &amount(movement.gone));
    if let Some(agreement) = movement.agreement {
        line("Agreement", &format!("{agreement:.2} (adjusted Rand index; 1 when nobody moved)"));
    }
    text.push('\n');
    text.push_str(&segments(movement));
    text
}

/// What became of each segment.
fn segments(movement: &Movement) -> String {
    let width = movement.from.iter().chain(&movement.to).map(|p| p.name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    let head = format!("    {:<width$}  {:>10} {:>10} {:>10}  was", "segment", "before", "stayed", "now");
    let _ = writeln!(text, "{}", ui::bold(&head));
    let mut row = |id: usize, name: &str, figures: [Option<usize>; 3], note: &str| {
        let [before, stayed, now] = figures.map(|n| n.map_or_else(|| "-".to_owned(), format_count));
        let name = ui::visible(name);
        let line =
            format!("{id:>3} {name:<width$}  {before:>10} {stayed:>10} {now:>10}  {}", ui::visible(note));
        let _ = writeln!(text, "{}", line.trim_end());
    };
    let was = |m: &Match| {
        if (m.previous_id, &m.previous_name) == (m.id, &m.name) {
            String::new()
        } else {
            format!("{} {}", m.previous_id, m.previous_name)
        }
    };
    for place in &movement.to {
        if let Some(m) = movement.matches.iter().find(|m| Some(m.id) == place.id) {
            row(m.id, &m.name, [m.previous_customers, m.stayed, m.customers].map(Some), &was(m));
        }
        if let Some(new) = movement.new.iter().find(|s| Some(s.id) == place.id) {
            row(new.id, &new.name, [None, None, Some(new.customers)], "(new)");
        }
    }
    for gone in &movement.vanished {
        row(gone.id, &gone.name, [Some(gone.customers), None, None], "(no more)");
    }
    text.push('\n');
    text.push_str(&matrix(movement));
    text
}

/// Customers from row to column.
fn matrix(movement: &Movement) -> String {
    let label = |place: &habitue::outcome::MovementPlace| {
        place.id.map_or_else(|| ui::visible(&place.name), |id| format!("{id} {}", ui::visible(&place.name)))
    };
    let width = movement.from.iter().map(|p| label(p).chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    let heads = movement.to.iter().map(|p| p.id.map_or_else(|| label(p), |id| id.to_string()));
    let heads: Vec<String> = heads.map(|head| format!("{head:>7}")).collect();
    let _ = writeln!(text, "{}", ui::bold(&format!("{:<width$}  {}", "from \\ to", heads.join(" "))));
    for (place, cells) in movement.from.iter().zip(&movement.matrix) {
        let cells = cells.iter().zip(&heads).map(|(cell, head)| {
            format!("{:>width$}", format_count(cell.flow.customers), width = head.chars().count())
        });
        let _ = writeln!(text, "{:<width$}  {}", label(place), cells.collect::<Vec<_>>().join(" "));
    }
    text
}
