//! Times one index on a table in a file; `bench/evaluate.py` runs it beside scikit-learn.
//!
//! `time_evaluate TABLE N_COLS LABELS INDEX`: `TABLE` holds little-endian doubles row by row, `LABELS`
//! little-endian 32-bit whole numbers. Prints the seconds of the index alone and its value.
#![expect(clippy::print_stdout, reason = "an example talks")]

use std::error::Error;
use std::time::Instant;

use habitue_core::Matrix;
use habitue_core::evaluate::indices::indices;
use habitue_core::evaluate::mutual_information::{Average, adjusted_mutual_information};
use habitue_core::evaluate::rand::adjusted_rand;
use habitue_core::evaluate::silhouette::squared::squared_silhouette;
use habitue_core::evaluate::silhouette::{sampled_silhouettes, silhouettes};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [table, n_cols, labels, index] = arguments.as_slice() else {
        return Err("usage: time_evaluate TABLE N_COLS LABELS INDEX".into());
    };
    let bytes = std::fs::read(table)?;
    let values = bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
    let x = Matrix::new(n_cols.parse()?, values)?;
    let bytes = std::fs::read(labels)?;
    let labels: Vec<u32> = bytes.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b)).collect();
    let other: Vec<u32> = labels.iter().rev().copied().collect();
    let start = Instant::now();
    let value = match index.as_str() {
        "silhouette" => silhouettes(&x, &[&labels])?.pop().flatten().map(|s| s.mean),
        "sampled" => sampled_silhouettes(&x, &[&labels], 2500, 0)?.pop().flatten().map(|s| s.mean),
        "squared" => squared_silhouette(&x, &labels)?.map(|s| s.mean),
        "calinski_harabasz" => indices(&x, &labels)?.calinski_harabasz,
        "davies_bouldin" => indices(&x, &labels)?.davies_bouldin,
        "adjusted_rand" => Some(adjusted_rand(&labels, &other)?),
        "adjusted_mutual_information" => {
            Some(adjusted_mutual_information(&labels, &other, Average::Arithmetic)?)
        }
        _ => return Err("no such index".into()),
    };
    let seconds = start.elapsed().as_secs_f64();
    println!("{{\"seconds\": {seconds}, \"value\": {}}}", value.map_or("null".to_owned(), |v| v.to_string()));
    Ok(())
}
