//! `habitue cluster`: the engine by itself.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use habitue::Error;
use habitue::ingest::ReadSettings;
use habitue::method::{Count, Method, Tuning};
use habitue::pipeline::{self, ClusterJob, ClusterRun};
use habitue::write::TableFormat;
use habitue_core::cluster::mixture::Covariance;
use habitue_core::prepare::Scale;

use super::options::set_threads;
use crate::ui::{self, Failure};

/// Cluster a table of numbers as it stands: one label a row out, -1 for rows that fit no cluster. Nothing is scaled
/// unless you ask.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  habitue cluster points.csv --n-clusters 4 -o labels.csv
  habitue cluster points.parquet --algorithm hdbscan --json -o labels.csv
  habitue cluster customers.csv --columns age,income --scale standard --n-clusters auto")]
pub(crate) struct Cluster {
    /// Tables of numbers, with or without header: CSV, TSV, Parquet, JSON lines or Excel files, - for standard input
    #[arg(value_name = "TABLE", required = true)]
    sources: Vec<String>,
    /// How rows are grouped
    #[arg(long, value_name = "NAME", default_value = "kmeans", value_parser = methods())]
    algorithm: Method,
    /// How many clusters, or auto; DBSCAN and HDBSCAN find the number themselves
    #[arg(long, short = 'k', alias = "k", value_name = "K|auto", default_value = "auto", value_parser = count)]
    n_clusters: Count,
    /// Most clusters tried with auto
    #[arg(long, value_name = "K", default_value_t = 20)]
    max_clusters: usize,
    /// The same seed gives the same labels
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// The columns to use, by name (by number if there is no header) [default: all]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// Bring all columns to one scale first
    #[arg(long, value_enum)]
    scale: Option<ScaleName>,
    /// DBSCAN: the radius of a neighbourhood [default: from the data]
    #[arg(long, value_name = "R", help_heading = "Algorithms")]
    eps: Option<f64>,
    /// DBSCAN: rows within the radius that make a place dense [default: from the data]
    #[arg(long, value_name = "N", help_heading = "Algorithms")]
    min_points: Option<usize>,
    /// HDBSCAN: rows that make a cluster
    #[arg(long, value_name = "N", help_heading = "Algorithms")]
    min_cluster_size: Option<usize>,
    /// Trimmed k-means: the share of rows to set aside
    #[arg(long, value_name = "SHARE", help_heading = "Algorithms")]
    trimmed_share: Option<f64>,
    /// Mixture: the shape of its components
    #[arg(long, value_enum, help_heading = "Algorithms")]
    covariance: Option<CovarianceName>,
    /// What parts the columns of text files, if looking does not tell
    #[arg(long, value_name = "CHAR", help_heading = "Input")]
    delimiter: Option<char>,
    /// Text files have no header: columns are named 1, 2, 3, …
    #[arg(long, help_heading = "Input")]
    no_header: bool,
    /// Where to write the labels; its ending says the format (.csv, .parquet, .xlsx) [default: CSV to stdout]
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Threads to use [default: all]
    #[arg(long, value_name = "N", help_heading = "Run")]
    threads: Option<usize>,
    /// Say nothing but errors
    #[arg(long, short, help_heading = "Run")]
    quiet: bool,
    /// Print centres, sizes and metrics as JSON to stdout
    #[arg(long, help_heading = "Run")]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScaleName {
    /// Mean 0, standard deviation 1
    Standard,
    /// Median 0, interquartile range 1
    Robust,
    /// Lowest 0, highest 1
    MinMax,
    /// The share of rows below
    Rank,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CovarianceName {
    /// Any ellipsoid each
    Full,
    /// One ellipsoid for all
    Tied,
    /// Ellipsoids along the axes
    Diagonal,
    /// Balls
    Spherical,
}

/// The names of clusterings.
fn methods() -> impl TypedValueParser<Value = Method> {
    let named = |name: &str| Method::ALL.into_iter().find(|m| m.name() == name);
    PossibleValuesParser::new(Method::ALL.map(Method::name))
        .map(move |name| named(&name).expect("only known names get here"))
}

fn count(text: &str) -> Result<Count, String> {
    match text {
        "auto" => Ok(Count::Auto),
        number => number.parse().map(Count::Given).map_err(|_| "a whole number, or auto".to_owned()),
    }
}

impl Cluster {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let json = self.json;
        self.try_run().map_err(|error| ui::failure(error, json))
    }

    fn try_run(self) -> Result<(), Error> {
        set_threads(self.threads);
        ui::refuse_existing(self.output.as_deref(), self.force)?;
        let progress = ui::Progress::new(self.quiet);
        let job = self.job();
        let run = pipeline::cluster(&job, &progress)?;
        drop(progress);
        match &self.output {
            Some(path) => run.write(path, TableFormat::of_path(path))?,
            None if !self.json => run.write_csv(ui::stdout()).map_err(ui::to_stdout)?,
            None => {}
        }
        self.tell(&run);
        Ok(())
    }

    fn job(&self) -> ClusterJob {
        ClusterJob {
            sources: self.sources.clone(),
            columns: self.columns.clone(),
            read: ReadSettings {
                delimiter: self.delimiter,
                header: self.no_header.then_some(false),
                ..ReadSettings::default()
            },
            scale: self.scale.map(|scale| match scale {
                ScaleName::Standard => Scale::Standard,
                ScaleName::Robust => Scale::Robust,
                ScaleName::MinMax => Scale::MinMax,
                ScaleName::Rank => Scale::Rank,
            }),
            method: self.algorithm,
            count: self.n_clusters,
            most: self.max_clusters,
            tuning: Tuning {
                eps: self.eps,
                min_points: self.min_points,
                min_cluster_size: self.min_cluster_size,
                trimmed_share: self.trimmed_share,
                covariance: self.covariance.map(|covariance| match covariance {
                    CovarianceName::Full => Covariance::Full,
                    CovarianceName::Tied => Covariance::Tied,
                    CovarianceName::Diagonal => Covariance::Diagonal,
                    CovarianceName::Spherical => Covariance::Spherical,
                }),
            },
            seed: self.seed,
        }
    }

    fn tell(&self, run: &ClusterRun) {
        if self.json {
            let value = serde_json::to_value(run).expect("a result is plain data");
            let _ = ui::out(&format!("{value:#}\n"));
        }
        if self.quiet {
            return;
        }
        for warning in &run.warnings {
            ui::warn(warning);
        }
        for reason in &run.reasons {
            ui::say(reason);
        }
        let noise = if run.n_noise > 0 { format!(", {} rows in none", run.n_noise) } else { String::new() };
        let clusters = if run.n_clusters == 1 { "cluster" } else { "clusters" };
        let silhouette = run.metrics.silhouette.map_or(String::new(), |s| format!("; silhouette {s:.3}"));
        ui::say(&format!("{} rows in {} {clusters}{noise}{silhouette}", run.rows, run.n_clusters));
    }
}
