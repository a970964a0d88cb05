//! Orders to the customer table: read, clean, fold, compute features; account for every row.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use habitue_core::Money;
use habitue_core::clean::{Cleaning, Reason};
use habitue_core::features::{self, Definition, Holds};
use habitue_core::history::{Historian, History};
use habitue_core::summary::Summary;
use habitue_core::table::{Column, Table, Values};
use habitue_core::time::Day;
use hashbrown::HashMap;
use rayon::prelude::*;

use super::Observer;
use crate::error::Error;
use crate::fold::store::{self, Description, Saved};
use crate::fold::{Fold, Late, Leftover, Policy};
use crate::ingest::Role;
use crate::ingest::lines::{LineSink, Reading};
use crate::ingest::plan::Plan;
use crate::ingest::rejects::{REJECT_ROLES, write_reject};
use crate::ingest::roster::{Ids, Roster};
use crate::ingest::source::{Position, Row, Sink, scan};
use crate::ingest::tally::{Count, Note, Product, Seen, Tally};
use crate::outcome::{Input, Month, Observed, Rejected, SourceNote, WithoutPurchase};
use crate::write::Rejects;

/// How orders become customers.
pub(crate) struct OrdersJob<'a> {
    pub(crate) cleaning: Cleaning,
    /// Bytes of lines held in memory before they go to temporary files.
    pub(crate) memory: usize,
    /// The as-of date; the day after the last line if not given.
    pub(crate) as_of: Option<Day>,
    pub(crate) currency: Option<String>,
    /// Files of summaries to fold on.
    pub(crate) summaries: &'a [PathBuf],
}

/// Customers, with an account of every row that they came from.
pub(crate) struct Customers {
    /// Every feature that the data can give, for customers with a net purchase.
    pub(crate) table: Table,
    /// The same for customers without one.
    pub(crate) apart: Table,
    /// Net spend of each customer of `table`, to the last part of a unit.
    pub(crate) net: Vec<Money>,
    /// Net spend of each of them in the twelve months before the as-of date.
    pub(crate) net_12m: Vec<Money>,
    pub(crate) without_purchase: WithoutPurchase,
    pub(crate) as_of: Day,
    pub(crate) currency: Option<String>,
    pub(crate) holds: Holds,
    pub(crate) months: Vec<Month>,
    pub(crate) input: Input,
    pub(crate) sources: Vec<SourceNote>,
    pub(crate) warnings: Vec<String>,
}

/// All lines read and dealt out, not yet folded.
struct Read {
    fold: Fold,
    roster: Roster,
    tally: Tally,
    catalogue: HashMap<u64, Product>,
    holds: Holds,
    currency: Option<String>,
    policy: Policy,
    last_day: Day,
    warnings: Vec<String>,
}

/// Reads orders into the customer table; rejected rows go to `rejects` as CSV.
///
/// # Errors
/// When sources cannot be read or understood, or when no row is left.
pub(crate) fn customers(
    plan: &Plan,
    job: &OrdersJob<'_>,
    rejects: &mut Rejects,
    observer: &dyn Observer,
) -> Result<Customers, Error> {
    let mut read = read(plan, job, rejects, observer)?;
    observer.stage("folding orders into customers");
    let as_of = job.as_of.unwrap_or(Day(read.last_day.0 + 1));
    read.policy.as_of = Some(as_of);
    let last_day = read.last_day.min(Day(as_of.0 - 1));
    let definitions = features::available(read.holds);
    let spilled = read.fold.spilled();
    let parts = read.fold.finish(
        read.roster,
        read.policy,
        || (Described::new(definitions.len()), Historian::default()),
        |(described, historian), id, summary| {
            described.add(id, summary, historian.read(summary, as_of), &definitions);
        },
        |(described, _)| Ok(described),
    )?;
    let (described, leftovers): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    account_late(plan, &mut read.tally, &leftovers, rejects)?;
    let mut warnings = read.warnings;
    if spilled {
        warnings.push("the lines did not fit into the memory allowed; temporary files were used".to_owned());
    }
    let kept: u64 = leftovers.iter().map(|l| l.kept).sum();
    if kept == 0 {
        return Err(nothing_kept(&read.tally));
    }
    let mut all = Described::join(described, definitions.len());
    let first_day = all.first_day.unwrap_or(as_of);
    let input = account(
        &read.tally,
        &leftovers,
        first_day,
        last_day,
        std::mem::take(&mut all.n_orders),
        all.net_total,
    );
    let sources = source_notes(plan, &read.tally);
    Ok(all.into_customers(&definitions, as_of, read.currency, read.holds, input, sources, warnings))
}

/// Folds orders into a file of summaries.
///
/// # Errors
/// As [`customers`], and when the file cannot be written.
pub(crate) fn fold_to_file(
    plan: &Plan,
    job: &OrdersJob<'_>,
    output: &std::path::Path,
    rejects: &mut Rejects,
    observer: &dyn Observer,
) -> Result<(Input, usize), Error> {
    let mut read = read(plan, job, rejects, observer)?;
    observer.stage("folding orders into summaries");
    let description = Description::new(read.holds, read.currency, &read.catalogue);
    let (writer, encoder) = store::Writer::create(output, &description)?;
    let parts = read.fold.finish(
        read.roster,
        read.policy,
        <(Saved, usize, Money)>::default,
        |(saved, n, net), id, summary| {
            saved.add(id, summary);
            *n += 1;
            *net += summary.lines().iter().map(|l| l.amount).sum();
        },
        |(saved, n, net)| Ok((encoder.encode(saved)?, n, net)),
    )?;
    let (visited, leftovers): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    account_late(plan, &mut read.tally, &leftovers, rejects)?;
    let n_customers = visited.iter().map(|v| v.1).sum();
    if n_customers == 0 {
        return Err(nothing_kept(&read.tally));
    }
    let net: Money = visited.iter().map(|v| v.2).sum();
    writer.finish(&encoder, visited.into_iter().map(|v| v.0).collect())?;
    let first_day = read.tally.rows_by_day.keys().next().copied().unwrap_or(read.last_day);
    Ok((account(&read.tally, &leftovers, first_day, read.last_day, 0, net), n_customers))
}

/// Reads and cleans all sources, and folds on summaries.
fn read(
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
                    for (run, _) in part.runs() {
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

fn nothing_kept(tally: &Tally) -> Error {
    let mut reasons: Vec<_> = tally.rejected.iter().map(|(r, c)| (c.rows, *r)).collect();
    reasons.sort_unstable_by(|a, b| b.cmp(a));
    let why: Vec<String> =
        reasons.iter().map(|(rows, reason)| format!("{rows} × {}", reason.text())).collect();
    let why = if why.is_empty() { "there are none".to_owned() } else { why.join(", ") };
    Error::NothingKept { rows: tally.rows_read, why }
}

fn warnings_of(plan: &Plan, tally: &Tally, days: &[(Day, u64)]) -> Vec<String> {
    let mut warnings = plan.warnings.clone();
    let place = |p: Position| {
        let source = &plan.sources[p.source()];
        format!("{}, {} {}", source.file.name, source.row_word(), p.row())
    };
    for (note, (rows, first)) in &tally.notes {
        let first = place(*first);
        warnings.push(match note {
            Note::IdFloat => format!("{rows} customer ids were written as decimals (17850.0) and read without them, first in {first}"),
            Note::IdScientific => format!("{rows} customer ids are written like 1.785E+04: a spreadsheet has destroyed digits, and different customers may have become one; first in {first}"),
            Note::Replaced => format!("bytes that are not UTF-8 were read as Windows-1252 or replaced, first in {first}"),
        });
    }
    let old = plan.sources.iter().filter(|s| s.is_windows_1252());
    warnings.extend(old.map(|s| format!("{}: not UTF-8; read as Windows-1252", s.file.name)));
    let defaults = [Day::from_date(jiff::civil::Date::constant(1900, 1, 1)), Day(0)];
    let suspicious: u64 = days.iter().filter(|d| defaults.contains(&d.0)).map(|d| d.1).sum();
    if suspicious > 0 && days.len() > 2 {
        warnings.push(format!("{suspicious} rows are dated 1970-01-01 or 1900-01-01, which programs write when they know no date"));
    }
    let span = |order: crate::ingest::DayMonth| match order {
        crate::ingest::DayMonth::Dmy => "dates such as 03/04/2011 are read with the day first (3 April)",
        crate::ingest::DayMonth::Mdy => "dates such as 03/04/2011 are read with the month first (March 4th)",
    };
    warnings.extend(plan.dates.map(|d| span(d).to_owned()));
    warnings
}

/// Puts what the fold rejected into the account and into `rejects`.
fn account_late(
    plan: &Plan,
    tally: &mut Tally,
    leftovers: &[Leftover],
    rejects: &mut Rejects,
) -> Result<(), Error> {
    let mut late: Vec<Late> = leftovers.iter().flat_map(|l| &l.rejected).copied().collect();
    late.sort_unstable();
    for rejected in &late {
        let count = tally.rejected.entry(rejected.reason).or_default();
        count.add(rejected.amount);
        count.customers.insert(rejected.customer);
    }
    let duplicates = tally.seen.entry(Seen::ExactDuplicate).or_default();
    for leftover in leftovers {
        duplicates.rows += leftover.duplicates;
        duplicates.revenue += leftover.duplicates_amount;
    }
    tally.anonymous.sort_unstable();
    duplicates.rows += tally.anonymous.windows(2).filter(|w| w[0] == w[1]).count() as u64;
    if late.is_empty() || !rejects.are_wanted() {
        return Ok(());
    }
    let by_position: HashMap<u64, Reason> = late.iter().map(|l| (l.position.0, l.reason)).collect();
    let new_sink = |source: usize| LateSink {
        path: &plan.sources[source].file.name,
        by_position: &by_position,
        out: csv::Writer::from_writer(Vec::new()),
    };
    scan(&plan.sources, &plan.selections(&Role::ALL), plan.in_order(), new_sink, |sink| {
        let bytes = sink.out.into_inner().expect("writing to memory cannot fail");
        rejects.write_all(&bytes).map_err(Error::io("rejects.csv"))
    })
}

/// Finds the rows that the fold rejected again, to write them out as they stand in the source.
struct LateSink<'a> {
    path: &'a str,
    by_position: &'a HashMap<u64, Reason>,
    out: csv::Writer<Vec<u8>>,
}

impl Sink for LateSink<'_> {
    fn row(&mut self, position: Position, row: &impl Row) -> Result<(), Error> {
        match self.by_position.get(&position.0) {
            Some(reason) => write_reject(&mut self.out, *reason, self.path, position, row, ""),
            None => Ok(()),
        }
    }

    fn broken(&mut self, _: Position, _: &str, _: String) {}

    fn replaced(&mut self, _: Position) {}
}

fn write_header(rejects: &mut Rejects) -> Result<(), Error> {
    let roles: Vec<&str> = REJECT_ROLES.iter().map(|r| r.1).collect();
    writeln!(rejects, "reason,source,row,{},detail", roles.join(",")).map_err(Error::io("rejects.csv"))
}

fn account(
    tally: &Tally,
    leftovers: &[Leftover],
    first_day: Day,
    last_day: Day,
    orders: u64,
    net: Money,
) -> Input {
    let rejected = |(reason, count): (&Reason, &Count)| Rejected {
        reason: reason.key().to_owned(),
        text: reason.text().to_owned(),
        rows: count.rows,
        customers: count.customers.len() as u64,
        revenue: count.revenue,
    };
    let refunds = tally.seen.get(&Seen::Refund).map_or(0, |c| c.rows);
    Input {
        rows_read: tally.rows_read,
        rows_kept: leftovers.iter().map(|l| l.kept).sum::<u64>() - refunds,
        revenue_read: tally.revenue_read,
        revenue_kept: net,
        rejected: tally.rejected.iter().map(rejected).collect(),
        observed: tally
            .seen
            .iter()
            .filter(|(_, c)| c.rows > 0)
            .map(|(s, c)| observed(*s, c.rows, c.revenue))
            .collect(),
        first_day: Some(first_day),
        last_day: Some(last_day),
        orders,
    }
}

fn observed(seen: Seen, rows: u64, revenue: Money) -> Observed {
    let (what, text) = match seen {
        Seen::CancellationLine => {
            ("cancellation-lines", "rows of cancelled orders (order number starts with C)")
        }
        Seen::NegativeQuantity => {
            ("negative-quantity", "rows with a negative quantity that are no cancellation")
        }
        Seen::ZeroPrice => ("zero-price", "rows at price zero"),
        Seen::Service => ("non-product", "rows of postage, fees and corrections"),
        Seen::ExactDuplicate => ("exact-duplicates", "exact duplicates of another row"),
        Seen::Refund => ("refunds", "refunds noted beside an order"),
    };
    Observed { what: what.to_owned(), text: text.to_owned(), rows, revenue }
}

fn source_notes(plan: &Plan, tally: &Tally) -> Vec<SourceNote> {
    let note = |(number, source): (usize, &crate::ingest::source::Source)| SourceNote {
        path: source.file.name.clone(),
        format: source.describe(),
        rows: tally.rows_by_source.get(&number).copied().unwrap_or(0),
    };
    plan.sources.iter().enumerate().map(note).collect()
}

/// The customers of a partition, with their features, as they come out of the fold.
struct Described {
    ids: Ids,
    /// One list of values a feature.
    features: Vec<Vec<f64>>,
    net: Vec<Money>,
    net_12m: Vec<Money>,
    has_purchase: Vec<bool>,
    months: BTreeMap<(i16, i8), Month>,
    calendar: Calendar,
    first_day: Option<Day>,
    n_orders: u64,
    net_total: Money,
}

impl Described {
    fn new(n_features: usize) -> Self {
        Self {
            ids: Ids::default(),
            features: vec![Vec::new(); n_features],
            net: Vec::new(),
            net_12m: Vec::new(),
            has_purchase: Vec::new(),
            months: BTreeMap::new(),
            calendar: Calendar::default(),
            first_day: None,
            n_orders: 0,
            net_total: Money::ZERO,
        }
    }

    fn add(&mut self, id: &str, summary: &Summary, history: &History, definitions: &[&Definition]) {
        self.net_total += summary.lines().iter().map(|l| l.amount).sum();
        let first = summary.lines()[0].time.day();
        self.first_day = Some(self.first_day.map_or(first, |d| d.min(first)));
        self.ids.push(id);
        for (values, definition) in self.features.iter_mut().zip(definitions) {
            values.push((definition.compute)(history));
        }
        self.net.push(history.net());
        self.net_12m.push(history.net_within(features::YEAR_DAYS));
        self.has_purchase.push(history.has_net_purchase());
        self.n_orders += history.orders.len() as u64;
        // Orders are in the order of time, so that those of one month stand together.
        let mut last = None;
        for order in &history.orders {
            let key = self.calendar.month(order.time.day());
            let month = month_entry(&mut self.months, key);
            month.revenue += order.net();
            month.orders += 1;
            month.customers += u64::from(last != Some(key));
            last = Some(key);
        }
        for (day, amount) in &history.loose {
            let key = self.calendar.month(*day);
            month_entry(&mut self.months, key).revenue += *amount;
        }
    }

    fn join(parts: Vec<Self>, n_features: usize) -> Self {
        let mut all = Self::new(n_features);
        for part in parts {
            all.ids.append(&part.ids);
            for (mine, theirs) in all.features.iter_mut().zip(part.features) {
                mine.extend(theirs);
            }
            all.net.extend(part.net);
            all.net_12m.extend(part.net_12m);
            all.has_purchase.extend(part.has_purchase);
            for (key, month) in part.months {
                let mine = month_entry(&mut all.months, key);
                mine.revenue += month.revenue;
                mine.orders += month.orders;
                mine.customers += month.customers;
            }
            all.first_day = match (all.first_day, part.first_day) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            all.n_orders += part.n_orders;
            all.net_total += part.net_total;
        }
        all
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one result, each made by another stage")]
    fn into_customers(
        self,
        definitions: &[&Definition],
        as_of: Day,
        currency: Option<String>,
        holds: Holds,
        input: Input,
        sources: Vec<SourceNote>,
        warnings: Vec<String>,
    ) -> Customers {
        let (inside, outside): (Vec<usize>, Vec<usize>) =
            self.ids.sorted().into_iter().map(|i| i as usize).partition(|&i| self.has_purchase[i]);
        let without_purchase = WithoutPurchase {
            customers: outside.len() as u64,
            revenue: outside.iter().map(|&i| self.net[i]).sum(),
        };
        let ids = |rows: &[usize]| rows.iter().map(|&i| self.ids.get(i as u32).to_owned()).collect();
        let mut table = Table { ids: ids(&inside), columns: Vec::new() };
        let mut apart = Table { ids: ids(&outside), columns: Vec::new() };
        let split = |(definition, values): (&&Definition, Vec<f64>)| {
            let of = |rows: &[usize]| Column {
                feature: definition.feature(),
                values: Values::Number(rows.iter().map(|&i| values[i]).collect()),
            };
            (of(&inside), of(&outside))
        };
        (table.columns, apart.columns) =
            definitions.par_iter().zip(self.features).with_max_len(1).map(split).unzip();
        Customers {
            table,
            apart,
            net: inside.iter().map(|&i| self.net[i]).collect(),
            net_12m: inside.iter().map(|&i| self.net_12m[i]).collect(),
            without_purchase,
            as_of,
            currency,
            holds,
            months: self.months.into_values().collect(),
            input,
            sources,
            warnings,
        }
    }
}

/// The months of days: each day is looked up once.
#[derive(Default)]
struct Calendar {
    known: HashMap<Day, (i16, i8)>,
}

impl Calendar {
    /// Year and month of a day.
    fn month(&mut self, day: Day) -> (i16, i8) {
        *self.known.entry(day).or_insert_with(|| (day.date().year(), day.date().month()))
    }
}

fn month_entry(months: &mut BTreeMap<(i16, i8), Month>, key: (i16, i8)) -> &mut Month {
    months.entry(key).or_insert_with(|| Month {
        month: format!("{:04}-{:02}", key.0, key.1),
        revenue: Money::ZERO,
        orders: 0,
        customers: 0,
    })
}
