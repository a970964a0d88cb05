//! Options that several verbs share.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use habitue::ingest::{DayMonth, ProductRole, Role};
use habitue::pipeline::Inputs;
use habitue::settings::{CleaningChoice, NamedCleaning};
use habitue::write::{Rejects, TableFormat};
use habitue::{Error, Settings};
use habitue_core::time::Day;

use crate::ui;

/// What is read, and how.
#[derive(Debug, Args)]
pub(crate) struct InputOptions {
    /// Orders (or a table of customers): CSV, TSV, Parquet, JSON lines or Excel files, folders or patterns of them, - for
    /// standard input
    #[arg(value_name = "ORDERS")]
    sources: Vec<String>,
    /// Fold on summaries written by `habitue fold`
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = "Input")]
    summaries: Vec<PathBuf>,
    /// Name columns by role, e.g. customer="Customer ID",amount=Total; by number if there is no header
    #[arg(long, value_name = "ROLE=COLUMN,…", help_heading = "Input")]
    map: Vec<String>,
    /// Which comes first in dates such as 03/04/2011
    #[arg(long, value_enum, help_heading = "Input")]
    dates: Option<Dates>,
    /// The currency to keep where amounts are in several, e.g. EUR
    #[arg(long, value_name = "CODE", help_heading = "Input")]
    currency: Option<String>,
    /// What parts the columns of text files, if looking does not tell
    #[arg(long, value_name = "CHAR", help_heading = "Input")]
    delimiter: Option<char>,
    /// Text files have no header: columns are named 1, 2, 3, …
    #[arg(long, help_heading = "Input")]
    no_header: bool,
    /// The sheet of a workbook to read
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    sheet: Option<String>,
    /// What rows count: returns netted and duplicates dropped, or the usual cleaning of tutorials
    #[arg(long, value_enum, help_heading = "Input")]
    cleaning: Option<CleaningName>,
    /// The day at which features are true [default: the day after the last line]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, help_heading = "Input")]
    as_of: Option<Day>,
    /// Megabytes of lines held in memory before temporary files are used
    #[arg(long, value_name = "MB", help_heading = "Run")]
    memory: Option<usize>,
    /// Threads to use [default: all]
    #[arg(long, value_name = "N", help_heading = "Run")]
    threads: Option<usize>,
    /// Settings file [default: habitue.toml in this folder, if there is one]
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    config: Option<PathBuf>,
    /// Say nothing but errors
    #[arg(long, short, help_heading = "Run")]
    pub(crate) quiet: bool,
    /// Print the result as JSON to stdout
    #[arg(long, help_heading = "Run")]
    pub(crate) json: bool,
}

/// Where a table of customers goes.
#[derive(Debug, Args)]
pub(crate) struct TableOptions {
    /// Where to write the table; its ending says the format (.csv, .parquet, .xlsx) [default: CSV to stdout]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Where to write rejected rows with their reasons
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long)]
    force: bool,
}

impl TableOptions {
    /// Where rejected rows go; refuses to overwrite anything unless told to.
    pub(crate) fn open(&self) -> Result<Rejects, Error> {
        ui::refuse_existing(self.output.as_deref(), self.force)?;
        ui::rejects(self.rejects.as_deref(), self.force)
    }
}

/// The format of tables.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated values
    Csv,
    /// Parquet
    Parquet,
    /// Excel
    Xlsx,
}

impl From<Format> for TableFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Csv => Self::Csv,
            Format::Parquet => Self::Parquet,
            Format::Xlsx => Self::Xlsx,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Dates {
    /// Day first
    Dmy,
    /// Month first
    Mdy,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CleaningName {
    /// Returns netted, duplicates dropped where rows carry an order number
    Default,
    /// Cancellations, returns and free items dropped, duplicates kept
    Classic,
}

fn day(text: &str) -> Result<Day, String> {
    // Through the one definition of a day's text.
    serde_json::from_value(serde_json::Value::String(text.to_owned()))
        .map_err(|_| "write it as YYYY-MM-DD".to_owned())
}

impl InputOptions {
    /// The settings: those of the file, overridden by the flags.
    pub(crate) fn settings(&self) -> Result<Settings, Error> {
        let mut settings = match &self.config {
            Some(path) => Settings::from_file(path)?,
            None if Path::new("habitue.toml").exists() => Settings::from_file(Path::new("habitue.toml"))?,
            None => Settings::default(),
        };
        let read = &mut settings.read;
        for pair in self.map.iter().flat_map(|m| split_pairs(m)) {
            let (role, column) = map_pair(&pair)?;
            read.map.insert(role, column);
        }
        read.dates = self.dates.map(Into::into).or(read.dates);
        read.currency = self.currency.clone().or_else(|| read.currency.take());
        read.delimiter = self.delimiter.or(read.delimiter);
        read.header = if self.no_header { Some(false) } else { read.header };
        read.sheet = self.sheet.clone().or_else(|| read.sheet.take());
        if let Some(cleaning) = self.cleaning {
            settings.cleaning = cleaning.into();
        }
        settings.as_of = self.as_of.or(settings.as_of);
        settings.memory_mb = self.memory.unwrap_or(settings.memory_mb);
        Ok(settings)
    }

    pub(crate) fn inputs(&self) -> Inputs {
        Inputs { sources: self.sources.clone(), summaries: self.summaries.clone(), previous: None }
    }

    /// Refuses a run that would read nothing.
    pub(crate) fn require_sources(&self) -> Result<(), Error> {
        if self.sources.is_empty() && self.summaries.is_empty() {
            return Err(Error::NoSources);
        }
        Ok(())
    }

    /// Sets the number of threads for the whole run.
    pub(crate) fn set_threads(&self) {
        set_threads(self.threads);
    }
}

/// Sets the number of threads for the whole run, if one was given.
pub(crate) fn set_threads(threads: Option<usize>) {
    if let Some(threads) = threads {
        // Fails only when set twice, which nobody does.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
}

/// Parts `a=b,c=d`; a comma inside a column's name can be kept by one `--map` a pair.
fn split_pairs(text: &str) -> Vec<String> {
    let mut pairs: Vec<String> = Vec::new();
    for piece in text.split(',') {
        match pairs.last_mut() {
            Some(last) if !piece.contains('=') => {
                last.push(',');
                last.push_str(piece);
            }
            _ => pairs.push(piece.to_owned()),
        }
    }
    pairs
}

fn map_pair(pair: &str) -> Result<(Role, String), Error> {
    role_and_column("--map", pair, Role::from_name, &Role::ALL.map(Role::name))
}

/// The columns of the file of products that were named.
pub(crate) fn product_columns(given: &[String]) -> Result<Vec<(ProductRole, String)>, Error> {
    let names = ProductRole::ALL.map(ProductRole::name);
    let pair = |pair: String| role_and_column("--product-columns", &pair, ProductRole::from_name, &names);
    given.iter().flat_map(|text| split_pairs(text)).map(pair).collect()
}

/// Parts `role=column`.
fn role_and_column<R>(
    flag: &str,
    pair: &str,
    from_name: impl Fn(&str) -> Option<R>,
    names: &[&str],
) -> Result<(R, String), Error> {
    let refuse = |what: String| Error::Document {
        path: flag.to_owned(),
        what,
        remedy: format!("write role=column; the roles are: {}", names.join(", ")),
    };
    let (role, column) =
        pair.split_once('=').ok_or_else(|| refuse(format!("{pair:?} is not role=column")))?;
    let role = from_name(role.trim()).ok_or_else(|| refuse(format!("there is no role {role:?}")))?;
    Ok((role, column.trim().trim_matches('"').to_owned()))
}

impl From<Dates> for DayMonth {
    fn from(dates: Dates) -> Self {
        match dates {
            Dates::Dmy => Self::Dmy,
            Dates::Mdy => Self::Mdy,
        }
    }
}

impl From<CleaningName> for CleaningChoice {
    fn from(name: CleaningName) -> Self {
        Self::Named(match name {
            CleaningName::Default => NamedCleaning::Default,
            CleaningName::Classic => NamedCleaning::Classic,
        })
    }
}
