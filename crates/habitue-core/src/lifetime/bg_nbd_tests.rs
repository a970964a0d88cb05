use super::super::simulate::buyers;
use super::*;
use crate::lifetime::Horizon;

fn pattern(repeats: u32, active_days: u32, known_days: u32) -> Pattern {
    Pattern { repeats, active_days, known_days }
}

fn of(value: f64) -> Estimate {
    Estimate { value, standard_error: None }
}

/// The estimates of Fader, Hardie & Lee (2005) on CDNOW, table 2; weeks, taken as days here.
fn published() -> FittedBgNbd {
    FittedBgNbd {
        dropout: Dropout::BgNbd,
        r: of(0.243),
        alpha: of(4.414),
        a: of(0.793),
        b: of(2.426),
        log_likelihood: -9582.4,
        customers: 2357,
        repeat_buyers: 946,
        dropout_is_measured: true,
    }
}

#[test]
fn the_published_example_comes_out() {
    // Fader, Hardie & Lee (2005b), Implementing the BG/NBD Model in Excel: x = 2, t = 30.43, T = 38.86 gives 1.226 in 39 weeks.
    // Whole days here, so in sevenths of a week.
    let mut model = published();
    model.alpha = of(4.414 * 7.0);
    let expected = model.expected_purchases(&pattern(2, 213, 272), 39.0 * 7.0);
    assert!((expected - 1.226).abs() < 5e-4, "{expected}");
}

#[test]
fn who_bought_once_is_alive_in_bg_nbd_and_may_have_gone_in_the_other() {
    let mut model = published();
    assert_eq!(model.probability_alive(&pattern(0, 0, 39)), 1.0);
    model.dropout = Dropout::MbgNbd;
    // a / b (1 + T / α)^r
    let odds: f64 = 0.793 / 2.426 * (1.0_f64 + 39.0 / 4.414).powf(0.243);
    assert!((model.probability_alive(&pattern(0, 0, 39)) - 1.0 / (1.0 + odds)).abs() < 1e-12);
}

#[test]
fn long_silence_of_a_frequent_buyer_is_the_end_and_nothing_overflows() {
    let model = published();
    let gone = model.probability_alive(&pattern(5000, 5001, 30_000));
    assert_eq!(gone, 0.0);
    assert_eq!(model.expected_purchases(&pattern(5000, 5001, 30_000), 365.0), 0.0);
    let there = model.expected_purchases(&pattern(5000, 5001, 5002), 10.0);
    assert!(there.is_finite() && there > 5.0 && there < 10.0, "{there}");
}

#[test]
fn expectations_grow_with_the_horizon_and_waiting_makes_them_worth_less() {
    let model = published();
    let seen = pattern(3, 200, 240);
    let mut last = 0.0;
    for days in [1, 30, 365, 3650, 36_500] {
        let horizon = Horizon { days, yearly_discount: 0.1 };
        let forecast = horizon.forecast(&model, &seen);
        assert!(forecast.purchases > last && forecast.discounted < forecast.purchases);
        last = forecast.purchases;
    }
    let free = Horizon { days: 365, yearly_discount: 0.0 }.forecast(&model, &seen);
    assert_eq!(free.discounted, free.purchases);
    assert_eq!(model.expected_purchases(&seen, 0.0), 0.0);
}

#[test]
fn derivatives_are_the_slopes_of_the_value_and_of_each_other() {
    let drawn = buyers(3, 200, Dropout::BgNbd, [0.7, 90.0, 0.6, 2.0], (2000, 1));
    let patterns = Patterns::count(drawn.into_iter().map(|(p, _)| p).collect());
    for dropout in [Dropout::BgNbd, Dropout::MbgNbd] {
        let likelihood = Likelihood::new(&patterns, dropout);
        let at = [0.3, 30.0, 1.4, 0.6].map(f64::ln);
        let here = likelihood.at(&at);
        for i in 0..4 {
            let h = 1e-5;
            let moved =
                |by: f64| likelihood.at(&std::array::from_fn(|j| at[j] + if i == j { by } else { 0.0 }));
            let (up, down) = (moved(h), moved(-h));
            let slope = (up.value - down.value) / (2.0 * h);
            assert!(
                (slope - here.gradient[i]).abs() < 1e-5 * here.gradient[i].abs().max(1.0),
                "{i} {slope} {here:?}"
            );
            for j in 0..4 {
                let slope = (up.gradient[j] - down.gradient[j]) / (2.0 * h);
                assert!(
                    (slope - here.hessian[i][j]).abs() < 1e-5 * slope.abs().max(1.0),
                    "{i} {j} {slope} {here:?}"
                );
            }
        }
    }
}

#[test]
fn parameters_of_simulated_customers_are_found_again_and_so_are_their_later_purchases() {
    let truth = [0.8, 400.0, 0.9, 2.5];
    for dropout in [Dropout::BgNbd, Dropout::MbgNbd] {
        let drawn = buyers(5, 20_000, dropout, truth, (20_000, 4_000));
        let fitted =
            BgNbd { dropout }.fit(&Patterns::count(drawn.iter().map(|(p, _)| *p).collect())).unwrap();
        for (estimate, truth) in [fitted.r, fitted.alpha, fitted.a, fitted.b].iter().zip(truth) {
            let error = estimate.standard_error.unwrap();
            assert!(
                (estimate.value - truth).abs() < 4.0 * error && error < 0.1 * truth,
                "{estimate:?} {truth}"
            );
        }
        let other = if dropout == Dropout::BgNbd { Dropout::MbgNbd } else { Dropout::BgNbd };
        let others =
            BgNbd { dropout: other }.fit(&Patterns::count(drawn.iter().map(|(p, _)| *p).collect())).unwrap();
        assert!(fitted.log_likelihood > others.log_likelihood + 10.0, "{fitted:?} {others:?}");
        let later: f64 = drawn.iter().map(|(_, later)| f64::from(*later)).sum();
        let expected: f64 = drawn.iter().map(|(p, _)| fitted.expected_purchases(p, 4000.0)).sum();
        assert!((expected / later - 1.0).abs() < 0.03, "{expected} {later}");
        assert!(fitted.dropout_is_measured);
    }
}

#[test]
fn counting_equal_patterns_changes_nothing() {
    let drawn = buyers(9, 300, Dropout::BgNbd, [0.7, 30.0, 0.6, 2.0], (400, 1));
    let once = Patterns::count(drawn.iter().map(|(p, _)| *p).collect());
    let apart = Patterns { distinct: drawn.iter().map(|(p, _)| (*p, 1)).collect(), ..once.clone() };
    let (a, b) = (BgNbd::default().fit(&once).unwrap(), BgNbd::default().fit(&apart).unwrap());
    assert!((a.log_likelihood - b.log_likelihood).abs() < 1e-9 && (a.b.value / b.b.value - 1.0).abs() < 1e-6);
}

#[test]
fn too_few_repeat_buyers_are_refused_with_their_number() {
    let mut patterns = vec![pattern(0, 0, 100); 500];
    patterns.extend([pattern(1, 10, 90); 29]);
    let refused = BgNbd::default().fit(&Patterns::count(patterns));
    assert_eq!(refused.unwrap_err(), Error::TooFewRepeatBuyers { got: 29, least: LEAST_REPEAT_BUYERS });
}

#[test]
fn customers_who_all_buy_alike_have_no_best_parameters() {
    // Everybody buys ten times in a hundred days, as even as clockwork: rates do not differ.
    let clockwork = Patterns::count(vec![pattern(10, 100, 100); 200]);
    let refused = BgNbd::default().fit(&clockwork).unwrap_err();
    assert!(matches!(refused, Error::RunsOff { model: "BG/NBD", .. }), "{refused:?}");
}

#[test]
fn where_nobody_leaves_the_model_says_that_it_cannot_tell_who_has_gone() {
    let drawn = buyers(4, 3000, Dropout::BgNbd, [1.2, 20.0, 1e-9, 1.0], (400, 100));
    let fitted = BgNbd::default().fit(&Patterns::count(drawn.iter().map(|(p, _)| *p).collect())).unwrap();
    assert!(!fitted.dropout_is_measured, "{fitted:?}");
    let later: f64 = drawn.iter().map(|(_, later)| f64::from(*later)).sum();
    let expected: f64 = drawn.iter().map(|(p, _)| fitted.expected_purchases(p, 100.0)).sum();
    assert!((expected / later - 1.0).abs() < 0.05, "{expected} {later}");
}
