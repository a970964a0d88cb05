//! Lines to summaries: partition by partition, in parallel, in memory or through temporary files.

mod batch;
mod reader;
mod spill;
pub(crate) mod store;

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use habitue_core::Money;
use habitue_core::clean::Reason;
use habitue_core::line::{Line, ProductKey};
use habitue_core::summary::Summary;
use habitue_core::time::{Day, Timestamp};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

pub(crate) use self::reader::{Histories, Reader, Summaries};
use self::spill::{Spill, Spilled};
use crate::error::Error;
use crate::ingest::part::{OLD, PARTITIONS, Packed, Part, Run};
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
    /// The first day of a line that was kept.
    pub(crate) first_day: Option<Day>,
}

impl Leftover {
    /// Counts the lines kept of a customer, and the day of the first of them.
    fn keep(&mut self, lines: usize, first: Day) {
        self.kept += lines as u64;
        self.first_day = Some(self.first_day.map_or(first, |day| day.min(first)));
    }
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

/// What there is to be seen of a partition, at most: lines can still be rejected, and customers with them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AtMost {
    pub(crate) customers: usize,
    pub(crate) lines: usize,
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
    /// Folds every partition: `new` makes a visitor of at most so much, `visit` is given the customers of one
    /// partition, by id, each as `reader` sees them, and `end` makes of what was visited what is kept of the partition.
    /// Lines are kept, to be visited again.
    ///
    /// Results come in the order of the partitions.
    pub(crate) fn visit<R: Reader, V, W: Send>(
        &self,
        reader: impl Fn() -> R + Sync,
        new: impl Fn(AtMost) -> V + Sync,
        visit: impl Fn(&mut V, &str, &R::Past) + Sync,
        end: impl Fn(V) -> Result<W, Error> + Sync,
    ) -> Result<Vec<(W, Leftover)>, Error> {
        let idle = Mutex::default();
        let fold = |parts: &[Part]| {
            let (names, policy) = (&self.names, self.policy);
            let (visitor, leftover) =
                fold_partition(parts, names, policy, &idle, &mut reader(), &new, &visit);
            Ok((end(visitor)?, leftover))
        };
        match &self.lines {
            Lines::Held(partitions) => partitions.par_iter().map(|parts| fold(parts)).collect(),
            Lines::Spilled(spilled) => from_files(spilled, |parts| fold(&parts)),
        }
    }

    /// The same, for the last time: the lines of a partition are let go of as soon as it was folded.
    pub(crate) fn finish<R: Reader, V, W: Send>(
        self,
        reader: impl Fn() -> R + Sync,
        new: impl Fn(AtMost) -> V + Sync,
        visit: impl Fn(&mut V, &str, &R::Past) + Sync,
        end: impl Fn(V) -> Result<W, Error> + Sync,
    ) -> Result<Vec<(W, Leftover)>, Error> {
        let idle = Mutex::default();
        let fold = |parts: Vec<Part>| {
            let (names, policy) = (&self.names, self.policy);
            let (visitor, leftover) =
                fold_partition(&parts, names, policy, &idle, &mut reader(), &new, &visit);
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
    threads::map((0..PARTITIONS).collect(), |number| fold(spilled.read(number)?)).into_iter().collect()
}

/// Folds one partition: its customers in the order of their ids. The memory to put lines by customer is one of those that
/// are idle, and is idle afterwards.
fn fold_partition<R: Reader, V>(
    parts: &[Part],
    names: &Names,
    policy: Policy,
    idle: &Mutex<Vec<ByCustomer>>,
    reader: &mut R,
    new: impl Fn(AtMost) -> V,
    visit: impl Fn(&mut V, &str, &R::Past),
) -> (V, Leftover) {
    let idle = || idle.lock().unwrap_or_else(PoisonError::into_inner);
    let last = idle().pop();
    let mut by_customer = last.unwrap_or_default();
    by_customer.fill(parts);
    let (ids, products) = (names.ids(&by_customer.keys), names.products.as_slice());
    let at_most = AtMost { customers: ids.len(), lines: by_customer.items.len() };
    let (mut visitor, mut leftover) = (new(at_most), Leftover::default());
    let (mut placed, mut order, mut summary) = (Vec::new(), Vec::new(), Summary::default());
    for customer in ids.sorted() {
        let (runs, items) = (by_customer.runs(customer), by_customer.items(customer));
        let lines = Unfolded { parts, runs, items, products, policy };
        let id = ids.get(customer);
        if let Some(past) = reader.take(&lines) {
            leftover.keep(lines.items.len(), lines.runs[0].run.time.day());
            visit(&mut visitor, id, past);
            continue;
        }
        summary.refill(|list| {
            if !lines.take_in_order(&mut order, list) {
                list.clear();
                lines.place(&mut placed);
                judge(&placed, id, policy, list, &mut leftover);
            }
        });
        if let Some(first) = summary.lines().first() {
            leftover.keep(summary.lines().len(), first.time.day());
            visit(&mut visitor, id, reader.read(&summary));
        }
    }
    idle().push(by_customer);
    (visitor, leftover)
}

/// A run and where its items are.
#[derive(Debug, Clone, Copy, Default)]
struct Stretch {
    run: Run,
    part: u32,
    start: u32,
}

impl Stretch {
    fn items(&self) -> Range<usize> {
        self.start as usize..(self.start + self.run.n_items) as usize
    }
}

/// The runs of every customer of a partition, in the order in which they were read, and their items.
///
/// Both are copied, customer by customer: what is read together stands together. Customers are numbered in the order in
/// which they appear. Its memory is used again, partition after partition.
#[derive(Default)]
struct ByCustomer {
    runs: Vec<Stretch>,
    items: Vec<Packed>,
    /// Where the runs and the items of each customer end.
    ends: Vec<(u32, u32)>,
    /// The customers' keys by number.
    keys: Vec<CustomerKey>,
    numbers: HashTable<u32>,
    /// The customer of every run, in the order in which they were read.
    customers: Vec<u32>,
}

impl ByCustomer {
    /// Puts the lines of a partition in the place of those before.
    fn fill(&mut self, parts: &[Part]) {
        let Self { runs, items: copied, ends, keys, numbers, customers } = self;
        keys.clear();
        numbers.clear();
        ends.clear();
        customers.clear();
        for (key, _, items) in parts.iter().flat_map(Part::runs) {
            let entry = numbers.entry(key.hash(), |&n| keys[n as usize] == key, |&n| keys[n as usize].hash());
            let number = match entry {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(place) => {
                    let number = keys.len() as u32;
                    place.insert(number);
                    keys.push(key);
                    ends.push((0, 0));
                    number
                }
            };
            let count = &mut ends[number as usize];
            *count = (count.0 + 1, count.1 + items.len() as u32);
            customers.push(number);
        }
        // How many become where they begin, and, as they are copied, where they end.
        let mut total = (0, 0);
        for count in ends.iter_mut() {
            let start = total;
            total = (total.0 + count.0, total.1 + count.1);
            *count = start;
        }
        // What is left in them from the partition before is written over.
        runs.resize(customers.len(), Stretch::default());
        copied.resize(total.1 as usize, Packed::default());
        let mut customers = customers.iter();
        for (number, part) in (0..).zip(parts) {
            for ((_, run, items), customer) in part.runs().zip(&mut customers) {
                let place = &mut ends[*customer as usize];
                runs[place.0 as usize] = Stretch { run, part: number, start: items.start as u32 };
                let items = part.packed(items);
                copied[place.1 as usize..][..items.len()].copy_from_slice(items);
                *place = (place.0 + 1, place.1 + items.len() as u32);
            }
        }
    }

    fn runs(&self, customer: u32) -> &[Stretch] {
        let (start, end) = self.between(customer);
        &self.runs[start.0 as usize..end.0 as usize]
    }

    /// The items of the customer's runs, one after the other.
    fn items(&self, customer: u32) -> &[Packed] {
        let (start, end) = self.between(customer);
        &self.items[start.1 as usize..end.1 as usize]
    }

    fn between(&self, customer: u32) -> ((u32, u32), (u32, u32)) {
        let customer = customer as usize;
        let start = if customer == 0 { (0, 0) } else { self.ends[customer - 1] };
        (start, self.ends[customer])
    }
}

/// The lines of a customer, as they were read.
pub(crate) struct Unfolded<'a> {
    parts: &'a [Part],
    runs: &'a [Stretch],
    /// The items of the runs, one after the other.
    items: &'a [Packed],
    /// The keys of products by number.
    products: &'a [ProductKey],
    policy: Policy,
}

impl Unfolded<'_> {
    /// The lines of a customer whose orders were read in the order of time and about whom nothing is to be decided;
    /// false, with some of the lines, as soon as there is: a line at or beyond the last day, a duplicate, another order.
    ///
    /// What it does is what [`Self::place`] and [`judge`] do (a test holds it); nearly all customers are taken here.
    fn take_in_order(&self, order: &mut Vec<(ProductKey, u32)>, lines: &mut Vec<Line>) -> bool {
        let mut before = (Timestamp(i64::MIN), 0);
        for stretch in self.runs {
            let (part, run, items) = (&self.parts[stretch.part as usize], stretch.run, stretch.items());
            let here = (run.time, run.order);
            if here <= before || self.policy.rejects_day(run.time.day()) || !part.prints.is_empty() {
                return false;
            }
            before = here;
            order.clear();
            order.extend(items.map(|i| (part.product(i, self.products), i as u32)));
            let rest = |i: u32| {
                let item = part.item(i as usize);
                (item.units, item.amount, part.discounts.get(i as usize).copied())
            };
            order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| rest(a.1).cmp(&rest(b.1))));
            if order.windows(2).any(|pair| pair[0].0 == pair[1].0 && rest(pair[0].1) == rest(pair[1].1)) {
                return false;
            }
            lines.extend(order.iter().map(|&(_, i)| part.line(run, i as usize, self.products)));
        }
        true
    }

    /// Puts all lines of a customer in one order, whatever order they were read in.
    fn place(&self, placed: &mut Vec<Placed>) {
        placed.clear();
        for stretch in self.runs {
            let (part, run, items) = (&self.parts[stretch.part as usize], stretch.run, stretch.items());
            let start = items.start;
            placed.extend(items.map(|i| Placed {
                line: part.line(run, i, self.products),
                print: part.prints.get(i).copied().unwrap_or(0),
                position: part.position(run, i - start),
            }));
        }
        placed.sort_unstable();
    }
}

/// A line on its way to its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    line: Line,
    print: u32,
    position: Position,
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
mod tests;
