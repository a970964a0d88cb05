//! Seeded random numbers: the same seed gives the same numbers on every machine and thread.

/// A small, fast generator: xoshiro256++ (Blackman & Vigna 2021), seeded by `SplitMix64`.
///
/// Streams for parallel work are made with [`Random::stream`], so that results do not depend on which thread
/// runs first.
#[derive(Debug, Clone)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self::stream(seed, 0)
    }

    /// The generator of stream number `stream` of a seed; streams do not overlap in practice.
    pub fn stream(seed: u64, stream: u64) -> Self {
        let mut z = seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95);
        let mut next = || {
            z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
            mix(z)
        };
        Self { state: [next(), next(), next(), next()] }
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number in [0, 1) with 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// A whole number in `0..n`, without bias that anyone could measure (multiply-shift; Lemire 2019). `n` is
    /// at least 1.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next_u64()) * n as u128) >> 64) as usize
    }

    /// `m` different numbers of `0..n`, ascending, every set equally likely; all of them if `m` is `n` or
    /// more.
    ///
    /// Selection sampling (Knuth, *The Art of Computer Programming* 2, §3.4.2, algorithm S). Costs `O(n)`.
    pub fn sample(&mut self, n: usize, m: usize) -> Vec<usize> {
        let mut chosen = Vec::with_capacity(m.min(n));
        for i in 0..n {
            if m.min(n) - chosen.len() > self.below(n - i) {
                chosen.push(i);
            }
        }
        chosen
    }
}

/// The finaliser of `SplitMix64`: every bit of the input moves every bit of the result.
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_uniform_enough_and_repeatable() {
        let mut random = Random::new(7);
        let draws: Vec<f64> = (0..10_000).map(|_| random.uniform()).collect();
        let mean = draws.iter().sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
        assert!(draws.iter().all(|d| (0.0..1.0).contains(d)));
        assert_eq!(Random::new(7).next_u64(), Random::new(7).next_u64());
        assert_ne!(Random::stream(7, 1).next_u64(), Random::stream(7, 2).next_u64());
    }

    #[test]
    fn a_sample_has_its_size_and_takes_every_number_equally_often() {
        let mut random = Random::new(2);
        let mut seen = [0; 10];
        for _ in 0..2000 {
            let sample = random.sample(10, 3);
            assert!(sample.len() == 3 && sample.is_sorted_by(|a, b| a < b));
            sample.iter().for_each(|&i| seen[i] += 1);
        }
        assert!(seen.iter().all(|&n| (n - 600_i32).abs() < 90), "{seen:?}");
        assert_eq!(random.sample(3, 9), [0, 1, 2]);
    }

    #[test]
    fn below_reaches_every_number() {
        let mut random = Random::new(1);
        let mut seen = [0; 6];
        for _ in 0..600 {
            seen[random.below(6)] += 1;
        }
        assert!(seen.iter().all(|&n| n > 50), "{seen:?}");
    }
}
