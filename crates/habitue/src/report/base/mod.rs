//! The customer base: who comes and comes back, how revenue is spread, what features look like, and whether there is
//! anything to cluster. One part a file, each with words that say what it means to a shop.

mod cohorts;
mod months;
mod pairs;
mod rhythm;
mod spread;

use askama::Template;

use crate::outcome::{CustomerBase, Kind};
use crate::report::base::cohorts::CohortTable;
use crate::report::base::pairs::Pairs;
use crate::report::base::rhythm::Rhythm;
use crate::report::base::spread::Spread;
use crate::report::chart::Chart;
use crate::report::format::{count, counted, share};
use crate::report::story::Story;

#[derive(Template)]
#[template(path = "report/base.html")]
pub(in crate::report) struct Base<'a> {
    has_money: bool,
    is_orders: bool,
    /// What matters most, a sentence each.
    key: Vec<String>,
    months: Vec<Chart>,
    incomplete: Option<String>,
    cohorts: Option<CohortTable>,
    rhythm: Option<Rhythm>,
    concentration: Option<Chart>,
    spread: Spread<'a>,
    pairs: Option<Pairs>,
    clumps: Vec<String>,
}

impl<'a> Base<'a> {
    pub(in crate::report) fn new(story: &'a Story<'a>, base: &'a CustomerBase) -> Self {
        let coming = base.coming.as_ref();
        Self {
            has_money: story.has_money,
            is_orders: story.outcome.kind == Kind::Orders,
            key: sentences(story, base),
            months: coming.map(|c| months::charts(story, &c.months)).unwrap_or_default(),
            incomplete: coming.and_then(|c| months::incomplete(&c.months)),
            cohorts: coming.and_then(|c| CohortTable::new(story, c)),
            rhythm: coming.map(|c| Rhythm::new(story, c)),
            concentration: base.concentration.as_ref().map(|c| spread::concentration(story, c)),
            spread: Spread::new(story, base),
            pairs: Pairs::new(story, &base.correlations),
            clumps: spread::clumps(base),
        }
    }

    pub(in crate::report) fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.months
            .iter()
            .chain(self.rhythm.iter().flat_map(Rhythm::charts))
            .chain(&self.concentration)
            .chain(self.spread.charts())
    }
}

/// What matters most about the customers of an outcome, in plain sentences: for the head of the section and for the
/// terminal.
pub(in crate::report) fn sentences(story: &Story<'_>, base: &CustomerBase) -> Vec<String> {
    let mut found = Vec::new();
    if let Some((all, best)) = base.concentration.as_ref().and_then(|all| Some((all, all.best(20)?))) {
        found.push(format!(
            "The best 20% of customers ({} of {}) brought {} of the revenue: {} of {}.",
            count(best.customers),
            count(all.customers),
            share(best.share),
            story.format.money(best.revenue),
            story.format.money(all.revenue)
        ));
    }
    if let Some(coming) = &base.coming {
        found.extend(rhythm::once(story, coming));
        found.extend(rhythm::returning(coming));
        if let Some(gaps) = &coming.gaps {
            found.push(format!(
                "Half of all repeat orders came within {} of the one before, three quarters within {}.",
                counted(gaps.median_days.round() as u64, "day"),
                counted(gaps.upper_quartile_days.round() as u64, "day")
            ));
        }
    }
    found.extend(spread::far_out(story, base));
    found.extend(spread::clumps(base).into_iter().take(1));
    found
}

/// A share in whole percent, and never nothing or all of what is not.
fn percent(part: f64) -> String {
    match part * 100.0 {
        p if p > 0.0 && p < 0.5 => "<1%".to_owned(),
        p if (99.5..100.0).contains(&p) => ">99%".to_owned(),
        p => format!("{p:.0}%"),
    }
}

/// A part of a whole, as a share; 0 of nothing.
fn part(of: f64, whole: f64) -> f64 {
    if whole > 0.0 { of / whole } else { 0.0 }
}
