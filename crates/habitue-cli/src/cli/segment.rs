//! `habitue segment`: the main job.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use habitue::method::Algorithm;
use habitue::outcome::Outcome;
use habitue::report::Layout;
use habitue::results::Results;
use habitue::write::TableFormat;
use habitue::{Error, Settings, pipeline, report};
use habitue_core::text::{format_count, format_money, format_share};

use super::options::{Format, InputOptions, product_columns};
use crate::ui::{self, Failure};

/// Turn orders into named segments, with what to do for each, the evidence, and a model that places new customers.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  habitue segment data/online_retail.parquet
  habitue segment orders.csv -o results --k 5
  habitue segment 'exports/2024-*.csv.gz' --map customer=\"Customer E-Mail\" --dates dmy
  habitue segment orders.csv --algorithm compare
  habitue segment orders.csv -o results --previous results --force
  habitue segment customers.csv --features \"Age,Annual Income (k$),Spending Score (1-100)\"")]
pub(crate) struct Segment {
    #[command(flatten)]
    input: InputOptions,
    /// A file of products, one row each: code, name, category, list price, stock; joined on the product code
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    products: Option<PathBuf>,
    /// Name its columns by role, e.g. code=SKU,name=Title,category=Group,price=RRP,stock=Available
    #[arg(long, value_name = "ROLE=COLUMN,…", help_heading = "Input")]
    product_columns: Vec<String>,
    /// The folder for the results
    #[arg(long, short, value_name = "DIR", default_value = "habitue-results")]
    output: PathBuf,
    /// Overwrite the results of another run
    #[arg(long)]
    force: bool,
    /// The format of the tables of customers
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// The features to cluster on: core, rfm, behaviour, all, or names separated by commas [default: core]
    #[arg(long, value_name = "SET", help_heading = "Segments")]
    features: Option<String>,
    /// The number of segments, instead of the verdict on it
    #[arg(long, value_name = "N", help_heading = "Segments")]
    k: Option<usize>,
    /// Fewest segments the shop can use [default: 3]
    #[arg(long, value_name = "N", help_heading = "Segments")]
    min_segments: Option<usize>,
    /// Most segments the shop can work with [default: 8]
    #[arg(long, value_name = "N", help_heading = "Segments")]
    max_segments: Option<usize>,
    /// Smallest share of customers in a segment, 0 to 1 [default: 0.02]
    #[arg(long, value_name = "SHARE", help_heading = "Segments")]
    min_share: Option<f64>,
    /// How customers are grouped; compare tries all that suit and takes the one that ranks first [default: kmeans]
    #[arg(long, value_name = "NAME", value_parser = algorithms(), help_heading = "Segments")]
    algorithm: Option<Algorithm>,
    /// The same seed gives the same segments [default: 0]
    #[arg(long, value_name = "N", help_heading = "Segments")]
    seed: Option<u64>,
    /// Check segments formed so long before the as-of date against what customers did since: 90d, or off [default: 90d]
    #[arg(long, value_name = "DAYS", value_parser = days, help_heading = "Segments")]
    backtest: Option<i32>,
    /// The results of the run before: its segments keep their numbers and names, and the report says who moved. It may be
    /// the folder that is overwritten
    #[arg(long, value_name = "DIR", help_heading = "Segments")]
    previous: Option<PathBuf>,
    /// How far ahead to forecast orders and spend: days (90d), weeks (26w) or years (1y) [default: 365d]
    #[arg(long, value_name = "TIME", value_parser = horizon, help_heading = "Segments")]
    horizon: Option<u32>,
    /// Persona rules in place of the built-in ones
    #[arg(long, value_name = "FILE", help_heading = "Segments")]
    personas: Option<PathBuf>,
    /// Action rules in place of the built-in ones
    #[arg(long, value_name = "FILE", help_heading = "Segments")]
    actions: Option<PathBuf>,
    /// The page of the report in place of the built-in one, which `habitue print template` prints
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    template: Option<PathBuf>,
    /// Print the settings, all of them, and stop before anything is read
    #[arg(long, help_heading = "Run")]
    dry_run: bool,
}

/// The names of algorithms.
fn algorithms() -> impl TypedValueParser<Value = Algorithm> {
    PossibleValuesParser::new(Algorithm::names()).try_map(|name| name.parse::<Algorithm>())
}

/// A number of days: `90d`, `90`, or `off` for none.
fn days(text: &str) -> Result<i32, String> {
    let digits = text.strip_suffix('d').unwrap_or(text);
    match digits.parse::<i32>() {
        _ if text == "off" => Ok(0),
        Ok(days) if days > 0 => Ok(days),
        _ => Err("give a number of days such as 90d, or off".to_owned()),
    }
}

/// Days of a time such as `90d`, `26w` or `1y`.
fn horizon(text: &str) -> Result<u32, String> {
    let refuse = || "write it as days, weeks or years: 90d, 26w, 1y".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let days = match &text[digits.len()..] {
        "" | "d" => 1,
        "w" => 7,
        "y" => 365,
        _ => return Err(refuse()),
    };
    let number: u32 = digits.parse().map_err(|_| refuse())?;
    number.checked_mul(days).filter(|days| *days > 0).ok_or_else(refuse)
}

impl Segment {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let json = self.input.json;
        self.try_run().map_err(|error| Failure::Refused { error, json })
    }

    fn settings(&self) -> Result<Settings, Error> {
        let mut settings = self.input.settings()?;
        let choose = &mut settings.choose;
        choose.k = self.k.or(choose.k);
        choose.min_segments = self.min_segments.unwrap_or(choose.min_segments);
        choose.max_segments = self.max_segments.unwrap_or(choose.max_segments);
        choose.min_share = self.min_share.unwrap_or(choose.min_share);
        choose.seed = self.seed.unwrap_or(choose.seed);
        settings.products.file = self.products.clone().or(settings.products.file);
        settings.products.map.extend(product_columns(&self.product_columns)?);
        settings.algorithm = self.algorithm.unwrap_or(settings.algorithm);
        settings.lifetime.days = self.horizon.unwrap_or(settings.lifetime.days);
        settings.features = self.features.clone().or(settings.features);
        settings.backtest.days = self.backtest.unwrap_or(settings.backtest.days);
        settings.personas = self.personas.clone().or(settings.personas);
        settings.actions = self.actions.clone().or(settings.actions);
        settings.template = self.template.clone().or(settings.template);
        Ok(settings)
    }

    fn try_run(&self) -> Result<(), Error> {
        self.input.set_threads();
        let settings = self.settings()?;
        if self.dry_run {
            let text = toml::to_string(&settings).expect("settings are plain data");
            let _ = ui::out(&text);
            return Ok(());
        }
        self.input.require_sources()?;
        let layout = Layout::new(settings.template.as_deref())?;
        let results = Results::prepare(&self.output, self.force)?;
        let mut rejects = results.rejects()?;
        let progress = ui::Progress::new(self.input.quiet);
        let inputs = pipeline::Inputs { previous: self.previous.clone(), ..self.input.inputs() };
        let run = pipeline::segment(&inputs, &settings, &mut rejects, &progress)?;
        drop(rejects);
        pipeline::Observer::stage(&progress, "writing results");
        let html = report::render(&run.outcome, &layout)?;
        results.finish(&run, TableFormat::from(self.format), &html)?;
        drop(progress);
        if self.input.json {
            let text = serde_json::to_string_pretty(&run.outcome).expect("an outcome is plain data");
            let _ = ui::out(&format!("{text}\n"));
        }
        if !self.input.quiet {
            let text = tell(&run.outcome);
            if self.input.json {
                ui::say(&text);
            } else {
                let _ = ui::out(&text);
            }
            for warning in &run.outcome.warnings {
                ui::warn(warning);
            }
            ui::say(&format!(
                "Results are in {}: open {}",
                ui::bold(&self.output.display().to_string()),
                ui::bold(&self.output.join("report.html").display().to_string())
            ));
        }
        Ok(())
    }
}

/// What came out, for a terminal.
fn tell(outcome: &Outcome) -> String {
    let mut text = String::new();
    let currency = outcome.currency.as_deref();
    let money = |amount: habitue_core::Money| format_money(amount.to_f64(), currency);
    let input = &outcome.input;
    let roles: Vec<String> = outcome.roles.iter().map(|r| format!("{} = {}", r.role, r.column)).collect();
    let mut line = |l: String| {
        text.push_str(&ui::visible(&l));
        text.push('\n');
    };
    line(format!("Columns    {}", roles.join(", ")));
    for unsure in outcome.roles.iter().filter(|r| r.confidence < 0.8) {
        line(format!(
            "           not sure of {} = {} ({}); say otherwise with --map",
            unsure.role, unsure.column, unsure.why
        ));
    }
    line(format!(
        "Rows       {} read, {} kept{}",
        format_count(input.rows_read as usize),
        format_count(input.rows_kept as usize),
        if input.rejected.is_empty() { "" } else { "; rejected, with reasons in rejects.csv:" }
    ));
    for rejected in &input.rejected {
        let worth =
            if outcome.as_of.is_some() { format!(", {}", money(rejected.revenue)) } else { String::new() };
        line(format!("           {} {}{worth}", format_count(rejected.rows as usize), rejected.text));
    }
    if let Some(as_of) = outcome.as_of {
        line(format!("As of      {as_of}"));
    }
    let apart = match outcome.without_purchase.customers {
        0 => String::new(),
        n => format!("; {} more without a net purchase are kept apart", format_count(n as usize)),
    };
    line(format!("Customers  {}{apart}", format_count(outcome.customers)));
    // What each index says alone is in the report.
    for (i, reason) in outcome.choice.decisive().enumerate() {
        line(format!("{}{reason}", if i == 0 { "Segments   " } else { "           " }));
    }
    text.push('\n');
    text.push_str(&segment_table(outcome));
    text
}

fn segment_table(outcome: &Outcome) -> String {
    let has_money = outcome.as_of.is_some();
    let width = outcome.segments.iter().map(|s| s.name.chars().count()).max().unwrap_or(0).max(7);
    let mut text = String::new();
    let head = format!("    {:<width$}  {:>10} {:>7}", "segment", "customers", "share");
    let money = if has_money { format!(" {:>14} {:>7}", "revenue", "share") } else { String::new() };
    let _ = writeln!(text, "{}", ui::bold(&format!("{head}{money}")));
    for segment in &outcome.segments {
        let _ = write!(
            text,
            "{:>3} {:<width$}  {:>10} {:>7}",
            segment.id,
            ui::visible(&segment.name),
            format_count(segment.customers),
            format_share(segment.share)
        );
        if has_money {
            let revenue = format_money(segment.revenue.to_f64().round(), outcome.currency.as_deref());
            let _ = write!(text, " {revenue:>14} {:>7}", format_share(segment.revenue_share));
        }
        let _ = writeln!(text, "\n    {}", ui::visible(&segment.rule.text));
        if let Some(action) = segment.actions.first() {
            let _ = writeln!(text, "    → {}", ui::visible(&action.title));
        }
    }
    text.push('\n');
    text
}
