//! Realistic orders of any size, with the truth about who is who.
//!
//! Customers follow the model that is fitted to real ones elsewhere: purchases at a rate of one's own until one drops
//! out unseen (Pareto/NBD; Schmittlein, Morrison & Colombo 1987), and order values around a level of one's own
//! (gamma-gamma; Fader, Hardie & Lee 2005). Kinds of customers differ in the parameters.

mod draw;
mod output;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use habitue_core::math::random::{Random, mix};
use rayon::prelude::*;

use self::draw::{exponential, gamma, poisson};
use crate::error::Error;
use crate::write::{TableFormat, replace_file};

/// Orders to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generate {
    /// Lines, exactly; at least 1.
    pub lines: u64,
    /// The same seed gives the same bytes, on any number of threads.
    pub seed: u64,
}

/// What was generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generated {
    /// Lines written.
    pub lines: u64,
    /// Receipts: orders and returns.
    pub receipts: u64,
    /// Customers with an id.
    pub customers: u64,
}

/// The hidden kind of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Comes back every few weeks, and stays.
    Loyal,
    /// Comes a few times a year.
    Occasional,
    /// Came often for a while, long ago.
    Lapsed,
    /// Came once.
    OneTime,
    /// Paid without saying who they are: their lines carry no customer.
    Guest,
}

/// How customers of a kind buy.
struct Habits {
    kind: Kind,
    /// Share of customers, in percent.
    share: u64,
    /// Mean days between orders; everybody's own mean varies around it.
    gap_days: f64,
    /// Mean days from the first order to dropping out; zero for those who buy once.
    lifetime_days: f64,
    /// The part of the two years in which they buy first.
    arrival: (f64, f64),
    /// Mean value of an order.
    order_value: f64,
    /// Mean lines of an order.
    lines: f64,
}

const HABITS: [Habits; 5] = [
    Habits {
        kind: Kind::Loyal,
        share: 7,
        gap_days: 24.0,
        lifetime_days: 4000.0,
        arrival: (0.0, 0.5),
        order_value: 90.0,
        lines: 5.0,
    },
    Habits {
        kind: Kind::Occasional,
        share: 24,
        gap_days: 90.0,
        lifetime_days: 2500.0,
        arrival: (0.0, 0.7),
        order_value: 40.0,
        lines: 4.0,
    },
    Habits {
        kind: Kind::Lapsed,
        share: 21,
        gap_days: 25.0,
        lifetime_days: 90.0,
        arrival: (0.0, 0.35),
        order_value: 45.0,
        lines: 4.0,
    },
    Habits {
        kind: Kind::OneTime,
        share: 26,
        gap_days: 0.0,
        lifetime_days: 0.0,
        arrival: (0.0, 1.0),
        order_value: 20.0,
        lines: 2.5,
    },
    Habits {
        kind: Kind::Guest,
        share: 22,
        gap_days: 0.0,
        lifetime_days: 0.0,
        arrival: (0.0, 1.0),
        order_value: 20.0,
        lines: 2.5,
    },
];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Loyal => "loyal",
            Self::Occasional => "occasional",
            Self::Lapsed => "lapsed",
            Self::OneTime => "one-time",
            Self::Guest => "guest",
        }
    }
}

/// Days of history.
const DAYS: f64 = 730.0;
/// Lines of one order, at most.
const MOST_LINES: u8 = 30;
/// Share of orders of which something comes back.
const RETURN_SHARE: f64 = 0.04;
/// Customers simulated at a time by one thread.
const CHUNK: u32 = 1024;

/// A receipt on its way to its lines: all that the lines are drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Receipt {
    /// Seconds since the first day.
    time: u32,
    customer: u32,
    /// The number of the order among its customer's; a return carries that of the order it is from.
    order: u16,
    n_lines: u8,
    is_return: bool,
}

/// One customer, drawn from the seed and the customer's number alone.
struct Customer {
    habits: &'static Habits,
    /// Mean value of this customer's orders.
    order_value: f64,
    random: Random,
}

impl Customer {
    fn new(seed: u64, number: u32) -> Self {
        let mut random = Random::stream(seed, u64::from(number));
        let total: u64 = HABITS.iter().map(|h| h.share).sum();
        let mut place = random.below(total as usize) as u64;
        let mut habits = &HABITS[0];
        for candidate in &HABITS {
            habits = candidate;
            if place < candidate.share {
                break;
            }
            place -= candidate.share;
        }
        // A gamma-distributed scale of gamma-distributed order values, with mean `order_value`.
        let order_value = habits.order_value * 3.0 / gamma(&mut random, 4.0);
        Self { habits, order_value, random }
    }

    /// The customer's receipts by the number of their order.
    fn receipts(mut self, number: u32, into: &mut Vec<Receipt>) {
        let habits = self.habits;
        let random = &mut self.random;
        let (from, to) = habits.arrival;
        let mut day = DAYS * (from + (to - from) * random.uniform());
        let own_gap = habits.gap_days * 2.0 / gamma(random, 3.0);
        let own_lifetime = habits.lifetime_days * 2.0 / gamma(random, 3.0);
        let end = (day + own_lifetime * exponential(random)).min(DAYS);
        for order in 0..u16::MAX {
            let n_lines = (1 + poisson(random, habits.lines - 1.0)).min(u32::from(MOST_LINES)) as u8;
            let time = opening_time(day, random);
            into.push(Receipt { time, customer: number, order, n_lines, is_return: false });
            // At least two days later, so that it is a return and not a mistake put right at the till.
            let back = day + 2.0 + 20.0 * random.uniform();
            if random.uniform() < RETURN_SHARE && back < DAYS {
                let time = opening_time(back, random);
                into.push(Receipt { time, customer: number, order, n_lines: 1, is_return: true });
            }
            if habits.lifetime_days <= 0.0 {
                return;
            }
            // Nobody comes twice a day.
            day = (day + own_gap * exponential(random)).max(day.floor() + 1.0);
            if day >= end {
                return;
            }
        }
    }

    /// The id in the file: scattered, so that neither its order nor its size says anything.
    fn id(seed: u64, number: u32) -> Option<u32> {
        const IDS: u64 = 1 << 31;
        let is_guest = Self::new(seed, number).habits.kind == Kind::Guest;
        // Multiplying by an odd number and adding are one-to-one, so ids are distinct.
        let id = u64::from(number).wrapping_mul(2_654_435_761).wrapping_add(mix(seed)) % IDS;
        (!is_guest).then_some(id as u32)
    }
}

/// Seconds since the first day: between 8:00 and 21:00, most of them in the middle of the day.
fn opening_time(day: f64, random: &mut Random) -> u32 {
    let hours = 8.0 + 13.0 * (random.uniform() + random.uniform()) / 2.0;
    (day.floor() * 86_400.0 + hours * 3600.0) as u32
}

impl Generate {
    /// Writes the lines by time, as CSV or Parquet by the ending of the path, and who is of which kind to `truth`.
    ///
    /// Columns: `customer_id` (empty for guests), `invoice_id`, `timestamp`, `product`, `quantity` (below zero for
    /// returns), `unit_price`.
    /// Lines are streamed; memory holds some 3 bytes a line, for the receipts and their order in time.
    ///
    /// # Errors
    /// When a file cannot be written, or the path ends in neither `.csv` nor `.parquet`.
    pub fn write(&self, path: &Path, truth: Option<&Path>) -> Result<Generated, Error> {
        let format = match TableFormat::of_path(path) {
            TableFormat::Csv if path.extension().is_some_and(|e| !e.eq_ignore_ascii_case("csv")) => None,
            TableFormat::Xlsx => None,
            format => Some(format),
        };
        let format = format.ok_or_else(|| Error::Format {
            path: path.display().to_string(),
            what: "orders are generated as CSV or Parquet".to_owned(),
            remedy: "end the name of the file in .csv or .parquet",
        })?;
        let (receipts, n_customers) = self.receipts();
        let customers = (0..n_customers).into_par_iter().filter(|&c| Customer::id(self.seed, c).is_some());
        let generated = Generated {
            lines: self.lines,
            receipts: receipts.len() as u64,
            customers: customers.count() as u64,
        };
        replace_file(path, |temporary| match format {
            TableFormat::Parquet => output::write_parquet(temporary, self.seed, &receipts),
            _ => output::write_csv(temporary, self.seed, &receipts),
        })?;
        if let Some(truth) = truth {
            replace_file(truth, |temporary| self.write_truth(temporary, n_customers))?;
        }
        Ok(generated)
    }

    /// All receipts by time, and how many customers they are from.
    fn receipts(&self) -> (Vec<Receipt>, u32) {
        let mut receipts: Vec<Receipt> = Vec::new();
        let (mut lines, mut n_customers) = (0, 0);
        while lines < self.lines {
            let chunks: Vec<Vec<Receipt>> = (0..16_u32)
                .into_par_iter()
                .map(|chunk| {
                    let mut receipts = Vec::new();
                    let first = n_customers + chunk * CHUNK;
                    for number in first..first + CHUNK {
                        Customer::new(self.seed, number).receipts(number, &mut receipts);
                    }
                    receipts
                })
                .collect();
            n_customers += 16 * CHUNK;
            for mut receipt in chunks.into_iter().flatten() {
                let left = self.lines - lines;
                if left == 0 {
                    break;
                }
                receipt.n_lines = u64::from(receipt.n_lines).min(left) as u8;
                lines += u64::from(receipt.n_lines);
                receipts.push(receipt);
            }
        }
        let n_customers = receipts.last().map_or(0, |r| r.customer + 1);
        receipts.par_sort_unstable();
        (receipts, n_customers)
    }

    fn write_truth(&self, path: &Path, n_customers: u32) -> Result<(), Error> {
        let failed = || Error::io(path.display());
        let mut out = BufWriter::new(File::create(path).map_err(failed())?);
        writeln!(out, "customer_id,kind").map_err(failed())?;
        for number in 0..n_customers {
            if let Some(id) = Customer::id(self.seed, number) {
                let kind = Customer::new(self.seed, number).habits.kind.name();
                writeln!(out, "{id},{kind}").map_err(failed())?;
            }
        }
        out.flush().map_err(failed())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use habitue_core::evaluate::rand::adjusted_rand;

    use super::*;
    use crate::Settings;
    use crate::pipeline::{Inputs, Silent, segment};

    fn bytes(lines: u64, seed: u64, name: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        Generate { lines, seed }.write(&path, None).unwrap();
        std::fs::read(path).unwrap()
    }

    #[test]
    fn a_seed_gives_its_own_bytes_and_exactly_the_lines_asked_for() {
        let first = bytes(10_001, 7, "orders.csv");
        assert_eq!(first.iter().filter(|b| **b == b'\n').count(), 10_002);
        assert_eq!(first, bytes(10_001, 7, "orders.csv"));
        assert_ne!(first, bytes(10_001, 8, "orders.csv"));
        assert_eq!(bytes(3000, 7, "orders.parquet"), bytes(3000, 7, "orders.parquet"));
        assert_eq!(bytes(1, 7, "orders.csv").iter().filter(|b| **b == b'\n').count(), 2);
    }

    #[test]
    fn lines_are_ordered_by_time_and_no_two_are_equal() {
        let text = String::from_utf8(bytes(20_000, 3, "orders.csv")).unwrap();
        let times: Vec<&str> = text.lines().skip(1).map(|l| l.split(',').nth(2).unwrap()).collect();
        assert!(times.is_sorted());
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        assert!(lines.windows(2).all(|w| w[0] != w[1]));
    }

    #[test]
    fn other_endings_are_refused() {
        let refused = Generate { lines: 10, seed: 0 }.write(Path::new("orders.xlsx"), None);
        assert!(matches!(refused, Err(Error::Format { .. })));
    }

    #[test]
    fn segments_recover_the_kinds_well_above_chance() {
        let folder = tempfile::tempdir().unwrap();
        let (orders, truth) = (folder.path().join("orders.parquet"), folder.path().join("truth.csv"));
        Generate { lines: 40_000, seed: 5 }.write(&orders, Some(&truth)).unwrap();
        let kinds: HashMap<String, usize> = std::fs::read_to_string(&truth)
            .unwrap()
            .lines()
            .skip(1)
            .map(|line| line.split_once(',').unwrap())
            .map(|(id, kind)| (id.to_owned(), HABITS.iter().position(|h| h.kind.name() == kind).unwrap()))
            .collect();
        let inputs = Inputs { sources: vec![orders.display().to_string()], ..Inputs::default() };
        let mut settings =
            Settings { features: Some("recency_days,orders,spend".to_owned()), ..Settings::default() };
        settings.choose.k = Some(4);
        let run = segment(&inputs, &settings, &mut crate::write::Rejects::nowhere(), &Silent).unwrap();
        let (found, known): (Vec<u32>, Vec<u32>) = run
            .placed
            .table
            .ids
            .iter()
            .zip(&run.placed.places)
            .filter_map(|(id, place)| Some((place.as_ref()?.nearest as u32, kinds[id] as u32)))
            .unzip();
        assert!(found.len() > 1000);
        let agreement = adjusted_rand(&found, &known).unwrap();
        // Chance would agree to 0, give or take 0.01; the kinds overlap, so that 1 is out of reach.
        assert!(agreement > 0.25, "{agreement}");
    }
}
