//! Times one job of the k-means engine on raw numbers and prints what came out as JSON.
//!
//! ```text
//! time_kmeans lloyd ROWS.f64 D STARTS.f64 [--threads N] [--engine tree|bounds|plain]
//! time_kmeans sweep ROWS.f64 D K_MIN K_MAX [N_INIT]
//! time_kmeans fit   ROWS.f64 D K [N_INIT] [SEED]
//! time_kmeans assign ROWS.f64 D CENTRES.f64
//! ```
//!
//! Files are little-endian doubles, row after row. Reading is outside the time; building trees is inside.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]
#![expect(clippy::disallowed_methods, reason = "the clock is what it is for")]

use std::error::Error;
use std::time::Instant;

use habitue_core::Matrix;

fn read(path: &str, d: usize) -> Result<Matrix, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    let values = bytes.chunks_exact(8).map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]));
    Ok(Matrix::new(d, values.collect())?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let number = |at: usize| args[at].parse::<usize>();
    let x = read(&args[2], number(3)?)?;
    let start = read(&args[4], number(3)?)?;
    let clock = Instant::now();
    let cpu = cpu_seconds();
    let found = habitue_core::cluster::kmeans::KMeans{max_iterations: 10_000, ..habitue_core::cluster::kmeans::KMeans::new(start.n_rows())}.fit_from(&x, &start)?;
    println!("{} s {} cpu {} iterations {} inertia {}", clock.elapsed().as_secs_f64(), cpu_seconds()-cpu, found.iterations, found.inertia, found.converged);
    Ok(())
}

/// Processor time of this process, user and system, in seconds.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or("");
    let ticks = |at: usize| after.split_whitespace().nth(at).and_then(|v| v.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
