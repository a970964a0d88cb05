//! Lines to summaries: partition by partition, in parallel, in memory or through temporary files.

mod batch;
mod spill;
pub(crate) mod store;

use std::ops::Range;

use habitue_core::Money;
use habitue_core::clean::Reason;
use habitue_core::line::{Line, ProductKey};
use habitue_core::summary::Summary;
use habitue_core::time::{Day, Timestamp};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use self::spill::{Spill, Spilled};
use crate::error::Error;
use crate::ingest::part::{OLD, PARTITIONS, Part, Run};
use crate::ingest::roster::{CustomerKey, Names, Roster};
use crate::ingest::source::Position;
use crate::threads;

/// Collects lines by customer, and folds them.
pub(crate) struct Fold {
    partitions: Vec<Vec<Part>>,
    bytes: usize,
    /// Bytes of lines held in memory before they go to temporary files.
    budget: usize,
    spill: Option<Spill>,
}

/// What is decided about lines once all of them were seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    /// Whether exact duplicates are rejected; they are counted either way.
    pub(crate) drop_duplicates: bool,
    /// Lines after this day are rejected.
    pub(crate) last_day: Option<Day>,
    /// Lines on or after this day are rejected, also those of earlier summaries.
    pub(crate) as_of: Option<Day>,
}

/// A line that was rejected in the fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Late {
    pub(crate) position: Position,
    pub(crate) reason: Reason,
    pub(crate) amount: Money,
    pub(crate) customer: u64,
}

/// What folding one partition came to, beside its customers.
#[derive(Debug, Default)]
pub(crate) struct Leftover {
    pub(crate) rejected: Vec<Late>,
    /// Exact duplicates seen, rejected or not.
    pub(crate) duplicates: u64,
    pub(crate) duplicates_amount: Money,
    /// Lines kept.
    pub(crate) kept: u64,
}

impl Policy {
    /// Whether lines of a day may be rejected for it.
    fn rejects_day(self, day: Day) -> bool {
        self.last_day.is_some_and(|last| day > last) || self.as_of.is_some_and(|as_of| day >= as_of)
    }
}

impl Fold {
    pub(crate) fn new(budget: usize) -> Self {
        Self { partitions: (0..PARTITIONS).map(|_| Vec::new()).collect(), bytes: 0, budget, spill: None }
    }

    /// Takes the lines of a part of the sources, one part a partition.
    pub(crate) fn add(&mut self, parts: Vec<Part>) -> Result<(), Error> {
        for (partition, part) in self.partitions.iter_mut().zip(parts) {
            if !part.is_empty() {
                self.bytes += part.bytes();
                partition.push(part);
            }
        }
        if self.bytes > self.budget {
            if self.spill.is_none() {
                self.spill = Some(Spill::new()?);
            }
            self.spill_all()?;
        }
        Ok(())
    }

    /// Puts what is in memory into the temporary files, if there are any.
    fn spill_all(&mut self) -> Result<(), Error> {
        let Some(spill) = &mut self.spill else { return Ok(()) };
        for (number, partition) in self.partitions.iter_mut().enumerate() {
            for part in partition.drain(..) {
                spill.write(number, &part)?;
            }
        }
        self.bytes = 0;
        Ok(())
    }

    /// Whether lines went to temporary files.
    pub(crate) fn spilled(&self) -> bool {
        self.spill.is_some()
    }

    /// Ends collecting: what is decided about lines is decided, and customers can be visited.
    pub(crate) fn close(mut self, roster: Roster, policy: Policy) -> Result<Folded, Error> {
        self.spill_all()?;
        let lines = match self.spill {
            Some(spill) => Lines::Spilled(spill.finish()?),
            None => Lines::Held(self.partitions),
        };
        Ok(Folded { lines, names: roster.close(), policy })
    }
}

/// All lines, by customer.
pub(crate) struct Folded {
    lines: Lines,
    names: Names,
    policy: Policy,
}

/// Where the lines of every partition are.
enum Lines {
    Held(Vec<Vec<Part>>),
    Spilled(Spilled),
}

impl Folded {
    /// Folds every partition: `visit` is given the customers of one partition, by id, each with its summary, and `end`
    /// makes of what was visited what is kept of the partition. Lines are kept, to be visited again.
    ///
    /// Results come in the order of the partitions.
    pub(crate) fn visit<V, W: Send>(
        &self,
        new: impl Fn() -> V + Sync,
        visit: impl Fn(&mut V, &str, &Summary) + Sync,
        end: impl Fn(V) -> Result<W, Error> + Sync,
    ) -> Result<Vec<(W, Leftover)>, Error> {
        let fold = |parts: &[Part]| {
            let (visitor, leftover) = fold_with(parts, &self.names, self.policy, &new, &visit);
            Ok((end(visitor)?, leftover))
        };
        match &self.lines {
            Lines::Held(partitions) => partitions.par_iter().map(|parts| fold(parts)).collect(),
            Lines::Spilled(spilled) => from_files(spilled, |parts| fold(&parts)),
        }
    }

    /// The same, for the last time: the lines of a partition are let go of as soon as it was folded.
    pub(crate) fn finish<V, W: Send>(
        self,
        new: impl Fn() -> V + Sync,
        visit: impl Fn(&mut V, &str, &Summary) + Sync,
        end: impl Fn(V) -> Result<W, Error> + Sync,
    ) -> Result<Vec<(W, Leftover)>, Error> {
        let fold = |parts: Vec<Part>| {
            let (visitor, leftover) = fold_with(&parts, &self.names, self.policy, &new, &visit);
            drop(parts);
            Ok((end(visitor)?, leftover))
        };
        match self.lines {
            Lines::Held(partitions) => threads::map(partitions, fold).into_iter().collect(),
            Lines::Spilled(spilled) => from_files(&spilled, fold),
        }
    }
}

/// One partition a thread is already more than memory was to hold; no more of them are read ahead.
fn from_files<W: Send>(
    spilled: &Spilled,
    fold: impl Fn(Vec<Part>) -> Result<W, Error> + Send + Sync,
) -> Result<Vec<W>, Error> {
    (0..PARTITIONS).into_par_iter().with_max_len(1).map(|number| fold(spilled.read(number)?)).collect()
}

/// Shows all customers of a partition to a new visitor.
fn fold_with<V>(
    parts: &[Part],
    names: &Names,
    policy: Policy,
    new: impl Fn() -> V,
    visit: impl Fn(&mut V, &str, &Summary),
) -> (V, Leftover) {
    let mut visitor = new();
    let leftover = fold_partition(parts, names, policy, |id, summary| visit(&mut visitor, id, summary));
    (visitor, leftover)
}

/// Folds one partition: its customers in the order of their ids.
fn fold_partition(
    parts: &[Part],
    names: &Names,
    policy: Policy,
    mut visit: impl FnMut(&str, &Summary),
) -> Leftover {
    let (by_customer, keys) = ByCustomer::new(parts);
    let (ids, products) = (names.ids(&keys), names.products.as_slice());
    let mut leftover = Leftover::default();
    let (mut placed, mut order, mut summary) = (Vec::new(), Vec::new(), Summary::default());
    for customer in ids.sorted() {
        let runs = by_customer.runs(customer);
        let id = ids.get(customer);
        let mut is_done = false;
        summary.refill(|lines| {
            is_done = take_in_order(parts, runs, products, policy, &mut order, lines);
            if !is_done {
                lines.clear();
                place(parts, runs, products, &mut placed);
                judge(&placed, id, policy, lines, &mut leftover);
            }
        });
        if !summary.lines().is_empty() {
            leftover.kept += summary.lines().len() as u64;
            visit(id, &summary);
        }
    }
    leftover
}

/// A run and where its items are; copied, so that what is read next to one another stands next to one another.
#[derive(Debug, Clone, Copy, Default)]
struct Stretch {
    run: Run,
    part: u32,
    start: u32,
}

impl Stretch {
    fn items(&self) -> Range<usize> {
        self.start as usize..self.run.end as usize
    }
}

/// The runs of every customer of a partition, in the order in which they were read.
struct ByCustomer {
    /// Customer after customer.
    runs: Vec<Stretch>,
    /// Where the runs of each customer end.
    ends: Vec<u32>,
}

impl ByCustomer {
    /// Numbers the customers in the order in which they appear; returns their keys by number, too.
    fn new(parts: &[Part]) -> (Self, Vec<CustomerKey>) {
        let mut keys: Vec<CustomerKey> = Vec::new();
        let mut numbers: HashTable<u32> = HashTable::new();
        let mut counts: Vec<u32> = Vec::new();
        let mut customers = Vec::with_capacity(parts.iter().map(Part::n_runs).sum());
        for (run, _) in parts.iter().flat_map(Part::runs) {
            let key = run.customer;
            let entry = numbers.entry(key.hash(), |&n| keys[n as usize] == key, |&n| keys[n as usize].hash());
            let number = match entry {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(place) => {
                    let number = keys.len() as u32;
                    place.insert(number);
                    keys.push(key);
                    counts.push(0);
                    number
                }
            };
            counts[number as usize] += 1;
            customers.push(number);
        }
        let mut next = Vec::with_capacity(counts.len());
        let mut total = 0;
        for count in counts {
            next.push(total);
            total += count;
        }
        let mut runs = vec![Stretch::default(); customers.len()];
        let mut customers = customers.into_iter();
        for (number, part) in (0..).zip(parts) {
            for ((run, items), customer) in part.runs().zip(&mut customers) {
                let place: &mut u32 = &mut next[customer as usize];
                runs[*place as usize] = Stretch { run, part: number, start: items.start as u32 };
                *place += 1;
            }
        }
        (Self { runs, ends: next }, keys)
    }

    fn runs(&self, customer: u32) -> &[Stretch] {
        let customer = customer as usize;
        let start = if customer == 0 { 0 } else { self.ends[customer - 1] as usize };
        &self.runs[start..self.ends[customer] as usize]
    }
}

/// The lines of a customer whose orders were read in the order of time and about whom nothing is to be decided;
/// false, with some of the lines, as soon as there is: a line at or beyond the last day, a duplicate, another order.
///
/// What it does is what [`place`] and [`judge`] do (a test holds it); nearly all customers are taken here.
fn take_in_order(
    parts: &[Part],
    runs: &[Stretch],
    products: &[ProductKey],
    policy: Policy,
    order: &mut Vec<(ProductKey, u32)>,
    lines: &mut Vec<Line>,
) -> bool {
    let mut before = (Timestamp(i64::MIN), 0);
    for stretch in runs {
        let (part, run, items) = (&parts[stretch.part as usize], stretch.run, stretch.items());
        let here = (run.time, run.order);
        if here <= before || policy.rejects_day(run.time.day()) || !part.prints.is_empty() {
            return false;
        }
        before = here;
        order.clear();
        order.extend(items.map(|i| (part.product(i, products), i as u32)));
        let rest = |i: u32| {
            let item = part.item(i as usize);
            (item.units, item.amount, part.discounts.get(i as usize).copied())
        };
        order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| rest(a.1).cmp(&rest(b.1))));
        if order.windows(2).any(|pair| pair[0].0 == pair[1].0 && rest(pair[0].1) == rest(pair[1].1)) {
            return false;
        }
        lines.extend(order.iter().map(|&(_, i)| part.line(run, i as usize, products)));
    }
    true
}

/// A line on its way to its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    line: Line,
    print: u32,
    position: Position,
}

/// Puts all lines of a customer in one order, whatever order they were read in.
fn place(parts: &[Part], runs: &[Stretch], products: &[ProductKey], placed: &mut Vec<Placed>) {
    placed.clear();
    for stretch in runs {
        let (part, run, items) = (&parts[stretch.part as usize], stretch.run, stretch.items());
        let start = items.start;
        placed.extend(items.map(|i| Placed {
            line: part.line(run, i, products),
            print: part.prints.get(i).copied().unwrap_or(0),
            position: part.position(run, i - start),
        }));
    }
    placed.sort_unstable();
}

/// Decides about every line of a customer, by what is known once all lines are there.
fn judge(placed: &[Placed], id: &str, policy: Policy, lines: &mut Vec<Line>, leftover: &mut Leftover) {
    for i in 0..placed.len() {
        let row = placed[i];
        let is_old = row.position == OLD;
        let is_same =
            |other: &Placed| other.line == row.line && other.print == row.print && other.position != OLD;
        let is_duplicate = !is_old && i > 0 && is_same(&placed[i - 1]);
        if is_duplicate {
            leftover.duplicates += 1;
            leftover.duplicates_amount += row.line.amount;
        }
        let day = row.line.time.day();
        let reason = if !is_old && policy.last_day.is_some_and(|last| day > last) {
            Some(Reason::Future)
        } else if policy.as_of.is_some_and(|as_of| day >= as_of) {
            Some(Reason::AfterAsOf)
        } else if is_duplicate && policy.drop_duplicates {
            Some(Reason::Duplicate)
        } else {
            None
        };
        match reason {
            Some(reason) => leftover.rejected.push(Late {
                position: row.position,
                reason,
                amount: row.line.amount,
                customer: xxh3_64(id.as_bytes()),
            }),
            None => lines.push(row.line),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ingest::part::Item;

    proptest! {
        #[test]
        fn customers_taken_in_order_have_the_lines_that_judging_each_line_gives(
            mut drawn in prop::collection::vec((0..3_u64, 0..9_i64, 0..2_u64, 0..3_u32, 1..3_i64), 0..30),
            in_order in prop::bool::weighted(0.8),
            last_day in prop::option::of(4..9_i32),
        ) {
            let roster = Roster::default();
            let products: Vec<u32> = (1..4).map(|key| roster.product(ProductKey::new(key * 1000, false))).collect();
            let mut part = Part::default();
            if in_order {
                drawn.sort_by_key(|row| (row.1, row.2, row.0));
            }
            for (at, &(customer, day, order, product, units)) in drawn.iter().enumerate() {
                let (_, key) = roster.customer(&customer.to_string());
                let item = Item { product: products[product as usize], units, amount: Money(units) };
                part.push(key, order, Day(day as i32).start(), Position::new(0, 1 + at as u64), item);
            }
            let names = roster.close();
            let policy = Policy { drop_duplicates: true, last_day: last_day.map(Day), as_of: None };
            let parts = [part];
            let (by_customer, keys) = ByCustomer::new(&parts);
            for customer in 0..keys.len() as u32 {
                let runs = by_customer.runs(customer);
                let (mut fast, mut slow) = (Vec::new(), Vec::new());
                let (mut placed, mut leftover) = (Vec::new(), Leftover::default());
                place(&parts, runs, &names.products, &mut placed);
                judge(&placed, "", policy, &mut slow, &mut leftover);
                let is_plain = leftover.rejected.is_empty() && leftover.duplicates == 0;
                if take_in_order(&parts, runs, &names.products, policy, &mut Vec::new(), &mut fast) {
                    prop_assert!(is_plain);
                    prop_assert_eq!(fast, slow);
                } else {
                    let times: Vec<_> = runs.iter().map(|s| (s.run.time, s.run.order)).collect();
                    prop_assert!(!is_plain || !times.windows(2).all(|pair| pair[0] < pair[1]));
                }
            }
        }
    }
}
