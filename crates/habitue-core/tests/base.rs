//! What NumPy and SciPy compute for the customer base; see `reference/README.md`.
#![expect(clippy::unwrap_used, reason = "a value that is not there is a failed test")]

use habitue_core::base::concentration::Concentration;
use habitue_core::base::correlation::spearman;
use habitue_core::base::histogram::{Scale, histogram};
use habitue_core::base::hopkins::statistic;
use habitue_core::base::outliers::Spread;
use habitue_core::math::kd_tree::KdTree;
use habitue_core::table::Unit;
use habitue_core::{Matrix, Money};
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/base.json")).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn matrix(value: &Value) -> Matrix {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(floats).collect();
    Matrix::new(rows[0].len(), rows.concat()).unwrap()
}

fn close(found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found} instead of {expected}");
}

#[test]
fn correlations_equal_scipy_also_where_values_are_missing() {
    let reference = reference();
    let columns: Vec<Vec<f64>> = reference["columns"].as_object().unwrap().values().map(floats).collect();
    let found = spearman(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let expected = reference["spearman"].as_array().unwrap();
    assert_eq!(found.len(), expected.len());
    for (pair, expected) in found.iter().zip(expected) {
        assert_eq!(
            (pair.first as u64, pair.second as u64),
            (expected[0].as_u64().unwrap(), expected[1].as_u64().unwrap())
        );
        assert_eq!(pair.customers as u64, expected[2].as_u64().unwrap());
        close(pair.correlation, &expected[3]);
    }
}

#[test]
fn concentration_equals_the_mean_difference_of_numpy() {
    let reference = reference();
    let amounts: Vec<Money> =
        reference["amounts"].as_array().unwrap().iter().map(|v| Money(v.as_i64().unwrap())).collect();
    let found = Concentration::of(&amounts).unwrap();
    close(found.gini, &reference["gini"]);
    close(found.best(20).unwrap().share, &reference["best_20_share"]);
}

#[test]
fn quartiles_and_robust_scores_equal_numpy_and_scipy() {
    let reference = reference();
    let values = floats(&reference["columns"]["spend"]);
    let spread = Spread::of(&values).unwrap();
    let (found, expected) = (spread.summary, &reference["spend"]);
    assert!(found.on_logarithms);
    close(found.mean, &expected["mean"]);
    close(found.above.unwrap(), &expected["above"]);
    let quartiles = [found.least, found.lower_quartile, found.median, found.upper_quartile, found.most];
    for (found, expected) in quartiles.iter().zip(expected["quartiles"].as_array().unwrap()) {
        close(*found, expected);
    }
    for (found, expected) in values.iter().zip(expected["log_scores"].as_array().unwrap()) {
        close(spread.score(*found), expected);
    }
}

#[test]
fn bins_have_the_edges_people_would_choose_and_the_counts_of_numpy() {
    let reference = reference();
    for (name, unit, scale) in [("skewed", Unit::Money, Scale::Growing), ("days", Unit::Days, Scale::Linear)]
    {
        let expected = &reference[name];
        let found = histogram(&floats(&expected["values"]), unit).unwrap();
        assert_eq!(found.scale, scale, "{name}");
        let mut edges: Vec<f64> = found.bins.iter().map(|b| b.from.unwrap()).collect();
        edges.push(found.bins.last().unwrap().below.unwrap());
        assert_eq!(edges, floats(&expected["edges"]), "{name}");
        let counts: Vec<f64> = found.bins.iter().map(|b| b.customers as f64).collect();
        assert_eq!(counts, floats(&expected["counts"]), "{name}");
    }
}

#[test]
fn the_hopkins_statistic_of_given_probes_equals_scipy() {
    let hopkins = &reference()["hopkins"];
    let tree = KdTree::new(&matrix(&hopkins["x"]));
    close(statistic(&tree, &matrix(&hopkins["points"]), &matrix(&hopkins["rows"])).unwrap(), &hopkins["h"]);
}
