//! What scikit-learn computes on the same table; see `reference/README.md`.
#![expect(clippy::unwrap_used, reason = "a value that is not there is a failed test")]

use habitue_core::Matrix;
use habitue_core::cluster::kmeans::KMeans;
use habitue_core::evaluate::calinski_harabasz::calinski_harabasz;
use habitue_core::evaluate::davies_bouldin::davies_bouldin;
use habitue_core::evaluate::dunn::dunn;
use habitue_core::evaluate::inertia::inertia;
use habitue_core::evaluate::mutual_information::{Average, adjusted_mutual_information};
use habitue_core::evaluate::rand::adjusted_rand;
use habitue_core::evaluate::silhouette::silhouettes;
use habitue_core::evaluate::silhouette::squared::squared_silhouette;
use habitue_core::evaluate::v_measure::v_measure;
use habitue_core::prepare::power::Transform;
use habitue_core::prepare::{FittedColumn, Preparation, Scale, Skew};
use habitue_core::table::{Column, Feature, Unit, Values};
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/numeric.json")).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn matrix(value: &Value) -> Matrix {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(floats).collect();
    Matrix::new(rows[0].len(), rows.concat()).unwrap()
}

fn columns(reference: &Value) -> Vec<Column> {
    let column = |(name, values): (&String, &Value)| {
        let feature = Feature {
            name: name.clone(),
            label: name.clone(),
            unit: Unit::Number,
            description: String::new(),
        };
        Column { feature, values: Values::Number(floats(values)) }
    };
    reference["columns"].as_object().unwrap().iter().map(column).collect()
}

fn close(found: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "{found} instead of {expected}");
}

fn check_prepared(preparation: &Preparation, columns: &[&Column], expected: &Value, tolerance: f64) {
    let fitted = preparation.fit(columns).unwrap();
    let found = fitted.transform(columns).unwrap();
    let expected = matrix(expected);
    assert_eq!(found.n_rows(), expected.n_rows());
    for (found, expected) in found.values().iter().zip(expected.values()) {
        assert!((found - expected).abs() < tolerance, "{preparation:?}: {found} instead of {expected}");
    }
    for (row, given) in found.rows().enumerate() {
        for (column, back) in columns.iter().zip(fitted.undo(given)) {
            let Values::Number(values) = &column.values else { unreachable!("all columns are numbers") };
            assert!((back - values[row]).abs() < 1e-8 * values[row].abs().max(1.0));
        }
    }
}

#[test]
fn scaled_columns_equal_scikit_learn() {
    let reference = reference();
    let columns = columns(&reference);
    let columns: Vec<&Column> = columns.iter().collect();
    let plain = Preparation { winsorise: (0.0, 1.0), skew: Skew::None, ..Preparation::default() };
    for (scale, name) in
        [(Scale::Standard, "standard"), (Scale::Robust, "robust"), (Scale::MinMax, "min-max")]
    {
        check_prepared(&Preparation { scale, ..plain.clone() }, &columns, &reference[name], 1e-12);
    }
    let log = Preparation { skew: Skew::Log1p, ..plain.clone() };
    check_prepared(&log, &columns[..3], &reference["log1p standard"], 1e-12);
    let power = Preparation { skew: Skew::YeoJohnson, ..plain };
    check_prepared(&power, &columns, &reference["yeo-johnson"], 1e-5);
}

#[test]
fn yeo_johnson_powers_equal_scikit_learn() {
    let reference = reference();
    let columns = columns(&reference);
    let power = Preparation { winsorise: (0.0, 1.0), skew: Skew::YeoJohnson, ..Preparation::default() };
    let fitted = power.fit(&columns.iter().collect::<Vec<_>>()).unwrap();
    for (column, expected) in fitted.columns.iter().zip(floats(&reference["yeo-johnson lambdas"])) {
        let FittedColumn::Number(number) = column else { unreachable!("all columns are numbers") };
        let Transform::YeoJohnson { lambda } = number.transform else { panic!("{number:?}") };
        assert!((lambda - expected).abs() < 1e-5, "{lambda} instead of {expected}");
    }
}

#[test]
fn indices_equal_scikit_learn() {
    let reference = reference();
    let x = matrix(&reference["standard"]);
    let cases = reference["indices of z-scores"].as_array().unwrap();
    let labels = |case: &Value| -> Vec<u32> { floats(&case["labels"]).iter().map(|&l| l as u32).collect() };
    let labelings: Vec<Vec<u32>> = cases.iter().map(labels).collect();
    let found = silhouettes(&x, &labelings.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
    for ((case, labels), silhouette) in cases.iter().zip(&labelings).zip(found) {
        let silhouette = silhouette.unwrap();
        close(silhouette.mean, &case["silhouette"], 1e-12);
        for (&value, expected) in silhouette.values.iter().zip(case["silhouette_samples"].as_array().unwrap())
        {
            close(value, expected, 1e-12);
        }
        close(calinski_harabasz(&x, labels).unwrap().unwrap(), &case["calinski_harabasz"], 1e-12);
        close(davies_bouldin(&x, labels).unwrap().unwrap(), &case["davies_bouldin"], 1e-12);
        close(inertia(&x, labels).unwrap(), &case["inertia"], 1e-12);
        close(dunn(&x, labels).unwrap().unwrap(), &case["dunn"], 1e-12);
        let squared = squared_silhouette(&x, labels).unwrap().unwrap();
        close(squared.mean, &case["squared_silhouette"], 1e-12);
        let bands = &labelings[1];
        close(adjusted_rand(bands, labels).unwrap(), &case["adjusted_rand_to_3"], 1e-15);
        for (average, name) in [
            (Average::Arithmetic, "adjusted_mutual_information_to_3"),
            (Average::Max, "adjusted_mutual_information_to_3_max"),
        ] {
            close(adjusted_mutual_information(bands, labels, average).unwrap(), &case[name], 1e-12);
        }
        let found = v_measure(bands, labels, 0.5).unwrap();
        let expected = &case["homogeneity_completeness_v_to_3"];
        close(found.homogeneity, &expected[0], 1e-12);
        close(found.completeness, &expected[1], 1e-12);
        close(found.v_measure, &expected[2], 1e-12);
    }
}

#[test]
fn as_many_starts_reach_the_inertia_of_scikit_learn() {
    let reference = reference();
    let x = matrix(&reference["standard"]);
    for (k, best) in reference["k-means inertia of z-scores"].as_object().unwrap() {
        let found = KMeans { n_init: 200, ..KMeans::new(k.parse().unwrap()) }.fit(&x).unwrap();
        assert!(found.converged);
        let best = best.as_f64().unwrap();
        assert!(found.inertia <= best * 1.0005, "k = {k}: {} instead of {best}", found.inertia);
    }
}
