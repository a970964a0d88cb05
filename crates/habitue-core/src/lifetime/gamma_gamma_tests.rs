use super::super::simulate::spenders;
use super::*;

fn of(value: f64) -> Estimate {
    Estimate { value, standard_error: None }
}

#[test]
fn the_published_example_comes_out() {
    // The estimates of Fader & Hardie (2013) on CDNOW; the mean of all is p γ / (q − 1) = 35.2.
    let (p, q, gamma) = (of(6.25), of(3.74), of(15.44));
    let model =
        FittedGammaGamma { p, q, gamma, log_likelihood: 0.0, customers: 946, left_out: 0, correlation: 0.0 };
    let of_all = model.expected_spend(MoneySeen { repeats: 0, mean: 0.0 });
    assert!((of_all - 6.25 * 15.44 / 2.74).abs() < 1e-12);
    // One repeat of 10 pulls the mean down, ten of them much further; less than nothing counts as nothing.
    let one = model.expected_spend(MoneySeen { repeats: 1, mean: 10.0 });
    let ten = model.expected_spend(MoneySeen { repeats: 10, mean: 10.0 });
    assert!((one - 6.25 * 25.44 / 8.99).abs() < 1e-12);
    assert!(10.0 < ten && ten < one && one < of_all);
    assert_eq!(
        model.expected_spend(MoneySeen { repeats: 2, mean: -5.0 }),
        model.expected_spend(MoneySeen { repeats: 2, mean: 0.0 })
    );
}

#[test]
fn derivatives_are_the_slopes_of_the_value_and_of_each_other() {
    let seen: Vec<MoneySeen> =
        spenders(1, 300, [3.0, 4.0, 50.0]).into_iter().filter(|s| s.repeats > 0).collect();
    let likelihood = Likelihood::new(&seen);
    let at = [1.7, 2.2, 80.0].map(f64::ln);
    let here = likelihood.at(&at);
    for i in 0..3 {
        let h = 1e-5;
        let moved = |by: f64| likelihood.at(&std::array::from_fn(|j| at[j] + if i == j { by } else { 0.0 }));
        let (up, down) = (moved(h), moved(-h));
        let slope = (up.value - down.value) / (2.0 * h);
        assert!(
            (slope - here.gradient[i]).abs() < 1e-5 * here.gradient[i].abs().max(1.0),
            "{i} {slope} {here:?}"
        );
        for j in 0..3 {
            let slope = (up.gradient[j] - down.gradient[j]) / (2.0 * h);
            assert!(
                (slope - here.hessian[i][j]).abs() < 1e-5 * slope.abs().max(1.0),
                "{i} {j} {slope} {here:?}"
            );
        }
    }
}

#[test]
fn parameters_of_simulated_customers_are_found_again_in_any_currency() {
    let truth = [2.5, 3.5, 120.0];
    let seen = spenders(2, 30_000, truth);
    let fitted = GammaGamma.fit(&seen).unwrap();
    for (estimate, truth) in [fitted.p, fitted.q, fitted.gamma].iter().zip(truth) {
        let error = estimate.standard_error.unwrap();
        assert!((estimate.value - truth).abs() < 4.0 * error && error < 0.1 * truth, "{estimate:?} {truth}");
    }
    let in_yen: Vec<MoneySeen> = seen.iter().map(|s| MoneySeen { mean: 1e6 * s.mean, ..*s }).collect();
    let yen = GammaGamma.fit(&in_yen).unwrap();
    assert!((yen.p.value / fitted.p.value - 1.0).abs() < 1e-6);
    assert!((yen.gamma.value / fitted.gamma.value / 1e6 - 1.0).abs() < 1e-6);
}

#[test]
fn repeats_that_came_to_nothing_are_left_out_and_counted() {
    let mut seen = spenders(6, 500, [2.0, 3.0, 10.0]);
    let before = GammaGamma.fit(&seen).unwrap();
    seen.extend([MoneySeen { repeats: 3, mean: 0.0 }, MoneySeen { repeats: 1, mean: -4.0 }]);
    let after = GammaGamma.fit(&seen).unwrap();
    assert_eq!((before.left_out, after.left_out), (0, 2));
    assert_eq!(after.p, before.p);
}

#[test]
fn spend_that_grows_with_frequency_is_refused_with_the_correlation() {
    let mut seen = spenders(3, 800, [2.0, 3.0, 10.0]);
    for customer in &mut seen {
        customer.mean *= f64::from(customer.repeats).powi(2);
    }
    let refused = GammaGamma.fit(&seen).unwrap_err();
    assert!(
        matches!(refused, Error::SpendFollowsFrequency { correlation, .. } if correlation > 0.5),
        "{refused}"
    );
}

#[test]
fn one_price_for_all_and_too_few_buyers_are_refused() {
    let same: Vec<MoneySeen> = (0..100).map(|i| MoneySeen { repeats: 1 + i % 4, mean: 9.99 }).collect();
    let refused = GammaGamma.fit(&same).unwrap_err();
    assert!(matches!(refused, Error::RunsOff { model: "Gamma-Gamma", .. }), "{refused:?}");
    assert_eq!(GammaGamma.fit(&same[..20]).unwrap_err(), Error::TooFewRepeatBuyers { got: 20, least: 30 });
}
