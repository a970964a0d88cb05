//! The engine by itself: a table of numbers in, a label a row out.

use std::io::Write;
use std::path::Path;

use habitue_core::Matrix;
use habitue_core::cluster::NOISE;
use habitue_core::cluster::agglomerative::Over;
use habitue_core::cluster::algorithm::{Details, Found};
use habitue_core::evaluate::indices::indices;
use habitue_core::evaluate::noise::without;
use habitue_core::evaluate::silhouette::silhouette;
use habitue_core::prepare::{Preparation, Scale, Skew};
use habitue_core::table::{Column, Feature, Unit, Values};
use serde::Serialize;

use super::Observer;
use crate::error::Error;
use crate::ingest::ReadSettings;
use crate::ingest::numbers::{self, Numbers};
use crate::method::{Count, Method, Tuning};
use crate::write::table::{Cells, Sheet};
use crate::write::{TableFormat, replace_file};

/// What is clustered, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterJob {
    /// Files, folders, patterns, or `-` for standard input.
    pub sources: Vec<String>,
    /// The columns to use; all of them if not given.
    pub columns: Option<Vec<String>>,
    /// How sources are read.
    pub read: ReadSettings,
    /// How columns are brought to one scale; left as they are if not given.
    pub scale: Option<Scale>,
    /// The clustering.
    pub method: Method,
    /// How many clusters.
    pub count: Count,
    /// Most clusters tried where the number is not given.
    pub most: usize,
    /// What some methods can be told beside the number of clusters.
    pub tuning: Tuning,
    /// The same seed gives the same labels.
    pub seed: u64,
}

/// What a clustering came to.
#[derive(Debug, Serialize)]
pub struct ClusterRun {
    /// The method's name.
    pub algorithm: String,
    /// The columns used.
    pub columns: Vec<String>,
    /// Rows read, each of which has a label.
    pub rows: usize,
    /// Number of clusters.
    pub n_clusters: usize,
    /// Rows that fit no cluster.
    pub n_noise: usize,
    /// Members of each cluster.
    pub sizes: Vec<usize>,
    /// The mean of each cluster, in the units of the table.
    pub centres: Vec<Vec<f64>>,
    /// How good the clusters are, in the scale that was clustered, noise left out.
    pub metrics: Metrics,
    /// What only this method tells.
    pub details: serde_json::Value,
    /// Why there are so many clusters, where the number was not given.
    pub reasons: Vec<String>,
    /// Things the reader should know.
    pub warnings: Vec<String>,
    /// The cluster of each row from 0, −1 for noise.
    #[serde(skip)]
    pub labels: Vec<i64>,
}

/// Indices of a clustering; `null` where one has no meaning.
#[derive(Debug, Default, Serialize)]
pub struct Metrics {
    /// Sum of squared distances to the mean of the cluster.
    pub inertia: Option<f64>,
    /// Mean silhouette.
    pub silhouette: Option<f64>,
    /// Its standard error, where it is of a sample.
    pub silhouette_error: Option<f64>,
    /// Caliński-Harabasz index.
    pub calinski_harabasz: Option<f64>,
    /// Davies-Bouldin index.
    pub davies_bouldin: Option<f64>,
    /// Dunn index by centroids.
    pub dunn: Option<f64>,
}

/// Clusters a table of numbers.
///
/// # Errors
/// When the table cannot be read or a cell is no number, and what the method refuses.
pub fn cluster(job: &ClusterJob, observer: &dyn Observer) -> Result<ClusterRun, Error> {
    observer.stage("reading numbers");
    let Numbers { columns, matrix } = numbers::read(&job.sources, job.columns.as_deref(), &job.read)?;
    let scaled = job.scale.map(|scale| scale_columns(&columns, &matrix, scale)).transpose()?;
    let x = scaled.as_ref().unwrap_or(&matrix);
    let (mut reasons, mut warnings) = (Vec::new(), Vec::new());
    observer.stage("clustering");
    let k = match job.count {
        Count::Given(k) => k,
        Count::Auto if job.method.finds_count() => 0,
        Count::Auto => {
            let chosen = job.method.choose(x, job.most, &job.tuning, job.seed)?;
            reasons = chosen.reasons;
            chosen.k
        }
    };
    if let (Count::Given(_), true) = (job.count, job.method.finds_count()) {
        warnings.push(format!(
            "{} finds the number of clusters itself: the number given is not used",
            job.method
        ));
    }
    let found = job.method.algorithm(k, &job.tuning, job.seed).fit(x)?;
    observer.stage("evaluating");
    let metrics = measure(x, &found, job.seed)?;
    let grouping = &found.grouping;
    Ok(ClusterRun {
        algorithm: job.method.to_string(),
        rows: matrix.n_rows(),
        n_clusters: grouping.n_clusters(),
        n_noise: grouping.n_noise(),
        sizes: grouping.sizes(),
        centres: means(&matrix, &grouping.labels, grouping.n_clusters()),
        metrics,
        details: details(&found.details),
        reasons,
        warnings,
        labels: grouping.labels.iter().map(|&l| if l == NOISE { -1 } else { l.into() }).collect(),
        columns,
    })
}

impl ClusterRun {
    /// Writes one label a row to a file, by a temporary name.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path, format: TableFormat) -> Result<(), Error> {
        let sheet = || Sheet { columns: vec![("label".to_owned(), Cells::Whole(self.labels.clone()))] };
        replace_file(path, |temporary| sheet().write(temporary, format, |_| true))
    }

    /// Writes one label a row as CSV.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_csv(&self, mut out: impl Write) -> std::io::Result<()> {
        writeln!(out, "label")?;
        for label in &self.labels {
            writeln!(out, "{label}")?;
        }
        out.flush()
    }
}

/// The columns on one scale; nothing else is done to them.
fn scale_columns(names: &[String], matrix: &Matrix, scale: Scale) -> Result<Matrix, Error> {
    let column = |(at, name): (usize, &String)| {
        let feature = Feature {
            name: name.clone(),
            label: name.clone(),
            unit: Unit::Number,
            description: String::new(),
        };
        Column { feature, values: Values::Number(matrix.rows().map(|row| row[at]).collect()) }
    };
    let columns: Vec<Column> = names.iter().enumerate().map(column).collect();
    let columns: Vec<&Column> = columns.iter().collect();
    let plain = Preparation { winsorise: (0.0, 1.0), skew: Skew::None, scale, ..Preparation::default() };
    Ok(plain.fit(&columns)?.transform(&columns)?)
}

/// The indices of the rows that are in a cluster.
fn measure(x: &Matrix, found: &Found, seed: u64) -> Result<Metrics, Error> {
    let kept;
    let (x, labels) = if found.grouping.n_noise() == 0 {
        (x, &found.grouping.labels)
    } else {
        kept = without(NOISE, x, &found.grouping.labels)?;
        (&kept.0, &kept.1)
    };
    if labels.is_empty() {
        return Ok(Metrics::default());
    }
    let silhouette = silhouette(x, labels, seed)?;
    let indices = indices(x, labels)?;
    Ok(Metrics {
        inertia: Some(indices.inertia),
        silhouette_error: silhouette.as_ref().map(|s| s.standard_error).filter(|error| *error > 0.0),
        silhouette: silhouette.map(|s| s.mean),
        calinski_harabasz: indices.calinski_harabasz,
        davies_bouldin: indices.davies_bouldin,
        dunn: indices.dunn,
    })
}

/// The mean of each cluster in the units of the table.
fn means(matrix: &Matrix, labels: &[u32], n_clusters: usize) -> Vec<Vec<f64>> {
    let mut means = vec![vec![0.0; matrix.n_cols()]; n_clusters];
    let mut counts = vec![0.0; n_clusters];
    for (row, &label) in matrix.rows().zip(labels).filter(|(_, label)| **label != NOISE) {
        counts[label as usize] += 1.0;
        for (mean, value) in means[label as usize].iter_mut().zip(row) {
            // A running mean cannot leave the range of the members.
            *mean += (value - *mean) / counts[label as usize];
        }
    }
    means
}

fn details(details: &Details) -> serde_json::Value {
    match details {
        Details::KMeans { inertia, iterations, converged } => {
            serde_json::json!({ "inertia": inertia, "iterations": iterations, "converged": converged })
        }
        Details::MiniBatch { counts } => serde_json::json!({ "counts": counts }),
        Details::Mixture { log_likelihood, bic, icl, iterations, converged } => serde_json::json!({
            "log_likelihood": log_likelihood, "bic": bic, "icl": icl,
            "iterations": iterations, "converged": converged,
        }),
        Details::Dbscan { eps, min_points, n_core } => {
            serde_json::json!({ "eps": eps, "min_points": min_points, "core_rows": n_core })
        }
        Details::Hdbscan { persistence } => serde_json::json!({ "persistence": persistence }),
        Details::Agglomerative { over, dendrogram, .. } => serde_json::json!({
            "leaves": dendrogram.n_leaves,
            "exact": matches!(over, Over::Rows),
            "heights": dendrogram.merges.iter().rev().take(20).map(|m| m.height).collect::<Vec<_>>(),
        }),
    }
}
