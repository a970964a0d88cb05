//! Lines to summaries: partition by partition, in parallel, in memory or through temporary files.

mod batch;
mod spill;
pub(crate) mod store;

use habitue_core::Money;
use habitue_core::clean::Reason;
use habitue_core::line::Line;
use habitue_core::summary::Summary;
use habitue_core::time::Day;
use hashbrown::HashTable;
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use self::spill::Spill;
use crate::error::Error;
use crate::ingest::part::{PARTITIONS, Part};
use crate::ingest::source::Position;

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

impl Fold {
    pub(crate) fn new(budget: usize) -> Self {
        Self { partitions: (0..PARTITIONS).map(|_| Vec::new()).collect(), bytes: 0, budget, spill: None }
    }

    /// Takes the lines of a part of the sources, one part a partition.
    pub(crate) fn add(&mut self, parts: Vec<Part>) -> Result<(), Error> {
        for (partition, part) in self.partitions.iter_mut().zip(parts) {
            if !part.runs.is_empty() {
                self.bytes += part.bytes();
                partition.push(part);
            }
        }
        if self.bytes > self.budget {
            let spill = match &mut self.spill {
                Some(spill) => spill,
                None => self.spill.insert(Spill::new()?),
            };
            for (number, partition) in self.partitions.iter_mut().enumerate() {
                for part in partition.drain(..) {
                    spill.write(number, &part)?;
                }
            }
            self.bytes = 0;
        }
        Ok(())
    }

    /// Whether lines went to temporary files.
    pub(crate) fn spilled(&self) -> bool {
        self.spill.is_some()
    }

    /// Folds every partition: `visit` is given the customers of one partition, by id, each with its summary, and `end`
    /// makes of what was visited what is kept of the partition.
    ///
    /// Results come in the order of the partitions.
    pub(crate) fn finish<V, W: Send>(
        self,
        policy: Policy,
        new: impl Fn() -> V + Sync,
        visit: impl Fn(&mut V, &str, &Summary) + Sync,
        end: impl Fn(V) -> Result<W, Error> + Sync,
    ) -> Result<Vec<(W, Leftover)>, Error> {
        let spill = self.spill.map(Spill::finish).transpose()?;
        let partitions: Vec<(usize, Vec<Part>)> = self.partitions.into_iter().enumerate().collect();
        let fold = |(number, mut parts): (usize, Vec<Part>)| {
            if let Some(spill) = &spill {
                parts.splice(0..0, spill.read(number)?);
            }
            let mut visitor = new();
            let leftover = fold_partition(&parts, policy, |id, summary| visit(&mut visitor, id, summary));
            drop(parts);
            Ok((end(visitor)?, leftover))
        };
        if spill.is_some() {
            // One partition a thread is already more than memory was to hold; no more of them are read ahead.
            return partitions.into_par_iter().with_max_len(1).map(fold).collect();
        }
        partitions.into_par_iter().map(fold).collect()
    }
}

/// A line on its way to its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    line: Line,
    print: u32,
    position: Position,
}

fn fold_partition(parts: &[Part], policy: Policy, mut visit: impl FnMut(&str, &Summary)) -> Leftover {
    let (codes, ids) = number_customers(parts);
    let (mut placed, ends) = place(parts, &codes, ids.len());
    let mut leftover = Leftover::default();
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_unstable_by_key(|&c| ids[c]);
    let mut lines = Vec::new();
    let mut summary = Summary::default();
    for customer in order {
        let start = if customer == 0 { 0 } else { ends[customer - 1] };
        let rows = &mut placed[start..ends[customer]];
        if !rows.is_sorted() {
            rows.sort_unstable();
        }
        lines.clear();
        for i in 0..rows.len() {
            let row = &rows[i];
            let is_old = row.position == OLD;
            let is_same =
                |other: &Placed| other.line == row.line && other.print == row.print && other.position != OLD;
            let is_duplicate = !is_old && i > 0 && is_same(&rows[i - 1]);
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
                    customer: xxh3_64(ids[customer].as_bytes()),
                }),
                None => lines.push(row.line),
            }
        }
        if !lines.is_empty() {
            leftover.kept += lines.len() as u64;
            summary.clear();
            summary.add(&lines);
            visit(ids[customer], &summary);
        }
    }
    leftover
}

/// The position of lines from an earlier run.
const OLD: Position = Position(0);

/// Gives every customer of a partition one number; returns each part's numbers, and the ids.
fn number_customers(parts: &[Part]) -> (Vec<Vec<u32>>, Vec<&str>) {
    let mut ids: Vec<&str> = Vec::new();
    let mut lookup: HashTable<(u64, u32)> = HashTable::new();
    let mut codes = Vec::with_capacity(parts.len());
    for part in parts {
        let mut of_part = Vec::with_capacity(part.n_customers());
        for customer in 0..part.n_customers() as u32 {
            let id = part.id(customer);
            let hash = xxh3_64(id.as_bytes());
            let code = lookup.find(hash, |&(h, c)| h == hash && ids[c as usize] == id).map(|known| known.1);
            let code = code.unwrap_or_else(|| {
                ids.push(id);
                let code = ids.len() as u32 - 1;
                lookup.insert_unique(hash, (hash, code), |&(hash, _)| hash);
                code
            });
            of_part.push(code);
        }
        codes.push(of_part);
    }
    (codes, ids)
}

/// Puts all lines in a row, customer after customer; returns where each customer's lines end.
fn place(parts: &[Part], codes: &[Vec<u32>], n_customers: usize) -> (Vec<Placed>, Vec<usize>) {
    let mut ends = vec![0; n_customers];
    for (part, codes) in parts.iter().zip(codes) {
        let mut start = 0;
        for run in &part.runs {
            ends[codes[run.customer as usize] as usize] += (run.end - start) as usize;
            start = run.end;
        }
    }
    let mut total = 0;
    let mut next: Vec<usize> = Vec::with_capacity(n_customers);
    for end in &mut ends {
        next.push(total);
        total += *end;
        *end = total;
    }
    let nothing = Placed { line: Line::default(), print: 0, position: OLD };
    let mut placed = vec![nothing; total];
    for (part, codes) in parts.iter().zip(codes) {
        let mut start = 0;
        for run in &part.runs {
            let next = &mut next[codes[run.customer as usize] as usize];
            for i in start as usize..run.end as usize {
                let item = part.items[i];
                let line = Line {
                    time: run.time,
                    order: run.order,
                    product: item.product,
                    units: item.units,
                    amount: item.amount,
                    discount: part.discounts.get(i).copied().unwrap_or_default(),
                };
                let position =
                    if part.clean { OLD } else { Position(run.first.0 + (i - start as usize) as u64) };
                placed[*next] = Placed { line, print: part.prints.get(i).copied().unwrap_or(0), position };
                *next += 1;
            }
            start = run.end;
        }
    }
    (placed, ends)
}
