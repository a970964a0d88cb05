//! Orders to customers: read, clean, fold, and visit customers as often as is asked; account for every row.

mod account;
mod comings;
mod described;
mod read;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use habitue_core::Money;
use habitue_core::clean::Cleaning;
use habitue_core::features::{self, Definition, Holds};
use habitue_core::lifetime::Buying;
use habitue_core::summary::Summary;
use habitue_core::table::Table;
use habitue_core::time::Day;
use hashbrown::HashMap;

pub(crate) use self::comings::Comings;
pub(crate) use self::described::Ordered;
use self::described::{Described, Describing};
use super::Observer;
use crate::error::Error;
use crate::fold::store::{self, Description, Saved};
use crate::fold::{Folded, Histories, Leftover, Summaries};
use crate::ingest::plan::Plan;
use crate::ingest::tally::{Product, Tally};
use crate::outcome::{Input, SourceNote, WithoutPurchase};
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
    /// When and for how much each of them bought; only where forecasts are wanted.
    pub(crate) buying: Vec<Option<Buying>>,
    /// The same for customers without a net purchase.
    pub(crate) buying_apart: Vec<Option<Buying>>,
    pub(crate) as_of: Day,
    /// The last day of the earlier part that forecasts are checked with.
    pub(crate) check_day: Day,
    /// Who comes and comes back; only where orders are visited again.
    pub(crate) comings: Option<Comings>,
    pub(crate) account: Account,
}

/// What there is to say of orders beside their customers.
pub(crate) struct Account {
    pub(crate) without_purchase: WithoutPurchase,
    pub(crate) currency: Option<String>,
    pub(crate) holds: Holds,
    pub(crate) input: Input,
    pub(crate) sources: Vec<SourceNote>,
    pub(crate) warnings: Vec<String>,
}

/// Orders read and cleaned; their customers can be visited as often as is asked.
pub(crate) struct Orders<'a> {
    /// What is known of the orders beside their lines.
    pub(crate) ledger: Ledger<'a>,
    folded: Folded,
}

/// What is known of orders beside their lines.
pub(crate) struct Ledger<'a> {
    plan: &'a Plan,
    tally: Tally,
    /// What the files call their products, by key.
    pub(crate) catalogue: HashMap<u64, Product>,
    pub(crate) holds: Holds,
    pub(crate) currency: Option<String>,
    /// The moment from which customers are seen.
    pub(crate) as_of: Day,
    last_day: Day,
    warnings: Vec<String>,
}

/// Reads orders into the customer table, and lets go of their lines; rejected rows go to `rejects` as CSV. When and for how
/// much customers bought is there if `buying` is asked.
///
/// # Errors
/// When sources cannot be read or understood, or when no row is left.
pub(crate) fn customers(
    plan: &Plan,
    job: &OrdersJob<'_>,
    buying: bool,
    rejects: &mut Rejects,
    observer: &dyn Observer,
) -> Result<Customers, Error> {
    let (mut ledger, parts) = described(plan, job, buying, rejects, observer)?;
    ledger.customers(parts, rejects)
}

/// Reads orders into a table of all customers, also those without a net purchase, to be written.
///
/// # Errors
/// As [`customers`].
pub(crate) fn ordered(
    plan: &Plan,
    job: &OrdersJob<'_>,
    rejects: &mut Rejects,
    observer: &dyn Observer,
) -> Result<(Ordered, Account), Error> {
    let (mut ledger, parts) = described(plan, job, false, rejects, observer)?;
    let (parts, account) = ledger.account(parts, rejects)?;
    Ok((Ordered::new(parts, &ledger.definitions()), account))
}

/// Customers partition by partition, as they come out of the fold.
fn described<'a>(
    plan: &'a Plan,
    job: &OrdersJob<'_>,
    buying: bool,
    rejects: &mut Rejects,
    observer: &dyn Observer,
) -> Result<(Ledger<'a>, Vec<(Described, Leftover)>), Error> {
    let orders = Orders::read(plan, job, rejects, observer)?;
    observer.stage("folding orders into customers");
    let (ledger, folded) = (orders.ledger, orders.folded);
    let (as_of, definitions) = (ledger.as_of, ledger.definitions());
    let check_day = buying.then(|| ledger.check_day());
    let parts = folded.finish(
        || Histories::new(as_of),
        |at_most| Describing::new(at_most, &definitions, check_day),
        Describing::visit,
        |visitor| Ok(visitor.described),
    )?;
    Ok((ledger, parts))
}

impl<'a> Orders<'a> {
    /// Reads and cleans all sources; rejected rows go to `rejects` as CSV.
    ///
    /// # Errors
    /// When sources cannot be read or understood.
    pub(crate) fn read(
        plan: &'a Plan,
        job: &OrdersJob<'_>,
        rejects: &mut Rejects,
        observer: &dyn Observer,
    ) -> Result<Self, Error> {
        let mut read = read::read(plan, job, rejects, observer)?;
        let as_of = job.as_of.unwrap_or(Day(read.last_day.0 + 1));
        read.policy.as_of = Some(as_of);
        if read.fold.spilled() {
            let said = "the lines did not fit into the memory allowed; temporary files were used";
            read.warnings.push(said.to_owned());
        }
        let ledger = Ledger {
            plan,
            last_day: read.last_day.min(Day(as_of.0 - 1)),
            tally: read.tally,
            catalogue: read.catalogue,
            holds: read.holds,
            currency: read.currency,
            as_of,
            warnings: read.warnings,
        };
        Ok(Self { ledger, folded: read.fold.close(read.roster, read.policy)? })
    }

    /// The customer table: the first visit, which accounts for every row. Lines are kept for further visits.
    ///
    /// # Errors
    /// When no row is left, or temporary files cannot be read.
    pub(crate) fn customers(
        &mut self,
        rejects: &mut Rejects,
        observer: &dyn Observer,
    ) -> Result<Customers, Error> {
        observer.stage("folding orders into customers");
        let (as_of, check_day) = (self.ledger.as_of, Some(self.ledger.check_day()));
        let definitions = self.ledger.definitions();
        let parts = self.folded.visit(
            || Histories::new(as_of),
            |at_most| Describing::new(at_most, &definitions, check_day).with_comings(),
            Describing::visit,
            |visitor| Ok(visitor.described),
        )?;
        self.ledger.customers(parts, rejects)
    }

    /// Visits every customer, those without a net purchase too: partition by partition, in parallel, by id within one.
    ///
    /// `new` makes the visitor of a partition, `visit` shows it a customer's id and summary, and `end` makes of it
    /// what is kept; results come in the order of the partitions, whatever the number of threads.
    ///
    /// # Errors
    /// When temporary files cannot be read, or what `end` says.
    pub(crate) fn visit<V, W: Send>(
        &self,
        new: impl Fn() -> V + Sync,
        visit: impl Fn(&mut V, &str, &Summary) + Sync,
        end: impl Fn(V) -> Result<W, Error> + Sync,
    ) -> Result<Vec<W>, Error> {
        Ok(self
            .folded
            .visit(|| Summaries, |_| new(), visit, end)?
            .into_iter()
            .map(|(kept, _)| kept)
            .collect())
    }

    /// Visits every customer and counts: `add` counts one, `merge` joins counts. There are about as many counts at a time
    /// as threads, and who is in which is chance: what is counted must not depend on it (whole numbers do not).
    ///
    /// # Errors
    /// When temporary files cannot be read.
    pub(crate) fn count<T: Send>(
        &self,
        new: impl Fn() -> T + Sync,
        add: impl Fn(&mut T, &str, &Summary) + Sync,
        merge: impl Fn(&mut T, &T),
    ) -> Result<T, Error> {
        let counts = Mutex::new(Vec::new());
        let idle = || counts.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = || {
            let count = idle().pop();
            count.unwrap_or_else(&new)
        };
        self.visit(taken, add, |count| {
            idle().push(count);
            Ok(())
        })?;
        let counts = counts.into_inner().unwrap_or_else(PoisonError::into_inner);
        let all = counts.into_iter().reduce(|mut all, count| {
            merge(&mut all, &count);
            all
        });
        Ok(all.unwrap_or_else(new))
    }
}

impl Ledger<'_> {
    /// The last day on which customers without an id bought each product, by its key, before the as-of date.
    pub(crate) fn sold_to_nobody(&self) -> impl Iterator<Item = (u64, Day)> {
        self.tally.sold_to_nobody.iter().filter(|(_, day)| *day < self.as_of)
    }

    /// The features that these data can give.
    fn definitions(&self) -> Vec<&'static Definition> {
        features::available(self.holds)
    }

    /// The day that parts the first three quarters of the time that the orders span from the last.
    ///
    /// One row in a thousand may be dated earlier than all others without moving it.
    fn check_day(&self) -> Day {
        let rows: u64 = self.tally.rows_by_day.values().sum();
        let mut seen = 0;
        let first = self.tally.rows_by_day.iter().find(|(_, n)| {
            seen += **n;
            seen * 1000 > rows
        });
        let first = first.map_or(self.last_day, |(day, _)| *day).min(self.last_day);
        Day((i64::from(first.0) + (i64::from(self.last_day.0) - i64::from(first.0)) * 3 / 4) as i32)
    }

    /// Customers described partition by partition become one table, and every row is accounted for.
    fn customers(
        &mut self,
        parts: Vec<(Described, Leftover)>,
        rejects: &mut Rejects,
    ) -> Result<Customers, Error> {
        let (parts, account) = self.account(parts, rejects)?;
        Ok(Described::into_customers(parts, &self.definitions(), (self.as_of, self.check_day()), account))
    }

    /// Accounts for every row.
    fn account(
        &mut self,
        parts: Vec<(Described, Leftover)>,
        rejects: &mut Rejects,
    ) -> Result<(Vec<Described>, Account), Error> {
        let (described, leftovers): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        account::late(self.plan, &mut self.tally, &leftovers, rejects)?;
        if leftovers.iter().all(|l| l.kept == 0) {
            return Err(account::nothing_kept(&self.tally));
        }
        let first_day = leftovers.iter().filter_map(|l| l.first_day).min().unwrap_or(self.as_of);
        let n_orders = described.iter().map(|part| part.n_orders).sum();
        let net_total: Money = described.iter().map(|part| part.net_total).sum();
        let input = account::account(&self.tally, &leftovers, first_day, self.last_day, n_orders, net_total);
        let without_purchase = WithoutPurchase {
            customers: described.iter().map(|part| part.without_purchase.customers).sum(),
            revenue: described.iter().map(|part| part.without_purchase.revenue).sum(),
        };
        let account = Account {
            without_purchase,
            currency: self.currency.clone(),
            holds: self.holds,
            input,
            sources: account::source_notes(self.plan, &self.tally),
            warnings: std::mem::take(&mut self.warnings),
        };
        Ok((described, account))
    }
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
    let mut read = read::read(plan, job, rejects, observer)?;
    observer.stage("folding orders into summaries");
    let description =
        Description::new(read.holds, read.currency, &read.catalogue, &read.tally.sold_to_nobody);
    let (writer, encoder) = store::Writer::create(output, &description)?;
    let parts = read.fold.close(read.roster, read.policy)?.finish(
        || Summaries,
        |at_most| (Saved::with_capacity(at_most.lines), 0, Money::ZERO),
        |(saved, n, net), id, summary| {
            saved.add(id, summary);
            *n += 1;
            *net += summary.lines().iter().map(|l| l.amount).sum();
        },
        |(saved, n, net)| Ok((encoder.encode(saved)?, n, net)),
    )?;
    let (visited, leftovers): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    account::late(plan, &mut read.tally, &leftovers, rejects)?;
    let n_customers = visited.iter().map(|v| v.1).sum();
    if n_customers == 0 {
        return Err(account::nothing_kept(&read.tally));
    }
    let net: Money = visited.iter().map(|v| v.2).sum();
    writer.finish(&encoder, visited.into_iter().map(|v| v.0).collect())?;
    let first_day = read.tally.rows_by_day.keys().next().copied().unwrap_or(read.last_day);
    Ok((account::account(&read.tally, &leftovers, first_day, read.last_day, 0, net), n_customers))
}
