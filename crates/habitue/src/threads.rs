//! Work by threads that live no longer than the work: for what holds much memory.
//!
//! The system's allocator gives the memory that one thread has let go of to a thread that begins after that one has
//! ended, but not to threads that are there all along, such as those of a pool: lines read by one set of threads and let
//! go of would be held beside what another set makes of them. On 10 million lines that is a quarter of the peak.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, mpsc};

/// What `f` makes of every item, in their order; on as many threads as the program uses, an item at a time.
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    let mut results = Vec::with_capacity(items.len());
    in_order(items, f, |result| results.push(result));
    results
}

/// The same, each result being taken, by the thread that calls, as soon as those before it are.
pub(crate) fn in_order<T: Send, R: Send>(items: Vec<T>, f: impl Fn(T) -> R + Sync, mut take: impl FnMut(R)) {
    let n_items = items.len();
    let jobs = Mutex::new(items.into_iter().enumerate());
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
    let (done, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(n_items) {
            let (done, next, f) = (done.clone(), &next, &f);
            scope.spawn(move || {
                while let Some((number, item)) = next() {
                    // Nobody listens any more only if `take` has panicked.
                    let _ = done.send((number, f(item)));
                }
            });
        }
        drop(done);
        let (mut early, mut n_taken) = (BTreeMap::new(), 0);
        for (number, result) in results {
            early.insert(number, result);
            while let Some(result) = early.remove(&n_taken) {
                take(result);
                n_taken += 1;
            }
        }
    });
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
        let mut taken = Vec::new();
        in_order((0..8).collect(), slow, |result| taken.push(result));
        assert_eq!(taken, map((0..8).collect(), slow));
    }
}
