//! The exponential of eight numbers at once.

use super::lanes::LANES;

/// Below this the result is given as 0: less than 1e-26, which no sum of probabilities would notice.
const LEAST: f64 = -60.0;

/// `eˣ` of numbers that are 0 or less, within two units in the last place; 0 below −60 and for NaN.
///
/// Written without calls or branches, so that the compiler makes vector instructions of it: the argument is
/// cut into `n ln 2 + r` with `|r| ≤ ln 2 / 2` (Cody & Waite 1980) and `eʳ` is its Taylor polynomial of
/// degree 13. The same bits on every machine.
///
/// ```
/// use habitue_core::math::exponential::exp_lanes;
/// let found = exp_lanes([0.0, -1.0, -700.0, -0.5, -2.0, -3.0, -4.0, -59.0]);
/// assert_eq!((found[0], found[2]), (1.0, 0.0));
/// assert!((found[1] - (-1.0_f64).exp()).abs() < 1e-16);
/// ```
#[inline(always)]
pub fn exp_lanes(x: [f64; LANES]) -> [f64; LANES] {
    // Adding 1.5 · 2⁵² rounds to a whole number and leaves it in the low bits.
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let mut result = [0.0; LANES];
    for lane in 0..LANES {
        let clamped = x[lane].max(LEAST);
        let shifted = clamped * std::f64::consts::LOG2_E + SHIFT;
        let n = shifted - SHIFT;
        let r = (clamped - n * LN2_HIGH) - n * LN2_LOW;
        let mut sum = INVERSE_FACTORIALS[0];
        for coefficient in &INVERSE_FACTORIALS[1..] {
            sum = sum * r + coefficient;
        }
        let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
        result[lane] = if x[lane] > LEAST { sum * scale } else { 0.0 };
    }
    result
}

/// `1/13!, 1/12!, …, 1/1!, 1/0!`.
const INVERSE_FACTORIALS: [f64; 14] = {
    let mut values = [1.0; 14];
    let mut at = 13;
    let mut factorial = 1.0;
    while at > 0 {
        values[at] = 1.0 / factorial;
        factorial *= (14 - at) as f64;
        at -= 1;
    }
    values[0] = 1.0 / factorial;
    values
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::Random;

    #[test]
    fn it_is_the_exponential() {
        let mut random = Random::new(1);
        for _ in 0..20_000 {
            let x: [f64; LANES] = std::array::from_fn(|_| -60.0 * random.uniform());
            for (x, found) in x.into_iter().zip(exp_lanes(x)) {
                let expected = x.exp();
                assert!((found - expected).abs() <= 5e-16 * expected, "{x}: {found} {expected}");
            }
        }
        assert_eq!(exp_lanes([f64::NEG_INFINITY; LANES]), [0.0; LANES]);
        assert_eq!(exp_lanes([f64::NAN; LANES]), [0.0; LANES]);
    }
}
