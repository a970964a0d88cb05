//! Clusters a table of `f64` in a `.npy` file with one algorithm and prints what it found and how long it took:
//! `time_shapes dbscan points.npy eps=0.3 min_points=10 labels=labels.u32`.
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]
#![expect(clippy::unwrap_used, reason = "a wrong call ends the program")]

use std::collections::HashMap;
use std::time::Instant;

use habitue_core::Matrix;
use habitue_core::cluster::Grouping;
use habitue_core::cluster::agglomerative::Agglomerative;
use habitue_core::cluster::dbscan::Dbscan;
use habitue_core::cluster::hdbscan::Hdbscan;
use habitue_core::cluster::mixture::GaussianMixture;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let algorithm = arguments.next().unwrap();
    let x = read(&arguments.next().unwrap());
    let options: HashMap<String, String> =
        arguments.map(|a| a.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned())).unwrap()).collect();
    let number = |name: &str| options.get(name).map(|v| v.parse::<f64>().unwrap());
    let count = |name: &str| number(name).map(|v| v as usize);
    let start = Instant::now();
    let (grouping, objective): (Grouping, f64) = match algorithm.as_str() {
        "dbscan" => {
            let found = Dbscan { eps: number("eps"), min_points: count("min_points") }.fit(&x, None).unwrap();
            (found.grouping, found.model.eps())
        }
        "ward" | "complete" | "average" | "single" => {
            let linkage = serde_json::from_str(&format!("{algorithm:?}")).unwrap();
            let settings = Agglomerative { linkage, ..Agglomerative::new(count("k").unwrap()) };
            let found = settings.fit(&x, None).unwrap();
            let height = found.dendrogram.merges.iter().map(|merge| merge.height).sum();
            (found.grouping, height)
        }
        "hdbscan" => {
            let settings =
                Hdbscan { min_samples: count("min_samples"), ..Hdbscan::new(count("min_size").unwrap()) };
            let found = settings.fit(&x, None).unwrap();
            let mean = found.grouping.strengths.iter().sum::<f64>() / x.n_rows() as f64;
            (found.grouping, mean)
        }
        "mixture" => {
            let plain = GaussianMixture::new(count("k").unwrap());
            let settings = GaussianMixture { n_init: count("n_init").unwrap_or(1), ..plain };
            let found = match options.get("start") {
                Some(file) => {
                    let bytes = std::fs::read(file).unwrap();
                    let labels: Vec<u32> =
                        bytes.as_chunks::<4>().0.iter().map(|l| u32::from_le_bytes(*l)).collect();
                    settings.fit_from(&x, None, &labels).unwrap()
                }
                None => settings.fit(&x, None).unwrap(),
            };
            (found.grouping, found.log_likelihood / x.n_rows() as f64)
        }
        other => panic!("unknown algorithm {other}"),
    };
    let seconds = start.elapsed().as_secs_f64();
    println!(
        r#"{{"seconds": {seconds}, "objective": {objective}, "n_clusters": {}, "n_noise": {}}}"#,
        grouping.n_clusters(),
        grouping.n_noise()
    );
    if let Some(file) = options.get("labels") {
        let bytes: Vec<u8> = grouping.labels.iter().flat_map(|label| label.to_le_bytes()).collect();
        std::fs::write(file, bytes).unwrap();
    }
}

/// A two-dimensional array of little-endian doubles, row by row (`numpy.save`).
fn read(file: &str) -> Matrix {
    let bytes = std::fs::read(file).unwrap();
    let header = u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    let text = std::str::from_utf8(&bytes[10..10 + header]).unwrap();
    assert!(text.contains("'<f8'") && text.contains("'fortran_order': False"), "{text}");
    let shape = text.split("'shape': (").nth(1).unwrap().split(')').next().unwrap();
    let columns = shape.split(',').nth(1).unwrap().trim().parse().unwrap();
    let values = bytes[10 + header..].as_chunks::<8>().0.iter().map(|v| f64::from_le_bytes(*v)).collect();
    Matrix::new(columns, values).unwrap()
}
