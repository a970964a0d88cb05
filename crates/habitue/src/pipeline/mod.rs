//! The stages in their order, from sources to results.

pub(crate) mod orders;
pub(crate) mod customers;

/// What a run reports while it works; every method may do nothing.
pub trait Observer: Sync {
    /// A stage begins, said in a few words.
    fn stage(&self, _text: &str) {}
}

/// Watches nothing.
pub struct Silent;

impl Observer for Silent {}
