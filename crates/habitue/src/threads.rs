//! Work by threads that live no longer than the work: for what holds much memory.
//!
//! The system's allocator gives the memory that one thread has let go of to a thread that begins after that one has
//! ended, but not to threads that are there all along, such as those of a pool: lines read by one set of threads and let
//! go of would be held beside what another set makes of them. On 10 million lines that is a quarter of the peak.

use std::sync::{Mutex, PoisonError};

/// What `f` makes of every item, in their order; on as many threads as the program uses, an item at a time.
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    let n_items = items.len();
    let results: Mutex<Vec<Option<R>>> = Mutex::new(items.iter().map(|_| None).collect());
    let jobs = Mutex::new(items.into_iter().enumerate());
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
    std::thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(n_items) {
            scope.spawn(|| {
                while let Some((number, item)) = next() {
                    let result = f(item);
                    results.lock().unwrap_or_else(PoisonError::into_inner)[number] = Some(result);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let slow = |i: u64| {
            std::thread::sleep(std::time::Duration::from_millis(7 - i));
            i * i
        };
        assert_eq!(map((0..8).collect(), slow), (0..8).map(|i| i * i).collect::<Vec<_>>());
        assert_eq!(map(Vec::<u64>::new(), slow), Vec::<u64>::new());
    }
}
