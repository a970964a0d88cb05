//! What customers are expected to bring: models fitted, checked, and told segment by segment.

use habitue_core::action::SegmentFacts;
use habitue_core::lifetime::{
    BgNbd, Buying, Dropout, Expected, FittedBgNbd, GammaGamma, Horizon, LifetimeModel, MoneySeen, Pattern,
    Patterns, frequencies,
};
use habitue_core::text::format_count;
use habitue_core::time::Day;
use habitue_core::{Error as CoreError, Money};
use rayon::prelude::*;

use crate::outcome::{LaterCheck, LifetimeCheck, LifetimeNote, Prospects, RefusedModel};

/// Numbers of repeats that expected and actual customers are told for; above it all are one.
const MOST_REPEATS: u32 = 7;
/// A check needs at least so many days after the day that it is made from.
const LEAST_CHECK_DAYS: u32 = 28;

/// What is expected of customers, or why nothing is.
pub(super) struct Lifetime {
    /// For the results; absent for a table of customers.
    pub(super) note: Option<LifetimeNote>,
    /// For the model file.
    pub(super) model: Option<LifetimeModel>,
    /// One entry a customer of a segment; empty without a model.
    pub(super) expected: Vec<Option<Expected>>,
}

/// The customers that models are fitted on.
pub(super) struct Buyers<'a> {
    /// Those of segments.
    pub(super) inside: &'a [Option<Buying>],
    /// Those without a net purchase: they came, too.
    pub(super) outside: &'a [Option<Buying>],
    /// The last day of the earlier part of the orders.
    pub(super) check_day: Day,
    /// The last day of all.
    pub(super) last_day: Day,
}

impl Lifetime {
    /// Nothing is known of when customers bought.
    pub(super) fn unknown() -> Self {
        Self { note: None, model: None, expected: Vec::new() }
    }

    /// Fits both models of orders and the model of spend, and keeps the reason of each that cannot be.
    ///
    /// Of BG/NBD and MBG/NBD, which have as many parameters, the more likely one is used.
    pub(super) fn fit(buyers: &Buyers<'_>, horizon: Horizon) -> Self {
        let all = || buyers.inside.iter().chain(buyers.outside).flatten();
        let patterns = Patterns::count(all().map(|b| b.pattern).collect());
        let money: Vec<MoneySeen> = all().map(Buying::money).collect();
        let mut refused = Vec::new();
        let mut keep = |model: &str, error: &CoreError| {
            let (code, reason) = (error.code().to_owned(), error.to_string());
            refused.push(RefusedModel { model: model.to_owned(), code, reason });
        };
        let mut fit =
            |dropout, name| BgNbd { dropout }.fit(&patterns).inspect_err(|error| keep(name, error)).ok();
        let bg_nbd = fit(Dropout::BgNbd, "bg-nbd");
        let mbg_nbd = fit(Dropout::MbgNbd, "mbg-nbd");
        let gamma_gamma = GammaGamma.fit(&money).inspect_err(|error| keep("gamma-gamma", error)).ok();
        let orders = match (bg_nbd, mbg_nbd) {
            (Some(a), Some(b)) if b.log_likelihood > a.log_likelihood => Some(b),
            (a, b) => a.or(b),
        };
        let model = orders.map(|orders| LifetimeModel { horizon, orders, spend: gamma_gamma });
        let check = orders.map(|orders| LifetimeCheck {
            frequencies: frequencies(&orders, &patterns, MOST_REPEATS),
            later: later(&orders, buyers, all()),
        });
        let note = LifetimeNote {
            horizon_days: horizon.days,
            yearly_discount: horizon.yearly_discount,
            model: orders.map(|o| o.dropout),
            bg_nbd,
            mbg_nbd,
            gamma_gamma,
            refused,
            total: None,
            check,
        };
        let expected = model.as_ref().map(|model| expect(model, buyers.inside)).unwrap_or_default();
        Self { note: Some(note), model, expected }
    }

    /// What each segment is expected to bring; empty without a model.
    pub(super) fn prospects(&self, labels: &[usize], n_segments: usize, net_12m: &[Money]) -> Vec<Prospects> {
        let Some(model) = &self.model else { return Vec::new() };
        let of = |segment: usize| {
            let own = (0..labels.len()).filter(move |&row| labels[row] == segment);
            prospects(model, own.filter_map(|row| Some((self.expected[row]?, net_12m[row]))))
        };
        (0..n_segments).map(of).collect()
    }

    /// Puts what all segments are expected to bring into the note.
    pub(super) fn sum(&mut self, net_12m: &[Money]) {
        let (Some(note), Some(model)) = (&mut self.note, &self.model) else { return };
        let all = self.expected.iter().zip(net_12m).filter_map(|(e, net)| Some(((*e)?, *net)));
        note.total = Some(prospects(model, all));
    }

    /// Tells actions what their segment is expected to bring.
    pub(super) fn tell(&self, facts: &mut SegmentFacts, prospects: &Prospects) {
        let Some(note) = &self.note else { return };
        facts.expected_orders = Some(prospects.expected_orders);
        facts.expected_spend = prospects.expected_spend;
        facts.lifetime_value = prospects.lifetime_value;
        facts.likely_gone = Some(prospects.likely_gone).filter(|n| *n > 0);
        facts.horizon = Some(within(note.horizon_days));
    }
}

/// The horizon in words.
fn within(days: u32) -> String {
    match days {
        365 => "the next twelve months".to_owned(),
        days => format!("the next {} days", format_count(days as usize)),
    }
}

/// What each customer is expected to bring; nothing is said of those without an order.
pub(super) fn expect(model: &LifetimeModel, buying: &[Option<Buying>]) -> Vec<Option<Expected>> {
    buying.par_iter().map(|buying| buying.as_ref().map(|buying| model.expect(buying))).collect()
}

fn prospects(model: &LifetimeModel, customers: impl Iterator<Item = (Expected, Money)>) -> Prospects {
    let (mut sum, mut n) = (Prospects::default(), 0_usize);
    let (mut spend, mut value) = (Money::ZERO, Money::ZERO);
    for (expected, net_12m) in customers {
        n += 1;
        sum.expected_orders += expected.orders;
        sum.probability_alive += expected.probability_alive;
        spend += money(expected.spend);
        value += money(expected.value);
        if expected.is_likely_gone() {
            sum.likely_gone += 1;
            sum.revenue_at_risk += net_12m;
        }
    }
    sum.probability_alive /= n.max(1) as f64;
    if model.spend.is_some() {
        (sum.expected_spend, sum.lifetime_value) = (Some(spend), Some(value));
    }
    sum
}

/// The nearest amount; nothing where it is unknown.
fn money(amount: f64) -> Money {
    Money((amount * Money::SCALE as f64).round() as i64)
}

/// The same model fitted on the earlier part of the orders, and what it expected of the rest.
fn later<'a>(
    orders: &FittedBgNbd,
    buyers: &Buyers<'_>,
    all: impl Iterator<Item = &'a Buying>,
) -> Option<LaterCheck> {
    let days = u32::try_from(buyers.last_day.0.saturating_sub(buyers.check_day.0)).ok()?;
    if days < LEAST_CHECK_DAYS {
        return None;
    }
    let known: Vec<(Pattern, u32)> = all.filter_map(|b| Some((b.before?, b.after))).collect();
    let patterns = Patterns::count(known.iter().map(|(pattern, _)| *pattern).collect());
    let fitted = BgNbd { dropout: orders.dropout }.fit(&patterns).ok()?;
    let of =
        |(pattern, n): &(Pattern, u32)| f64::from(*n) * fitted.expected_purchases(pattern, f64::from(days));
    Some(LaterCheck {
        until: buyers.check_day,
        days,
        customers: known.len(),
        expected: patterns.distinct.iter().map(of).sum(),
        actual: known.iter().map(|(_, after)| u64::from(*after)).sum(),
    })
}
