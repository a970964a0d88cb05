//! What scipy, `lifetimes` and mpmath compute on the same customers; see `reference/README.md`.
#![expect(clippy::unwrap_used, reason = "a value that is not there is a failed test")]

use habitue_core::lifetime::{
    BgNbd, Dropout, Estimate, FittedBgNbd, GammaGamma, Horizon, MoneySeen, Pattern, Patterns,
};
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/lifetime.json")).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn whole(value: &Value) -> Vec<u32> {
    floats(value).into_iter().map(|v| v as u32).collect()
}

fn customers(reference: &Value) -> (Vec<Pattern>, Vec<MoneySeen>) {
    let one = |row: &Value| {
        let [repeats, active_days, known_days] = whole(row)[..3] else { unreachable!() };
        let mean = row[3].as_f64().unwrap();
        (Pattern { repeats, active_days, known_days }, MoneySeen { repeats, mean })
    };
    reference["customers"].as_array().unwrap().iter().map(one).unzip()
}

fn check(found: &[Estimate], log_likelihood: f64, expected: &Value) {
    let best = expected["log_likelihood"].as_f64().unwrap();
    assert!((log_likelihood - best).abs() < 1e-7, "{log_likelihood} instead of {best}");
    let (values, errors) = (floats(&expected["parameters"]), floats(&expected["standard_errors"]));
    for ((found, value), error) in found.iter().zip(values).zip(errors) {
        assert!((found.value / value - 1.0).abs() < 1e-4, "{found:?} instead of {value}");
        assert!((found.standard_error.unwrap() / error - 1.0).abs() < 1e-3, "{found:?} instead of {error}");
    }
}

#[test]
fn parameters_errors_and_likelihoods_equal_those_of_scipy() {
    let reference = reference();
    let (patterns, money) = customers(&reference);
    let patterns = Patterns::count(patterns);
    for (dropout, name) in [(Dropout::BgNbd, "bg-nbd"), (Dropout::MbgNbd, "mbg-nbd")] {
        let fitted = BgNbd { dropout }.fit(&patterns).unwrap();
        check(&[fitted.r, fitted.alpha, fitted.a, fitted.b], fitted.log_likelihood, &reference[name]);
    }
    let fitted = GammaGamma.fit(&money).unwrap();
    let expected = &reference["gamma-gamma"];
    check(&[fitted.p, fitted.q, fitted.gamma], fitted.log_likelihood, expected);
    assert!((fitted.correlation - expected["correlation"].as_f64().unwrap()).abs() < 1e-12);
}

#[test]
fn expectations_equal_integrals_over_hidden_rates() {
    let reference = reference();
    let cases = reference["forecasts"].as_array().unwrap();
    assert!(cases.len() > 50);
    for case in cases {
        let parameters = floats(&case["parameters"]);
        let of = |i: usize| Estimate { value: parameters[i], standard_error: None };
        let model = FittedBgNbd {
            dropout: if case["extra"] == 0 { Dropout::BgNbd } else { Dropout::MbgNbd },
            r: of(0),
            alpha: of(1),
            a: of(2),
            b: of(3),
            log_likelihood: 0.0,
            customers: 0,
            repeat_buyers: 0,
            dropout_is_measured: true,
        };
        let [repeats, active_days, known_days] = whole(&case["pattern"])[..] else { unreachable!() };
        let pattern = Pattern { repeats, active_days, known_days };
        let found = Horizon::default().forecast(&model, &pattern);
        let close = |found: f64, expected: &Value, tolerance: f64| {
            let expected = expected.as_f64().unwrap();
            assert!((found / expected - 1.0).abs() < tolerance, "{case}: {found}");
        };
        close(found.probability_alive, &case["alive"], 1e-12);
        close(found.purchases, &case["purchases"], 1e-9);
        if !case["discounted"].is_null() {
            close(found.discounted, &case["discounted"], 1e-4);
        }
    }
}
