//! Times one job of the k-means engine on raw numbers and prints what came out as JSON.
//!
//! ```text
//! time_kmeans lloyd ROWS.f64 D STARTS.f64
//! time_kmeans sweep ROWS.f64 D K_MIN K_MAX [N_INIT [SEED]]
//! time_kmeans fit   ROWS.f64 D K [N_INIT [SEED]]
//! time_kmeans assign ROWS.f64 D CENTRES.f64
//! ```
//!
//! Files are little-endian doubles, row after row. Reading is outside the time; building trees is inside.
//! The job is done once, and once more for each line on standard input.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::error::Error;
use std::time::Instant;

use habitue_core::Matrix;
use habitue_core::cluster::assign::assign;
use habitue_core::cluster::kmeans::KMeans;
use habitue_core::cluster::labels::labels;
use habitue_core::cluster::sweep::Sweep;

fn read(path: &str, d: usize) -> Result<Matrix, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    let values =
        bytes.chunks_exact(8).map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]));
    Ok(Matrix::new(d, values.collect())?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let x = read(&args[2], number(&args, 3)?)?;
    loop {
        time(&args, &x)?;
        if std::io::stdin().read_line(&mut String::new())? == 0 {
            return Ok(());
        }
    }
}

/// The argument at a place as a number; 10 where there is none.
fn number(args: &[String], at: usize) -> Result<usize, std::num::ParseIntError> {
    args.get(at).map_or(Ok(10), |arg| arg.parse())
}

/// The rounds of a search and its seed; 10 and 0 where there are none.
fn effort(args: &[String], at: usize) -> Result<(usize, u64), std::num::ParseIntError> {
    Ok((number(args, at)?, args.get(at + 1).map_or(Ok(0), |seed| seed.parse())?))
}

/// Does the job once.
fn time(args: &[String], x: &Matrix) -> Result<(), Box<dyn Error>> {
    let given = || read(&args[4], x.n_cols());
    let (clock, processor) = (Instant::now(), cpu_seconds());
    let results = match args[1].as_str() {
        "lloyd" => {
            let start = given()?;
            vec![KMeans { max_iterations: 100_000, ..KMeans::new(start.n_rows()) }.fit_from(x, &start)?]
        }
        "sweep" => {
            let (least, most) = (number(args, 4)?, number(args, 5)?);
            let (n_init, seed) = effort(args, 6)?;
            Sweep { n_init, seed, ..Sweep::new(least, most) }.fit(x)?
        }
        "assign" => {
            let centres = given()?;
            let (clock, processor) = (Instant::now(), cpu_seconds());
            let labels = labels(x, &centres)?;
            let (seconds, processor) = (clock.elapsed().as_secs_f64(), cpu_seconds() - processor);
            let found = assign(x, &centres)?;
            if labels != found.labels {
                return Err("labels are not those of the distances".into());
            }
            let total: f64 = found.squared.iter().sum();
            println!(r#"{{"seconds": {seconds:.4}, "cpu_seconds": {processor:.5}, "inertia": [{total:?}]}}"#);
            return Ok(());
        }
        "fit" => {
            let (n_init, seed) = effort(args, 5)?;
            vec![KMeans { n_init, seed, ..KMeans::new(number(args, 4)?) }.fit(x)?]
        }
        job => return Err(format!("there is no job {job:?}").into()),
    };
    let (seconds, processor) = (clock.elapsed().as_secs_f64(), cpu_seconds() - processor);
    let inertias: Vec<f64> = results.iter().map(|clusters| clusters.inertia).collect();
    let iterations: Vec<usize> = results.iter().map(|clusters| clusters.iterations).collect();
    println!(
        r#"{{"seconds": {seconds:.4}, "cpu_seconds": {processor:.5}, "iterations": {iterations:?}, "inertia": {inertias:?}, "peak_mb": {:.0}}}"#,
        peak_mb()
    );
    Ok(())
}

/// The most memory this process has held, in MB.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("");
    peak.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1000.0
}

/// Processor time of all threads of this process, in seconds.
fn cpu_seconds() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let stat = |path: std::path::PathBuf| std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
    let nanoseconds = |thread: std::fs::DirEntry| {
        let stat = stat(thread.path());
        stat.split_whitespace().next().and_then(|v| v.parse::<f64>().ok()).unwrap_or(0.0)
    };
    threads.map(nanoseconds).sum::<f64>() / 1e9
}
