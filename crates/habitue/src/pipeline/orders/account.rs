//! The account of all rows: what was read, kept, rejected and seen.

use std::io::Write;

use habitue_core::Money;
use habitue_core::clean::Reason;
use habitue_core::time::Day;
use hashbrown::HashMap;
use rayon::prelude::*;

use crate::error::Error;
use crate::fold::{Late, Leftover};
use crate::ingest::Role;
use crate::ingest::plan::Plan;
use crate::ingest::rejects::write_reject;
use crate::ingest::source::{Position, Row, Sink, scan};
use crate::ingest::tally::{Count, Note, Seen, Tally};
use crate::outcome::{Input, Observed, Rejected, SourceNote};
use crate::write::Rejects;

pub(super) fn nothing_kept(tally: &Tally) -> Error {
    let mut reasons: Vec<_> = tally.rejected.iter().map(|(r, c)| (c.rows, *r)).collect();
    reasons.sort_unstable_by(|a, b| b.cmp(a));
    let why: Vec<String> =
        reasons.iter().map(|(rows, reason)| format!("{rows} × {}", reason.text())).collect();
    let why = if why.is_empty() { "there are none".to_owned() } else { why.join(", ") };
    Error::NothingKept { rows: tally.rows_read, why }
}

pub(super) fn warnings_of(plan: &Plan, tally: &Tally, days: &[(Day, u64)]) -> Vec<String> {
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
pub(super) fn late(
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
    duplicates.rows += repeats(&tally.anonymous);
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

/// How many hashes were there before; each thread looks at a range of them.
fn repeats(hashes: &[u64]) -> u64 {
    let n_ranges = rayon::current_num_threads() as u128;
    let repeats_in = |range: u128| {
        let is_mine = |hash: &u64| (u128::from(*hash) * n_ranges) >> u64::BITS == range;
        let mut mine: Vec<u64> = hashes.iter().copied().filter(is_mine).collect();
        mine.sort_unstable();
        mine.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64
    };
    (0..n_ranges as u64).into_par_iter().map(|range| repeats_in(range.into())).sum()
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

pub(super) fn account(
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

pub(super) fn source_notes(plan: &Plan, tally: &Tally) -> Vec<SourceNote> {
    let note = |(number, source): (usize, &crate::ingest::source::Source)| SourceNote {
        path: source.file.name.clone(),
        format: source.describe(),
        rows: tally.rows_by_source.get(&number).copied().unwrap_or(0),
    };
    plan.sources.iter().enumerate().map(note).collect()
}
