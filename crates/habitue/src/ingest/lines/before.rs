//! What is remembered of the row before: most rows say again who, when and which order.

use habitue_core::clean::Mark;
use habitue_core::time::{Day, Timestamp};

use crate::ingest::cell::Cell;
use crate::ingest::roster::CustomerKey;
use crate::ingest::source::Position;

/// A cell of the row before, as far as it can be compared without being understood again.
#[derive(Default)]
pub(super) struct Memo {
    kind: Remembered,
    number: i64,
    text: String,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Remembered {
    #[default]
    Nothing,
    Text,
    Int,
    Time,
}

impl Memo {
    #[inline]
    pub(super) fn is(&self, cell: Cell<'_>) -> bool {
        match cell {
            Cell::Text(text) => self.kind == Remembered::Text && self.text == text,
            Cell::Int(value) => self.kind == Remembered::Int && self.number == value,
            Cell::Time(value) => self.kind == Remembered::Time && self.number == value.0,
            Cell::Empty | Cell::Float(_) => false,
        }
    }

    pub(super) fn is_set(&self) -> bool {
        self.kind != Remembered::Nothing
    }

    /// Remembers nothing.
    pub(super) fn clear(&mut self) {
        self.kind = Remembered::Nothing;
    }

    pub(super) fn set(&mut self, cell: Cell<'_>) {
        self.kind = match cell {
            Cell::Text(text) => {
                self.text.clear();
                self.text.push_str(text);
                Remembered::Text
            }
            Cell::Int(value) => {
                self.number = value;
                Remembered::Int
            }
            Cell::Time(value) => {
                self.number = value.0;
                Remembered::Time
            }
            Cell::Empty | Cell::Float(_) => Remembered::Nothing,
        };
    }
}

/// What was remembered of the row before, so that rows of one order are not understood again and again.
#[derive(Default)]
pub(super) struct Before {
    pub(super) customer: String,
    /// The cell that `customer` was read from, if it was read as it stands.
    pub(super) customer_cell: Memo,
    pub(super) partition: usize,
    /// The customer's key, once a row was kept.
    pub(super) key: Option<CustomerKey>,
    pub(super) order: String,
    pub(super) order_cell: Memo,
    /// 0 if there is none.
    pub(super) order_key: u64,
    pub(super) is_cancellation: bool,
    pub(super) time_cell: Memo,
    pub(super) time: Option<Timestamp>,
    pub(super) status: String,
    pub(super) mark: Mark,
    pub(super) currency: String,
    /// The day whose rows are being counted, and how many there are.
    pub(super) day: (Day, u64),
    /// Where the row stands, if it was kept and nothing was particular about it.
    pub(super) plain: Option<Position>,
}
