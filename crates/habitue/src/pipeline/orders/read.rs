//! All sources read and cleaned, lines dealt out by customer.

use std::io::Write;
use std::path::PathBuf;

use habitue_core::clean::Reason;
use habitue_core::features::Holds;
use habitue_core::time::Day;
use hashbrown::HashMap;

use super::OrdersJob;
use super::account::{nothing_kept, warnings_of};
use crate::error::Error;
use crate::fold::store;
use crate::fold::{Fold, Policy};
use crate::ingest::Role;
use crate::ingest::lines::{LineSink, Reading};
use crate::ingest::plan::Plan;
use crate::ingest::rejects::REJECT_ROLES;
use crate::ingest::roster::Roster;
use crate::ingest::source::{Position, scan};
use crate::ingest::tally::{Product, Tally};
use crate::pipeline::Observer;
use crate::write::Rejects;

/// All lines read and dealt out, not yet folded.
pub(super) struct Read {
    pub(super) fold: Fold,
    pub(super) roster: Roster,
    pub(super) tally: Tally,
    pub(super) catalogue: HashMap<u64, Product>,
    pub(super) holds: Holds,
    pub(super) currency: Option<String>,
    pub(super) policy: Policy,
    pub(super) last_day: Day,
    pub(super) warnings: Vec<String>,
}

/// Reads and cleans all sources, and folds on summaries.
pub(super) fn read(
    plan: &Plan,
    job: &OrdersJob<'_>,
    rejects: &mut Rejects,
    observer: &dyn Observer,
) -> Result<Read, Error> {
    let mut fold = Fold::new(job.memory);
    let roster = Roster::default();
    let mut tally = Tally::default();
    let mut catalogue: HashMap<u64, Product> = HashMap::new();
    write_header(rejects)?;
    let readings: Vec<Reading<'_>> = plan
        .sources
        .iter()
        .zip(&plan.roles)
        .map(|(source, roles)| Reading {
            path: &source.file.name,
            columns: source.columns(),
            roles,
            dates: plan.dates,
            cleaning: job.cleaning,
            currency: job.currency.as_deref(),
            writes_rejects: rejects.are_wanted(),
        })
        .collect();
    observer.stage("reading orders");
    let selections = plan.selections(&Role::ALL);
    scan(
        &plan.sources,
        &selections,
        plan.in_order(),
        |source| LineSink::new(&readings[source], &roster),
        |sink| {
            let finished = sink.finish();
            tally.merge(finished.tally);
            for (key, product) in finished.catalogue {
                catalogue.entry(key).and_modify(|p| p.merge(&product)).or_insert(product);
            }
            rejects.write_all(&finished.rejects).map_err(Error::io("rejects.csv"))?;
            fold.add(finished.parts)
        },
    )?;
    roster.forget();
    check_columns(plan, &tally)?;
    let currency = one_currency(plan, &tally, job.currency.as_deref())?;
    let mut holds = readings.iter().fold(Holds::default(), |h, r| h.or(r.holds()));
    holds.hours = tally.has_hours;
    let mut read = Read {
        fold,
        roster,
        holds,
        currency,
        catalogue,
        policy: Policy {
            drop_duplicates: readings.iter().any(Reading::drops_duplicates),
            last_day: None,
            as_of: None,
        },
        last_day: Day::default(),
        warnings: Vec::new(),
        tally,
    };
    read.fold_on(job.summaries)?;
    let days: Vec<(Day, u64)> = read.tally.rows_by_day.iter().map(|(d, n)| (*d, *n)).collect();
    read.policy.last_day = job.cleaning.last_credible_day(&days);
    read.last_day = read.policy.last_day.ok_or_else(|| nothing_kept(&read.tally))?;
    read.warnings.extend(warnings_of(plan, &read.tally, &days));
    Ok(read)
}

impl Read {
    /// Adds the lines of saved summaries.
    fn fold_on(&mut self, summaries: &[PathBuf]) -> Result<(), Error> {
        for path in summaries {
            let (fold, tally) = (&mut self.fold, &mut self.tally);
            let description = store::read(path, &self.roster, |parts| {
                for part in &parts {
                    for (_, run, _) in part.runs() {
                        let time = run.time;
                        *tally.rows_by_day.entry(time.day()).or_default() += 1;
                        tally.has_hours |= time.0.rem_euclid(habitue_core::time::DAY_SECONDS) != 0;
                    }
                    tally.rows_read += part.n_items() as u64;
                    tally.revenue_read += part.items().map(|i| i.amount).sum();
                }
                fold.add(parts)
            })?;
            match (&self.currency, &description.currency) {
                (Some(mine), Some(theirs)) if mine != theirs => {
                    return Err(Error::MixedCurrencies {
                        currencies: vec![mine.clone(), format!("{theirs} ({})", path.display())],
                    });
                }
                (None, Some(theirs)) => self.currency = Some(theirs.clone()),
                _ => {}
            }
            self.holds = self.holds.or(description.holds);
            for (key, day) in description.sold_to_nobody() {
                self.tally.sold_to_nobody.note(key, day);
            }
            for (key, product) in description.catalogue() {
                self.catalogue.entry(key).and_modify(|p| p.merge(&product)).or_insert(product);
            }
        }
        Ok(())
    }
}

/// A needed column without a single value is not cleaned away row by row: it is the wrong column.
fn check_columns(plan: &Plan, tally: &Tally) -> Result<(), Error> {
    if tally.rows_read == 0 {
        return Ok(());
    }
    let (Some(source), Some(roles)) = (plan.sources.first(), plan.roles.first()) else { return Ok(()) };
    let money = if roles.found.contains_key(&Role::Amount) { Role::Amount } else { Role::UnitPrice };
    for (role, filled) in
        [(Role::Time, tally.filled[0]), (Role::Customer, tally.filled[1]), (money, tally.filled[2])]
    {
        let broken = tally.rejected.get(&Reason::Unreadable).map_or(0, |c| c.rows);
        let all_broken = broken == tally.rows_read && tally.filled == [0; 3];
        if let (0, false, Some(found)) = (filled, all_broken, roles.found.get(&role)) {
            return Err(Error::EmptyColumn {
                path: source.file.name.clone(),
                column: source.columns()[found.column].clone(),
                role: role.name(),
            });
        }
    }
    Ok(())
}

fn one_currency(plan: &Plan, tally: &Tally, chosen: Option<&str>) -> Result<Option<String>, Error> {
    if let Some(chosen) = chosen {
        return Ok(Some(chosen.to_owned()));
    }
    if tally.currencies.len() > 1 {
        let place = |p: &Position| {
            format!(
                "{} {} {}",
                plan.sources[p.source()].file.name,
                plan.sources[p.source()].row_word(),
                p.row()
            )
        };
        let currencies =
            tally.currencies.iter().map(|(c, p)| format!("{c} (first in {})", place(p))).collect();
        return Err(Error::MixedCurrencies { currencies });
    }
    Ok(tally.currencies.keys().next().cloned())
}

fn write_header(rejects: &mut Rejects) -> Result<(), Error> {
    let roles: Vec<&str> = REJECT_ROLES.iter().map(|r| r.1).collect();
    writeln!(rejects, "reason,source,row,{},detail", roles.join(",")).map_err(Error::io("rejects.csv"))
}
