//! The maximum of a smooth function of a few variables.

use super::eigen::symmetric;

/// A function at one point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point<const N: usize> {
    /// Its value.
    pub value: f64,
    /// Its first derivatives.
    pub gradient: [f64; N],
    /// Its second derivatives.
    pub hessian: [[f64; N]; N],
}

/// Where the search ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Maximum<const N: usize> {
    /// The variables.
    pub at: [f64; N],
    /// The function there.
    pub point: Point<N>,
    /// Which variables were stopped at a bound.
    pub at_bound: [bool; N],
    /// Steps made.
    pub iterations: usize,
    /// Whether no step within the bounds promises more than rounding.
    pub converged: bool,
}

/// A step goes at most so far along each axis of curvature.
const LONGEST: f64 = 1.5;
const MOST_ITERATIONS: usize = 200;

/// Climbs from `start` by Newton steps within bounds (Nocedal & Wright 2006, §3.4; bounds by a simple active set).
///
/// Curvature of the wrong sign is turned round (a step along it goes uphill), steps are cut to 1.5 along each axis of
/// curvature and halved until the value grows: right for logarithms of parameters, where 1.5 is a factor of 4.5.
/// A variable on a bound whose slope points outwards is left there.
/// Ends when the gain that the quadratic model promises is below 1e-13 of the value (at least 1e-10).
/// With several peaks it finds one of them.
///
/// Costs one evaluation a step, and `O(N³)`.
pub fn maximise<const N: usize>(
    mut f: impl FnMut(&[f64; N]) -> Point<N>,
    start: [f64; N],
    bounds: [(f64, f64); N],
) -> Maximum<N> {
    let mut at = within(start, &bounds);
    let mut point = f(&at);
    let mut iterations = 0;
    loop {
        let at_bound = std::array::from_fn(|i| {
            (at[i] <= bounds[i].0 && point.gradient[i] <= 0.0)
                || (at[i] >= bounds[i].1 && point.gradient[i] >= 0.0)
        });
        let noise = 1e-13 * point.value.abs().max(1e3);
        let (step, gain) = uphill(&point, &at_bound);
        let done = |converged| Maximum { at, point, at_bound, iterations, converged };
        if gain <= noise || iterations == MOST_ITERATIONS || !gain.is_finite() {
            return done(gain <= noise);
        }
        let mut length = 1.0;
        let better = loop {
            let next = within(std::array::from_fn(|i| at[i] + length * step[i]), &bounds);
            let there = f(&next);
            if there.value > point.value {
                break Some((next, there));
            }
            length *= 0.5;
            if length < 1e-9 {
                break None;
            }
        };
        let Some((next, there)) = better else { return done(gain <= 1e4 * noise) };
        (at, point) = (next, there);
        iterations += 1;
    }
}

fn within<const N: usize>(at: [f64; N], bounds: &[(f64, f64); N]) -> [f64; N] {
    std::array::from_fn(|i| at[i].clamp(bounds[i].0, bounds[i].1))
}

/// The Newton step of the free variables, and what it promises to gain.
fn uphill<const N: usize>(point: &Point<N>, fixed: &[bool; N]) -> ([f64; N], f64) {
    let mut curvature = vec![0.0; N * N];
    for i in 0..N {
        for j in 0..N {
            curvature[i * N + j] = match (fixed[i] || fixed[j], i == j) {
                (true, same) => f64::from(u8::from(same)),
                (false, _) => -point.hessian[i][j],
            };
        }
    }
    let axes = symmetric(&curvature, N);
    let (mut step, mut gain) = ([0.0; N], 0.0);
    for (value, axis) in axes.values.iter().zip(&axes.vectors) {
        let slope: f64 = (0..N).filter(|&i| !fixed[i]).map(|i| point.gradient[i] * axis[i]).sum();
        let along = (slope / value.abs().max(f64::MIN_POSITIVE)).clamp(-LONGEST, LONGEST);
        gain += 0.5 * along * slope;
        for (s, a) in step.iter_mut().zip(axis) {
            *s += along * a;
        }
    }
    (step, gain)
}

/// The inverse of the negative second derivatives over the free variables; rows and columns of the others are zero.
///
/// The covariance of estimates by maximum likelihood. `None` where the peak is flat in some direction.
pub fn covariance<const N: usize>(hessian: &[[f64; N]; N], fixed: &[bool; N]) -> Option<[[f64; N]; N]> {
    let mut curvature = vec![0.0; N * N];
    for i in 0..N {
        for j in 0..N {
            let is_free = !fixed[i] && !fixed[j];
            curvature[i * N + j] = if is_free { -hessian[i][j] } else { f64::from(u8::from(i == j)) };
        }
    }
    let axes = symmetric(&curvature, N);
    let flat = axes.values[0] * 1e-13;
    if !axes.values.iter().all(|value| *value > flat) {
        return None;
    }
    let mut inverse = [[0.0; N]; N];
    for (value, axis) in axes.values.iter().zip(&axes.vectors) {
        for i in (0..N).filter(|&i| !fixed[i]) {
            for j in (0..N).filter(|&j| !fixed[j]) {
                inverse[i][j] += axis[i] * axis[j] / value;
            }
        }
    }
    Some(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// −(x⁴ + y² + (xy − 1)²): two peaks, and the wrong curvature at the origin.
    fn two_peaks(at: &[f64; 2]) -> Point<2> {
        let [x, y] = *at;
        Point {
            value: -(x.powi(4) + y * y + (x * y - 1.0).powi(2)),
            gradient: [-(4.0 * x.powi(3) + 2.0 * y * (x * y - 1.0)), -(2.0 * y + 2.0 * x * (x * y - 1.0))],
            hessian: [
                [-(12.0 * x * x + 2.0 * y * y), -(4.0 * x * y - 2.0)],
                [-(4.0 * x * y - 2.0), -(2.0 + 2.0 * x * x)],
            ],
        }
    }

    const WIDE: [(f64, f64); 2] = [(-10.0, 10.0); 2];

    #[test]
    fn the_top_is_where_the_slope_is_zero_from_wherever_one_starts() {
        for start in [[0.1, 0.0], [5.0, -3.0], [0.01, 9.0]] {
            let top = maximise(two_peaks, start, WIDE);
            assert!(top.converged && top.point.gradient.iter().all(|g| g.abs() < 1e-6), "{top:?}");
            assert!(top.point.hessian[0][0] < 0.0 && top.iterations < 30, "{top:?}");
        }
    }

    #[test]
    fn a_variable_stays_at_its_bound_while_the_other_goes_on() {
        let top = maximise(two_peaks, [1.5, 0.5], [(1.0, 2.0), (-10.0, 10.0)]);
        assert!(top.converged);
        assert_eq!((top.at[0], top.at_bound), (1.0, [true, false]));
        assert!((top.at[1] - 0.5).abs() < 1e-6, "{top:?}");
    }

    #[test]
    fn the_covariance_is_the_inverse_of_the_curvature() {
        let inverse = covariance(&[[-4.0, -1.0], [-1.0, -2.0]], &[false; 2]).unwrap();
        let expected = [[2.0 / 7.0, -1.0 / 7.0], [-1.0 / 7.0, 4.0 / 7.0]];
        for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            assert!((inverse[i][j] - expected[i][j]).abs() < 1e-15);
        }
        assert_eq!(covariance(&[[-4.0, 0.0], [0.0, 0.0]], &[false; 2]), None);
        assert_eq!(covariance(&[[-4.0, 0.0], [0.0, 0.0]], &[false, true]).unwrap()[0][0], 0.25);
    }
}
