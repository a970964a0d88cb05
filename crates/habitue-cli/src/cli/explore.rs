//! `habitue explore`: a look at the data only.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use habitue::outcome::{Coming, Outcome};
use habitue::report::Layout;
use habitue::{Error, pipeline, report, write};
use habitue_core::text::{format_count, format_money, format_share, format_value};

use super::options::InputOptions;
use crate::ui::{self, Failure};

/// Look at orders, or at a table of customers, before any segment is made: who comes and comes back, how revenue and
/// features are spread, what is missing or far out, and whether there is anything to cluster.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  habitue explore data/online_retail.parquet
  habitue explore orders.csv -o look.html --force
  habitue explore customers.csv --json > base.json")]
pub(crate) struct Explore {
    #[command(flatten)]
    input: InputOptions,
    /// The page to write
    #[arg(long, short, value_name = "FILE", default_value = "habitue-explore.html")]
    output: PathBuf,
    /// Where to write rejected rows with their reasons
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long)]
    force: bool,
    /// The features that clustering would see: core, rfm, behaviour, all, or names separated by commas [default: core]
    #[arg(long, value_name = "SET")]
    features: Option<String>,
    /// The page in place of the built-in one, which `habitue print template` prints
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// The same seed gives the same figures [default: 0]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl Explore {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let json = self.input.json;
        self.try_run().map_err(|error| ui::failure(error, json))
    }

    fn try_run(&self) -> Result<(), Error> {
        self.input.set_threads();
        self.input.require_sources()?;
        let mut settings = self.input.settings()?;
        settings.features = self.features.clone().or(settings.features);
        settings.choose.seed = self.seed.unwrap_or(settings.choose.seed);
        settings.template = self.template.clone().or(settings.template);
        let layout = Layout::new(settings.template.as_deref())?;
        ui::refuse_existing(Some(&self.output), self.force)?;
        let mut rejects = ui::rejects(self.rejects.as_deref(), self.force)?;
        let progress = ui::Progress::new(self.input.quiet);
        let outcome = pipeline::explore(&self.input.inputs(), &settings, &mut rejects, &progress)?;
        pipeline::Observer::stage(&progress, "writing the page");
        let html = report::render_base(&outcome, &layout)?;
        write::replace_file(&self.output, |temporary| {
            std::fs::write(temporary, &html)
                .map_err(|source| Error::Io { path: temporary.display().to_string(), source })
        })?;
        drop(progress);
        if self.input.json {
            let _ = ui::out(&format!("{:#}\n", without_segments(&outcome)));
        }
        if !self.input.quiet {
            let text = tell(&outcome);
            if self.input.json {
                ui::say(&text);
            } else {
                let _ = ui::out(&text);
            }
            for warning in &outcome.warnings {
                ui::warn(warning);
            }
            ui::say(&format!("Open {}", ui::bold(&self.output.display().to_string())));
        }
        Ok(())
    }
}

/// The outcome as in `summary.json`, without what only segments fill.
fn without_segments(outcome: &Outcome) -> serde_json::Value {
    let mut value = serde_json::to_value(outcome).expect("an outcome is plain data");
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|key, _| !matches!(key.as_str(), "choice" | "algorithm" | "segments" | "sample"));
    }
    value
}

/// What was seen, for a terminal.
fn tell(outcome: &Outcome) -> String {
    let mut text = String::new();
    let input = &outcome.input;
    let _ = writeln!(
        text,
        "{} rows read, {} kept; {} customers{}",
        format_count(input.rows_read as usize),
        format_count(input.rows_kept as usize),
        format_count(outcome.customers),
        match outcome.without_purchase.customers {
            0 => String::new(),
            n => format!("; {} more without a net purchase are kept apart", format_count(n as usize)),
        }
    );
    for sentence in report::base_sentences(outcome) {
        let _ = writeln!(text, "{}", ui::visible(&sentence));
    }
    if let Some(coming) = outcome.base.as_ref().and_then(|b| b.coming.as_ref()) {
        months(outcome, coming, &mut text);
    }
    features(outcome, &mut text);
    text.push('\n');
    text
}

/// Months shown on a terminal: the last ones.
const MOST_MONTHS: usize = 13;

fn months(outcome: &Outcome, coming: &Coming, text: &mut String) {
    let head = format!(
        "{:<9} {:>9} {:>9} {:>14} {:>14}",
        "month", "new", "returning", "revenue of new", "of returning"
    );
    let _ = writeln!(text, "\n{}", ui::bold(&head));
    let money = |m: habitue_core::Money| format_money(m.to_f64().round(), outcome.currency.as_deref());
    for note in &coming.months[coming.months.len().saturating_sub(MOST_MONTHS)..] {
        let month = &note.of;
        let mark = if note.covered.is_some() { "*" } else { "" };
        let _ = writeln!(
            text,
            "{:<9} {:>9} {:>9} {:>14} {:>14}",
            format!("{}{mark}", month.month),
            format_count(month.new.customers as usize),
            format_count(month.returning.customers as usize),
            money(month.new.revenue),
            money(month.returning.revenue)
        );
    }
    if coming.months.iter().any(|m| m.covered.is_some()) {
        let _ = writeln!(text, "* not a whole month in the data");
    }
}

fn features(outcome: &Outcome, text: &mut String) {
    let Some(base) = &outcome.base else { return };
    let width = base
        .features
        .iter()
        .map(|f| label(outcome, &f.feature).chars().count())
        .max()
        .unwrap_or(7)
        .clamp(7, 40);
    let head = format!(
        "{:<width$} {:>13} {:>13} {:>13} {:>8} {:>8}",
        "feature", "lower quarter", "typical", "upper quarter", "missing", "far out"
    );
    let _ = writeln!(text, "\n{}", ui::bold(&head));
    for of in &base.features {
        let unit = outcome.features.iter().find(|f| f.feature.name == of.feature).map(|f| f.feature.unit);
        let value =
            |v: f64| unit.map_or_else(String::new, |unit| format_value(unit, v, outcome.currency.as_deref()));
        let far = of.spread.far_above + of.spread.far_below;
        let name: String = ui::visible(label(outcome, &of.feature)).chars().take(width).collect();
        let _ = writeln!(
            text,
            "{name:<width$} {:>13} {:>13} {:>13} {:>8} {:>8}",
            value(of.spread.lower_quartile),
            value(of.spread.median),
            value(of.spread.upper_quartile),
            format_count(of.spread.missing as usize),
            match far {
                0 => "0".to_owned(),
                n => format_share(n as f64 / (of.spread.customers as f64).max(1.0)),
            }
        );
    }
    for of in &base.categories {
        let common: Vec<String> = of
            .values
            .iter()
            .take(4)
            .map(|v| {
                format!("{} {}", v.value, format_share(v.customers as f64 / outcome.customers.max(1) as f64))
            })
            .collect();
        let _ = writeln!(
            text,
            "{:<width$} {}",
            ui::visible(label(outcome, &of.feature)),
            ui::visible(&common.join(", "))
        );
    }
}

/// The plain-language name of a feature.
fn label<'a>(outcome: &'a Outcome, name: &'a str) -> &'a str {
    let known = outcome.features.iter().find(|f| f.feature.name == name);
    known.map_or(name, |f| &f.feature.label)
}
