//! Which rows are joined: a union-find that many threads may use at once.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Disjoint sets of `0..n` (Tarjan 1975), joined without locks (Anderson & Woll 1991).
///
/// The representative of a set is its least member, so what is joined in the end does not depend on the order
/// in which it was joined, and never on threads.
#[derive(Debug)]
pub(super) struct Union {
    parents: Vec<AtomicU32>,
}

impl Union {
    /// Every number alone.
    pub(super) fn new(n: usize) -> Self {
        Self { parents: (0..n as u32).map(AtomicU32::new).collect() }
    }

    /// The least member of a number's set; while others join, one that was the least a moment ago.
    pub(super) fn find(&self, mut of: u32) -> u32 {
        loop {
            let parent = self.parents[of as usize].load(Relaxed);
            if parent == of {
                return of;
            }
            let above = self.parents[parent as usize].load(Relaxed);
            if above != parent {
                // Halves the path; another thread may have done so already.
                let _ = self.parents[of as usize].compare_exchange(parent, above, Relaxed, Relaxed);
            }
            of = above;
        }
    }

    /// Whether two numbers are known to be in one set.
    pub(super) fn same(&self, a: u32, b: u32) -> bool {
        self.find(a) == self.find(b)
    }

    /// Joins the sets of two numbers; whether they were apart.
    pub(super) fn join(&self, a: u32, b: u32) -> bool {
        let (mut a, mut b) = (a, b);
        loop {
            (a, b) = (self.find(a), self.find(b));
            if a == b {
                return false;
            }
            let (low, high) = (a.min(b), a.max(b));
            if self.parents[high as usize].compare_exchange(high, low, Relaxed, Relaxed).is_ok() {
                return true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::Random;

    #[test]
    fn sets_joined_from_many_threads_are_those_joined_one_after_the_other() {
        let mut random = Random::new(8);
        let pairs: Vec<(u32, u32)> =
            (0..900).map(|_| (random.below(1000) as u32, random.below(1000) as u32)).collect();
        let straight = Union::new(1000);
        let joined = pairs.iter().filter(|&&(a, b)| straight.join(a, b)).count();
        let crossed = Union::new(1000);
        rayon::scope(|scope| {
            for part in pairs.chunks(100) {
                scope.spawn(|_| part.iter().for_each(|&(a, b)| _ = crossed.join(b, a)));
            }
        });
        let roots = |union: &Union| (0..1000).map(|i| union.find(i)).collect::<Vec<_>>();
        assert_eq!(roots(&straight), roots(&crossed));
        let sets = roots(&straight).iter().zip(0..).filter(|&(&root, i)| root == i).count();
        assert_eq!(sets, 1000 - joined);
        assert!(straight.same(pairs[0].0, pairs[0].1));
    }
}
