//! Kept rows on their way to the fold: packed by order, dealt out by customer.

use std::ops::Range;

use habitue_core::Money;
use habitue_core::line::{Line, ProductKey};
use habitue_core::time::Timestamp;

use super::roster::CustomerKey;
use super::source::Position;

/// Customers are dealt out over this many partitions; each is folded by itself.
pub(crate) const PARTITIONS: usize = 64;

/// Consecutive rows of one order of one customer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) order: u64,
    pub(crate) time: Timestamp,
    /// How far the position of the first item is from the part's base; the others follow it.
    first: u32,
    pub(crate) n_items: u32,
}

/// A run in 24 bytes, as nearly all runs can be told.
#[derive(Debug, Clone, Copy)]
struct PackedRun {
    customer: CustomerKey,
    order: u64,
    /// In seconds from the part's first run on; of a long run the place in the list of long runs.
    seconds: i32,
    /// How far the first item is from where the item would stand that follows the run before.
    gap: u16,
    /// [`LONG`] where any of these three needs more room.
    n_items: u16,
}

const LONG: u16 = 0;

/// What a packed run has no room for.
#[derive(Debug, Clone, Copy)]
struct LongRun {
    time: Timestamp,
    first: u32,
    n_items: u32,
}

/// What one row adds to its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Item {
    /// The product's number in the run of the program.
    pub(crate) product: u32,
    pub(crate) units: i64,
    pub(crate) amount: Money,
}

/// An item in twelve bytes, as nearly all items can be told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Packed {
    pub(crate) product: u32,
    /// [`WIDE`] where units or amount need more room.
    units: i32,
    /// In 1/10,000; of a wide item the place in the list of wide items.
    amount: i32,
}

const WIDE: i32 = i32::MIN;

impl Packed {
    /// The item, if it has room.
    #[inline]
    pub(crate) fn new(item: Item) -> Option<Self> {
        let (Ok(units), Ok(amount)) = (i32::try_from(item.units), i32::try_from(item.amount.0)) else {
            return None;
        };
        (units != WIDE).then_some(Self { product: item.product, units, amount })
    }

    /// Whether only its part can tell units and amount; [`Self::new`] never makes such an item.
    #[inline]
    pub(crate) fn is_wide(self) -> bool {
        self.units == WIDE
    }

    /// What was paid for it; the item must not be a wide one.
    #[inline]
    pub(crate) fn amount(self) -> Money {
        Money(self.amount.into())
    }

    /// How much of it; the item must not be a wide one.
    #[inline]
    pub(crate) fn units(self) -> i64 {
        self.units.into()
    }
}

/// The position of lines from an earlier run of the program.
pub(crate) const OLD: Position = Position(0);

/// Kept rows of one partition from one part of the sources.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// What positions of the part are counted from.
    base: Position,
    /// When the first and when the last run was.
    times: (Timestamp, Timestamp),
    /// How far from the base the item would stand that follows the last one.
    next: u32,
    runs: Vec<PackedRun>,
    long: Vec<LongRun>,
    items: Vec<Packed>,
    wide: Vec<(i64, Money)>,
    /// Discounts of the items; empty when the source has none.
    pub(crate) discounts: Vec<Money>,
    /// Hashes of all cells that the items do not hold; empty when rows are not compared or have no such cells.
    pub(crate) prints: Vec<u32>,
    /// Lines that were cleaned in an earlier run: they are not compared and cannot be rejected.
    pub(crate) clean: bool,
}

impl Part {
    /// A part for lines that were cleaned before.
    pub(crate) fn of_clean_lines() -> Self {
        Self { clean: true, ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn n_items(&self) -> usize {
        self.items.len()
    }

    #[inline]
    pub(crate) fn item(&self, index: usize) -> Item {
        self.unpack(self.items[index])
    }

    /// Items as they are kept.
    pub(crate) fn packed(&self, items: Range<usize>) -> &[Packed] {
        &self.items[items]
    }

    /// An item of this part.
    #[inline]
    pub(crate) fn unpack(&self, packed: Packed) -> Item {
        let (units, amount) = if packed.is_wide() {
            self.wide[packed.amount as usize]
        } else {
            (packed.units(), packed.amount())
        };
        Item { product: packed.product, units, amount }
    }

    /// The items of the part, in their order.
    pub(crate) fn items(&self) -> impl Iterator<Item = Item> + '_ {
        (0..self.items.len()).map(|index| self.item(index))
    }

    fn push_item(&mut self, item: Item) {
        let packed = Packed::new(item).unwrap_or_else(|| {
            self.wide.push((item.units, item.amount));
            // A part has fewer items than this number can count: its runs count them in 32 bits too.
            Packed { product: item.product, units: WIDE, amount: self.wide.len() as i32 - 1 }
        });
        self.items.push(packed);
    }

    /// Adds an item to the run before, if it is of the same order and follows in the source, or begins a new run.
    pub(crate) fn push(
        &mut self,
        customer: CustomerKey,
        order: u64,
        time: Timestamp,
        position: Position,
        item: Item,
    ) {
        self.open(customer, order, time, position, 1);
        self.push_item(item);
    }

    /// Adds items that stand one after the other in the source as [`Self::push`] would one by one.
    #[inline]
    pub(crate) fn extend(
        &mut self,
        customer: CustomerKey,
        order: u64,
        time: Timestamp,
        position: Position,
        items: &[Packed],
    ) {
        self.open(customer, order, time, position, items.len());
        self.items.extend_from_slice(items);
    }

    /// Makes room for `n` items in the run before or in a new one.
    #[inline]
    fn open(&mut self, customer: CustomerKey, order: u64, time: Timestamp, position: Position, n: usize) {
        let n = n as u32;
        if self.runs.is_empty() {
            (self.base, self.times) = (position, (time, time));
        }
        // Clean lines have no position: one follows the other.
        let first = if self.clean { self.next } else { (position.0 - self.base.0) as u32 };
        let is_same = |run: &PackedRun| (run.customer, run.order, self.times.1) == (customer, order, time);
        if first == self.next && self.runs.last().is_some_and(is_same) {
            return self.lengthen(n);
        }
        let (seconds, gap) = (time.0 - self.times.0.0, first.wrapping_sub(self.next));
        (self.times.1, self.next) = (time, first + n);
        let packed = match (i32::try_from(seconds), u16::try_from(gap), u16::try_from(n)) {
            (Ok(seconds), Ok(gap), Ok(n_items)) => PackedRun { customer, order, seconds, gap, n_items },
            _ => PackedRun { customer, order, ..self.long_run(LongRun { time, first, n_items: n }) },
        };
        self.runs.push(packed);
    }

    /// Adds `n` items to the last run.
    #[inline]
    fn lengthen(&mut self, n: u32) {
        let next = self.next;
        self.next += n;
        let Some(run) = self.runs.last_mut() else { return };
        if run.n_items == LONG {
            self.long[run.seconds as usize].n_items += n;
        } else if let Ok(n_items) = u16::try_from(u32::from(run.n_items) + n) {
            run.n_items = n_items;
        } else {
            let (before, run) = (u32::from(run.n_items), *run);
            let long = LongRun { time: self.times.1, first: next - before, n_items: before + n };
            let at = self.runs.len() - 1;
            self.runs[at] = PackedRun { customer: run.customer, order: run.order, ..self.long_run(long) };
        }
    }

    /// Keeps a long run, and gives what stands for it.
    fn long_run(&mut self, long: LongRun) -> PackedRun {
        self.long.push(long);
        let seconds = self.long.len() as i32 - 1;
        PackedRun { customer: CustomerKey::default(), order: 0, seconds, gap: 0, n_items: LONG }
    }

    /// Adds items that follow the one before in every way.
    #[inline]
    pub(crate) fn extend_next(&mut self, items: &[Packed]) {
        self.items.extend_from_slice(items);
        self.lengthen(items.len() as u32);
    }

    /// The position of the item that is the `offset`-th of its run.
    pub(crate) fn position(&self, run: Run, offset: usize) -> Position {
        if self.clean { OLD } else { Position(self.base.0 + u64::from(run.first) + offset as u64) }
    }

    /// Runs with the customer and the items of each.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (CustomerKey, Run, Range<usize>)> + '_ {
        let (mut start, mut next) = (0, 0);
        self.runs.iter().map(move |&packed| {
            let run = self.unpack_run(packed, next);
            let end = start + run.n_items as usize;
            next = run.first + run.n_items;
            (packed.customer, run, std::mem::replace(&mut start, end)..end)
        })
    }

    /// A run; `next` is where the item would stand that follows the run before.
    #[inline]
    fn unpack_run(&self, packed: PackedRun, next: u32) -> Run {
        let PackedRun { order, seconds, gap, n_items, .. } = packed;
        let LongRun { time, first, n_items } = if n_items == LONG {
            self.long[seconds as usize]
        } else {
            let time = Timestamp(self.times.0.0 + i64::from(seconds));
            LongRun { time, first: next + u32::from(gap), n_items: n_items.into() }
        };
        Run { order, time, first, n_items }
    }

    /// What was sold; `products` are the keys by number.
    #[inline]
    pub(crate) fn product(&self, index: usize, products: &[ProductKey]) -> ProductKey {
        products[self.items[index].product as usize]
    }

    /// An item as the line that it stands for; `products` are the keys by number.
    #[inline]
    pub(crate) fn line(&self, run: Run, index: usize, products: &[ProductKey]) -> Line {
        let item = self.item(index);
        Line {
            time: run.time,
            order: run.order,
            product: products[item.product as usize],
            units: item.units,
            amount: item.amount,
            discount: self.discounts.get(index).copied().unwrap_or_default(),
        }
    }

    /// Makes room for about so many items: memory that grows is copied again and again.
    pub(super) fn reserve(&mut self, n_items: usize) {
        // Partitions are not equally large; most orders have three lines or more.
        self.items.reserve(n_items + n_items / 8);
        self.runs.reserve(n_items / 3);
    }

    /// Bytes held in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.runs.capacity() * size_of::<PackedRun>()
            + self.long.capacity() * size_of::<LongRun>()
            + self.items.capacity() * size_of::<Packed>()
            + self.wide.capacity() * size_of::<(i64, Money)>()
            + self.discounts.capacity() * 8
            + self.prints.capacity() * 4
    }

    /// Gives back memory that was set aside for growing.
    pub(super) fn shrink(&mut self) {
        self.runs.shrink_to_fit();
        self.long.shrink_to_fit();
        self.items.shrink_to_fit();
        self.wide.shrink_to_fit();
        self.discounts.shrink_to_fit();
        self.prints.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_come_back_as_they_went_in_however_long(
            drawn in prop::collection::vec(
                (0..2_u64, 0..2_u64, prop::sample::select(vec![0, 1, 1 << 31, -(1 << 31) - 1]),
                    prop::sample::select(vec![0_u32, 0, 3, 65_535, 65_536]),
                    prop::sample::select(vec![1_usize, 2, 65_534, 65_535, 65_536])),
                1..8,
            ),
            is_clean in any::<bool>(),
        ) {
            let mut part = if is_clean { Part::of_clean_lines() } else { Part::default() };
            let (mut expected, mut next): (Vec<(CustomerKey, Run)>, u32) = (Vec::new(), 0);
            for (customer, order, seconds, gap, n) in drawn {
                next += if is_clean || expected.is_empty() { 0 } else { gap };
                let (customer, time) = (CustomerKey::from_bits(customer), Timestamp(seconds));
                let position = if is_clean { OLD } else { Position::new(1, 7 + u64::from(next)) };
                let items = vec![Packed::default(); n];
                part.extend(customer, order, time, position, &items);
                let run = Run { order, time, first: next, n_items: n as u32 };
                next += run.n_items;
                match expected.last_mut() {
                    Some((same, last))
                        if (*same, last.order, last.time) == (customer, order, time)
                            && last.first + last.n_items == run.first =>
                    {
                        part.extend_next(&items);
                        last.n_items += 2 * run.n_items;
                        next += run.n_items;
                    }
                    _ => expected.push((customer, run)),
                }
            }
            let (mut start, mut seen) = (0, Vec::new());
            for (customer, run, items) in part.runs() {
                prop_assert_eq!((items.start, items.len()), (start, run.n_items as usize));
                prop_assert!(is_clean || part.position(run, 1) == Position::new(1, 8 + u64::from(run.first)));
                start = items.end;
                seen.push((customer, run));
            }
            prop_assert_eq!(start, part.n_items());
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn an_item_comes_back_as_it_went_in_however_wide() {
        let mut part = Part::default();
        let values = [0, 1, -1, i64::from(i32::MAX), i64::from(i32::MIN), i64::MAX, i64::MIN];
        let item = |units, amount| Item { product: 3, units, amount: Money(amount) };
        let items: Vec<Item> = values.iter().flat_map(|&u| values.map(|a| item(u, a))).collect();
        for (row, &item) in items.iter().enumerate() {
            part.push(CustomerKey::from_bits(7), 0, Timestamp(0), Position::new(1, 9 + row as u64), item);
        }
        assert_eq!(part.items().collect::<Vec<_>>(), items);
        assert_eq!((size_of::<Packed>(), size_of::<PackedRun>()), (12, 24));
        let (_, run, range) = part.runs().next().unwrap();
        assert_eq!((range, part.position(run, 2)), (0..items.len(), Position::new(1, 11)));
    }
}
